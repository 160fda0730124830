//! Tables and statements that only these tests know.

use std::sync::Arc;

use dontpanic::store::{Db, Migrator, StoreError, Target, Tx};
use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::harness::database::TestDatabase;

pub static MIGRATIONS: Migrator = sqlx::migrate!("tests/it/store/scratch");

pub const INSERT: &str = "INSERT INTO counter (id, n) VALUES ($1, $2)";
pub const ADD: &str = "UPDATE counter SET n = n + 1 WHERE id = $1";
pub const N: &str = "SELECT n FROM counter WHERE id = $1";
pub const IDS: &str = "SELECT id FROM counter ORDER BY id";

pub async fn open(place: &TestDatabase) -> Db {
    Db::open_with(place.target(), &MIGRATIONS).await.expect("the database does not open")
}

pub async fn insert(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.query(INSERT).bind(id).bind(0_i64).execute().await?.or_missing()
}

pub async fn write(db: &Db, id: &str) -> Result<(), StoreError> {
    let id = id.to_owned();
    db.write("insert", move |tx| Box::pin(async move { insert(tx, &id).await })).await
}

pub async fn ids(db: &Db) -> Vec<String> {
    let rows: Result<Vec<(String,)>, StoreError> =
        db.read("ids", |tx| Box::pin(async move { tx.query(IDS).all().await })).await;
    rows.expect("the ids cannot be read").into_iter().map(|(id,)| id).collect()
}

/// Keeps every writer busy, so that what is written meanwhile waits together.
pub struct Busy {
    release: Arc<Semaphore>,
    jobs: Vec<JoinHandle<Result<(), StoreError>>>,
}

impl Busy {
    pub async fn all_writers(db: &Db, place: &TestDatabase) -> Self {
        let writers = match place.target() {
            Target::Sqlite(_) => 1,
            Target::Postgres(_) => 4,
        };
        let (release, running) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let mut jobs = Vec::new();
        for _ in 0..writers {
            let (db, release, started) = (db.clone(), release.clone(), running.clone());
            jobs.push(tokio::spawn(async move {
                db.write("busy", move |_tx| {
                    Box::pin(async move {
                        started.add_permits(1);
                        release.acquire().await.expect("the semaphore was closed").forget();
                        Ok(())
                    })
                })
                .await
            }));
            running.acquire().await.expect("the semaphore was closed").forget();
        }
        Self { release, jobs }
    }

    pub async fn release(self) {
        // More than there are jobs: one whose batch is split runs again.
        self.release.add_permits(100);
        for job in join_all(self.jobs).await {
            job.expect("a job vanished").expect("a job failed");
        }
    }
}

/// Waits until `n` jobs are in the queue.
pub async fn queued(db: &Db, n: usize) {
    while db.waiting() < n {
        tokio::task::yield_now().await;
    }
}
