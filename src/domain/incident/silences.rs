//! Silences in Alertmanager: those that people asked for here, and how much of what fires is silenced by anybody.
//!
//! A silence is no acknowledgement. But while every alert that fires is silenced, nobody is woken: ladders stand still as they
//! do while the alerts are clear, and go on with the wait they had left when the silence ends and something still fires.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::child::KnownChildren;
use super::command::{Hush, Refusal, SilenceNews};
use super::timeline::What;
use super::turn::Turn;
use super::{Actor, Incident, State, ladder};
use crate::domain::alert::AlertStatus;
use crate::domain::silence::LONGEST;
use crate::ids::{Fingerprint, SilenceId, SourceId};

/// People hear so long before the end that a silence ends; half way through a shorter one.
const WARNED_BEFORE: Duration = Duration::minutes(15);
/// So many of those who made silences are written down.
const NAMED: usize = 5;

/// What somebody asked to be silenced, as long as it lasts. Times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Unique inside the incident, from 1.
    pub n: u32,
    /// Where.
    pub source: SourceId,
    /// The silences there.
    pub ids: Vec<SilenceId>,
    /// Who asked.
    pub by: Actor,
    /// Why.
    pub reason: Option<String>,
    /// The alerts that it keeps quiet.
    pub alerts: Vec<Fingerprint>,
    /// How many of them fire.
    pub n_firing: u32,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// When people hear that it ends soon; `None` once they have.
    pub warn_at: Option<DateTime<Utc>>,
    /// When it was last changed from here.
    pub changed_at: DateTime<Utc>,
}

/// How much of an incident one source silences, by whomever. Times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    /// How many of its firing alerts.
    pub n: u32,
    /// When the first of them is heard again.
    pub until: DateTime<Utc>,
    /// Who made the silences, as they call themselves there.
    pub by: BTreeSet<String>,
    /// The silences.
    pub silences: BTreeSet<SilenceId>,
}

/// That everything which fires is silenced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Muted {
    /// Until when, UTC.
    pub until: DateTime<Utc>,
    /// By whom, as they call themselves in Alertmanager.
    pub by: BTreeSet<String>,
}

impl Incident {
    /// Everything that fires is silenced, so that nobody is woken; `None` when that is not so.
    pub fn muted(&self) -> Option<Muted> {
        self.muted_since?;
        let until = self.silenced.values().map(|silenced| silenced.until).min()?;
        let by = self.silenced.values().flat_map(|silenced| silenced.by.iter().cloned()).collect();
        Some(Muted { until, by })
    }

    /// Since when ladders stand still, UTC: the alerts are clear, or all that fires is silenced.
    pub(super) fn stands_still_since(&self) -> Option<DateTime<Utc>> {
        self.clear_since().or(self.muted_since)
    }

    /// Whether nobody is to be woken now, although it is open.
    pub fn stands_still(&self) -> bool {
        self.stands_still_since().is_some()
    }

    /// Whether everything that fires is silenced, or would be if nobody had said otherwise.
    fn is_all_silenced(&self) -> bool {
        let n: u32 = self.silenced.values().map(|silenced| silenced.n).fold(0, u32::saturating_add);
        let is_at_work = matches!(self.state, State::Triggered | State::Acknowledged(_));
        let is_heard_anyway = self
            .silenced
            .values()
            .flat_map(|silenced| &silenced.silences)
            .all(|silence| self.heard_anyway.contains(silence));
        is_at_work && self.n_firing > 0 && n >= self.n_firing && self.n_truncated() == 0 && !is_heard_anyway
    }

    /// That one silence from here keeps everything quiet that fires: the one that lasts longest.
    fn silenced_from_here(&self, source: &SourceId, now: DateTime<Utc>) -> Option<Silenced> {
        let covers = |silence: &&Silence| {
            silence.source == *source && silence.until > now && silence.n_firing >= self.n_firing
        };
        let silence = self.silences.iter().filter(covers).max_by_key(|silence| silence.until)?;
        Some(Silenced {
            n: silence.n_firing,
            until: silence.until,
            by: BTreeSet::from([silence.by.to_string()]),
            silences: silence.ids.iter().cloned().collect(),
        })
    }

    /// When something about silences is due, UTC.
    pub(super) fn silence_due(&self) -> Option<DateTime<Utc>> {
        let own = self
            .silences
            .iter()
            .map(|silence| silence.warn_at.map_or(silence.until, |warn_at| warn_at.min(silence.until)));
        own.chain(self.silenced.values().map(|silenced| silenced.until)).min()
    }
}

/// Whether somebody may have the alerts of an incident silenced for so long.
///
/// # Errors
/// Why not.
pub fn may_silence(incident: &Incident, span: Duration) -> Result<(), Refusal> {
    if span <= Duration::zero() || span > LONGEST {
        return Err(Refusal::SilenceSpan);
    }
    if incident.n_firing == 0 || incident.storm.is_some() {
        return Err(Refusal::NothingFires { id: incident.id });
    }
    Ok(())
}

/// Alertmanager has silenced what somebody asked for.
pub(super) fn created(turn: &mut Turn<'_>, mut silence: Silence) {
    let is_known = |known: &Silence| known.ids.iter().any(|id| silence.ids.contains(id));
    if turn.next.silences.iter().any(is_known) {
        return;
    }
    let now = turn.facts.now;
    turn.next.n_silences += 1;
    silence.n = turn.next.n_silences;
    silence.changed_at = now;
    silence.warn_at = Some(warn_at(now, silence.until));
    let n_alerts = u32::try_from(silence.alerts.len()).unwrap_or(u32::MAX);
    silence.n_firing = n_alerts;
    turn.record(What::SilenceCreated {
        n: silence.n,
        source: silence.source.clone(),
        until: silence.until,
        n_alerts,
        n_firing: turn.next.n_firing,
        reason: silence.reason.clone(),
    });
    let source = silence.source.clone();
    turn.next.silences.push(silence);
    if let Some(all) = turn.next.silenced_from_here(&source, now) {
        turn.next.silenced.insert(source, all);
    }
}

fn warn_at(now: DateTime<Utc>, until: DateTime<Utc>) -> DateTime<Utc> {
    let left = until - now;
    until - WARNED_BEFORE.min(left / 2)
}

/// Somebody has it last until then; `ids` are the silences from now on.
pub(super) fn extended(turn: &mut Turn<'_>, n: u32, ids: Vec<SilenceId>, until: DateTime<Utc>) {
    let now = turn.facts.now;
    let Some(silence) = turn.next.silences.iter_mut().find(|silence| silence.n == n) else { return };
    if silence.until == until && silence.ids == ids {
        return;
    }
    let before = std::mem::replace(&mut silence.ids, ids.clone());
    (silence.until, silence.warn_at, silence.changed_at) = (until, Some(warn_at(now, until)), now);
    let whose = |known: &&mut Silenced| before.iter().any(|id| known.silences.contains(id));
    for silenced in turn.next.silenced.values_mut().filter(whose) {
        silenced.until = until;
        silenced.silences.extend(ids.iter().cloned());
    }
    turn.record(What::SilenceExtended { n, until });
}

/// Somebody has ended it.
pub(super) fn expired(turn: &mut Turn<'_>, n: u32) {
    if turn.next.silences.iter().any(|silence| silence.n == n) {
        over(turn, n, true);
    }
}

fn over(turn: &mut Turn<'_>, n: u32, is_early: bool) {
    let Some(index) = turn.next.silences.iter().position(|silence| silence.n == n) else { return };
    let silence = turn.next.silences.remove(index);
    let lifts = |known: &Silenced| silence.ids.iter().any(|id| known.silences.contains(id));
    if turn.next.silenced.get(&silence.source).is_some_and(lifts) {
        match turn.next.silenced_from_here(&silence.source, turn.facts.now) {
            Some(all) => turn.next.silenced.insert(silence.source.clone(), all),
            None => turn.next.silenced.remove(&silence.source),
        };
    }
    turn.record(What::SilenceEnded { n, by: silence.by, n_firing: silence.n_firing, is_early });
}

/// What a poll says about the silences of one source. One that began before somebody here changed something is no news.
pub(super) fn seen(turn: &mut Turn<'_>, news: SilenceNews) {
    let SilenceNews { source, begun_at, silenced, ours } = news;
    if turn.next.silences.iter().any(|silence| silence.changed_at >= begun_at) {
        return;
    }
    let known: Vec<(u32, DateTime<Utc>, Vec<SilenceId>)> = turn
        .next
        .silences
        .iter()
        .filter(|silence| silence.source == source)
        .map(|silence| (silence.n, silence.until, silence.ids.clone()))
        .collect();
    for (n, until, ids) in known {
        match ids.iter().filter_map(|id| ours.get(id)).min().copied() {
            // It ends at its own time without anybody's doing.
            None if until > turn.facts.now => over(turn, n, true),
            None => {}
            Some(there) if (there - until).abs() >= Duration::seconds(1) => {
                let still = ids.into_iter().filter(|id| ours.contains_key(id)).collect();
                extended(turn, n, still, there);
            }
            Some(_as_known) => {}
        }
    }
    match silenced {
        Some(Hush::Part(silenced)) if turn.next.state.is_open() => {
            turn.next.silenced.insert(source, silenced);
        }
        Some(Hush::Part(_) | Hush::Nothing) => {
            turn.next.silenced.remove(&source);
        }
        None => {}
    }
}

/// What has become due: that a silence ends soon, or has ended.
pub(super) fn wake(turn: &mut Turn<'_>) {
    let now = turn.facts.now;
    let due: Vec<u32> = turn
        .next
        .silences
        .iter()
        .filter(|silence| silence.until <= now || silence.warn_at.is_some_and(|at| at <= now))
        .map(|silence| silence.n)
        .collect();
    for n in due {
        let Some(silence) = turn.next.silences.iter_mut().find(|silence| silence.n == n) else { continue };
        if silence.until <= now {
            over(turn, n, false);
        } else {
            silence.warn_at = None;
            let (until, n_firing) = (silence.until, silence.n_firing);
            turn.record(What::SilenceEnding { n, until, n_firing });
        }
    }
    turn.next.silenced.retain(|_, silenced| silenced.until > now);
}

/// Alerts have changed: how many of those that are silenced from here still fire.
pub(super) fn count(turn: &mut Turn<'_>, known: &KnownChildren) {
    for silence in &mut turn.next.silences {
        let source = &silence.source;
        let fires = |fingerprint: &&Fingerprint| {
            known.get(source, fingerprint).is_some_and(|child| child.status == AlertStatus::Firing)
        };
        let n_firing = silence.alerts.iter().filter(fires).count();
        silence.n_firing = u32::try_from(n_firing).unwrap_or(u32::MAX);
    }
}

/// It was merged away: what is silenced is another incident's from now on.
pub(super) fn leave(turn: &mut Turn<'_>) {
    no_longer_matters(turn);
    turn.next.silences.clear();
    turn.next.heard_anyway.clear();
}

/// What is silenced of an incident that is merged into this one; `n_shared` are the alerts that fire in both, which are not
/// silenced twice.
pub(super) fn take_over(turn: &mut Turn<'_>, gone: &Incident, n_shared: &BTreeMap<SourceId, u32>) {
    let next = &mut turn.next;
    for silence in &gone.silences {
        // Both may have asked for the same.
        let is_same = |known: &&mut Silence| known.ids.iter().any(|id| silence.ids.contains(id));
        if let Some(known) = next.silences.iter_mut().find(is_same) {
            let more = silence.alerts.iter().filter(|alert| !known.alerts.contains(alert));
            let more: Vec<Fingerprint> = more.cloned().collect();
            known.alerts.extend(more);
        } else {
            next.n_silences += 1;
            next.silences.push(Silence { n: next.n_silences, ..silence.clone() });
        }
    }
    for (source, theirs) in &gone.silenced {
        let Some(ours) = next.silenced.get_mut(source) else {
            next.silenced.insert(source.clone(), theirs.clone());
            continue;
        };
        let n_shared = n_shared.get(source).copied().unwrap_or_default();
        ours.n = ours.n.saturating_add(theirs.n).saturating_sub(n_shared);
        ours.until = ours.until.min(theirs.until);
        ours.by.extend(theirs.by.iter().cloned());
        ours.silences.extend(theirs.silences.iter().cloned());
    }
    next.heard_anyway.extend(gone.heard_anyway.iter().cloned());
}

/// Whether ladders stand still follows from what is silenced, so no decision can forget it.
pub(super) fn settle(turn: &mut Turn<'_>) {
    match (turn.next.muted_since, turn.next.is_all_silenced()) {
        (None, true) => {
            ladder::pause_for_silence(turn);
            turn.next.muted_since = Some(turn.facts.now);
            // Whoever hears that all is silenced from here hears it once.
            let is_told = turn.tells(|what| matches!(what, What::SilenceCreated { .. }));
            if let Some(muted) = turn.next.muted().filter(|_| !is_told) {
                turn.record(What::Muted {
                    by: muted.by.into_iter().take(NAMED).collect(),
                    until: muted.until,
                });
            }
        }
        (Some(_), false) if turn.next.state.is_open() => {
            ladder::resume(turn);
            turn.record(What::Unmuted { n_firing: turn.next.n_firing });
        }
        (Some(_), false) => turn.next.muted_since = None,
        (None, false) | (Some(_), true) => {}
    }
}

/// The alerts are clear, or it is over: that they were silenced matters no longer, but the time that stood still does.
pub(super) fn no_longer_matters(turn: &mut Turn<'_>) {
    if let Some(since) = turn.next.muted_since.take() {
        ladder::catch_up(turn, since);
    }
    turn.next.silenced.clear();
}

/// Somebody wants people to be woken all the same: the present silences hold nobody back any more.
pub(super) fn hear_anyway(turn: &mut Turn<'_>) {
    if turn.next.muted_since.is_some() {
        let silences = turn.next.silenced.values().flat_map(|silenced| silenced.silences.iter().cloned());
        let silences: Vec<SilenceId> = silences.collect();
        turn.next.heard_anyway.extend(silences);
    }
}
