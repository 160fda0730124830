//! The page ledger: one row for each attempt to wake one person by one method.
//!
//! A row says what is proven. It is never deleted, and a time once written is never moved.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::people::ContactMethod;
use crate::ids::{IncidentId, PageId, PersonId, ScheduleId};

/// Why somebody is woken. The first four end with anybody's acknowledgement, the others with their addressee's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A step of the ladder of that schedule.
    Ladder(ScheduleId),
    /// The alert is back after the acknowledgement: the acker is told once.
    Back,
    /// Whoever snoozed it wanted to be paged again now.
    SnoozeOver,
    /// Another service joined after the acknowledgement, or more incidents a storm: the acker is told.
    Joined,
    /// The commander of a P1, whose presence is wanted whoever acknowledged.
    Commander(ScheduleId),
    /// A human asked for this person.
    Asked {
        /// What they want to say to them.
        message: Option<String>,
    },
}

impl Cause {
    /// Its name in the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ladder(_) => "ladder",
            Self::Back => "back",
            Self::SnoozeOver => "snooze_over",
            Self::Joined => "joined",
            Self::Commander(_) => "commander",
            Self::Asked { .. } => "asked",
        }
    }

    /// Whether anybody's acknowledgement ends the page.
    pub fn ends_with_any_ack(&self) -> bool {
        matches!(self, Self::Ladder(_)) || self.is_for_acker()
    }

    /// Whether it tells whoever has the incident already.
    pub fn is_for_acker(&self) -> bool {
        matches!(self, Self::Back | Self::SnoozeOver | Self::Joined)
    }

    /// The schedule whose ladder began the page, if a ladder did.
    pub fn schedule(&self) -> Option<&ScheduleId> {
        match self {
            Self::Ladder(schedule) | Self::Commander(schedule) => Some(schedule),
            Self::Back | Self::SnoozeOver | Self::Joined | Self::Asked { .. } => None,
        }
    }
}

/// One digest: what one person is told when the schedules open, about everything that waited for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest {
    /// Who is told.
    pub person: PersonId,
    /// The opening it waited for, UTC.
    pub opening: DateTime<Utc>,
}

/// One row of the ledger. All times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Stable over repeats; what providers get as the idempotency key.
    pub id: PageId,
    /// For which incident.
    pub incident: IncidentId,
    /// The walk it belongs to, a number unique inside the incident.
    pub walk: u32,
    /// Who is to be woken.
    pub person: PersonId,
    /// By what.
    pub method: ContactMethod,
    /// The ladder's round, from 1.
    pub round: u32,
    /// The ladder's step, from 1; when no ladder asked, a number of its own inside the incident.
    pub step: u32,
    /// Why.
    pub cause: Cause,
    /// The opening that it waited for, UTC: it goes out in the digest of that opening, together with the rows of other
    /// incidents. `None` when it goes out by itself.
    pub opening: Option<DateTime<Utc>>,
    /// How often the sending has been repeated (last method, or unknown outcome).
    pub repeats: u32,
    /// When it was to go out.
    pub due: DateTime<Utc>,
    /// When it was first handed to the provider; when it is folded into another page, since when that one's message names it.
    pub sent: Option<DateTime<Utc>>,
    /// When the provider took it.
    pub accepted: Option<DateTime<Utc>>,
    /// When the provider said that it had arrived: a text message on the telephone, a call answered, unless
    /// by what the provider takes for a machine. It is no acknowledgement.
    pub delivered: Option<DateTime<Utc>>,
    /// When the person acknowledged.
    pub acked: Option<DateTime<Utc>>,
    /// When the provider last refused it, unless it accepted later; or when it said of what it had accepted that it never
    /// arrived.
    pub failed: Option<DateTime<Utc>>,
    /// When it stopped mattering: somebody else acknowledged, or its addressee did though it had failed, the severity rose, or the incident ended. While the alerts are
    /// clear it only stands still.
    pub superseded: Option<DateTime<Utc>>,
    /// The provider's names for it, after spaces the later ones of its repeats; for Slack `channel/ts`.
    pub provider_id: Option<String>,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// The page of another incident that it is folded into: that one rings for both, and its message names this incident. Then
    /// it was never handed over by itself, and it counts as sent and accepted when that one was.
    pub folded_into: Option<PageId>,
}

impl Page {
    /// Whether it still has somebody to wake, the first time or as the `repeat`th repetition: not acknowledged, not superseded,
    /// and not accepted. A repetition matters until it is time for the next, unless the page itself, late as it was, was
    /// accepted a moment ago: after an outage nobody is woken by all of them at once. What a provider takes to answer is no
    /// such delay.
    pub fn matters(&self, repeat: u32, now: DateTime<Utc>, interval: Duration) -> bool {
        let is_wanted = match (repeat, self.accepted) {
            (0, accepted) => accepted.is_none(),
            (_, None) => true,
            (repeat, Some(accepted)) => repeat == self.repeats && (now - accepted) * 2 >= interval,
        };
        self.acked.is_none() && self.superseded.is_none() && is_wanted
    }

    /// The digest in which it went out, if it did in one.
    pub fn digest(&self) -> Option<Digest> {
        self.opening.map(|opening| Digest { person: self.person.clone(), opening })
    }

    /// When the person acknowledged what this row brought them. A row that failed has brought nothing: whoever acknowledged all the
    /// same knew of the incident by another way.
    pub fn acknowledged(&self) -> Option<DateTime<Utc>> {
        self.acked.filter(|_| self.failed.is_none())
    }

    /// Whether the provider took it, and the last it said is that it never arrived.
    pub fn is_lost(&self) -> bool {
        self.accepted.is_some() && self.failed.is_some()
    }

    /// The provider's name for what it took last.
    pub fn latest_provider_id(&self) -> Option<&str> {
        self.provider_id.as_deref()?.split_whitespace().next_back()
    }
}

/// Why no provider took a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTaken {
    /// It was not handed over: its turn at the provider has not come.
    Held,
    /// It was handed over and not taken; the same page may be taken a little later.
    Passing,
    /// The provider will not take it until somebody mends something.
    Refused,
}

/// Why what a provider took never arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotArrived {
    /// Nobody answered; the same may wake them a little later.
    Unanswered,
    /// It does not get there, and will not until somebody mends something.
    Unreachable,
}

/// A change of the ledger that goes with a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageChange {
    /// A new row, to be sent at once.
    New(Box<Page>),
    /// The same row again, because the last method repeats.
    Repeat(PageId),
    /// The provider took it.
    Accepted {
        /// Which row.
        page: PageId,
        /// When it was handed over, UTC.
        sent_at: DateTime<Utc>,
        /// The provider's name for it.
        provider_id: Option<String>,
    },
    /// The provider did not take it.
    Failed {
        /// Which row.
        page: PageId,
        /// When it was handed over, UTC.
        sent_at: DateTime<Utc>,
        /// Why, in words.
        error: String,
    },
    /// The provider says that what it took has arrived.
    Delivered(PageId),
    /// The provider took it, and says that it never arrived.
    Lost {
        /// Which row.
        page: PageId,
        /// Why, in words.
        error: String,
    },
    /// This person acknowledged: their rows are proven.
    AckedBy(PersonId),
    /// These walks are over without an acknowledgement by their addressee.
    Superseded(Vec<u32>),
    /// The row rings with a page of another incident and not by itself. Comes after the change that made it due.
    Folded {
        /// Which row.
        page: PageId,
        /// The row that rings.
        into: PageId,
    },
    /// The provider took the page that it is folded into.
    Carried(PageId),
    /// The row is folded into nothing any more, and rings by itself.
    Alone(PageId),
}

#[cfg(test)]
mod tests;
