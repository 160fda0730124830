//! Merging: people see that two incidents are one problem, and one of them goes into the other.
//!
//! The only decision about two incidents: both change, or neither does. The one that is merged away ends, and what fed it
//! feeds the other from then on. That one pages as it did, or anew when it has become worse by the merge; a human who merges
//! takes nothing by it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::alerts;
use super::child::{Known, KnownChildren};
use super::command::{Facts, Refusal};
use super::timeline::What;
use super::turn::{Decision, Turn};
use super::{Actor, Incident, SeverityOverride, State, ladder, silences, storm, walk};
use crate::domain::alert::AlertStatus;
use crate::domain::effect::Effect;
use crate::ids::{ChannelId, Fingerprint, IncidentId, PersonId, SourceId};

/// What the timeline calls the rule of a severity that came with a merge.
const RULE: &str = "merged";

/// An incident that was merged into another, as that one remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absorbed {
    /// Which.
    pub id: IncidentId,
    /// Who worked on it, was paged about it, or merged it.
    pub people: Vec<PersonId>,
    /// Where they met.
    pub channel: Option<ChannelId>,
}

/// One of the two, with what is known of its alerts.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// Its alerts.
    pub known: &'a KnownChildren,
}

/// What a merge leads to. All of it is stored in one transaction, then acted upon.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The incident that is merged away. Its alerts and groups are the other's from now on.
    pub gone: Decision,
    /// The incident that goes on.
    pub kept: Decision,
    /// The alerts that both of them had and of which the one merged away knew the latest; of the others it is forgotten.
    pub newer: Vec<(SourceId, Fingerprint)>,
}

/// Merges one incident into another.
///
/// # Errors
/// When either of them is over, private or part of another one, or both are the same. The refusal names the one that refuses.
pub fn merge(gone: Side<'_>, into: Side<'_>, by: &Actor, facts: &Facts<'_>) -> Result<Merge, Refusal> {
    if gone.incident.id == into.incident.id {
        return Err(Refusal::IntoItself { id: gone.incident.id });
    }
    must_go_on(gone.incident)?;
    must_go_on(into.incident)?;
    let mut known = into.known.clone();
    let mut newer = vec![];
    for (source, fingerprint, theirs) in gone.known.iter() {
        let ours = known.get(source, fingerprint);
        if ours.is_none_or(|ours| is_newer(theirs, ours)) {
            newer.extend(ours.map(|_| (source.clone(), fingerprint.clone())));
            known.insert(source.clone(), fingerprint.clone(), theirs.clone());
        }
    }
    let ends = end(gone.incident, into.incident, by, facts);
    let kept = take_in(into, gone, &known, by, facts);
    Ok(Merge { gone: ends, kept, newer })
}

fn must_go_on(incident: &Incident) -> Result<(), Refusal> {
    let id = incident.id;
    match (incident.merged_into, incident.resolved_at()) {
        (Some(into), _) => Err(Refusal::Merged { id, into, channel: None }),
        (None, Some(at)) => Err(Refusal::Ended { id, at }),
        (None, None) if incident.privacy.is_private() => Err(Refusal::Private { id }),
        (None, None) if incident.storm.is_some() => Err(Refusal::Storm { id }),
        (None, None) => Ok(()),
    }
}

/// Whether one word about an alert is later than another: a later beginning, or the end of the same that was told, or what was
/// believed last.
fn is_newer(one: &Known, other: &Known) -> bool {
    let rank = |known: &Known| {
        let is_told_to_be_over = known.status == AlertStatus::Resolved && !known.is_inferred;
        (known.starts_at, is_told_to_be_over, known.heard_at)
    };
    rank(one) > rank(other)
}

/// The end of the one that is merged away: its ladders and pages stop, and no post-mortem is due.
fn end(gone: &Incident, into: &Incident, by: &Actor, facts: &Facts<'_>) -> Decision {
    let mut turn = Turn::begin(gone.clone(), by.clone(), facts);
    silences::leave(&mut turn);
    ladder::stop(&mut turn);
    walk::end_walks(&mut turn, by.person(), |_| true);
    turn.next.snoozed_until = None;
    turn.next.state = State::Closed { at: facts.now, by: by.clone() };
    turn.next.merged_into = Some(into.id);
    turn.next.feeds.clear();
    (turn.next.n_firing, turn.next.n_alerts) = (0, 0);
    turn.turn_page();
    turn.record(What::MergedInto { into: into.id, title: into.title.clone() });
    turn.decided(Some(gone))
}

/// The other one goes on with everything that fed the first; `known` is what is known of all alerts.
fn take_in(into: Side<'_>, gone: Side<'_>, known: &KnownChildren, by: &Actor, facts: &Facts<'_>) -> Decision {
    let n_shared = firing_in_both(into.known, gone.known);
    let (into, gone) = (into.incident, gone.incident);
    let mut turn = Turn::begin(into.clone(), by.clone(), facts);
    let next = &mut turn.next;
    for feed in &gone.feeds {
        // What fed one of them before may feed the other now.
        match next.feeds.iter_mut().find(|known| known.key == feed.key) {
            Some(known) => known.n_truncated = known.n_truncated.max(feed.n_truncated),
            None => next.feeds.push(feed.clone()),
        }
    }
    next.services.extend(gone.services.iter().cloned());
    next.started_at = next.started_at.min(gone.started_at);
    next.last_ended_at = next.last_ended_at.max(gone.last_ended_at);
    next.kept_open |= gone.kept_open;
    next.runbook = next.runbook.take().or_else(|| gone.runbook.clone());
    next.n_firing = known.n_firing();
    next.n_alerts = known.n();
    let n_firing = next.n_firing;
    let channel = gone.room.channel.clone();
    let from = channel.as_ref().map(|channel| channel.id.clone());
    let people = responders(gone, by);
    next.absorbed.push(Absorbed { id: gone.id, people: people.clone(), channel: from.clone() });
    turn.record(What::TookIn { incident: gone.id, title: gone.title.clone(), channel, n_firing });
    turn.invite(people);
    let guests = from.filter(|_| turn.next.room.channel.is_some()).map(|from| Effect::BringOver { from });
    turn.effects.extend(guests);
    silences::take_over(&mut turn, gone, &n_shared);
    silences::count(&mut turn, known);
    // What is not silenced makes ladders go on before anything begins anew.
    silences::settle(&mut turn);
    let pages_by_itself = turn.next.umbrella.is_some() && gone.umbrella.is_none();
    if pages_by_itself {
        // The umbrella does not stand for what was merged in.
        storm::leave(&mut turn);
    }
    if rises(&mut turn, gone) || pages_by_itself {
        let schedules = gone.ladders.iter().map(|ladder| ladder.schedule.clone()).collect();
        alerts::page_anew(&mut turn, &schedules);
    } else {
        keeps_pace(&mut turn, gone);
    }
    silences::settle(&mut turn);
    turn.decided(Some(into))
}

/// How many alerts of each source fire in both.
fn firing_in_both(one: &KnownChildren, other: &KnownChildren) -> BTreeMap<SourceId, u32> {
    let fires = |known: &Known| known.status == AlertStatus::Firing;
    let mut shared = BTreeMap::new();
    for (source, fingerprint, known) in one.iter() {
        if fires(known) && other.get(source, fingerprint).is_some_and(fires) {
            *shared.entry(source.clone()).or_insert(0) += 1;
        }
    }
    shared
}

/// Everybody who worked on it or was to, and whoever merges it.
fn responders(incident: &Incident, by: &Actor) -> Vec<PersonId> {
    let mut people = incident.paged.clone();
    let ackers = incident.first_ack.iter().chain(incident.state.ack());
    people.extend(ackers.filter_map(|ack| ack.by.person().cloned()));
    people.extend(incident.commander.iter().chain(by.person()).cloned());
    people.extend(incident.absorbed.iter().flat_map(|absorbed| absorbed.people.iter().cloned()));
    people.sort();
    people.dedup();
    people
}

/// Takes the severity of what is merged in, when that is worse. What a human said about either of them still counts: only
/// what nobody has seen may raise it further.
fn rises(turn: &mut Turn<'_>, gone: &Incident) -> bool {
    let (from, to) = (turn.next.severity(), gone.severity());
    if !to.is_worse_than(from) {
        return false;
    }
    if gone.severity_override.is_none()
        && gone.assessment.severity.is_worse_than(turn.next.assessment.severity)
    {
        turn.next.assessment = gone.assessment.clone();
    }
    if turn.next.severity() != to {
        let theirs = gone.severity_override.as_ref().filter(|human| human.severity == to);
        let (by, reason) = match theirs {
            Some(human) => (human.by.clone(), human.reason.clone()),
            None => (turn.actor.clone(), Some(format!("{RULE} {}", gone.id))),
        };
        let seen = turn.next.assessment.severity.min(gone.assessment.severity);
        turn.next.severity_override = Some(SeverityOverride { severity: to, by, reason, seen });
    }
    let (rule, reason) = (RULE.to_owned(), gone.id.to_string());
    turn.record(What::SeverityChanged { from, to, rule, reason });
    true
}

/// It is no worse than before. While it was clear, what fires now ends that, and whoever has it is told unless the human who
/// merges, or one who had the other, knows; when nothing fires, its quiet time begins anew.
fn keeps_pace(turn: &mut Turn<'_>, gone: &Incident) {
    let State::Monitoring { acked, .. } = turn.next.state.clone() else { return };
    if turn.next.n_firing == 0 {
        let resolves_again: Option<DateTime<Utc>> = alerts::quiet_until(turn);
        if let State::Monitoring { resolves_at, .. } = &mut turn.next.state {
            *resolves_at = resolves_again;
        }
        return;
    }
    ladder::resume(turn);
    turn.turn_page();
    match acked {
        None => turn.next.state = State::Triggered,
        Some(ack) => {
            turn.next.state = State::Acknowledged(ack.clone());
            if gone.state.ack().is_none() && ack.by != turn.actor {
                alerts::tell_acker(turn, &ack);
            }
        }
    }
}
