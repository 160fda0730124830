//! What people have silenced, by the names that Alertmanager gives: for those who look for it by source or by its end.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Micros, StoreError, Tx, statements};
use crate::domain::incident::Incident;
use crate::ids::{IncidentId, SilenceId, SourceId};

statements! {
    /// The silences of an incident.
    ADD[5] = "INSERT INTO silence (id, source, incident, until, who) VALUES {rows} \
              ON CONFLICT (id, source, incident) DO UPDATE SET until = excluded.until, who = excluded.who";
    /// None of an incident.
    CLEAR = "DELETE FROM silence WHERE incident = $1";
    /// The incidents that have silences at a source.
    WHOSE = "SELECT DISTINCT incident FROM silence WHERE source = $1";
    /// What ends first.
    ENDING = "SELECT id, source, incident, until, who FROM silence WHERE until <= $1 ORDER BY until, id LIMIT $2";
}

/// Writes down an incident's silences, when they have changed.
pub async fn keep(tx: &mut Tx, before: Option<&Incident>, next: &Incident) -> Result<(), StoreError> {
    let was: &[_] = before.map_or(&[], |before| &before.silences);
    if was == next.silences {
        return Ok(());
    }
    tx.query(CLEAR).bind(next.id.0).execute().await?.any();
    let rows: Vec<_> =
        next.silences.iter().flat_map(|silence| silence.ids.iter().map(move |id| (id, silence))).collect();
    tx.with_rows(&ADD, &rows, |query, (id, silence)| {
        query
            .bind(id.as_str())
            .bind(silence.source.as_str())
            .bind(next.id.0)
            .bind(silence.until)
            .bind(silence.by.to_string())
    })
    .await?
    .any();
    Ok(())
}

#[derive(FromRow)]
struct Whose {
    incident: i64,
}

/// The incidents whose alerts are silenced from here at a source.
pub async fn at(tx: &mut Tx, source: &SourceId) -> Result<Vec<IncidentId>, StoreError> {
    let rows: Vec<Whose> = tx.query(WHOSE).bind(source.as_str()).all().await?;
    Ok(rows.into_iter().map(|row| IncidentId(row.incident)).collect())
}

/// A silence that was made from here and is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub id: SilenceId,
    /// Where.
    pub source: SourceId,
    /// For which incident.
    pub incident: IncidentId,
    /// Until when, UTC.
    pub until: DateTime<Utc>,
    /// Who asked for it.
    pub who: String,
}

#[derive(FromRow)]
struct KeptRow {
    id: String,
    source: String,
    incident: i64,
    until: Micros,
    who: String,
}

/// At most `limit` silences that end by then (UTC), the first to end first.
pub async fn ending_by(tx: &mut Tx, by: DateTime<Utc>, limit: u32) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<KeptRow> = tx.query(ENDING).bind(by).bind(limit).all().await?;
    let kept = |row: KeptRow| Kept {
        id: SilenceId(row.id),
        source: SourceId(row.source),
        incident: IncidentId(row.incident),
        until: row.until.0,
        who: row.who,
    };
    Ok(rows.into_iter().map(kept).collect())
}
