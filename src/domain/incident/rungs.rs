//! The ladders of one incident beside each other: the person they both want, and the schedule that is no more.

use super::ladder::with_ladder;
use super::timeline::{ClimbReason, What};
use super::turn::Turn;
use super::walk::{Pace, page_person};
use super::{Actor, Reach, Rung, Walk};
use crate::domain::effect::{Effect, Warning};
use crate::domain::page::Cause;
use crate::ids::{PersonId, ScheduleId};

/// Pages somebody for a step, unless the ladder of another schedule has them being paged: nobody is paged twice at a time about
/// one incident.
pub(super) fn page_for(turn: &mut Turn<'_>, rung: &Rung, person: &PersonId, cause: Cause, pace: Pace) {
    let now = turn.facts.now;
    let is_paged_already = |walk: &&mut Walk| {
        walk.person == *person
            && walk.cause.schedule().is_some_and(|other| *other != rung.schedule)
            && walk.reach != Reach::Nothing
            && (walk.next_at.is_some() || walk.began_at == now)
    };
    let Some(walk) = turn.next.walks.iter_mut().find(is_paged_already) else {
        page_person(turn, person, cause, Some((rung.round, rung.step)), pace);
        return;
    };
    walk.also.push(rung.clone());
    let Rung { schedule, round, step } = rung.clone();
    let (why, people) = (ClimbReason::PagedAlready, vec![person.clone()]);
    turn.record_at(now, Actor::Bot, What::Escalated { schedule, round, step, why, people });
}

/// A schedule that the configuration no longer has is replaced by the default one: whoever is on call there is paged.
pub(super) fn adopt_known_schedules(turn: &mut Turn<'_>) {
    let house = turn.facts.house;
    let is_gone = |schedule: &ScheduleId| !house.schedules.contains_key(schedule);
    let gone: Vec<ScheduleId> =
        turn.next.ladders.iter().map(|ladder| ladder.schedule.clone()).filter(is_gone).collect();
    for schedule in gone {
        let instead = house.default_schedule.clone();
        if turn.next.ladders.iter().any(|ladder| ladder.schedule == instead) {
            turn.next.ladders.retain(|ladder| ladder.schedule != schedule);
        } else {
            with_ladder(turn, &schedule, |ladder| ladder.schedule = instead.clone());
        }
        let what = What::ScheduleGone { schedule: schedule.clone(), instead: instead.clone() };
        turn.record_at(turn.facts.now, Actor::Bot, what);
        let (schedule, instead) = (schedule.to_string(), instead.to_string());
        turn.effects.push(Effect::TellAdmins { what: Warning::ScheduleGone { schedule, instead } });
    }
}
