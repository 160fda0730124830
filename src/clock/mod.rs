//! Time enters as a value.
//!
//! There are two times. *Story* time is what ladders, timers, schedules and timelines live in; the demo speeds it up and
//! tests move it. *Wire* time is what leases, back-off, pacing, signatures and timeouts live in; it stays real in the demo.
//! Nothing outside this file asks the machine what time it is.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use futures::future::BoxFuture;
use tokio::sync::watch;

/// A source of time, in microseconds (the resolution of the store).
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;
    /// Returns when `at` has come; wakes as well when the clock is moved, so callers look again.
    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'_, ()>;
}

/// The two times of a running service.
#[derive(Clone)]
pub struct Clocks {
    /// Ladders, timers, schedules, timelines.
    pub story: Arc<dyn Clock>,
    /// Leases, back-off, pacing, signatures, timeouts.
    pub wire: Arc<dyn Clock>,
}

impl Clocks {
    /// Both times are the machine's.
    pub fn system() -> Self {
        let clock = Arc::new(SystemClock);
        Self { story: clock.clone(), wire: clock }
    }
}

/// The longest sleep before the wall clock is looked at again: a suspended machine or a stepped clock is noticed within it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The machine's clock.
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn machine_now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

#[expect(clippy::disallowed_methods, reason = "the one place that really sleeps")]
async fn machine_sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        machine_now()
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            while let Ok(left) = (at - machine_now()).to_std() {
                if left.is_zero() {
                    break;
                }
                machine_sleep(left.min(LOOK_AGAIN)).await;
            }
        })
    }
}

#[derive(Clone, Copy)]
struct Pace {
    /// What the story clock said at `wall`.
    story: DateTime<Utc>,
    wall: DateTime<Utc>,
    rate: u32,
}

impl Pace {
    fn at(self, wall: DateTime<Utc>) -> DateTime<Utc> {
        (self.story + (wall - self.wall) * i32::try_from(self.rate).unwrap_or(i32::MAX)).trunc_subsecs(6)
    }
}

/// A clock that starts at the present and can be sped up and advanced: the demo's story time.
pub struct ScaledClock {
    pace: watch::Sender<Pace>,
}

impl Default for ScaledClock {
    fn default() -> Self {
        let now = machine_now();
        Self { pace: watch::Sender::new(Pace { story: now, wall: now, rate: 1 }) }
    }
}

impl ScaledClock {
    /// How many story seconds pass in a real one.
    pub fn rate(&self) -> u32 {
        self.pace.borrow().rate
    }

    /// From now on, `rate` story seconds pass in a real one.
    pub fn set_rate(&self, rate: u32) {
        self.pace.send_modify(|pace| {
            let wall = machine_now();
            *pace = Pace { story: pace.at(wall), wall, rate };
        });
    }

    /// Moves the story forward to `at`; never backward.
    pub fn advance_to(&self, at: DateTime<Utc>) {
        self.pace.send_modify(|pace| {
            let wall = machine_now();
            *pace = Pace { story: pace.at(wall).max(at), wall, rate: pace.rate };
        });
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> DateTime<Utc> {
        self.pace.borrow().at(machine_now())
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut changed = self.pace.subscribe();
            loop {
                let rate = changed.borrow_and_update().rate.max(1);
                let Ok(left) = (at - self.now()).to_std() else { return };
                if left.is_zero() {
                    return;
                }
                let real = (left / rate).max(Duration::from_millis(1)).min(LOOK_AGAIN);
                tokio::select! {
                    () = machine_sleep(real) => {}
                    moved = changed.changed() => if moved.is_ok() { return },
                }
            }
        })
    }
}

/// A clock that stands still until a test moves it.
pub struct ManualClock {
    now: watch::Sender<DateTime<Utc>>,
}

impl ManualClock {
    /// Stands at `start`.
    pub fn at(start: DateTime<Utc>) -> Self {
        Self { now: watch::Sender::new(start.trunc_subsecs(6)) }
    }

    /// Moves to the first microsecond by which `at` has come; a time already passed is ignored, because time never goes backward.
    pub fn advance_to(&self, at: DateTime<Utc>) {
        let begun = at.trunc_subsecs(6);
        let come = if begun < at { begun + chrono::Duration::microseconds(1) } else { begun };
        self.now.send_modify(|now| *now = (*now).max(come));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut changed = self.now.subscribe();
            // An error means that the clock is gone, and with it everything that could wait for it.
            let _moved = changed.wait_for(|now| *now >= at).await;
        })
    }
}

#[cfg(test)]
mod tests;
