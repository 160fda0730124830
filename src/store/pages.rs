//! The page ledger.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Json, Micros, StoreError, Text, Tx, statements};
use crate::domain::page::{Cause, Digest, Page, PageChange};
use crate::domain::people::ContactMethod;
use crate::domain::stats::{Waking, Window};
use crate::ids::{IncidentId, PageId, PersonId};

statements! {
    /// New rows.
    INSERT[11] = "INSERT INTO page (id, incident, walk, person, method, round, step, cause, opening, repeats, due) \
                  VALUES {rows}";
    /// The row is sent once more.
    REPEAT = "UPDATE page SET repeats = repeats + 1 WHERE id = $1";
    /// A provider took it; that it failed before no longer matters. The names of repeats follow the first one.
    ACCEPTED = "UPDATE page SET sent = COALESCE(sent, $2), accepted = COALESCE(accepted, $3), \
                provider_id = CASE WHEN provider_id IS NULL THEN $4 WHEN CAST($4 AS TEXT) IS NULL THEN provider_id \
                ELSE provider_id || ' ' || $4 END, failed = NULL, error = NULL WHERE id = $1";
    /// A provider did not take it.
    FAILED = "UPDATE page SET sent = COALESCE(sent, $2), failed = $3, error = $4 WHERE id = $1 AND accepted IS NULL";
    /// The person acknowledged.
    ACKED = "UPDATE page SET acked = $3 WHERE incident = $1 AND person = $2 AND acked IS NULL AND superseded IS NULL";
    /// One walk is over without an acknowledgement by its addressee.
    SUPERSEDED = "UPDATE page SET superseded = $3 WHERE incident = $1 AND walk = $2 AND acked IS NULL AND superseded IS NULL";
    /// The ledger of an incident in order.
    LIST = "SELECT id, incident, walk, person, method, round, step, cause, opening, repeats, due, sent, accepted, acked, failed, \
            superseded, provider_id, error FROM page WHERE incident = $1 ORDER BY due, walk, id";
    /// What a digest is about, in order.
    OF_DIGEST = "SELECT id, incident, walk, person, method, round, step, cause, opening, repeats, due, sent, accepted, acked, \
                 failed, superseded, provider_id, error FROM page WHERE person = $1 AND opening = $2 ORDER BY due, incident, id";
    /// When people were woken in a window: once for each walk, whatever its methods and repeats.
    WAKINGS = "SELECT person, MIN(sent) AS at FROM page WHERE sent >= $1 AND sent < $2 GROUP BY incident, walk, person";
    /// Since when the oldest page waits that no provider has taken and that still matters.
    OLDEST_UNDELIVERED = "SELECT due AS at FROM page WHERE accepted IS NULL AND acked IS NULL AND superseded IS NULL \
                          ORDER BY due LIMIT 1";
}

#[derive(FromRow)]
struct Row {
    id: String,
    incident: i64,
    walk: i64,
    person: String,
    method: Text<ContactMethod>,
    round: i64,
    step: i64,
    cause: Json<Cause>,
    opening: Option<Micros>,
    repeats: i64,
    due: Micros,
    sent: Option<Micros>,
    accepted: Option<Micros>,
    acked: Option<Micros>,
    failed: Option<Micros>,
    superseded: Option<Micros>,
    provider_id: Option<String>,
    error: Option<String>,
}

impl From<Row> for Page {
    fn from(row: Row) -> Self {
        let small = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let at = |time: Option<Micros>| time.map(|time| time.0);
        Self {
            id: PageId(row.id),
            incident: IncidentId(row.incident),
            walk: small(row.walk),
            person: PersonId(row.person),
            method: row.method.0,
            round: small(row.round),
            step: small(row.step),
            cause: row.cause.0,
            opening: at(row.opening),
            repeats: small(row.repeats),
            due: row.due.0,
            sent: at(row.sent),
            accepted: at(row.accepted),
            acked: at(row.acked),
            failed: at(row.failed),
            superseded: at(row.superseded),
            provider_id: row.provider_id,
            error: row.error,
        }
    }
}

/// Applies changes to the ledgers of these incidents, in order; new rows that follow each other go together.
pub async fn apply(
    tx: &mut Tx,
    changes: &[(IncidentId, &PageChange)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut new: Vec<&Page> = vec![];
    for (incident, change) in changes {
        if let PageChange::New(page) = change {
            new.push(page);
        } else {
            insert(tx, &std::mem::take(&mut new)).await?;
            apply_one(tx, *incident, change, now).await?;
        }
    }
    insert(tx, &new).await
}

async fn apply_one(
    tx: &mut Tx,
    incident: IncidentId,
    change: &PageChange,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    match change {
        PageChange::New(page) => insert(tx, &[page]).await,
        PageChange::Repeat(page) => tx.query(REPEAT).bind(page.as_str()).execute().await?.or_missing(),
        PageChange::Accepted { page, sent_at, provider_id } => {
            let query = tx.query(ACCEPTED).bind(page.as_str()).bind(*sent_at).bind(now);
            query.bind(provider_id.as_deref()).execute().await?.or_missing()
        }
        PageChange::Failed { page, sent_at, error } => {
            let query = tx.query(FAILED).bind(page.as_str()).bind(*sent_at).bind(now);
            query.bind(error).execute().await.map(|affected| {
                affected.any();
            })
        }
        PageChange::AckedBy(person) => {
            let query = tx.query(ACKED).bind(incident.0).bind(person.as_str()).bind(now);
            query.execute().await.map(|affected| {
                affected.any();
            })
        }
        PageChange::Superseded(walks) => {
            for walk in walks {
                tx.query(SUPERSEDED).bind(incident.0).bind(*walk).bind(now).execute().await?.any();
            }
            Ok(())
        }
    }
}

async fn insert(tx: &mut Tx, new: &[&Page]) -> Result<(), StoreError> {
    let inserted = tx.insert_rows(&INSERT, new, |query, page| {
        query
            .bind(page.id.as_str())
            .bind(page.incident.0)
            .bind(page.walk)
            .bind(page.person.as_str())
            .bind(Text(page.method))
            .bind(page.round)
            .bind(page.step)
            .bind(Json(&page.cause))
            .bind(page.opening)
            .bind(page.repeats)
            .bind(page.due)
    });
    inserted.await.map(|affected| {
        affected.any();
    })
}

/// The ledger of an incident, in order.
pub async fn list(tx: &mut Tx, incident: IncidentId) -> Result<Vec<Page>, StoreError> {
    let rows: Vec<Row> = tx.query(LIST).bind(incident.0).all().await?;
    Ok(rows.into_iter().map(Page::from).collect())
}

/// The rows that go out in a digest, by whatever method, in order.
pub async fn of_digest(tx: &mut Tx, digest: &Digest) -> Result<Vec<Page>, StoreError> {
    let rows: Vec<Row> = tx.query(OF_DIGEST).bind(digest.person.as_str()).bind(digest.opening).all().await?;
    Ok(rows.into_iter().map(Page::from).collect())
}

#[derive(FromRow)]
struct WakingRow {
    person: String,
    at: Micros,
}

/// When people were woken in the window, in no order: once about each matter, when the first page of it left.
pub async fn wakings(tx: &mut Tx, window: Window) -> Result<Vec<Waking>, StoreError> {
    let rows: Vec<WakingRow> = tx.query(WAKINGS).bind(window.from).bind(window.to).all().await?;
    Ok(rows.into_iter().map(|row| Waking { person: PersonId(row.person), at: row.at.0 }).collect())
}

#[derive(FromRow)]
struct At {
    at: Micros,
}

/// Since when the oldest page waits that no provider has taken and that still matters.
pub async fn oldest_undelivered(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(tx.query(OLDEST_UNDELIVERED).optional::<At>().await?.map(|row| row.at.0))
}
