//! The alerts of an incident, and what a delivery changes about them.
//!
//! Only an alert's own status counts. What is known already, in whatever order or from however many senders it arrives
//! again, is never news.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::alert::{Alert, AlertStatus};
use crate::domain::severity::Assessment;
use crate::ids::{Fingerprint, ServiceId};

/// One alert of an incident, as last believed. Times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
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
    /// Its latest known beginning: that of a new firing is later.
    pub starts_at: DateTime<Utc>,
    /// Its latest known end; kept while it fires again.
    pub ends_at: Option<DateTime<Utc>>,
}

impl Known {
    /// What is known once a delivered alert is believed.
    pub fn after(known: Option<&Self>, alert: &Alert) -> Self {
        Self {
            status: alert.status,
            starts_at: alert.starts_at,
            ends_at: alert.ends_at.or(known.and_then(|known| known.ends_at)),
        }
    }
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
    /// A firing child began earlier than was known: another sender saw it first.
    Earlier,
    /// Known: same beginning, same status.
    Repeated,
    /// Older than what is known, or the end of something never seen: recorded nowhere, changes nothing.
    Stale,
}

/// Compares one delivered alert with what is known of it.
///
/// Senders disagree about the beginning: of two Prometheus replicas one sees a firing first, and an Alertmanager that hears
/// both goes on with the earlier beginning. So an end is believed whatever beginning it names, unless it lies before the
/// beginning that is known, and what fires is not begun anew by an earlier beginning. Only what is not newer than the known
/// end is stale.
pub fn compare(known: Option<&Known>, alert: &Alert) -> News {
    let Some(known) = known else {
        return if alert.is_firing() { News::Joined } else { News::Stale };
    };
    let is_past = known.ends_at.is_some_and(|end| alert.starts_at <= end);
    match (known.status, alert.status) {
        (AlertStatus::Firing, AlertStatus::Firing) => match alert.starts_at.cmp(&known.starts_at) {
            Ordering::Greater => News::Flapped,
            Ordering::Equal => News::Repeated,
            Ordering::Less if is_past => News::Stale,
            Ordering::Less => News::Earlier,
        },
        (AlertStatus::Firing, AlertStatus::Resolved) => {
            let is_of_this_firing =
                alert.starts_at >= known.starts_at || alert.ends_at.is_none_or(|end| end > known.starts_at);
            if is_of_this_firing { News::Resolved } else { News::Stale }
        }
        (AlertStatus::Resolved, AlertStatus::Firing) if is_past || alert.starts_at <= known.starts_at => {
            News::Stale
        }
        (AlertStatus::Resolved, AlertStatus::Firing) => News::Flapped,
        (AlertStatus::Resolved, AlertStatus::Resolved) => News::Repeated,
    }
}

/// Everything known of an incident's children, by fingerprint.
pub type KnownChildren = BTreeMap<Fingerprint, Known>;
