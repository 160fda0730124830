//! The copy of a post-mortem in the canvas of its channel: one canvas for each channel, written when the copy would say something else.
//!
//! Nothing waits for it. When Slack has no canvas to give, that is said once, and the post-mortem is where it always is.

use std::sync::Arc;

use chrono::DateTime;

use super::Engine;
use super::outbox::LEAST_LEASE;
use super::settlement::{Fate, Settlement};
use crate::domain::effect::{Effect, Warning};
use crate::domain::people::ContactMethod;
use crate::ids::{ChannelId, IncidentId};
use crate::ports::{About, Performed, Receipt};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, canvases, remembered};

/// That it was told why there are no canvases.
const TOLD: (&str, &str) = ("no canvas", "");

impl Engine {
    /// Asks for the copy to be brought up to date.
    pub(super) async fn want_canvas(self: &Arc<Self>, incident: IncidentId) -> Result<(), StoreError> {
        let engine = self.clone();
        let wanted = self.db.write("canvas wanted", move |tx| {
            Box::pin(async move {
                engine.post(tx, Some(incident), &[Effect::CopyToCanvas { canvas: None }]).await
            })
        });
        let wanted: Result<(), StoreError> = wanted.await;
        self.nudges.outbox.want_any();
        wanted
    }

    /// Brings the copy up to date, if there is anything to copy and a channel for it.
    pub(super) async fn perform_canvas(
        self: &Arc<Self>,
        claimed: &Claimed,
        incident: IncidentId,
    ) -> Result<(), StoreError> {
        if self.lease_left(claimed) < LEAST_LEASE {
            return self.write(Settlement::given_back(claimed, self.clocks.wire.now())).await;
        }
        let view = self.view_for(Some(incident), &claimed.effect).await?;
        let channel =
            view.as_ref().and_then(|view| view.incident.room.usable()).map(|usable| usable.id.clone());
        let (Some(view), Some(channel)) = (view.filter(|view| view.postmortem.is_some()), channel) else {
            return self.write(Settlement::done(claimed)).await;
        };
        let place = channel.clone();
        let known = self
            .db
            .read("canvas", move |tx| Box::pin(async move { canvases::find(tx, &place).await }))
            .await?;
        let effect = Effect::CopyToCanvas { canvas: known };
        let (performed, seen) =
            self.errand(claimed, effect, About::Incident(Box::new(view)), ContactMethod::Slack).await?;
        match performed {
            Performed::Done(receipt) => {
                self.metrics.job_done(claimed.effect.name(), &Performed::Done(receipt.clone()));
                self.canvas_written(Settlement::new(claimed, Fate::Done, seen), channel, receipt).await
            }
            Performed::Refused { why } => {
                tracing::info!(incident.id = %incident, error = %why, "no copy of the post-mortem in a canvas");
                self.metrics.job_done(claimed.effect.name(), &Performed::Refused { why: why.clone() });
                self.canvas_refused(Settlement::new(claimed, Fate::Done, seen), why).await
            }
            later @ (Performed::TryAgain { .. } | Performed::Wait { .. } | Performed::NotYet { .. }) => {
                self.settle(claimed, later, seen).await
            }
        }
    }

    async fn canvas_written(
        &self,
        settlement: Settlement,
        channel: ChannelId,
        receipt: Receipt,
    ) -> Result<(), StoreError> {
        let (kind, name) = TOLD;
        let job = self.db.write("canvas written", move |tx| {
            Box::pin(async move {
                settlement.write(tx).await?;
                if let Receipt::Canvas(id) = &receipt {
                    canvases::keep(tx, &channel, id).await?;
                    remembered::forget(tx, kind, name).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        job.await
    }

    /// The people who run the service hear why there is none, until there is one or the reason is another.
    async fn canvas_refused(self: &Arc<Self>, settlement: Settlement, why: String) -> Result<(), StoreError> {
        let (engine, now) = (self.clone(), self.clocks.wire.now());
        let job = self.db.write("canvas refused", move |tx| {
            Box::pin(async move {
                settlement.write(tx).await?;
                if remembered::becomes(tx, TOLD, &why, now, DateTime::UNIX_EPOCH).await? {
                    let what = Warning::NoCanvas { why };
                    engine.post(tx, None, &[Effect::TellAdmins { what }]).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        let told: Result<(), StoreError> = job.await;
        self.nudges.outbox.want_any();
        told
    }
}
