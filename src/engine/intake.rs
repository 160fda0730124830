//! Deliveries that come at the same time are taken together, in lots of different groups.

use std::sync::Arc;

use super::Engine;
use super::ingest::{Ingested, Taken};
use super::lots::Lots;
use crate::domain::incident::AlertKey;
use crate::domain::triage::Judged;
use crate::store::StoreError;

/// The deliveries that wait.
pub(super) type Intake = Lots<AlertKey, Judged, Ingested>;

impl Engine {
    /// Puts a delivery in the line and answers when what it changes is durable.
    pub(super) async fn hand_in(self: &Arc<Self>, judged: Judged) -> Result<Ingested, StoreError> {
        let engine = self.clone();
        let take = move |lot| {
            let engine = engine.clone();
            Box::pin(async move { engine.take_lot(lot).await }) as _
        };
        self.intake.hand_in(judged.key.clone(), judged, Arc::new(take)).await
    }

    /// Takes a lot in one transaction; its pages leave.
    async fn take_lot(self: &Arc<Self>, lot: Arc<[Arc<Judged>]>) -> Result<Vec<Ingested>, StoreError> {
        let engine = self.clone();
        let taken: Taken =
            self.db.write("ingest", move |tx| Box::pin(async move { engine.take(tx, &lot).await })).await?;
        if taken.ingested.iter().any(|ingested| *ingested != Ingested::NothingNew) {
            self.after_commit(taken.leaving);
        }
        Ok(taken.ingested)
    }
}
