//! The channel's topic: how bad, where it stands, who leads. Plain text, for a glance at the top of the screen.

use crate::domain::incident::Incident;
use crate::words::{mrkdwn, saying};

/// `P1 · acknowledged · IC @diana`.
pub fn topic(incident: &Incident) -> String {
    let mut parts = vec![incident.severity().to_string(), saying::state(incident)];
    if let Some(commander) = &incident.commander {
        parts.push(format!("IC @{}", mrkdwn::escape(commander.as_str())));
    }
    parts.join(" · ")
}
