//! Forms that people fill in, as data: which form it is, and what it is about.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::incident::command::Saw;
use super::postmortem::Part;
use super::severity::Severity;
use crate::ids::{IncidentId, ScheduleId};

/// A form that people fill in. It is kept on the back of what they see, and comes back with what they entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum Form {
    /// Open an incident.
    Declare {
        /// How bad it is, when that was said already.
        severity: Option<Severity>,
        /// What it is, when that was said already.
        title: Option<String>,
    },
    /// Change how bad an incident is.
    Severity {
        /// Which incident.
        incident: IncidentId,
        /// How bad it is, as the form says it; known when it is shown.
        saw: Option<Severity>,
    },
    /// Tell those who only follow an incident how it goes.
    Update {
        /// Which incident.
        incident: IncidentId,
    },
    /// Silence the alerts of an incident, or one of them.
    Silence {
        /// Which incident.
        incident: IncidentId,
        /// What the form says of the incident; known when it is shown.
        saw: Option<Saw>,
    },
    /// Say what resolved an incident.
    Resolve {
        /// Which incident.
        incident: IncidentId,
        /// What the form says of the incident, known when it is shown: whoever sends it off is not asked again about what fires.
        saw: Option<Saw>,
    },
    /// Say who takes which span of which schedule.
    Override {
        /// By which schedule, at first.
        schedule: ScheduleId,
        /// From when, at first, UTC.
        from: DateTime<Utc>,
        /// Until when, at first, UTC.
        to: DateTime<Utc>,
    },
    /// Write in a post-mortem. Only its cover is shown at once; the section follows.
    Postmortem {
        /// Of which incident.
        incident: IncidentId,
    },
    /// Write in one section of a post-mortem.
    Section {
        /// Of which incident.
        incident: IncidentId,
        /// Which section; chosen when it is shown, unless the writer has.
        part: Option<Part>,
        /// The revision of the section that the writer sees; known when it is shown.
        revision: i64,
    },
}

impl Form {
    /// The incident that it is about, when it is about one.
    pub const fn incident(&self) -> Option<IncidentId> {
        match self {
            Self::Declare { .. } | Self::Override { .. } => None,
            Self::Severity { incident, .. }
            | Self::Update { incident }
            | Self::Silence { incident, .. }
            | Self::Resolve { incident, .. }
            | Self::Postmortem { incident }
            | Self::Section { incident, .. } => Some(*incident),
        }
    }
}

/// A form that somebody has open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenForm {
    /// Slack's name for it.
    pub view: String,
    /// What it shows, as a hash of Slack's: an update for something older is refused.
    pub hash: String,
}
