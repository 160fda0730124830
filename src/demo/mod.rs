//! The rehearsal: the whole service against the embedded Slack workspace, in one process, on one port, with a clock that can
//! be sped up. Nothing here is a shortcut: alerts come in over the real webhook, messages go through the real client, clicks
//! come back over a real socket.
//!
//! Only the story is sped up. Signatures and the links to the pages of incidents live on the wire: a link works for twelve real
//! hours, however many days the story has moved on.
//!
//! For a loopback address only: whoever reaches the port may do anything.

mod controls;
mod page;
mod stage;
mod tray;

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, RwLock};
use tower::ServiceExt as _;

use self::stage::Stage;

/// What a script needs to take part.
#[derive(Debug, Clone, Serialize)]
struct Addresses {
    web: String,
    webhook_url: String,
    webhook_token: String,
    slack_api_url: String,
    bot_token: String,
    app_token: String,
    signing_secret: String,
}

/// How the rehearsal says where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// For people.
    Words,
    /// One line of JSON.
    Json,
}

/// The rehearsal as it goes on: the stage can be torn down and set anew while the port stays.
#[derive(Clone)]
struct Theatre {
    stage: Arc<RwLock<Arc<Stage>>>,
    /// Held while the stage is set anew.
    resetting: Arc<Mutex<()>>,
    port: u16,
}

/// Runs the rehearsal until it is told to stop.
///
/// # Errors
/// When the port is taken or the temporary directory cannot be used.
pub async fn run(port: u16, announce: Announce) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("port {port} is taken; choose another with --port"))?;
    let port = listener.local_addr().context("the port cannot be read")?.port();
    let addresses = stage::new_addresses(port);
    let stage = Stage::set(addresses.clone(), port).await?;
    let stage = Arc::new(RwLock::new(Arc::new(stage)));
    let theatre = Theatre { stage, resetting: Arc::default(), port };
    let router = Router::new()
        .merge(page::router())
        .merge(controls::router())
        .fallback(pass_on)
        .layer(axum::middleware::from_fn(only_from_here))
        .with_state(theatre.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let stage = theatre.stage.read().await.clone();
    stage.start().await?;
    drop(stage);
    say_where(&addresses, announce)?;
    tokio::select! {
        told = tokio::signal::ctrl_c() => told.context("cannot listen to signals")?,
        () = crate::app::terminated() => {}
        served = server => served.context("the server stopped")?.context("the server failed")?,
    }
    let stage = theatre.stage.read().await.clone();
    stage.tear_down().await;
    Ok(())
}

fn say_where(addresses: &Addresses, announce: Announce) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match announce {
        Announce::Json => writeln!(out, "{}", serde_json::to_string(addresses)?)?,
        Announce::Words => writeln!(
            out,
            "Don't Panic: the rehearsal is on. Open this page and follow the list on it:\n\n    {}\n\nCtrl-C ends it; nothing is kept.",
            addresses.web
        )?,
    }
    out.flush()?;
    Ok(())
}

/// Turns away what a page from elsewhere sends through the reader's browser: the port is meant for this machine only.
async fn only_from_here(request: Request<Body>, next: Next) -> Response {
    if is_from_here(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "the rehearsal answers its own page on this machine only\n").into_response()
    }
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let is_here = |name: &str| {
        // An IPv6 address stands in brackets, and its colons are not the port's.
        let host = match name.split_once(']') {
            Some((address, _port)) => address,
            None => name.split_once(':').map_or(name, |(host, _port)| host),
        };
        ["127.0.0.1", "localhost", "[::1"].contains(&host)
    };
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin = text(ORIGIN).is_none_or(|origin| origin.strip_prefix("http://").is_some_and(is_here));
    origin && text(HOST).is_none_or(is_here)
}

/// Everything that is not the page or its controls belongs to the service and the workspace on the stage.
async fn pass_on(State(theatre): State<Theatre>, request: Request<Body>) -> Response {
    let router = theatre.stage.read().await.router();
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests;
