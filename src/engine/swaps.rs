//! Questions whether somebody exchanges shifts: the message that asks says what became of it, and has no buttons when there is
//! nothing left to answer.

use std::sync::Arc;

use chrono::Duration;

use super::Engine;
use super::outbox::LEAST_LEASE;
use super::settlement::{Fate, Settlement};
use crate::domain::effect::Effect;
use crate::domain::on_call::{self, Override};
use crate::domain::people::ContactMethod;
use crate::ids::{PersonId, SlackUserId};
use crate::ports::{About, Performed, Receipt};
use crate::store::outbox::Claimed;
use crate::store::swaps::{self, Asked};
use crate::store::{StoreError, overrides};
use crate::words::on_call::{self as words, Became};

/// So long somebody may take to answer; a day later nothing is known of the question any more.
const ANSWER_WITHIN: Duration = Duration::days(29);

impl Engine {
    /// Asks somebody whether they exchange shifts, and remembers by which message.
    pub(super) async fn perform_swap_question(
        self: &Arc<Self>,
        claimed: &Claimed,
        id: i64,
        user: SlackUserId,
    ) -> Result<(), StoreError> {
        if self.lease_left(claimed) < LEAST_LEASE {
            return self.write(Settlement::given_back(claimed, self.clocks.wire.now())).await;
        }
        let (performed, seen) =
            self.errand(claimed, claimed.effect.clone(), About::Nothing, ContactMethod::Slack).await?;
        let Performed::Done(Receipt::Posted(message)) = &performed else {
            return self.settle(claimed, performed, seen).await;
        };
        self.metrics.job_done(claimed.effect.name(), &performed);
        let settlement = Settlement::new(claimed, Fate::Done, seen);
        let (engine, message) = (self.clone(), message.clone());
        let job = self.db.write("swap asked", move |tx| {
            Box::pin(async move {
                settlement.write(tx).await?;
                if swaps::asked_in(tx, id, &message).await? {
                    return Ok(());
                }
                // It was answered, or became void, before anybody knew where it was asked.
                let text = words::SWAP_OVER.to_owned();
                engine.post(tx, None, &[Effect::Reword { user, message, text }]).await
            })
        });
        let written: Result<(), StoreError> = job.await;
        written?;
        self.nudges.outbox.want_any();
        Ok(())
    }

    /// Ends the questions to which no answer would change anything any more, and says so to both. Whether there were any.
    pub(super) async fn end_void_swaps(self: &Arc<Self>) -> Result<bool, StoreError> {
        let open: Vec<Asked> =
            self.db.read("swaps", |tx| Box::pin(async move { swaps::all_open(tx).await })).await?;
        let rota = self.rota();
        if !open.iter().any(|asked| self.is_void(asked, rota.overrides())) {
            return Ok(false);
        }
        let engine = self.clone();
        let job = self.db.write("void swaps", move |tx| {
            Box::pin(async move {
                overrides::hold(tx).await?;
                let standing: Vec<Override> =
                    overrides::standing(tx).await?.into_iter().map(|made| made.taken).collect();
                let mut effects = vec![];
                for asked in swaps::all_open(tx).await? {
                    if engine.is_void(&asked, &standing)
                        && swaps::answer(tx, asked.id, engine.clocks.wire.now()).await?
                    {
                        effects.extend(engine.reworded(&asked, &Became::Void));
                        let asker = engine.slack_of(&asked.exchange.asker);
                        let text = words::swap_void(&asked.exchange, &engine.settings.house);
                        effects.extend(asker.map(|user| Effect::Tell { user, text, choices: vec![] }));
                    }
                }
                engine.post(tx, None, &effects).await.map(|()| !effects.is_empty())
            })
        });
        let ended: bool = job.await?;
        self.nudges.outbox.want_any();
        Ok(ended)
    }

    /// Whether nothing could be exchanged whatever the other says.
    fn is_void(&self, asked: &Asked, overrides: &[Override]) -> bool {
        let Some(schedule) = self.settings.house.schedules.get(&asked.exchange.schedule) else { return true };
        let is_old = self.clocks.wire.now() - asked.at > ANSWER_WITHIN;
        let now = asked.exchange.from_now(self.now());
        is_old || !now.is_some_and(|exchange| on_call::is_still_theirs(schedule, overrides, &exchange))
    }

    /// The message that asked says what became of it.
    pub(super) fn reworded(&self, asked: &Asked, became: &Became<'_>) -> Option<Effect> {
        let (user, message) = (self.slack_of(&asked.exchange.other)?, asked.message.clone()?);
        let text = words::swap_settled(&asked.exchange, became, self.now(), &self.settings.house);
        Some(Effect::Reword { user, message, text })
    }

    fn slack_of(&self, person: &PersonId) -> Option<SlackUserId> {
        self.settings.house.people.get(person).and_then(|person| person.slack.clone())
    }
}
