//! Deliveries that come at the same time are taken together, in lots of different groups and different alerts: two groups of
//! one alert may have one incident, so they are not looked up side by side.

use std::sync::Arc;

use super::Engine;
use super::ingest::{Ingested, Taken};
use super::lots::{Batch, Lots};
use crate::domain::incident::AlertKey;
use crate::domain::incident::child::Report;
use crate::domain::triage::Judged;
use crate::ids::{Fingerprint, SourceId};
use crate::store::StoreError;

/// What a delivery is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// A group.
    Group(AlertKey),
    /// An alert.
    Alert(SourceId, Fingerprint),
}

/// The deliveries that wait.
pub(super) type Intake = Lots<Subject, Judged, Ingested>;

impl Engine {
    /// Puts a delivery in the line and answers when what it changes is durable.
    pub(super) async fn hand_in(self: &Arc<Self>, judged: Judged) -> Result<Ingested, StoreError> {
        let engine = self.clone();
        let take = move |batch| {
            let engine = engine.clone();
            Box::pin(async move { engine.take_batch(batch).await }) as _
        };
        let source = &judged.key.source;
        let alert = |report: &Report| Subject::Alert(source.clone(), report.alert.fingerprint.clone());
        let alerts = judged.reports.iter().map(alert);
        let subjects = std::iter::once(Subject::Group(judged.key.clone())).chain(alerts).collect();
        self.intake.hand_in(subjects, judged, Arc::new(take)).await
    }

    /// Takes a batch in one transaction; its pages leave.
    async fn take_batch(self: &Arc<Self>, batch: Arc<Batch<Judged>>) -> Result<Vec<Ingested>, StoreError> {
        let engine = self.clone();
        let taken = self.db.write("ingest", move |tx| {
            Box::pin(async move {
                let (mut run, mut taken) = (batch.run(), Taken::default());
                while let Some(lot) = run.next_lot() {
                    engine.take(tx, &lot, &mut taken).await?;
                }
                Ok::<_, StoreError>(taken)
            })
        });
        let taken = taken.await?;
        for (before, next) in &taken.changed {
            self.metrics.decided(before.as_ref(), next);
        }
        if taken.ingested.iter().any(|ingested| *ingested != Ingested::NothingNew) {
            self.after_many(taken.saved);
        }
        Ok(taken.ingested)
    }
}
