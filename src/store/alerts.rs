//! The alerts of incidents, as last believed.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{Json, Micros, StoreError, Text, Tx, statements};
use crate::domain::alert::AlertStatus;
use crate::domain::incident::child::{Child, Known, KnownChildren};
use crate::ids::{Fingerprint, IncidentId};

statements! {
    /// Stores what is now believed of several alerts. The latest known end stays while one fires again.
    UPSERT[6] = "INSERT INTO alert (incident, fingerprint, status, starts_at, ends_at, body) VALUES {rows} \
                 ON CONFLICT (incident, fingerprint) DO UPDATE SET status = excluded.status, \
                 starts_at = excluded.starts_at, ends_at = COALESCE(excluded.ends_at, alert.ends_at), body = excluded.body";
    /// What is known of the alerts of several incidents, without their texts.
    KNOWN[1] = "SELECT incident, fingerprint, status, starts_at, ends_at FROM alert WHERE incident IN ({rows})";
    /// An incident's alerts: firing ones first, the latest first.
    LIST = "SELECT body FROM alert WHERE incident = $1 ORDER BY status, starts_at DESC, fingerprint LIMIT $2";
}

/// Stores what is now believed of these alerts of these incidents.
pub async fn upsert(tx: &mut Tx, children: &[(IncidentId, &Child)]) -> Result<(), StoreError> {
    // The last word counts when a delivery names an alert twice: one statement may touch a row only once.
    let last: BTreeMap<(IncidentId, &Fingerprint), &Child> =
        children.iter().map(|(incident, child)| ((*incident, &child.alert.fingerprint), *child)).collect();
    let last: Vec<(IncidentId, &Child)> =
        last.into_iter().map(|((incident, _), child)| (incident, child)).collect();
    tx.insert_rows(&UPSERT, &last, |query, (incident, child)| {
        query
            .bind(incident.0)
            .bind(child.alert.fingerprint.as_str())
            .bind(Text(child.alert.status))
            .bind(child.alert.starts_at)
            .bind(child.alert.ends_at)
            .bind(Json(child))
    })
    .await?
    .any();
    Ok(())
}

#[derive(FromRow)]
struct KnownRow {
    incident: i64,
    fingerprint: String,
    status: Text<AlertStatus>,
    starts_at: Micros,
    ends_at: Option<Micros>,
}

/// What is known of the alerts of these incidents; nothing stands there for one without alerts.
pub async fn known(
    tx: &mut Tx,
    incidents: &[IncidentId],
) -> Result<BTreeMap<IncidentId, KnownChildren>, StoreError> {
    let rows: Vec<KnownRow> = tx.about(&KNOWN, incidents, |query, incident| query.bind(incident.0)).await?;
    let mut known: BTreeMap<IncidentId, KnownChildren> = BTreeMap::new();
    for row in rows {
        let ends_at = row.ends_at.map(|at| at.0);
        let child = Known { status: row.status.0, starts_at: row.starts_at.0, ends_at };
        known.entry(IncidentId(row.incident)).or_default().insert(Fingerprint(row.fingerprint), child);
    }
    Ok(known)
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
