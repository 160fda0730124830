//! A token bucket that keeps one instant instead of a count: when it would be full again.

use chrono::{DateTime, TimeDelta, Utc};

/// Lets `burst` through at once, then one every `every`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    burst: u32,
    every: TimeDelta,
    full_at: Option<DateTime<Utc>>,
}

impl Bucket {
    pub(super) fn new(burst: u32, every: TimeDelta) -> Self {
        Self { burst: burst.max(1), every, full_at: None }
    }

    /// When the next call may go; never before `now`.
    pub(super) fn ready_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let headroom = i32::try_from(self.burst - 1).unwrap_or(i32::MAX);
        let full_at = self.full_at.map_or(now, |at| at.max(now));
        (full_at - self.every * headroom).max(now)
    }

    /// How many calls may go at `now`.
    pub(super) fn free(&self, now: DateTime<Utc>) -> u32 {
        let mut foreseen = *self;
        let mut free = 0;
        while foreseen.ready_at(now) <= now {
            foreseen.take(now);
            free += 1;
        }
        free
    }

    /// Charges one call. Charging more than there is makes those who wait wait longer.
    pub(super) fn take(&mut self, now: DateTime<Utc>) {
        self.full_at = Some(self.full_at.map_or(now, |at| at.max(now)) + self.every);
    }

    /// Whether it is full, so that forgetting it changes nothing.
    pub(super) fn is_at_rest(&self, now: DateTime<Utc>) -> bool {
        self.full_at.is_none_or(|at| at <= now)
    }
}
