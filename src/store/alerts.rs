//! The alerts of incidents, as last believed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Json, Micros, StoreError, Text, Tx, statements};
use crate::domain::alert::AlertStatus;
use crate::domain::incident::child::{Child, Known, KnownChildren};
use crate::domain::reconcile::Believed;
use crate::ids::{Fingerprint, IncidentId, SourceId};

statements! {
    /// Stores what is now believed of several alerts. The latest known end stays while one fires again.
    UPSERT[10] = "INSERT INTO alert (incident, source, fingerprint, status, starts_at, ends_at, heard_at, inferred_at, doubted_at, body) \
                 VALUES {rows} ON CONFLICT (incident, source, fingerprint) DO UPDATE SET status = excluded.status, \
                 starts_at = excluded.starts_at, ends_at = COALESCE(excluded.ends_at, alert.ends_at), heard_at = excluded.heard_at, \
                 inferred_at = excluded.inferred_at, doubted_at = excluded.doubted_at, body = excluded.body";
    /// What is known of the alerts of several incidents, without their texts.
    KNOWN[1] = "SELECT incident, source, fingerprint, status, starts_at, ends_at, heard_at, inferred_at, doubted_at FROM alert \
                WHERE incident IN ({rows})";
    /// What of a source is believed to fire.
    BELIEVED = "SELECT incident, fingerprint, heard_at FROM alert WHERE source = $1 AND source <> '' \
                AND status = 'firing'";
    /// What fires in an incident.
    FIRING_IN = "SELECT body FROM alert WHERE incident = $1 AND status = 'firing'";
    /// What fires in several incidents.
    FIRING_IN_ANY[1] = "SELECT incident, body FROM alert WHERE status = 'firing' AND incident IN ({rows})";
    /// What has ended in several incidents.
    ENDED_IN_ANY[1] = "SELECT incident, body FROM alert WHERE status = 'resolved' AND incident IN ({rows})";
    /// What has ended since, in whichever incident.
    ENDED[TEXT, BIGINT] = "SELECT incident, source, fingerprint, status, starts_at, ends_at, heard_at, inferred_at, doubted_at \
                           FROM (VALUES {rows}) AS v JOIN alert ON fingerprint = v.column1 AND heard_at > v.column2 \
                           WHERE status = 'resolved'";
    /// The latest incidents in which alerts were only inferred to have ended, source by source.
    INFERRED[1] = "SELECT source, fingerprint, MAX(incident) AS incident FROM alert WHERE inferred_at IS NOT NULL \
                   AND fingerprint IN ({rows}) GROUP BY source, fingerprint";
    /// The incidents that have alerts of a source whose ends were not believed.
    DOUBTED = "SELECT DISTINCT incident FROM alert WHERE source = $1 AND doubted_at IS NOT NULL";
    /// An alert of an incident is forgotten.
    FORGET = "DELETE FROM alert WHERE incident = $1 AND source = $2 AND fingerprint = $3";
    /// The alerts of one incident are another's, but for those that it has.
    MOVE = "UPDATE alert SET incident = $2 WHERE incident = $1 AND NOT EXISTS (SELECT 1 FROM alert o \
            WHERE o.incident = $2 AND o.source = alert.source AND o.fingerprint = alert.fingerprint)";
    /// The alerts of an incident are forgotten.
    FORGET_ALL = "DELETE FROM alert WHERE incident = $1";
    /// An incident's alerts: firing ones first, the latest first.
    LIST = "SELECT body FROM alert WHERE incident = $1 ORDER BY status, starts_at DESC, fingerprint LIMIT $2";
}

/// Stores what is now believed of these alerts of these incidents.
/// `heard_at` (UTC) is when this was heard.
pub async fn upsert(
    tx: &mut Tx,
    children: &[(IncidentId, &Child)],
    heard_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    // The last word counts when a delivery names an alert twice: one statement may touch a row only once.
    let last: BTreeMap<(IncidentId, &SourceId, &Fingerprint), &Child> = children
        .iter()
        .map(|(incident, child)| ((*incident, &child.source, &child.alert.fingerprint), *child))
        .collect();
    let last: Vec<(IncidentId, &Child)> =
        last.into_iter().map(|((incident, ..), child)| (incident, child)).collect();
    tx.with_rows(&UPSERT, &last, |query, (incident, child)| {
        query
            .bind(incident.0)
            .bind(child.source.as_str())
            .bind(child.alert.fingerprint.as_str())
            .bind(Text(child.alert.status))
            .bind(child.alert.starts_at)
            .bind(child.alert.ends_at)
            .bind(heard_at)
            .bind(child.inferred.then_some(heard_at))
            .bind(child.doubted)
            .bind(Json(child))
    })
    .await?
    .any();
    Ok(())
}

#[derive(FromRow)]
struct KnownRow {
    incident: i64,
    source: String,
    fingerprint: String,
    status: Text<AlertStatus>,
    starts_at: Micros,
    ends_at: Option<Micros>,
    heard_at: Micros,
    inferred_at: Option<Micros>,
    doubted_at: Option<Micros>,
}

impl KnownRow {
    fn known(&self) -> Known {
        Known {
            status: self.status.0,
            starts_at: self.starts_at.0,
            ends_at: self.ends_at.map(|at| at.0),
            heard_at: self.heard_at.0,
            is_inferred: self.inferred_at.is_some(),
            is_doubted: self.doubted_at.is_some(),
        }
    }
}

/// What is known of the alerts of these incidents; nothing stands there for one without alerts.
pub async fn known(
    tx: &mut Tx,
    incidents: &[IncidentId],
) -> Result<BTreeMap<IncidentId, KnownChildren>, StoreError> {
    let rows: Vec<KnownRow> = tx.about(&KNOWN, incidents, |query, incident| query.bind(incident.0)).await?;
    let mut known: BTreeMap<IncidentId, KnownChildren> = BTreeMap::new();
    for row in rows {
        let child = row.known();
        let of_incident = known.entry(IncidentId(row.incident)).or_default();
        of_incident.insert(SourceId(row.source), Fingerprint(row.fingerprint), child);
    }
    Ok(known)
}

/// What is known of the latest ends of these alerts that were heard after `since` (UTC), whatever their source and whichever
/// incident has them.
pub async fn ended(
    tx: &mut Tx,
    fingerprints: &[&Fingerprint],
    since: DateTime<Utc>,
) -> Result<KnownChildren, StoreError> {
    let rows: Vec<KnownRow> = tx
        .about(&ENDED, fingerprints, |query, fingerprint| query.bind(fingerprint.as_str()).bind(since))
        .await?;
    let mut ended = KnownChildren::default();
    for row in rows {
        let child = row.known();
        let (source, fingerprint) = (SourceId(row.source), Fingerprint(row.fingerprint));
        if ended.get(&source, &fingerprint).is_none_or(|other| other.ends_at < child.ends_at) {
            ended.insert(source, fingerprint, child);
        }
    }
    Ok(ended)
}

/// Gives the alerts of one incident to another. Of those that both have, the other's stay, except `newer`: of these the first
/// one's are kept.
pub async fn move_all(
    tx: &mut Tx,
    from: IncidentId,
    to: IncidentId,
    newer: &[(SourceId, Fingerprint)],
) -> Result<(), StoreError> {
    for (source, fingerprint) in newer {
        let forget = tx.query(FORGET).bind(to.0).bind(source.as_str()).bind(fingerprint.as_str());
        forget.execute().await?.any();
    }
    tx.query(MOVE).bind(from.0).bind(to.0).execute().await?.any();
    tx.query(FORGET_ALL).bind(from.0).execute().await?.any();
    Ok(())
}

#[derive(FromRow)]
struct BelievedRow {
    incident: i64,
    fingerprint: String,
    heard_at: Micros,
}

/// Every alert of a source that is believed to fire, in incidents that are open or over.
pub async fn believed(tx: &mut Tx, source: &SourceId) -> Result<Vec<Believed>, StoreError> {
    let rows: Vec<BelievedRow> = tx.query(BELIEVED).bind(source.as_str()).all().await?;
    let believed = |row: BelievedRow| Believed {
        incident: IncidentId(row.incident),
        fingerprint: Fingerprint(row.fingerprint),
        heard_at: row.heard_at.0,
    };
    Ok(rows.into_iter().map(believed).collect())
}

/// Every alert that fires in an incident, in no order.
pub async fn firing_in(tx: &mut Tx, incident: IncidentId) -> Result<Vec<Child>, StoreError> {
    let rows: Vec<Body> = tx.query(FIRING_IN).bind(incident.0).all().await?;
    Ok(rows.into_iter().map(|row| row.body.0).collect())
}

#[derive(FromRow)]
struct BodyOf {
    incident: i64,
    body: Json<Child>,
}

/// Every alert that fires in any of these incidents, beside the incident, in no order.
pub async fn firing_in_any(
    tx: &mut Tx,
    incidents: &[IncidentId],
) -> Result<Vec<(IncidentId, Child)>, StoreError> {
    let rows: Vec<BodyOf> =
        tx.about(&FIRING_IN_ANY, incidents, |query, incident| query.bind(incident.0)).await?;
    Ok(rows.into_iter().map(|row| (IncidentId(row.incident), row.body.0)).collect())
}

/// Every alert that has ended in any of these incidents, beside the incident, in no order.
pub async fn ended_in_any(
    tx: &mut Tx,
    incidents: &[IncidentId],
) -> Result<Vec<(IncidentId, Child)>, StoreError> {
    let rows: Vec<BodyOf> =
        tx.about(&ENDED_IN_ANY, incidents, |query, incident| query.bind(incident.0)).await?;
    Ok(rows.into_iter().map(|row| (IncidentId(row.incident), row.body.0)).collect())
}

#[derive(FromRow)]
struct InferredRow {
    source: String,
    fingerprint: String,
    incident: i64,
}

/// Those of these alerts of a source whose ends were only inferred, with the latest incident of each.
pub async fn inferred(
    tx: &mut Tx,
    source: &SourceId,
    fingerprints: &[&Fingerprint],
) -> Result<BTreeMap<Fingerprint, IncidentId>, StoreError> {
    let rows: Vec<InferredRow> =
        tx.about(&INFERRED, fingerprints, |query, fingerprint| query.bind(fingerprint.as_str())).await?;
    let of_source = rows.into_iter().filter(|row| row.source == source.as_str());
    Ok(of_source.map(|row| (Fingerprint(row.fingerprint), IncidentId(row.incident))).collect())
}

#[derive(FromRow)]
struct In {
    incident: i64,
}

/// The incidents that have alerts of a source whose ends were told and not believed.
pub async fn doubted(tx: &mut Tx, source: &SourceId) -> Result<Vec<IncidentId>, StoreError> {
    let rows: Vec<In> = tx.query(DOUBTED).bind(source.as_str()).all().await?;
    Ok(rows.into_iter().map(|row| IncidentId(row.incident)).collect())
}

#[derive(FromRow)]
struct Body {
    body: Json<Child>,
}

/// At most `limit` alerts of an incident: firing ones first, the latest first.
pub async fn list(tx: &mut Tx, incident: IncidentId, limit: u32) -> Result<Vec<Child>, StoreError> {
    let rows: Vec<Body> = tx.query(LIST).bind(incident.0).bind(limit).all().await?;
    Ok(rows.into_iter().map(|row| row.body.0).collect())
}
