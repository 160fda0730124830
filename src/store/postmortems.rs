//! Post-mortems: the generated parts, and beside them what humans wrote.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Micros, StoreError, Tx, statements};
use crate::ids::IncidentId;

statements! {
    /// The generated parts as they are now.
    SAVE = "INSERT INTO postmortem (incident, drafted_at, body) VALUES ($1, $2, $3) \
            ON CONFLICT (incident) DO UPDATE SET drafted_at = excluded.drafted_at, body = excluded.body";
    /// The generated parts.
    READ = "SELECT drafted_at, body FROM postmortem WHERE incident = $1";
    /// What a human wrote in one section.
    WRITE = "INSERT INTO postmortem_text (incident, section, human, actor, at, revision) VALUES ($1, $2, $3, $4, $5, 1) \
             ON CONFLICT (incident, section) DO UPDATE SET human = excluded.human, actor = excluded.actor, \
             at = excluded.at, revision = postmortem_text.revision + 1";
    /// The same, unless somebody has written there since this revision was read.
    REWRITE = "INSERT INTO postmortem_text (incident, section, human, actor, at, revision) VALUES ($1, $2, $3, $4, $5, 1) \
               ON CONFLICT (incident, section) DO UPDATE SET human = excluded.human, actor = excluded.actor, \
               at = excluded.at, revision = postmortem_text.revision + 1 WHERE postmortem_text.revision = $6";
    /// What humans wrote.
    TEXTS = "SELECT section, human, actor, revision FROM postmortem_text WHERE incident = $1";
}

/// A post-mortem as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// When its generated parts were last made, UTC.
    pub drafted_at: DateTime<Utc>,
    /// The generated parts, JSON: section slug to Markdown.
    pub body: String,
    /// What humans wrote, by section slug.
    pub human: BTreeMap<String, Written>,
}

/// What a human wrote in one section.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Written {
    section: String,
    /// The text.
    pub human: String,
    /// Who wrote it last.
    pub actor: String,
    /// How often it was written; 0 is before the first time.
    pub revision: i64,
}

#[derive(FromRow)]
struct Row {
    drafted_at: Micros,
    body: String,
}

/// Stores the generated parts; never touches what humans wrote.
pub async fn save(
    tx: &mut Tx,
    incident: IncidentId,
    drafted_at: DateTime<Utc>,
    body: &str,
) -> Result<(), StoreError> {
    tx.query(SAVE).bind(incident.0).bind(drafted_at).bind(body).execute().await?.or_missing()
}

/// The post-mortem of an incident, if there is one.
pub async fn read(tx: &mut Tx, incident: IncidentId) -> Result<Option<Stored>, StoreError> {
    let Some(row) = tx.query(READ).bind(incident.0).optional::<Row>().await? else { return Ok(None) };
    let human = texts(tx, incident).await?;
    Ok(Some(Stored { drafted_at: row.drafted_at.0, body: row.body, human }))
}

/// What humans wrote, by section slug.
pub async fn texts(tx: &mut Tx, incident: IncidentId) -> Result<BTreeMap<String, Written>, StoreError> {
    let rows: Vec<Written> = tx.query(TEXTS).bind(incident.0).all().await?;
    Ok(rows.into_iter().map(|row| (row.section.clone(), row)).collect())
}

/// Stores what a human wrote in one section, whatever stood there.
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

/// The same when the section is still at the `revision` that the writer saw. Whether it was.
pub async fn rewrite(
    tx: &mut Tx,
    incident: IncidentId,
    section: &str,
    human: &str,
    actor: &str,
    at: DateTime<Utc>,
    revision: i64,
) -> Result<bool, StoreError> {
    let query = tx.query(REWRITE).bind(incident.0).bind(section).bind(human).bind(actor).bind(at);
    Ok(query.bind(revision).execute().await?.any() == 1)
}
