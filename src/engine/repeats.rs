//! What a repeat says anew: Grafana tells with each what it measures and where to look, and people see that.
//!
//! Never news, and nothing is looked up unless Grafana speaks.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Engine;
use super::ingest::Fed;
use crate::domain::alert::Alert;
use crate::domain::grafana;
use crate::domain::incident::child::{Child, News, Report, compare};
use crate::domain::triage::Judged;
use crate::ids::{Fingerprint, IncidentId};
use crate::store::{StoreError, Tx, alerts};
use crate::words;

/// The alerts of an incident that are shown otherwise from now on.
pub(super) type ShownAnew = BTreeMap<IncidentId, Vec<Child>>;

/// What is told again of an open incident, by somebody who tells what people see.
fn repeats<'a>(judged: &'a Judged, fed: &'a Fed, now: DateTime<Utc>) -> impl Iterator<Item = &'a Report> {
    let is_open = fed.before.incident.state.is_open();
    judged
        .firing()
        .filter(move |report| is_open && grafana::speaks_of(&report.alert))
        .filter(move |report| compare(fed.known.of(report), &report.alert, now) == News::Repeated)
}

impl Engine {
    /// Of each incident that these deliveries feed, the alerts that a repeat shows otherwise, as they are to be kept.
    pub(super) async fn shown_anew(
        &self,
        tx: &mut Tx,
        lot: &[Arc<Judged>],
        fed: &[Option<Fed>],
        now: DateTime<Utc>,
    ) -> Result<ShownAnew, StoreError> {
        let mut told: BTreeMap<(IncidentId, &Fingerprint), &Report> = BTreeMap::new();
        for (judged, fed) in lot.iter().zip(fed) {
            let Some(fed) = fed else { continue };
            let id = fed.before.incident.id;
            told.extend(repeats(judged, fed, now).map(|report| ((id, &report.alert.fingerprint), report)));
        }
        let mut ids: Vec<IncidentId> = told.keys().map(|(id, _)| *id).collect();
        ids.dedup();
        let mut anew = ShownAnew::new();
        for (id, child) in alerts::firing_in_any(tx, &ids).await? {
            let Some(report) = told.get(&(id, &child.alert.fingerprint)) else { continue };
            if report.source == child.source && words::grafana::differ(&child.alert, &report.alert) {
                let annotations = report.alert.annotations.clone();
                let child = Child { alert: Alert { annotations, ..child.alert.clone() }, ..child };
                anew.entry(id).or_default().push(child);
            }
        }
        Ok(anew)
    }
}
