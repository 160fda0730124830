//! Climbing: who is woken next, until a human answers.
//!
//! Never ends before an acknowledgement or the incident's end. A step that reaches nobody is passed over at once, and said.

use chrono::{DateTime, Duration, Utc};

pub(super) use super::cue::Cue;
use super::hours::{self, is_opening, opens_at};
use super::rungs::page_for;
use super::timeline::{ClimbReason, What};
use super::turn::Turn;
use super::walk::{Pace, end_repeats, relieve};
use super::{Actor, Facts, Incident, Ladder, Phase, Reach, Rung, State, Walk, alerts, silences, storm, walk};
use crate::domain::effect::{Effect, Shout, Warning};
use crate::domain::escalation::Target;
use crate::domain::house::House;
use crate::domain::page::Cause;
use crate::domain::severity::Severity;
use crate::ids::{PersonId, RoleId, ScheduleId};

/// The role whose page, on a P1, only its addressee ends.
pub(super) const COMMANDER: &str = "incident_commander";

/// From the third round on, waits double up to this. A policy without any step is looked at again after so long.
const LONGEST_DOUBLED_WAIT: Duration = Duration::hours(1);

/// Begins, or begins anew, the ladder of one schedule with the policy of the present severity.
pub(super) fn begin(turn: &mut Turn<'_>, schedule: &ScheduleId, pace: Pace) {
    // The umbrella of the storm pages for it.
    if turn.next.umbrella.is_some() {
        return;
    }
    let severity = turn.next.severity();
    let policy = turn.facts.house.policy_for(turn.next.service.as_ref(), severity);
    let position = turn.next.ladders.iter().position(|ladder| ladder.schedule == *schedule);
    let Some(policy) = policy else {
        if let Some(ladder) = position.and_then(|index| turn.next.ladders.get_mut(index)) {
            ladder.phase = Phase::Stopped;
        }
        return;
    };
    let round = position.and_then(|index| turn.next.ladders.get(index)).map_or(0, rounds_begun) + 1;
    let ladder = Ladder {
        schedule: schedule.clone(),
        policy: policy.id.clone(),
        first_round: round,
        round,
        next_step: 0,
        phase: Phase::Climbing { due: turn.facts.now },
        primaries: vec![],
        relief_at: None,
    };
    match position.and_then(|index| turn.next.ladders.get_mut(index)) {
        Some(place) => *place = ladder,
        None => turn.next.ladders.push(ladder),
    }
    let cue = match pace {
        Pace::AtOnce | Pace::AtOpening(_) => Cue::Due,
        Pace::Joined => Cue::Joined,
    };
    climb(turn, schedule, cue);
}

/// How many rounds have had a step fired, so that a new beginning never uses a ledger row twice.
pub(super) fn rounds_begun(ladder: &Ladder) -> u32 {
    if ladder.next_step == 0 { ladder.round.saturating_sub(1) } else { ladder.round }
}

/// Fires the next step of a schedule's ladder, passing over steps that reach nobody.
pub(super) fn climb(turn: &mut Turn<'_>, schedule: &ScheduleId, cue: Cue) {
    let now = turn.facts.now;
    if cue != Cue::Asked
        && let Some(opening) = opens_at(&turn.next, turn.facts.house, schedule, now)
    {
        with_ladder(turn, schedule, |ladder| ladder.phase = Phase::Climbing { due: opening });
        return;
    }
    adopt_known_policy(turn, schedule);
    let Some(ladder) = turn.next.ladders.iter().find(|ladder| ladder.schedule == *schedule).cloned() else {
        return;
    };
    let opening = match ladder.phase {
        Phase::Climbing { due } if is_opening(&turn.next, turn.facts, schedule, due) => Some(due),
        Phase::Climbing { .. } | Phase::Paused { .. } | Phase::Stopped => None,
    };
    let steps = turn.facts.house.steps(&ladder.policy);
    if steps.is_empty() {
        warn_of_nobody(turn, &ladder, 1);
        let due = now + LONGEST_DOUBLED_WAIT;
        with_ladder(turn, schedule, |ladder| ladder.phase = Phase::Climbing { due });
        return;
    }
    let (round, first) = next_rung(&ladder, steps.len());
    let is_beginning = matches!(cue, Cue::Due | Cue::Joined) && first == 0 && round == ladder.first_round;
    if cue == Cue::Due && first == 0 && !is_beginning {
        turn.effects.push(Effect::Shout { what: Shout::Unanswered(round - 1) });
    }
    for (index, step) in steps.iter().enumerate().skip(first) {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let found = resolve(&turn.next, turn.facts, schedule, &step.page);
        let why = if index == first { cue.reason() } else { ClimbReason::Nobody };
        if !is_beginning || index > first {
            let actor = if why == ClimbReason::Asked { turn.actor.clone() } else { Actor::Bot };
            let people = found.iter().map(|(person, _)| person.clone()).collect();
            let what = What::Escalated { schedule: schedule.clone(), round, step: number, why, people };
            turn.record_at(now, actor, what);
        }
        let due = now + stretched(step.wait, round - ladder.first_round + 1);
        let is_last = index + 1 == steps.len();
        let roster = turn.facts.roster(schedule);
        let means_primary = step.page.contains(&Target::Primary);
        with_ladder(turn, schedule, |ladder| {
            if index == 0 {
                ladder.primaries.clear();
                ladder.relief_at = None;
            }
            // A step that is for others leaves a handoff which is due, or was missed, to be looked at.
            if let Some(roster) = roster.filter(|_| means_primary) {
                ladder.primaries.extend(roster.primary);
                ladder.relief_at = Some(roster.until);
            }
            (ladder.round, ladder.next_step) = if is_last { (round + 1, 0) } else { (round, index + 1) };
            ladder.phase = Phase::Climbing { due };
        });
        if found.is_empty() {
            warn_of_nobody(turn, &ladder, number);
            continue;
        }
        end_repeats(turn, schedule);
        let invited = found.iter().map(|(person, _)| person.clone()).collect();
        let pace = match (cue, opening) {
            (Cue::Joined, _) => Pace::Joined,
            (Cue::Due, Some(opening)) => Pace::AtOpening(opening),
            (Cue::Due | Cue::AckerSilent | Cue::Silent | Cue::NotDelivered | Cue::Asked, _) => Pace::AtOnce,
        };
        let rung = Rung { schedule: schedule.clone(), round, step: number };
        for (person, cause) in found {
            page_for(turn, &rung, &person, cause, pace);
        }
        turn.invite(invited);
        return;
    }
}

/// The primary who had been paged was relieved: the one who is on call now is paged at once, and the step keeps its wait.
pub(super) fn hand_off(turn: &mut Turn<'_>, schedule: &ScheduleId) {
    let Some(roster) = turn.facts.roster(schedule) else { return };
    with_ladder(turn, schedule, |ladder| ladder.relief_at = Some(roster.until));
    let Some(ladder) = turn.next.ladders.iter().find(|ladder| ladder.schedule == *schedule).cloned() else {
        return;
    };
    let steps = turn.facts.house.steps(&ladder.policy);
    let Some(index) = steps.iter().position(|step| step.page.contains(&Target::Primary)) else { return };
    let step = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let round = rounds_begun(&ladder);
    if let Some(opening) = opens_at(&turn.next, turn.facts.house, schedule, turn.facts.now) {
        with_ladder(turn, schedule, |ladder| ladder.relief_at = Some(opening));
        return;
    }
    let Some((person, cause)) = resolve(&turn.next, turn.facts, schedule, &[Target::Primary]).pop() else {
        // Whoever was paged may still answer, and the ladder goes on.
        let next = next(&turn.next, turn.facts);
        let what = Warning::NobodyRelieves {
            schedule: schedule.to_string(),
            paged: ladder.primaries,
            at: next.as_ref().map(|next| next.at),
            next: next.map(|next| next.people).unwrap_or_default(),
        };
        turn.effects.push(Effect::TellAdmins { what });
        return;
    };
    if ladder.primaries.contains(&person) {
        return;
    }
    // Whoever is relieved may still answer, and is not rung again.
    relieve(turn, schedule, &ladder.primaries);
    with_ladder(turn, schedule, |ladder| ladder.primaries.push(person.clone()));
    let rung = Rung { schedule: schedule.clone(), round, step };
    // The commander of this step may have become the primary.
    let is_for_it = |walk: &Walk| walk.person == person && walk.rungs().any(|known| known == rung);
    if turn.next.walks.iter().any(is_for_it) {
        return;
    }
    let people = vec![person.clone()];
    let why = ClimbReason::Handoff;
    turn.record(What::Escalated { schedule: schedule.clone(), round, step, why, people: people.clone() });
    page_for(turn, &rung, &person, cause, Pace::AtOnce);
    turn.invite(people);
}

/// A ladder that stands still: when it goes on it looks at once who is on call, unless that is somebody it has paged.
pub(super) fn forget_relief(turn: &mut Turn<'_>, schedule: &ScheduleId) {
    let Some(roster) = turn.facts.roster(schedule) else { return };
    let since = turn.next.clear_since();
    with_ladder(turn, schedule, |ladder| {
        let is_known = roster.primary.as_ref().is_none_or(|primary| ladder.primaries.contains(primary));
        ladder.relief_at = if is_known { Some(roster.until) } else { since };
    });
}

/// The round and the index of the next step; a policy that has fewer steps than were climbed begins its next round.
fn next_rung(ladder: &Ladder, n_steps: usize) -> (u32, usize) {
    if ladder.next_step < n_steps { (ladder.round, ladder.next_step) } else { (ladder.round + 1, 0) }
}

/// A policy that the configuration no longer has is replaced by the one it has now for this severity.
fn adopt_known_policy(turn: &mut Turn<'_>, schedule: &ScheduleId) {
    let house = turn.facts.house;
    let Some(present) = house.policy_for(turn.next.service.as_ref(), turn.next.severity()) else { return };
    with_ladder(turn, schedule, |ladder| {
        if !house.policies.contains_key(&ladder.policy) {
            ladder.policy = present.id.clone();
        }
    });
}

fn warn_of_nobody(turn: &mut Turn<'_>, ladder: &Ladder, step: u32) {
    let (schedule, policy) = (ladder.schedule.to_string(), ladder.policy.to_string());
    turn.effects.push(Effect::TellAdmins { what: Warning::NobodyToPage { schedule, policy, step } });
}

fn with_ladder(turn: &mut Turn<'_>, schedule: &ScheduleId, act: impl FnOnce(&mut Ladder)) {
    if let Some(ladder) = turn.next.ladders.iter_mut().find(|ladder| ladder.schedule == *schedule) {
        act(ladder);
    }
}

/// From the third round of a climb on waits double, up to an hour.
fn stretched(wait: Duration, nth_round: u32) -> Duration {
    let doublings = nth_round.saturating_sub(2).min(12);
    let stretched = wait * (1_i32 << doublings);
    stretched.min(LONGEST_DOUBLED_WAIT.max(wait))
}

/// The people behind a step's targets now, each once, who can be paged at all. Somebody who is on the step in their own right
/// is not paged as the commander.
fn resolve(
    incident: &Incident,
    facts: &Facts<'_>,
    schedule: &ScheduleId,
    targets: &[Target],
) -> Vec<(PersonId, Cause)> {
    let mut found: Vec<(PersonId, Cause)> = vec![];
    for target in targets {
        for (person, is_commander) in people_of(incident, facts, schedule, target, None) {
            let cause = if is_commander && incident.severity() == Severity::P1 {
                Cause::Commander(schedule.clone())
            } else {
                Cause::Ladder(schedule.clone())
            };
            match found.iter_mut().find(|(known, _)| *known == person) {
                Some((_, known)) if known.ends_with_any_ack() => {}
                Some((_, known)) => *known = cause,
                None => found.push((person, cause)),
            }
        }
    }
    found.retain(|(person, _)| {
        facts.house.people.get(person).is_some_and(|person| !person.working_methods().is_empty())
    });
    found
}

/// Who holds the role of the commander now.
pub(super) fn commanders(incident: &Incident, facts: &Facts<'_>) -> Vec<PersonId> {
    let role = Target::Role(COMMANDER.into());
    let schedule = incident.schedule(facts.house);
    people_of(incident, facts, schedule, &role, None).into_iter().map(|(person, _)| person).collect()
}

/// Who one target means now, and whether as the commander.
fn people_of(
    incident: &Incident,
    facts: &Facts<'_>,
    schedule: &ScheduleId,
    target: &Target,
    as_role: Option<&RoleId>,
) -> Vec<(PersonId, bool)> {
    let is_commander = as_role.is_some_and(|role| role.as_str() == COMMANDER);
    let one = |person: Option<PersonId>| person.map(|person| (person, is_commander)).into_iter().collect();
    match target {
        Target::Primary => one(facts.roster(schedule).and_then(|roster| roster.primary)),
        Target::Secondary => one(facts.roster(schedule).and_then(|roster| roster.secondary)),
        Target::Schedule(other) => one(facts.roster(other).and_then(|roster| roster.primary)),
        Target::Person(person) => one(Some(person.clone())),
        Target::Role(role) if as_role.is_none() => {
            if let (COMMANDER, Some(commander)) = (role.as_str(), &incident.commander)
                && facts.house.people.contains_key(commander)
            {
                return vec![(commander.clone(), true)];
            }
            let targets = facts.house.roles.get(role).map(Vec::as_slice).unwrap_or_default();
            targets
                .iter()
                .flat_map(|target| people_of(incident, facts, schedule, target, Some(role)))
                .collect()
        }
        Target::Role(_) => vec![],
    }
}

/// As whom a person is on a step of a schedule's ladder: which of its targets means them. `facts.now` is when it fired;
/// `None` when nothing on the step, as it is configured now, means them.
pub fn as_whom(
    incident: &Incident,
    facts: &Facts<'_>,
    schedule: &ScheduleId,
    step: u32,
    person: &PersonId,
) -> Option<Target> {
    let ladder = incident.ladders.iter().find(|ladder| ladder.schedule == *schedule)?;
    let index = usize::try_from(step.checked_sub(1)?).ok()?;
    let step = facts.house.steps(&ladder.policy).into_iter().nth(index)?;
    let means = |target: &&Target| {
        people_of(incident, facts, schedule, target, None).iter().any(|(meant, _)| meant == person)
    };
    step.page.iter().find(means).cloned()
}

/// Stops every ladder.
pub(super) fn stop(turn: &mut Turn<'_>) {
    for ladder in &mut turn.next.ladders {
        ladder.phase = Phase::Stopped;
    }
    turn.next.ack_due = None;
    turn.next.back_due = None;
}

/// The alerts are clear, or all silenced: ladders remember the wait they had left.
pub(super) fn pause(turn: &mut Turn<'_>) {
    let now = turn.facts.now;
    for ladder in &mut turn.next.ladders {
        if let Phase::Climbing { due } = ladder.phase {
            ladder.phase = Phase::Paused { left: (due - now).max(Duration::zero()) };
        }
    }
}

/// All that fires is silenced. Whoever waits for an opening waits for it all the same, and not for so much longer.
pub(super) fn pause_for_silence(turn: &mut Turn<'_>) {
    let waits: Vec<ScheduleId> = turn
        .next
        .ladders
        .iter()
        .filter(|ladder| match ladder.phase {
            Phase::Climbing { due } => is_opening(&turn.next, turn.facts, &ladder.schedule, due),
            Phase::Paused { .. } | Phase::Stopped => false,
        })
        .map(|ladder| ladder.schedule.clone())
        .collect();
    pause(turn);
    for schedule in waits {
        with_ladder(turn, &schedule, |ladder| ladder.phase = Phase::Paused { left: Duration::zero() });
    }
}

/// The alerts are not clear any more, or not silenced: whatever waited goes on with the wait it had left.
pub(super) fn resume(turn: &mut Turn<'_>) {
    let now = turn.facts.now;
    let Some(since) = turn.next.stands_still_since() else { return };
    turn.next.muted_since = None;
    for ladder in &mut turn.next.ladders {
        if let Phase::Paused { left } = ladder.phase {
            ladder.phase = Phase::Climbing { due: now + left };
        }
    }
    catch_up(turn, since);
}

/// What stood still since then is due so much later.
pub(super) fn catch_up(turn: &mut Turn<'_>, since: DateTime<Utc>) {
    let pause = turn.facts.now - since;
    for walk in turn.next.walks.iter_mut().filter(|walk| walk.waits_while_clear()) {
        walk.next_at = walk.next_at.map(|at| at + pause);
        if let Reach::Failing { until, .. } = &mut walk.reach {
            *until += pause;
        }
    }
    let later = |due| hours::so_much_later(&turn.next, turn.facts, since, due);
    (turn.next.ack_due, turn.next.back_due) = (turn.next.ack_due.map(later), turn.next.back_due.map(later));
}

/// The acknowledgement, if there is one, no longer stands: ladders go on with the next step, now.
pub(super) fn take_ack_back(turn: &mut Turn<'_>, cue: Cue) {
    silences::hear_anyway(turn);
    resume(turn);
    if turn.next.umbrella.is_some() {
        // Somebody wants people to be woken for this one.
        storm::leave(turn);
        let schedules = storm::own_schedules(turn);
        alerts::page_anew(turn, &schedules);
        return;
    }
    if turn.next.state.ack().is_some() {
        turn.next.triggered_at = turn.facts.now;
        turn.next.ack_due = hours::ack_target_from(turn, turn.facts.now);
    }
    trigger(turn);
    turn.next.back_due = None;
    turn.next.snoozed_until = None;
    turn.turn_page();
    // Whoever wants others has been heard.
    let by = turn.actor.person().cloned();
    walk::end_walks(turn, None, |walk| walk.cause == Cause::SnoozeOver && Some(&walk.person) == by.as_ref());
    let schedules: Vec<ScheduleId> = turn.next.ladders.iter().map(|ladder| ladder.schedule.clone()).collect();
    for schedule in schedules {
        climb(turn, &schedule, cue);
    }
}

/// The acknowledgement no longer stands, and this person is asked first: ladders go on with the next step unless somebody answers
/// within the ack target.
pub(super) fn wait_for(turn: &mut Turn<'_>, person: &PersonId) {
    let now = turn.facts.now;
    trigger(turn);
    turn.next.triggered_at = now;
    turn.next.ack_target_missed = false;
    turn.next.ack_due = hours::ack_target_from(turn, now);
    turn.next.back_due = None;
    turn.turn_page();
    let due = turn.next.ack_due.unwrap_or(now);
    let stands_still = turn.next.stands_still();
    for ladder in &mut turn.next.ladders {
        ladder.phase = if stands_still { Phase::Paused { left: due - now } } else { Phase::Climbing { due } };
    }
    walk::end_walks(turn, None, |walk| walk.cause.ends_with_any_ack());
    walk::page_person(turn, person, Cause::SnoozeOver, None, Pace::AtOnce);
}

/// Nobody has it any more, although its alerts may be as clear as they were.
pub(super) fn trigger(turn: &mut Turn<'_>) {
    turn.next.was_clear |= matches!(turn.next.state, State::Monitoring { .. });
    turn.next.state = State::Triggered;
}

/// Who is paged next if nobody acknowledges, and when (UTC): what a page promises its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// When.
    pub at: DateTime<Utc>,
    /// Whom, as the schedules stand now; empty when nobody can be paged for the rest of the round.
    pub people: Vec<PersonId>,
}

/// The ladder that goes on first, and when, UTC: not before its schedule opens, if the incident keeps to its hours.
fn first_to_go_on<'i>(incident: &'i Incident, house: &House) -> Option<(DateTime<Utc>, &'i Ladder)> {
    let goes_on = |ladder: &'i Ladder| match ladder.phase {
        Phase::Climbing { due } => {
            Some((opens_at(incident, house, &ladder.schedule, due).unwrap_or(due), ladder))
        }
        Phase::Paused { .. } | Phase::Stopped => None,
    };
    incident.ladders.iter().filter_map(goes_on).min_by_key(|(at, _)| *at)
}

/// The page that waits for its time, before anybody else is paged.
fn first_to_begin(incident: &Incident) -> Option<(DateTime<Utc>, &Walk)> {
    let waiting = incident.walks.iter().filter(|walk| walk.n_tried == 0 && !incident.stands_still());
    waiting.filter_map(|walk| Some((walk.next_at?, walk))).min_by_key(|(at, _)| *at)
}

/// When somebody is paged next, UTC, unless it is acknowledged.
pub fn next_page_at(incident: &Incident, house: &House) -> Option<DateTime<Utc>> {
    let step = first_to_go_on(incident, house).map(|(at, _)| at);
    step.into_iter().chain(first_to_begin(incident).map(|(at, _)| at)).min()
}

/// Who is paged next as it would be with these facts at its time: a page that waits, or the next step of a ladder that reaches
/// somebody.
pub fn next(incident: &Incident, facts: &Facts<'_>) -> Option<Next> {
    let step = first_to_go_on(incident, facts.house);
    if let Some((at, walk)) = first_to_begin(incident)
        && step.is_none_or(|(step_at, _)| at < step_at)
    {
        return Some(Next { at, people: vec![walk.person.clone()] });
    }
    let (at, ladder) = step?;
    let then = Facts { now: at, ..*facts };
    let steps = facts.house.steps(&ladder.policy);
    let (_, first) = next_rung(ladder, steps.len());
    let found = steps
        .iter()
        .skip(first)
        .map(|step| resolve(incident, &then, &ladder.schedule, &step.page))
        .find(|found| !found.is_empty());
    let people = found.unwrap_or_default().into_iter().map(|(person, _)| person).collect();
    Some(Next { at, people })
}
