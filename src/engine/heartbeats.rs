//! Heartbeats: each beat is written down, a missing one is an incident, and while it is missing nothing is believed to have
//! ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Duration, Utc};

use super::Engine;
use super::workers::Progress;
use crate::domain::effect::{Effect, Warning};
use crate::domain::heartbeat::{self, Beat, Change as Becomes, Pulse};
use crate::domain::triage;
use crate::ids::{Fingerprint, SourceId};
use crate::store::alert_sources::{self, Heartbeat};
use crate::store::{StoreError, incidents, notes};

/// That a heartbeat comes too seldom is said at most so often.
const TOLD_EVERY: Duration = Duration::days(1);

/// How many heartbeats are being written down and told of as alerts. In between nothing is due, though somebody is about to be paged.
#[derive(Default)]
pub(super) struct Telling(AtomicUsize);

/// One that is being told of.
struct Told<'a>(&'a AtomicUsize);

impl Telling {
    fn begin(&self) -> Told<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Told(&self.0)
    }

    /// Whether any is.
    pub(super) fn is_under_way(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Engine {
    /// Writes down the beats of a delivery; one that is missing now, or back, is told as an alert of its own.
    pub(super) async fn beats(
        self: &Arc<Self>,
        source: &SourceId,
        beats: &[(Fingerprint, Beat)],
    ) -> Result<(), StoreError> {
        let Some(timeout) = self.timeout(source).filter(|_| !beats.is_empty()) else { return Ok(()) };
        let _telling = self.telling.begin();
        let (engine, from, beats) = (self.clone(), source.clone(), beats.to_vec());
        let changed = super::handle::anew(|| {
            let (engine, from, beats) = (engine.clone(), from.clone(), beats.clone());
            self.db.write("beats", move |tx| {
                let (engine, source, beats) = (engine.clone(), from.clone(), beats.clone());
                Box::pin(async move {
                    let now = engine.now();
                    let (mut changed, mut done) = (vec![], vec![]);
                    for (fingerprint, beat) in beats {
                        let before = alert_sources::pulse(tx, &source, &fingerprint).await?;
                        let after = heartbeat::beat(before.as_ref(), beat, now, timeout);
                        if before != after {
                            alert_sources::beats(tx, &source, &fingerprint, after.as_ref()).await?;
                        }
                        let was_lost = before.as_ref().is_some_and(Pulse::is_lost);
                        if let Some(beaten) =
                            before.filter(|_| !was_lost && after.as_ref().is_some_and(Pulse::is_lost))
                        {
                            done.extend(engine.disbelieve(tx, &source, beaten.last_at, now).await?);
                        }
                        if let Some(pulse) = after.filter(|pulse| pulse.is_lost() != was_lost) {
                            changed.push((fingerprint, pulse));
                        }
                    }
                    Ok::<_, StoreError>((changed, done))
                })
            })
        });
        let (changed, done) = changed.await?;
        self.told_of_ends(done);
        for (fingerprint, pulse) in changed {
            self.tell_of(source, &fingerprint, &pulse).await?;
        }
        self.nudges.sources.notify_one();
        Ok(())
    }

    /// That a heartbeat is missing, or back, as an alert. Told again, it is no news.
    async fn tell_of(
        self: &Arc<Self>,
        source: &SourceId,
        fingerprint: &Fingerprint,
        pulse: &Pulse,
    ) -> Result<(), StoreError> {
        let Some(lost_at) = pulse.lost_at else { return Ok(()) };
        let house = &self.settings.house;
        let label = house.service_labels.first().map_or("service", String::as_str);
        let group = heartbeat::alert(source, fingerprint, (lost_at, pulse.back_at), label);
        self.hand_in(triage::monitoring_down(group, house)).await.map(drop)
    }

    async fn heartbeats(&self) -> Result<Vec<(Heartbeat, Duration)>, StoreError> {
        let read =
            self.db.read("heartbeats", |tx| Box::pin(async move { alert_sources::heartbeats(tx).await }));
        let all = read.await?.into_iter();
        Ok(all.filter_map(|beat| self.timeout(&beat.source).map(|timeout| (beat, timeout))).collect())
    }

    /// When something becomes of a heartbeat without another beat, story time.
    pub(super) async fn next_heartbeat(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let all = self.heartbeats().await?;
        Ok(all.iter().filter_map(|(beat, timeout)| beat.pulse.due(*timeout)).min())
    }

    /// Sees which heartbeats are missing now, or have been back for long enough.
    pub(super) async fn tick_heartbeats(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let (now, all) = (self.now(), self.heartbeats().await?);
        let mut progress = Progress::None;
        for (beat, timeout) in &all {
            let (after, change) = beat.pulse.look(now, *timeout);
            match change {
                Becomes::None => continue,
                Becomes::Lost | Becomes::TooSlow => {}
                // First what hangs on it: should this process die in between, the next one does both.
                Becomes::Trusted => self.believe_again(&beat.source, &beat.fingerprint).await?,
            }
            progress = Progress::Some;
            let _telling = self.telling.begin();
            if self.becomes(beat, &after, change, *timeout).await? && change == Becomes::Lost {
                self.tell_of(&beat.source, &beat.fingerprint, &after).await?;
            }
        }
        if self.senders.is_silent(now) {
            for (beat, _) in all.iter().filter(|(beat, _)| beat.pulse.lost_at.is_some()) {
                self.tell_of(&beat.source, &beat.fingerprint, &beat.pulse).await?;
                self.forget_if_ended(beat).await?;
            }
        }
        Ok(progress)
    }

    /// Writes down what became of a heartbeat, unless it has beaten meanwhile. Whether it did.
    async fn becomes(
        self: &Arc<Self>,
        beat: &Heartbeat,
        after: &Pulse,
        change: Becomes,
        timeout: Duration,
    ) -> Result<bool, StoreError> {
        let (engine, before, after) = (self.clone(), beat.clone(), after.clone());
        let becomes = super::handle::anew(|| {
            let (engine, before, after) = (engine.clone(), before.clone(), after.clone());
            self.db.write("heartbeat", move |tx| {
                let (engine, before, after) = (engine.clone(), before.clone(), after.clone());
                Box::pin(async move {
                    let Heartbeat { source, fingerprint, pulse } = before;
                    if alert_sources::pulse(tx, &source, &fingerprint).await? != Some(pulse.clone()) {
                        return Ok::<_, StoreError>((false, vec![]));
                    }
                    let mut done = vec![];
                    if change == Becomes::Lost {
                        done = engine.disbelieve(tx, &source, pulse.last_at, engine.now()).await?;
                    }
                    alert_sources::beats(tx, &source, &fingerprint, Some(&after)).await?;
                    let (what, now) = (format!("slow heartbeat of {source}"), engine.clocks.wire.now());
                    if change == Becomes::TooSlow && notes::may_say(tx, &what, now, now - TOLD_EVERY).await? {
                        let timeout_seconds = timeout.num_seconds();
                        let what = Warning::HeartbeatTooSlow { source, timeout_seconds };
                        engine.post(tx, None, &[Effect::TellAdmins { what }]).await?;
                    }
                    Ok((true, done))
                })
            })
        });
        let (becomes, done) = becomes.await?;
        self.told_of_ends(done);
        self.nudges.outbox.want_any();
        Ok(becomes)
    }

    /// A human has said that the absence of a heartbeat is no trouble any more: it is not waited for.
    async fn forget_if_ended(self: &Arc<Self>, beat: &Heartbeat) -> Result<(), StoreError> {
        if !beat.pulse.is_lost() {
            return Ok(());
        }
        let beat = beat.clone();
        self.db
            .write("forget heartbeat", move |tx| {
                let Heartbeat { source, fingerprint, pulse } = beat.clone();
                Box::pin(async move {
                    let at = pulse.lost_at.unwrap_or(pulse.last_at);
                    let group = heartbeat::alert(&source, &fingerprint, (at, None), "service");
                    let known: Vec<&Fingerprint> =
                        group.alerts.iter().map(|alert| &alert.fingerprint).collect();
                    let is_open = !incidents::firing(tx, &known).await?.is_empty();
                    if !is_open && alert_sources::pulse(tx, &source, &fingerprint).await? == Some(pulse) {
                        tracing::warn!(source = %source, "a heartbeat whose incident was ended is not waited for");
                        alert_sources::beats(tx, &source, &fingerprint, None).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await
    }
}
