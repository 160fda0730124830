//! The loops that make due things happen.
//!
//! Each worker has a `tick` that does what is due and says whether there was anything; the loop around it is the only code
//! that sleeps. Looking once a second is the guarantee, the nudge after a commit only speed.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Engine;
use super::doors::Outgoing;
use crate::domain::incident::Command;
use crate::domain::incident::timeline::Origin;
use crate::domain::people::ContactMethod;
use crate::engine::save::LEASE;
use crate::store::inbox::Letter;
use crate::store::outbox::{Claim, Claimed};
use crate::store::{StoreError, inbox, incidents, outbox};

/// How many due incidents are woken in one go.
const DUE_BATCH: u32 = 64;
/// How many effects are claimed in one go.
const CLAIM_BATCH: usize = 16;
/// How many effects other than pages are performed at once.
const MAX_ERRANDS: usize = 32;
/// How many inbox letters are acted upon at once.
const MAX_LETTERS: usize = 64;
/// How many inbox letters are claimed in one go.
const LETTER_BATCH: u32 = 32;
/// How long Slack's deliveries are remembered after they were acted upon, so that a late retry is recognised.
const KEPT_FOR: chrono::Duration = chrono::Duration::days(1);
/// How often old ones are forgotten.
const FORGET_EVERY: chrono::Duration = chrono::Duration::minutes(10);
/// How long a worker sleeps when nothing nudges it.
pub(super) const LOOK_EVERY: chrono::Duration = chrono::Duration::seconds(1);

/// Whether a tick found anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It did something; there may be more.
    Some,
    /// There was nothing to do.
    None,
}

impl Progress {
    fn of(is_some: bool) -> Self {
        if is_some { Self::Some } else { Self::None }
    }
}

/// The running workers.
pub struct Workers {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Workers {
    /// Starts them all.
    pub fn start(engine: &Arc<Engine>, outgoing: Outgoing) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for door in outgoing.works(engine, &stopped) {
            tasks.spawn(door);
        }
        tasks.spawn(run_outbox(engine.clone(), stopped.clone()));
        tasks.spawn(run_timers(engine.clone(), stopped.clone()));
        tasks.spawn(run_inbox(engine.clone(), stopped));
        Self { tasks, stop }
    }

    /// Lets what is in flight finish, for at most `patience`.
    pub async fn stop(mut self, patience: Duration) {
        self.stop.send_replace(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, finished).await.is_err() {
            tracing::warn!("work in flight was left to the next start");
        }
    }
}

impl Engine {
    /// Wakes incidents in which something is due.
    pub async fn tick_timers(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let now = self.now();
        let due = self
            .db
            .read("due", move |tx| Box::pin(async move { incidents::due(tx, now, DUE_BATCH).await }))
            .await?;
        let mut waking: FuturesUnordered<_> =
            due.iter().map(|id| self.handle(*id, Command::Wake, Origin::Timer)).collect();
        let mut first_fault = None;
        while let Some(woken) = waking.next().await {
            match woken {
                Ok(handled) => {
                    let due = handled.before.wake_at();
                    self.metrics.timer_fired(due, now);
                }
                // The others are woken all the same.
                Err(super::HandleError::Store(error)) => first_fault = first_fault.or(Some(error)),
                Err(error) => tracing::error!(error = %error, "an incident could not be woken"),
            }
        }
        first_fault.map_or(Ok(Progress::of(!due.is_empty())), Err)
    }

    /// Leases up to `limit` effects that are due. Pages are claimed here only when there was no room for them, when their first
    /// process did not send them, or when they are to be tried again.
    pub(super) async fn claim_effects(&self, what: Claim, limit: usize) -> Result<Vec<Claimed>, StoreError> {
        let now = self.clocks.wire.now();
        let is_claimable = self
            .db
            .read("claimable", move |tx| Box::pin(async move { outbox::is_claimable(tx, what, now).await }));
        if !is_claimable.await? {
            return Ok(vec![]);
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        self.db
            .write("claim", move |tx| {
                Box::pin(async move { outbox::claim(tx, what, now, now + LEASE, limit).await })
            })
            .await
    }

    /// Performs what is due in the outbox, and what was leased to this process, one after the other: for tests and the demo's
    /// clock, which want to know when all is quiet.
    pub async fn tick_outbox(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let mut progress = Progress::None;
        let pages = ContactMethod::ALL.into_iter().map(Claim::Pages);
        for what in pages.chain([Claim::Errands]) {
            for effect in self.claim_effects(what, CLAIM_BATCH).await? {
                self.perform(effect).await?;
                progress = Progress::Some;
            }
        }
        Ok(progress)
    }

    /// Leases what Slack told us and nobody acts upon.
    async fn claim_letters(&self) -> Result<Vec<Letter>, StoreError> {
        let now = self.clocks.wire.now();
        self.db
            .write("letters", move |tx| {
                Box::pin(async move { inbox::claim(tx, now, now + LEASE, LETTER_BATCH).await })
            })
            .await
    }

    /// Acts upon what Slack told us, and comes back when all of it is done: for tests and the demo's clock.
    pub async fn tick_inbox(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let letters = self.claim_letters().await?;
        let progress = Progress::of(!letters.is_empty());
        let mut reading: FuturesUnordered<_> =
            letters.into_iter().map(|letter| self.read_letter(letter)).collect();
        let mut first_fault = None;
        while let Some(read) = reading.next().await {
            // The others are read all the same; this one comes again when its lease ends.
            first_fault = first_fault.or(read.err());
        }
        first_fault.map_or(Ok(progress), Err)
    }
}

impl Engine {
    /// When the next thing is due in any incident, story time.
    pub async fn next_due(&self) -> Result<Option<chrono::DateTime<chrono::Utc>>, StoreError> {
        self.db.read("next due", |tx| Box::pin(async move { incidents::next_due(tx).await })).await
    }

    /// Whether nobody waits for a page: no timer is due, no page is under way, no letter is unread. What is still to be
    /// shown in Slack does not count.
    pub async fn has_paged(&self) -> Result<bool, StoreError> {
        let (story, wire) = (self.now(), self.clocks.wire.now());
        self.db
            .read("has paged", move |tx| {
                Box::pin(async move {
                    let timers = incidents::due(tx, story, 1).await?;
                    Ok(timers.is_empty()
                        && outbox::busy_pages(tx, wire).await? == 0
                        && inbox::waiting(tx).await? == 0)
                })
            })
            .await
    }

    /// Whether nothing is due and nothing is under way: no timer, no effect, no letter. Effects that wait to be tried again
    /// do not count.
    pub async fn is_quiet(&self) -> Result<bool, StoreError> {
        let (story, wire) = (self.now(), self.clocks.wire.now());
        self.db
            .read("is quiet", move |tx| {
                Box::pin(async move {
                    let timers = incidents::due(tx, story, 1).await?;
                    Ok(timers.is_empty()
                        && outbox::busy(tx, wire).await? == 0
                        && inbox::waiting(tx).await? == 0)
                })
            })
            .await
    }
}

impl Engine {
    /// Before the workers start: when no other process can be at work, what the last one held is free at once, and nobody
    /// waits for its leases to end.
    pub async fn take_over(&self) -> Result<(), StoreError> {
        if !self.db.is_exclusive() {
            return Ok(());
        }
        self.db
            .write("take over", |tx| {
                Box::pin(async move {
                    let (effects, letters) = (outbox::release(tx).await?, inbox::release(tx).await?);
                    if effects + letters > 0 {
                        tracing::info!(effects, letters, "taking over what the last process left");
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn perform_and_report(engine: &Arc<Engine>, effect: Claimed) {
    let id = effect.id;
    if let Err(error) = engine.perform(effect).await {
        // The lease ends and the effect is performed again.
        tracing::error!(effect.id = id, error = %error, "what became of an effect could not be stored");
    }
}

/// Everything else in the outbox, up to `MAX_ERRANDS` at once.
async fn run_outbox(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) {
    let mut errands = JoinSet::new();
    while !*stopped.borrow() {
        let nudged = engine.nudges.outbox.notified();
        let mut found = 0;
        if errands.len() < MAX_ERRANDS {
            match engine.claim_effects(Claim::Errands, CLAIM_BATCH).await {
                Ok(claimed) => {
                    found = claimed.len();
                    for effect in claimed {
                        let engine = engine.clone();
                        errands.spawn(async move { perform_and_report(&engine, effect).await });
                    }
                }
                Err(error) => tracing::error!(error = %error, "the outbox cannot be read"),
            }
        }
        if found > 0 {
            continue;
        }
        let wire = &engine.clocks.wire;
        tokio::select! {
            () = nudged => {}
            () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
            Some(_) = errands.join_next() => {}
            _ = stopped.changed() => {}
        }
    }
    while errands.join_next().await.is_some() {}
}

/// Wakes incidents when something is due in them.
async fn run_timers(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) {
    let wire = engine.clocks.wire.clone();
    while !*stopped.borrow() {
        let nudged = engine.nudges.timers.notified();
        // Read before the wait: a read that is dropped halfway leaves its connection in the middle of a transaction.
        let due = match engine.tick_timers().await {
            Ok(Progress::Some) => continue,
            Ok(Progress::None) => engine.next_due().await,
            Err(error) => Err(error),
        };
        let at = match due {
            Ok(at) => at,
            Err(error) => {
                tracing::error!(error = %error, "due work cannot be done; it is looked at again in a second");
                // What is due stays due, so nothing else would keep this loop from turning without a pause.
                tokio::select! {
                    () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
                    _ = stopped.changed() => {}
                }
                continue;
            }
        };
        tokio::select! {
            () = nudged => {}
            () = engine.comes(at) => {}
            () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
            _ = stopped.changed() => {}
        }
    }
}

/// Acts upon what Slack told us, up to `MAX_LETTERS` at once: an acknowledgement never waits behind somebody whom Slack must
/// be asked about.
async fn run_inbox(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) {
    let wire = engine.clocks.wire.clone();
    let mut forget_at = wire.now();
    let mut letters = JoinSet::new();
    while !*stopped.borrow() {
        let nudged = engine.nudges.inbox.notified();
        let mut found = 0;
        if letters.len() < MAX_LETTERS {
            match engine.claim_letters().await {
                Ok(claimed) => {
                    found = claimed.len();
                    for letter in claimed {
                        let engine = engine.clone();
                        letters.spawn(async move {
                            if let Err(error) = engine.read_letter(letter).await {
                                // It comes again when its lease ends.
                                tracing::error!(error = %error, "what slack told us could not be acted upon");
                            }
                        });
                    }
                }
                Err(error) => tracing::error!(error = %error, "the inbox cannot be read"),
            }
        }
        if found > 0 {
            continue;
        }
        if wire.now() >= forget_at {
            forget_at = wire.now() + FORGET_EVERY;
            if let Err(error) = engine.forget_old_letters().await {
                tracing::warn!(error = %error, "old deliveries of slack could not be forgotten");
            }
        }
        tokio::select! {
            () = nudged => {}
            () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
            Some(_) = letters.join_next() => {}
            _ = stopped.changed() => {}
        }
    }
    while letters.join_next().await.is_some() {}
}

impl Engine {
    /// Comes back when story time is there; never when there is no such time.
    async fn comes(&self, at: Option<chrono::DateTime<chrono::Utc>>) {
        match at {
            Some(at) => self.clocks.story.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Forgets Slack's deliveries that were acted upon more than a day ago: no retry comes so late.
    async fn forget_old_letters(&self) -> Result<u64, StoreError> {
        let before = self.clocks.wire.now() - KEPT_FOR;
        self.db.write("forget", move |tx| Box::pin(async move { inbox::forget(tx, before).await })).await
    }
}
