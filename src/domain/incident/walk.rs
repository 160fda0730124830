//! Walking: one person is woken by one contact method after the other, until they answer.
//!
//! Only this module writes new rows of the page ledger.

use chrono::{DateTime, Duration, Utc};

use super::ladder::{self, Cue};
use super::timeline::{Paged, What};
use super::turn::Turn;
use super::{Actor, Phase, Walk};
use crate::domain::effect::{Effect, Warning};
use crate::domain::page::{Cause, Page, PageChange};
use crate::domain::people::{ContactMethod, Person};
use crate::ids::{PageId, PersonId, ScheduleId};

/// How often the last contact method repeats before the next step.
const MAX_REPEATS: u32 = 3;

/// Begins to page one person: their first method at once, or, when only the bot wants it, at the opening.
pub(super) fn page_person(turn: &mut Turn<'_>, person: &PersonId, cause: Cause, round: u32, step: u32) {
    let methods = turn.facts.house.people.get(person).map(Person::working_methods);
    turn.next.n_walks += 1;
    if !turn.next.paged.contains(person) {
        turn.next.paged.push(person.clone());
    }
    let mut walk = Walk {
        n: turn.next.n_walks,
        person: person.clone(),
        cause,
        round,
        step,
        methods: methods.unwrap_or_default(),
        n_tried: 0,
        n_repeats: 0,
        may_repeat: true,
        accepted: false,
        failed: vec![],
        next_at: None,
    };
    match ladder::first_opens_at(&turn.next, turn.facts, turn.facts.now) {
        Some(opening) if walk.cause == Cause::Back => walk.next_at = Some(opening),
        Some(_) | None => go_on(turn, &mut walk),
    }
    turn.next.walks.push(walk);
}

/// The next method of a walk, or the next repeat of its last one.
pub(super) fn go_on(turn: &mut Turn<'_>, walk: &mut Walk) {
    let now = turn.facts.now;
    let incident = turn.next.id;
    if let Some(method) = walk.methods.get(walk.n_tried).copied() {
        walk.n_tried += 1;
        let id = walk.page_id(incident, method);
        turn.effects.push(Effect::Page { page: id.clone(), method, repeat: 0 });
        turn.pages.push(PageChange::New(Box::new(Page {
            id,
            incident,
            walk: walk.n,
            person: walk.person.clone(),
            method,
            round: walk.round,
            step: walk.step,
            cause: walk.cause.clone(),
            repeats: 0,
            due: now,
            sent: None,
            accepted: None,
            acked: None,
            failed: None,
            superseded: None,
            provider_id: None,
            error: None,
        })));
    } else if let Some(method) = walk.method().filter(|_| walk.may_repeat && walk.n_repeats < MAX_REPEATS) {
        walk.n_repeats += 1;
        let page = walk.page_id(incident, method);
        turn.pages.push(PageChange::Repeat(page.clone()));
        turn.effects.push(Effect::Page { page, method, repeat: walk.n_repeats });
    }
    let interval = turn.facts.house.means(turn.next.severity()).contact_interval;
    let has_more = walk.n_tried < walk.methods.len() || (walk.may_repeat && walk.n_repeats < MAX_REPEATS);
    let next_at = now + interval;
    // Closing interrupts a walk; one that a human began after closing goes on.
    let opening = closed_until(turn, walk, next_at).filter(|_| closed_until(turn, walk, now).is_none());
    walk.next_at = (has_more && interval > Duration::zero()).then(|| opening.unwrap_or(next_at));
}

/// When a walk that keeps to business hours may go on after `at`, if it may not then.
fn closed_until(turn: &Turn<'_>, walk: &Walk, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match &walk.cause {
        Cause::Ladder(schedule) => ladder::opens_at(&turn.next, turn.facts, schedule, at),
        Cause::Back => ladder::first_opens_at(&turn.next, turn.facts, at),
        Cause::Commander(_) | Cause::Asked => None,
    }
}

/// The severity has fallen: what it does not wake people for at this hour waits for the opening.
pub(super) fn keep_to_hours(turn: &mut Turn<'_>) {
    let mut walks = std::mem::take(&mut turn.next.walks);
    for walk in &mut walks {
        walk.next_at = walk.next_at.map(|at| closed_until(turn, walk, at).unwrap_or(at));
    }
    turn.next.walks = walks;
}

/// The next step of a ladder ends the repeats of its earlier pages, and of what the acker was asked; not their untried methods.
pub(super) fn end_repeats(turn: &mut Turn<'_>, schedule: &ScheduleId) {
    let is_earlier =
        |walk: &&mut Walk| walk.cause == Cause::Back || walk.cause == Cause::Ladder(schedule.clone());
    for walk in turn.next.walks.iter_mut().filter(is_earlier) {
        walk.may_repeat = false;
        if walk.n_tried == walk.methods.len() {
            walk.next_at = None;
        }
    }
}

/// Ends the walks that a condition picks: those of `acker` are proven, the others superseded. Says whether there were any.
pub(super) fn end_walks(turn: &mut Turn<'_>, acker: Option<&PersonId>, ends: impl Fn(&Walk) -> bool) -> bool {
    let (ended, kept): (Vec<Walk>, Vec<Walk>) = turn.next.walks.drain(..).partition(ends);
    turn.next.walks = kept;
    let (proven, others): (Vec<&Walk>, Vec<&Walk>) =
        ended.iter().partition(|walk| Some(&walk.person) == acker);
    if let (Some(acker), false) = (acker, proven.is_empty()) {
        turn.pages.push(PageChange::AckedBy(acker.clone()));
    }
    if !others.is_empty() {
        turn.pages.push(PageChange::Superseded(others.iter().map(|walk| walk.n).collect()));
    }
    !ended.is_empty()
}

pub(super) fn with_walk(turn: &mut Turn<'_>, n: u32, act: impl FnOnce(&mut Turn<'_>, &mut Walk)) {
    if let Some(index) = turn.next.walks.iter().position(|walk| walk.n == n) {
        let mut walk = turn.next.walks.remove(index);
        act(turn, &mut walk);
        turn.next.walks.insert(index, walk);
    }
}

/// The walk and method of a ledger row, while the walk goes on.
fn walk_of(turn: &Turn<'_>, page: &PageId) -> Option<(u32, ContactMethod)> {
    let incident = turn.next.id;
    turn.next.walks.iter().find_map(|walk| {
        let method = walk.methods.iter().copied().find(|method| walk.page_id(incident, *method) == *page)?;
        Some((walk.n, method))
    })
}

/// What the timeline says about a ledger row.
fn paged(turn: &Turn<'_>, page: &PageId) -> Option<Paged> {
    let (n, method) = walk_of(turn, page)?;
    let walk = turn.next.walks.iter().find(|walk| walk.n == n)?;
    Some(Paged {
        page: page.clone(),
        person: walk.person.clone(),
        method,
        round: walk.round,
        step: walk.step,
    })
}

/// A provider took a page.
pub(super) fn page_accepted(
    turn: &mut Turn<'_>,
    page: PageId,
    sent_at: DateTime<Utc>,
    provider_id: Option<String>,
) {
    if let Some(paged) = paged(turn, &page) {
        turn.record_at(sent_at, Actor::Bot, What::PageSent(paged.clone()));
        turn.record(What::PageAccepted(paged));
    }
    // While a direct message was on its way the page may have ended, or the channel opened: what was sent is behind.
    // No other method's message can be edited, and editing all direct messages for it would only spend Slack's limit.
    let is_behind = match walk_of(turn, &page) {
        Some((n, method)) => {
            with_walk(turn, n, |_, walk| walk.accepted = true);
            method == ContactMethod::Slack && turn.next.room.channel.is_some()
        }
        None => true,
    };
    if is_behind {
        turn.effects.push(Effect::RefreshPages);
    }
    turn.pages.push(PageChange::Accepted { page, sent_at, provider_id });
}

/// A provider did not take a page: the next method at once, and when there is none, the next step at once.
pub(super) fn page_failed(turn: &mut Turn<'_>, page: PageId, sent_at: DateTime<Utc>, error: String) {
    turn.pages.push(PageChange::Failed { page: page.clone(), sent_at, error: error.clone() });
    let (Some((n, method)), Some(paged)) = (walk_of(turn, &page), paged(turn, &page)) else { return };
    let is_first = turn.next.walks.iter().any(|walk| walk.n == n && !walk.failed.contains(&method));
    if !is_first {
        return;
    }
    let person = paged.person.clone();
    turn.record_at(sent_at, Actor::Bot, What::PageSent(paged.clone()));
    turn.record(What::PageFailed { paged, error: error.clone() });
    with_walk(turn, n, |turn, walk| {
        walk.failed.push(method);
        let is_latest = walk.method() == Some(method);
        if is_latest && walk.n_tried < walk.methods.len() {
            match turn.next.clear_since().filter(|_| walk.waits_while_clear()) {
                Some(since) => walk.next_at = Some(since),
                None => go_on(turn, walk),
            }
        }
    });
    let Some(walk) = turn.next.walks.iter().find(|walk| walk.n == n && walk.is_unreachable()).cloned() else {
        return;
    };
    turn.effects.push(Effect::TellAdmins { what: Warning::PersonUnreachable { person, error } });
    let Some(schedule) = walk.cause.schedule().cloned() else { return };
    let same_step = |other: &&Walk| {
        other.cause.schedule() == Some(&schedule) && (other.round, other.step) == (walk.round, walk.step)
    };
    let nobody_reached = turn.next.walks.iter().filter(same_step).all(Walk::is_unreachable);
    // A round that reached nobody waits before the next one: there is nothing to gain from trying faster than that.
    let ladder = turn.next.ladders.iter_mut().find(|ladder| {
        ladder.schedule == schedule && (ladder.round, ladder.next_step) == (walk.round, walk.step as usize)
    });
    let Some(ladder) = ladder.filter(|_| nobody_reached && walk.step > 0) else { return };
    match &mut ladder.phase {
        Phase::Climbing { .. } => ladder::climb(turn, &schedule, Cue::NotDelivered),
        Phase::Paused { left } => *left = Duration::zero(),
        Phase::Stopped => {}
    }
}
