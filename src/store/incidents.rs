//! Incidents and the alert groups that feed them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::{Json, StoreError, Tx, actions, statements};
use crate::domain::incident::{AlertKey, Incident, Message};
use crate::domain::severity::Severity;
use crate::domain::stats::Window;
use crate::ids::{ChannelId, Fingerprint, IncidentId};

statements! {
    /// The next numbers; the row's lock keeps them from being given twice.
    NEXT_NUMBERS = "UPDATE counter SET n = n + $1 WHERE name = 'incident' RETURNING n";
    /// Nobody else takes numbers until this transaction ends.
    HOLD_NUMBERS = "UPDATE counter SET n = n WHERE name = 'incident'";
    /// New incidents.
    INSERT[18] = "INSERT INTO incident (n, version, state, severity, opened_at, ended_at, n_firing, wake_at, alertname, \
                  service, channel_id, channel_name, announced_in, announced_ts, parent, n_truncated, umbrella, body) VALUES {rows}";
    /// Saves incidents that nobody else has changed meanwhile.
    UPDATE[BIGINT, BIGINT, TEXT, TEXT, BIGINT, BIGINT, TEXT, TEXT, TEXT, BIGINT, TEXT, TEXT, BIGINT, BIGINT, BIGINT] = "UPDATE incident \
              SET version = version + 1, state = column3, severity = column4, ended_at = column5, wake_at = column6, \
              channel_id = column7, channel_name = column8, body = column9, n_firing = column10, \
              announced_in = column11, announced_ts = column12, n_truncated = column13, parent = column14, \
              umbrella = column15 \
              FROM (VALUES {rows}) AS v WHERE n = column1 AND version = column2";
    /// One incident.
    BY_NUMBER = "SELECT n, version, body FROM incident WHERE n = $1";
    /// Several incidents.
    BY_NUMBERS[1] = "SELECT n, version, body FROM incident WHERE n IN ({rows})";
    /// The incident of a channel.
    BY_CHANNEL = "SELECT n, version, body FROM incident WHERE channel_id = $1";
    /// The incident that had this channel before the one it has now.
    BY_FORMER_CHANNEL = "SELECT n, version, body FROM incident WHERE n = (SELECT incident FROM former_channel WHERE channel_id = $1)";
    /// An incident has another channel from now on.
    LEAVE_CHANNEL = "INSERT INTO former_channel (channel_id, incident) VALUES ($1, $2) ON CONFLICT (channel_id) DO NOTHING";
    /// The incident under whose announcement a thread is.
    BY_THREAD = "SELECT n, version, body FROM incident WHERE announced_in = $1 AND announced_ts = $2";
    /// An incident that is announced in a channel.
    ANNOUNCED_IN = "SELECT n FROM incident WHERE announced_in = $1 LIMIT 1";
    /// The open incidents that groups feed, and the latest ended ones that they fed.
    FED[1] = "SELECT k.key_hash, i.version, i.body FROM incident_key k JOIN incident i ON i.n = k.incident \
              WHERE k.key_hash IN ({rows}) AND (k.freed_at IS NULL OR k.freed_at = (SELECT MAX(e.freed_at) \
              FROM incident_key e WHERE e.key_hash = k.key_hash))";
    /// Open incidents, newest first.
    LIST_OPEN = "SELECT n, version, body FROM incident WHERE ended_at IS NULL AND n < $1 ORDER BY n DESC LIMIT $2";
    /// Open incidents without those that an open umbrella stands for, newest first.
    LIST_LEADING = "SELECT n, version, body FROM incident WHERE ended_at IS NULL AND (umbrella IS NULL OR EXISTS \
                    (SELECT 1 FROM incident u WHERE u.n = incident.umbrella AND u.ended_at IS NOT NULL)) AND n < $1 \
                    ORDER BY n DESC LIMIT $2";
    /// Open incidents that nobody has answered, newest first.
    LIST_UNANSWERED = "SELECT n, version, body FROM incident WHERE ended_at IS NULL AND state <> 'acknowledged' AND n < $1 \
                       ORDER BY n DESC LIMIT $2";
    /// Incidents that were open at some time in a span.
    OPEN_BETWEEN = "SELECT n FROM incident WHERE opened_at < $2 AND (ended_at IS NULL OR ended_at >= $1) ORDER BY n";
    /// Open incidents of which some alerts cannot be seen.
    TRUNCATED = "SELECT n, version, body FROM incident WHERE ended_at IS NULL AND n_truncated > 0";
    /// How many are open.
    COUNT_OPEN = "SELECT COUNT(*) AS n FROM incident WHERE ended_at IS NULL";
    /// Incidents that are over although their alerts still fire, newest first.
    LIST_STILL_FIRING = "SELECT n, version, body FROM incident WHERE ended_at IS NOT NULL AND n_firing > 0 AND n < $1 \
                         ORDER BY n DESC LIMIT $2";
    /// Incidents that are over and not closed, oldest first.
    LIST_RESOLVED = "SELECT n, version, body FROM incident WHERE state = 'resolved' ORDER BY n LIMIT $1";
    /// Incidents opened in a window, in order, behind one of them.
    OPENED_IN = "SELECT n, version, body FROM incident WHERE opened_at >= $1 AND opened_at < $2 AND (opened_at > $1 OR n > $3) \
                 ORDER BY opened_at, n LIMIT $4";
    /// All incidents, newest first.
    LIST_ALL = "SELECT n, version, body FROM incident WHERE n < $1 ORDER BY n DESC LIMIT $2";
    /// Incidents in which something is due.
    DUE = "SELECT n FROM incident WHERE wake_at <= $1 ORDER BY wake_at, n LIMIT $2";
    /// When the next thing is due in any incident.
    NEXT_DUE = "SELECT wake_at FROM incident WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1";
    /// The channels of incidents that have one of these names.
    CHANNELS_NAMED[1] = "SELECT channel_id AS id, channel_name AS name FROM incident \
                         WHERE channel_id IS NOT NULL AND channel_name IN ({rows})";
    /// How many incidents there are of each severity and state.
    CENSUS = "SELECT severity, state, COUNT(*) AS n FROM incident GROUP BY severity, state";
    /// Groups feed incidents from now on.
    CLAIM_KEYS[2] = "INSERT INTO incident_key (key_hash, incident) VALUES {rows} \
                     ON CONFLICT (key_hash, incident) DO UPDATE SET freed_at = NULL";
    /// The groups that fed an ended incident feed it again, but for those that another open incident has taken.
    RECLAIM_KEYS = "UPDATE incident_key SET freed_at = NULL WHERE incident = $1 AND NOT EXISTS (SELECT 1 FROM incident_key o \
                    WHERE o.key_hash = incident_key.key_hash AND o.incident <> $1 AND o.freed_at IS NULL)";
    /// The incidents in which alerts fire.
    FIRING[1] = "SELECT fingerprint, incident FROM alert WHERE status = 'firing' AND fingerprint IN ({rows})";
    /// The incident's groups may feed another one from now on.
    FREE_KEYS = "UPDATE incident_key SET freed_at = $2 WHERE incident = $1 AND freed_at IS NULL";
    /// What fed an incident before and feeds another one now feeds it again: room for that.
    MAKE_ROOM = "DELETE FROM incident_key WHERE incident = $2 AND key_hash IN (SELECT key_hash FROM incident_key \
                 WHERE incident = $1 AND freed_at IS NULL)";
    /// What feeds one incident feeds another one.
    HAND_OVER = "UPDATE incident_key SET incident = $2 WHERE incident = $1 AND freed_at IS NULL";
    /// Nothing feeds an incident, or ever did.
    LEAVE_KEYS = "DELETE FROM incident_key WHERE incident = $1";
    /// The latest ended incidents that began with an alert on a service.
    ALIKE = "SELECT n, version, body FROM incident WHERE ended_at IS NOT NULL AND alertname = $1 AND service = $2 \
             AND n < $3 ORDER BY n DESC LIMIT $4";
}

/// An incident as read, with the version to save it against.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned {
    /// The incident.
    pub incident: Incident,
    /// What `save` compares.
    pub version: i64,
}

#[derive(FromRow)]
struct Row {
    version: i64,
    body: Json<Incident>,
}

impl From<Row> for Versioned {
    fn from(row: Row) -> Self {
        Self { incident: row.body.0, version: row.version }
    }
}

#[derive(FromRow)]
struct Number {
    n: i64,
}

/// Takes the next `count` incident numbers.
pub async fn next_ids(
    tx: &mut Tx,
    count: u32,
) -> Result<impl Iterator<Item = IncidentId> + use<>, StoreError> {
    let last = match count {
        0 => 0,
        count => tx.query(NEXT_NUMBERS).bind(count).one::<Number>().await?.n,
    };
    Ok((last - i64::from(count) + 1..=last).map(IncidentId))
}

/// Keeps other processes from opening incidents until this transaction ends.
pub async fn hold_numbers(tx: &mut Tx) -> Result<(), StoreError> {
    tx.query(HOLD_NUMBERS).execute().await?.or_missing()
}

/// The hash a group is looked up by.
fn hash(key: &AlertKey) -> String {
    let mut hasher = Sha256::new();
    for part in [key.source.as_str(), &key.receiver, key.group_key.as_str()] {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    URL_SAFE_NO_PAD.encode(hasher.finalize())
}

/// Stores new incidents and their groups. [`StoreError::Conflict`] when a group feeds another open incident already.
pub async fn insert(tx: &mut Tx, incidents: &[&Incident]) -> Result<(), StoreError> {
    const FIRST_VERSION: i64 = 1;
    tx.with_rows(&INSERT, incidents, |query, incident| {
        let (channel_id, channel_name) = channel(incident);
        let (announced_in, announced_ts) = announcement(incident);
        query
            .bind(incident.id.0)
            .bind(FIRST_VERSION)
            .bind(incident.state.name())
            .bind(incident.severity().as_str())
            .bind(incident.opened_at)
            .bind(incident.resolved_at())
            .bind(incident.n_firing)
            .bind(incident.wake_at())
            .bind(incident.alertname.as_deref())
            .bind(incident.service_shown.as_deref().unwrap_or_default())
            .bind(channel_id)
            .bind(channel_name)
            .bind(announced_in)
            .bind(announced_ts)
            .bind(incident.merged_into.map(|into| into.0))
            .bind(n_truncated(incident))
            .bind(incident.umbrella.map(|umbrella| umbrella.0))
            .bind(Json(incident))
    })
    .await?
    .any();
    let feeding: Vec<(IncidentId, &AlertKey)> = incidents
        .iter()
        .flat_map(|incident| incident.feeds.iter().map(|feed| (incident.id, &feed.key)))
        .collect();
    claim(tx, &feeding).await
}

/// Lets groups feed incidents from now on.
async fn claim(tx: &mut Tx, feeding: &[(IncidentId, &AlertKey)]) -> Result<(), StoreError> {
    tx.with_rows(&CLAIM_KEYS, feeding, |query, (id, key)| query.bind(hash(key)).bind(id.0)).await?.any();
    Ok(())
}

/// What feeds one incident feeds another. Nothing may lead to the first one again, not even when the other has ended.
async fn hand_over(tx: &mut Tx, from: IncidentId, to: IncidentId) -> Result<(), StoreError> {
    tx.query(MAKE_ROOM).bind(from.0).bind(to.0).execute().await?.any();
    tx.query(HAND_OVER).bind(from.0).bind(to.0).execute().await?.any();
    tx.query(LEAVE_KEYS).bind(from.0).execute().await?.any();
    Ok(())
}

fn n_truncated(incident: &Incident) -> i64 {
    i64::try_from(incident.n_truncated()).unwrap_or(i64::MAX)
}

fn channel(incident: &Incident) -> (Option<&str>, Option<&str>) {
    incident.room.channel.as_ref().map(|channel| (channel.id.as_str(), channel.name.as_str())).unzip()
}

fn announcement(incident: &Incident) -> (Option<&str>, Option<&str>) {
    let announcement = incident.room.announcement.as_ref();
    announcement.map(|message| (message.channel.as_str(), message.ts.as_str())).unzip()
}

/// Saves different incidents, each beside what was read. [`StoreError::Stale`] when one has changed since.
pub async fn save(tx: &mut Tx, changed: &[(&Versioned, &Incident)]) -> Result<(), StoreError> {
    let saved = tx.with_rows(&UPDATE, changed, |query, (before, next)| {
        let (channel_id, channel_name) = channel(next);
        let (announced_in, announced_ts) = announcement(next);
        query
            .bind(next.id.0)
            .bind(before.version)
            .bind(next.state.name())
            .bind(next.severity().as_str())
            .bind(next.resolved_at())
            .bind(next.wake_at())
            .bind(channel_id)
            .bind(channel_name)
            .bind(Json(next))
            .bind(next.n_firing)
            .bind(announced_in)
            .bind(announced_ts)
            .bind(n_truncated(next))
            .bind(next.merged_into.map(|into| into.0))
            .bind(next.umbrella.map(|umbrella| umbrella.0))
    });
    saved.await?.ensure(changed.len() as u64, StoreError::Stale)?;
    let mut feeding_more = vec![];
    for (before, next) in changed {
        actions::follow(tx, &before.incident, next).await?;
        match (before.incident.state.is_open(), next.resolved_at()) {
            (true, Some(at)) => match next.merged_into {
                Some(into) => hand_over(tx, next.id, into).await?,
                None => {
                    tx.query(FREE_KEYS).bind(next.id.0).bind(at).execute().await?.any();
                }
            },
            (false, None) => {
                tx.query(RECLAIM_KEYS).bind(next.id.0).execute().await?.any();
            }
            // What fed an incident that was merged into it was handed over by that one.
            (true, None) if next.absorbed.len() > before.incident.absorbed.len() => {}
            (true, None) => {
                let new = next.feeds.iter().filter(|feed| before.incident.feed(&feed.key).is_none());
                feeding_more.extend(new.map(|feed| (next.id, &feed.key)));
            }
            (false, Some(_)) => {}
        }
    }
    claim(tx, &feeding_more).await?;
    for (before, next) in changed {
        let known = &before.incident.room.former;
        for left in next.room.former.iter().filter(|left| !known.contains(left)) {
            tx.query(LEAVE_CHANNEL).bind(left.id.as_str()).bind(next.id.0).execute().await?.any();
        }
    }
    Ok(())
}

/// One incident; `None` when there is none of that number.
pub async fn find(tx: &mut Tx, id: IncidentId) -> Result<Option<Versioned>, StoreError> {
    Ok(tx.query(BY_NUMBER).bind(id.0).optional::<Row>().await?.map(Versioned::from))
}

/// Those of these incidents that there are.
pub async fn find_all(
    tx: &mut Tx,
    ids: &[IncidentId],
) -> Result<BTreeMap<IncidentId, Versioned>, StoreError> {
    let rows: Vec<Row> = tx.about(&BY_NUMBERS, ids, |query, id| query.bind(id.0)).await?;
    Ok(rows.into_iter().map(Versioned::from).map(|found| (found.incident.id, found)).collect())
}

/// The open incidents of which some alerts cannot be seen.
pub async fn truncated(tx: &mut Tx) -> Result<Vec<Versioned>, StoreError> {
    let rows: Vec<Row> = tx.query(TRUNCATED).all().await?;
    Ok(rows.into_iter().map(Versioned::from).collect())
}

/// The incident that has this channel, or had it before the one it has now.
pub async fn find_by_channel(tx: &mut Tx, channel: &ChannelId) -> Result<Option<Versioned>, StoreError> {
    for statement in [BY_CHANNEL, BY_FORMER_CHANNEL] {
        let found: Option<Row> = tx.query(statement).bind(channel.as_str()).optional().await?;
        if let Some(found) = found {
            return Ok(Some(found.into()));
        }
    }
    Ok(None)
}

/// The incident whose announcement this is.
pub async fn find_by_thread(tx: &mut Tx, announcement: &Message) -> Result<Option<Versioned>, StoreError> {
    let query = tx.query(BY_THREAD).bind(announcement.channel.as_str()).bind(announcement.ts.as_str());
    Ok(query.optional::<Row>().await?.map(Versioned::from))
}

/// Whether any incident is announced in this channel.
pub async fn are_announced_in(tx: &mut Tx, channel: &ChannelId) -> Result<bool, StoreError> {
    Ok(tx.query(ANNOUNCED_IN).bind(channel.as_str()).optional::<Number>().await?.is_some())
}

#[derive(FromRow)]
struct Fed {
    key_hash: String,
    version: i64,
    body: Json<Incident>,
}

/// For each of these groups the incident that it feeds, or else the latest ended one that it fed.
pub async fn fed_by(tx: &mut Tx, keys: &[&AlertKey]) -> Result<Vec<Option<Versioned>>, StoreError> {
    let hashes: Vec<String> = keys.iter().map(|key| hash(key)).collect();
    let rows: Vec<Fed> = tx.about(&FED, &hashes, |query, hash| query.bind(hash)).await?;
    let mut fed: HashMap<String, Versioned> = HashMap::new();
    for row in rows {
        let found = Versioned { incident: row.body.0, version: row.version };
        if found.incident.state.is_open() {
            fed.insert(row.key_hash, found);
        } else {
            fed.entry(row.key_hash).or_insert(found);
        }
    }
    // Groups may be given twice, though they seldom are.
    Ok(hashes.iter().map(|hash| fed.get(hash).cloned()).collect())
}

#[derive(FromRow)]
struct FiringIn {
    fingerprint: String,
    incident: i64,
}

/// The open incidents in which any of these alerts fires, each beside the alert, the oldest first.
pub async fn firing(
    tx: &mut Tx,
    fingerprints: &[&Fingerprint],
) -> Result<Vec<(Fingerprint, Versioned)>, StoreError> {
    let rows: Vec<FiringIn> =
        tx.about(&FIRING, fingerprints, |query, fingerprint| query.bind(fingerprint.as_str())).await?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let ids: BTreeSet<IncidentId> = rows.iter().map(|row| IncidentId(row.incident)).collect();
    let known = find_all(tx, &Vec::from_iter(ids)).await?;
    let is_open = |row: FiringIn| {
        let incident = known.get(&IncidentId(row.incident)).filter(|known| known.incident.state.is_open())?;
        Some((Fingerprint(row.fingerprint), incident.clone()))
    };
    let mut found: Vec<(Fingerprint, Versioned)> = rows.into_iter().filter_map(is_open).collect();
    found.sort_by_key(|(_, versioned)| versioned.incident.id);
    Ok(found)
}

/// Which incidents a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that are not over.
    Open,
    /// Those that are not over, without those that an open umbrella stands for.
    Leading,
    /// Those that are over although their alerts still fire.
    StillFiring,
    /// All of them.
    All,
}

/// At most `limit` incidents below number `before`, newest first.
pub async fn list(
    tx: &mut Tx,
    which: Which,
    before: IncidentId,
    limit: u32,
) -> Result<Vec<Incident>, StoreError> {
    let statement = match which {
        Which::Open => LIST_OPEN,
        Which::Leading => LIST_LEADING,
        Which::StillFiring => LIST_STILL_FIRING,
        Which::All => LIST_ALL,
    };
    let rows: Vec<Row> = tx.query(statement).bind(before.0).bind(limit).all().await?;
    Ok(rows.into_iter().map(|row| row.body.0).collect())
}

/// At most `limit` open incidents below number `before` whose ladders climb, or will when their alerts are back; newest first.
pub async fn list_unanswered(
    tx: &mut Tx,
    before: IncidentId,
    limit: u32,
) -> Result<Vec<Incident>, StoreError> {
    let rows: Vec<Row> = tx.query(LIST_UNANSWERED).bind(before.0).bind(limit).all().await?;
    Ok(rows.into_iter().map(|row| row.body.0).collect())
}

/// The incidents that were open at some time in `[from, to)`, as far as their latest resolve tells; oldest first.
pub async fn open_between(
    tx: &mut Tx,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<IncidentId>, StoreError> {
    let rows: Vec<Number> = tx.query(OPEN_BETWEEN).bind(from).bind(to).all().await?;
    Ok(rows.into_iter().map(|row| IncidentId(row.n)).collect())
}

/// At most `limit` incidents whose post-mortem is awaited, the oldest first.
pub async fn awaited(tx: &mut Tx, limit: u32) -> Result<Vec<Incident>, StoreError> {
    // The others of them close by themselves within the hour, so there are few.
    let rows: Vec<Row> = tx.query(LIST_RESOLVED).bind(RESOLVED_LOOKED_AT).all().await?;
    let awaited = rows.into_iter().map(|row| row.body.0).filter(|incident| incident.awaited_at().is_some());
    Ok(awaited.take(limit as usize).collect())
}

/// So many incidents that are over and not closed are looked at.
const RESOLVED_LOOKED_AT: u32 = 1000;

/// At most `limit` incidents that were opened in the window, in order, behind `after` if that is given.
pub async fn opened_in(
    tx: &mut Tx,
    window: Window,
    after: Option<(DateTime<Utc>, IncidentId)>,
    limit: u32,
) -> Result<Vec<Incident>, StoreError> {
    let (from, n) = after.unwrap_or((window.from, IncidentId(0)));
    let rows: Vec<Row> = tx.query(OPENED_IN).bind(from).bind(window.to).bind(n.0).bind(limit).all().await?;
    Ok(rows.into_iter().map(|row| row.body.0).collect())
}

/// How many incidents are open.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(tx.query(COUNT_OPEN).one::<Number>().await?.n)
}

/// At most `limit` ended incidents before this one that began with the same alert on the same service, newest first.
pub async fn alike(tx: &mut Tx, incident: &Incident, limit: u32) -> Result<Vec<Incident>, StoreError> {
    let Some(alertname) = &incident.alertname else { return Ok(vec![]) };
    let service = incident.service_shown.as_deref().unwrap_or_default();
    let query = tx.query(ALIKE).bind(alertname).bind(service).bind(incident.id.0).bind(limit);
    let rows: Vec<Row> = query.all().await?;
    Ok(rows.into_iter().map(|row| row.body.0).collect())
}

/// Up to `limit` incidents in which something is due at `now`, the most overdue first.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, limit: u32) -> Result<Vec<IncidentId>, StoreError> {
    let rows: Vec<Number> = tx.query(DUE).bind(now).bind(limit).all().await?;
    Ok(rows.into_iter().map(|row| IncidentId(row.n)).collect())
}

#[derive(FromRow)]
struct Due {
    wake_at: super::Micros,
}

/// When the next thing is due in any incident.
pub async fn next_due(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(tx.query(NEXT_DUE).optional::<Due>().await?.map(|row| row.wake_at.0))
}

#[derive(FromRow)]
struct ChannelRow {
    id: String,
    name: String,
}

/// The channels among these names that incidents own, open or ended.
pub async fn channels_named(
    tx: &mut Tx,
    names: &[String],
) -> Result<BTreeMap<ChannelId, String>, StoreError> {
    let rows: Vec<ChannelRow> = tx.about(&CHANNELS_NAMED, names, |query, name| query.bind(name)).await?;
    Ok(rows.into_iter().map(|row| (ChannelId(row.id), row.name)).collect())
}

#[derive(FromRow)]
struct Census {
    severity: super::Text<Severity>,
    state: String,
    n: i64,
}

/// How many incidents there are of each severity and state.
pub async fn census(tx: &mut Tx) -> Result<Vec<(Severity, String, i64)>, StoreError> {
    let rows: Vec<Census> = tx.query(CENSUS).all().await?;
    Ok(rows.into_iter().map(|row| (row.severity.0, row.state, row.n)).collect())
}
