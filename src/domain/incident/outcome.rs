//! What became of a command, for whoever gave it.

use super::Incident;
use super::refusal::Refusal;
use crate::ids::IncidentId;

/// A command that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Handled {
    /// The incident before; the same as after when it was just opened.
    pub before: Incident,
    /// The incident now.
    pub incident: Incident,
}

/// What became of a merge, for the one who asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Merged {
    /// It was carried out.
    Done {
        /// The incident that was merged away.
        gone: Box<Handled>,
        /// The one that goes on.
        kept: Box<Handled>,
    },
    /// One of the two, as it is, refuses.
    Refused(Refusal, Box<Incident>),
    /// There is no such incident.
    Unknown(IncidentId),
}

/// What became of a command, for the one who asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was carried out.
    Done(Box<Handled>),
    /// The incident, as it is, refuses.
    Refused(Refusal, Box<Incident>),
    /// There is no such incident.
    Unknown(IncidentId),
}
