//! Why an incident does not do what it is asked to do.
//!
//! Names facts only: how a refusal is said, and what it offers instead, is a matter of words.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::domain::severity::Severity;
use crate::ids::{ChannelId, IncidentId, PersonId, ScheduleId};

/// Why a command changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The incident is over.
    #[error("{id} ended at {}", at.to_rfc3339_opts(SecondsFormat::Secs, true))]
    Ended {
        /// Which.
        id: IncidentId,
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// The incident is part of another one.
    #[error("{id} was merged into {into}")]
    Merged {
        /// Which.
        id: IncidentId,
        /// What it is part of.
        into: IncidentId,
        /// Where that is talked about, as far as is known.
        channel: Option<ChannelId>,
    },
    /// An incident is not merged into itself.
    #[error("{id} cannot be merged into itself")]
    IntoItself {
        /// Which.
        id: IncidentId,
    },
    /// A private incident is neither merged nor merged into: the two have different readers.
    #[error("{id} is private")]
    Private {
        /// Which.
        id: IncidentId,
    },
    /// The umbrella of a storm is neither merged nor merged into: what it stands for is.
    #[error("{id} is the umbrella of a storm")]
    Storm {
        /// Which.
        id: IncidentId,
    },
    /// The incident is open.
    #[error("{id} is open already")]
    IsOpen {
        /// Which.
        id: IncidentId,
    },
    /// A post-mortem is finished after the incident, not in it.
    #[error("{id} is not over yet")]
    NotOver {
        /// Which.
        id: IncidentId,
    },
    /// There is no draft.
    #[error("{id} has no post-mortem to publish")]
    NothingToPublish {
        /// Which.
        id: IncidentId,
    },
    /// What is published is not declined any more.
    #[error("the post-mortem of {id} is published")]
    IsPublished {
        /// Which.
        id: IncidentId,
    },
    /// Only the commander may do that.
    #[error("only the commander of {id} may decline its post-mortem")]
    NotCommander {
        /// Which.
        id: IncidentId,
    },
    /// Alerts still fire; the human should be asked.
    #[error("{n} alerts of {id} still fire")]
    StillFiring {
        /// Which.
        id: IncidentId,
        /// How many.
        n: u32,
    },
    /// There is no ladder to climb.
    #[error("{id} is {severity}: it has no escalation ladder")]
    NoLadder {
        /// Which.
        id: IncidentId,
        /// Its severity.
        severity: Severity,
    },
    /// The person cannot be paged by any method.
    #[error("{person} cannot be paged: no contact method that works is configured")]
    Unreachable {
        /// Whom.
        person: PersonId,
    },
    /// Nobody is on call by that schedule now.
    #[error("nobody is on call by {schedule} now")]
    NobodyOnCall {
        /// Which.
        schedule: ScheduleId,
    },
    /// A snooze is longer than nothing and at most a day.
    #[error("a snooze lasts at most 24 hours")]
    SnoozeSpan,
    /// A silence is longer than nothing and at most a week.
    #[error("a silence lasts at most 7 days")]
    SilenceSpan,
    /// Nothing fires that could be silenced.
    #[error("no alert of {id} fires")]
    NothingFires {
        /// Which.
        id: IncidentId,
    },
    /// There is no such action item.
    #[error("{id} has no action item {n}")]
    NoSuchAction {
        /// Which incident.
        id: IncidentId,
        /// Which item.
        n: u32,
    },
    /// It has as many action items as one may have.
    #[error("{id} has too many action items")]
    TooManyActions {
        /// Which.
        id: IncidentId,
    },
    /// It is not as bad any more, or worse, than whoever chose a severity has seen.
    #[error("{id} was {saw} when it was shown")]
    SeverityMoved {
        /// Which.
        id: IncidentId,
        /// What they saw.
        saw: Severity,
    },
    /// What was clicked has changed since it was shown.
    #[error("{id} has changed since that message was shown")]
    Outdated {
        /// Which.
        id: IncidentId,
    },
}

impl Refusal {
    /// Whether this incident refuses, or what is asked of it.
    pub fn is_by(&self, incident: IncidentId) -> bool {
        match self {
            Self::Ended { id, .. }
            | Self::Merged { id, .. }
            | Self::IntoItself { id }
            | Self::Private { id }
            | Self::Storm { id }
            | Self::IsOpen { id }
            | Self::NotOver { id }
            | Self::NothingToPublish { id }
            | Self::IsPublished { id }
            | Self::NotCommander { id }
            | Self::StillFiring { id, .. }
            | Self::NoLadder { id, .. }
            | Self::NothingFires { id }
            | Self::NoSuchAction { id, .. }
            | Self::TooManyActions { id }
            | Self::SeverityMoved { id, .. }
            | Self::Outdated { id } => *id == incident,
            Self::Unreachable { .. } | Self::NobodyOnCall { .. } | Self::SnoozeSpan | Self::SilenceSpan => {
                true
            }
        }
    }
}
