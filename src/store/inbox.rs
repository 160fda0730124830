//! What Slack told us, from its acknowledgement until it has been acted upon.
//!
//! A row's id is what makes a delivery the same delivery; it is kept for a day after it is done, so that a late retry is
//! recognised.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{StoreError, Tx, statements};

statements! {
    /// Keeps a delivery, once.
    KEEP = "INSERT INTO inbox (id, kind, body, received_at, attempt) VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING";
    /// Whether there is a delivery that nobody acts upon.
    IS_CLAIMABLE = "SELECT attempt AS n FROM inbox WHERE done_at IS NULL AND (lease_until IS NULL OR lease_until <= $1) LIMIT 1";
    /// Leases deliveries that nobody acts upon.
    CLAIM = "UPDATE inbox SET attempt = attempt + 1, lease_until = $2 \
             WHERE done_at IS NULL AND (lease_until IS NULL OR lease_until <= $1) AND id IN (SELECT i.id FROM inbox i \
             WHERE i.done_at IS NULL AND (i.lease_until IS NULL OR i.lease_until <= $1) \
             ORDER BY i.received_at, i.id LIMIT $3) RETURNING id, kind, body, received_at, attempt";
    /// One delivery, for as long as it is kept.
    FIND = "SELECT kind, body FROM inbox WHERE id = $1";
    /// It has been acted upon, and its words are somebody's who may have taken them back.
    BLANK = "UPDATE inbox SET body = '' WHERE id = $1";
    /// It has been acted upon.
    DONE = "UPDATE inbox SET done_at = $3, error = $4 WHERE id = $1 AND attempt = $2";
    /// It is to be tried again. A lease that nobody works under keeps everybody off until then.
    RETRY = "UPDATE inbox SET lease_until = $3, error = $4 WHERE id = $1 AND attempt = $2 AND done_at IS NULL";
    /// Ends every lease.
    RELEASE = "UPDATE inbox SET lease_until = NULL WHERE lease_until IS NOT NULL AND done_at IS NULL";
    /// How many wait to be acted upon.
    WAITING = "SELECT COUNT(*) AS n FROM inbox WHERE done_at IS NULL";
    /// Forgets deliveries that are long done.
    FORGET = "DELETE FROM inbox WHERE done_at <= $1";
}

/// A delivery that this process may act upon now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What makes it this delivery.
    pub id: String,
    /// `command`, `interaction` or `event`.
    pub kind: String,
    /// As it came, JSON.
    pub body: String,
    /// When it came, wire time.
    pub received_at: DateTime<Utc>,
    /// Which attempt this is, from 1; the fence.
    pub attempt: i64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    kind: String,
    body: String,
    received_at: super::Micros,
    attempt: i64,
}

/// Keeps a delivery. Whether it is new.
pub async fn keep(
    tx: &mut Tx,
    id: &str,
    kind: &str,
    body: &str,
    received_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(tx.query(KEEP).bind(id).bind(kind).bind(body).bind(received_at).execute().await?.any() == 1)
}

/// Whether there is anything to claim at `now` (wire time): a question for a reader.
pub async fn is_claimable(tx: &mut Tx, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.query(IS_CLAIMABLE).bind(now).optional::<Number>().await?.is_some())
}

/// Leases up to `limit` deliveries until `lease_until` (wire time), the oldest first.
pub async fn claim(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Letter>, StoreError> {
    let rows: Vec<Row> = tx.query(CLAIM).bind(now).bind(lease_until).bind(limit).all().await?;
    let mut letters: Vec<Letter> = rows
        .into_iter()
        .map(|row| Letter {
            id: row.id,
            kind: row.kind,
            body: row.body,
            received_at: row.received_at.0,
            attempt: row.attempt,
        })
        .collect();
    letters.sort_by(|a, b| (a.received_at, &a.id).cmp(&(b.received_at, &b.id)));
    Ok(letters)
}

/// It has been acted upon, or given up with an error. [`StoreError::Missing`] when this worker's lease has ended and somebody
/// else has it: whatever else the transaction did must not be kept, because they do it too.
pub async fn done(
    tx: &mut Tx,
    id: &str,
    attempt: i64,
    at: DateTime<Utc>,
    error: Option<&str>,
) -> Result<(), StoreError> {
    tx.query(DONE).bind(id).bind(attempt).bind(at).bind(error).execute().await?.or_missing()
}

/// Takes the words out of a delivery that needs them no longer; that it came is still known.
pub async fn blank(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.query(BLANK).bind(id).execute().await?.or_missing()
}

/// The kind and the body of a delivery, for as long as it is kept.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<(String, String)>, StoreError> {
    tx.query(FIND).bind(id).optional().await
}

/// It failed and is to be tried again at `again_at` (wire time), unless somebody else has it meanwhile.
pub async fn retry(
    tx: &mut Tx,
    id: &str,
    attempt: i64,
    again_at: DateTime<Utc>,
    error: &str,
) -> Result<(), StoreError> {
    tx.query(RETRY).bind(id).bind(attempt).bind(again_at).bind(error).execute().await?.any();
    Ok(())
}

#[derive(FromRow)]
struct Number {
    n: i64,
}

/// How many deliveries wait to be acted upon.
pub async fn waiting(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(tx.query(WAITING).one::<Number>().await?.n)
}

/// Ends every lease: for a process that starts and knows that no other one is at work.
pub async fn release(tx: &mut Tx) -> Result<u64, StoreError> {
    Ok(tx.query(RELEASE).execute().await?.any())
}

/// Forgets deliveries done before `before` (wire time).
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET).bind(before).execute().await?.any())
}
