//! Sleeping on it: taken for a while, then whoever did so is paged again, and the ladder goes on unless somebody answers.
//!
//! Never longer than a day, and never through something worse than what was snoozed.

use chrono::Duration;

use super::command::Refusal;
use super::timeline::What;
use super::turn::Turn;
use super::{State, alerts, people};
use crate::domain::page::Cause;

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
    turn.next.snoozed_by = Some(turn.actor.clone());
    turn.turn_page();
    turn.record(What::Snoozed { until });
    Ok(())
}

/// The snooze is over: whoever made it is paged as if the alert were back, unless the severity pages nobody any more.
pub(super) fn wake(turn: &mut Turn<'_>) {
    if turn.next.snoozed_until.take_if(|until| *until <= turn.facts.now).is_none() {
        return;
    }
    turn.record(What::SnoozeOver);
    let policy = turn.facts.house.policy_for(turn.next.service.as_ref(), turn.next.severity());
    if let (Some(_), State::Acknowledged(ack)) = (policy, turn.next.state.clone()) {
        turn.turn_page();
        let snoozer = turn.next.snoozed_by.as_ref().and_then(|by| alerts::wakeable(turn, by));
        let whoever_has_it = alerts::wakeable(turn, &ack.by);
        alerts::page_acker(turn, snoozer.or(whoever_has_it), Cause::SnoozeOver);
    }
}
