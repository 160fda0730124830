//! Alert sources as partners: who posts, what was heard of lately, and when to look at them again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use futures::future::join_all;
use tokio::sync::watch;

use super::turning::told;
use super::workers::{LOOK_EVERY, Progress};
use super::{Engine, InForce};
use crate::domain::triage::Judged;
use crate::ids::{Fingerprint, SourceId};
use crate::store::{StoreError, Tx, alert_sources};

/// What was heard of longer ago than this beats no poll any more.
const REMEMBERED: Duration = Duration::minutes(10);

/// What this process remembers of those who post to it.
#[derive(Default)]
pub(super) struct Senders(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    /// The receivers that are written down.
    receivers: BTreeSet<(SourceId, String)>,
    /// When each alert was last heard of, news or not; story time.
    alerts: BTreeMap<SourceId, BTreeMap<Fingerprint, DateTime<Utc>>>,
    /// When heartbeats that are missing, or back, were last said again; story time.
    said_at: Option<DateTime<Utc>>,
}

impl Senders {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        // Each memory is whole, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When alerts of this source were last heard of, those that a poll begun now could be beaten by.
    pub fn of(&self, source: &SourceId, now: DateTime<Utc>) -> BTreeMap<Fingerprint, DateTime<Utc>> {
        let mut heard = self.heard();
        let alerts = heard.alerts.entry(source.clone()).or_default();
        alerts.retain(|_, at| now - *at <= REMEMBERED);
        alerts.clone()
    }

    /// Whether what is said every minute has not been said for a minute.
    pub fn is_silent(&self, now: DateTime<Utc>) -> bool {
        let mut heard = self.heard();
        let is_silent = heard.said_at.is_none_or(|at| now - at >= Duration::minutes(1));
        if is_silent {
            heard.said_at = Some(now);
        }
        is_silent
    }
}

impl Engine {
    /// Remembers of what a delivery spoke.
    pub(super) fn hears_of(&self, judged: &Judged) {
        let source = &judged.key.source;
        if self.ports.alertmanagers.knows(source) {
            let now = self.now();
            let alerts = judged.reports.iter().map(|report| (report.alert.fingerprint.clone(), now));
            self.senders.heard().alerts.entry(source.clone()).or_default().extend(alerts);
        }
    }

    /// Writes down, once, that a receiver posts to us. It posts again, so nothing is lost when that fails.
    pub(super) async fn remember_receiver(&self, source: SourceId, receiver: String) {
        let known = (source, receiver);
        if !self.ports.alertmanagers.knows(&known.0) || self.senders.heard().receivers.contains(&known) {
            return;
        }
        let (source, receiver) = known.clone();
        let written = self.db.write("receiver", move |tx| {
            let (source, receiver) = (source.clone(), receiver.clone());
            Box::pin(async move { alert_sources::posts(tx, &source, &receiver).await })
        });
        match written.await {
            Ok(()) => {
                self.senders.heard().receivers.insert(known);
            }
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(error = %error, "a receiver of alerts could not be remembered");
            }
        }
    }

    /// The sources whose resolves are not to be believed now, of those in a lot that tells of an end.
    pub(super) async fn doubted_by(
        &self,
        tx: &mut Tx,
        lot: &[Arc<Judged>],
    ) -> Result<BTreeSet<SourceId>, StoreError> {
        let has_ends = |judged: &Arc<Judged>| judged.reports.iter().any(|report| !report.alert.is_firing());
        if !lot.iter().any(has_ends) {
            return Ok(BTreeSet::new());
        }
        self.doubted(tx).await
    }

    /// The sources whose heartbeat is missing, or was a short time ago.
    pub(super) async fn doubted(&self, tx: &mut Tx) -> Result<BTreeSet<SourceId>, StoreError> {
        let now = self.now();
        let heartbeats = alert_sources::heartbeats(tx).await?;
        let in_doubt = heartbeats.into_iter().filter(|heartbeat| {
            let timeout = self.timeout(&heartbeat.source);
            timeout.is_some_and(|timeout| heartbeat.pulse.is_in_doubt(now, timeout))
        });
        Ok(in_doubt.map(|heartbeat| heartbeat.source).collect())
    }

    /// The heartbeats of a source whose absence would mean something.
    pub(super) async fn relied_on(
        &self,
        tx: &mut Tx,
        source: &SourceId,
    ) -> Result<BTreeSet<Fingerprint>, StoreError> {
        let heartbeats = alert_sources::heartbeats(tx).await?.into_iter();
        let relied_on =
            heartbeats.filter(|heartbeat| heartbeat.source == *source && heartbeat.pulse.is_armed);
        Ok(relied_on.map(|heartbeat| heartbeat.fingerprint).collect())
    }

    /// How long without a beat is too long for this source.
    pub(super) fn timeout(&self, source: &SourceId) -> Option<Duration> {
        self.settings.sources.get(source)?.timeout
    }

    /// The sources that are polled, and how often.
    fn polled(&self) -> impl Iterator<Item = (&SourceId, Duration)> {
        let sources = self.settings.sources.iter();
        let sources = sources.filter(|(id, _)| self.ports.alertmanagers.knows(id));
        sources.filter_map(|(id, source)| Some((id, source.reconcile_every?)))
    }

    /// When the last poll of each source began, if there was one; story time.
    async fn looked(&self) -> Result<BTreeMap<SourceId, DateTime<Utc>>, StoreError> {
        let read = self.db.read("looked", |tx| Box::pin(async move { alert_sources::looked(tx).await }));
        Ok(read.await?.into_iter().collect())
    }

    /// When something is to be done about a source next, story time; `None` when never.
    pub async fn next_look(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let now = self.now();
        let mut next = self.next_heartbeat().await?;
        if self.polled().next().is_some() {
            let looked = self.looked().await?;
            let polls = self.polled().map(|(id, every)| looked.get(id).map_or(now, |at| *at + every));
            next = next.into_iter().chain(polls).min();
        }
        Ok(next)
    }

    /// Looks at what is due: heartbeats that are missing, and sources with which notes are to be compared.
    pub async fn tick_sources(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let mut progress = self.tick_heartbeats().await?;
        if self.polled().next().is_none() {
            return Ok(progress);
        }
        let (now, looked) = (self.now(), self.looked().await?);
        let is_due =
            |(id, every): &(&SourceId, Duration)| looked.get(id).is_none_or(|at| *at + *every <= now);
        let polls = self.polled().filter(is_due).map(|(id, every)| self.poll(id, every));
        let mut first_fault = None;
        for polled in join_all(polls).await {
            match polled {
                Ok(Progress::Some) => progress = Progress::Some,
                Ok(Progress::None) => {}
                Err(error) => first_fault = first_fault.or(Some(error)),
            }
        }
        first_fault.map_or(Ok(progress), Err)
    }
}

/// Looks at the sources for as long as the process lives.
pub(super) async fn run(in_force: &InForce, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let engine = in_force.engine();
        let wire = &engine.clocks.wire;
        let nudged = engine.nudges.sources.notified();
        let looked_at = engine.now();
        let next = match engine.tick_sources().await {
            Ok(_progress) => engine.next_look().await,
            Err(error) => Err(error),
        };
        let next = next.unwrap_or_else(|error| {
            tracing::error!(error = %error, "alert sources cannot be looked at; they are looked at again");
            None
        });
        tokio::select! {
            () = nudged => {}
            () = engine.comes(next.filter(|at| *at > looked_at)) => {}
            () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
            () = told(&mut stopped) => {}
        }
    }
}
