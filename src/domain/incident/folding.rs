//! Folding: pages to one person that come within a moment of each other ring once.
//!
//! The first page of all rings at once. Those that follow within the span of the house (`incidents.page_bundle`), while it is
//! unanswered, are folded into it: nothing rings for them, and its message names them. The row of a folded page says into which
//! one, and is accepted when that one is; never before. A page is let go, and rings by itself, as soon as the one it was folded
//! into cannot reach anybody for it any more: not taken by its provider, answered, cleared or over before it was taken. Its ladder
//! and its walk go on by themselves in any case, so the next method, repeat and step come when they are due, and are folded, or
//! not, by the same rules.
//!
//! These always ring by themselves: what is a P1, what is worse than the incident whose page rings, and whatever no ladder asked
//! for. A direct message is edited, so it can carry what comes later; telephones (`sms`, `voice`, `ntfy`) ring once only for
//! what some provider has taken in an earlier page of the same walk; `email` and `webhook` wake nobody and are never folded. A
//! repetition is folded only when both have been accepted before.
//!
//! An acknowledgement is about one incident, whatever its page carries: what was folded into it stays unanswered, and pages on.
//! The message has one button for all that it names, so one tap is enough; a tap takes just what was named when it was shown.

use chrono::{DateTime, Utc};

use super::timeline::{Entry, Origin, What};
use super::turn::{Decision, Turn};
use super::walk::paged;
use super::{Actor, Incident, Reach, State, Walk};
use crate::domain::effect::Effect;
use crate::domain::page::{Cause, Page, PageChange};
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::ids::{IncidentId, PageId, PersonId};

/// A page that is to ring because of a decision, and that may be folded, or carry others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Which row.
    pub page: PageId,
    /// Whose.
    pub incident: IncidentId,
    /// Who is to be woken.
    pub person: PersonId,
    /// By what.
    pub method: ContactMethod,
    /// How bad its incident is.
    pub severity: Severity,
    /// Whether it has rung before.
    pub is_repeat: bool,
    /// Whether another page may ring for it; if not, it may still ring for others.
    pub folds: bool,
}

/// What becomes of what is folded into a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// The provider has taken it.
    Taken,
    /// It may still be taken.
    OnItsWay,
    /// Nothing will reach anybody by it.
    Nothing,
}

/// The pages of a decision that have to do with folding.
pub fn rings(decision: &Decision) -> Vec<Ring> {
    let next = &decision.next;
    let ring = |effect: &Effect| {
        let Effect::Page { page, method, repeat } = effect else { return None };
        let walk = next.walks.iter().find(|walk| walk.page_id(next.id, *method) == *page)?;
        matches!(walk.cause, Cause::Ladder(_)).then(|| Ring {
            page: page.clone(),
            incident: next.id,
            person: walk.person.clone(),
            method: *method,
            severity: next.severity(),
            is_repeat: *repeat > 0,
            folds: next.severity() != Severity::P1 && is_foldable(walk, *method, *repeat > 0),
        })
    };
    decision.effects.iter().filter_map(ring).collect()
}

fn is_foldable(walk: &Walk, method: ContactMethod, is_repeat: bool) -> bool {
    let is_told = walk.reach == Reach::Taken && !walk.failed.contains(&method);
    match method {
        ContactMethod::Slack => !is_repeat || is_told,
        ContactMethod::Sms | ContactMethod::Voice | ContactMethod::Ntfy => is_told,
        ContactMethod::Email | ContactMethod::Webhook => false,
    }
}

/// Whether a page of this incident, as its row is now, may ring for that one too.
pub fn may_carry(incident: &Incident, row: &Page, ring: &Ring) -> bool {
    let is_awaited = incident.state == State::Triggered
        && !incident.stands_still()
        && matches!(row.cause, Cause::Ladder(_))
        && row.acked.is_none()
        && row.superseded.is_none();
    let carries = carries(incident, row);
    let reaches = if ring.is_repeat {
        carries == Carries::Taken
    } else {
        row.repeats == 0 && carries != Carries::Nothing
    };
    is_awaited
        && reaches
        && row.opening.is_none()
        && incident.id != ring.incident
        && (&row.person, row.method) == (&ring.person, ring.method)
        && !ring.severity.is_worse_than(incident.severity())
}

/// What becomes of what is folded into a page of this incident.
pub fn carries(incident: &Incident, row: &Page) -> Carries {
    if row.is_lost() {
        return Carries::Nothing;
    }
    if row.accepted.is_some() {
        return Carries::Taken;
    }
    let is_tried = |walk: &Walk| {
        walk.n == row.walk
            && walk.method() == Some(row.method)
            && !walk.failed.contains(&row.method)
            && matches!(walk.reach, Reach::Open | Reach::Taken)
    };
    let is_awaited = incident.state == State::Triggered && !incident.stands_still();
    if is_awaited && incident.walks.iter().any(is_tried) { Carries::OnItsWay } else { Carries::Nothing }
}

/// Folds a page of a decision into that row, as it is now.
pub fn fold(decision: &mut Decision, ring: &Ring, into: &Page, now: DateTime<Utc>, origin: Origin) {
    let row = decision.pages.iter().find_map(|change| match change {
        PageChange::New(page) if page.id == ring.page => Some((**page).clone()),
        _ => None,
    });
    let walk =
        decision.next.walks.iter_mut().find(|walk| walk.page_id(ring.incident, ring.method) == ring.page);
    let Some(walk) = walk else { return };
    let is_this = |effect: &Effect| matches!(effect, Effect::Page { page, .. } if *page == ring.page);
    decision.effects.retain(|effect| !is_this(effect));
    let is_taken = !ring.is_repeat && carries_already(into);
    if is_taken {
        walk.reach = Reach::Taken;
    }
    let told = super::timeline::Paged {
        page: ring.page.clone(),
        person: ring.person.clone(),
        method: ring.method,
        round: row.as_ref().map_or(walk.round, |row| row.round),
        step: row.as_ref().map_or(walk.step, |row| row.step),
    };
    decision.pages.push(PageChange::Folded { page: ring.page.clone(), into: into.id.clone() });
    decision.next.carried_by.insert(into.incident);
    let mut tell = |what: What| {
        decision.next.n_events += 1;
        let seq = decision.next.n_events;
        decision.entries.push(Entry { seq, at: now, actor: Actor::Bot, origin, what });
    };
    tell(What::PageFolded { paged: told.clone(), into: into.incident });
    if is_taken {
        tell(What::PageCarried { paged: told, by: into.incident });
        decision.pages.push(PageChange::Carried(ring.page.clone()));
    }
}

const fn carries_already(into: &Page) -> bool {
    into.accepted.is_some() && into.failed.is_none()
}

/// A provider took the page that a page of this incident is folded into.
pub(super) fn carried(turn: &mut Turn<'_>, page: &Page, by: IncidentId) {
    turn.record(What::PageCarried { paged: paged(page), by });
    if let Some(walk) = turn.next.walks.iter_mut().find(|walk| walk.n == page.walk) {
        walk.reach = Reach::Taken;
    }
    turn.pages.push(PageChange::Carried(page.id.clone()));
}

/// What a page of this incident was folded into reaches nobody for it: it rings now.
pub(super) fn alone(turn: &mut Turn<'_>, page: &Page, was: IncidentId) {
    if !turn.next.walks.iter().any(|walk| walk.n == page.walk) {
        return;
    }
    turn.record(What::PageAlone { paged: paged(page), was });
    turn.pages.push(PageChange::Alone(page.id.clone()));
    let (page, method, repeat) = (page.id.clone(), page.method, page.repeats);
    turn.effects.push(Effect::Page { page, method, repeat });
}
