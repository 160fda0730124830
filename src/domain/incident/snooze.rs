//! Sleeping on it: taken for a while, then whoever is on call is paged again.
//!
//! Never longer than a day, and never through something worse than what was snoozed.

use std::collections::BTreeSet;

use chrono::Duration;

use super::command::Refusal;
use super::timeline::What;
use super::turn::Turn;
use super::{State, alerts, people};

/// The longest snooze.
const LONGEST_SNOOZE: Duration = Duration::hours(24);

/// Somebody takes it, for so long.
pub(super) fn snooze(turn: &mut Turn<'_>, span: Duration) -> Result<(), Refusal> {
    people::must_be_open(turn)?;
    if span <= Duration::zero() || span > LONGEST_SNOOZE {
        return Err(Refusal::SnoozeSpan);
    }
    let severity = turn.next.severity();
    if turn.facts.house.policy_for(turn.next.service.as_ref(), severity).is_none() {
        return Err(Refusal::NoLadder { id: turn.next.id, severity });
    }
    // Sleeping on it for longer, or for less, takes it from nobody.
    turn.next.snoozed_until = None;
    people::acknowledge(turn)?;
    let until = turn.facts.now + span;
    turn.next.snoozed_until = Some(until);
    turn.turn_page();
    turn.record(What::Snoozed { until });
    Ok(())
}

/// The snooze is over: the ladders begin anew, unless the severity pages nobody any more.
pub(super) fn wake(turn: &mut Turn<'_>) {
    if turn.next.snoozed_until.take_if(|until| *until <= turn.facts.now).is_none() {
        return;
    }
    turn.record(What::SnoozeOver);
    let policy = turn.facts.house.policy_for(turn.next.service.as_ref(), turn.next.severity());
    if policy.is_some() && matches!(turn.next.state, State::Acknowledged(_)) {
        alerts::raise(turn, &BTreeSet::new());
    }
}
