//! Storms: more incidents open on one schedule than a person can be woken for one by one.
//!
//! Here is decided, for each new incident, whether it pages by itself or joins the umbrella of its schedule's storm, and when a
//! storm is over. Of a storm nobody is paged more often than the threshold and once more: those before it, the umbrella, and once
//! something worse than the umbrella. A P1 always pages by itself; what never pages (P4) does not count.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::severity::Severity;
use crate::ids::IncidentId;

/// New incidents are counted over so long.
pub const WINDOW: Duration = Duration::seconds(60);

/// A storm is over when it has been quiet for so long.
pub const QUIET: Duration = Duration::minutes(5);

/// A new incident, as far as it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// How bad it is.
    pub severity: Severity,
}

/// What is known of one schedule: its latest incidents, never more than the threshold, and the umbrella of its storm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The latest incidents, the oldest first.
    pub opened: Vec<Opened>,
    /// Until when, UTC, they came at half the threshold within a minute or faster; `None` if they never did.
    pub busy_until: Option<DateTime<Utc>>,
    /// The incident that stands for those of the storm, while there is a storm.
    pub umbrella: Option<IncidentId>,
}

/// Where a new incident belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It pages by itself.
    Alone,
    /// It pages by itself, and the storm has become as bad as it is.
    AloneAbove(IncidentId),
    /// A storm begins with it: it joins the umbrella that is opened now, which is so bad.
    Begins(Severity),
    /// It joins the umbrella.
    Joins(IncidentId),
}

impl Watch {
    /// A new incident is opened at `at` (UTC). `umbrella` is how bad the umbrella is, if that is still open. From the
    /// `threshold`th incident on there is a storm.
    pub fn sees(
        &mut self,
        severity: Severity,
        at: DateTime<Utc>,
        threshold: u32,
        umbrella: Option<Severity>,
    ) -> Verdict {
        if severity == Severity::P4 {
            return Verdict::Alone;
        }
        let is_over = umbrella.is_none() || self.is_over(at);
        self.umbrella.take_if(|_| is_over);
        self.opened.push(Opened { at, severity });
        let n_kept = usize::try_from(threshold).unwrap_or(usize::MAX);
        let n_forgotten = self.opened.len().saturating_sub(n_kept);
        self.opened.drain(..n_forgotten);
        let half = usize::try_from(threshold.div_ceil(2)).unwrap_or(usize::MAX).max(1);
        let deciding = self.opened.iter().rev().nth(half - 1).filter(|opened| at - opened.at <= WINDOW);
        self.busy_until = self.busy_until.max(deciding.map(|opened| opened.at + WINDOW));
        if severity == Severity::P1 {
            return Verdict::Alone;
        }
        match self.umbrella.zip(umbrella) {
            Some((id, known)) if severity.is_worse_than(known) => Verdict::AloneAbove(id),
            Some((id, _)) => Verdict::Joins(id),
            None => {
                let recent = || self.opened.iter().filter(|opened| at - opened.at <= WINDOW);
                let worst = recent().map(|opened| opened.severity).filter(|known| *known != Severity::P1);
                let worst = worst.min().unwrap_or(severity);
                if recent().count() >= n_kept { Verdict::Begins(worst) } else { Verdict::Alone }
            }
        }
    }

    /// When the storm is over, UTC, if nothing more is opened: it has been below half the threshold for long enough.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.busy_until.map(|at| at + QUIET)
    }

    /// Whether the storm is over at `now` (UTC).
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.ends_at().is_none_or(|at| at <= now)
    }
}

#[cfg(test)]
mod tests;
