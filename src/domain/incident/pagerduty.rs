//! PagerDuty beside the ladder: what it must hear so that it stays in step, derived from what changed.
//!
//! It never replaces a page of ours. What came from PagerDuty itself is not told back.

use serde::{Deserialize, Serialize};

use super::timeline::Origin;
use super::turn::Turn;
use super::{Incident, State};
use crate::domain::effect::Effect;
use crate::ids::IncidentId;

/// What PagerDuty is told about an incident, by its own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventAction {
    /// Somebody is needed.
    Trigger,
    /// Somebody has it.
    Acknowledge,
    /// It is over.
    Resolve,
}

impl EventAction {
    /// The word in its API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Acknowledge => "acknowledge",
            Self::Resolve => "resolve",
        }
    }

    /// How an incident stands.
    fn of(incident: &Incident) -> Self {
        match &incident.state {
            State::Resolved { .. } | State::Closed { .. } => Self::Resolve,
            state @ (State::Triggered | State::Acknowledged(_) | State::Monitoring { .. }) => {
                if state.ack().is_some() { Self::Acknowledge } else { Self::Trigger }
            }
        }
    }
}

const PREFIX: &str = "dontpanic/";

/// What PagerDuty knows an incident by, for as long as there are both. Several installations may tell one service there, and each
/// of them has an `INC-1`, so the installation's own part stands before the number.
pub fn dedup_key(installation: &str, id: IncidentId) -> String {
    format!("{PREFIX}{installation}/{id}")
}

/// The incident that PagerDuty knows by this; `None` when it is none of this installation's.
pub fn incident_of(installation: &str, key: &str) -> Option<IncidentId> {
    let (_, id) = key.strip_prefix(PREFIX)?.split_once('/')?;
    let id = id.parse().ok()?;
    (dedup_key(installation, id) == key).then_some(id)
}

/// At the end of every decision.
pub(super) fn keep_in_step(turn: &mut Turn<'_>) {
    let next = &turn.next;
    let stands = EventAction::of(next);
    let due = match next.pagerduty {
        None | Some(EventAction::Resolve) => {
            let wakes = next.state == State::Triggered && !next.stands_still();
            wakes && turn.facts.house.pagerduty.contains(&next.severity())
        }
        Some(told @ (EventAction::Trigger | EventAction::Acknowledge)) => told != stands,
    };
    if !due {
        return;
    }
    turn.next.pagerduty = Some(stands);
    if turn.facts.origin != Origin::PagerDuty {
        turn.effects.push(Effect::TellPagerDuty { event: stands });
    }
}
