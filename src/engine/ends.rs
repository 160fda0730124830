//! Ends that are told of alerts for which there is no incident: what began before them is over, however late its beginning is
//! told.
//!
//! Of an alert that an incident knows the incident remembers the end, also for what comes through another group. Nothing is
//! looked up here unless something seems to begin, and nothing is kept unless an end belongs nowhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::Engine;
use super::ingest::Fed;
use crate::domain::incident::AlertKey;
use crate::domain::incident::child::{Known, LATE, News, Report, compare};
use crate::domain::triage::Judged;
use crate::ids::Fingerprint;
use crate::store::{StoreError, Tx, alerts, ends, incidents};

/// A beginning comes no later than this behind its end (story time).
pub(super) const ENDS: Duration = LATE;

/// What of a delivery seems to begin: no incident that its group feeds knows of it.
fn unknown<'a>(judged: &'a Judged, fed: Option<&'a Fed>) -> impl Iterator<Item = &'a Report> {
    judged.reports.iter().filter(move |report| fed.is_none_or(|fed| fed.known.of(report).is_none()))
}

/// The ends in a delivery that no open incident of its group hears, and no other one knows.
pub(super) fn homeless(judged: &Judged, fed: Option<&Fed>) -> Vec<Report> {
    if fed.is_some_and(|fed| fed.before.incident.state.is_open()) {
        return vec![];
    }
    unknown(judged, fed).filter(|report| !report.alert.is_firing()).cloned().collect()
}

impl Engine {
    /// The deliveries without what began before an end that was told.
    pub(super) async fn without_what_is_over(
        &self,
        tx: &mut Tx,
        lot: &[Arc<Judged>],
        fed: &[Option<Fed>],
        now: DateTime<Utc>,
    ) -> Result<Vec<Arc<Judged>>, StoreError> {
        let beginning = |(judged, fed): (&'_ Arc<Judged>, &'_ Option<Fed>)| {
            let firing = unknown(judged, fed.as_ref()).filter(|report| report.alert.is_firing());
            firing.map(|report| report.alert.fingerprint.clone()).collect::<Vec<_>>()
        };
        let beginning: Vec<Vec<Fingerprint>> = lot.iter().zip(fed).map(beginning).collect();
        let asked: Vec<&Fingerprint> = beginning.iter().flatten().collect();
        let told = ends::told(tx, &asked).await?;
        let ended = alerts::ended(tx, &asked, now - ENDS).await?;
        if told.n() == 0 && ended.n() == 0 {
            return Ok(lot.to_vec());
        }
        let mut rest = vec![];
        for (judged, beginning) in lot.iter().zip(&beginning) {
            let mut over = BTreeSet::new();
            for report in judged.firing().filter(|report| beginning.contains(&report.alert.fingerprint)) {
                let told = told.of(report).filter(|end| now - end.heard_at < ENDS);
                let is_over = |end: &Known| {
                    let was_seen_since = judged.seen_at.is_some_and(|at| at > end.heard_at);
                    !was_seen_since && compare(Some(end), &report.alert, now) == News::Stale
                };
                if told.into_iter().chain(ended.of(report)).any(is_over) {
                    over.insert(report.alert.fingerprint.clone());
                } else if told.is_some() {
                    ends::take_back(tx, &report.source, &report.alert.fingerprint).await?;
                }
            }
            if over.is_empty() {
                rest.push(judged.clone());
            } else {
                tracing::info!(source = %judged.key.source, n = over.len(), "alerts fire of which the end was told already");
                rest.push(Arc::new(judged.without(&over)));
            }
        }
        Ok(rest)
    }

    /// Keeps ends that belong nowhere. When one of their groups has got an incident meanwhile, all is to be looked at anew.
    pub(super) async fn keep_ends(
        &self,
        tx: &mut Tx,
        ended: &[(&AlertKey, Report)],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if ended.is_empty() {
            return Ok(());
        }
        // Another process may have opened one since, and would never hear of the end.
        incidents::hold_numbers(tx).await?;
        let keys: Vec<&AlertKey> = ended.iter().map(|(key, _)| *key).collect();
        let fed = incidents::fed_by(tx, &keys).await?;
        if fed.iter().flatten().any(|fed| fed.incident.state.is_open()) {
            return Err(StoreError::Stale);
        }
        let ended: Vec<&Report> = ended.iter().map(|(_, report)| report).collect();
        ends::keep(tx, &ended, now).await
    }
}
