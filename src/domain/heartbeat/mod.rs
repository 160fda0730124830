//! Heartbeats: alerts that always fire, so that their absence means that nothing else could be heard either.
//!
//! A heartbeat is relied on from the second beat that came in time; until then nobody is woken for its absence.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::alert::{Alert, AlertGroup, AlertStatus};
use crate::ids::{Fingerprint, SourceId};

/// Two beats closer than this are one, told twice: by the members of a pair, or again because an answer was lost. A second at most,
/// and next to nothing of a short timeout.
fn apart(timeout: Duration) -> Duration {
    (timeout / 600).min(Duration::seconds(1))
}

/// What the name of the source of alerts about heartbeats begins with. No configured source has such a name.
const OF: &str = "heartbeat:";

/// One heartbeat of one source. Times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// The latest beat.
    pub last_at: DateTime<Utc>,
    /// Whether it is relied on.
    pub is_armed: bool,
    /// Since when it is missing, or was the last time.
    pub lost_at: Option<DateTime<Utc>>,
    /// When it came back. Both are forgotten once that is long ago.
    pub back_at: Option<DateTime<Utc>>,
    /// Whether anybody was told that it comes too seldom.
    pub is_told: bool,
}

/// What a delivery says about a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// It beats.
    Alive,
    /// It has ended then, UTC.
    Dead(DateTime<Utc>),
}

/// What has become of a heartbeat because time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// It is missing now.
    Lost,
    /// It comes too seldom to be relied on.
    TooSlow,
    /// It has been back for long enough: what is told is believed again.
    Trusted,
}

impl Pulse {
    /// The first beat.
    const fn begun(at: DateTime<Utc>) -> Self {
        Self { last_at: at, is_armed: false, lost_at: None, back_at: None, is_told: false }
    }

    /// Whether it is missing.
    pub const fn is_lost(&self) -> bool {
        self.lost_at.is_some() && self.back_at.is_none()
    }

    /// When something becomes of it without another beat, UTC.
    pub fn due(&self, timeout: Duration) -> Option<DateTime<Utc>> {
        let is_waited_for = !self.is_lost() && (self.is_armed || !self.is_told);
        let missing = is_waited_for.then(|| self.last_at + timeout);
        missing.into_iter().chain(self.back_at.map(|at| at + timeout)).min()
    }

    /// What has become of it at `now`, and how it is from then on.
    pub fn look(&self, now: DateTime<Utc>, timeout: Duration) -> (Self, Change) {
        let mut next = self.clone();
        if !self.is_lost() && now - self.last_at >= timeout {
            if self.is_armed {
                (next.lost_at, next.back_at) = (Some(now), None);
                return (next, Change::Lost);
            }
            if !self.is_told {
                next.is_told = true;
                return (next, Change::TooSlow);
            }
        }
        if next.back_at.take_if(|at| now - *at >= timeout).is_some() {
            next.lost_at = None;
            return (next, Change::Trusted);
        }
        (next, Change::None)
    }

    /// Whether ends that are told at `now` are not to be believed: it is missing, or was a short time ago.
    pub fn is_in_doubt(&self, now: DateTime<Utc>, timeout: Duration) -> bool {
        self.is_lost() || self.back_at.is_some_and(|at| now - at < timeout)
    }
}

/// What a beat, or the word that it has ended, makes of a heartbeat; `None` when there is none any more.
pub fn beat(pulse: Option<&Pulse>, beat: Beat, now: DateTime<Utc>, timeout: Duration) -> Option<Pulse> {
    match (pulse, beat) {
        (None, Beat::Alive) => Some(Pulse::begun(now)),
        (None, Beat::Dead(_)) => None,
        (Some(pulse), Beat::Alive) => {
            let mut next = pulse.clone();
            next.is_armed |= (apart(timeout)..=timeout).contains(&(now - pulse.last_at));
            next.last_at = now;
            if pulse.is_lost() {
                next.back_at = Some(now);
            }
            next.is_told &= !next.is_armed;
            Some(next)
        }
        // Told late: it has beaten since.
        (Some(pulse), Beat::Dead(ended_at)) if ended_at < pulse.last_at => Some(pulse.clone()),
        (Some(pulse), Beat::Dead(_)) if pulse.is_lost() => Some(pulse.clone()),
        (Some(pulse), Beat::Dead(_)) if pulse.is_armed => {
            Some(Pulse { lost_at: Some(now), back_at: None, ..pulse.clone() })
        }
        (Some(_), Beat::Dead(_)) => None,
    }
}

/// The source under which the absence of a source's heartbeats is known. Nothing else is told under it, and it has no heartbeat
/// of its own.
pub fn source_of(source: &SourceId) -> SourceId {
    SourceId(format!("{OF}{source}"))
}

/// Whose heartbeats are known under this source; `None` when it is one that sends alerts.
pub fn watched(source: &SourceId) -> Option<&str> {
    source.as_str().strip_prefix(OF)
}

/// That a heartbeat is missing since then, or is back since, as alerts are told. `service_label` is the label that names services.
pub fn alert(
    source: &SourceId,
    fingerprint: &Fingerprint,
    (lost_at, back_at): (DateTime<Utc>, Option<DateTime<Utc>>),
    service_label: &str,
) -> AlertGroup {
    let labels: BTreeMap<String, String> = [
        (service_label, source.as_str()),
        ("heartbeat", fingerprint.as_str()),
        ("alertname", "MonitoringDown"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let summary = format!("Monitoring is down: the heartbeat of {source} is missing");
    let annotations: BTreeMap<String, String> = [
        ("summary", summary),
        ("description", format!("Until it is back, no alert of {source} can be relied on, and none of its resolves is believed.")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let alert = Alert {
        fingerprint: Fingerprint(format!("{OF}{fingerprint}")),
        status: if back_at.is_some() { AlertStatus::Resolved } else { AlertStatus::Firing },
        labels: labels.clone(),
        annotations: annotations.clone(),
        starts_at: lost_at,
        ends_at: back_at,
        generator_url: None,
    };
    AlertGroup {
        source: source_of(source),
        receiver: "dontpanic".to_owned(),
        group_key: "heartbeat".into(),
        alerts: vec![alert],
        n_truncated: 0,
        common_labels: labels,
        common_annotations: annotations,
        external_url: None,
        notes: vec![],
    }
}

#[cfg(test)]
mod tests;
