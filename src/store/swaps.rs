//! Exchanges of shifts that wait for the other's answer. Each is answered once.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Json, Micros, StoreError, Tx, statements};
use crate::domain::incident::Message;
use crate::domain::on_call::Exchange;

statements! {
    /// Somebody asks.
    ASK = "INSERT INTO swap (id, body, asked_at) VALUES ($1, $2, $3)";
    /// Where the other was asked.
    ASKED_IN = "UPDATE swap SET message = $2 WHERE id = $1";
    /// What was asked, unless it was answered.
    OPEN = "SELECT id, body, message, asked_at FROM swap WHERE id = $1 AND answered_at IS NULL";
    /// All that waits for an answer.
    ALL_OPEN = "SELECT id, body, message, asked_at FROM swap WHERE answered_at IS NULL ORDER BY id";
    /// It is answered, by whoever is first.
    ANSWER = "UPDATE swap SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL";
    /// Forgets old ones.
    FORGET = "DELETE FROM swap WHERE asked_at <= $1";
}

#[derive(FromRow)]
struct Row {
    id: i64,
    body: Json<Exchange>,
    message: Option<Json<Message>>,
    asked_at: Micros,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub id: i64,
    /// What would be exchanged.
    pub exchange: Exchange,
    /// The message that asks, once it is known.
    pub message: Option<Message>,
    /// When it was asked, wire time.
    pub at: DateTime<Utc>,
}

impl From<Row> for Asked {
    fn from(row: Row) -> Self {
        let message = row.message.map(|message| message.0);
        Self { id: row.id, exchange: row.body.0, message, at: row.asked_at.0 }
    }
}

/// Somebody asks for an exchange at `at` (wire time).
pub async fn ask(tx: &mut Tx, id: i64, exchange: &Exchange, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(ASK).bind(id).bind(Json(exchange)).bind(at).execute().await?.or_missing()
}

/// The other was asked by this message. Whether an answer is still waited for.
pub async fn asked_in(tx: &mut Tx, id: i64, message: &Message) -> Result<bool, StoreError> {
    tx.query(ASKED_IN).bind(id).bind(Json(message)).execute().await?.any();
    Ok(open(tx, id).await?.is_some())
}

/// What was asked; `None` when there is no such question, or it was answered.
pub async fn open(tx: &mut Tx, id: i64) -> Result<Option<Asked>, StoreError> {
    Ok(tx.query(OPEN).bind(id).optional::<Row>().await?.map(Asked::from))
}

/// All questions that wait for an answer, the oldest first.
pub async fn all_open(tx: &mut Tx) -> Result<Vec<Asked>, StoreError> {
    let rows: Vec<Row> = tx.query(ALL_OPEN).all().await?;
    Ok(rows.into_iter().map(Asked::from).collect())
}

/// It is answered. Whether this was the answer: nobody else gave one before.
pub async fn answer(tx: &mut Tx, id: i64, at: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.query(ANSWER).bind(id).bind(at).execute().await?.any() == 1)
}

/// Forgets what was asked before `before` (wire time).
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET).bind(before).execute().await?.any())
}
