//! What a human has seen before they said something: a form may be open for long, and their word is about what it showed.
//!
//! Nobody's word may end or quieten what they have not seen.

use serde::{Deserialize, Serialize};

use super::Incident;
use crate::domain::severity::Severity;

/// What a human has seen of an incident before they said something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saw {
    /// How many alerts fired.
    pub n_firing: u32,
    /// How bad it was.
    pub severity: Severity,
}

impl Saw {
    /// What there is to see now.
    pub fn of(incident: &Incident) -> Self {
        Self { n_firing: incident.n_firing, severity: incident.severity() }
    }

    /// Whether nothing has come since that they have not seen: no more fires, and it is no worse.
    pub fn is_all_of(&self, incident: &Incident) -> bool {
        incident.n_firing <= self.n_firing && !incident.severity().is_worse_than(self.severity)
    }
}

/// Whether alerts that still fire stand in the way of a resolve by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileFiring {
    /// Refuse, so that the human is asked.
    Ask,
    /// Resolve unless more fires, or it is worse, than the human has seen; then refuse, so that they are asked.
    Known(Saw),
    /// Resolve all the same.
    Resolve,
}
