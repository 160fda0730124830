//! What happens by itself: whatever has become due, each thing once.

use chrono::{DateTime, Utc};

use super::ladder::{self, Cue};
use super::timeline::What;
use super::turn::Turn;
use super::{Actor, Phase, State, actions, ending, hours, nudge, silences, snooze, walk};
use crate::ids::ScheduleId;

/// Everything that is due fires; of several ladders the earliest first.
pub(super) fn wake(turn: &mut Turn<'_>) {
    let now = turn.facts.now;
    turn.actor = Actor::Bot;
    silences::wake(turn);
    actions::wake(turn);
    if !turn.next.state.is_open() {
        ending::wake(turn);
        return;
    }
    if let State::Monitoring { resolves_at, .. } = turn.next.state {
        if resolves_at.is_some_and(|at| at <= now) {
            ending::end(turn, Actor::Bot, None);
        } else {
            walks(turn, now);
            undelivered(turn, now);
        }
        return;
    }
    silences::settle(turn);
    if turn.next.muted_since.is_some() {
        walks(turn, now);
        undelivered(turn, now);
        return;
    }
    if turn.next.ack_due.is_some_and(|due| due <= now) {
        turn.next.ack_due = None;
        turn.next.ack_target_missed = true;
        turn.next.n_ack_targets_missed += 1;
        let target = turn.facts.house.means(turn.next.severity()).ack_target.unwrap_or_default();
        turn.record(What::AckTargetMissed { target_seconds: target.num_seconds() });
    }
    if turn.next.back_due.is_some_and(|due| due <= now) {
        match hours::first_opens_at(&turn.next, turn.facts, now) {
            Some(opening) => turn.next.back_due = Some(opening),
            None => ladder::take_ack_back(turn, Cue::AckerSilent),
        }
    }
    snooze::wake(turn);
    nudge::wake(turn);
    ladders(turn, now);
    handoffs(turn, now);
    walks(turn, now);
    undelivered(turn, now);
}

fn ladders(turn: &mut Turn<'_>, now: DateTime<Utc>) {
    let mut due: Vec<(DateTime<Utc>, ScheduleId)> = turn
        .next
        .ladders
        .iter()
        .filter_map(|ladder| match ladder.phase {
            Phase::Climbing { due } if due <= now => Some((due, ladder.schedule.clone())),
            Phase::Climbing { .. } | Phase::Paused { .. } | Phase::Stopped => None,
        })
        .collect();
    due.sort();
    for (_, schedule) in due {
        ladder::climb(turn, &schedule, Cue::Due);
    }
}

/// After the climbs, so that whoever is on call now is not paged twice.
fn handoffs(turn: &mut Turn<'_>, now: DateTime<Utc>) {
    let due: Vec<ScheduleId> = turn
        .next
        .ladders
        .iter()
        .filter(|ladder| matches!(ladder.phase, Phase::Climbing { .. }))
        .filter(|ladder| ladder.relief_at.is_some_and(|at| at <= now))
        .map(|ladder| ladder.schedule.clone())
        .collect();
    for schedule in due {
        ladder::hand_off(turn, &schedule);
    }
}

/// Looks again who is on call: whoever has become the primary of a ladder that climbs is paged at once; one that stands still
/// learns of it when it goes on.
pub(super) fn look_again(turn: &mut Turn<'_>) {
    turn.actor = Actor::Bot;
    if !turn.next.state.is_open() {
        return;
    }
    let waiting: Vec<(ScheduleId, bool)> = turn
        .next
        .ladders
        .iter()
        .filter(|ladder| ladder.relief_at.is_some())
        .filter_map(|ladder| match ladder.phase {
            Phase::Climbing { .. } => Some((ladder.schedule.clone(), true)),
            Phase::Paused { .. } => Some((ladder.schedule.clone(), false)),
            Phase::Stopped => None,
        })
        .collect();
    for (schedule, climbs) in waiting {
        if climbs { ladder::hand_off(turn, &schedule) } else { ladder::forget_relief(turn, &schedule) }
    }
}

fn walks(turn: &mut Turn<'_>, now: DateTime<Utc>) {
    let due: Vec<u32> = turn
        .next
        .walks_going_on()
        .filter(|walk| walk.next_at.is_some_and(|at| at <= now))
        .map(|walk| walk.n)
        .collect();
    for n in due {
        walk::with_walk(turn, n, walk::go_on);
    }
}

/// Whatever no provider has taken for so long that nobody should wait for an answer to it.
fn undelivered(turn: &mut Turn<'_>, now: DateTime<Utc>) {
    let due: Vec<u32> = turn
        .next
        .walks_going_on()
        .filter(|walk| walk.gives_up_at().is_some_and(|at| at <= now))
        .map(|walk| walk.n)
        .collect();
    for n in due {
        walk::give_up(turn, n);
    }
}
