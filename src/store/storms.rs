//! What is known of each schedule's latest incidents, the umbrella of its storm, and what is under that.
//!
//! Whoever opens incidents has taken their numbers before it reads this, so nobody else writes it meanwhile; a storm's end
//! compares versions.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{Json, Micros, StoreError, Tx, incidents, statements};
use crate::domain::incident::{Incident, Member, State, Wait};
use crate::domain::storm::Watch;
use crate::ids::{IncidentId, ScheduleId};

statements! {
    /// What is known of schedules.
    READ[1] = "SELECT schedule, version, body FROM storm WHERE schedule IN ({rows})";
    /// The first that is known of one.
    BEGIN = "INSERT INTO storm (schedule, version, body) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING";
    /// All incidents under an umbrella.
    UNDER = "SELECT n, service, state, ended_at FROM incident WHERE umbrella = $1 ORDER BY n";
    /// The open ones of them.
    OPEN_UNDER = "SELECT version, body FROM incident WHERE umbrella = $1 AND ended_at IS NULL ORDER BY n";
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

#[derive(FromRow)]
struct UnderRow {
    n: i64,
    service: String,
    state: String,
    ended_at: Option<Micros>,
}

/// All incidents under an umbrella, the oldest first. Of those that nobody has taken it is not known whether they are silenced, or
/// for how long they have waited.
pub async fn under(tx: &mut Tx, umbrella: IncidentId) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<UnderRow> = tx.query(UNDER).bind(umbrella.0).all().await?;
    let member = |row: UnderRow| Member {
        id: IncidentId(row.n),
        service: row.service,
        is_open: row.ended_at.is_none(),
        wait: if row.state == State::Triggered.name() { Wait::Yes } else { Wait::No },
    };
    Ok(rows.into_iter().map(member).collect())
}

#[derive(FromRow)]
struct OpenRow {
    version: i64,
    body: Json<Incident>,
}

/// The open incidents under an umbrella, the oldest first.
pub async fn open_under(tx: &mut Tx, umbrella: IncidentId) -> Result<Vec<incidents::Versioned>, StoreError> {
    let rows: Vec<OpenRow> = tx.query(OPEN_UNDER).bind(umbrella.0).all().await?;
    let read = |row: OpenRow| incidents::Versioned { incident: row.body.0, version: row.version };
    Ok(rows.into_iter().map(read).collect())
}
