//! What arrives for an incident: the alerts of a group, judged, beside what is known of them.

use std::collections::BTreeMap;

use super::AlertKey;
use super::child::{Child, KnownChildren, Report};
use crate::ids::{Fingerprint, ScheduleId};

/// What is thought of ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// What was told to have ended has.
    Believed,
    /// It may have: monitoring is lost.
    Doubted,
}

/// One delivery for an incident that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Which group it is.
    pub key: AlertKey,
    /// What it reports; ignored alerts (severity `none`, heartbeats) are already left out.
    pub reports: Vec<Report>,
    /// The children known before it.
    pub known: KnownChildren,
    /// How many alerts it left out.
    pub n_truncated: u64,
    /// The schedules that its firing reports are for.
    pub schedules: BTreeMap<Fingerprint, ScheduleId>,
    /// What is thought of the ends in it.
    pub ends: Ends,
    /// Alerts of which it repeats what is known, but for what people see of them: as they are to be shown from now on.
    pub shown_anew: Vec<Child>,
}
