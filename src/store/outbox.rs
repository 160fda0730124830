//! Effects waiting to be performed.
//!
//! A lane is performed in the order of its ids, one effect at a time; lanes do not wait for each other. A claimed effect
//! is leased: when its worker dies, the lease ends and somebody else claims it. The attempt is the fence: a worker whose lease
//! has ended cannot settle what another has claimed since.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Json, Micros, StoreError, Tx, statements};
use crate::domain::effect::Effect;
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::ids::IncidentId;

statements! {
    /// New effects. Of those that coalesce, one that nobody has claimed is enough. It is touched, so that whoever wants to
    /// claim it waits for what made it due again to be committed, and reads that.
    ADD[12] = "INSERT INTO effect \
              (id, lane, incident, kind, method, urgency, once, body, due_at, attempt, lease_until, began_at) \
              VALUES {rows} ON CONFLICT (once) WHERE once IS NOT NULL AND attempt = 0 AND buried_at IS NULL DO UPDATE \
              SET urgency = CASE WHEN excluded.urgency < effect.urgency THEN excluded.urgency ELSE effect.urgency END";
    /// The heads of lanes that are due and that nobody has, without pages and the kinds in `$2`. The plus keeps planners from
    /// gathering all that is due first: they walk in order and stop early. The least of a lane is looked up for each: "there is
    /// none before it" becomes, with statistics of an hour ago, a comparison of everything with everything.
    HEADS = "SELECT e.id, e.kind, e.attempt FROM effect e WHERE e.method IS NULL \
             AND e.buried_at IS NULL AND + e.due_at <= $1 AND (e.lease_until IS NULL OR e.lease_until <= $1) \
             AND REPLACE($2, '/' || e.kind || '/', '') = $2 \
             AND e.id = (SELECT MIN(f.id) FROM effect f WHERE f.lane = e.lane AND f.buried_at IS NULL) \
             ORDER BY e.urgency, e.id LIMIT $3";
    /// Leases one, unless somebody else was faster.
    CLAIM = "UPDATE effect SET attempt = attempt + 1, lease_until = $2, began_at = COALESCE(began_at, $1) \
             WHERE id = $3 AND attempt = $4 AND buried_at IS NULL AND (lease_until IS NULL OR lease_until <= $1) \
             RETURNING id, incident, urgency, body, attempt, given_back, missed, began_at";
    /// Whether a page by this method is due and nobody has it; found as by its claim.
    IS_PAGE_CLAIMABLE = "SELECT e.id AS n FROM effect e WHERE e.method = $2 \
             AND e.buried_at IS NULL AND + e.due_at <= $1 AND (e.lease_until IS NULL OR e.lease_until <= $1) \
             AND e.id = (SELECT MIN(f.id) FROM effect f WHERE f.lane = e.lane AND f.buried_at IS NULL) \
             ORDER BY e.urgency, e.id LIMIT 1";
    /// Leases pages by one method that are due: the worst first, then the oldest.
    CLAIM_PAGES = "UPDATE effect SET attempt = attempt + 1, lease_until = $2, began_at = COALESCE(began_at, $1) \
             WHERE (lease_until IS NULL OR lease_until <= $1) AND id IN (SELECT e.id FROM effect e WHERE e.method = $4 \
             AND e.buried_at IS NULL AND + e.due_at <= $1 AND (e.lease_until IS NULL OR e.lease_until <= $1) \
             AND e.id = (SELECT MIN(f.id) FROM effect f WHERE f.lane = e.lane AND f.buried_at IS NULL) \
             ORDER BY e.urgency, e.id LIMIT $3) RETURNING id, incident, urgency, body, attempt, given_back, missed, began_at";
    /// It is done.
    DONE = "DELETE FROM effect WHERE id = $1 AND attempt = $2";
    /// Several are done at the first attempt.
    DONE_AT_ONCE[1] = "DELETE FROM effect WHERE attempt = 1 AND id IN ({rows})";
    /// It is to be tried again; `$5` is 1 when nothing was done, as far as is known.
    RETRY = "UPDATE effect SET lease_until = NULL, due_at = $3, last_error = $4, missed = missed + $5 \
             WHERE id = $1 AND attempt = $2";
    /// What was tried in vain a short while ago is due now: pages by this method, and with Slack all that is no page. Nothing that
    /// waits for a time of its own.
    HURRY = "UPDATE effect SET due_at = $1 WHERE due_at > $1 AND due_at <= $2 AND last_error IS NOT NULL AND lease_until IS NULL \
             AND buried_at IS NULL AND COALESCE(method, 'slack') = $3";
    /// It waits for its turn. A claim that is given back is no attempt.
    GIVE_BACK = "UPDATE effect SET lease_until = NULL, due_at = $3, given_back = given_back + 1, \
                 began_at = CASE WHEN attempt - given_back <= 1 THEN NULL ELSE began_at END WHERE id = $1 AND attempt = $2";
    /// It is given up, and kept to be looked at.
    BURY = "UPDATE effect SET lease_until = NULL, buried_at = $3, last_error = $4 WHERE id = $1 AND attempt = $2";
    /// Forgets effects that were given up long ago.
    FORGET_BURIED = "DELETE FROM effect WHERE buried_at <= $1";
    /// Ends every lease.
    RELEASE = "UPDATE effect SET lease_until = NULL WHERE lease_until IS NOT NULL AND buried_at IS NULL";
    /// How many effects are under way, or could be.
    BUSY = "SELECT COUNT(*) AS n FROM effect e WHERE e.buried_at IS NULL AND (e.lease_until > $1 \
            OR (e.due_at <= $1 AND REPLACE($2, '/' || e.kind || '/', '') = $2 \
            AND e.id = (SELECT MIN(f.id) FROM effect f WHERE f.lane = e.lane AND f.buried_at IS NULL)))";
    /// How many pages are due or under way.
    BUSY_PAGES = "SELECT COUNT(*) AS n FROM effect \
                  WHERE kind IN ('page', 'page_digest') AND buried_at IS NULL AND (due_at <= $1 OR lease_until > $1)";
    /// How many wait and how many were given up.
    CENSUS = "SELECT kind, CASE WHEN buried_at IS NULL THEN 'waiting' ELSE 'buried' END AS state, COUNT(*) AS n \
              FROM effect GROUP BY kind, CASE WHEN buried_at IS NULL THEN 'waiting' ELSE 'buried' END";
    /// What the messages of an incident showed when they were last sent.
    SHOWN = "SELECT place, hash FROM shown WHERE incident = $1";
    /// What a message shows now.
    SHOW = "INSERT INTO shown (place, incident, hash) VALUES ($1, $2, $3) ON CONFLICT (place) DO UPDATE SET hash = excluded.hash";
    /// Nobody knows what a message shows.
    FORGET = "DELETE FROM shown WHERE place = $1";
}

/// How urgent what concerns an incident of this severity is: the smaller the more. Nothing is less urgent than what is about
/// no incident.
pub fn urgency(severity: Option<Severity>) -> i64 {
    severity.map_or(9, Severity::number)
}

/// How an effect enters the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Claimed by whoever comes first.
    Waiting,
    /// Leased to the process that writes it, which performs it as soon as it is committed.
    Leased {
        /// Until then (wire time) nobody else touches it.
        until: DateTime<Utc>,
    },
}

/// An effect to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    /// Its place in the order; unique.
    pub id: i64,
    /// The queue it is in.
    pub lane: String,
    /// Whom it is about.
    pub incident: Option<IncidentId>,
    /// See [`urgency`].
    pub urgency: i64,
    /// What to do.
    pub effect: Effect,
    /// When, wire time.
    pub due_at: DateTime<Utc>,
    /// Whether somebody has it already.
    pub entry: Entry,
}

/// An effect that this process may perform now.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Which row.
    pub id: i64,
    /// Whom it is about.
    pub incident: Option<IncidentId>,
    /// See [`urgency`].
    pub urgency: i64,
    /// What to do.
    pub effect: Effect,
    /// Which claim this is, from 1; the fence.
    pub attempt: i64,
    /// Which attempt this is, from 1: claims that were given back are none.
    pub tries: i64,
    /// How many of the attempts before this one may have done it, for all anybody knows: those that are known to have missed are
    /// none.
    pub in_doubt: i64,
    /// When the first attempt began, wire time.
    pub began_at: DateTime<Utc>,
    /// Until when nobody else may perform it, wire time.
    pub lease_until: DateTime<Utc>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    incident: Option<i64>,
    urgency: i64,
    body: Json<Effect>,
    attempt: i64,
    given_back: i64,
    missed: i64,
    began_at: Micros,
}

impl Row {
    fn claimed(self, lease_until: DateTime<Utc>) -> Claimed {
        Claimed {
            id: self.id,
            incident: self.incident.map(IncidentId),
            urgency: self.urgency,
            effect: self.body.0,
            attempt: self.attempt,
            tries: self.attempt - self.given_back,
            in_doubt: self.attempt - self.given_back - self.missed - 1,
            began_at: self.began_at.0,
            lease_until,
        }
    }
}

/// The head of a lane, as it was seen: it can be claimed unless somebody was faster.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Head {
    /// Which row.
    pub id: i64,
    /// The effect's name.
    pub kind: String,
    /// How often it was claimed.
    pub attempt: i64,
}

#[derive(FromRow)]
struct Shown {
    place: String,
    hash: String,
}

#[derive(FromRow)]
struct Number {
    n: i64,
}

#[derive(FromRow)]
struct Census {
    kind: String,
    state: String,
    n: i64,
}

/// Stores effects. Of those that coalesce, one for each lane is enough.
pub async fn add(tx: &mut Tx, posted: &[Posted]) -> Result<(), StoreError> {
    let mut known = BTreeSet::new();
    let posted: Vec<(&Posted, Option<String>)> = posted
        .iter()
        .map(|posted| (posted, once(posted)))
        .filter(|(_, once)| once.as_ref().is_none_or(|once| known.insert(once.clone())))
        .collect();
    tx.with_rows(&ADD, &posted, |query, (posted, once)| {
        let (attempt, lease, began) = match posted.entry {
            Entry::Waiting => (0_i64, None, None),
            Entry::Leased { until } => (1, Some(until), Some(posted.due_at)),
        };
        query
            .bind(posted.id)
            .bind(&posted.lane)
            .bind(posted.incident.map(|id| id.0))
            .bind(posted.effect.name())
            .bind(posted.effect.method().map(ContactMethod::as_str))
            .bind(posted.urgency)
            .bind(once.as_deref())
            .bind(Json(&posted.effect))
            .bind(posted.due_at)
            .bind(attempt)
            .bind(lease)
            .bind(began)
    })
    .await?
    .any();
    Ok(())
}

/// What makes one effect as good as another.
fn once(posted: &Posted) -> Option<String> {
    posted.effect.coalesces().then(|| format!("{}/{}", posted.lane, posted.effect.name()))
}

/// Kinds of effects that have to wait, as the statements want to hear it.
fn without(held: &[&str]) -> String {
    held.iter().fold("/".to_owned(), |all, kind| format!("{all}{kind}/"))
}

/// Up to `limit` effects that could be claimed at `now` (wire time), in the order in which they should be; no pages, and none
/// of the kinds in `held`. A question for a reader, so that looking costs no writer's time.
pub async fn heads(
    tx: &mut Tx,
    held: &[&str],
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Head>, StoreError> {
    tx.query(HEADS).bind(now).bind(without(held)).bind(limit).all().await
}

/// Leases those of `heads` that nobody has claimed since they were seen, from `now` until `lease_until` (both wire time).
pub async fn claim(
    tx: &mut Tx,
    heads: &[Head],
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
) -> Result<Vec<Claimed>, StoreError> {
    let mut claimed = vec![];
    for head in heads {
        let query = tx.query(CLAIM).bind(now).bind(lease_until).bind(head.id).bind(head.attempt);
        claimed.extend(query.optional::<Row>().await?.map(|row| row.claimed(lease_until)));
    }
    Ok(claimed)
}

/// Whether a page by this method can be claimed at `now` (wire time): a question for a reader.
pub async fn is_page_claimable(
    tx: &mut Tx,
    method: ContactMethod,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(tx.query(IS_PAGE_CLAIMABLE).bind(now).bind(method.as_str()).optional::<Number>().await?.is_some())
}

/// Leases up to `limit` pages by this method that are due at `now`, until `lease_until` (both wire time).
pub async fn claim_pages(
    tx: &mut Tx,
    method: ContactMethod,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Claimed>, StoreError> {
    let query = tx.query(CLAIM_PAGES).bind(now).bind(lease_until).bind(limit).bind(method.as_str());
    let rows: Vec<Row> = query.all().await?;
    let mut claimed: Vec<Claimed> = rows.into_iter().map(|row| row.claimed(lease_until)).collect();
    claimed.sort_by_key(|claimed| claimed.id);
    Ok(claimed)
}

/// It is done. Whether this worker still held it; if not, somebody else has performed it too.
pub async fn done(tx: &mut Tx, id: i64, attempt: i64) -> Result<bool, StoreError> {
    Ok(tx.query(DONE).bind(id).bind(attempt).execute().await?.any() == 1)
}

/// These are done, at their first attempt; see [`done`].
pub async fn done_at_once(tx: &mut Tx, ids: &[i64]) -> Result<(), StoreError> {
    tx.with_rows(&DONE_AT_ONCE, ids, |query, id| query.bind(*id)).await?.any();
    Ok(())
}

/// It is to be tried again at `due_at` (wire time). Whether this attempt is in doubt: it may have done it all the same.
pub async fn retry(
    tx: &mut Tx,
    id: i64,
    attempt: i64,
    due_at: DateTime<Utc>,
    error: &str,
    in_doubt: bool,
) -> Result<(), StoreError> {
    tx.query(RETRY)
        .bind(id)
        .bind(attempt)
        .bind(due_at)
        .bind(error)
        .bind(i64::from(!in_doubt))
        .execute()
        .await?
        .any();
    Ok(())
}

/// What failed by this method, or by none if it is Slack, and is to be tried again before `until` is due at `now` (both wire time).
/// How many there are.
pub async fn hurry(
    tx: &mut Tx,
    method: ContactMethod,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<u64, StoreError> {
    Ok(tx.query(HURRY).bind(now).bind(until).bind(method.as_str()).execute().await?.any())
}

/// It has to wait until `due_at` (wire time), and nothing was attempted: whoever claims it next begins it.
pub async fn give_back(tx: &mut Tx, id: i64, attempt: i64, due_at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(GIVE_BACK).bind(id).bind(attempt).bind(due_at).execute().await?.any();
    Ok(())
}

/// It is given up at `at` (wire time); the rest of its lane goes on.
pub async fn bury(
    tx: &mut Tx,
    id: i64,
    attempt: i64,
    at: DateTime<Utc>,
    error: &str,
) -> Result<(), StoreError> {
    tx.query(BURY).bind(id).bind(attempt).bind(at).bind(error).execute().await?.any();
    Ok(())
}

/// Forgets effects that were given up before `before` (wire time).
pub async fn forget_buried(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET_BURIED).bind(before).execute().await?.any())
}

/// Ends every lease: for a process that starts and knows that no other one is at work.
pub async fn release(tx: &mut Tx) -> Result<u64, StoreError> {
    Ok(tx.query(RELEASE).execute().await?.any())
}

/// How many effects are under way at `now` (wire time), or could be: those at the head of a lane that are due and of no kind
/// in `held`.
pub async fn busy(tx: &mut Tx, held: &[&str], now: DateTime<Utc>) -> Result<i64, StoreError> {
    Ok(tx.query(BUSY).bind(now).bind(without(held)).one::<Number>().await?.n)
}

/// How many pages are due, or under way, at `now` (wire time).
pub async fn busy_pages(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64, StoreError> {
    Ok(tx.query(BUSY_PAGES).bind(now).one::<Number>().await?.n)
}

/// How many effects wait and how many were given up, by kind.
pub async fn census(tx: &mut Tx) -> Result<Vec<(String, String, i64)>, StoreError> {
    let rows: Vec<Census> = tx.query(CENSUS).all().await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.state, row.n)).collect())
}

/// What the messages of an incident showed when they were last sent: a hash by place.
pub async fn shown(tx: &mut Tx, incident: IncidentId) -> Result<BTreeMap<String, String>, StoreError> {
    let rows: Vec<Shown> = tx.query(SHOWN).bind(incident.0).all().await?;
    Ok(rows.into_iter().map(|row| (row.place, row.hash)).collect())
}

/// What a message of an incident shows now; `None`: nobody knows.
pub async fn show(
    tx: &mut Tx,
    incident: IncidentId,
    place: &str,
    hash: Option<&str>,
) -> Result<(), StoreError> {
    match hash {
        Some(hash) => tx.query(SHOW).bind(place).bind(incident.0).bind(hash).execute().await?.any(),
        None => tx.query(FORGET).bind(place).execute().await?.any(),
    };
    Ok(())
}
