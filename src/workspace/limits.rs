//! Slack's rate limits: a window of a minute per method, and a message a second per channel with room for a burst.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::config::RateLimits;

/// How often a method may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// 20 a minute.
    Two,
    /// 50 a minute.
    Three,
    /// 100 a minute.
    Four,
    /// "Hundreds a minute".
    Special,
    /// One a second in each channel, and several hundred a minute in all.
    Posting,
}

impl Tier {
    fn per_minute(self) -> usize {
        match self {
            Self::Two => 20,
            Self::Three => 50,
            Self::Four => 100,
            Self::Special => 600,
            Self::Posting => 300,
        }
    }
}

/// Messages a channel takes at once before the pace of one a second holds.
const BURST: i64 = 5;

#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) rule: RateLimits,
    calls: HashMap<&'static str, VecDeque<DateTime<Utc>>>,
    /// When a channel's bucket will be full again.
    full_at: HashMap<String, DateTime<Utc>>,
}

impl Limits {
    pub(crate) fn new(rule: RateLimits) -> Self {
        Self { rule, calls: HashMap::new(), full_at: HashMap::new() }
    }

    /// Counts a call, or says after how many seconds it may come again.
    pub(crate) fn take(
        &mut self,
        method: &'static str,
        tier: Tier,
        channel: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), i64> {
        if self.rule == RateLimits::Off {
            return Ok(());
        }
        let calls = self.calls.entry(method).or_default();
        while calls.front().is_some_and(|at| now - *at >= TimeDelta::minutes(1)) {
            calls.pop_front();
        }
        if calls.len() >= tier.per_minute() {
            let oldest = calls.front().copied().unwrap_or(now);
            return Err(whole_seconds(oldest + TimeDelta::minutes(1) - now));
        }
        if let (Tier::Posting, Some(channel)) = (tier, channel) {
            let full_at = self.full_at.entry(channel.to_owned()).or_insert(now);
            let after = (*full_at).max(now) + TimeDelta::seconds(1);
            let over = after - now - TimeDelta::seconds(BURST);
            if over > TimeDelta::zero() {
                return Err(whole_seconds(over));
            }
            *full_at = after;
        }
        calls.push_back(now);
        Ok(())
    }
}

/// Rounded up, at least one: what `Retry-After` can say.
fn whole_seconds(span: TimeDelta) -> i64 {
    ((span.num_milliseconds() + 999) / 1000).max(1)
}
