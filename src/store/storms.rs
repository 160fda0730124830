//! What is known of each schedule's latest incidents, and the umbrella of its storm.
//!
//! Whoever opens incidents has taken their numbers before it reads this, so nobody else writes it meanwhile; a storm's end
//! compares versions.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{Json, StoreError, Tx, statements};
use crate::domain::storm::Watch;
use crate::ids::ScheduleId;

statements! {
    /// What is known of schedules.
    READ[1] = "SELECT schedule, version, body FROM storm WHERE schedule IN ({rows})";
    /// The first that is known of one.
    BEGIN = "INSERT INTO storm (schedule, version, body) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING";
    /// What is known of one that nobody has changed meanwhile.
    WRITE = "UPDATE storm SET version = version + 1, body = $3 WHERE schedule = $1 AND version = $2";
}

/// What is known of a schedule, with the version to write it against; 0 when nothing was known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versioned {
    /// What is known.
    pub watch: Watch,
    /// What `write` compares.
    pub version: i64,
}

#[derive(FromRow)]
struct Row {
    schedule: String,
    version: i64,
    body: Json<Watch>,
}

/// What is known of these schedules.
pub async fn read(
    tx: &mut Tx,
    schedules: &[&ScheduleId],
) -> Result<BTreeMap<ScheduleId, Versioned>, StoreError> {
    let rows: Vec<Row> = tx.about(&READ, schedules, |query, schedule| query.bind(schedule.as_str())).await?;
    let known = |row: Row| (ScheduleId(row.schedule), Versioned { watch: row.body.0, version: row.version });
    Ok(rows.into_iter().map(known).collect())
}

/// Writes down what is known of a schedule from now on. [`StoreError::Stale`] when somebody has changed it since it was read.
pub async fn write(tx: &mut Tx, schedule: &ScheduleId, before: i64, watch: &Watch) -> Result<(), StoreError> {
    let written = if before == 0 {
        tx.query(BEGIN).bind(schedule.as_str()).bind(Json(watch)).execute().await?
    } else {
        tx.query(WRITE).bind(schedule.as_str()).bind(before).bind(Json(watch)).execute().await?
    };
    written.or_stale()
}
