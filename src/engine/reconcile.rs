//! Compares notes with the sources of alerts: what each lists against what is believed here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration as Real;

use chrono::{DateTime, Duration, Utc};

use super::Engine;
use super::doors::Leaving;
use super::handle::anew;
use super::save::Change;
use super::workers::Progress;
use crate::domain::alert::{Alert, AlertGroup, AlertStatus, Labels};
use crate::domain::effect::{Effect, Warning};
use crate::domain::incident::command::{Hush, SilenceNews};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{AlertKey, Command, Delivery, Ends, Facts, Feed, Incident, decide};
use crate::domain::reconcile::{self, Circumstances, Findings, Listed, Memory, Poll, group_labels};
use crate::domain::service;
use crate::ids::{Fingerprint, GroupKey, IncidentId, SilenceId, SourceId};
use crate::store::incidents::Versioned;
use crate::store::{StoreError, Tx, alert_sources, alerts, incidents, notes, silences};

/// A poll is given up when it takes longer.
const LOOK_LIMIT: Real = Real::from_secs(8);
/// The admins hear of a source that brings no whole answer so often in a row.
const TOLD_AFTER: u32 = 5;
/// And at most so often.
const TOLD_EVERY: Duration = Duration::hours(1);
/// So many alerts of one group are taken from one poll.
const MOST_OF_A_GROUP: usize = 5000;

/// What a poll has changed, to be acted upon once it is committed.
#[derive(Default)]
struct Applied {
    leaving: Vec<Leaving>,
    changed: Vec<(Incident, Incident)>,
    /// What nobody told of, with the group through which it came before, if its end was only inferred.
    untold: Vec<(Listed, Option<AlertKey>)>,
}

impl Engine {
    /// Asks a source what fires there and draws the conclusions, unless another process has done so since.
    pub(super) async fn poll(
        self: &Arc<Self>,
        source: &SourceId,
        every: Duration,
    ) -> Result<Progress, StoreError> {
        let begun_at = self.now();
        let asked = source.clone();
        let is_ours = self.db.write("poll", move |tx| {
            let source = asked.clone();
            Box::pin(async move { alert_sources::look(tx, &source, begun_at, begun_at - every).await })
        });
        let is_ours: Result<bool, StoreError> = is_ours.await;
        if !is_ours? {
            return Ok(Progress::None);
        }
        let look = tokio::time::timeout(LOOK_LIMIT, self.ports.alertmanagers.look(source)).await;
        let (members, faults) = match look {
            Ok(look) => (look.members, look.faults),
            Err(_elapsed) => (vec![], vec![format!("no answer within {} s", LOOK_LIMIT.as_secs())]),
        };
        for fault in &faults {
            tracing::info!(source = %source, error = %fault, "an alertmanager gives no whole answer");
        }
        if members.is_empty() {
            self.no_answer(source, faults.join("; ")).await?;
            return Ok(Progress::Some);
        }
        let poll = Arc::new(Poll { begun_at, members });
        let applied = anew(|| {
            let (engine, source, poll) = (self.clone(), source.clone(), poll.clone());
            self.db.write("reconcile", move |tx| {
                let (engine, source, poll) = (engine.clone(), source.clone(), poll.clone());
                Box::pin(async move { engine.apply(tx, &source, &poll).await })
            })
        });
        let Applied { leaving, changed, untold } = applied.await?;
        for (before, next) in &changed {
            self.metrics.decided(Some(before), next);
        }
        if !changed.is_empty() {
            self.after_commit(leaving);
        }
        for group in self.groups(source, untold, &poll).await? {
            self.hand_in(self.judge(group, vec![]).seen_at(poll.begun_at)).await?;
        }
        Ok(Progress::Some)
    }

    /// A poll brought nothing: whatever was missing begins to be counted anew.
    async fn no_answer(self: &Arc<Self>, source: &SourceId, why: String) -> Result<(), StoreError> {
        let (engine, source) = (self.clone(), source.clone());
        self.db
            .write("no answer", move |tx| {
                let (engine, source, why) = (engine.clone(), source.clone(), why.clone());
                Box::pin(async move {
                    let before = alert_sources::memory(tx, &source).await?;
                    let n_failed = before.n_failed.saturating_add(1);
                    let memory = Memory { missing: BTreeMap::new(), n_failed, ..before };
                    alert_sources::remember(tx, &source, &memory).await?;
                    let (what, now) = (format!("no answer of {source}"), engine.clocks.wire.now());
                    let is_news =
                        n_failed >= TOLD_AFTER && notes::may_say(tx, &what, now, now - TOLD_EVERY).await?;
                    if is_news {
                        let what = Warning::AlertmanagerSilent { source, why };
                        engine.post(tx, None, &[Effect::TellAdmins { what }]).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.nudges.outbox.want_any();
        Ok(())
    }

    /// Draws the conclusions, all or nothing.
    async fn apply(&self, tx: &mut Tx, source: &SourceId, poll: &Poll) -> Result<Applied, StoreError> {
        let now = self.now();
        let believed = alerts::believed(tx, source).await?;
        let memory = alert_sources::memory(tx, source).await?;
        let receivers = alert_sources::receivers(tx, source).await?;
        let is_alive = !self.doubted(tx).await?.contains(source);
        let heard = self.senders.of(source, now);
        let heartbeats = self.relied_on(tx, source).await?;
        let circumstances =
            Circumstances { now, is_alive, heartbeats: &heartbeats, receivers: &receivers, heard: &heard };
        let mut findings = reconcile::judge(poll, &believed, &memory, &circumstances);
        let mut applied = Applied::default();
        let mut concerned: BTreeSet<IncidentId> = findings.silenced.keys().copied().collect();
        concerned.extend(&memory.silenced);
        concerned.extend(silences::at(tx, source).await?);
        let ours: BTreeMap<&SilenceId, DateTime<Utc>> = poll
            .members
            .iter()
            .flat_map(|member| &member.silences)
            .filter(|silence| !silence.is_over)
            .map(|silence| (&silence.id, silence.ends_at))
            .collect();
        for id in concerned {
            let Some(before) = incidents::find(tx, id).await? else { continue };
            let ids = before.incident.silences.iter().flat_map(|silence| &silence.ids);
            let ours = ids.filter_map(|id| Some((id.clone(), *ours.get(id)?))).collect();
            let hush = || findings.silenced.get(&id).cloned().map_or(Hush::Nothing, Hush::Part);
            let silenced = (!findings.unclear.contains(&id)).then(hush);
            let news = SilenceNews { source: source.clone(), begun_at: poll.begun_at, silenced, ours };
            self.carry(tx, &before, Command::SilencesSeen(Box::new(news)), &mut applied).await?;
        }
        self.end(tx, source, &findings, &mut applied).await?;
        if findings.is_whole {
            self.show_whole(tx, source, poll, &mut findings, &mut applied).await?;
        }
        alert_sources::remember(tx, source, &findings.memory).await?;
        applied.untold = self.with_groups(tx, source, findings.untold).await?;
        Ok(applied)
    }

    /// Finds the groups of what was taken to have ended and has not.
    async fn with_groups(
        &self,
        tx: &mut Tx,
        source: &SourceId,
        untold: Vec<Listed>,
    ) -> Result<Vec<(Listed, Option<AlertKey>)>, StoreError> {
        let fingerprints: Vec<&Fingerprint> = untold.iter().map(|alert| &alert.fingerprint).collect();
        let inferred = alerts::inferred(tx, source, &fingerprints).await?;
        let ids: Vec<IncidentId> = inferred.values().copied().collect();
        let incidents = incidents::find_all(tx, &ids).await?;
        let group = |alert: &Listed| {
            let incident = &incidents.get(inferred.get(&alert.fingerprint)?)?.incident;
            let feed = incident.feeds.iter().find(|feed| feed.key.source == *source)?;
            Some(feed.key.clone())
        };
        Ok(untold
            .into_iter()
            .map(|alert| {
                let group = group(&alert);
                (alert, group)
            })
            .collect())
    }

    /// What is missing for long enough has ended.
    async fn end(
        &self,
        tx: &mut Tx,
        source: &SourceId,
        findings: &Findings,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        let mut ended: BTreeMap<IncidentId, BTreeMap<&Fingerprint, DateTime<Utc>>> = BTreeMap::new();
        for (incident, fingerprint, since) in &findings.ended {
            ended.entry(*incident).or_default().insert(fingerprint, *since);
        }
        for (id, since) in ended {
            let Some(before) = incidents::find(tx, id).await? else { continue };
            let mut reports = alerts::firing_in(tx, id).await?;
            reports.retain(|child| child.source == *source && since.contains_key(&child.alert.fingerprint));
            for report in &mut reports {
                report.alert.ends_at =
                    report.doubted.take().or_else(|| since.get(&report.alert.fingerprint).copied());
                report.alert.status = AlertStatus::Resolved;
                report.inferred = true;
            }
            let Some(feed) = before.incident.feeds.iter().find(|feed| feed.key.source == *source) else {
                continue;
            };
            let delivery = Delivery {
                key: feed.key.clone(),
                reports,
                known: alerts::known(tx, &[id]).await?.remove(&id).unwrap_or_default(),
                n_truncated: feed.n_truncated,
                schedules: BTreeMap::new(),
                ends: Ends::Believed,
                shown_anew: vec![],
            };
            self.carry(tx, &before, Command::Deliver(Box::new(delivery)), applied).await?;
        }
        Ok(())
    }

    /// Of groups whose deliveries were cut short, all alerts can be seen now.
    async fn show_whole(
        &self,
        tx: &mut Tx,
        source: &SourceId,
        poll: &Poll,
        findings: &mut Findings,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        for mut before in incidents::truncated(tx).await? {
            let id = before.incident.id;
            let is_cut = |feed: &&Feed| feed.n_truncated > 0 && feed.key.source == *source;
            let cut: Vec<AlertKey> =
                before.incident.feeds.iter().filter(is_cut).map(|feed| feed.key.clone()).collect();
            for key in cut {
                let Some(labels) = group_labels(&key.group_key) else { continue };
                let known = alerts::known(tx, &[id]).await?.remove(&id).unwrap_or_default();
                let is_of_group = |alert: &&Listed| {
                    alert.receivers.contains(&key.receiver)
                        && labels.iter().all(|(name, value)| alert.labels.get(name) == Some(value))
                };
                let listed = poll.members.iter().flat_map(|member| &member.alerts).filter(is_of_group);
                let listed: BTreeMap<&Fingerprint, &Listed> =
                    listed.map(|alert| (&alert.fingerprint, alert)).collect();
                findings.untold.retain(|alert| !listed.contains_key(&alert.fingerprint));
                let unseen = listed.into_values().filter(|alert| {
                    let known = known.get(source, &alert.fingerprint);
                    known.is_none_or(|known| known.status != AlertStatus::Firing)
                });
                let alerts: Vec<Alert> = unseen.take(MOST_OF_A_GROUP).map(alert_of).collect();
                let group = group_of(source, &key.receiver, key.group_key.clone(), alerts);
                let judged = self.judge(group, vec![]);
                let delivery = Delivery {
                    key: key.clone(),
                    reports: judged.reports,
                    known,
                    n_truncated: 0,
                    schedules: judged.schedules,
                    ends: Ends::Believed,
                    shown_anew: vec![],
                };
                let command = Command::Deliver(Box::new(delivery));
                if let Some(next) = self.carry(tx, &before, command, applied).await? {
                    before = next;
                }
            }
        }
        Ok(())
    }

    /// Carries out a command inside the transaction; the incident as it is then, when it changed.
    async fn carry(
        &self,
        tx: &mut Tx,
        before: &Versioned,
        command: Command,
        applied: &mut Applied,
    ) -> Result<Option<Versioned>, StoreError> {
        let now = self.now();
        // What a poll says is never refused: there is nobody to tell.
        let umbrellas = self.umbrellas_of(tx, std::iter::once(&before.incident)).await?;
        let (rota, umbrella) = (self.rota(), umbrellas.over(&before.incident));
        let facts = Facts { umbrella, ..self.facts(&rota, now, Origin::Alertmanager) };
        let Ok(decision) = decide(&before.incident, command, &facts) else {
            return Ok(None);
        };
        if decision.next == before.incident && decision.effects.is_empty() && decision.children.is_empty() {
            return Ok(None);
        }
        for (before, decision) in self.follows(tx, &before.incident, &decision, umbrellas, &facts).await? {
            let change = Change { before: before.as_ref(), decision: &decision };
            applied.leaving.extend(self.save(tx, &[change], now).await?.leaving);
        }
        let change = Change { before: Some(before), decision: &decision };
        applied.leaving.extend(self.save(tx, &[change], now).await?.leaving);
        applied.changed.push((before.incident.clone(), decision.next.clone()));
        Ok(Some(Versioned { incident: decision.next, version: before.version + 1 }))
    }

    /// What nobody told us of, as deliveries: by receiver, name and service, as people think of it.
    async fn groups(
        &self,
        source: &SourceId,
        untold: Vec<(Listed, Option<AlertKey>)>,
        poll: &Poll,
    ) -> Result<Vec<AlertGroup>, StoreError> {
        if untold.is_empty() {
            return Ok(vec![]);
        }
        let asked = source.clone();
        let receivers = self.db.read("receivers", move |tx| {
            let source = asked.clone();
            Box::pin(async move { alert_sources::receivers(tx, &source).await })
        });
        let receivers: Result<BTreeSet<String>, StoreError> = receivers.await;
        let receivers = receivers?;
        tracing::info!(source = %source, n = untold.len(), begun_at = %poll.begun_at, "alerts fire of which nobody told");
        let house = &self.settings.house;
        let mut groups: BTreeMap<(String, String), Vec<Alert>> = BTreeMap::new();
        for (alert, known) in &untold {
            if let Some(AlertKey { receiver, group_key, .. }) = known {
                let key = (receiver.clone(), group_key.to_string());
                groups.entry(key).or_default().push(alert_of(alert));
                continue;
            }
            let Some(receiver) = alert.receivers.iter().find(|receiver| receivers.contains(*receiver)) else {
                continue;
            };
            let name = alert.labels.get("alertname").map(String::as_str).unwrap_or_default();
            let service = service::service_shown(&alert.labels, &house.service_labels, &house.services);
            let key = format!("reconciled/{name}/{}", service.unwrap_or_default());
            groups.entry((receiver.clone(), key)).or_default().push(alert_of(alert));
        }
        Ok(groups
            .into_iter()
            .map(|((receiver, key), alerts)| AlertGroup {
                notes: vec!["Nobody told of this: it was found firing in Alertmanager.".to_owned()],
                ..group_of(source, &receiver, GroupKey(key), alerts)
            })
            .collect())
    }
}

fn alert_of(listed: &Listed) -> Alert {
    let Listed { fingerprint, labels, annotations, starts_at, generator_url, .. } = listed.clone();
    Alert {
        fingerprint,
        status: AlertStatus::Firing,
        labels,
        annotations,
        starts_at,
        ends_at: None,
        generator_url,
    }
}

fn group_of(source: &SourceId, receiver: &str, group_key: GroupKey, alerts: Vec<Alert>) -> AlertGroup {
    AlertGroup {
        source: source.clone(),
        receiver: receiver.to_owned(),
        group_key,
        n_truncated: 0,
        common_labels: common(alerts.iter().map(|alert| &alert.labels)),
        common_annotations: common(alerts.iter().map(|alert| &alert.annotations)),
        alerts,
        external_url: None,
        notes: vec![],
    }
}

fn common<'a>(mut all: impl Iterator<Item = &'a Labels>) -> Labels {
    let mut shared = all.next().cloned().unwrap_or_default();
    for labels in all {
        shared.retain(|name, value| labels.get(name) == Some(value));
    }
    shared
}
