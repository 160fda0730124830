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
    INSERT[12] = "INSERT INTO page (id, incident, walk, person, method, round, step, cause, opening, repeats, due, rang) \
                  VALUES {rows}";
    /// The row is sent once more.
    REPEAT = "UPDATE page SET repeats = repeats + 1, rang = $2 WHERE id = $1";
    /// It rings with another row.
    FOLDED = "UPDATE page SET folded_into = $2, carrier = $3, rang = NULL WHERE id = $1";
    /// A provider took the row that it is folded into.
    CARRIED = "UPDATE page SET sent = COALESCE(sent, $2), accepted = COALESCE(accepted, $2), failed = NULL, error = NULL WHERE id = $1";
    /// It rings by itself after all.
    ALONE = "UPDATE page SET folded_into = NULL, carrier = NULL, rang = $2 WHERE id = $1";
    /// The unanswered rows by which a person was last rung, the latest first.
    RINGING = "SELECT id FROM page WHERE person = $1 AND method = $2 AND rang >= $3 AND rang <= $4 AND rang IS NOT NULL \
               AND acked IS NULL AND superseded IS NULL ORDER BY rang DESC, id LIMIT $5";
    /// A row that another one is to be folded into. It is touched, so that whoever changes it meanwhile comes before or after,
    /// and then sees what is folded into it.
    HOLD = "UPDATE page SET repeats = repeats WHERE id = $1 RETURNING id, incident, walk, person, method, round, step, cause, \
            opening, repeats, due, sent, accepted, delivered, acked, failed, superseded, provider_id, error, folded_into";
    /// The rows of an incident that something may be folded into and that no provider has taken; touched for the same reason.
    HOLD_UNTAKEN = "UPDATE page SET repeats = repeats WHERE incident = $1 AND accepted IS NULL AND acked IS NULL \
                    AND superseded IS NULL AND folded_into IS NULL";
    /// What is folded into the pages of incidents and waits for their providers.
    CARRIED_BY[1] = "SELECT id, incident, walk, person, method, round, step, cause, opening, repeats, due, sent, accepted, delivered, \
               acked, failed, superseded, provider_id, error, folded_into FROM page WHERE carrier IN ({rows}) \
               AND carrier IS NOT NULL AND accepted IS NULL AND acked IS NULL AND superseded IS NULL";
    /// Whatever is folded into the pages of one incident, in the order in which it came.
    FOLDED_INTO = "SELECT id, incident, walk, person, method, round, step, cause, opening, repeats, due, sent, accepted, delivered, \
               acked, failed, superseded, provider_id, error, folded_into FROM page WHERE carrier = $1 \
               AND carrier IS NOT NULL ORDER BY due, incident, id";
    /// Providers took them; that they failed before no longer matters. The names of repeats follow the first one.
    ACCEPTED[TEXT, BIGINT, BIGINT, TEXT] = "UPDATE page SET sent = COALESCE(sent, column2), \
                accepted = COALESCE(accepted, column3), provider_id = CASE WHEN provider_id IS NULL THEN column4 \
                WHEN column4 IS NULL THEN provider_id ELSE provider_id || ' ' || column4 END, failed = NULL, error = NULL \
                FROM (VALUES {rows}) AS v WHERE id = column1";
    /// A provider did not take it.
    FAILED = "UPDATE page SET sent = COALESCE(sent, $2), failed = $3, error = $4 WHERE id = $1 AND accepted IS NULL";
    /// A provider says that it has arrived.
    DELIVERED = "UPDATE page SET delivered = COALESCE(delivered, $2) WHERE id = $1";
    /// A provider took it, and says that it never arrived.
    LOST = "UPDATE page SET failed = $2, error = $3 WHERE id = $1";
    /// The person acknowledged.
    ACKED = "UPDATE page SET acked = CASE WHEN failed IS NULL THEN CAST($3 AS BIGINT) END, \
             superseded = CASE WHEN failed IS NULL THEN NULL ELSE CAST($3 AS BIGINT) END \
             WHERE incident = $1 AND person = $2 AND acked IS NULL AND superseded IS NULL";
    /// One walk is over without an acknowledgement by its addressee.
    SUPERSEDED = "UPDATE page SET superseded = $3 WHERE incident = $1 AND walk = $2 AND acked IS NULL AND superseded IS NULL";
    /// The ledger of an incident in order.
    LIST = "SELECT id, incident, walk, person, method, round, step, cause, opening, repeats, due, sent, accepted, delivered, acked, failed, \
            superseded, provider_id, error, folded_into FROM page WHERE incident = $1 ORDER BY due, walk, id";
    /// One row.
    ONE = "SELECT id, incident, walk, person, method, round, step, cause, opening, repeats, due, sent, accepted, delivered, acked, \
           failed, superseded, provider_id, error, folded_into FROM page WHERE id = $1";
    /// What one person has been sent about open incidents and not acknowledged, the latest last.
    WAITING = "SELECT p.id AS id, p.incident AS incident, p.walk AS walk, p.person AS person, p.method AS method, p.round AS round, \
               p.step AS step, p.cause AS cause, p.opening AS opening, p.repeats AS repeats, p.due AS due, p.sent AS sent, \
               p.accepted AS accepted, p.delivered AS delivered, p.acked AS acked, p.failed AS failed, \
               p.superseded AS superseded, p.provider_id AS provider_id, p.error AS error, p.folded_into AS folded_into \
               FROM incident i JOIN page p ON p.incident = i.n WHERE i.ended_at IS NULL AND p.person = $1 \
               AND p.acked IS NULL AND p.superseded IS NULL AND (p.sent IS NOT NULL OR p.folded_into IS NOT NULL) ORDER BY p.due, p.id";
    /// What a digest is about, in order.
    OF_DIGEST = "SELECT id, incident, walk, person, method, round, step, cause, opening, repeats, due, sent, accepted, delivered, acked, \
                 failed, superseded, provider_id, error, folded_into FROM page WHERE person = $1 AND opening = $2 ORDER BY due, incident, id";
    /// The incidents of pages of which no provider has taken any.
    UNTAKEN = "SELECT p.incident AS incident FROM page p WHERE p.accepted IS NULL AND p.acked IS NULL AND p.superseded IS NULL \
               AND p.due <= $1 AND NOT EXISTS (SELECT 1 FROM page q WHERE q.incident = p.incident AND q.walk = p.walk \
               AND q.accepted IS NOT NULL) ORDER BY p.due LIMIT $2";
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
    delivered: Option<Micros>,
    acked: Option<Micros>,
    failed: Option<Micros>,
    superseded: Option<Micros>,
    provider_id: Option<String>,
    error: Option<String>,
    folded_into: Option<String>,
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
            delivered: at(row.delivered),
            acked: at(row.acked),
            failed: at(row.failed),
            superseded: at(row.superseded),
            provider_id: row.provider_id,
            error: row.error,
            folded_into: row.folded_into.map(PageId),
        }
    }
}

/// Applies changes to the ledgers of these incidents, in order; what can go together does.
pub async fn apply(
    tx: &mut Tx,
    changes: &[(IncidentId, &PageChange)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut together = Together::default();
    for (incident, change) in changes {
        match *change {
            PageChange::New(page) => together.new.push(page),
            PageChange::Accepted { page, sent_at, provider_id } => {
                // One statement changes a row once.
                if together.taken.iter().any(|taken| taken.page == page) {
                    together.write(tx, now).await?;
                }
                together.taken.push(Taken { page, sent_at: *sent_at, provider_id: provider_id.as_deref() });
            }
            PageChange::Repeat(page) => {
                together.write(tx, now).await?;
                tx.query(REPEAT).bind(page.as_str()).bind(now).execute().await?.or_missing()?;
            }
            PageChange::Failed { page, sent_at, error } => {
                together.write(tx, now).await?;
                let query = tx.query(FAILED).bind(page.as_str()).bind(*sent_at).bind(now);
                query.bind(error).execute().await?.any();
            }
            PageChange::Delivered(page) => {
                together.write(tx, now).await?;
                tx.query(DELIVERED).bind(page.as_str()).bind(now).execute().await?.any();
            }
            PageChange::Lost { page, error } => {
                together.write(tx, now).await?;
                tx.query(LOST).bind(page.as_str()).bind(now).bind(error).execute().await?.any();
            }
            PageChange::Folded { page, into } => {
                together.write(tx, now).await?;
                let carrier = into.incident().map(|incident| incident.0);
                let query = tx.query(FOLDED).bind(page.as_str()).bind(into.as_str()).bind(carrier);
                query.execute().await?.or_missing()?;
            }
            PageChange::Carried(page) => {
                together.write(tx, now).await?;
                tx.query(CARRIED).bind(page.as_str()).bind(now).execute().await?.or_missing()?;
            }
            PageChange::Alone(page) => {
                together.write(tx, now).await?;
                tx.query(ALONE).bind(page.as_str()).bind(now).execute().await?.or_missing()?;
            }
            PageChange::AckedBy(person) => {
                together.write(tx, now).await?;
                let query = tx.query(ACKED).bind(incident.0).bind(person.as_str()).bind(now);
                query.execute().await?.any();
            }
            PageChange::Superseded(walks) => {
                together.write(tx, now).await?;
                for walk in walks {
                    tx.query(SUPERSEDED).bind(incident.0).bind(*walk).bind(now).execute().await?.any();
                }
            }
        }
    }
    together.write(tx, now).await
}

/// Changes that wait for others of their kind: new rows before what became of them.
#[derive(Default)]
struct Together<'a> {
    new: Vec<&'a Page>,
    taken: Vec<Taken<'a>>,
}

/// A provider took a page.
struct Taken<'a> {
    page: &'a PageId,
    sent_at: DateTime<Utc>,
    provider_id: Option<&'a str>,
}

impl Together<'_> {
    async fn write(&mut self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
        insert(tx, &self.new).await?;
        self.new.clear();
        let accepted = tx.with_rows(&ACCEPTED, &self.taken, |query, taken| {
            query.bind(taken.page.as_str()).bind(taken.sent_at).bind(now).bind(taken.provider_id)
        });
        accepted.await?.ensure(self.taken.len() as u64, StoreError::Missing)?;
        self.taken.clear();
        Ok(())
    }
}

async fn insert(tx: &mut Tx, new: &[&Page]) -> Result<(), StoreError> {
    let inserted = tx.with_rows(&INSERT, new, |query, page| {
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
            .bind(page.opening.is_none().then_some(page.due))
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

/// One row; `None` when there is none of that name.
pub async fn find(tx: &mut Tx, id: &PageId) -> Result<Option<Page>, StoreError> {
    Ok(tx.query(ONE).bind(id.as_str()).optional::<Row>().await?.map(Page::from))
}

/// What a person has been sent about open incidents and has not acknowledged, the latest last.
pub async fn waiting_for(tx: &mut Tx, person: &PersonId) -> Result<Vec<Page>, StoreError> {
    let rows: Vec<Row> = tx.query(WAITING).bind(person.as_str()).all().await?;
    Ok(rows.into_iter().map(Page::from).collect())
}

/// The rows that go out in a digest, by whatever method, in order.
pub async fn of_digest(tx: &mut Tx, digest: &Digest) -> Result<Vec<Page>, StoreError> {
    let rows: Vec<Row> = tx.query(OF_DIGEST).bind(digest.person.as_str()).bind(digest.opening).all().await?;
    Ok(rows.into_iter().map(Page::from).collect())
}

#[derive(FromRow)]
struct Id {
    id: String,
}

/// The unanswered rows by which a person was last rung by this method, between `since` and `now` (UTC): the latest first, at
/// most `limit`.
pub async fn ringing(
    tx: &mut Tx,
    (person, method): (&PersonId, ContactMethod),
    (since, now): (DateTime<Utc>, DateTime<Utc>),
    limit: u32,
) -> Result<Vec<PageId>, StoreError> {
    let query = tx.query(RINGING).bind(person.as_str()).bind(method.as_str()).bind(since).bind(now);
    Ok(query.bind(limit).all::<Id>().await?.into_iter().map(|row| PageId(row.id)).collect())
}

/// A row as it is and stays until the end of the transaction.
pub async fn hold(tx: &mut Tx, id: &PageId) -> Result<Option<Page>, StoreError> {
    Ok(tx.query(HOLD).bind(id.as_str()).optional::<Row>().await?.map(Page::from))
}

/// Nothing is folded until the end of the transaction into rows of an incident that no provider has taken.
pub async fn hold_untaken(tx: &mut Tx, incident: IncidentId) -> Result<(), StoreError> {
    tx.query(HOLD_UNTAKEN).bind(incident.0).execute().await?.any();
    Ok(())
}

/// The rows that are folded into pages of these incidents and wait for their providers, in no order.
pub async fn carried_by(tx: &mut Tx, incidents: &[IncidentId]) -> Result<Vec<Page>, StoreError> {
    let rows: Vec<Row> = tx.about(&CARRIED_BY, incidents, |query, id| query.bind(id.0)).await?;
    Ok(rows.into_iter().map(Page::from).collect())
}

/// The rows that are folded into pages of an incident, in the order in which they came.
pub async fn folded_into(tx: &mut Tx, incident: IncidentId) -> Result<Vec<Page>, StoreError> {
    let rows: Vec<Row> = tx.query(FOLDED_INTO).bind(incident.0).all().await?;
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

#[derive(FromRow)]
struct Untaken {
    incident: i64,
}

/// The incidents of pages due before `before` (UTC) of which no provider has taken any, by whatever method; of at most `limit`
/// such pages, the oldest first.
pub async fn untaken(
    tx: &mut Tx,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<std::collections::BTreeSet<IncidentId>, StoreError> {
    let rows: Vec<Untaken> = tx.query(UNTAKEN).bind(before).bind(limit).all().await?;
    Ok(rows.into_iter().map(|row| IncidentId(row.incident)).collect())
}
