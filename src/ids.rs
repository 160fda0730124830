//! Names of things as types, so that a channel is never passed where a person is expected.
//!
//! Nothing here looks anything up; an id is only a well-formed word.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! word {
    ($(#[doc = $doc:literal] $name:ident),+ $(,)?) => { $(
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The word itself.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl From<&str> for $name {
            fn from(word: &str) -> Self { Self(word.to_owned()) }
        }
        impl From<String> for $name {
            fn from(word: String) -> Self { Self(word) }
        }
    )+ };
}

word! {
    /// A person's key under `people` in the configuration (`alice`).
    PersonId,
    /// A schedule's key under `schedules` (`platform`).
    ScheduleId,
    /// An escalation policy's key under `escalation` (`default`).
    PolicyId,
    /// A service's key under `services` (`svc-ledger`).
    ServiceId,
    /// A role's key under `roles` (`incident_commander`).
    RoleId,
    /// The name of an alert source: the last path segment of its webhook, `main` when there is none.
    SourceId,
    /// The hash of an alert's labels, as the sender computed it: the alert's identity.
    Fingerprint,
    /// What Alertmanager calls the group of one delivery.
    GroupKey,
    /// A Slack conversation (`C…`, `D…`, `G…`).
    ChannelId,
    /// A Slack message's timestamp, which is its identity inside a channel.
    MessageTs,
    /// A Slack user (`U…` or `W…`).
    SlackUserId,
    /// A runbook's name: its file name without `.md`.
    RunbookId,
    /// A silence, as its Alertmanager names it.
    SilenceId,
    /// One page ledger row: (incident, schedule, round, step, person, method) in one word.
    PageId,
}

/// An override's number. Counts up in the order in which overrides are made, may have gaps, is never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OverrideId(pub i64);

impl fmt::Display for OverrideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An incident's number, shown as `INC-42`. Counts up, may have gaps, is never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct IncidentId(pub i64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "INC-{}", self.0)
    }
}

/// The text was not an incident id such as `INC-42`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an incident id; it looks like INC-42")]
pub struct NotAnIncidentId(pub String);

impl PageId {
    /// The incident in whose ledger the row stands; `None` when this is no name of ours.
    pub fn incident(&self) -> Option<IncidentId> {
        self.0.split('/').next()?.parse().ok()
    }
}

impl FromStr for IncidentId {
    type Err = NotAnIncidentId;

    /// Reads `INC-42`, in any case and with spaces around it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NotAnIncidentId(text.chars().take(60).collect());
        let trimmed = text.trim();
        let digits = trimmed
            .get(..4)
            .filter(|prefix| prefix.eq_ignore_ascii_case("inc-"))
            .and_then(|_| trimmed.get(4..))
            .filter(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(refused)?;
        digits.parse().ok().filter(|n| *n > 0).map(Self).ok_or_else(refused)
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for IncidentId {
    type Error = NotAnIncidentId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
