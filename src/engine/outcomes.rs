//! What became of pages, written down for several incidents at once: a storm of pages is a storm of outcomes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Engine;
use super::lots::{Batch, Lots};
use super::save::{Change, Saved};
use super::settlement::Settlement;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Command, Decision, Incident, decide};
use crate::ids::IncidentId;
use crate::store::incidents::Versioned;
use crate::store::{StoreError, Tx, incidents};

/// What a provider said of one page.
pub(super) struct PageOutcome {
    /// Whom the page is about.
    pub incident: IncidentId,
    /// What the incident is told.
    pub command: Command,
    /// What becomes of the effect.
    pub settlement: Settlement,
}

/// The outcomes that wait.
pub(super) type Outcomes = Lots<IncidentId, PageOutcome, ()>;

/// What a batch of outcomes did.
#[derive(Default)]
struct Told {
    n: usize,
    changed: Vec<(Incident, Incident)>,
    saved: Saved,
}

impl Engine {
    /// Tells the incident what became of a page; answers when that is durable.
    pub(super) async fn tell_outcome(self: &Arc<Self>, outcome: PageOutcome) -> Result<(), StoreError> {
        let engine = self.clone();
        let take = move |batch| {
            let engine = engine.clone();
            Box::pin(async move { engine.tell_batch(batch).await }) as _
        };
        self.outcomes.hand_in(vec![outcome.incident], outcome, Arc::new(take)).await
    }

    async fn tell_batch(self: &Arc<Self>, batch: Arc<Batch<PageOutcome>>) -> Result<Vec<()>, StoreError> {
        let engine = self.clone();
        let told = self.db.write("page outcomes", move |tx| {
            Box::pin(async move {
                let (mut run, mut told) = (batch.run(), Told::default());
                while let Some(lot) = run.next_lot() {
                    engine.tell_lot(tx, &lot, &mut told).await?;
                }
                Ok::<_, StoreError>(told)
            })
        });
        let told = told.await?;
        for (before, next) in &told.changed {
            self.metrics.decided(Some(before), next);
        }
        self.after_many(told.saved);
        Ok(vec![(); told.n])
    }

    async fn tell_lot(
        &self,
        tx: &mut Tx,
        lot: &[Arc<PageOutcome>],
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let ids: Vec<IncidentId> = lot.iter().map(|outcome| outcome.incident).collect();
        let mut found: BTreeMap<IncidentId, Versioned> = incidents::find_all(tx, &ids).await?;
        let mut decided: Vec<(Versioned, Decision)> = vec![];
        let rota = self.rota();
        for outcome in lot {
            let Some(before) = found.remove(&outcome.incident) else { continue };
            // No state refuses to hear what became of a page; an unknown page changes nothing.
            let facts = self.facts(&rota, now, Origin::Pager);
            if let Ok(decision) = decide(&before.incident, outcome.command.clone(), &facts) {
                decided.push((before, decision));
            }
        }
        let changes: Vec<Change<'_>> =
            decided.iter().map(|(before, decision)| Change { before: Some(before), decision }).collect();
        told.saved.join(self.save(tx, &changes, now).await?);
        let settlements: Vec<&Settlement> = lot.iter().map(|outcome| &outcome.settlement).collect();
        Settlement::write_all(tx, &settlements).await?;
        told.changed.extend(decided.into_iter().map(|(before, decision)| (before.incident, decision.next)));
        told.n += lot.len();
        Ok(())
    }
}
