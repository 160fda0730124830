//! What must be true of every decision, whatever a test is about.

use std::collections::BTreeSet;

use super::super::command::Command;
use super::super::timeline::What;
use super::super::{Decision, Door, Incident, Ladder, Phase, Reach, State, Walk, decide};
use super::night::Night;
use crate::domain::effect::Effect;
use crate::domain::page::{Cause, Page, PageChange};
use crate::domain::people::ContactMethod;
use crate::ids::PersonId;

/// Holds a decision against what was promised.
pub fn must_hold(night: &Night, before: Option<&Incident>, decision: &Decision) {
    let (next, now) = (&decision.next, night.now);
    let stored: Incident = serde_json::from_str(&serde_json::to_string(next).unwrap()).unwrap();
    assert_eq!(stored, *next, "an incident survives being stored");

    let n_before = before.map_or(0, |before| before.n_events);
    let seqs: Vec<i64> = decision.entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, (n_before + 1..=next.n_events).collect::<Vec<_>>(), "the timeline has no gap");
    if let Some(before) = before {
        assert!(next.epoch >= before.epoch);
        let is_same = (before.state.name(), before.state.ack()) == (next.state.name(), next.state.ack());
        assert!(is_same || next.epoch > before.epoch, "older buttons go stale");
        assert!(is_same || !decision.entries.is_empty(), "a change of state is told: {before:#?} {next:#?}");
    }

    let may_page = |page: &Page| match (before.map(|before| &before.state), &next.state) {
        (Some(State::Monitoring { .. }), State::Monitoring { .. }) => {
            matches!(page.cause, Cause::Asked { .. })
        }
        (_, State::Resolved { .. } | State::Closed { .. }) => false,
        _ if before.is_some_and(Incident::stands_still) && next.stands_still() => {
            matches!(page.cause, Cause::Asked { .. })
        }
        (_, State::Triggered | State::Acknowledged(_) | State::Monitoring { .. }) => true,
    };
    let was_taken = before.is_some_and(|before| before.state.ack().is_some());
    let mut rows: BTreeSet<_> = night.ledger.iter().map(row).collect();
    let mut ids: BTreeSet<_> = night.ledger.iter().map(|page| page.id.clone()).collect();
    for change in &decision.pages {
        let PageChange::New(page) = change else { continue };
        assert!(may_page(page), "{} is paged although it is clear or over", page.person);
        assert!(ids.insert(page.id.clone()), "{} is used twice", page.id);
        let is_ended = |change: &PageChange| matches!(change, PageChange::Superseded(walks) if walks.contains(&page.walk));
        assert!(!decision.pages.iter().any(is_ended), "{} begins and ends at once", page.id);
        assert!(rows.insert(row(page)), "the row of {} is used twice", page.id);
        let Cause::Ladder(schedule) = &page.cause else { continue };
        let is_begun = before.is_some_and(|before| {
            before.ladders.iter().any(|ladder| ladder.schedule == *schedule && ladder.phase == Phase::Stopped)
        });
        // Unless it has taken over from one that climbed, and whose schedule is no longer configured.
        let is_heir = before.is_some_and(|before| {
            let is_gone = |ladder: &Ladder| !night.house.schedules.contains_key(&ladder.schedule);
            before.ladders.iter().any(|ladder| is_gone(ladder) && ladder.phase != Phase::Stopped)
        });
        let is_still_taken = was_taken && next.state.ack().is_some();
        assert!(
            !(is_still_taken && is_begun && !is_heir),
            "a ladder pages {} after the acknowledgement",
            page.person
        );
    }

    for change in &decision.pages {
        let (page, kind) = match change {
            PageChange::Accepted { page, .. } => (page, "page_accepted"),
            PageChange::Failed { page, .. } | PageChange::Lost { page, .. } => (page, "page_failed"),
            PageChange::New(_)
            | PageChange::Delivered(_)
            | PageChange::Repeat(_)
            | PageChange::Folded { .. }
            | PageChange::Carried(_)
            | PageChange::Alone(_)
            | PageChange::AckedBy(_)
            | PageChange::Superseded(_) => continue,
        };
        // That a page which is tried again has failed once more is no news.
        let is_known = kind == "page_failed"
            && night
                .ledger
                .iter()
                .any(|row| row.id == *page && (row.failed.is_some() || row.accepted.is_some()));
        let tells = |what: &What| match what {
            What::PageAccepted(paged) | What::PageFailed { paged, .. } => {
                paged.page == *page && what.kind() == kind
            }
            _ => false,
        };
        let is_told = decision.entries.iter().any(|entry| tells(&entry.what));
        assert!(is_told || is_known, "{kind} of {page} is not on the timeline");
    }

    let begun_now: Vec<&Walk> = next
        .walks
        .iter()
        .filter(|walk| walk.began_at == now && walk.n_tried > 0 && walk.reach != Reach::Nothing)
        .collect();
    for (index, walk) in begun_now.iter().enumerate() {
        let (Some(schedule), person) = (walk.cause.schedule(), &walk.person) else { continue };
        let is_other = |other: &&&Walk| {
            other.person == *person && other.cause.schedule().is_some_and(|other| other != schedule)
        };
        let other = begun_now.iter().skip(index + 1).find(is_other);
        assert!(other.is_none(), "{person} is paged twice at once: {walk:#?} {other:#?}");
    }
    if next.state.is_open() {
        let is_known = |schedule| night.house.schedules.contains_key(schedule);
        assert!(
            next.ladders.iter().all(|ladder| is_known(&ladder.schedule)),
            "a ladder by nobody's schedule"
        );
    }

    let pages = night.house.policy_for(next.service.as_ref(), next.severity()).is_some();
    if next.state == State::Triggered && pages {
        let is_muted = next.muted().is_some_and(|muted| muted.until > now);
        let climbs =
            is_muted || next.ladders.iter().any(|ladder| matches!(ladder.phase, Phase::Climbing { .. }));
        assert!(climbs && next.wake_at().is_some(), "nobody has it, and nothing will happen: {next:#?}");
    }
    if matches!(next.state, State::Closed { .. }) {
        assert_eq!(next.closes_at, None, "closed, and to be closed");
    }
    let room = &next.room;
    let was_reopening = before.is_some_and(|before| matches!(before.room.door, Door::Reopening(_)));
    if matches!(room.door, Door::Reopening(_)) && !was_reopening {
        assert!(decision.effects.contains(&Effect::OpenChannel), "nobody opens the door again");
    }
    if room.door == Door::Archiving && before.is_some_and(|before| before.room.door != Door::Archiving) {
        assert!(matches!(next.state, State::Closed { .. }), "archived while there is something to do");
        let last = decision.effects.iter().position(|effect| *effect == Effect::ArchiveChannel);
        let word = decision.effects.iter().position(|effect| matches!(effect, Effect::Say { .. }));
        assert!(word.is_some() && word < last, "it is said before");
    }
    assert!(room.channel.is_some() || room.former.is_empty(), "one that it had, and none now");
    assert!(!room.former.iter().any(|former| Some(&former.id) == room.channel.as_ref().map(|now| &now.id)));
    if next.wake_at().is_none_or(|due| due > now) {
        let idle = decide(next, Command::Wake, &night.facts()).unwrap();
        assert_eq!(idle.next, *next, "woken too early");
        assert!(idle.entries.is_empty() && idle.pages.is_empty() && idle.effects.is_empty());
    }
}

/// What may be in the ledger only once.
fn row(page: &Page) -> (Option<String>, u32, u32, PersonId, ContactMethod) {
    let lane = page.cause.schedule().map(ToString::to_string);
    (lane, page.round, page.step, page.person.clone(), page.method)
}
