//! Walking: one person is woken by one contact method after the other, until they answer.
//!
//! Only this module writes new rows of the page ledger.

use chrono::{DateTime, Duration, Utc};

use super::calls;
use super::ladder::{self, Cue};
use super::timeline::{Paged, What};
use super::turn::Turn;
use super::{Actor, Phase, Reach, Rung, Walk, hours};
use crate::domain::effect::{Effect, Warning};
use crate::domain::page::{Cause, Digest, NotArrived, NotTaken, Page, PageChange};
use crate::domain::people::{ContactMethod, Person};
use crate::ids::{PageId, PersonId, ScheduleId};

/// How often the last contact method repeats before the next step.
const MAX_REPEATS: u32 = 3;

/// Nobody is paged more often than this because services join; those that join meanwhile are told together.
pub(super) const JOINED_WITHIN: Duration = Duration::minutes(5);

/// A page that no provider takes counts as not delivered after so long, and the ladder climbs. Providers that only want to be
/// left alone count in minutes, so within this even a full minute's pause ends and the page is tried again; whoever is
/// next should not sleep much longer than that through the outage of somebody else's only way to be woken.
pub(super) const UNDELIVERED_AFTER: Duration = Duration::seconds(75);

/// How soon a page may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Now.
    AtOnce,
    /// As soon as the person's last page of this sort is five minutes old: another service joined.
    Joined,
    /// Now, in one digest with whatever else waited for this opening.
    AtOpening(DateTime<Utc>),
}

/// Begins to page one person, for a round and step of a ladder if one asks: their first method at once unless the pace forbids
/// it, or, when only the bot wants it, at the opening.
pub(super) fn page_person(
    turn: &mut Turn<'_>,
    person: &PersonId,
    cause: Cause,
    rung: Option<(u32, u32)>,
    pace: Pace,
) {
    let methods = turn.facts.house.people.get(person).map(Person::working_methods);
    turn.next.n_walks += 1;
    if !turn.next.paged.contains(person) {
        turn.next.paged.push(person.clone());
    }
    let n = turn.next.n_walks;
    let (round, step) = rung.unwrap_or((0, n));
    let mut walk = Walk {
        n,
        person: person.clone(),
        cause,
        began_at: turn.facts.now,
        round,
        step,
        also: vec![],
        methods: methods.unwrap_or_default(),
        n_tried: 0,
        n_repeats: 0,
        opening: match pace {
            Pace::AtOpening(opening) => Some(opening),
            Pace::AtOnce | Pace::Joined => None,
        },
        may_repeat: true,
        reach: Reach::Open,
        failed: vec![],
        refused: vec![],
        next_at: None,
    };
    let now = turn.facts.now;
    let mut begin = now;
    if pace == Pace::Joined {
        let last = turn.next.joined_paged.get(person);
        begin = last.map_or(now, |last| now.max(*last + JOINED_WITHIN));
        turn.next.joined_paged.insert(person.clone(), begin);
    }
    if walk.cause.is_for_acker() {
        begin = hours::first_opens_at(&turn.next, turn.facts, begin).unwrap_or(begin);
    }
    if begin > now {
        walk.began_at = begin;
        walk.next_at = Some(begin);
    } else {
        go_on(turn, &mut walk);
    }
    turn.next.walks.push(walk);
}

/// The next method of a walk, or the next repeat of its last one.
pub(super) fn go_on(turn: &mut Turn<'_>, walk: &mut Walk) {
    let now = turn.facts.now;
    let incident = turn.next.id;
    if let Some(method) = walk.methods.get(walk.n_tried).copied() {
        walk.n_tried += 1;
        walk.opening = opened(turn, walk).or(walk.opening);
        let id = walk.page_id(incident, method);
        send(turn, walk, id.clone(), method);
        turn.pages.push(PageChange::New(Box::new(Page {
            id,
            incident,
            walk: walk.n,
            person: walk.person.clone(),
            method,
            round: walk.round,
            step: walk.step,
            cause: walk.cause.clone(),
            opening: walk.opening,
            repeats: 0,
            due: now,
            sent: None,
            accepted: None,
            delivered: None,
            acked: None,
            failed: None,
            superseded: None,
            provider_id: None,
            error: None,
            folded_into: None,
        })));
    } else if let Some(method) = walk.method().filter(|_| walk.may_repeat && walk.n_repeats < MAX_REPEATS) {
        walk.n_repeats += 1;
        let page = walk.page_id(incident, method);
        turn.pages.push(PageChange::Repeat(page.clone()));
        send(turn, walk, page, method);
    }
    let interval = turn.facts.house.means(turn.next.severity()).contact_interval;
    let has_more = walk.n_tried < walk.methods.len() || (walk.may_repeat && walk.n_repeats < MAX_REPEATS);
    let next_at = now + interval;
    // Closing interrupts a walk; one that a human began after closing goes on.
    let opening = closed_until(turn, walk, next_at).filter(|_| closed_until(turn, walk, now).is_none());
    walk.next_at = (has_more && interval > Duration::zero()).then(|| opening.unwrap_or(next_at));
}

/// One method's page goes out, by itself or in a digest.
fn send(turn: &mut Turn<'_>, walk: &Walk, page: PageId, method: ContactMethod) {
    let repeat = walk.n_repeats;
    turn.effects.push(match walk.opening {
        None => Effect::Page { page, method, repeat },
        Some(opening) => {
            let digest = Digest { person: walk.person.clone(), opening };
            if !turn.next.digests.contains(&digest) {
                turn.next.digests.push(digest.clone());
            }
            Effect::PageDigest { digest, method, repeat }
        }
    });
}

/// The opening for which a walk has waited until now, if it has.
fn opened(turn: &Turn<'_>, walk: &Walk) -> Option<DateTime<Utc>> {
    let is_opening = |schedule: &ScheduleId, at| hours::is_opening(&turn.next, turn.facts, schedule, at);
    walk.next_at.filter(|at| match &walk.cause {
        Cause::Ladder(schedule) => is_opening(schedule, *at),
        Cause::Back | Cause::SnoozeOver | Cause::Joined => {
            turn.next.ladders.iter().any(|ladder| is_opening(&ladder.schedule, *at))
        }
        Cause::Commander(_) | Cause::Asked { .. } => false,
    })
}

/// When a walk that keeps to business hours may go on after `at`, if it may not then.
fn closed_until(turn: &Turn<'_>, walk: &Walk, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match &walk.cause {
        Cause::Ladder(schedule) => hours::opens_at(&turn.next, turn.facts.house, schedule, at),
        Cause::Back | Cause::SnoozeOver | Cause::Joined => hours::first_opens_at(&turn.next, turn.facts, at),
        Cause::Commander(_) | Cause::Asked { .. } => None,
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

/// The next step of a ladder ends the repeats of its earlier pages, unless another ladder waits for an answer to them too, and
/// of what the acker was asked; not their untried methods.
pub(super) fn end_repeats(turn: &mut Turn<'_>, schedule: &ScheduleId) {
    let ladders = &turn.next.ladders;
    let is_awaited = |rung: Rung| ladders.iter().any(|ladder| ladder.waits_for(&rung));
    let is_earlier = |walk: &&mut Walk| match &walk.cause {
        Cause::Back | Cause::SnoozeOver | Cause::Joined => true,
        Cause::Ladder(_) => {
            walk.rungs().any(|rung| rung.schedule == *schedule) && !walk.rungs().any(is_awaited)
        }
        Cause::Commander(_) | Cause::Asked { .. } => false,
    };
    for walk in turn.next.walks.iter_mut().filter(is_earlier) {
        end_repeats_of(walk);
    }
}

/// People who are not on call any more are not rung again by that ladder, unless another one waits for them too.
pub(super) fn relieve(turn: &mut Turn<'_>, schedule: &ScheduleId, people: &[PersonId]) {
    let is_relieved = |walk: &&mut Walk| {
        matches!(walk.cause, Cause::Ladder(_))
            && people.contains(&walk.person)
            && walk.rungs().all(|rung| rung.schedule == *schedule)
    };
    for walk in turn.next.walks.iter_mut().filter(is_relieved) {
        end_repeats_of(walk);
    }
}

fn end_repeats_of(walk: &mut Walk) {
    walk.may_repeat = false;
    if walk.has_tried_all() {
        walk.next_at = None;
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

/// What the timeline says about a ledger row.
pub(super) fn paged(page: &Page) -> Paged {
    let Page { id, person, method, round, step, .. } = page;
    Paged { page: id.clone(), person: person.clone(), method: *method, round: *round, step: *step }
}

/// A provider took a page. That is a fact, also when nobody waits for it any more.
pub(super) fn page_accepted(
    turn: &mut Turn<'_>,
    page: &Page,
    sent_at: DateTime<Utc>,
    provider_id: Option<String>,
) {
    turn.record_at(sent_at, Actor::Bot, What::PageSent(paged(page)));
    turn.record(What::PageAccepted(paged(page)));
    let interval = turn.facts.house.means(turn.next.severity()).contact_interval;
    // While a direct message was on its way the page may have ended, or the channel opened: what was sent is behind.
    // No other method's message can be edited, and editing all direct messages for it would only spend Slack's limit.
    let is_behind = match turn.next.walks.iter_mut().find(|walk| walk.n == page.walk) {
        Some(walk) => {
            walk.reach = Reach::Taken;
            if walk.has_tried_all() && walk.method() == Some(page.method) {
                // After an outage the repeats that were due meanwhile do not follow each other closely.
                walk.next_at = walk.next_at.map(|at| at.max(sent_at + interval));
            }
            page.method == ContactMethod::Slack && turn.next.room.channel.is_some()
        }
        None => true,
    };
    calls::was_taken_late(turn, page);
    if is_behind {
        turn.effects.push(match page.opening {
            None => Effect::RefreshPages,
            Some(opening) => {
                Effect::RefreshDigest { digest: Digest { person: page.person.clone(), opening } }
            }
        });
    }
    turn.pages.push(PageChange::Accepted { page: page.id.clone(), sent_at, provider_id });
}

/// A provider did not take a page: the next method at once. When there is none, what only passes is waited for, a while; what
/// is refused for good is not.
pub(super) fn page_failed(
    turn: &mut Turn<'_>,
    page: &Page,
    sent_at: DateTime<Utc>,
    fault: NotTaken,
    error: String,
) {
    let Page { walk: n, method, .. } = *page;
    if fault != NotTaken::Held {
        turn.pages.push(PageChange::Failed { page: page.id.clone(), sent_at, error: error.clone() });
        // It is tried again for as long as it matters; that it fails is told once.
        let is_first = match turn.next.walks.iter().find(|walk| walk.n == n) {
            Some(walk) => !walk.failed.contains(&method),
            None => page.failed.is_none() && page.accepted.is_none(),
        };
        if is_first {
            turn.record_at(sent_at, Actor::Bot, What::PageSent(paged(page)));
            turn.record(What::PageFailed { paged: paged(page), error: error.clone() });
        }
    }
    let mut is_beyond_hope = false;
    with_walk(turn, n, |turn, walk| {
        if fault != NotTaken::Held && !walk.failed.contains(&method) {
            walk.failed.push(method);
        }
        if fault == NotTaken::Refused && !walk.refused.contains(&method) {
            walk.refused.push(method);
        }
        let is_latest = walk.method() == Some(method);
        if is_latest && !walk.has_tried_all() {
            match turn.next.stands_still_since().filter(|_| walk.waits_while_clear()) {
                Some(since) => walk.next_at = Some(since),
                None => go_on(turn, walk),
            }
        } else if walk.reach == Reach::Open && walk.has_tried_all() {
            let since = turn.next.stands_still_since().filter(|_| walk.waits_while_clear());
            let until = since.unwrap_or(turn.facts.now) + UNDELIVERED_AFTER;
            walk.reach = Reach::Failing { until, error: error.clone() };
        }
        is_beyond_hope = matches!(walk.reach, Reach::Open | Reach::Failing { .. })
            && walk.methods.iter().all(|method| walk.refused.contains(method));
    });
    if is_beyond_hope {
        is_not_delivered(turn, n, error);
    }
}

/// What a provider took never arrived: the next method at once. When there is none, the last one repeats as it would have; but
/// whoever cannot be reached by anything is not waited for.
pub(super) fn page_lost(turn: &mut Turn<'_>, page: &Page, fault: NotArrived, error: String) {
    let Page { walk: n, method, .. } = *page;
    turn.pages.push(PageChange::Lost { page: page.id.clone(), error: error.clone() });
    turn.record(What::PageFailed { paged: paged(page), error: error.clone() });
    let mut is_beyond_hope = false;
    with_walk(turn, n, |turn, walk| {
        if !walk.failed.contains(&method) {
            walk.failed.push(method);
        }
        let is_news = fault == NotArrived::Unreachable && !walk.refused.contains(&method);
        if is_news {
            walk.refused.push(method);
        }
        if walk.method() == Some(method) && !walk.has_tried_all() {
            match turn.next.stands_still_since().filter(|_| walk.waits_while_clear()) {
                Some(since) => walk.next_at = Some(since),
                None => go_on(turn, walk),
            }
        }
        is_beyond_hope = is_news && walk.methods.iter().all(|method| walk.refused.contains(method));
    });
    if is_beyond_hope {
        is_not_delivered(turn, n, error);
    }
}

/// No provider has taken a page for long enough.
pub(super) fn give_up(turn: &mut Turn<'_>, n: u32) {
    let reach = turn.next.walks.iter().find(|walk| walk.n == n).map(|walk| walk.reach.clone());
    if let Some(Reach::Failing { error, .. }) = reach {
        is_not_delivered(turn, n, error);
    }
}

/// A person is not reached by anything: that is said, and when nobody of their step is reached, the next step fires now. The
/// page goes on being tried.
fn is_not_delivered(turn: &mut Turn<'_>, n: u32, error: String) {
    let Some(walk) = turn.next.walks.iter_mut().find(|walk| walk.n == n) else { return };
    walk.reach = Reach::Nothing;
    let walk = walk.clone();
    let person = walk.person.clone();
    turn.effects.push(Effect::TellAdmins { what: Warning::PersonUnreachable { person, error } });
    for rung in walk.rungs() {
        let is_of_step = |other: &&Walk| other.rungs().any(|other| other == rung);
        let nobody_reached =
            turn.next.walks.iter().filter(is_of_step).all(|walk| walk.reach == Reach::Nothing);
        let ladder = turn.next.ladders.iter_mut().find(|ladder| ladder.waits_for(&rung));
        let Some(ladder) = ladder.filter(|_| nobody_reached) else { continue };
        match &mut ladder.phase {
            Phase::Climbing { .. } => ladder::climb(turn, &rung.schedule, Cue::NotDelivered),
            Phase::Paused { left } => *left = Duration::zero(),
            Phase::Stopped => {}
        }
    }
}

/// At the opening a ladder goes on by itself: what its earlier pages of the same person had left for then is not sent beside
/// it. Says for which steps of other ladders they were meant too.
pub(super) fn give_way(turn: &mut Turn<'_>, person: &PersonId, schedule: &ScheduleId) -> Vec<Rung> {
    let now = turn.facts.now;
    let is_left = |walk: &&mut Walk| {
        walk.person == *person
            && walk.cause.schedule() == Some(schedule)
            && walk.next_at.is_some_and(|at| at <= now)
    };
    let mut meant_too = vec![];
    for walk in turn.next.walks.iter_mut().filter(is_left) {
        walk.next_at = None;
        meant_too.append(&mut walk.also);
    }
    meant_too
}
