//! The alerts of an incident, and what a delivery changes about them.
//!
//! Only an alert's own status counts. What is known already, in whatever order or from however many senders it arrives
//! again, is never news.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::alert::{Alert, AlertStatus};
use crate::domain::severity::Assessment;
use crate::ids::{Fingerprint, ServiceId, SourceId};

/// One alert of an incident, as last believed. Times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// The source that sends it: a fingerprint names one alert inside one source only.
    pub source: SourceId,
    /// The alert as last received.
    pub alert: Alert,
    /// Its own severity.
    pub assessment: Assessment,
    /// The configured service it is about.
    pub service: Option<ServiceId>,
}

/// A delivered alert, judged but not yet compared with what is known.
pub type Report = Child;

/// What is known of a child without its texts: enough to tell news from repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Firing or resolved.
    pub status: AlertStatus,
    /// Its present or last beginning.
    pub starts_at: DateTime<Utc>,
    /// Its last known end.
    pub ends_at: Option<DateTime<Utc>>,
}

/// What one delivered alert means for an incident that knows these children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A child not seen before fires.
    Joined,
    /// A known child began anew.
    Flapped,
    /// A firing child ended.
    Resolved,
    /// Known: same beginning, same status.
    Repeated,
    /// Older than what is known, or the end of something never seen: recorded nowhere, changes nothing.
    Stale,
}

/// Compares one delivered alert with what is known of it.
pub fn compare(known: Option<&Known>, alert: &Alert) -> News {
    let Some(known) = known else {
        return if alert.is_firing() { News::Joined } else { News::Stale };
    };
    match (known.status, alert.status) {
        (AlertStatus::Firing, AlertStatus::Firing) => match alert.starts_at.cmp(&known.starts_at) {
            std::cmp::Ordering::Greater => News::Flapped,
            std::cmp::Ordering::Equal => News::Repeated,
            std::cmp::Ordering::Less => News::Stale,
        },
        (AlertStatus::Firing, AlertStatus::Resolved) if alert.starts_at < known.starts_at => News::Stale,
        (AlertStatus::Firing, AlertStatus::Resolved) => News::Resolved,
        (AlertStatus::Resolved, AlertStatus::Firing) => {
            let is_newer =
                alert.starts_at > known.starts_at && known.ends_at.is_none_or(|end| alert.starts_at > end);
            if is_newer { News::Flapped } else { News::Stale }
        }
        (AlertStatus::Resolved, AlertStatus::Resolved) => News::Repeated,
    }
}

/// Everything known of an incident's children, by source and fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownChildren(BTreeMap<SourceId, BTreeMap<Fingerprint, Known>>);

impl KnownChildren {
    /// What is known of a child.
    pub fn of(&self, child: &Child) -> Option<&Known> {
        self.get(&child.source, &child.alert.fingerprint)
    }

    /// What is known of the alert that this fingerprint names inside this source.
    pub fn get(&self, source: &SourceId, fingerprint: &Fingerprint) -> Option<&Known> {
        self.0.get(source)?.get(fingerprint)
    }

    /// Puts this in place of what was known.
    pub fn insert(&mut self, source: SourceId, fingerprint: Fingerprint, known: Known) {
        self.0.entry(source).or_default().insert(fingerprint, known);
    }

    /// Knows a child as it is now.
    pub fn learn(&mut self, child: &Child) {
        let Child { source, alert, .. } = child;
        let known = Known { status: alert.status, starts_at: alert.starts_at, ends_at: alert.ends_at };
        self.insert(source.clone(), alert.fingerprint.clone(), known);
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&SourceId, &Fingerprint, &Known)> {
        self.0.iter().flat_map(|(source, children)| {
            children.iter().map(move |(fingerprint, known)| (source, fingerprint, known))
        })
    }

    /// How many there are.
    pub fn n(&self) -> u32 {
        u32::try_from(self.iter().count()).unwrap_or(u32::MAX)
    }

    /// How many of them fire.
    pub fn n_firing(&self) -> u32 {
        let firing = self.iter().filter(|(_, _, known)| known.status == AlertStatus::Firing);
        u32::try_from(firing.count()).unwrap_or(u32::MAX)
    }
}
