//! The ladders of one incident beside each other: the person they both want, and the schedule that is no more.
//!
//! One page may stand for another, but only one that is being sent: nobody is left to a page that is over.

use super::ladder::rounds_begun;
use super::timeline::{ClimbReason, What};
use super::turn::Turn;
use super::walk::{Pace, give_way, page_person};
use super::{Actor, Ladder, Phase, Reach, Rung, Walk};
use crate::domain::effect::{Effect, Warning};
use crate::domain::page::Cause;
use crate::ids::{PersonId, ScheduleId};
use chrono::Duration;

/// Pages somebody for a step, unless the ladder of another schedule has them being paged: nobody is paged twice at a time about
/// one incident.
pub(super) fn page_for(turn: &mut Turn<'_>, rung: &Rung, person: &PersonId, cause: Cause, pace: Pace) {
    let now = turn.facts.now;
    let interval = turn.facts.house.means(turn.next.severity()).contact_interval;
    let mut meant_too = match pace {
        Pace::AtOpening(_) => give_way(turn, person, &rung.schedule),
        Pace::AtOnce | Pace::Joined => vec![],
    };
    // What is left of a page for the next opening does not wake anybody now.
    let goes_on = |walk: &Walk| walk.began_at == now || walk.next_at.is_some_and(|at| at <= now + interval);
    let is_paged_already = |walk: &&mut Walk| {
        walk.person == *person
            && walk.cause.schedule().is_some_and(|other| *other != rung.schedule)
            && walk.reach != Reach::Nothing
            && goes_on(walk)
    };
    if let Some(walk) = turn.next.walks.iter_mut().find(is_paged_already) {
        walk.also.append(&mut meant_too);
        walk.also.push(rung.clone());
        let Rung { schedule, round, step } = rung.clone();
        let (why, people) = (ClimbReason::PagedAlready, vec![person.clone()]);
        turn.record_at(now, Actor::Bot, What::Escalated { schedule, round, step, why, people });
        return;
    }
    page_person(turn, person, cause, Some((rung.round, rung.step)), pace);
    if let Some(walk) = turn.next.walks.last_mut() {
        walk.also = meant_too;
    }
}

/// A schedule that the configuration no longer has is replaced by the default one: whoever is on call there is paged.
pub(super) fn adopt_known_schedules(turn: &mut Turn<'_>) {
    let house = turn.facts.house;
    let is_gone = |schedule: &ScheduleId| !house.schedules.contains_key(schedule);
    let gone: Vec<ScheduleId> =
        turn.next.ladders.iter().map(|ladder| ladder.schedule.clone()).filter(is_gone).collect();
    for schedule in gone {
        let instead = house.default_schedule.clone();
        let what = What::ScheduleGone { schedule: schedule.clone(), instead: instead.clone() };
        turn.record_at(turn.facts.now, Actor::Bot, what);
        let what = Warning::ScheduleGone { schedule: schedule.to_string(), instead: instead.to_string() };
        turn.effects.push(Effect::TellAdmins { what });
        replace(turn, &schedule, instead);
    }
}

/// The ladder goes on by another schedule, with the wait it had left; whoever has become its primary is paged at once, as at a
/// handoff. Of two ladders that have become one, the one that climbs counts.
fn replace(turn: &mut Turn<'_>, schedule: &ScheduleId, instead: ScheduleId) {
    let now = turn.facts.now;
    let Some(index) = turn.next.ladders.iter().position(|ladder| ladder.schedule == *schedule) else {
        return;
    };
    let gone = turn.next.ladders.remove(index);
    let Some(known) = turn.next.ladders.iter_mut().find(|ladder| ladder.schedule == instead) else {
        for walk in &mut turn.next.walks {
            let own: Vec<Rung> = walk.rungs().filter(|rung| rung.schedule == *schedule).collect();
            walk.also.extend(own.into_iter().map(|rung| Rung { schedule: instead.clone(), ..rung }));
        }
        let relief_at = gone.relief_at.map(|_| now);
        turn.next.ladders.insert(index, Ladder { schedule: instead, relief_at, ..gone });
        return;
    };
    let phase = match (&known.phase, gone.phase) {
        (Phase::Climbing { .. } | Phase::Paused { .. }, _) | (Phase::Stopped, Phase::Stopped) => return,
        (Phase::Stopped, Phase::Climbing { .. }) => Phase::Climbing { due: now },
        (Phase::Stopped, Phase::Paused { .. }) => Phase::Paused { left: Duration::zero() },
    };
    let round = rounds_begun(known) + 1;
    *known = Ladder {
        schedule: instead,
        policy: gone.policy,
        first_round: round,
        round,
        next_step: 0,
        phase,
        primaries: vec![],
        relief_at: None,
    };
}
