//! A budget of calls a minute that is used to the full.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

/// What counts as a minute: calls reach Slack later than they leave, and not all equally late.
const MINUTE: TimeDelta = TimeDelta::seconds(61);

/// Never lets more than `calls` through in any minute: half of them at once, the others evenly, so that somebody who comes
/// late is not kept out for a whole minute. Under load that is `calls` in every minute, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Minute {
    calls: usize,
    /// The latest calls, at most `calls` of them.
    gone: VecDeque<DateTime<Utc>>,
}

impl Minute {
    pub(super) fn new(calls: u32) -> Self {
        Self { calls: usize::try_from(calls).unwrap_or(usize::MAX).max(1), gone: VecDeque::new() }
    }

    /// When the call after `ahead` others may go; never before `now`.
    pub(super) fn ready_at(&self, ahead: u32, now: DateTime<Utc>) -> DateTime<Utc> {
        if ahead == 0 {
            return self.next(now);
        }
        let mut foreseen = self.clone();
        for _ in 0..ahead {
            let at = foreseen.next(now);
            foreseen.take(at);
        }
        foreseen.next(now)
    }

    /// How many of the calls after `ahead` others may go at `now`.
    pub(super) fn free(&self, ahead: u32, now: DateTime<Utc>) -> u32 {
        let mut foreseen = self.clone();
        let mut free = 0_u32;
        while foreseen.next(now) <= now {
            foreseen.take(now);
            free += 1;
        }
        free.saturating_sub(ahead)
    }

    /// Charges one call.
    pub(super) fn take(&mut self, at: DateTime<Utc>) {
        self.gone.push_back(at);
        if self.gone.len() > self.calls {
            self.gone.pop_front();
        }
    }

    fn next(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let at_once = (self.calls / 2).max(1);
        let minute_after = |n: usize| Some(*self.gone.get(self.gone.len().checked_sub(n)?)? + MINUTE);
        let evenly = i32::try_from(self.calls).map_or(MINUTE, |calls| MINUTE / calls);
        let even = self.gone.back().map(|last| *last + evenly);
        let unhurried = minute_after(at_once).zip(even).map(|(burst, even)| burst.min(even));
        [minute_after(self.calls), unhurried].into_iter().flatten().fold(now, DateTime::max)
    }
}
