//! Whether what monitoring said had ended is believed: not what it said while a heartbeat of its was missing, or since the last one that
//! came; and that after all, once the heartbeat has been back for long enough.
//!
//! Alertmanager takes for resolved what a dead Prometheus does not tell it any more, and may well say so before the heartbeat is
//! missed: all of them end at the same time, and whose group has its turn first is chance.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Engine;
use super::doors::Leaving;
use super::save::Change;
use crate::domain::alert::AlertStatus;
use crate::domain::incident::child::{Child, KnownChildren};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Command, Delivery, Ends, Incident, decide};
use crate::ids::{Fingerprint, IncidentId, SourceId};
use crate::store::incidents::{Versioned, Which};
use crate::store::{StoreError, Tx, alert_sources, alerts, incidents};

/// An incident before and after it was told, and what leaves at once.
pub(super) type Told = (Incident, Incident, Vec<Leaving>);

impl Engine {
    /// Monitoring has been back for long enough: what it said had ended, and has not said since that it fires, has ended.
    pub(super) async fn believe_again(
        self: &Arc<Self>,
        source: &SourceId,
        trusted: &Fingerprint,
    ) -> Result<(), StoreError> {
        let (engine, source, trusted) = (self.clone(), source.clone(), trusted.clone());
        let believed = super::handle::anew(|| {
            let (engine, source, trusted) = (engine.clone(), source.clone(), trusted.clone());
            self.db.write("believe again", move |tx| {
                let (engine, source, trusted) = (engine.clone(), source.clone(), trusted.clone());
                Box::pin(async move {
                    let now = engine.now();
                    let others = alert_sources::heartbeats(tx).await?;
                    let is_in_doubt = others.iter().any(|other| {
                        let timeout = engine.timeout(&other.source).unwrap_or_default();
                        (&other.source, other.fingerprint != trusted) == (&source, true)
                            && other.pulse.is_in_doubt(now, timeout)
                    });
                    let mut done = vec![];
                    if !is_in_doubt {
                        for id in alerts::doubted(tx, &source).await? {
                            done.extend(engine.believes(tx, id, &source, now).await?);
                        }
                    }
                    Ok::<_, StoreError>(done)
                })
            })
        });
        self.told_of_ends(believed.await?);
        Ok(())
    }

    /// What follows of it is committed.
    pub(super) fn told_of_ends(self: &Arc<Self>, done: Vec<Told>) {
        for (before, next, leaving) in done {
            self.metrics.decided(Some(&before), &next);
            self.after_commit(leaving);
        }
    }

    /// What of one incident was said to have ended has ended.
    async fn believes(
        &self,
        tx: &mut Tx,
        id: IncidentId,
        source: &SourceId,
        now: DateTime<Utc>,
    ) -> Result<Option<Told>, StoreError> {
        let Some(before) = incidents::find(tx, id).await? else { return Ok(None) };
        let mut reports = alerts::firing_in(tx, id).await?;
        reports.retain(|child| child.source == *source && child.doubted.is_some());
        for report in &mut reports {
            report.alert.ends_at = report.doubted.take();
            report.alert.status = AlertStatus::Resolved;
        }
        let known = alerts::known(tx, &[id]).await?.remove(&id).unwrap_or_default();
        self.hear_ends(tx, before, source, (reports, known), Ends::Believed, now).await
    }

    /// A heartbeat of this source has been missing since `since` (UTC), though nobody knew: whatever was said to have ended after
    /// that may have, and is not believed.
    pub(super) async fn disbelieve(
        &self,
        tx: &mut Tx,
        source: &SourceId,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Told>, StoreError> {
        let open = incidents::list(tx, Which::Open, IncidentId(i64::MAX), u32::MAX).await?;
        let theirs = open.iter().filter(|open| open.feeds.iter().any(|feed| feed.key.source == *source));
        let ids: Vec<IncidentId> = theirs.map(|open| open.id).collect();
        let mut taken_back = vec![];
        for (id, mut known) in alerts::known(tx, &ids).await? {
            let alerts = known.without_ends(source, since);
            if !alerts.is_empty() {
                taken_back.push((id, known, alerts));
            }
        }
        let ids: Vec<IncidentId> = taken_back.iter().map(|(id, ..)| *id).collect();
        let (mut before, ended) =
            (incidents::find_all(tx, &ids).await?, alerts::ended_in_any(tx, &ids).await?);
        let mut done = vec![];
        for (id, known, alerts) in taken_back {
            let is_one = |child: &Child| child.source == *source && alerts.contains(&child.alert.fingerprint);
            let reports = ended.iter().filter(|(of, child)| *of == id && is_one(child));
            let reports = reports.map(|(_, child)| child.clone()).collect();
            if let Some(before) = before.remove(&id) {
                done.extend(self.hear_ends(tx, before, source, (reports, known), Ends::Doubted, now).await?);
            }
        }
        Ok(done)
    }

    /// An incident hears that alerts of a source have ended: those of which it is known, in the end, that they fire.
    async fn hear_ends(
        &self,
        tx: &mut Tx,
        before: Versioned,
        source: &SourceId,
        (reports, known): (Vec<Child>, KnownChildren),
        ends: Ends,
        now: DateTime<Utc>,
    ) -> Result<Option<Told>, StoreError> {
        let feed = before.incident.feeds.iter().find(|feed| feed.key.source == *source).cloned();
        let Some(feed) = feed.filter(|_| !reports.is_empty()) else { return Ok(None) };
        let delivery = Delivery {
            key: feed.key,
            reports,
            known,
            n_truncated: feed.n_truncated,
            schedules: [].into(),
            ends,
            shown_anew: vec![],
        };
        let command = Command::Deliver(Box::new(delivery));
        // A delivery is never refused: there is nobody to tell.
        let Ok(decision) = decide(&before.incident, command, &self.facts(&self.rota(), now, Origin::Timer))
        else {
            return Ok(None);
        };
        let change = Change { before: Some(&before), decision: &decision };
        let leaving = self.save(tx, &[change], now).await?.leaving;
        Ok(Some((before.incident, decision.next, leaving)))
    }
}
