//! One process per file, migrations forward only, readers that only read.

use dontpanic::store::{Db, Migrator, StoreError, Target};
use futures::future::join_all;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType};

use super::scratch::{self, ids, insert, open};
use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(a_newer_database_is_refused, another_history_is_refused, readers_cannot_write);

fn history(tables: &[(i64, &'static str)]) -> Migrator {
    let migration = |(version, sql): &(i64, &'static str)| {
        Migration::new(*version, "".into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(tables.iter().map(migration).collect())
}

const ONE: (i64, &str) = (1, "CREATE TABLE one (id TEXT PRIMARY KEY)");
const TWO: (i64, &str) = (2, "CREATE TABLE two (id TEXT PRIMARY KEY)");

async fn a_newer_database_is_refused(place: TestDatabase) {
    Db::open_with(place.target(), &history(&[ONE])).await.unwrap().close().await;
    Db::open_with(place.target(), &history(&[ONE, TWO])).await.unwrap().close().await;
    let refused = Db::open_with(place.target(), &history(&[ONE])).await.unwrap_err();
    assert_eq!(refused, StoreError::Newer { version: 2 });
}

async fn another_history_is_refused(place: TestDatabase) {
    Db::open_with(place.target(), &history(&[ONE])).await.unwrap().close().await;
    let refused = Db::open_with(place.target(), &history(&[(1, TWO.1)])).await.unwrap_err();
    assert!(matches!(refused, StoreError::Foreign { .. }), "{refused:?}");
}

async fn readers_cannot_write(place: TestDatabase) {
    let db = open(&place).await;
    let refused = db.read("sneaks", |tx| Box::pin(async move { insert(tx, "sneaked").await })).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(ids(&db).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_second_process_is_refused_at_once() {
    let place = TestDatabase::sqlite();
    let Target::Sqlite(file) = place.target().clone() else { panic!("not a file") };
    let first = open(&place).await;
    let refused = Db::open_with(place.target(), &scratch::MIGRATIONS).await.unwrap_err();
    assert_eq!(refused, StoreError::Locked { path: file });
    first.close().await;
    open(&place).await;
}

#[tokio::test]
async fn a_file_name_may_hold_any_sign() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a b#c%20?.db");
    let db = Db::open_with(&Target::Sqlite(file.clone()), &scratch::MIGRATIONS).await.unwrap();
    db.close().await;
    assert!(file.is_file());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_migrate_once() {
    let place = TestDatabase::postgres().await;
    let replicas = join_all((0..6).map(|_| Db::open_with(place.target(), &scratch::MIGRATIONS))).await;
    assert!(replicas.iter().all(Result::is_ok), "{replicas:?}");
}

#[tokio::test]
async fn nobody_there() {
    let nobody = Target::Postgres("postgres://127.0.0.1:1/none".to_owned());
    assert!(matches!(Db::open(&nobody).await.unwrap_err(), StoreError::Unavailable { .. }));
    let wrong = Target::Postgres("sqlite://x".to_owned());
    assert!(matches!(Db::open(&wrong).await.unwrap_err(), StoreError::Address { .. }));
}
