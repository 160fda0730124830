//! What happened, for the record that a reader will trust: append-only, UTC, one event for every change of state.

mod kinds;
mod what;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, Message};
use crate::domain::people::ContactMethod;
use crate::ids::{PageId, PersonId};

pub use what::What;

/// Through which door an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A webhook of an alert source.
    Alertmanager,
    /// A command, button or event in Slack.
    Slack,
    /// The HTTP API or the command line.
    Api,
    /// A due time.
    Timer,
    /// The delivery of a page.
    Pager,
    /// A link that acknowledges.
    Link,
    /// A text message from somebody's telephone.
    Sms,
    /// A key pressed during a call.
    Voice,
    /// A webhook of PagerDuty.
    PagerDuty,
}

impl Origin {
    /// The word shown in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Slack => "slack",
            Self::Api => "api",
            Self::Timer => "timer",
            Self::Pager => "pager",
            Self::Link => "link",
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::PagerDuty => "pagerduty",
        }
    }
}

/// One line of the timeline. Its sentence is made where it is shown; here are the facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number inside the incident, from 1, without gaps.
    pub seq: i64,
    /// When it happened, UTC.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: Actor,
    /// Through which door.
    pub origin: Origin,
    /// What.
    pub what: What,
}

/// The words of a message that is on the timeline, as they are from now on. They belong to whoever wrote them: they change, and
/// go, with the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The message's event.
    pub seq: i64,
    /// The message.
    pub message: Message,
    /// The words; `None` when none are left.
    pub text: Option<String>,
}

/// A page in the words of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paged {
    /// The ledger row.
    pub page: PageId,
    /// Whom.
    pub person: PersonId,
    /// By what.
    pub method: ContactMethod,
    /// The ladder's round, from 1; 0 when no ladder asked.
    pub round: u32,
    /// The ladder's step, from 1; when no ladder asked, a number of the page's own.
    pub step: u32,
}

/// Why the ladder moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClimbReason {
    /// Nobody acknowledged in time.
    NoAnswer,
    /// The step found nobody who can be reached.
    Nobody,
    /// No provider took any page of the step.
    NotDelivered,
    /// Whoever has it was asked whether they are at work, and did not answer.
    Silent,
    /// A human asked.
    Asked,
    /// The primary who had been paged was relieved; the ladder stays where it is.
    Handoff,
    /// The ladder of another schedule has the same person being paged, so this one does not page them too.
    PagedAlready,
}

/// What opens an ended incident again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReopenedBy {
    /// An alert that was in it fires again.
    AlertBack {
        /// Its name.
        alertname: String,
        /// The new beginning.
        starts_at: DateTime<Utc>,
        /// How many more do.
        others: u32,
    },
    /// An alert of its group fires that was not in it before.
    NewAlert,
    /// A human.
    Human,
}

/// How the end of an alert is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Its source said so.
    Told,
    /// Its source does not list it any more.
    Inferred,
    /// Its source said so while monitoring was lost; the alert is taken to fire.
    NotBelieved,
}
