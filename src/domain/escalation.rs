//! Escalation policies as configured. The climbing itself is the incident's business.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, PolicyId, RoleId, ScheduleId};

/// Whom a step pages; resolved to people when the step fires, never earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The primary of the incident's schedule.
    Primary,
    /// The secondary of the incident's schedule.
    Secondary,
    /// The primary of a named schedule.
    Schedule(ScheduleId),
    /// A named person.
    Person(PersonId),
    /// Everybody who holds a role.
    Role(RoleId),
}

/// One rung of the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Whom to page, all at once.
    pub page: Vec<Target>,
    /// How long to wait for an acknowledgement before the next step.
    pub wait: Duration,
}

/// An ordered list of steps. After the last it starts again, until a human acknowledges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The key under `escalation`.
    pub id: PolicyId,
    /// At least one step.
    pub steps: Vec<Step>,
}
