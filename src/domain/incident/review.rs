//! When the post-mortem of an incident is due, and who hears of it: twice before, and once when the time has passed.
//!
//! Publishing or declining it ends that; so does opening the incident again.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::timeline::What;
use super::turn::Turn;
use super::{Actor, Incident, Review, State, ladder};
use crate::domain::effect::Effect;
use crate::domain::house::House;
use crate::domain::postmortem;
use crate::ids::PersonId;

/// When a post-mortem is due. All times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDue {
    /// When.
    pub at: DateTime<Utc>,
    /// When people are reminded before that, as far as they have not been; in order.
    pub remind_at: Vec<DateTime<Utc>>,
    /// Whether it was said that it is overdue.
    pub is_overdue_said: bool,
}

impl Incident {
    /// When its post-mortem is due, UTC; `None` when it is not, or is published or declined.
    pub fn awaited_at(&self) -> Option<DateTime<Utc>> {
        match (&self.state, self.postmortem) {
            (State::Resolved { .. }, Review::None | Review::Draft) => {
                self.review_due.as_ref().map(|due| due.at)
            }
            (State::Resolved { .. }, Review::Published | Review::Declined)
            | (
                State::Triggered | State::Acknowledged(_) | State::Monitoring { .. } | State::Closed { .. },
                _,
            ) => None,
        }
    }

    /// Whether its post-mortem should have been published by `now`.
    pub fn is_review_overdue(&self, now: DateTime<Utc>) -> bool {
        self.awaited_at().is_some_and(|at| at <= now)
    }

    /// The next instant, UTC, at which something about the post-mortem is to be said.
    pub(super) fn review_wake_at(&self) -> Option<DateTime<Utc>> {
        self.awaited_at()?;
        let due = self.review_due.as_ref()?;
        let overdue = (!due.is_overdue_said).then_some(due.at);
        due.remind_at.iter().copied().chain(overdue).min()
    }

    /// Who writes the post-mortem, so far as that is one person: the commander, else whoever took the incident first, else
    /// whoever resolved it.
    pub fn reviewer(&self) -> Option<&PersonId> {
        let resolver = match &self.state {
            State::Resolved { by, .. } | State::Closed { by, .. } => by.person(),
            State::Triggered | State::Acknowledged(_) | State::Monitoring { .. } => None,
        };
        let acker = self.first_ack.as_ref().and_then(|ack| ack.by.person());
        self.commander.as_ref().or(acker).or(resolver)
    }
}

/// When the post-mortem of an incident that ends now is due; `None` when it is not.
pub(super) fn due(incident: &Incident, house: &House, now: DateTime<Utc>) -> Option<ReviewDue> {
    let acked_at = incident.first_ack.as_ref().map(|ack| ack.at);
    let is_due = postmortem::is_due(incident.severity(), acked_at, now - incident.opened_at);
    let after = house.reviews.due_after.filter(|_| is_due && incident.umbrella.is_none())?;
    let mut remind_at: Vec<DateTime<Utc>> = house
        .reviews
        .remind_at
        .iter()
        .filter(|span| **span > Duration::zero() && **span < after)
        .map(|span| now + *span)
        .collect();
    remind_at.sort();
    remind_at.dedup();
    Some(ReviewDue { at: now + after, remind_at, is_overdue_said: false })
}

/// Whatever has become due is said: of several things that were missed, the last.
pub(super) fn wake(turn: &mut Turn<'_>) {
    let now = turn.facts.now;
    if turn.next.review_wake_at().is_none_or(|at| at > now) {
        return;
    }
    let reviewer = turn.next.reviewer().cloned();
    let reviewer = reviewer.or_else(|| ladder::commanders(&turn.next, turn.facts).into_iter().next());
    let Some(due) = turn.next.review_due.as_mut() else { return };
    due.remind_at.retain(|at| *at > now);
    let due_at = due.at;
    turn.actor = Actor::Bot;
    if due_at > now {
        turn.record(What::PostmortemAwaited { person: reviewer.clone(), due_at });
        turn.effects.extend(reviewer.map(|person| Effect::RemindReviewer { person }));
    } else {
        due.is_overdue_said = true;
        turn.record(What::PostmortemOverdue { person: reviewer, due_at });
    }
}
