//! An incident before anything has happened to it.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{Facts, Opening};
use super::{Feed, Incident, Review, Room, State};
use crate::ids::IncidentId;

/// An incident of which nothing has happened yet.
pub(super) fn blank(id: IncidentId, opening: &Opening, facts: &Facts<'_>) -> Incident {
    let now = facts.now;
    let starts = opening.reports.iter().map(|report| report.alert.starts_at);
    Incident {
        id,
        title: opening.title.clone(),
        short_name: opening.short_name.clone(),
        alertname: opening.alertname.clone(),
        declared_by: opening.key.is_none().then(|| opening.actor.clone()),
        feeds: opening
            .key
            .clone()
            .into_iter()
            .map(|key| Feed { key, n_truncated: opening.n_truncated })
            .collect(),
        assessment: opening.assessment.clone(),
        severity_override: None,
        service: opening.service.clone(),
        services: opening.reports.iter().filter_map(|report| report.service.clone()).collect(),
        service_shown: opening.service_shown.clone(),
        state: State::Triggered,
        epoch: 1,
        opened_at: now,
        triggered_at: now,
        started_at: starts.min().unwrap_or(now).min(now),
        first_ack: None,
        last_ack: None,
        last_ended_at: None,
        summary: None,
        postmortem: Review::None,
        closes_at: None,
        archives_at: None,
        ask_firing_at: None,
        ack_due: None,
        ack_target_missed: false,
        n_ack_targets_missed: 0,
        ladders: vec![],
        walks: vec![],
        n_walks: 0,
        paged: vec![],
        digests: vec![],
        carried_by: BTreeSet::new(),
        back_due: None,
        back_paged_at: None,
        joined_paged: BTreeMap::new(),
        commander: None,
        snoozed_until: None,
        snoozed_by: None,
        quiet: None,
        silences: vec![],
        n_silences: 0,
        silenced: BTreeMap::new(),
        muted_since: None,
        heard_anyway: BTreeSet::new(),
        n_firing: opening.n_firing(),
        n_alerts: opening.n_alerts(),
        n_flaps: 0,
        n_reopened: 0,
        n_events: 0,
        noted: vec![],
        kept_open: false,
        was_clear: false,
        runbook: opening.runbook.clone(),
        privacy: opening.privacy.clone(),
        room: Room::default(),
        follows: opening.follows,
        merged_into: None,
        absorbed: vec![],
        storm: None,
        umbrella: opening.umbrella,
        actions: vec![],
        review_due: None,
        feedback_from: None,
        pagerduty: None,
        feedback: vec![],
    }
}
