//! Exchanges of shifts that wait for the other's answer. Each is answered once.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Json, StoreError, Tx, statements};
use crate::domain::on_call::Exchange;

statements! {
    /// Somebody asks.
    ASK = "INSERT INTO swap (id, body, asked_at) VALUES ($1, $2, $3)";
    /// What was asked, unless it was answered.
    OPEN = "SELECT body FROM swap WHERE id = $1 AND answered_at IS NULL";
    /// It is answered, by whoever is first.
    ANSWER = "UPDATE swap SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL";
    /// Forgets old ones.
    FORGET = "DELETE FROM swap WHERE asked_at <= $1";
}

#[derive(FromRow)]
struct Row {
    body: Json<Exchange>,
}

/// Somebody asks for an exchange at `at` (story time).
pub async fn ask(tx: &mut Tx, id: i64, exchange: &Exchange, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(ASK).bind(id).bind(Json(exchange)).bind(at).execute().await?.or_missing()
}

/// What was asked; `None` when there is no such question, or it was answered.
pub async fn open(tx: &mut Tx, id: i64) -> Result<Option<Exchange>, StoreError> {
    Ok(tx.query(OPEN).bind(id).optional::<Row>().await?.map(|row| row.body.0))
}

/// It is answered. Whether this was the answer: nobody else gave one before.
pub async fn answer(tx: &mut Tx, id: i64, at: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.query(ANSWER).bind(id).bind(at).execute().await?.any() == 1)
}

/// Forgets what was asked before `before` (story time).
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET).bind(before).execute().await?.any())
}
