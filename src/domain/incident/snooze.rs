//! Sleeping on it: taken for a while, then whoever did so is paged again, and the ladder goes on unless somebody answers.
//!
//! Never longer than a day, and never through something worse than what was snoozed.

use chrono::Duration;

use super::command::Refusal;
use super::ladder::Cue;
use super::timeline::What;
use super::turn::Turn;
use super::{State, alerts, ladder, people};
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

/// The snooze is over, and with it the acknowledgement: whoever made it is paged, and has the ack target before the ladder goes on with
/// the step it would have had. Not when the severity pages nobody any more.
pub(super) fn wake(turn: &mut Turn<'_>) {
    if turn.next.snoozed_until.take_if(|until| *until <= turn.facts.now).is_none() {
        return;
    }
    turn.record(What::SnoozeOver);
    let policy = turn.facts.house.policy_for(turn.next.service.as_ref(), turn.next.severity());
    let (Some(_), State::Acknowledged(ack)) = (policy, turn.next.state.clone()) else { return };
    let snoozer = turn.next.snoozed_by.as_ref().and_then(|by| alerts::wakeable(turn, by));
    match snoozer.or_else(|| alerts::wakeable(turn, &ack.by)) {
        // The umbrella of a storm pages for what is under it; whoever has this one is asked for themselves.
        Some(whom) if turn.next.umbrella.is_some() => {
            turn.turn_page();
            alerts::page_acker(turn, Some(whom), Cause::SnoozeOver);
        }
        Some(whom) => ladder::wait_for(turn, &whom),
        None => ladder::take_ack_back(turn, Cue::AckerSilent),
    }
}
