//! What the service is compared with: a handler that parses the same body and inserts one row, durable before the answer.
//!
//! It has the same HTTP server, the same database driver, the same settings for the disk and the same commit for all
//! that wait, and nothing else: no incident, no page, no lock, no time limit.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use dontpanic::store::Target;
use serde::Deserialize;
use sqlx::{AnyConnection, Connection};
use tokio::sync::{Mutex, mpsc, oneshot};

const INSERT: &str = "INSERT INTO delivery (id, body) VALUES ($1, $2)";
/// As many deliveries share a commit as jobs do in the service.
const BATCH: usize = 128;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    group_key: String,
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

struct Delivery {
    id: String,
    body: String,
    durable: oneshot::Sender<()>,
}

type Waiting = Arc<Mutex<mpsc::Receiver<Delivery>>>;

/// Serves on `port` until it is killed.
pub async fn serve(port: u16, target: &Target) -> anyhow::Result<()> {
    sqlx::any::install_default_drivers();
    let (address, begin, greeting, writers) = match target {
        Target::Sqlite(path) => {
            std::fs::create_dir_all(path.parent().context("the file is in no directory")?)?;
            let greeting = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384";
            (format!("sqlite:{}?mode=rwc", path.display()), "BEGIN IMMEDIATE", greeting, 1)
        }
        Target::Postgres(address) => (address.clone(), "BEGIN", "SELECT 1", 4),
    };
    let (queue, waiting) = mpsc::channel(4096);
    let waiting = Arc::new(Mutex::new(waiting));
    for n in 0..writers {
        let mut connection = AnyConnection::connect(&address).await?;
        sqlx::raw_sql(greeting).execute(&mut connection).await?;
        if n == 0 {
            let table =
                "CREATE TABLE IF NOT EXISTS delivery (id TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL)";
            sqlx::raw_sql(table).execute(&mut connection).await?;
        }
        let waiting = waiting.clone();
        tokio::spawn(async move { write(connection, begin, waiting).await });
    }
    let router = Router::new().route("/webhooks/alertmanager", post(receive)).with_state(queue);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, router).await?)
}

async fn receive(State(queue): State<mpsc::Sender<Delivery>>, body: Bytes) -> StatusCode {
    match keep(&queue, &body).await {
        Ok(()) => StatusCode::OK,
        Err(_not_durable) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn keep(queue: &mpsc::Sender<Delivery>, body: &[u8]) -> anyhow::Result<()> {
    let webhook: Webhook = serde_json::from_slice(body)?;
    let alert = webhook.alerts.first().context("no alert")?;
    let body = serde_json::to_string(&(&alert.labels, &alert.annotations))?;
    // Repeats are rows of their own: the floor always writes.
    let id = format!("{}/{:032x}", webhook.group_key, rand::random::<u128>());
    let (durable, done) = oneshot::channel();
    queue.send(Delivery { id, body, durable }).await?;
    Ok(done.await?)
}

async fn write(mut connection: AnyConnection, begin: &'static str, waiting: Waiting) -> anyhow::Result<()> {
    let mut deliveries = Vec::with_capacity(BATCH);
    loop {
        if waiting.lock().await.recv_many(&mut deliveries, BATCH).await == 0 {
            return Ok(());
        }
        sqlx::raw_sql(begin).execute(&mut connection).await?;
        for delivery in &deliveries {
            sqlx::query(INSERT).bind(&delivery.id).bind(&delivery.body).execute(&mut connection).await?;
        }
        sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
        for delivery in deliveries.drain(..) {
            // Who has gone meanwhile does not want to know.
            let _gone = delivery.durable.send(());
        }
    }
}
