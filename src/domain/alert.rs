//! What a sender tells us: alerts, and the group they arrive in.
//!
//! These are facts as received; nothing here judges them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{Fingerprint, GroupKey, SourceId};

/// Label names and values, in a stable order.
pub type Labels = BTreeMap<String, String>;

/// Whether one alert is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertStatus {
    /// Active at the sender.
    Firing,
    /// Over, as far as the sender knows.
    Resolved,
}

/// One labelled signal. Times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its identity: the sender's hash of the labels, or ours when the sender gave none.
    pub fingerprint: Fingerprint,
    /// Active or over. Only this status counts; the payload's own is ignored.
    pub status: AlertStatus,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations: texts for people, which may change between deliveries.
    pub annotations: Labels,
    /// When it began; a new beginning of a known fingerprint is a flap.
    pub starts_at: DateTime<Utc>,
    /// When it ended; absent while it fires (Alertmanager writes year 1, which is read as absent).
    pub ends_at: Option<DateTime<Utc>>,
    /// The page at the sender that explains the alert.
    pub generator_url: Option<String>,
}

impl Alert {
    /// The `alertname` label, if any.
    pub fn name(&self) -> Option<&str> {
        self.labels.get("alertname").map(String::as_str)
    }

    /// Whether it fires.
    pub fn is_firing(&self) -> bool {
        self.status == AlertStatus::Firing
    }
}

/// One delivery: the alerts that share a group key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertGroup {
    /// Which configured source sent it (the name in the URL).
    pub source: SourceId,
    /// The sender's receiver name.
    pub receiver: String,
    /// The group's identity inside (source, receiver).
    pub group_key: GroupKey,
    /// The alerts, at most 5000.
    pub alerts: Vec<Alert>,
    /// How many alerts the sender, or our own limit, left out.
    pub n_truncated: u64,
    /// Labels shared by every alert of the delivery.
    pub common_labels: Labels,
    /// Annotations shared by every alert of the delivery.
    pub common_annotations: Labels,
    /// The sender's own address, for links only; never part of an identity.
    pub external_url: Option<String>,
    /// What was unusual about the body, for the timeline (an unknown version, a derived group key).
    pub notes: Vec<String>,
}
