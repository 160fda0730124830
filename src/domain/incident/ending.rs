//! The end of an incident, and what is still open then: a post-mortem, alerts that fire all the same, the way back.
//!
//! An incident whose post-mortem is due stays resolved until that is published or declined. Any other closes by itself when
//! a re-fire would no longer reopen it.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use super::command::Refusal;
use super::timeline::{ReopenedBy, What};
use super::turn::Turn;
use super::{
    Actor, Review, State, alerts, feedback, ladder, review, room, rungs, silences, storm, talk, walk,
};
use crate::domain::effect::Effect;
use crate::domain::severity::Severity;
use crate::ids::ScheduleId;

/// So long after a resolve by hand it is asked about the alerts that still fire.
const ASK_FIRING_AFTER: Duration = Duration::hours(4);

/// The end of an incident, by whomever.
pub(super) fn end(turn: &mut Turn<'_>, by: Actor, summary: Option<String>) {
    silences::no_longer_matters(turn);
    let acked = turn.next.state.ack().cloned();
    ladder::stop(turn);
    let person = by.person().cloned();
    walk::end_walks(turn, person.as_ref(), |_| true);
    let still_firing = turn.next.n_firing;
    let now = turn.facts.now;
    turn.next.snoozed_until = None;
    turn.next.state = State::Resolved { at: now, by: by.clone() };
    turn.next.summary.clone_from(&summary);
    // The incidents of a storm are asked about one by one, if at all.
    let is_asked = still_firing > 0 && turn.next.storm.is_none();
    turn.next.ask_firing_at = is_asked.then(|| now + ASK_FIRING_AFTER);
    turn.next.review_due = review::due(&turn.next, turn.facts.house, now);
    turn.next.closes_at = turn.next.review_due.is_none().then(|| closing_time(turn));
    turn.turn_page();
    turn.record(What::Resolved { summary, still_firing });
    if turn.next.storm.is_some() {
        turn.next.n_firing = 0;
    }
    // What is to be learned from a storm is asked once.
    if turn.next.umbrella.is_some() {
        return;
    }
    if matches!(turn.next.severity(), Severity::P1 | Severity::P2) {
        turn.effects.push(Effect::DraftPostmortem);
    } else {
        talk::redraft_unpublished(turn);
    }
    feedback::ask(turn, acked, &by);
}

/// When an incident that ended now closes by itself: not while it can come back, nor before a question about it is asked.
fn closing_time(turn: &Turn<'_>) -> DateTime<Utc> {
    let ended_at = turn.next.resolved_at().unwrap_or(turn.facts.now);
    let comes_back = ended_at + turn.facts.house.times.reopen_within.unwrap_or_default();
    turn.next.ask_firing_at.map_or(comes_back, |ask| ask.max(comes_back))
}

/// What fired at the resolve has ended since: there is nothing left to ask.
pub(super) fn stopped_firing(turn: &mut Turn<'_>) {
    if turn.next.ask_firing_at.take().is_some() && turn.next.closes_at.is_some() {
        turn.next.closes_at = Some(closing_time(turn).max(turn.facts.now));
    }
}

/// What is due in an incident that is over.
pub(super) fn wake(turn: &mut Turn<'_>) {
    let now = turn.facts.now;
    let is_due = |at: &mut DateTime<Utc>| *at <= now;
    if turn.next.ask_firing_at.take_if(is_due).is_some()
        && let State::Resolved { by, .. } | State::Closed { by, .. } = turn.next.state.clone()
    {
        let n_firing = turn.next.n_firing;
        turn.record(What::AskedAboutFiring { n_firing, resolved_by: by });
    }
    if turn.next.closes_at.take_if(is_due).is_some() {
        // No post-mortem was due, so nothing was waited for since the resolve.
        let done_at = turn.next.resolved_at().unwrap_or(now);
        close(turn, done_at, What::Closed);
    }
    if turn.next.archives_at.take_if(is_due).is_some() {
        room::archive(turn);
    }
    review::wake(turn);
}

/// It is closed now, unless it is already; `why` is told either way. Its channel is archived some time after `done_at`, UTC.
fn close(turn: &mut Turn<'_>, done_at: DateTime<Utc>, why: What) {
    if let State::Resolved { at, by } = turn.next.state.clone() {
        turn.next.state = State::Closed { at, by };
        turn.turn_page();
    }
    turn.next.closes_at = None;
    turn.next.archives_at = room::archiving_time(turn, done_at);
    turn.record(why);
}

fn must_be_over(turn: &Turn<'_>) -> Result<(), Refusal> {
    if turn.next.state.is_open() { Err(Refusal::NotOver { id: turn.next.id }) } else { Ok(()) }
}

/// People say that the post-mortem is done.
pub(super) fn publish(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    must_be_over(turn)?;
    match turn.next.postmortem {
        Review::Published => return Ok(()),
        Review::None => return Err(Refusal::NothingToPublish { id: turn.next.id }),
        Review::Draft | Review::Declined => {}
    }
    turn.next.postmortem = Review::Published;
    close(turn, turn.facts.now, What::PostmortemPublished);
    // What is published is what is known now, whatever was written down since the draft.
    talk::redraft(turn);
    Ok(())
}

/// The commander says that no post-mortem is needed, and why.
pub(super) fn decline(turn: &mut Turn<'_>, reason: String) -> Result<(), Refusal> {
    must_be_over(turn)?;
    match turn.next.postmortem {
        Review::Declined => return Ok(()),
        Review::Published => return Err(Refusal::IsPublished { id: turn.next.id }),
        Review::None | Review::Draft => {}
    }
    if !may_decline(turn) {
        return Err(Refusal::NotCommander { id: turn.next.id });
    }
    turn.next.postmortem = Review::Declined;
    close(turn, turn.facts.now, What::PostmortemDeclined { reason });
    Ok(())
}

/// The commander may; while nobody was made it, whoever holds the role. So may admins, and scripts that may act.
fn may_decline(turn: &Turn<'_>) -> bool {
    let house = turn.facts.house;
    match &turn.actor {
        Actor::Person(person) => {
            let commands = match &turn.next.commander {
                Some(commander) => commander == person,
                None => ladder::commanders(&turn.next, turn.facts).contains(person),
            };
            commands || house.admins.contains(person)
        }
        Actor::Token(_) => true,
        Actor::Slack(_) | Actor::PagerDuty(_) | Actor::Source(_) | Actor::Bot => false,
    }
}

/// A human says that it is not over after all.
pub(super) fn reopen(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    if turn.next.state.is_open() {
        return Err(Refusal::IsOpen { id: turn.next.id });
    }
    let mut fired_for = BTreeSet::new();
    if storm::must_leave(turn) {
        storm::leave(turn);
        fired_for = storm::own_schedules(turn);
    }
    open_again(turn, What::Reopened { by: ReopenedBy::Human }, &fired_for);
    Ok(())
}

/// Open again, unacknowledged, in the same channel if Slack gives it back; the ladders begin a new round. What was published is a draft again.
pub(super) fn open_again(turn: &mut Turn<'_>, what: What, fired_for: &BTreeSet<ScheduleId>) {
    // The channel first: what is said from here on is said there.
    room::reopened(turn);
    turn.next.n_reopened += 1;
    turn.next.summary = None;
    turn.next.kept_open = false;
    turn.next.was_clear = false;
    turn.next.closes_at = None;
    turn.next.ask_firing_at = None;
    turn.next.review_due = None;
    if turn.next.postmortem != Review::None {
        turn.next.postmortem = Review::Draft;
    }
    turn.record(what);
    rungs::adopt_known_schedules(turn);
    alerts::raise(turn, fired_for);
}
