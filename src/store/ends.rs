//! Ends that were told of alerts for which there was no incident, as long as their firings may come late.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Micros, StoreError, Tx, statements};
use crate::domain::alert::AlertStatus;
use crate::domain::incident::child::{Child, Known, KnownChildren};
use crate::ids::{Fingerprint, SourceId};

statements! {
    /// Keeps ends. Of one alert the latest counts.
    KEEP[5] = "INSERT INTO told_end (fingerprint, source, starts_at, ends_at, heard_at) VALUES {rows} \
               ON CONFLICT (fingerprint, source) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at, \
               heard_at = excluded.heard_at WHERE excluded.ends_at >= told_end.ends_at";
    /// The ends that were told of alerts.
    TOLD[1] = "SELECT fingerprint, source, starts_at, ends_at, heard_at FROM told_end WHERE fingerprint IN ({rows})";
    /// An alert fires again: its end says nothing any more.
    TAKE_BACK = "DELETE FROM told_end WHERE fingerprint = $1 AND source = $2";
    /// Old ones are forgotten.
    FORGET = "DELETE FROM told_end WHERE heard_at <= $1";
}

/// Keeps the ends of these alerts, which were told at `heard_at` (UTC). One without a time ended when it began.
pub async fn keep(tx: &mut Tx, ended: &[&Child], heard_at: DateTime<Utc>) -> Result<(), StoreError> {
    // One statement may touch a row only once.
    let mut latest: BTreeMap<(&Fingerprint, &SourceId), &Child> = BTreeMap::new();
    for child in ended {
        let kept = latest.entry((&child.alert.fingerprint, &child.source)).or_insert(child);
        if end_of(child) > end_of(kept) {
            *kept = child;
        }
    }
    let latest: Vec<&Child> = latest.into_values().collect();
    tx.with_rows(&KEEP, &latest, |query, child| {
        query
            .bind(child.alert.fingerprint.as_str())
            .bind(child.source.as_str())
            .bind(child.alert.starts_at)
            .bind(end_of(child))
            .bind(heard_at)
    })
    .await?
    .any();
    Ok(())
}

fn end_of(child: &Child) -> DateTime<Utc> {
    child.alert.ends_at.unwrap_or(child.alert.starts_at)
}

#[derive(FromRow)]
struct EndRow {
    fingerprint: String,
    source: String,
    starts_at: Micros,
    ends_at: Micros,
    heard_at: Micros,
}

/// What is known of the ends of these alerts, whatever their source.
pub async fn told(tx: &mut Tx, fingerprints: &[&Fingerprint]) -> Result<KnownChildren, StoreError> {
    let rows: Vec<EndRow> =
        tx.about(&TOLD, fingerprints, |query, fingerprint| query.bind(fingerprint.as_str())).await?;
    let mut known = KnownChildren::default();
    for row in rows {
        let end = Known {
            status: AlertStatus::Resolved,
            starts_at: row.starts_at.0,
            ends_at: Some(row.ends_at.0),
            heard_at: row.heard_at.0,
            is_inferred: false,
            is_doubted: false,
        };
        known.insert(SourceId(row.source), Fingerprint(row.fingerprint), end);
    }
    Ok(known)
}

/// This alert fires again: its end says nothing any more.
pub async fn take_back(tx: &mut Tx, source: &SourceId, fingerprint: &Fingerprint) -> Result<(), StoreError> {
    let query = tx.query(TAKE_BACK).bind(fingerprint.as_str()).bind(source.as_str());
    query.execute().await?.any();
    Ok(())
}

/// Forgets what was told at `before` (UTC) or earlier. How many there were.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.query(FORGET).bind(before).execute().await?.any())
}
