use std::collections::BTreeMap;
use std::time::{Duration as Wall, Instant};

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc, Weekday};

use super::*;
use crate::domain::escalation::{Policy, Step, Target};
use crate::domain::house::{House, PageWhen, Service};
use crate::domain::on_call::{
    BusinessHours, Every, Override, Restriction, Rotation, Schedule, SecondaryRule,
};
use crate::domain::people::ContactMethod;
use crate::ports::tests::house;
use crate::words::holes::sentence;

/// A Friday, 04:00 in Paris.
fn now() -> DateTime<Utc> {
    "2026-11-20T03:00:00Z".parse().unwrap()
}

fn schedule(id: &str, people: &[&str]) -> Schedule {
    let (nine, six) = (NaiveTime::from_hms_opt(9, 0, 0).unwrap(), NaiveTime::from_hms_opt(18, 0, 0).unwrap());
    Schedule {
        id: id.into(),
        timezone: chrono_tz::Europe::Paris,
        business_hours: BusinessHours { days: vec![Weekday::Mon], from: nine, to: six },
        handoff_time: nine,
        handoff_day: Weekday::Mon,
        rotation: Rotation {
            every: Every::Weeks(1),
            start: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(),
            people: people.iter().map(|person| (*person).into()).collect(),
        },
        restrictions: vec![],
        secondary: SecondaryRule::Next,
        usergroup: None,
    }
}

fn policy(id: &str, steps: &[&[Target]]) -> Policy {
    let step = |targets: &&[Target]| Step { page: targets.to_vec(), wait: Duration::minutes(15) };
    Policy { id: id.into(), steps: steps.iter().map(step).collect() }
}

/// Alice and Bob take turns; every severity climbs one policy: the primary, the secondary, Diana who commands. Everybody is
/// reached.
fn well() -> House {
    let mut house = house();
    for person in house.people.values_mut() {
        person.webhook = Some("https://pager.example.org".to_owned());
    }
    let commander = Target::Role("incident_commander".into());
    let steps: [&[Target]; 3] = [&[Target::Primary], &[Target::Secondary], &[commander]];
    house.policies = [("default".into(), policy("default", &steps))].into();
    house.roles = [("incident_commander".into(), vec![Target::Person("diana".into())])].into();
    for means in house.severities.values_mut() {
        means.escalation = Some("default".into());
    }
    house.schedules = [("platform".into(), schedule("platform", &["alice", "bob"]))].into();
    house
}

fn cannot_be_reached(house: &mut House, person: &str) {
    house.people.get_mut(&person.into()).unwrap().contact = vec![];
}

fn service(id: &str, schedule: &str) -> Service {
    Service {
        id: id.into(),
        tier: None,
        owner: None,
        schedule: schedule.into(),
        escalation: BTreeMap::new(),
        runbook: None,
        dashboards: vec![],
        slos: vec![],
    }
}

fn look(house: &House, overrides: &[Override]) -> Vec<String> {
    let found = find(house, overrides, &BTreeMap::new(), now());
    found
        .iter()
        .map(|hole| match hole.weight() {
            Weight::Hole => sentence(hole),
            Weight::Advice => format!("({})", sentence(hole)),
        })
        .collect()
}

/// A change of the house that is well, and what is found then.
type Case = (&'static str, fn(&mut House), &'static [&'static str]);

const CASES: [Case; 11] = [
    ("all is well", |_| {}, &[]),
    (
        "whoever has every other week has no method that works",
        |house| {
            cannot_be_reached(house, "bob");
            // Nobody pages a secondary, so that he is one is no hole.
            house.policies.get_mut(&"default".into()).unwrap().steps.remove(1);
        },
        &[
            "schedules.platform: bob is on call and has no contact method that works: 7 times in the next 90 days: \
           2026-11-20 04:00 – 2026-11-23 09:00, 2026-11-30 09:00 – 2026-12-07 09:00, \
           2026-12-14 09:00 – 2026-12-21 09:00 and 4 more",
        ],
    ),
    (
        "whoever takes every turn is one hole from now to the end",
        |house| {
            cannot_be_reached(house, "alice");
            house.schedules = [("platform".into(), schedule("platform", &["alice"]))].into();
            house.policies.get_mut(&"default".into()).unwrap().steps.remove(1);
        },
        &[
            "schedules.platform: alice is on call and has no contact method that works: 2026-11-20 04:00 – 2027-02-18 04:00",
        ],
    ),
    (
        "nobody is left of that name",
        |house| {
            house.people.remove(&"diana".into());
        },
        &["escalation.default: diana is paged by step 3 of `default` and has no contact method that works: \
           2026-11-20 04:00 – 2027-02-18 04:00"],
    ),
    (
        "a role is held by a schedule whose primary cannot be reached",
        |house| {
            cannot_be_reached(house, "eve");
            house.schedules.insert("leads".into(), schedule("leads", &["eve", "diana"]));
            house.roles.insert("incident_commander".into(), vec![Target::Schedule("leads".into())]);
        },
        &[
            "schedules.leads: eve is on call and has no contact method that works: 7 times in the next 90 days: \
           2026-11-23 09:00 – 2026-11-30 09:00, 2026-12-07 09:00 – 2026-12-14 09:00, \
           2026-12-21 09:00 – 2026-12-28 09:00 and 4 more",
        ],
    ),
    (
        "a schedule has nobody at all, and so has every step",
        |house| {
            house.schedules.insert("crawl".into(), schedule("crawl", &[]));
            house.services = [("crawler".into(), service("crawler", "crawl"))].into();
            house.policies.get_mut(&"default".into()).unwrap().steps.truncate(2);
        },
        &[
            "schedules.crawl: nobody is on call: 2026-11-20 04:00 – 2027-02-18 04:00",
            "escalation.default: no step pages anybody when alerts of schedules.crawl climb it: \
             2026-11-20 04:00 – 2027-02-18 04:00",
        ],
    ),
    (
        "a step pages the secondary of a schedule that has none",
        |house| {
            house.schedules.get_mut(&"platform".into()).unwrap().secondary = SecondaryRule::None;
        },
        &[
            "(escalation.default: step 2 pages nobody when alerts of schedules.platform climb it, which has no secondary; \
           it is skipped: 2026-11-20 04:00 – 2027-02-18 04:00)",
        ],
    ),
    (
        "nothing but that step",
        |house| {
            house.schedules.get_mut(&"platform".into()).unwrap().secondary = SecondaryRule::None;
            house.policies = [("default".into(), policy("default", &[&[Target::Secondary]]))].into();
        },
        &["escalation.default: no step pages anybody when alerts of schedules.platform climb it: \
           2026-11-20 04:00 – 2027-02-18 04:00"],
    ),
    (
        "a severity pages and climbs nothing",
        |house| {
            house.severities.get_mut(&Severity::P3).unwrap().escalation = None;
        },
        &["severities.P3: P3 pages, and no policy says whom: 2026-11-20 04:00 – 2027-02-18 04:00"],
    ),
    (
        "a severity that pages nobody needs no policy",
        |house| {
            let means = house.severities.get_mut(&Severity::P4).unwrap();
            (means.escalation, means.page) = (None, PageWhen::Never);
        },
        &[],
    ),
    (
        "a policy that nothing climbs may name whom it likes",
        |house| {
            cannot_be_reached(house, "eve");
            house.policies.insert("spare".into(), policy("spare", &[&[Target::Person("eve".into())]]));
        },
        &[],
    ),
];

#[test]
fn each_small_house_has_just_these_holes() {
    for (what, change, expected) in CASES {
        let mut house = well();
        change(&mut house);
        assert_eq!(look(&house, &[]), expected, "{what}");
    }
}

/// The crawler's desk is manned on Mondays from nine to `until`; its business hours are Mondays from nine to six. P3 pages its primary,
/// at the hours that `page` says; everything worse wakes Diana, and nothing else pages.
fn desk(until: u32, page: PageWhen) -> Vec<Span> {
    let mut house = well();
    let hours = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let mut desk = schedule("desk", &["alice", "bob"]);
    desk.restrictions = vec![Restriction { days: vec![Weekday::Mon], from: hours(9), to: hours(until) }];
    house.schedules.insert("desk".into(), desk);
    house.services = [("crawler".into(), service("crawler", "desk"))].into();
    house.policies.insert("desk".into(), policy("desk", &[&[Target::Primary]]));
    for (severity, means) in &mut house.severities {
        (means.escalation, means.page) = match severity {
            Severity::P1 | Severity::P2 => (Some("diana".into()), PageWhen::Always),
            Severity::P3 => (Some("desk".into()), page),
            Severity::P4 => (None, PageWhen::Never),
        };
    }
    house.policies.insert("diana".into(), policy("diana", &[&[Target::Person("diana".into())]]));
    let found = find(&house, &[], &BTreeMap::new(), now());
    let climbs = Post::Policy("desk".into(), "desk".into());
    found.into_iter().find(|hole| hole.post == climbs).map(|hole| hole.spans).unwrap_or_default()
}

#[test]
fn what_pages_in_business_hours_only_needs_nobody_outside_of_them() {
    assert_eq!(desk(18, PageWhen::BusinessHours), []);
    assert_eq!(desk(20, PageWhen::BusinessHours), [], "longer than needed");
    // Nobody from noon to six on the thirteen Mondays of ninety days.
    let afternoons = desk(12, PageWhen::BusinessHours);
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert_eq!(afternoons.len(), 13);
    assert_eq!(afternoons[0], Span { from: at("2026-11-23T11:00:00Z"), to: at("2026-11-23T17:00:00Z") });
    assert_eq!(afternoons[12], Span { from: at("2027-02-15T11:00:00Z"), to: at("2027-02-15T17:00:00Z") });
    // What pages at any hour reaches nobody in all the time between two Mondays.
    let always = desk(18, PageWhen::Always);
    assert_eq!(always[0], Span { from: now(), to: at("2026-11-23T08:00:00Z") });
    assert_eq!(always[1], Span { from: at("2026-11-23T17:00:00Z"), to: at("2026-11-30T08:00:00Z") });
}

#[test]
fn who_steps_in_closes_a_hole_and_opens_one() {
    let mut house = well();
    cannot_be_reached(&mut house, "bob");
    let hour = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let taken = |person: &str, from: &str, to: &str| Override {
        schedule: "platform".into(),
        person: person.into(),
        from: hour(from),
        to: hour(to),
    };
    // It is his week. Eve takes his next one; Bob takes a night of Alice's.
    let overrides = [
        taken("eve", "2026-11-30T08:00:00Z", "2026-12-07T08:00:00Z"),
        taken("bob", "2026-11-24T20:00:00Z", "2026-11-25T06:00:00Z"),
    ];
    let found = find(&house, &overrides, &BTreeMap::new(), now());
    let primary = found.iter().find(|hole| hole.post == Post::Primary("platform".into())).unwrap();
    let first: Vec<Span> = primary.spans.iter().take(3).copied().collect();
    assert_eq!(
        first,
        [
            Span { from: now(), to: hour("2026-11-23T08:00:00Z") },
            Span { from: hour("2026-11-24T20:00:00Z"), to: hour("2026-11-25T06:00:00Z") },
            Span { from: hour("2026-12-14T08:00:00Z"), to: hour("2026-12-21T08:00:00Z") },
        ]
    );
    // As the secondary he is one in Alice's weeks, but for the night in which he is the primary himself.
    let behind = found.iter().find(|hole| hole.post == Post::Secondary("platform".into())).unwrap();
    assert!(
        behind
            .spans
            .iter()
            .all(|span| primary.spans.iter().all(|other| { span.to <= other.from || other.to <= span.from }))
    );
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn slack_closes_who_has_nothing_else_and_a_hole_stays_the_same() {
    let mut house = well();
    let closed = BTreeMap::from([(PersonId::from("diana"), "slack has deactivated U0D".to_owned())]);
    assert_eq!(find(&house, &[], &closed, now()), vec![], "she has a webhook too");
    house.people.get_mut(&"diana".into()).unwrap().contact = vec![ContactMethod::Slack];
    let found = find(&house, &[], &closed, now());
    let gap = Gap::NotInSlack("diana".into(), "slack has deactivated U0D".to_owned());
    assert_eq!(found.iter().map(|hole| hole.gap.clone()).collect::<Vec<_>>(), [gap]);
    let later = find(&house, &[], &closed, now() + Duration::days(10));
    assert_eq!(found[0].key(), later[0].key(), "the same hole, however time goes on");
}

#[test]
fn fifty_services_are_walked_in_less_than_a_second() {
    let mut house = well();
    for n in 0..50 {
        let (id, mut own) = (format!("team-{n}"), schedule("", &["alice", "bob", "diana", "eve"]));
        own.id = id.as_str().into();
        own.rotation.every = Every::Days(1);
        house.schedules.insert(own.id.clone(), own);
        house.services.insert(format!("svc-{n}").as_str().into(), service(&format!("svc-{n}"), &id));
    }
    let taken = |n: i64| Override {
        schedule: format!("team-{}", n % 50).as_str().into(),
        person: "eve".into(),
        from: now() + Duration::hours(7 * n),
        to: now() + Duration::hours(7 * n + 5),
    };
    let overrides: Vec<Override> = (0..200).map(taken).collect();
    let began = Instant::now();
    assert_eq!(find(&house, &overrides, &BTreeMap::new(), now()), vec![]);
    assert!(began.elapsed() < Wall::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn spans_meet_where_both_are() {
    let span =
        |from: i64, to: i64| Span { from: now() + Duration::hours(from), to: now() + Duration::hours(to) };
    assert_eq!(
        spans::merged(vec![span(5, 7), span(0, 2), span(2, 3), span(1, 2), span(9, 9)]),
        [span(0, 3), span(5, 7)]
    );
    assert_eq!(spans::both(&[span(0, 10)], &[span(1, 2), span(4, 12)]), [span(1, 2), span(4, 10)]);
    assert_eq!(spans::both(&[span(0, 3), span(5, 7)], &[span(2, 6)]), [span(2, 3), span(5, 6)]);
    assert_eq!(spans::both(&[span(0, 3)], &[span(3, 6)]), []);
    assert_eq!(spans::without(&[span(0, 10)], &[span(1, 2), span(4, 12)]), [span(0, 1), span(2, 4)]);
    assert_eq!(spans::without(&[span(0, 3), span(5, 7)], &[span(0, 3)]), [span(5, 7)]);
    assert_eq!(spans::without(&[span(1, 2)], &[span(0, 5)]), []);
}
