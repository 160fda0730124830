//! What the house's rules of now would make of an incident of then.
//!
//! Its alerts are judged again as if they were delivered together, by the same rooms that judge deliveries. What cannot be
//! known any more is not guessed: an alert that opened nothing was never kept, and how many alerts of one delivery fired is not
//! kept either, so `min_firing` counts all alerts of the incident.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::alert::{Alert, AlertGroup, AlertStatus, Labels};
use super::heartbeat;
use super::house::House;
use super::matcher::Matcher;
use super::severity::Severity;
use super::triage::{self, Judged};
use crate::ids::{PolicyId, ScheduleId, ServiceId, SourceId};

/// The rule that says that nothing opens.
const NOTHING: &str = "none";

/// An alert of a recorded incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Who sent it.
    pub source: SourceId,
    /// As it was last received.
    pub alert: Alert,
    /// The configured service that it was about.
    pub service: Option<ServiceId>,
}

/// How bad an incident is and whose it is, by one set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// `None` when it opens nothing.
    pub severity: Option<Severity>,
    /// The rule that decided.
    pub rule: String,
    /// With which inputs.
    pub reason: String,
    /// The configured services of its alerts.
    pub services: BTreeSet<ServiceId>,
    /// The schedules that are paged; none when nobody is.
    pub schedules: BTreeSet<ScheduleId>,
    /// The escalation policy that is climbed; none when nobody is paged.
    pub policies: BTreeSet<PolicyId>,
}

impl Verdict {
    /// Whether people would notice the difference: another severity, service, schedule or policy. Another rule with the same
    /// result is none.
    pub fn differs_from(&self, other: &Self) -> bool {
        let whose = |verdict: &Self| {
            (verdict.severity, verdict.services.clone(), verdict.schedules.clone(), verdict.policies.clone())
        };
        whose(self) != whose(other)
    }
}

/// Whether rules judge what this source tells: that a heartbeat is missing is always as bad as it gets.
pub fn is_judged(source: &SourceId) -> bool {
    heartbeat::watched(source).is_none()
}

/// Judges the alerts of an incident again, as if they fired together at `opened_at` (UTC). `heartbeats` are the matchers of each
/// source's heartbeat; `service` is the one that the incident was about, whose alerts decide among equally bad ones.
pub fn judge_again(
    recorded: &[Recorded],
    service: Option<&ServiceId>,
    opened_at: DateTime<Utc>,
    house: &House,
    heartbeats: &BTreeMap<SourceId, Vec<Matcher>>,
) -> Verdict {
    let mut by_source: BTreeMap<&SourceId, Vec<&Recorded>> = BTreeMap::new();
    for one in recorded {
        by_source.entry(&one.source).or_default().push(one);
    }
    let judged: Vec<Judged> = by_source
        .into_iter()
        .map(|(source, mut alerts)| {
            alerts.sort_by_key(|one| one.service.as_ref() != service);
            let matchers = heartbeats.get(source).map(Vec::as_slice).unwrap_or_default();
            triage::judge(together(source, &alerts), vec![], house, matchers, opened_at)
        })
        .collect();
    let worst = judged.iter().flat_map(Judged::firing).min_by_key(|report| report.assessment.severity);
    let Some(worst) = worst else {
        let reason = "what fires is a heartbeat, or its severity is none".to_owned();
        let (services, schedules, policies) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        return Verdict { severity: None, rule: NOTHING.to_owned(), reason, services, schedules, policies };
    };
    let severity = worst.assessment.severity;
    let policy = house.policy_for(worst.service.as_ref(), severity).map(|policy| policy.id.clone());
    let paged = judged.iter().filter(|_| policy.is_some()).flat_map(|judged| judged.schedules.values());
    Verdict {
        severity: Some(severity),
        rule: worst.assessment.rule.clone(),
        reason: worst.assessment.reason.clone(),
        services: judged.iter().flat_map(Judged::firing).filter_map(|one| one.service.clone()).collect(),
        schedules: paged.cloned().collect(),
        policies: policy.into_iter().collect(),
    }
}

/// One delivery of all of them, firing.
fn together(source: &SourceId, alerts: &[&Recorded]) -> AlertGroup {
    let firing = |one: &&Recorded| Alert { status: AlertStatus::Firing, ends_at: None, ..one.alert.clone() };
    AlertGroup {
        source: source.clone(),
        receiver: String::new(),
        group_key: "replayed".into(),
        alerts: alerts.iter().map(firing).collect(),
        n_truncated: 0,
        common_labels: Labels::new(),
        common_annotations: Labels::new(),
        external_url: None,
        notes: vec![],
    }
}
