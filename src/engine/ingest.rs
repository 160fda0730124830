//! Takes deliveries of alerts: what is new about each, and which incident it concerns.
//!
//! Idempotent: what is known already changes nothing, however often and from however many senders it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Engine;
use super::ends::homeless;
use super::rota::Rota;
use super::save::{Change, Saved};
use super::storms::{Decided, Umbrellas};
use crate::domain::alert::AlertGroup;
use crate::domain::effect::{Effect, Warning};
use crate::domain::incident::child::{Child, KnownChildren, News, Report, compare};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{
    AlertKey, Command, Decision, Delivery, Ends, Facts, Incident, Opening, RunbookRef, decide, open,
};
use crate::domain::triage::{self, Judged};
use crate::ids::{Fingerprint, IncidentId, SourceId};
use crate::store::incidents::Versioned;
use crate::store::{StoreError, Tx, alerts, incidents, notes};

/// What a delivery did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ingested {
    /// It opened this incident.
    Opened(IncidentId),
    /// It changed this incident.
    Updated(IncidentId),
    /// Nothing in it was new, or nothing in it opens an incident.
    NothingNew,
}

/// What deliveries that were taken together did.
#[derive(Default)]
pub(super) struct Taken {
    /// What each of them did, in their order.
    pub ingested: Vec<Ingested>,
    /// What is to be acted upon.
    pub saved: Saved,
    /// Incidents as they were and as they are, to be counted once they are committed.
    pub changed: Vec<(Option<Incident>, Incident)>,
}

/// What one delivery asks for.
enum Asked {
    Nothing,
    Opening(Box<Opening>),
    Change(Box<(Versioned, Decision)>),
}

/// What a delivery is compared by.
struct Around<'a> {
    rota: &'a Rota,
    now: DateTime<Utc>,
    /// The sources whose word that something has ended is not believed.
    doubted: &'a BTreeSet<SourceId>,
    umbrellas: &'a Umbrellas,
}

/// The incident that a group feeds, or fed last, with its alerts.
pub(super) struct Fed {
    pub before: Versioned,
    pub known: KnownChildren,
}

impl Fed {
    /// Whether it is over, and a delivery brings something that fires anew.
    fn is_begun_anew(&self, judged: &Judged, now: DateTime<Utc>) -> bool {
        let is_new = |report: &Report| {
            let news = compare(self.known.of(report), &report.alert, now);
            matches!(news, News::Joined | News::Flapped)
        };
        !self.before.incident.state.is_open() && judged.dated(&self.known).iter().any(is_new)
    }
}

impl Engine {
    /// Takes a delivery and answers when what it changes is durable. `undated` alerts say when they arrived, not when they
    /// began: for a firing child that is known this is no new beginning.
    pub async fn ingest(
        self: &Arc<Self>,
        group: AlertGroup,
        undated: Vec<Fingerprint>,
    ) -> Result<Ingested, StoreError> {
        let judged = self.judge(group, undated);
        self.hears_of(&judged);
        let (source, receiver) = (judged.group.source.clone(), judged.group.receiver.clone());
        // Whether what ends is believed hangs on the heartbeat, so that comes first.
        self.beats(&source, &judged.beats).await?;
        let ingested =
            if judged.reports.is_empty() { Ingested::NothingNew } else { self.hand_in(judged).await? };
        self.remember_receiver(source, receiver).await;
        Ok(ingested)
    }

    pub(super) fn judge(&self, group: AlertGroup, undated: Vec<Fingerprint>) -> Judged {
        let source = self.settings.sources.get(&group.source);
        let heartbeat = source.map(|source| source.heartbeat.as_slice()).unwrap_or_default();
        triage::judge(group, undated, &self.settings.house, heartbeat, self.now())
    }

    /// Takes deliveries of different groups: what they change is stored, all or nothing.
    pub(super) async fn take(
        &self,
        tx: &mut Tx,
        lot: &[Arc<Judged>],
        taken: &mut Taken,
    ) -> Result<(), StoreError> {
        let (now, rota) = (self.now(), self.rota());
        let keys: Vec<&AlertKey> = lot.iter().map(|judged| &judged.key).collect();
        let fed = incidents::fed_by(tx, &keys).await?;
        let ids: Vec<IncidentId> = fed.iter().flatten().map(|before| before.incident.id).collect();
        let mut known = alerts::known(tx, &ids).await?;
        let fed: Vec<Option<Fed>> = fed
            .into_iter()
            .map(|before| {
                let before = before?;
                let known = known.remove(&before.incident.id).unwrap_or_default();
                Some(Fed { before, known })
            })
            .collect();
        let n_new =
            lot.iter().zip(&fed).filter(|(judged, fed)| self.opens_anew(judged, fed.as_ref(), now)).count();
        // Taking numbers keeps other processes from opening incidents meanwhile, so nobody opens a second one for alerts
        // that fire in the first.
        let mut ids = incidents::next_ids(tx, u32::try_from(n_new).unwrap_or(u32::MAX)).await?;
        let lot = self.without_what_is_over(tx, lot, &fed, now).await?;
        let mut shown_anew = self.shown_anew(tx, &lot, &fed, now).await?;
        let mut elsewhere = self.firing_elsewhere(tx, &lot, &fed, now).await?;
        let doubted = self.doubted_by(tx, &lot).await?;
        let concerned = fed.iter().flatten().chain(elsewhere.values()).map(|fed| &fed.before.incident);
        let mut umbrellas = self.umbrellas_of(tx, concerned).await?;
        let (mut asked, mut ended) = (vec![], vec![]);
        for (index, (judged, fed)) in lot.iter().zip(fed).enumerate() {
            let around = Around { rota: &rota, now, doubted: &doubted, umbrellas: &umbrellas };
            let is_believed = !elsewhere.contains_key(&index) && !doubted.contains(&judged.key.source);
            let homeless = if is_believed { homeless(judged, fed.as_ref()) } else { vec![] };
            let this = match (elsewhere.remove(&index), fed) {
                (Some(joined), _) => self.compare(judged, joined, vec![], &around),
                (None, Some(fed)) => {
                    let shown_anew = shown_anew.remove(&fed.before.incident.id).unwrap_or_default();
                    self.compare(judged, fed, shown_anew, &around)
                }
                (None, None) => self.opening(judged, None, &KnownChildren::default(), now),
            };
            if let Asked::Change(change) = &this {
                umbrellas.hears(&change.0.incident, &change.1.next);
            }
            // What has ended comes along with what opens an incident.
            if !matches!(this, Asked::Opening(_)) {
                ended.extend(homeless.into_iter().map(|report| (&judged.key, report)));
            }
            asked.push(this);
        }
        self.keep_ends(tx, &ended, now).await?;
        let mut openings = vec![];
        for asked in &mut asked {
            if let Asked::Opening(opening) = asked {
                openings.push((ids.next().ok_or(StoreError::Missing)?, &mut **opening));
            }
        }
        self.shelter(tx, &mut openings, &mut umbrellas, now).await?;
        let mut ids = openings.into_iter().map(|(id, _)| id).collect::<Vec<_>>().into_iter();
        let mut decided = vec![];
        for asked in asked {
            taken.ingested.push(match asked {
                Asked::Nothing => Ingested::NothingNew,
                Asked::Opening(opening) => {
                    let id = ids.next().ok_or(StoreError::Missing)?;
                    decided.push((None, open(id, *opening, &self.facts(&rota, now, Origin::Alertmanager))));
                    Ingested::Opened(id)
                }
                Asked::Change(change) => {
                    let (before, decision) = *change;
                    let id = before.incident.id;
                    decided.push((Some(before), decision));
                    Ingested::Updated(id)
                }
            });
        }
        let of_storms = self.gather(umbrellas, &rota, now);
        let decided: Vec<Decided> = of_storms.into_iter().chain(decided).collect();
        let changes: Vec<Change<'_>> =
            decided.iter().map(|(before, decision)| Change { before: before.as_ref(), decision }).collect();
        taken.saved.join(self.save(tx, &changes, now).await?);
        let changed =
            decided.into_iter().map(|(before, decision)| (before.map(|it| it.incident), decision.next));
        taken.changed.extend(changed);
        Ok(())
    }

    /// Whether a delivery may open an incident, as far as its own group is concerned.
    fn opens_anew(&self, judged: &Judged, fed: Option<&Fed>, now: DateTime<Utc>) -> bool {
        match fed {
            None => judged.firing().next().is_some(),
            Some(fed) => fed.is_begun_anew(judged, now) && !self.may_reopen(&fed.before.incident, now),
        }
    }

    /// The open incidents in which everything already fires that a delivery reports through a group that
    /// feeds no open incident; by the delivery's place in the lot.
    async fn firing_elsewhere(
        &self,
        tx: &mut Tx,
        lot: &[Arc<Judged>],
        fed: &[Option<Fed>],
        now: DateTime<Utc>,
    ) -> Result<BTreeMap<usize, Fed>, StoreError> {
        let seeks = |(_, (judged, fed)): &(usize, (&Arc<Judged>, &Option<Fed>))| match fed {
            None => true,
            Some(fed) => fed.is_begun_anew(judged, now),
        };
        let seeking: Vec<(usize, &Judged, &Fingerprint)> = lot
            .iter()
            .zip(fed)
            .enumerate()
            .filter(seeks)
            .filter_map(|(index, (judged, _))| {
                Some((index, &**judged, &judged.firing().next()?.alert.fingerprint))
            })
            .collect();
        let fingerprints: Vec<&Fingerprint> =
            seeking.iter().map(|(_, _, fingerprint)| *fingerprint).collect();
        let candidates = incidents::firing(tx, &fingerprints).await?;
        let ids: BTreeSet<IncidentId> = candidates.iter().map(|(_, before)| before.incident.id).collect();
        let known = alerts::known(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        let mut found = BTreeMap::new();
        for (index, judged, fingerprint) in seeking {
            let joined = candidates.iter().find_map(|(fires, before)| {
                let known = known.get(&before.incident.id).filter(|known| judged.joins(known))?;
                (fires == fingerprint).then(|| Fed { before: before.clone(), known: known.clone() })
            });
            found.extend(joined.map(|joined| (index, joined)));
        }
        Ok(found)
    }

    /// What a delivery means for the incident that its group feeds or joins, or fed last.
    fn compare(&self, judged: &Judged, fed: Fed, shown_anew: Vec<Child>, around: &Around<'_>) -> Asked {
        let Around { rota, now, doubted, umbrellas } = *around;
        if fed.is_begun_anew(judged, now) && !self.may_reopen(&fed.before.incident, now) {
            return self.opening(judged, Some(fed.before.incident.id), &fed.known, now);
        }
        let Fed { before, known } = fed;
        let reports = judged.dated(&known);
        let is_news = reports.iter().any(|report| match compare(known.of(report), &report.alert, now) {
            News::Joined | News::Flapped | News::Resolved | News::Confirmed | News::Missed => true,
            News::Earlier => report.alert.starts_at < before.incident.started_at,
            News::Repeated | News::Stale => false,
        });
        let n_truncated = judged.group.n_truncated;
        let is_as_known =
            before.incident.feed(&judged.key).is_some_and(|feed| feed.n_truncated == n_truncated);
        if !is_news && is_as_known && shown_anew.is_empty() {
            return Asked::Nothing;
        }
        let delivery = Delivery {
            key: judged.key.clone(),
            reports,
            known,
            n_truncated,
            schedules: judged.schedules.clone(),
            ends: if doubted.contains(&judged.key.source) { Ends::Doubted } else { Ends::Believed },
            shown_anew,
        };
        let command = Command::Deliver(Box::new(delivery));
        // A delivery is never refused: there is nobody to tell.
        let umbrella = umbrellas.over(&before.incident);
        let facts = Facts { umbrella, ..self.facts(rota, now, Origin::Alertmanager) };
        match decide(&before.incident, command, &facts) {
            Ok(decision) => Asked::Change(Box::new((before, decision))),
            Err(_refusal) => Asked::Nothing,
        }
    }

    fn may_reopen(&self, ended: &Incident, now: DateTime<Utc>) -> bool {
        let within = self.settings.house.times.reopen_within;
        within.zip(ended.resolved_at()).is_some_and(|(within, at)| now - at <= within)
    }

    /// The incident that a delivery opens, if something in it fires.
    fn opening(
        &self,
        judged: &Judged,
        follows: Option<IncidentId>,
        known: &KnownChildren,
        now: DateTime<Utc>,
    ) -> Asked {
        let house = &self.settings.house;
        let opening = judged.opening(house, follows, known, now, |worst| self.runbook_of(worst));
        opening.map_or(Asked::Nothing, |opening| Asked::Opening(Box::new(opening)))
    }

    /// Keeps an authenticated delivery that had nothing usable in it, and tells the admins, at most once an hour for each
    /// source.
    pub async fn keep_dead_letter(
        self: &Arc<Self>,
        source: SourceId,
        why: String,
        body: String,
    ) -> Result<(), StoreError> {
        let engine = self.clone();
        self.db
            .write("dead letter", move |tx| {
                Box::pin(async move {
                    let now = engine.clocks.wire.now();
                    notes::dead_letter(tx, engine.next_id(), source.as_str(), now, &why, &body).await?;
                    let what = format!("unusable webhook from {source}");
                    if !notes::may_say(tx, &what, now, now - chrono::Duration::hours(1)).await? {
                        return Ok(());
                    }
                    let what = Warning::UnusableWebhook { source: source.to_string(), why };
                    engine.post(tx, None, &[Effect::TellAdmins { what }]).await
                })
            })
            .await?;
        self.after_commit(vec![]);
        Ok(())
    }

    fn runbook_of(&self, report: &Report) -> Option<RunbookRef> {
        let service = report.service.as_ref().and_then(|id| self.settings.house.services.get(id));
        self.documents.runbook_for(&report.alert, service)
    }
}
