//! Ends calls that ring for what nobody needs any more.
//!
//! Only a courtesy to whoever sleeps: it is given up soon, never stands in the way of a page, and nobody but the log hears that
//! it failed.

use std::sync::Arc;

use chrono::Duration;

use super::Engine;
use super::callbacks::over;
use super::outbox::LEAST_LEASE;
use super::settlement::{Seen, Settlement};
use crate::domain::page::Page;
use crate::domain::people::ContactMethod;
use crate::ids::PageId;
use crate::ports::{About, Performed, Receipt};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, pages};

/// So long it is tried, wire time: no call rings or speaks longer.
const TRIED_FOR: Duration = Duration::minutes(2);

impl Engine {
    /// Hangs up, if it is known by what name the provider calls the call, it is not over, and nothing else that it is about
    /// waits for an answer.
    pub(super) async fn hang_up(self: &Arc<Self>, claimed: &Claimed, page: PageId) -> Result<(), StoreError> {
        let now = self.clocks.wire.now();
        if self.lease_left(claimed) < LEAST_LEASE {
            return self.write(Settlement::given_back(claimed, now)).await;
        }
        let row = self.call_to_end(page).await?;
        let view = match &row {
            Some(row) => self.view_for(Some(row.incident), &claimed.effect).await?,
            None => None,
        };
        let Some(view) = view else { return self.write(Settlement::done(claimed)).await };
        let about = About::Incident(Box::new(view));
        let (performed, _nothing_is_edited) =
            self.errand(claimed, claimed.effect.clone(), about, ContactMethod::Voice).await?;
        match &performed {
            Performed::TryAgain { .. } | Performed::Wait { .. } | Performed::NotYet { .. }
                if now - claimed.began_at < TRIED_FOR =>
            {
                return self.settle(claimed, performed, Seen::default()).await;
            }
            Performed::TryAgain { why, .. }
            | Performed::Wait { why, .. }
            | Performed::NotYet { why }
            | Performed::Refused { why } => {
                tracing::warn!(effect.id = claimed.id, error = %why, "a call was not ended; it rings out");
            }
            Performed::Done(_) => {}
        }
        self.settle(claimed, Performed::Done(Receipt::Nothing), Seen::default()).await
    }

    /// The row of a call that may still ring, and for nothing.
    async fn call_to_end(&self, page: PageId) -> Result<Option<Page>, StoreError> {
        let read = self.db.read("call to end", move |tx| {
            Box::pin(async move {
                let Some(row) = pages::find(tx, &page).await? else { return Ok::<_, StoreError>(None) };
                let together = match row.digest() {
                    Some(digest) => pages::of_digest(tx, &digest).await?,
                    None => vec![],
                };
                Ok(Some((row, together)))
            })
        });
        let Some((row, together)) = read.await? else { return Ok(None) };
        let Some(name) = row.latest_provider_id() else { return Ok(None) };
        let is_same = |other: &&Page| other.method == row.method && other.latest_provider_id() == Some(name);
        let waits = |other: &Page| other.acked.is_none() && other.superseded.is_none();
        if together.iter().filter(is_same).any(waits) || self.was_heard(&over(name)).await? {
            return Ok(None);
        }
        Ok(Some(row))
    }
}
