//! Values come back as they went in, and a value that cannot be understood says where it lies.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dontpanic::domain::severity::Severity;
use dontpanic::store::{self, Db, Json, Listed, Micros, Rows, StoreError, Text, Tx};

use super::scratch::{ids, open};
use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(
    values_come_back,
    a_broken_value_says_where,
    many_rows_take_few_statements,
    rows_prepare,
    every_statement_prepares
);

const PUT: &str = "INSERT INTO thing (id, seen_at, severity, document, weight) VALUES ($1, $2, $3, $4, $5)";
const GET: &str = "SELECT id, seen_at, severity, document, weight FROM thing WHERE id = $1";
static COUNTERS: Rows = Rows::new("INSERT INTO counter (id, n) VALUES {rows} ON CONFLICT (id) DO NOTHING", 2);

type Labels = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
struct Thing {
    id: String,
    seen_at: Option<Micros>,
    severity: Option<Text<Severity>>,
    document: Option<Json<Labels>>,
    weight: Option<f64>,
}

async fn put(tx: &mut Tx, thing: Thing) -> Result<(), StoreError> {
    tx.query(PUT)
        .bind(thing.id)
        .bind(thing.seen_at)
        .bind(thing.severity)
        .bind(thing.document)
        .bind(thing.weight)
        .execute()
        .await?
        .or_missing()
}

async fn values_come_back(place: TestDatabase) {
    let db = open(&place).await;
    let labels = Labels::from([("a\0b".to_owned(), "ünï\u{1f6a8}\n".to_owned())]);
    let full = Thing {
        id: "full".to_owned(),
        seen_at: Some(Micros(DateTime::<Utc>::from_timestamp_micros(1_795_000_000_123_456).unwrap())),
        severity: Some(Text(Severity::P2)),
        document: Some(Json(labels)),
        weight: Some(0.1),
    };
    let empty =
        Thing { id: "zero\0".to_owned(), seen_at: None, severity: None, document: None, weight: None };
    for (thing, id) in [(full, "full"), (empty, "zero\u{fffd}")] {
        let stored = thing.clone();
        let written: Result<(), StoreError> =
            db.write("put", move |tx| Box::pin(async move { put(tx, stored).await })).await;
        written.unwrap();
        let read: Result<Thing, StoreError> =
            db.read("get", move |tx| Box::pin(async move { tx.query(GET).bind(id).one().await })).await;
        assert_eq!(read.unwrap(), Thing { id: id.to_owned(), ..thing });
    }
}

async fn a_broken_value_says_where(place: TestDatabase) {
    let db = open(&place).await;
    let read: Result<Thing, StoreError> = db
        .write("break", |tx| {
            Box::pin(async move {
                let put = tx.query(PUT).bind("x").bind(None::<i64>).bind("P9");
                put.bind(None::<&str>).bind(None::<f64>).execute().await?.or_missing()?;
                tx.query(GET).bind("x").one().await
            })
        })
        .await;
    let Err(StoreError::Corrupt { table, id, why }) = read else { panic!("{read:?}") };
    assert_eq!((table.as_str(), id.as_str()), ("thing", "x"));
    assert!(why.contains("severity") && why.contains("P9"), "{why}");
}

async fn many_rows_take_few_statements(place: TestDatabase) {
    let db = open(&place).await;
    for (upto, new) in [(0_i64, 0), (1, 1), (7, 6), (73, 66), (300, 227)] {
        let taken: Result<u64, StoreError> = db
            .write("insert many", move |tx| {
                Box::pin(async move {
                    let rows: Vec<i64> = (0..upto).collect();
                    let taken =
                        tx.with_rows(&COUNTERS, &rows, |query, n| query.bind(format!("{n:03}")).bind(*n));
                    Ok(taken.await?.0)
                })
            })
            .await;
        assert_eq!(taken.unwrap(), new, "up to {upto}");
    }
    assert_eq!(ids(&db).await.len(), 300);
}

async fn every_statement_prepares(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    for statement in store::every_statement(db.places()) {
        let prepared: Result<(), StoreError> =
            db.write("prepare", move |tx| Box::pin(async move { tx.prepare(statement).await })).await;
        assert_eq!(prepared, Ok(()), "{statement}");
    }
    assert_eq!(db.answers().await, Ok(()));
}

async fn rows_prepare(place: TestDatabase) {
    let db = open(&place).await;
    let places = db.places();
    let prepared: Result<(), StoreError> = db
        .read("prepare", |tx| {
            Box::pin(async move {
                for text in Listed::Rows(&COUNTERS).texts(places).into_iter().chain([PUT, GET]) {
                    tx.prepare(text).await?;
                }
                Ok(())
            })
        })
        .await;
    prepared.unwrap();
}
