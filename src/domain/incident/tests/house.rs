//! The house of the documentation: a team of five, its weekly rotation, the default policies and severities; and a second
//! schedule, `search`, of one person.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveTime, Weekday};
use chrono_tz::Tz;

use crate::domain::escalation::{Policy, Step, Target};
use crate::domain::house::{ChannelWhen, House, IncidentTimes, PageWhen, Reviews, Service, SeveritySettings};
use crate::domain::on_call::{BusinessHours, Every, Rotation, Schedule, SecondaryRule};
use crate::domain::people::{ContactMethod, Person};
use crate::domain::severity::Severity;
use crate::ids::PersonId;

pub const ZONE: Tz = Tz::Europe__Paris;

const TEAM: [&str; 5] = ["alice", "bob", "charlie", "diana", "eve"];

pub fn house() -> House {
    let people = TEAM.iter().chain(&["zoe"]).map(|name| (PersonId::from(*name), person(name))).collect();
    let role = |name: &str| vec![Target::Person(name.into())];
    House {
        timezone: ZONE,
        people,
        admins: vec!["alice".into()],
        schedules: [schedule("platform", &TEAM), schedule("search", &["zoe"])]
            .map(|schedule| (schedule.id.clone(), schedule))
            .into(),
        default_schedule: "platform".into(),
        policies: policies(),
        roles: [("incident_commander".into(), role("diana")), ("management".into(), role("eve"))].into(),
        severities: severities(),
        severity_rules: vec![],
        non_production: vec![],
        service_labels: vec!["service".to_owned()],
        services: [("ledger", "platform"), ("wallet", "platform"), ("index", "search")]
            .map(|(name, schedule)| (name.into(), service(name, schedule)))
            .into(),
        times: IncidentTimes {
            resolve_after: Some(Duration::minutes(10)),
            reopen_within: Some(Duration::minutes(30)),
            storm_threshold: Some(10),
            page_bundle: Some(Duration::seconds(5)),
            nudge_after: None,
            nudge_answer: None,
            archive_after: Some(Duration::days(7)),
        },
        pagerduty: vec![],
        reviews: Reviews {
            due_after: Some(Duration::hours(48)),
            remind_at: vec![Duration::hours(24), Duration::hours(44)],
        },
    }
}

/// Reached by Slack, then by their webhook.
fn person(name: &str) -> Person {
    Person {
        id: name.into(),
        slack: Some(format!("U-{name}").into()),
        email: None,
        phone: None,
        ntfy: None,
        webhook: Some(format!("https://{name}.example")),
        timezone: None,
        contact: vec![ContactMethod::Slack, ContactMethod::Webhook],
        unsent: vec![],
    }
}

pub fn schedule(name: &str, people: &[&str]) -> Schedule {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    Schedule {
        id: name.into(),
        timezone: ZONE,
        business_hours: BusinessHours { days: vec![Mon, Tue, Wed, Thu, Fri], from: clock(9), to: clock(18) },
        handoff_time: clock(9),
        handoff_day: Mon,
        rotation: Rotation {
            every: Every::Weeks(1),
            start: "2026-01-05".parse().unwrap(),
            people: people.iter().map(|name| PersonId::from(*name)).collect(),
        },
        restrictions: vec![],
        secondary: SecondaryRule::Next,
        usergroup: None,
    }
}

fn policies() -> BTreeMap<crate::ids::PolicyId, Policy> {
    let role = |name: &str| Target::Role(name.into());
    let step = |page: &[Target], minutes| Step { page: page.to_vec(), wait: Duration::minutes(minutes) };
    let commander = role("incident_commander");
    let management = role("management");
    [
        (
            "critical",
            vec![
                step(&[Target::Primary, commander.clone()], 15),
                step(&[Target::Secondary], 15),
                step(std::slice::from_ref(&management), 15),
            ],
        ),
        (
            "default",
            vec![
                step(&[Target::Primary], 15),
                step(&[Target::Secondary], 15),
                step(&[commander], 15),
                step(&[management], 15),
            ],
        ),
        ("primary", vec![step(&[Target::Primary], 60)]),
    ]
    .map(|(name, steps)| (name.into(), Policy { id: name.into(), steps }))
    .into()
}

fn severities() -> BTreeMap<Severity, SeveritySettings> {
    let pages = |target, interval, page, policy: &str, channel| SeveritySettings {
        ack_target: Some(Duration::minutes(target)),
        contact_interval: Duration::minutes(interval),
        page,
        escalation: Some(policy.into()),
        channel,
        ticket: false,
    };
    [
        (Severity::P1, pages(5, 1, PageWhen::Always, "critical", ChannelWhen::Auto)),
        (Severity::P2, pages(15, 3, PageWhen::Always, "default", ChannelWhen::Auto)),
        (Severity::P3, pages(60, 15, PageWhen::BusinessHours, "primary", ChannelWhen::OnDemand)),
        (
            Severity::P4,
            SeveritySettings {
                ack_target: None,
                contact_interval: Duration::minutes(15),
                page: PageWhen::Never,
                escalation: None,
                channel: ChannelWhen::Never,
                ticket: true,
            },
        ),
    ]
    .into()
}

pub fn service(name: &str, schedule: &str) -> Service {
    Service {
        id: name.into(),
        tier: Some(1),
        owner: None,
        schedule: schedule.into(),
        escalation: BTreeMap::new(),
        runbook: None,
        dashboards: vec![],
        slos: vec![],
    }
}
