//! Writes decisions down: state, timeline, ledger, alerts and effects in one transaction.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::Engine;
use super::doors::Leaving;
use super::views::Shown;
use crate::domain::effect::{Effect, Warning};
use crate::domain::incident::Decision;
use crate::domain::incident::timeline::{What, Words};
use crate::domain::severity::Severity;
use crate::ids::IncidentId;
use crate::store::incidents::Versioned;
use crate::store::outbox::{Claimed, Entry, Posted};
use crate::store::timeline::Told;
use crate::store::{StoreError, Tx, alerts, incidents, notes, outbox, pages, silences, timeline};
use crate::words;

/// How long a claimed effect belongs to its worker. Longer than any errand may take; a dead replica's work is taken over
/// when it has passed.
pub(super) const LEASE: Duration = Duration::seconds(12);

/// Values of labels that begin with so many equal characters are told once.
const TOLD_APART: usize = 200;

/// A schedule that is gone is told of again when it was put back and has gone again after so long.
const GONE_AGAIN: Duration = Duration::days(1);

/// A decision about an incident as it was read, or about a new one (`before` is `None`).
pub(super) struct Change<'a> {
    /// The incident it was decided about.
    pub before: Option<&'a Versioned>,
    /// What was decided.
    pub decision: &'a Decision,
}

/// What a transaction holds that is to be acted upon once it is committed.
#[derive(Debug, Default)]
pub(super) struct Saved {
    /// Pages that are leased to this process.
    pub leaving: Vec<Leaving>,
    /// Kinds of other effects that may have come to the head of their lane.
    pub errands: BTreeSet<&'static str>,
    /// When the first of the incidents is to be looked at again (story time).
    pub wakes_at: Option<DateTime<Utc>>,
}

impl Saved {
    /// What another part of the transaction holds.
    pub fn join(&mut self, other: Self) {
        self.leaving.extend(other.leaving);
        self.errands.extend(other.errands);
        self.wakes_at = self.wakes_at.into_iter().chain(other.wakes_at).min();
    }
}

impl Engine {
    /// Stores decisions about different incidents, row by row of one kind together.
    pub(super) async fn save(
        &self,
        tx: &mut Tx,
        changes: &[Change<'_>],
        now: DateTime<Utc>,
    ) -> Result<Saved, StoreError> {
        let folded = self.fold(tx, changes, now).await?;
        let mut as_folded = vec![];
        for (index, change) in changes.iter().enumerate() {
            let decision = folded.get(&index).unwrap_or(change.decision);
            as_folded.push(Change { before: change.before, decision });
        }
        let changes = as_folded;
        let (mut new, mut changed, mut children, mut told, mut paged, mut posted) =
            (vec![], vec![], vec![], vec![], vec![], vec![]);
        let mut leaving = vec![];
        for Change { before, decision } in &changes {
            let next = &decision.next;
            match before {
                Some(before) => changed.push((*before, next)),
                None => new.push(next),
            }
            silences::keep(tx, before.map(|before| &before.incident), next).await?;
            children.extend(decision.children.iter().map(|child| (next.id, child)));
            told.extend(decision.entries.iter().map(|entry| {
                (next.id, Told { entry: entry.clone(), text: words::timeline::sentence(entry) })
            }));
            paged.extend(decision.pages.iter().map(|change| (next.id, change)));
            let effects = self.not_said_yet(tx, &decision.effects).await?;
            let effects: Vec<Posted> = self.posted(Some(next.id), Some(next.severity()), &effects).collect();
            leaving.extend(leased(&effects).map(|claimed| Leaving {
                claimed,
                shown: before.is_none().then(|| Arc::new(Shown::of_new(decision))),
            }));
            posted.extend(effects);
        }
        incidents::save(tx, &changed).await?;
        incidents::insert(tx, &new).await?;
        alerts::upsert(tx, &children, now).await?;
        timeline::append(tx, &told).await?;
        for Change { decision, .. } in &changes {
            for words in &decision.words {
                says(tx, decision.next.id, words).await?;
            }
        }
        pages::apply(tx, &paged, now).await?;
        outbox::add(tx, &posted).await?;
        let wakes_at = changes.iter().filter_map(|change| change.decision.next.wake_at()).min();
        let mut saved = Saved { leaving, errands: first_of_lanes(&posted), wakes_at };
        saved.join(self.tell_folded(tx, &changes, now).await?);
        Ok(saved)
    }

    /// The effects without what the admins have been told already: which severities no rule knows, and, however many incidents
    /// are on it, that a schedule is gone.
    async fn not_said_yet<'e>(
        &self,
        tx: &mut Tx,
        effects: &'e [Effect],
    ) -> Result<Cow<'e, [Effect]>, StoreError> {
        let now = self.clocks.wire.now();
        if !effects.iter().any(|effect| told_once(effect, now).is_some()) {
            return Ok(Cow::Borrowed(effects));
        }
        let mut kept = vec![];
        for effect in effects {
            let is_new = match told_once(effect, now) {
                Some((what, since)) => notes::may_say(tx, &what, now, since).await?,
                None => true,
            };
            kept.extend(is_new.then(|| effect.clone()));
        }
        Ok(Cow::Owned(kept))
    }

    /// Puts effects that wake nobody into the outbox.
    pub(super) async fn post(
        &self,
        tx: &mut Tx,
        incident: Option<IncidentId>,
        effects: &[Effect],
    ) -> Result<(), StoreError> {
        let posted: Vec<Posted> = self.posted(incident, None, effects).collect();
        outbox::add(tx, &posted).await
    }

    /// Effects as they enter the outbox. Pages among them are leased to this process at once, so that nothing but the
    /// commit stands between the decision and the wire; unless so many are on their way that they would only wait here.
    pub(super) fn posted(
        &self,
        incident: Option<IncidentId>,
        severity: Option<Severity>,
        effects: &[Effect],
    ) -> impl Iterator<Item = Posted> {
        let wire = self.clocks.wire.now();
        effects.iter().map(move |effect| Posted {
            id: self.next_id(),
            lane: effect.lane(incident.unwrap_or(IncidentId(0))).name(),
            incident,
            // Somebody waits for an answer.
            urgency: if is_waited_for(effect) { 0 } else { outbox::urgency(severity) },
            effect: effect.clone(),
            due_at: wire,
            entry: match effect.method() {
                Some(method) if self.doors.has_room(method) => Entry::Leased { until: wire + LEASE },
                Some(_) | None => Entry::Waiting,
            },
        })
    }

    /// After a commit of many decisions: leased pages leave, and those workers look again for whom something was written.
    pub(super) fn after_many(&self, saved: Saved) {
        for page in saved.leaving {
            self.doors.send(page);
        }
        self.nudges.outbox.want(saved.errands);
        self.nudges.timers.set(saved.wakes_at);
        self.nudges.homes.notify_one();
    }

    /// After a commit: leased pages leave, and the workers look at what else was written.
    pub(super) fn after_commit(&self, leaving: Vec<Leaving>) {
        for page in leaving {
            self.doors.send(page);
        }
        self.nudges.outbox.want_any();
        self.nudges.timers.ring();
        self.nudges.homes.notify_one();
    }
}

/// Whether the person who asked for it looks at their screen.
const fn is_waited_for(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Answer { .. }
            | Effect::OpenForm { .. }
            | Effect::UpdateForm { .. }
            | Effect::Silence { .. }
            | Effect::ExtendSilence { .. }
            | Effect::ExpireSilence { .. }
    )
}

/// Writes down what a message on a timeline says from now on.
async fn says(tx: &mut Tx, incident: IncidentId, words: &Words) -> Result<(), StoreError> {
    let mut told = timeline::one(tx, incident, words.seq).await?.ok_or(StoreError::Missing)?;
    if let What::MessageNoted { text, .. } = &mut told.entry.what {
        text.clone_from(&words.text);
    }
    let sentence = words.text.is_some().then(|| words::timeline::sentence(&told.entry));
    timeline::says(tx, incident, words, sentence.as_deref()).await
}

/// The kinds of those that no other one of these stands before.
fn first_of_lanes(posted: &[Posted]) -> BTreeSet<&'static str> {
    let mut lanes = HashSet::new();
    let waiting = posted.iter().filter(|posted| posted.effect.method().is_none());
    waiting.filter(|posted| lanes.insert(posted.lane.as_str())).map(|posted| posted.effect.name()).collect()
}

/// Those that this process performs itself.
fn leased(posted: &[Posted]) -> impl Iterator<Item = Claimed> {
    let leased = posted.iter().filter(|posted| posted.entry != Entry::Waiting);
    leased.map(|posted| Claimed {
        id: posted.id,
        incident: posted.incident,
        urgency: posted.urgency,
        effect: posted.effect.clone(),
        attempt: 1,
        tries: 1,
        in_doubt: 0,
        began_at: posted.due_at,
        lease_until: posted.due_at + LEASE,
    })
}

/// What the admins are told once and not for every incident: its name among what was said, and since when it was said in vain.
fn told_once(effect: &Effect, now: DateTime<Utc>) -> Option<(String, DateTime<Utc>)> {
    match effect {
        Effect::TellAdmins { what: Warning::UnmatchedSeverity { value } } => {
            // Rules compare without case, so another spelling is the same value.
            let value: String = value.iter().flat_map(|value| value.chars()).take(TOLD_APART).collect();
            Some((format!("unmatched severity {}", value.to_lowercase()), DateTime::UNIX_EPOCH))
        }
        Effect::TellAdmins { what: Warning::ScheduleGone { schedule, .. } } => {
            let schedule: String = schedule.chars().take(TOLD_APART).collect();
            Some((format!("schedule gone {schedule}"), now - GONE_AGAIN))
        }
        _ => None,
    }
}
