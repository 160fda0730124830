//! What is known of alert sources: their heartbeats, the receivers that post to us, and what one poll leaves to the next.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Json, Micros, StoreError, Tx, statements};
use crate::domain::heartbeat::Pulse;
use crate::domain::reconcile::Memory;
use crate::ids::{Fingerprint, SourceId};

statements! {
    /// When the last poll of each source began.
    LOOKED = "SELECT source, looked_at FROM alert_source";
    /// A poll begins, unless another process has begun one since.
    LOOK = "INSERT INTO alert_source (source, looked_at, body) VALUES ($1, $2, $4) ON CONFLICT (source) DO UPDATE \
            SET looked_at = excluded.looked_at WHERE alert_source.looked_at <= $3";
    /// What the last poll left.
    MEMORY = "SELECT body FROM alert_source WHERE source = $1";
    /// What this poll leaves.
    REMEMBER = "UPDATE alert_source SET body = $2 WHERE source = $1";
    /// A receiver has posted.
    RECEIVER = "INSERT INTO alert_receiver (source, receiver) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    /// The receivers that have.
    RECEIVERS = "SELECT receiver FROM alert_receiver WHERE source = $1";
    /// Every heartbeat.
    PULSES = "SELECT source, fingerprint, body FROM heartbeat ORDER BY source, fingerprint";
    /// One heartbeat.
    PULSE = "SELECT source, fingerprint, body FROM heartbeat WHERE source = $1 AND fingerprint = $2";
    /// A heartbeat as it is now.
    BEAT = "INSERT INTO heartbeat (source, fingerprint, body) VALUES ($1, $2, $3) \
            ON CONFLICT (source, fingerprint) DO UPDATE SET body = excluded.body";
    /// There is no such heartbeat any more.
    FORGET_PULSE = "DELETE FROM heartbeat WHERE source = $1 AND fingerprint = $2";
}

#[derive(FromRow)]
struct Looked {
    source: String,
    looked_at: Micros,
}

/// When the last poll of each source began, story time.
pub async fn looked(tx: &mut Tx) -> Result<Vec<(SourceId, DateTime<Utc>)>, StoreError> {
    let rows: Vec<Looked> = tx.query(LOOKED).all().await?;
    Ok(rows.into_iter().map(|row| (SourceId(row.source), row.looked_at.0)).collect())
}

/// Begins a poll at `now`, unless one has begun after `before` (both story time). Whether it may.
pub async fn look(
    tx: &mut Tx,
    source: &SourceId,
    now: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let nothing = Memory::default();
    let query = tx.query(LOOK).bind(source.as_str()).bind(now).bind(before).bind(Json(&nothing));
    Ok(query.execute().await?.any() == 1)
}

#[derive(FromRow)]
struct MemoryRow {
    body: Json<Memory>,
}

/// What the last poll left.
pub async fn memory(tx: &mut Tx, source: &SourceId) -> Result<Memory, StoreError> {
    let row = tx.query(MEMORY).bind(source.as_str()).optional::<MemoryRow>().await?;
    Ok(row.map(|row| row.body.0).unwrap_or_default())
}

/// What this poll leaves to the next.
pub async fn remember(tx: &mut Tx, source: &SourceId, memory: &Memory) -> Result<(), StoreError> {
    tx.query(REMEMBER).bind(source.as_str()).bind(Json(memory)).execute().await?.or_missing()
}

/// This receiver of the source posts to us.
pub async fn posts(tx: &mut Tx, source: &SourceId, receiver: &str) -> Result<(), StoreError> {
    tx.query(RECEIVER).bind(source.as_str()).bind(receiver).execute().await?.any();
    Ok(())
}

#[derive(FromRow)]
struct Receiver {
    receiver: String,
}

/// The receivers of the source that have posted to us.
pub async fn receivers(tx: &mut Tx, source: &SourceId) -> Result<BTreeSet<String>, StoreError> {
    let rows: Vec<Receiver> = tx.query(RECEIVERS).bind(source.as_str()).all().await?;
    Ok(rows.into_iter().map(|row| row.receiver).collect())
}

/// A heartbeat and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// The source.
    pub source: SourceId,
    /// The alert.
    pub fingerprint: Fingerprint,
    /// How it beats.
    pub pulse: Pulse,
}

#[derive(FromRow)]
struct PulseRow {
    source: String,
    fingerprint: String,
    body: Json<Pulse>,
}

impl From<PulseRow> for Heartbeat {
    fn from(row: PulseRow) -> Self {
        let (source, fingerprint) = (SourceId(row.source), Fingerprint(row.fingerprint));
        Self { source, fingerprint, pulse: row.body.0 }
    }
}

/// Every heartbeat.
pub async fn heartbeats(tx: &mut Tx) -> Result<Vec<Heartbeat>, StoreError> {
    let rows: Vec<PulseRow> = tx.query(PULSES).all().await?;
    Ok(rows.into_iter().map(Heartbeat::from).collect())
}

/// One heartbeat.
pub async fn pulse(
    tx: &mut Tx,
    source: &SourceId,
    fingerprint: &Fingerprint,
) -> Result<Option<Pulse>, StoreError> {
    let query = tx.query(PULSE).bind(source.as_str()).bind(fingerprint.as_str());
    Ok(query.optional::<PulseRow>().await?.map(|row| row.body.0))
}

/// A heartbeat as it is now; `None` when there is none any more.
pub async fn beats(
    tx: &mut Tx,
    source: &SourceId,
    fingerprint: &Fingerprint,
    pulse: Option<&Pulse>,
) -> Result<(), StoreError> {
    let done = match pulse {
        Some(pulse) => {
            let query = tx.query(BEAT).bind(source.as_str()).bind(fingerprint.as_str()).bind(Json(pulse));
            query.execute().await?
        }
        None => tx.query(FORGET_PULSE).bind(source.as_str()).bind(fingerprint.as_str()).execute().await?,
    };
    done.any();
    Ok(())
}
