//! The alerts of an incident, and what a delivery changes about them.
//!
//! Only an alert's own status counts. What is known already, in whatever order or from however many senders it arrives
//! again, is never news.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::alert::{Alert, AlertStatus};
use crate::domain::reconcile::whole_millis;
use crate::domain::severity::Assessment;
use crate::ids::{Fingerprint, ServiceId, SourceId};

/// A delivery comes no later than this behind what happened after it: Alertmanager tries no longer than until the group's next turn,
/// five minutes unless somebody says otherwise. It is short, so that what fires all the same is heard when it is repeated.
pub const LATE: Duration = Duration::minutes(15);

/// One alert of an incident, as last believed. Times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// The alert as last received.
    pub alert: Alert,
    /// Its own severity.
    pub assessment: Assessment,
    /// The source that told of it: a fingerprint names one alert inside one source only.
    pub source: SourceId,
    /// The configured service it is about.
    pub service: Option<ServiceId>,
    /// Nobody told that it has ended: its source does not list it any more.
    pub inferred: bool,
    /// It fires as far as is believed, but its end was told while monitoring was lost.
    pub doubted: Option<DateTime<Utc>>,
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
    /// When it last changed, UTC.
    pub heard_at: DateTime<Utc>,
    /// Whether its end was only inferred.
    pub is_inferred: bool,
    /// Whether its end was told and not believed.
    pub is_doubted: bool,
}

impl Known {
    /// What is known of a child that nothing was known of and that changed at `heard_at`, UTC.
    pub fn of(child: &Child, heard_at: DateTime<Utc>) -> Self {
        Self::after(None, child, heard_at)
    }

    /// What is known once a child is believed to be so since `heard_at`, UTC.
    pub fn after(known: Option<&Self>, child: &Child, heard_at: DateTime<Utc>) -> Self {
        let Alert { status, starts_at, ends_at, .. } = child.alert;
        let ends_at = ends_at.or(known.and_then(|known| known.ends_at));
        let (is_inferred, is_doubted) = (child.inferred, child.doubted.is_some());
        Self { status, starts_at, ends_at, heard_at, is_inferred, is_doubted }
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
    /// A firing child fires indeed: that its end was not believed was right.
    Confirmed,
    /// A firing child began earlier than was known: another sender saw it first.
    Earlier,
    /// Known: same beginning, same status.
    Repeated,
    /// A firing that was never seen has ended: it is recorded, so that its beginning is no news when it comes late, and nothing
    /// else changes.
    Missed,
    /// Older than what is known: changes nothing.
    Stale,
}

/// Compares one delivered alert with what is known of it.
///
/// Senders disagree about the beginning: of two Prometheus replicas one sees a firing first, and an Alertmanager that hears
/// both goes on with the earlier beginning. So an end is believed whatever beginning it names, unless it lies before the
/// beginning that is known, and what fires is not begun anew by an earlier beginning. Only what is not newer than the known
/// end is stale, and only for as long as a delivery may be late: what fires a while after its end was heard fires again, though its
/// beginning is the old one. An Alertmanager that hears two Prometheis of which one has taken it back goes on with that.
pub fn compare(known: Option<&Known>, alert: &Alert, now: DateTime<Utc>) -> News {
    let Some(known) = known else {
        return if alert.is_firing() { News::Joined } else { News::Missed };
    };
    // Some doors tell beginnings in milliseconds only.
    let begins = whole_millis(alert.starts_at).cmp(&whole_millis(known.starts_at));
    let is_past = known.ends_at.is_some_and(|end| alert.starts_at <= end);
    match (known.status, alert.status) {
        (AlertStatus::Firing, AlertStatus::Firing) => match begins {
            Ordering::Greater => News::Flapped,
            Ordering::Equal if known.is_doubted => News::Confirmed,
            Ordering::Equal => News::Repeated,
            Ordering::Less if is_past => News::Stale,
            Ordering::Less => News::Earlier,
        },
        (AlertStatus::Firing, AlertStatus::Resolved) => {
            let is_of_this_firing =
                begins != Ordering::Less || alert.ends_at.is_none_or(|end| end > known.starts_at);
            if is_of_this_firing { News::Resolved } else { News::Stale }
        }
        // What was only inferred is taken back by the first word to the contrary.
        (AlertStatus::Resolved, AlertStatus::Firing) if known.is_inferred && begins != Ordering::Less => {
            News::Flapped
        }
        (AlertStatus::Resolved, AlertStatus::Firing)
            if (is_past || begins != Ordering::Greater) && now - known.heard_at < LATE =>
        {
            News::Stale
        }
        (AlertStatus::Resolved, AlertStatus::Firing) => News::Flapped,
        // Senders disagree about the end of one firing; what began after the known end was another.
        (AlertStatus::Resolved, AlertStatus::Resolved) if begins == Ordering::Greater && !is_past => {
            News::Missed
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

    /// Knows a child as it is believed to be since `heard_at`, UTC.
    pub fn learn(&mut self, child: &Child, heard_at: DateTime<Utc>) {
        let known = Known::after(self.of(child), child, heard_at);
        self.insert(child.source.clone(), child.alert.fingerprint.clone(), known);
    }

    /// As if the alerts of a source whose ends were told after `since`, UTC, fired on. Which they are.
    pub fn without_ends(&mut self, source: &SourceId, since: DateTime<Utc>) -> BTreeSet<Fingerprint> {
        let mut taken_back = BTreeSet::new();
        for (fingerprint, known) in self.0.get_mut(source).into_iter().flatten() {
            if known.status == AlertStatus::Resolved && !known.is_inferred && known.heard_at > since {
                known.status = AlertStatus::Firing;
                taken_back.insert(fingerprint.clone());
            }
        }
        taken_back
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
