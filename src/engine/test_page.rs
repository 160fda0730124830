//! Test pages: one person is reached by each of their methods, once, and told what was accepted.

use std::sync::Arc;

use super::Engine;
use super::settlement::Settlement;
use crate::domain::effect::Effect;
use crate::domain::people::ContactMethod;
use crate::ids::PersonId;
use crate::ports::{About, Performed};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, handoffs};
use crate::words::handoff as words;

impl Engine {
    /// Sends a test page by one method. It is not tried again: that it failed is what it is for.
    pub(super) async fn perform_test_page(
        self: &Arc<Self>,
        claimed: &Claimed,
        id: i64,
        person: &PersonId,
        method: ContactMethod,
    ) -> Result<(), StoreError> {
        let Some(person) = self.settings.house.people.get(person) else {
            return self.write(Settlement::done(claimed)).await;
        };
        let about = About::Person(Box::new(person.clone()));
        let (performed, _about_no_incident) =
            self.errand(claimed, claimed.effect.clone(), about, method).await?;
        self.metrics.job_done(claimed.effect.name(), &performed);
        let error = match performed {
            Performed::Done(_) => None,
            Performed::TryAgain { why, .. }
            | Performed::Wait { why, .. }
            | Performed::NotYet { why }
            | Performed::Refused { why } => {
                tracing::warn!(person = %person.id, page.method = %method, error = %why, "a test page was not accepted");
                Some(why)
            }
        };
        let (engine, settlement) = (self.clone(), Settlement::done(claimed));
        let job = self.db.write("test page", move |tx| {
            Box::pin(async move {
                settlement.write(tx).await?;
                let at = engine.now();
                if !handoffs::tried(tx, id, method, error.as_deref(), at).await? {
                    return Ok::<_, StoreError>(());
                }
                let page = handoffs::find(tx, id).await?;
                let Some(reply) = page.and_then(|page| page.reply) else { return Ok(()) };
                let tries = handoffs::tries(tx, id).await?.into_iter();
                let tried: Option<Vec<words::Tried>> =
                    tries.map(|(method, outcome)| Some((method, outcome?))).collect();
                let Some(tried) = tried else { return Ok(()) };
                let answer = Effect::Answer { to: reply, text: words::tried(&tried), choices: vec![] };
                engine.post(tx, None, &[answer]).await
            })
        });
        job.await?;
        self.nudges.outbox.want_any();
        Ok(())
    }
}
