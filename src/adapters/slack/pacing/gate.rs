//! The part of pacing that waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use super::{Method, Pacer, Place, Turn, Urgency, Wish};
use crate::clock::Clock;

/// Where calls wait for their turn, in wire time.
pub(in crate::adapters::slack) struct Gate {
    pacer: Mutex<Pacer>,
    moved: Notify,
    clock: Arc<dyn Clock>,
}

/// The call would have to wait longer than its caller wants to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapters::slack) struct TooLong {
    /// How long from now.
    pub(in crate::adapters::slack) wait: Duration,
}

impl Gate {
    pub(in crate::adapters::slack) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { pacer: Mutex::default(), moved: Notify::new(), clock }
    }

    /// Returns when the call may go out, or at once when that is known to take longer than `patience`.
    pub(in crate::adapters::slack) async fn pass(
        &self,
        wish: &Wish,
        patience: TimeDelta,
    ) -> Result<(), TooLong> {
        let give_up_at = self.clock.now() + patience;
        let queued = Queued { gate: self, method: wish.method, place: self.pacer().enter(wish) };
        loop {
            let moved = self.moved.notified();
            let now = self.clock.now();
            let turn = self.pacer().ask(wish, queued.place, now);
            match turn {
                Turn::Go => return Ok(()),
                Turn::NotBefore(at) if at > give_up_at => {
                    return Err(TooLong { wait: (at - now).to_std().unwrap_or_default() });
                }
                Turn::NotBefore(at) => {
                    tokio::select! {
                        () = self.clock.sleep_until(at) => {}
                        () = moved => {}
                    }
                }
            }
        }
    }

    /// How many calls like this one could go now; if none, when the next can.
    pub(in crate::adapters::slack) fn free(&self, wish: &Wish) -> Result<u32, DateTime<Utc>> {
        let now = self.clock.now();
        self.pacer().free(wish, now)
    }

    /// Nothing of this method goes out for `pause`: Slack said so to a call of this urgency.
    pub(in crate::adapters::slack) fn close(&self, method: Method, urgency: Urgency, pause: Duration) {
        let until =
            TimeDelta::from_std(pause).map_or(DateTime::<Utc>::MAX_UTC, |pause| self.clock.now() + pause);
        self.pacer().close(method, urgency, until);
    }

    fn pacer(&self) -> MutexGuard<'_, Pacer> {
        // The books are sound between any two steps, so a panic elsewhere does not spoil them.
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue that is given back on every way out, a cancelled call included.
struct Queued<'a> {
    gate: &'a Gate,
    method: Method,
    place: Place,
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.gate.pacer().leave(self.method, self.place);
        self.gate.moved.notify_waiters();
    }
}
