//! Latecomers: what comes to a storm that somebody has taken.
//!
//! An acknowledgement is of what there was. Whoever has the storm is asked about what comes later, in one page for all of it and
//! not more than once in five minutes, and has the ack target to answer; else the storm's ladder goes on. The answer takes all
//! that has come. What does not wait any more, because it has ended or somebody took it by itself, is not asked about.

use super::timeline::What;
use super::turn::{Decision, Turn};
use super::walk::{JOINED_WITHIN, Pace};
use super::{Actor, Incident, State, Walk, alerts, hours, walk};
use crate::domain::page::Cause;

/// Whoever has the storm is asked about what nobody has taken, unless they are being asked. That they sleep on what they
/// have taken does not matter: nobody has taken this.
pub(super) fn ask(turn: &mut Turn<'_>) {
    let State::Acknowledged(ack) = turn.next.state.clone() else { return };
    if turn.next.storm.as_ref().is_none_or(|storm| storm.n_waiting == 0) {
        no_more(turn);
        return;
    }
    let pages = turn.facts.house.policy_for(turn.next.service.as_ref(), turn.next.severity()).is_some();
    let is_being_asked = |walk: &Walk| walk.cause == Cause::Joined && walk.next_at.is_some();
    if !pages || turn.next.back_due.is_some() || turn.next.walks.iter().any(is_being_asked) {
        return;
    }
    let now = turn.facts.now;
    let Some(acker) = alerts::wakeable(turn, &ack.by) else {
        // There is nobody to ask; but a storm is not taken back the moment it is taken.
        turn.next.back_due = Some(now + JOINED_WITHIN);
        return;
    };
    walk::end_walks(turn, None, |walk| walk.cause == Cause::Joined);
    walk::page_person(turn, &acker, Cause::Joined, None, Pace::Joined);
    let asked_at = turn.next.walks.last().map_or(now, |walk| walk.began_at);
    turn.next.back_due = hours::ack_target_from(turn, asked_at);
}

/// Nothing waits any more.
fn no_more(turn: &mut Turn<'_>) {
    // Whoever snoozed the storm is asked about all of it.
    if turn.next.walks.iter().any(|walk| walk.cause == Cause::SnoozeOver) {
        return;
    }
    let was_asked = walk::end_walks(turn, None, |walk| walk.cause == Cause::Joined);
    // It was to go on for want of anybody to ask.
    let was_due = turn.next.storm.is_some() && turn.next.back_due.take().is_some();
    if was_asked || was_due {
        turn.turn_page();
    }
}

/// Somebody has taken the storm with all that there is. Says whether anything waited for that.
pub(super) fn taken(turn: &mut Turn<'_>) -> bool {
    let Some(storm) = &mut turn.next.storm else { return false };
    let waited = storm.n_waiting > 0;
    (storm.n_waiting, storm.n_overdue) = (0, 0);
    let actor = turn.next.state.ack().map_or(&turn.actor, |ack| &ack.by);
    if let Some(person) = actor.person().cloned() {
        // They look at it now, so what comes within moments is told together.
        turn.next.joined_paged.insert(person, turn.facts.now);
    }
    waited
}

/// Who has, by this decision, taken or ended a storm with all that is under it.
pub fn takes_storm(before: &Incident, decision: &Decision) -> Option<Actor> {
    let next = &decision.next;
    let storm = next.storm.as_ref()?;
    if let (State::Resolved { by, .. }, true) = (&next.state, before.state.is_open()) {
        return Some(by.clone());
    }
    let acked = decision.entries.iter().find(|entry| matches!(entry.what, What::Acked { .. }));
    let has_all = next.state.ack().is_some() && storm.n_waiting == 0;
    acked.filter(|_| has_all).map(|entry| entry.actor.clone())
}
