//! Why a ladder climbed, and what opened an incident again: words that never change, because timelines are stored.

use serde::{Deserialize, Serialize};

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
    /// A human asked.
    Asked,
    /// The primary who had been paged was relieved; the ladder stays where it is.
    Handoff,
    /// The ladder of another schedule has the same person being paged, so this one does not page them too.
    PagedAlready,
}

/// What opens an ended incident again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReopenedBy {
    /// An alert that was in it fires again.
    AlertBack,
    /// An alert of its group fires that was not in it before.
    NewAlert,
    /// A human.
    Human,
}
