//! What the API shows, field by field. The names are a promise to whoever has written a script against them.
//!
//! Times are UTC in RFC 3339 with a `Z`; people are named by their key in `people`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::domain::alert::Labels;
use crate::domain::incident::child::Child;
use crate::domain::on_call::{self, Made, Roster, Shift};
use crate::domain::page;
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::domain::stats;
use crate::engine;
use crate::engine::reading::{Record, Told};
use crate::http::auth::Caller;
use crate::ids::{IncidentId, PageId, PersonId, ScheduleId};
use crate::words;
use crate::words::calendar::Whose;
use crate::words::saying;

/// An incident.
#[derive(Debug, Serialize)]
pub struct Incident {
    id: IncidentId,
    title: String,
    severity: Severity,
    severity_rule: String,
    severity_reason: String,
    state: &'static str,
    service: Option<String>,
    env: Option<String>,
    opened_at: DateTime<Utc>,
    acked_at: Option<DateTime<Utc>>,
    acked_by: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
    channel: Option<Channel>,
    alerts: Vec<Alert>,
    /// How many alerts it has: a list of incidents shows at most 100 of each. `null` to those who may not know.
    alerts_total: Option<u32>,
    flaps: u32,
    /// The incident that it is part of, because people merged it into that one.
    parent: Option<IncidentId>,
    truncated_alerts: u64,
    /// Whether only those whom it concerns are shown what it is about; to others it has no title, service, alerts or channel.
    private: bool,
}

#[derive(Debug, Serialize)]
struct Channel {
    id: String,
    name: String,
}

#[derive(Debug, Serialize)]
struct Alert {
    fingerprint: String,
    status: crate::domain::alert::AlertStatus,
    labels: Labels,
}

impl From<Child> for Alert {
    fn from(child: Child) -> Self {
        let alert = child.alert;
        Self { fingerprint: alert.fingerprint.0, status: alert.status, labels: alert.labels }
    }
}

impl Incident {
    /// The incident, as far as the caller may know of it: of a private one, that it is there, how bad it is and where it stands.
    pub fn shown_to(caller: &Caller, record: Record) -> Self {
        let is_kept = record.incident.privacy.is_private() && !caller.knows_private();
        let whole = Self::whole(record);
        if !is_kept {
            return whole;
        }
        Self {
            title: saying::PRIVATE.to_owned(),
            severity_reason: saying::PRIVATE.to_owned(),
            service: None,
            env: None,
            channel: None,
            alerts: vec![],
            alerts_total: None,
            ..whole
        }
    }

    fn whole(record: Record) -> Self {
        let Record { incident, alerts } = record;
        let severity = incident.severity();
        let (severity_rule, severity_reason) = match &incident.severity_override {
            // What counts is a human's word, so the rule and the reason are theirs.
            Some(human) if human.severity == severity => {
                let why = human.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                ("override".to_owned(), format!("set by {}{why}", human.by))
            }
            Some(_) | None => (incident.assessment.rule.clone(), incident.assessment.reason.clone()),
        };
        // While it is open, whoever has it now; afterwards, whoever had it last.
        let ack = if incident.state.is_open() { incident.state.ack() } else { incident.last_ack.as_ref() };
        Self {
            id: incident.id,
            truncated_alerts: incident.n_truncated(),
            severity,
            severity_rule,
            severity_reason,
            state: incident.state.name(),
            env: incident.env().map(str::to_owned),
            opened_at: incident.opened_at,
            acked_at: ack.map(|ack| ack.at),
            acked_by: ack.map(|ack| ack.by.to_string()),
            resolved_at: incident.resolved_at(),
            channel: incident.room.channel.map(|channel| Channel { id: channel.id.0, name: channel.name }),
            alerts: alerts.into_iter().map(Alert::from).collect(),
            alerts_total: Some(incident.n_alerts),
            flaps: incident.n_flaps,
            parent: incident.merged_into.or(incident.umbrella),
            service: incident.service.map(|service| service.0).or(incident.service_shown),
            private: incident.privacy.is_private(),
            title: incident.title,
        }
    }
}

/// Incidents, newest first.
#[derive(Debug, Serialize)]
pub struct Incidents {
    /// Each with at most 100 alerts.
    pub incidents: Vec<Incident>,
    /// What to pass as `cursor` for those after them; `null` when there are none.
    pub next_cursor: Option<IncidentId>,
}

/// A timeline.
#[derive(Debug, Serialize)]
pub struct Timeline {
    /// Newest first.
    pub events: Vec<Event>,
    /// What to pass as `cursor` for those before them; `null` when there are none.
    pub next_cursor: Option<String>,
}

/// One event of it.
#[derive(Debug, Serialize)]
pub struct Event {
    seq: i64,
    at: DateTime<Utc>,
    kind: &'static str,
    source: &'static str,
    actor: String,
    text: String,
    data: Value,
}

impl From<Told> for Event {
    fn from(told: Told) -> Self {
        let Told { entry, text } = told;
        let mut data = serde_json::to_value(&entry.what).unwrap_or_default();
        if let Some(facts) = data.as_object_mut() {
            facts.remove("kind");
        }
        Self {
            seq: entry.seq,
            at: entry.at,
            kind: entry.what.kind(),
            source: entry.origin.as_str(),
            actor: entry.actor.to_string(),
            text,
            data,
        }
    }
}

/// A page ledger.
#[derive(Debug, Serialize)]
pub struct Pages {
    /// Those that were due last first.
    pub pages: Vec<Page>,
    /// What to pass as `cursor` for those before them; `null` when there are none.
    pub next_cursor: Option<String>,
}

/// One attempt to wake one person by one method.
#[derive(Debug, Serialize)]
pub struct Page {
    person: PersonId,
    method: ContactMethod,
    cause: &'static str,
    schedule: Option<ScheduleId>,
    step: u32,
    round: u32,
    repeats: u32,
    due: DateTime<Utc>,
    sent: Option<DateTime<Utc>>,
    accepted: Option<DateTime<Utc>>,
    delivered: Option<DateTime<Utc>>,
    acked: Option<DateTime<Utc>>,
    failed: Option<DateTime<Utc>>,
    superseded: Option<DateTime<Utc>>,
    provider_id: Option<String>,
    error: Option<String>,
    folded_into: Option<IncidentId>,
}

impl From<page::Page> for Page {
    fn from(page: page::Page) -> Self {
        Self {
            cause: page.cause.name(),
            schedule: page.cause.schedule().cloned(),
            provider_id: page.latest_provider_id().map(str::to_owned),
            person: page.person,
            method: page.method,
            step: page.step,
            round: page.round,
            repeats: page.repeats,
            due: page.due,
            sent: page.sent,
            accepted: page.accepted,
            delivered: page.delivered,
            acked: page.acked,
            failed: page.failed,
            superseded: page.superseded,
            error: page.error,
            folded_into: page.folded_into.as_ref().and_then(PageId::incident),
        }
    }
}

/// A post-mortem.
#[derive(Debug, Serialize)]
pub struct Postmortem {
    state: &'static str,
    due_at: Option<DateTime<Utc>>,
    overdue: bool,
    markdown: String,
    sections: Vec<Section>,
}

#[derive(Debug, Serialize)]
struct Section {
    name: &'static str,
    generated: String,
    human: Option<String>,
}

impl From<engine::Postmortem> for Postmortem {
    fn from(postmortem: engine::Postmortem) -> Self {
        let section = |section: crate::domain::postmortem::Section| Section {
            name: section.part.name(),
            generated: section.generated,
            human: section.human,
        };
        Self {
            state: postmortem.state,
            due_at: postmortem.due_at,
            overdue: postmortem.is_overdue,
            markdown: postmortem.markdown,
            sections: postmortem.sections.into_iter().map(section).collect(),
        }
    }
}

/// Who is on call.
#[derive(Debug, Serialize)]
pub struct OnCall {
    schedule: ScheduleId,
    at: DateTime<Utc>,
    primary: Option<PersonId>,
    secondary: Option<PersonId>,
    until: DateTime<Utc>,
}

impl OnCall {
    /// The answer for one schedule at one instant.
    pub fn new(schedule: ScheduleId, at: DateTime<Utc>, roster: Roster) -> Self {
        let Roster { primary, secondary, until } = roster;
        Self { schedule, at, primary, secondary, until }
    }
}

/// An override that holds or has held.
#[derive(Debug, Serialize)]
pub struct Override {
    id: i64,
    schedule: ScheduleId,
    person: PersonId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    by: String,
    made_at: DateTime<Utc>,
}

impl From<&Made> for Override {
    fn from(made: &Made) -> Self {
        let on_call::Override { schedule, person, from, to } = made.taken.clone();
        Self { id: made.id.0, schedule, person, from, to, by: made.by.to_string(), made_at: made.at }
    }
}

/// Overrides, in the order in which they were made.
#[derive(Debug, Serialize)]
pub struct Overrides {
    /// Later ones lie on top of earlier ones.
    pub overrides: Vec<Override>,
}

/// A calendar for other programs.
#[derive(Debug, Serialize)]
pub struct Calendar {
    schedule: Option<ScheduleId>,
    person: Option<PersonId>,
    path: String,
    url: Option<Url>,
}

impl From<engine::Address> for Calendar {
    fn from(address: engine::Address) -> Self {
        let (schedule, person) = match address.whose {
            Whose::Schedule(schedule) => (Some(schedule), None),
            Whose::Person(person) => (None, Some(person)),
        };
        Self { schedule, person, path: address.path, url: address.url }
    }
}

/// Calendars, those of schedules first.
#[derive(Debug, Serialize)]
pub struct Calendars {
    /// Whoever knows an address may read the calendar.
    pub calendars: Vec<Calendar>,
}

/// The shifts of a span.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shifts {
    /// Of which schedule.
    pub schedule: ScheduleId,
    /// On whose wall its handoffs are.
    pub timezone: Tz,
    /// In order, without gap or overlap.
    pub shifts: Vec<Shift>,
}

/// How the last weeks went.
#[derive(Debug, Serialize)]
pub struct Stats {
    window: String,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    incidents: BTreeMap<&'static str, u32>,
    open: u32,
    mtta_seconds: Option<i64>,
    mttr_seconds: Option<i64>,
    ack_target_missed: u32,
    pages: u32,
    night_pages: u32,
    people: Vec<Share>,
    never_acted_on: Vec<Noise>,
    feedback: Feedback,
    postmortems_overdue: u32,
}

#[derive(Debug, Serialize)]
struct Share {
    person: PersonId,
    pages: u32,
    night_pages: u32,
    hours_on_call: f64,
}

#[derive(Debug, Serialize)]
struct Noise {
    alertname: String,
    service: Option<String>,
    owner: Option<String>,
    incidents: u32,
    flaps: u32,
}

#[derive(Debug, Serialize)]
struct Feedback {
    runbook_helped: Votes,
    page_needed: Votes,
}

#[derive(Debug, Serialize)]
struct Votes {
    yes: u32,
    no: u32,
}

impl From<stats::Votes> for Votes {
    fn from(stats::Votes { yes, no }: stats::Votes) -> Self {
        Self { yes, no }
    }
}

impl Stats {
    /// The figures of a window that is written like this.
    pub fn new(window: String, stats: stats::Stats) -> Self {
        let share = |share: stats::Share| Share {
            // What is written has so few digits that it is read as it was meant.
            hours_on_call: words::stats::hours_on_call(&share).parse().unwrap_or(f64::NAN),
            person: share.person,
            pages: share.pages,
            night_pages: share.at_night,
        };
        let noise = |stats::Noise { alertname, service, owner, incidents, flaps }| Noise {
            alertname,
            service,
            owner,
            incidents,
            flaps,
        };
        Self {
            window,
            from: stats.window.from,
            to: stats.window.to,
            incidents: stats.incidents.into_iter().map(|(severity, n)| (severity.as_str(), n)).collect(),
            open: stats.open,
            mtta_seconds: stats.mtta.map(|span| span.num_seconds()),
            mttr_seconds: stats.mttr.map(|span| span.num_seconds()),
            ack_target_missed: stats.ack_targets_missed,
            pages: stats.pages,
            night_pages: stats.night_pages,
            people: stats.people.into_iter().map(share).collect(),
            never_acted_on: stats.noise.into_iter().map(noise).collect(),
            feedback: Feedback {
                runbook_helped: stats.runbook_helped.into(),
                page_needed: stats.page_needed.into(),
            },
            postmortems_overdue: stats.postmortems_overdue,
        }
    }
}
