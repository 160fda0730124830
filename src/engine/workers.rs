//! The loops that make due things happen.
//!
//! Each worker has a `tick` that does what is due and says whether there was anything; the loop around it is the only code
//! that sleeps. Looking once a second is the guarantee, the nudge after a commit only speed.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::doors::Outgoing;
use super::forgetting::FORGET_EVERY;
use super::nudges::Wanted;
use super::turning::{Turns, caught, keep_turning, told};
use super::turns::{Claims, Underway};
use super::{Engine, InForce};
use crate::domain::incident::Command;
use crate::domain::incident::timeline::Origin;
use crate::domain::people::ContactMethod;
use crate::store::outbox::Claimed;
use crate::store::{StoreError, handoffs, inbox, incidents, outbox};

/// How many due incidents are woken in one go.
const DUE_BATCH: u32 = 64;
/// How many effects are looked at to see when the next has its turn.
const WAITING_LOOKED_AT: u32 = 256;
/// How many pages are claimed in one go.
const CLAIM_BATCH: usize = 16;
/// How many effects other than pages are performed at once.
const MAX_ERRANDS: usize = 32;
/// How much longer than it has looked for errands a worker rests before it looks again.
const RESTS: i32 = 4;
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
    pub(super) fn of(is_some: bool) -> Self {
        if is_some { Self::Some } else { Self::None }
    }
}

/// The running workers.
pub struct Workers {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Workers {
    /// Starts them all, each to work with the engine that is in force.
    pub fn start(in_force: &Arc<InForce>, outgoing: Outgoing) -> Self {
        let engine = in_force.engine();
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut keep = |turns| tasks.spawn(engine.keep_turning(turns, stopped.clone()));
        for door in outgoing.workers(in_force) {
            keep(door);
        }
        for what in [
            What::Outbox,
            What::Timers,
            What::Inbox,
            What::Homes,
            What::Standing,
            What::Rota,
            What::Forgetting,
            What::Sources,
            What::Pings,
            What::Nightly,
        ] {
            keep(Box::new(Worker { in_force: in_force.clone(), what, in_flight: JoinSet::new() }));
        }
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

/// What the workers beside the doors do.
#[derive(Debug, Clone, Copy)]
enum What {
    Outbox,
    Timers,
    Inbox,
    Homes,
    Standing,
    Rota,
    Forgetting,
    Sources,
    Pings,
    Nightly,
}

/// One of them. What is in flight outlives a panic of the loop.
struct Worker {
    in_force: Arc<InForce>,
    what: What,
    in_flight: JoinSet<()>,
}

impl Turns for Worker {
    fn name(&self) -> String {
        format!("{:?}", self.what).to_lowercase()
    }

    fn turn(&mut self, stopped: watch::Receiver<bool>) -> BoxFuture<'_, ()> {
        let Self { in_force, what, in_flight } = self;
        match what {
            What::Outbox => run_outbox(in_force, in_flight, stopped).boxed(),
            What::Timers => run_timers(in_force, stopped).boxed(),
            What::Inbox => super::inbox::run(in_force, in_flight, stopped).boxed(),
            What::Homes => super::home::run(in_force, stopped).boxed(),
            What::Standing => super::standing::run(in_force, stopped).boxed(),
            What::Rota => super::rota::run(in_force, stopped).boxed(),
            What::Forgetting => run_forgetting(in_force, stopped).boxed(),
            What::Sources => super::sources::run(in_force, stopped).boxed(),
            What::Pings => super::pings::run(in_force, stopped).boxed(),
            What::Nightly => super::holes::run(in_force, stopped).boxed(),
        }
    }
}

impl Engine {
    /// Turns a loop until it is told to stop; `/health/live` says so when it cannot.
    pub fn keep_turning(
        &self,
        turns: Box<dyn Turns>,
        stopped: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + Send + use<> {
        keep_turning(self.loops.clone(), self.clocks.wire.clone(), turns, stopped)
    }

    /// The loops of this process that fall again and again; none when all is well.
    pub fn stuck(&self) -> Vec<String> {
        self.loops.stuck(self.clocks.wire.now())
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
        let (mut has_changed, mut first_fault) = (false, None);
        while let Some(woken) = waking.next().await {
            match woken {
                Ok(handled) => {
                    let due = handled.before.wake_at();
                    self.metrics.timer_fired(due, now);
                    // What was woken and stays as it was would be found due again at once.
                    has_changed |= handled.before != handled.incident;
                }
                // The others are woken all the same.
                Err(super::HandleError::Store(error)) => first_fault = first_fault.or(Some(error)),
                Err(error) => tracing::error!(error = %error, "an incident could not be woken"),
            }
        }
        first_fault.map_or(Ok(Progress::of(has_changed)), Err)
    }

    /// Performs what is due in the outbox, and what was leased to this process, one after the other: for tests and the demo's
    /// clock, which want to know when all is quiet.
    pub async fn tick_outbox(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let mut progress = Progress::None;
        for method in ContactMethod::ALL {
            for page in self.claim_pages(method, CLAIM_BATCH).await? {
                self.perform(page).await?;
                progress = Progress::Some;
            }
        }
        for effect in self.claim_errands(&Underway::default()).await?.claimed {
            self.perform(effect).await?;
            progress = Progress::Some;
        }
        Ok(progress)
    }
}

impl Engine {
    /// When the next thing is due in any incident, story time.
    pub async fn next_due(&self) -> Result<Option<chrono::DateTime<chrono::Utc>>, StoreError> {
        self.db.read("next due", |tx| Box::pin(async move { incidents::next_due(tx).await })).await
    }

    /// When the next thing is due in any incident, at any source or by any schedule, story time.
    pub async fn next_of_all(&self) -> Result<Option<chrono::DateTime<chrono::Utc>>, StoreError> {
        let (incidents, sources) = (self.next_due().await?, self.next_look().await?);
        let (schedules, night) = (self.next_change().await?, self.next_nightly());
        Ok(incidents.into_iter().chain(sources).chain(schedules).chain(night).min())
    }

    /// Whether nobody waits for a page: no timer is due, no page is under way, no letter is unread. What is still to be
    /// shown in Slack does not count.
    pub async fn has_paged(&self) -> Result<bool, StoreError> {
        let (story, wire) = (self.now(), self.clocks.wire.now());
        if self.telling.is_under_way() {
            return Ok(false);
        }
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

    /// When the first of what only waits for its turn can be performed, wire time; `None` when nothing does.
    pub async fn next_turn(&self) -> Result<Option<chrono::DateTime<chrono::Utc>>, StoreError> {
        let now = self.clocks.wire.now();
        let held = self.turns(&Underway::default()).held;
        let heads = self.db.read("next turn", move |tx| {
            Box::pin(async move { outbox::heads(tx, &[], now, WAITING_LOOKED_AT).await })
        });
        let heads = heads.await?;
        let waiting = heads.iter().filter(|head| held.contains(&head.kind.as_str()));
        Ok(waiting.filter_map(|head| self.ports.slack.pace(&head.kind).again_at).min())
    }

    /// Whether nothing is due and nothing is under way: no timer, no handoff, no effect, no letter. Effects that wait to be tried again,
    /// or for their turn, do not count.
    pub async fn is_quiet(&self) -> Result<bool, StoreError> {
        let (story, wire) = (self.now(), self.clocks.wire.now());
        let held = self.turns(&Underway::default()).held;
        if self.has_unattended_handoffs() || self.telling.is_under_way() {
            return Ok(false);
        }
        self.db
            .read("is quiet", move |tx| {
                Box::pin(async move {
                    let timers = incidents::due(tx, story, 1).await?;
                    Ok(timers.is_empty()
                        && handoffs::overdue(tx, story).await?.is_empty()
                        && outbox::busy(tx, &held, wire).await? == 0
                        && inbox::waiting(tx).await? == 0)
                })
            })
            .await
    }
}

impl Engine {
    /// Before the workers start: reads who has taken which shifts; and when no other process can be at work, what the last one held is free at once, and nobody
    /// waits for its leases to end.
    pub async fn take_over(&self) -> Result<(), StoreError> {
        self.read_rota().await?;
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

/// Whatever goes wrong, the lease ends and the effect is performed again.
async fn perform_and_report(engine: &Arc<Engine>, effect: Claimed) {
    let (id, kind) = (effect.id, effect.effect.name());
    match caught(Box::pin(engine.perform(effect))).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(effect.id = id, effect.kind = kind, error = %error, "what became of an effect could not be stored");
        }
        Err(panic) => {
            tracing::error!(effect.id = id, effect.kind = kind, error = %panic, "an effect panicked");
        }
    }
}

/// Everything else in the outbox, up to `MAX_ERRANDS` at once.
async fn run_outbox(in_force: &InForce, errands: &mut JoinSet<()>, mut stopped: watch::Receiver<bool>) {
    let underway = Underway::default();
    let wire = in_force.engine().clocks.wire.clone();
    let mut wanted = Wanted::Any;
    // When it looks whatever is wanted, and when it may look again.
    let (mut look_at, mut rests_until) = (wire.now(), wire.now());
    while !*stopped.borrow() {
        let engine = in_force.engine();
        let nudged = engine.nudges.outbox.nudged();
        wanted.join(engine.nudges.outbox.take());
        if errands.len() < MAX_ERRANDS {
            let has_turn = engine.has_turn(&wanted, &underway);
            let begins = wire.now();
            if begins < rests_until {
                look_at = rests_until.min(look_at);
            } else if has_turn.now || begins >= look_at {
                wanted = Wanted::nothing();
                look_at = begins + LOOK_EVERY;
                match engine.claim_errands(&underway).await {
                    Ok(Claims { claimed, again_at }) => {
                        look_at = again_at.map_or(look_at, |at| at.min(look_at));
                        if !claimed.is_empty() {
                            wanted = Wanted::Any;
                        }
                        for effect in claimed {
                            let (engine, ticket) = (engine.clone(), engine.begins(&effect, &underway));
                            errands.spawn(async move {
                                perform_and_report(&engine, effect).await;
                                drop(ticket);
                            });
                        }
                    }
                    Err(error) => tracing::error!(error = %error, "the outbox cannot be read"),
                }
                // What waits for its turn in a storm is much to look through, and none of it is a page.
                let took = wire.now() - begins;
                rests_until = wire.now() + LOOK_EVERY.min(took * RESTS);
                if wanted == Wanted::Any {
                    continue;
                }
            } else {
                look_at = has_turn.again_at.map_or(look_at, |at| at.min(look_at));
            }
        }
        tokio::select! {
            () = nudged => {}
            () = wire.sleep_until(look_at) => {}
            // Its kind may have a turn again.
            Some(_) = errands.join_next() => wanted = Wanted::Any,
            () = told(&mut stopped) => {}
        }
    }
    while errands.join_next().await.is_some() {}
}

/// Wakes incidents when something is due in them.
async fn run_timers(in_force: &InForce, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let engine = in_force.engine();
        let wire = &engine.clocks.wire;
        let nudged = engine.nudges.timers.look();
        let looked_at = engine.now();
        let due = match engine.tick_timers().await {
            Ok(Progress::Some) => continue,
            // What was due and would not be woken stays due, and would keep this loop from resting.
            Ok(Progress::None) => engine.next_due().await.map(|at| at.filter(|at| *at > looked_at)),
            Err(error) => Err(error),
        };
        let at = match due {
            Ok(at) => at,
            Err(error) => {
                tracing::error!(error = %error, "due work cannot be done; it is looked at again in a second");
                // What is due stays due, so nothing else would keep this loop from turning without a pause.
                tokio::select! {
                    () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
                    () = told(&mut stopped) => {}
                }
                continue;
            }
        };
        engine.nudges.timers.wait_for(at);
        tokio::select! {
            () = nudged => {}
            () = engine.comes(at) => {}
            () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
            () = told(&mut stopped) => {}
        }
    }
}

/// Does something with the engine in force, again and again with that wait (wire time) between, until the process is to stop.
pub(super) async fn regularly<F>(
    in_force: &InForce,
    mut stopped: watch::Receiver<bool>,
    every: chrono::Duration,
    act: impl Fn(Arc<Engine>) -> F,
) where
    F: Future<Output = ()>,
{
    while !*stopped.borrow() {
        let engine = in_force.engine();
        act(engine.clone()).await;
        let wire = &engine.clocks.wire;
        tokio::select! {
            () = wire.sleep_until(wire.now() + every) => {}
            () = told(&mut stopped) => {}
        }
    }
}

/// Forgets what is old.
async fn run_forgetting(in_force: &InForce, stopped: watch::Receiver<bool>) {
    regularly(in_force, stopped, FORGET_EVERY, |engine| async move {
        if let Err(error) = engine.forget().await {
            tracing::warn!(error = %error, "old things could not be forgotten");
        }
    })
    .await;
}

impl Engine {
    /// Comes back when story time is there; never when there is no such time.
    pub(super) async fn comes(&self, at: Option<chrono::DateTime<chrono::Utc>>) {
        match at {
            Some(at) => self.clocks.story.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}
