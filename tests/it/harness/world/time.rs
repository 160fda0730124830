//! Time: what is due happens, in order, and nothing is jumped over.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use dontpanic::clock::{Clock, ManualClock};
use dontpanic::engine::workers::Progress;
use dontpanic::store::StoreError;
use futures::future::{BoxFuture, join_all};

use super::service::{Replica, Working};
use super::{Fate, World};

/// A world that is not quiet after so many turns never will be.
const MOST_TURNS: usize = 5_000;
/// How long a service that runs on its own may take to be quiet, real time.
const QUIET_WITHIN: Duration = Duration::from_mins(1);
/// A world is not quiet while something waits for its turn no longer than this.
const A_MOMENT: TimeDelta = TimeDelta::seconds(5);
/// While Slack work waits to be tried again, time goes on in steps of this.
const STEP_WHILE_WAITING: TimeDelta = TimeDelta::seconds(30);

/// Wire time of a scenario: it stands still until somebody waits for an instant, who finds it come at once.
pub(super) struct WireClock(pub(super) ManualClock);

impl Clock for WireClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'_, ()> {
        self.0.advance_to(at);
        Box::pin(tokio::task::yield_now())
    }
}

impl Replica {
    async fn turn(&mut self) -> Result<Progress, StoreError> {
        let engine = &self.engine();
        let mut progress = engine.tick_rota().await?;
        for tick in [
            engine.tick_shifts().await?,
            engine.tick_handoffs().await?,
            engine.tick_usergroups().await?,
            engine.tick_nightly().await?,
            engine.tick_timers().await?,
        ] {
            if tick == Progress::Some {
                progress = Progress::Some;
            }
        }
        if let Working::Turned(outgoing) = &mut self.way
            && outgoing.tick(engine).await? == Progress::Some
        {
            progress = Progress::Some;
        }
        let ticks = [
            engine.tick_sources().await?,
            engine.tick_inbox().await?,
            engine.tick_homes().await?,
            engine.tick_standing().await?,
            engine.tick_outbox().await?,
        ];
        for tick in ticks {
            if tick == Progress::Some {
                progress = Progress::Some;
            }
        }
        Ok(progress)
    }
}

impl World {
    /// Story time.
    pub fn now(&self) -> DateTime<Utc> {
        self.story.now()
    }

    /// The story begins, or goes on, at this time; nothing may be due before.
    pub fn story_is(&mut self, at: &str) {
        let at: DateTime<Utc> = at.parse().expect("a time");
        self.moves_to(at);
    }

    /// Wire time.
    pub fn wire_now(&self) -> DateTime<Utc> {
        self.wire.now()
    }

    /// Time passes, and nobody does anything yet.
    pub fn time_moves(&self, span: TimeDelta) {
        self.moves_to(self.now() + span);
    }

    pub(super) fn moves_to(&self, at: DateTime<Utc>) {
        if let Some(hand) = &self.wire_hand {
            hand.0.advance_to(hand.0.now() + (at - self.story.now()).max(TimeDelta::zero()));
        }
        self.story.advance_to(at);
    }

    /// Everything that is due happens, and what follows from it.
    pub async fn settle(&mut self) {
        if self.replicas.iter().any(|replica| matches!(replica.way, Working::Running(_))) {
            self.patiently("the service is not quiet", async |world| {
                world.watcher.look(&world.workspace);
                world.engine().is_quiet().await.expect("the database answers")
            })
            .await;
        } else {
            for turn in 0.. {
                if turn >= MOST_TURNS {
                    let waits = self.census().await;
                    panic!("the world never falls quiet, {waits:?}:\n{}", self.transcript.read());
                }
                let progress = match self.turns().await {
                    Err(_of_a_dead_process) if self.fate.as_ref().is_some_and(Fate::is_dead) => {
                        std::future::pending().await
                    }
                    progress => progress.expect("a turn of the service"),
                };
                self.watcher.look(&self.workspace);
                if progress == Progress::None && !self.takes_its_turn().await {
                    break;
                }
            }
        }
        self.watcher.look(&self.workspace);
        self.watcher.rest();
    }

    /// Time passes on the wire while something waits a moment for its turn. Whether it did.
    async fn takes_its_turn(&self) -> bool {
        let (Some(hand), Some(replica)) = (&self.wire_hand, self.replicas.first()) else { return false };
        let next = replica.engine().next_turn().await.expect("the database answers");
        match next.filter(|at| *at - hand.0.now() <= A_MOMENT) {
            Some(at) => {
                hand.0.advance_to(at);
                true
            }
            None => false,
        }
    }

    pub(super) async fn turns(&mut self) -> Result<Progress, StoreError> {
        // Several processes take their turns at the same time.
        let turns = join_all(self.replicas.iter_mut().map(Replica::turn)).await;
        let mut progress = Progress::None;
        for turn in turns {
            if turn? == Progress::Some {
                progress = Progress::Some;
            }
        }
        Ok(progress)
    }

    /// Comes back when it is so, real time.
    #[expect(clippy::disallowed_methods, reason = "a service that runs on its own takes real time")]
    pub async fn patiently(&mut self, otherwise: &str, mut is_so: impl AsyncFnMut(&mut Self) -> bool) {
        let waiting = async {
            while !is_so(self).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(QUIET_WITHIN, waiting).await;
        assert!(waited.is_ok(), "{otherwise} after {QUIET_WITHIN:?}:\n{}", self.transcript.read());
    }

    /// Time passes. The world is settled at every instant at which something is due, in order.
    pub async fn advance(&mut self, span: TimeDelta) {
        self.advance_to(self.now() + span).await;
    }

    /// Time passes until then.
    pub async fn advance_to(&mut self, until: DateTime<Utc>) {
        loop {
            self.settle().await;
            let mut next = until;
            if let Some(replica) = self.replicas.first() {
                let due = replica.engine().next_of_all().await.expect("the database answers");
                next = due.map_or(next, |due| due.clamp(self.now(), next));
            }
            if self.waits().await {
                next = next.min(self.now() + STEP_WHILE_WAITING);
            }
            if self.now() >= until {
                break;
            }
            self.moves_to(next);
        }
    }

    /// Time passes on the wire only: whatever waits to be tried again is tried again.
    pub async fn wire_passes(&mut self, span: TimeDelta) {
        if let Some(hand) = &self.wire_hand {
            hand.0.advance_to(hand.0.now() + span);
        }
        self.settle().await;
    }

    pub(super) async fn waits(&self) -> bool {
        !self.replicas.is_empty() && self.census().await.iter().any(|(_, state, _)| state == "waiting")
    }
}
