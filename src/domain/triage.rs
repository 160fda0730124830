//! What a delivery means before anything is known of earlier ones: how bad each alert is, whose it is, and the incident it
//! would open.
//!
//! The service and the dry run of the command line ask the same question here, so they cannot give two answers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::alert::{Alert, AlertGroup, AlertStatus};
use super::heartbeat::Beat;
use super::house::House;
use super::incident::child::{KnownChildren, News, Report, compare};
use super::incident::{Actor, AlertKey, Opening, Privacy, RunbookRef};
use super::matcher::Matcher;
use super::severity::{self, Assessment, Circumstances, Severity};
use super::{naming, on_call, service};
use crate::ids::{Fingerprint, IncidentId, ScheduleId};

/// A delivery with its alerts judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// As it was delivered.
    pub group: AlertGroup,
    /// Which group it is.
    pub key: AlertKey,
    /// What counts of it: neither heartbeats nor what opens nothing.
    pub reports: Vec<Report>,
    /// The schedules that its firing reports are for.
    pub schedules: BTreeMap<Fingerprint, ScheduleId>,
    /// Its heartbeats.
    pub beats: Vec<(Fingerprint, Beat)>,
    /// When somebody looked and saw it firing; `None` when it was told, which may take its time. UTC.
    pub seen_at: Option<DateTime<Utc>>,
    undated: BTreeSet<Fingerprint>,
}

/// Assesses every alert at `now` (UTC). Those that match all of `heartbeat` only show that their source lives. `undated`
/// alerts say when they arrived, not when they began.
pub fn judge(
    group: AlertGroup,
    undated: Vec<Fingerprint>,
    house: &House,
    heartbeat: &[Matcher],
    now: DateTime<Utc>,
) -> Judged {
    let n_firing =
        u32::try_from(group.alerts.iter().filter(|alert| alert.is_firing()).count()).unwrap_or(u32::MAX);
    let (mut reports, mut schedules) = (vec![], BTreeMap::new());
    for alert in group.alerts.iter().filter(|alert| !is_heartbeat(heartbeat, alert)) {
        let service = service::service_of(&alert.labels, &house.service_labels, &house.services);
        let schedule = house.schedule_of(service.as_ref()).clone();
        let in_business_hours = house
            .schedules
            .get(&schedule)
            .is_some_and(|schedule| on_call::is_open(&schedule.business_hours, schedule.timezone, now));
        let tier = service.as_ref().and_then(|id| house.services.get(id)).and_then(|service| service.tier);
        let circumstances = Circumstances { tier, n_firing, in_business_hours, now };
        let assessed = severity::assess(alert, &house.severity_rules, &house.non_production, &circumstances);
        if let Some(assessment) = assessed {
            if alert.is_firing() {
                schedules.insert(alert.fingerprint.clone(), schedule);
            }
            let (alert, source) = (alert.clone(), group.source.clone());
            reports.push(Report { alert, assessment, source, service, inferred: false, doubted: None });
        }
    }
    let beats = group.alerts.iter().filter(|alert| is_heartbeat(heartbeat, alert));
    let beats = beats.map(|alert| (alert.fingerprint.clone(), beat_of(alert, now))).collect();
    let undated = undated.into_iter().collect();
    Judged { key: key_of(&group), group, reports, schedules, beats, seen_at: None, undated }
}

fn key_of(group: &AlertGroup) -> AlertKey {
    AlertKey {
        source: group.source.clone(),
        receiver: group.receiver.clone(),
        group_key: group.group_key.clone(),
    }
}

fn beat_of(alert: &Alert, now: DateTime<Utc>) -> Beat {
    match alert.status {
        AlertStatus::Firing => Beat::Alive,
        AlertStatus::Resolved => Beat::Dead(alert.ends_at.unwrap_or(now)),
    }
}

/// A delivery that says that monitoring itself is down, or back: always as bad as it gets, for whoever is on call by default.
pub fn monitoring_down(group: AlertGroup, house: &House) -> Judged {
    let assessment = |alert: &Alert| Assessment {
        severity: Severity::P1,
        rule: "heartbeat".to_owned(),
        reason: alert.annotations.get("summary").cloned().unwrap_or_default(),
        env: None,
        is_unmatched: false,
    };
    let report = |alert: &Alert| Report {
        alert: alert.clone(),
        assessment: assessment(alert),
        source: group.source.clone(),
        service: None,
        inferred: false,
        doubted: None,
    };
    let reports: Vec<Report> = group.alerts.iter().map(report).collect();
    let firing = reports.iter().filter(|report| report.alert.is_firing());
    let schedules =
        firing.map(|report| (report.alert.fingerprint.clone(), house.default_schedule.clone())).collect();
    Judged {
        key: key_of(&group),
        group,
        reports,
        schedules,
        beats: vec![],
        seen_at: None,
        undated: BTreeSet::new(),
    }
}

fn is_heartbeat(matchers: &[Matcher], alert: &Alert) -> bool {
    !matchers.is_empty() && matchers.iter().all(|matcher| matcher.matches(&alert.labels, &alert.annotations))
}

impl Judged {
    /// The reports, with the beginnings that are known for alerts that were delivered without one.
    pub fn dated(&self, known: &KnownChildren) -> Vec<Report> {
        let date = |report: &Report| {
            let mut report = report.clone();
            let fingerprint = &report.alert.fingerprint;
            if let Some(known) = known.of(&report).filter(|_| self.undated.contains(fingerprint))
                && known.status == AlertStatus::Firing
            {
                report.alert.starts_at = known.starts_at;
            }
            report
        };
        self.reports.iter().map(date).collect()
    }

    /// The same as somebody saw it who looked at this time, UTC.
    #[must_use]
    pub fn seen_at(self, at: DateTime<Utc>) -> Self {
        Self { seen_at: Some(at), ..self }
    }

    /// The same without the firings of these alerts.
    #[must_use]
    pub fn without(&self, over: &BTreeSet<Fingerprint>) -> Self {
        let mut rest = self.clone();
        rest.reports.retain(|report| !report.alert.is_firing() || !over.contains(&report.alert.fingerprint));
        rest.schedules.retain(|fingerprint, _| !over.contains(fingerprint));
        rest
    }

    /// Its firing reports.
    pub fn firing(&self) -> impl Iterator<Item = &Report> {
        self.reports.iter().filter(|report| report.alert.is_firing())
    }

    /// Whether all that fires in it fires among `known` already, so that its group joins the incident they belong to.
    pub fn joins(&self, known: &KnownChildren) -> bool {
        let fires =
            |report: &Report| known.of(report).is_some_and(|known| known.status == AlertStatus::Firing);
        self.firing().next().is_some() && self.firing().all(fires)
    }

    /// How the incident of this delivery begins; `None` when nothing in it fires that opens one. `known` are the alerts of the
    /// ended incident that it `follows`: a firing that is known there was settled by hand, so it comes along but decides
    /// neither how bad it is nor who is paged. `runbook` finds what to do about the worst alert.
    pub fn opening(
        &self,
        house: &House,
        follows: Option<IncidentId>,
        known: &KnownChildren,
        now: DateTime<Utc>,
        runbook: impl FnOnce(&Report) -> Option<RunbookRef>,
    ) -> Option<Opening> {
        let firing: Vec<Report> = self.firing().cloned().collect();
        let is_new = |report: &&Report| {
            matches!(compare(known.of(report), &report.alert, now), News::Joined | News::Flapped)
        };
        let worst = firing.iter().filter(is_new).min_by_key(|report| report.assessment.severity)?;
        let shown = service::service_shown(&worst.alert.labels, &house.service_labels, &house.services);
        let alertname = worst.alert.name().map(str::to_owned);
        let new = firing.iter().filter(is_new);
        let schedules: BTreeSet<ScheduleId> =
            new.filter_map(|report| self.schedules.get(&report.alert.fingerprint).cloned()).collect();
        let fires: BTreeSet<&Fingerprint> = firing.iter().map(|report| &report.alert.fingerprint).collect();
        let has_ended =
            |report: &&Report| !report.alert.is_firing() && !fires.contains(&report.alert.fingerprint);
        let ended: Vec<Report> = self.reports.iter().filter(has_ended).cloned().collect();
        Some(Opening {
            title: naming::title(&self.group, shown),
            short_name: naming::short_name(alertname.as_deref(), shown),
            key: Some(self.key.clone()),
            alertname,
            assessment: worst.assessment.clone(),
            service: worst.service.clone(),
            service_shown: shown.map(str::to_owned),
            schedules: schedules.into_iter().collect(),
            n_truncated: self.group.n_truncated,
            notes: self.group.notes.clone(),
            runbook: runbook(worst),
            actor: Actor::Source(self.key.source.clone()),
            follows,
            privacy: Privacy::Public,
            umbrella: None,
            reports: firing,
            ended,
        })
    }
}
