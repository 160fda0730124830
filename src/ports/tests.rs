//! One realistic incident as it may be shown, for tests: an error rate at night, two instances, a page that failed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use crate::domain::alert::{Alert, AlertStatus, Labels};
use crate::domain::house::{
    ChannelWhen, Dashboard, House, IncidentTimes, PageWhen, Reviews, SeveritySettings,
};
use crate::domain::incident::child::Child;
use crate::domain::incident::{Ack, Actor, Channel, Incident, Message, Next, Privacy, Review, Room, State};
use crate::domain::page::{Cause, Page};
use crate::domain::people::{ContactMethod, Person};
use crate::domain::severity::{Assessment, Severity};
use crate::ids::IncidentId;
use crate::ports::{GoesOn, RunbookView, View};

/// An instant of the night of the incident, UTC.
pub(crate) fn at(time: &str) -> DateTime<Utc> {
    format!("2026-11-20T{time}:00Z").parse().unwrap()
}

fn person(name: &str, slack: &str) -> Person {
    Person {
        id: name.into(),
        slack: Some(slack.into()),
        email: None,
        phone: None,
        ntfy: None,
        webhook: None,
        timezone: None,
        contact: vec![ContactMethod::Slack, ContactMethod::Webhook],
        unsent: vec![],
    }
}

fn severity(minutes: i64, channel: ChannelWhen) -> SeveritySettings {
    SeveritySettings {
        ack_target: Some(Duration::minutes(minutes)),
        contact_interval: Duration::minutes(3),
        page: PageWhen::Always,
        escalation: None,
        channel,
        ticket: false,
    }
}

/// Four people in Paris, and the documentation's severities.
pub(crate) fn house() -> House {
    let people = [("alice", "U0A"), ("bob", "U0B"), ("diana", "U0D"), ("eve", "U0E")];
    House {
        timezone: chrono_tz::Europe::Paris,
        people: people.map(|(name, slack)| (name.into(), person(name, slack))).into(),
        admins: vec![],
        schedules: BTreeMap::new(),
        default_schedule: "platform".into(),
        policies: BTreeMap::new(),
        roles: BTreeMap::new(),
        severities: [
            (Severity::P1, severity(5, ChannelWhen::Auto)),
            (Severity::P2, severity(15, ChannelWhen::Auto)),
            (Severity::P3, severity(60, ChannelWhen::OnDemand)),
            (Severity::P4, severity(0, ChannelWhen::Never)),
        ]
        .into(),
        severity_rules: vec![],
        non_production: vec![],
        service_labels: vec!["service".to_owned()],
        services: BTreeMap::new(),
        times: IncidentTimes {
            resolve_after: Some(Duration::minutes(10)),
            reopen_within: None,
            storm_threshold: Some(10),
            page_bundle: None,
            nudge_after: None,
            nudge_answer: None,
            archive_after: None,
        },
        reviews: Reviews { due_after: Some(Duration::hours(48)), remind_at: vec![] },
        pagerduty: vec![],
    }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn assessment(severity: Severity) -> Assessment {
    Assessment {
        severity,
        rule: "severity label".to_owned(),
        reason: "severity=\"critical\", env=\"prod\"".to_owned(),
        env: Some("prod".to_owned()),
        is_unmatched: false,
    }
}

pub(crate) fn child(instance: &str) -> Child {
    let alert = Alert {
        fingerprint: instance.into(),
        status: AlertStatus::Firing,
        labels: labels(&[
            ("alertname", "HighErrorRate"),
            ("env", "prod"),
            ("instance", instance),
            ("service", "svc-ledger"),
            ("severity", "critical"),
        ]),
        annotations: labels(&[
            ("summary", "High error rate on svc-ledger"),
            ("description", "7.3 % of requests have failed for 5 minutes."),
        ]),
        starts_at: at("03:01"),
        ends_at: None,
        generator_url: Some("https://prometheus.example/graph?g0.expr=errors".to_owned()),
    };
    let (source, service) = ("main".into(), Some("svc-ledger".into()));
    Child { alert, assessment: assessment(Severity::P2), source, service, inferred: false, doubted: None }
}

/// A ledger row of this person and method, sent at this time and not answered yet.
pub(crate) fn row(person: &str, method: ContactMethod, step: u32, sent: &str) -> Page {
    Page {
        id: format!("INC-42/platform/1/{step}/{step}/{person}/{method}").into(),
        incident: IncidentId(42),
        walk: step,
        person: person.into(),
        method,
        round: 1,
        step,
        cause: Cause::Ladder("platform".into()),
        opening: None,
        repeats: 0,
        due: at(sent),
        sent: Some(at(sent)),
        accepted: None,
        delivered: None,
        acked: None,
        failed: None,
        superseded: None,
        provider_id: None,
        error: None,
        folded_into: None,
    }
}

fn pages() -> Vec<Page> {
    let accepted = Page {
        accepted: Some(at("03:02")),
        provider_id: Some("D0A/1.1".to_owned()),
        ..row("alice", ContactMethod::Slack, 1, "03:02")
    };
    let failed = Page {
        failed: Some(at("03:05")),
        error: Some("the webhook did not answer".to_owned()),
        ..row("alice", ContactMethod::Webhook, 1, "03:05")
    };
    vec![accepted, failed]
}

fn incident() -> Incident {
    Incident {
        id: IncidentId(42),
        title: "High error rate on svc-ledger".to_owned(),
        short_name: "high-error-rate-svc-ledger".to_owned(),
        alertname: Some("HighErrorRate".to_owned()),
        declared_by: None,
        feeds: vec![],
        assessment: assessment(Severity::P2),
        severity_override: None,
        service: Some("svc-ledger".into()),
        services: ["svc-ledger".into()].into(),
        service_shown: Some("svc-ledger".to_owned()),
        state: State::Triggered,
        epoch: 3,
        opened_at: at("03:02"),
        triggered_at: at("03:02"),
        started_at: at("03:01"),
        first_ack: None,
        last_ack: None,
        last_ended_at: None,
        summary: None,
        postmortem: Review::None,
        closes_at: None,
        archives_at: None,
        ask_firing_at: None,
        ack_due: Some(at("03:17")),
        ack_target_missed: false,
        n_ack_targets_missed: 0,
        ladders: vec![],
        walks: vec![],
        n_walks: 1,
        paged: vec!["alice".into()],
        digests: vec![],
        carried_by: BTreeSet::new(),
        back_due: None,
        back_paged_at: None,
        joined_paged: BTreeMap::new(),
        commander: Some("diana".into()),
        snoozed_until: None,
        snoozed_by: None,
        quiet: None,
        silences: vec![],
        n_silences: 0,
        silenced: BTreeMap::new(),
        muted_since: None,
        heard_anyway: BTreeSet::new(),
        n_firing: 2,
        n_alerts: 2,
        n_flaps: 0,
        n_reopened: 0,
        n_events: 4,
        noted: vec![],
        kept_open: false,
        was_clear: false,
        runbook: None,
        privacy: Privacy::Public,
        room: Room { channel_wanted: true, ..Room::default() },
        follows: None,
        merged_into: None,
        absorbed: vec![],
        storm: None,
        umbrella: None,
        actions: vec![],
        review_due: None,
        feedback_from: None,
        pagerduty: None,
        feedback: vec![],
    }
}

/// The incident three minutes after it began: triggered, its channel not open yet.
pub(crate) fn view() -> View {
    let earlier = Incident {
        id: IncidentId(30),
        opened_at: at("03:02") - Duration::days(9),
        state: State::Closed { at: at("03:45") - Duration::days(9), by: Actor::Person("bob".into()) },
        summary: Some("Rolled back 2.14".to_owned()),
        ..incident()
    };
    View {
        now: at("03:05"),
        house: Arc::new(house()),
        incident: incident(),
        children: vec![child("ledger-0"), child("ledger-1")],
        pages: pages(),
        entry: None,
        folded: vec![],
        alike: vec![earlier],
        runbook: Some(RunbookView {
            title: Some("High error rate".to_owned()),
            url: Some("https://runbooks.example/high-error-rate".to_owned()),
            is_elsewhere: false,
            diagnosis: vec![
                "Look at the error panel: which route fails?".to_owned(),
                "Was there a deploy in the last hour?\n`kubectl rollout history deploy/ledger`".to_owned(),
            ],
            resolution: vec!["Roll back: `kubectl rollout undo deploy/ledger`".to_owned()],
        }),
        dashboards: vec![Dashboard {
            title: "Ledger".to_owned(),
            url: "https://grafana.example/d/ledger".to_owned(),
        }],
        source_url: Some("https://prometheus.example/graph?g0.expr=errors".to_owned()),
        next: Some(Next { at: at("03:17"), people: vec!["bob".into()] }),
        postmortem: None,
        overrides: Arc::default(),
        ack_url: "https://dontpanic.example/ack/token".parse().ok(),
        page_url: "https://dontpanic.example/incidents/INC-42?until=1&signature=s".parse().ok(),
        goes_on: None,
        pagerduty_key: Some("dontpanic/here/INC-42".to_owned()),
        owned_channels: BTreeMap::new(),
    }
}

/// The same with its channel, card and announcement.
pub(crate) fn settled() -> View {
    let message = |channel: &str, ts: &str| Some(Message { channel: channel.into(), ts: ts.into() });
    let mut view = view();
    view.incident.room = Room {
        channel_wanted: true,
        channel: Some(Channel {
            id: "C42".into(),
            name: "inc-20261120-high-error-rate-svc-ledger".to_owned(),
        }),
        card: message("C42", "2.1"),
        announcement: message("C01", "1.5"),
        ..Room::default()
    };
    view
}

/// alice's acknowledgement.
pub(crate) fn ack() -> Ack {
    Ack { by: Actor::Person("alice".into()), at: at("03:09") }
}

/// Settled, and acknowledged by alice: her page is proven.
pub(crate) fn acknowledged() -> View {
    let mut view = settled();
    view.incident.state = State::Acknowledged(ack());
    view.incident.ack_due = None;
    view.next = None;
    for page in &mut view.pages {
        page.acked = Some(at("03:09"));
    }
    view
}

/// Acknowledged, and clear since.
pub(crate) fn monitoring() -> View {
    let mut view = acknowledged();
    let resolves_at = Some(at("03:51"));
    view.incident.state = State::Monitoring { since: at("03:41"), acked: Some(ack()), resolves_at };
    view.incident.n_firing = 0;
    for child in &mut view.children {
        child.alert.status = AlertStatus::Resolved;
        child.alert.ends_at = Some(at("03:41"));
    }
    view
}

/// Over.
pub(crate) fn resolved() -> View {
    let mut view = monitoring();
    view.incident.state = State::Resolved { at: at("03:51"), by: Actor::Person("alice".into()) };
    view.incident.summary = Some("Rolled back ledger 2.15".to_owned());
    view
}

/// Merged into INC-43 by alice.
pub(crate) fn merged_away() -> View {
    let mut view = acknowledged();
    view.incident.state = State::Closed { at: at("03:12"), by: Actor::Person("alice".into()) };
    view.incident.merged_into = Some(IncidentId(43));
    (view.incident.n_firing, view.incident.n_alerts) = (0, 0);
    view.children.clear();
    view.goes_on = Some(Box::new(GoesOn {
        id: IncidentId(43),
        channel: Some(Channel { id: "C43".into(), name: "inc-20261120-ledger-down".to_owned() }),
        channel_wanted: true,
        page_url: "https://dontpanic.example/incidents/INC-43?until=1&signature=s".parse().ok(),
    }));
    view
}
