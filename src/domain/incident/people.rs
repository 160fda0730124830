//! What people do to an incident.

use std::collections::BTreeSet;

use super::command::{Refusal, WhileFiring, Whom};
use super::ladder::{self, Cue};
use super::timeline::What;
use super::turn::Turn;
use super::{
    Ack, Actor, Incident, Phase, SeverityOverride, State, Walk, alerts, ending, helpers, hours, latecomers,
    nudge, storm, talk, walk,
};
use crate::domain::effect::{Effect, Place};
use crate::domain::page::Cause;
use crate::domain::severity::Severity;
use crate::ids::PersonId;

impl Incident {
    /// Whether it is somebody's own: they lead it, have it, or were paged about it.
    pub fn concerns(&self, who: &Actor) -> bool {
        let is_theirs =
            |person: &PersonId| self.commander.as_ref() == Some(person) || self.paged.contains(person);
        self.state.ack().is_some_and(|ack| ack.by == *who) || who.person().is_some_and(is_theirs)
    }
}

pub(super) fn must_be_open(turn: &Turn<'_>) -> Result<(), Refusal> {
    match turn.next.resolved_at() {
        Some(at) => Err(Refusal::Ended { id: turn.next.id, at }),
        None => Ok(()),
    }
}

/// Somebody takes it: the ladders and the pages they began stop, for everyone. Once more, it is told only if it ended
/// something: a page that was theirs alone, a ladder that began since.
///
/// A snooze is a promise that somebody is paged again. Whoever made it cannot lose it by acknowledging once more, nor can a
/// script, which nobody can ask; another human takes the incident over, and with it the snooze ends.
pub(super) fn acknowledge(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    must_be_open(turn)?;
    let ack = Ack { by: turn.actor.clone(), at: turn.facts.now };
    let person = ack.by.person().cloned();
    let is_first = turn.next.state.ack().is_none();
    let snoozer = turn.next.snoozed_until.and(turn.next.state.ack()).map(|ack| ack.by.clone());
    let took_over_from = snoozer.filter(|snoozer| *snoozer != ack.by && ack.by.is_human());
    if took_over_from.is_some() {
        turn.next.snoozed_until = None;
    }
    let stops_something = took_over_from.is_some()
        || turn.next.back_due.is_some()
        || turn.next.ladders.iter().any(|ladder| ladder.phase != Phase::Stopped);
    let stops_something = latecomers::taken(turn) || stops_something;
    ladder::stop(turn);
    let ends = |walk: &Walk| walk.cause.ends_with_any_ack() || Some(&walk.person) == person.as_ref();
    let answered = turn.next.walks.iter().filter(|walk| ends(walk)).map(|walk| walk.began_at).min();
    let ends_pages = walk::end_walks(turn, person.as_ref(), ends);
    if is_first || took_over_from.is_some() {
        match &mut turn.next.state {
            State::Monitoring { acked, .. } => *acked = Some(ack.clone()),
            state @ (State::Triggered | State::Acknowledged(_)) => *state = State::Acknowledged(ack.clone()),
            State::Resolved { .. } | State::Closed { .. } => {}
        }
    }
    if is_first || stops_something {
        turn.turn_page();
    }
    if is_first || stops_something || ends_pages {
        turn.next.first_ack.get_or_insert(ack);
        let since = answered.filter(|_| !is_first).unwrap_or(turn.next.triggered_at);
        // A clock that was set back makes nothing happen before its cause.
        let after_seconds = (turn.facts.now - since).num_seconds().max(0);
        let was_paged = turn.next.umbrella.is_some()
            || person.as_ref().is_some_and(|person| turn.next.paged.contains(person));
        turn.record(What::Acked { after_seconds, was_paged, took_over_from });
        turn.invite(person.into_iter().collect());
    }
    alerts::watch_again(turn);
    Ok(())
}

/// Somebody who was paged taps a message that is out of date because somebody else has the incident by now. They are awake: what
/// rings for them alone stops, and nothing else changes.
pub(super) fn answer_pages(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    let id = turn.next.id;
    let person = turn.actor.person().cloned();
    let is_theirs = |walk: &Walk| Some(&walk.person) == person.as_ref();
    let Some(began_at) =
        turn.next.walks.iter().filter(|walk| is_theirs(walk)).map(|walk| walk.began_at).min()
    else {
        return Err(Refusal::Outdated { id });
    };
    if turn.next.state.ack().is_none() {
        return Err(Refusal::Outdated { id });
    }
    walk::end_walks(turn, person.as_ref(), is_theirs);
    let after_seconds = (turn.facts.now - began_at).num_seconds().max(0);
    turn.record(What::Acked { after_seconds, was_paged: true, took_over_from: None });
    turn.effects.push(Effect::RefreshPages);
    turn.invite(person.into_iter().collect());
    Ok(())
}

/// A human's word about the severity. Raising pages again; lowering to what pages nobody is that human's acknowledgement. Whoever
/// saw another severity than there is by now has said nothing about this one.
pub(super) fn set_severity(
    turn: &mut Turn<'_>,
    to: Severity,
    reason: Option<String>,
    saw: Option<Severity>,
) -> Result<(), Refusal> {
    must_be_open(turn)?;
    let from = turn.next.severity();
    if to == from {
        return Ok(());
    }
    if let Some(saw) = saw.filter(|saw| *saw != from) {
        return Err(Refusal::SeverityMoved { id: turn.next.id, saw });
    }
    let seen = turn.next.assessment.severity;
    let by = turn.actor.clone();
    turn.next.severity_override = Some(SeverityOverride { severity: to, by, reason: reason.clone(), seen });
    let reason = reason.unwrap_or_default();
    turn.record(What::SeverityChanged { from, to, rule: "override".to_owned(), reason });
    turn.turn_page();
    if to.is_worse_than(from) {
        if storm::must_leave(turn) {
            storm::leave(turn);
        }
        let schedules = BTreeSet::from([turn.next.schedule(turn.facts.house).clone()]);
        alerts::raise(turn, &schedules);
        return Ok(());
    }
    // Below P1 nobody's presence is wanted whoever acknowledged.
    walk::end_walks(turn, None, |walk| matches!(walk.cause, Cause::Commander(_)));
    match turn.facts.house.policy_for(turn.next.service.as_ref(), to) {
        None => {
            // What pages nobody has nothing left to page again.
            turn.next.snoozed_until = None;
            acknowledge(turn)?;
        }
        Some(policy) => {
            for ladder in &mut turn.next.ladders {
                ladder.policy = policy.id.clone();
            }
            walk::keep_to_hours(turn);
            if turn.next.ack_due.is_some() {
                turn.next.ack_due = hours::ack_target_from(turn, turn.next.triggered_at);
            }
        }
    }
    Ok(())
}

/// More people are needed: one person, or the next step of the ladder, which takes the acknowledgement back.
pub(super) fn escalate(turn: &mut Turn<'_>, to: Option<PersonId>) -> Result<(), Refusal> {
    must_be_open(turn)?;
    if let Some(person) = to {
        return helpers::page(turn, &[Whom::Person(person)], None);
    }
    let policy = turn.facts.house.policy_for(turn.next.service.as_ref(), turn.next.severity());
    let may_climb = !turn.next.ladders.is_empty() || turn.next.umbrella.is_some();
    if !may_climb || policy.is_none() {
        return Err(Refusal::NoLadder { id: turn.next.id, severity: turn.next.severity() });
    }
    ladder::take_ack_back(turn, Cue::Asked);
    Ok(())
}

/// How it goes, for those who only follow it: in the thread of the announcement too, wherever it is talked about.
pub(super) fn update(turn: &mut Turn<'_>, text: String) {
    turn.record(What::StatusUpdate { text });
    let said = Effect::Say { seq: turn.next.n_events, place: Place::Thread };
    if !turn.effects.contains(&said) {
        turn.effects.push(said);
    }
    talk::redraft_unpublished(turn);
}

/// The alerts are clear, but a human is not done.
pub(super) fn keep_open(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    must_be_open(turn)?;
    if let State::Monitoring { resolves_at, .. } = &mut turn.next.state {
        *resolves_at = None;
    }
    if !turn.next.kept_open {
        turn.next.kept_open = true;
        turn.turn_page();
        turn.record(What::KeptOpen);
    }
    Ok(())
}

/// Somebody was asked whether they are at work, and says yes.
pub(super) fn still_on(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    must_be_open(turn)?;
    nudge::still_on(turn);
    Ok(())
}

/// A human wants a channel for an incident that has none.
pub(super) fn want_channel(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    must_be_open(turn)?;
    turn.open_channel();
    Ok(())
}

/// A human says that it is over.
pub(super) fn resolve(
    turn: &mut Turn<'_>,
    summary: Option<String>,
    while_firing: WhileFiring,
) -> Result<(), Refusal> {
    must_be_open(turn)?;
    let is_known = match while_firing {
        WhileFiring::Ask => false,
        WhileFiring::Known(saw) => saw.is_all_of(&turn.next),
        WhileFiring::Resolve => true,
    };
    if turn.next.n_firing > 0 && !is_known {
        return Err(Refusal::StillFiring { id: turn.next.id, n: turn.next.n_firing });
    }
    let by = turn.actor.clone();
    ending::end(turn, by, summary);
    Ok(())
}
