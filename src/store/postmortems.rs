//! Post-mortems: the generated parts, and beside them what humans wrote.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Micros, StoreError, Tx, statements};
use crate::ids::IncidentId;

statements! {
    /// The generated parts as they are now; when it is due stays as it was first said.
    SAVE = "INSERT INTO postmortem (incident, drafted_at, due_at, body) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (incident) DO UPDATE SET drafted_at = excluded.drafted_at, body = excluded.body, \
            due_at = COALESCE(postmortem.due_at, excluded.due_at)";
    /// The generated parts.
    READ = "SELECT drafted_at, due_at, body FROM postmortem WHERE incident = $1";
    /// What a human wrote in one section.
    WRITE = "INSERT INTO postmortem_text (incident, section, human, actor, at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (incident, section) DO UPDATE SET human = excluded.human, actor = excluded.actor, at = excluded.at";
    /// What humans wrote.
    TEXTS = "SELECT section, human FROM postmortem_text WHERE incident = $1";
}

/// A post-mortem as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// When its generated parts were last made, UTC.
    pub drafted_at: DateTime<Utc>,
    /// When it is due, UTC; `None` when it is not.
    pub due_at: Option<DateTime<Utc>>,
    /// The generated parts, JSON: section slug to Markdown.
    pub body: String,
    /// What humans wrote, by section slug.
    pub human: BTreeMap<String, String>,
}

#[derive(FromRow)]
struct Row {
    drafted_at: Micros,
    due_at: Option<Micros>,
    body: String,
}

#[derive(FromRow)]
struct TextRow {
    section: String,
    human: String,
}

/// Stores the generated parts; never touches what humans wrote.
pub async fn save(
    tx: &mut Tx,
    incident: IncidentId,
    drafted_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    body: &str,
) -> Result<(), StoreError> {
    tx.query(SAVE).bind(incident.0).bind(drafted_at).bind(due_at).bind(body).execute().await?.or_missing()
}

/// The post-mortem of an incident, if there is one.
pub async fn read(tx: &mut Tx, incident: IncidentId) -> Result<Option<Stored>, StoreError> {
    let Some(row) = tx.query(READ).bind(incident.0).optional::<Row>().await? else { return Ok(None) };
    let human = texts(tx, incident).await?;
    let (drafted_at, due_at) = (row.drafted_at.0, row.due_at.map(|at| at.0));
    Ok(Some(Stored { drafted_at, due_at, body: row.body, human }))
}

/// What humans wrote, by section slug.
pub async fn texts(tx: &mut Tx, incident: IncidentId) -> Result<BTreeMap<String, String>, StoreError> {
    let rows: Vec<TextRow> = tx.query(TEXTS).bind(incident.0).all().await?;
    Ok(rows.into_iter().map(|row| (row.section, row.human)).collect())
}

/// Stores what a human wrote in one section.
pub async fn write(
    tx: &mut Tx,
    incident: IncidentId,
    section: &str,
    human: &str,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let query = tx.query(WRITE).bind(incident.0).bind(section).bind(human).bind(actor).bind(at);
    query.execute().await?.or_missing()
}
