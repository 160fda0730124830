use chrono::Weekday;

use super::*;
use crate::domain::incident::{Ack, Given, Review, ReviewDue};
use crate::domain::on_call::{BusinessHours, Every, Rotation, Schedule, SecondaryRule};
use crate::ids::IncidentId;
use crate::ports::tests::{at, house, resolved, view};

const NIGHT: Night =
    Night { from: NaiveTime::from_hms_opt(22, 0, 0).unwrap(), to: NaiveTime::from_hms_opt(8, 0, 0).unwrap() };

fn window() -> Window {
    Window { from: at("03:00"), to: at("23:00") }
}

/// An incident of the window on which nobody has acted, over by itself.
fn unseen(n: i64) -> Incident {
    let mut incident = resolved().incident;
    incident.id = IncidentId(n);
    incident.opened_at = at("04:00");
    incident.started_at = at("03:50");
    incident.last_ended_at = Some(at("04:20"));
    incident.state = State::Closed { at: at("04:30"), by: Actor::Bot };
    incident.first_ack = None;
    incident.commander = None;
    incident.n_firing = 0;
    incident
}

fn tallied(incidents: &[Incident], wakings: &[(&str, &str)]) -> Stats {
    let house = house();
    let mut tally = Tally::new(window(), NIGHT, &house);
    for incident in incidents {
        tally.incident(incident);
    }
    for (person, time) in wakings {
        tally.waking(&Waking { person: (*person).into(), at: at(time) });
    }
    tally.stats()
}

#[test]
fn nothing_recorded_is_no_figure() {
    let stats = tallied(&[], &[]);
    assert_eq!((stats.mtta, stats.mttr), (None, None));
    assert_eq!(stats.incidents, Severity::ALL.map(|severity| (severity, 0)).into());
    assert_eq!((stats.pages, stats.people, stats.noise), (0, vec![], vec![]));
}

#[test]
fn mtta_is_from_received_and_mttr_from_the_first_start_to_the_last_end_or_the_resolve() {
    let mut acked = unseen(1);
    acked.first_ack = Some(Ack { by: Actor::Person("bob".into()), at: at("04:04") });
    let mut late = unseen(2);
    late.first_ack = Some(Ack { by: Actor::Token("ci".to_owned()), at: at("04:10") });
    // It still fired when somebody resolved it, so the resolve is its end.
    late.n_firing = 1;
    let stats = tallied(&[acked, late, unseen(3)], &[]);
    assert_eq!(stats.mtta, Some(Duration::minutes(7)));
    assert_eq!(stats.mttr, Some(Duration::minutes(30 + 40 + 30) / 3));
    let mut open = view().incident;
    open.opened_at = at("04:00");
    let stats = tallied(&[open], &[]);
    assert_eq!((stats.mttr, stats.open), (None, 1), "what is not over has no end");
}

#[test]
fn a_span_that_runs_backwards_is_left_out_of_the_mean() {
    let mut odd = unseen(1);
    odd.started_at = at("05:00");
    assert_eq!(tallied(&[odd.clone()], &[]).mttr, None);
    assert_eq!(tallied(&[odd, unseen(2)], &[]).mttr, Some(Duration::minutes(30)));
}

#[test]
fn a_window_has_its_beginning_and_not_its_end() {
    let opened = |time: &str| {
        let mut incident = unseen(1);
        incident.opened_at = at(time);
        tallied(&[incident], &[]).incidents[&Severity::P2]
    };
    assert_eq!(["02:59", "03:00", "22:59", "23:00"].map(opened), [0, 1, 1, 0]);
    let woken = |time: &str| tallied(&[], &[("alice", time)]).pages;
    assert_eq!(["02:59", "03:00", "22:59", "23:00"].map(woken), [0, 1, 1, 0]);
    let lengths = [Duration::minutes(59), Duration::hours(1), Duration::days(366), Duration::days(367)];
    assert_eq!(lengths.map(is_window), [false, true, true, false]);
}

#[test]
fn a_night_is_the_persons_own() {
    let mut house = house();
    let charlie =
        house.people.entry("charlie".into()).or_insert_with(|| view().house.people[&"alice".into()].clone());
    charlie.timezone = Some(chrono_tz::America::New_York);
    let mut tally = Tally::new(window(), NIGHT, &house);
    // Paris is an hour ahead, New York five behind; a stranger is where the house is.
    for (person, time) in [
        ("alice", "06:59"),
        ("alice", "07:00"),
        ("alice", "20:59"),
        ("alice", "21:00"),
        ("charlie", "12:59"),
        ("charlie", "13:00"),
        ("stranger", "06:59"),
    ] {
        tally.waking(&Waking { person: person.into(), at: at(time) });
    }
    let stats = tally.stats();
    let told: Vec<String> = stats
        .people
        .iter()
        .map(|woken| format!("{} {} {}", woken.person, woken.pages, woken.at_night))
        .collect();
    assert_eq!(told, ["alice 4 2", "charlie 2 1", "stranger 1 1"]);
    assert_eq!((stats.pages, stats.night_pages), (7, 4));
    let noon = Night { from: NIGHT.to, to: NIGHT.from };
    assert!(noon.holds(NIGHT.to) && !noon.holds(NIGHT.from), "a night may also begin and end on one day");
}

#[test]
fn noise_is_what_nobody_ever_acted_on() {
    let mut house = house();
    let named = |n, alertname: &str, n_flaps| {
        let mut incident = unseen(n);
        incident.alertname = Some(alertname.to_owned());
        incident.n_flaps = n_flaps;
        incident.service = None;
        incident
    };
    let mut acked = named(5, "Useful", 0);
    acked.first_ack = Some(Ack { by: Actor::Person("bob".into()), at: at("04:04") });
    let mut by_hand = named(7, "ByHand", 0);
    by_hand.state = State::Closed { at: at("04:30"), by: Actor::Slack("U1".into()) };
    let mut open = named(8, "Open", 0);
    open.state = State::Triggered;
    let mut owned = named(9, "DiskFull", 0);
    owned.service_shown = Some("svc-ledger".to_owned());
    owned.service = Some("svc-ledger".into());
    house.services.insert(
        "svc-ledger".into(),
        crate::domain::house::Service {
            id: "svc-ledger".into(),
            tier: None,
            owner: Some("payments".to_owned()),
            schedule: "platform".into(),
            escalation: [].into(),
            runbook: None,
            dashboards: vec![],
            slos: vec![],
        },
    );
    let mut declared = unseen(10);
    declared.alertname = None;
    let mut tally = Tally::new(window(), NIGHT, &house);
    for incident in [
        named(1, "Flappy", 9),
        named(2, "Often", 0),
        named(3, "Often", 1),
        named(4, "Useful", 0),
        acked,
        by_hand,
        open,
        owned,
        declared,
    ] {
        tally.incident(&incident);
    }
    let told: Vec<String> = tally
        .stats()
        .noise
        .iter()
        .map(|noise| format!("{} {:?} {} {}", noise.alertname, noise.owner, noise.incidents, noise.flaps))
        .collect();
    assert_eq!(told, ["Flappy None 1 9", "Often None 2 1", "DiskFull Some(\"payments\") 1 0"]);
}

#[test]
fn targets_answers_and_late_postmortems_are_counted() {
    let mut incident = unseen(1);
    incident.n_ack_targets_missed = 2;
    incident.state = State::Resolved { at: at("04:30"), by: Actor::Bot };
    incident.postmortem = Review::Draft;
    incident.review_due = Some(ReviewDue { at: at("22:00"), remind_at: vec![], is_overdue_said: true });
    let given = |question, answer, by: &str| Given { question, answer, by: Actor::Person(by.into()), seq: 1 };
    incident.feedback = vec![
        given(Question::RunbookHelped, Answer::Yes, "alice"),
        given(Question::RunbookHelped, Answer::Yes, "bob"),
        given(Question::PageNeeded, Answer::No, "alice"),
    ];
    let stats = tallied(&[incident], &[]);
    assert_eq!((stats.ack_targets_missed, stats.postmortems_overdue), (2, 1));
    assert_eq!((stats.runbook_helped, stats.page_needed), (Votes { yes: 2, no: 0 }, Votes { yes: 0, no: 1 }));
}

#[test]
fn hours_on_call_are_the_resolvers_with_overrides_and_counted_once() {
    let mut house = house();
    let (nine, six) = (NaiveTime::from_hms_opt(9, 0, 0).unwrap(), NaiveTime::from_hms_opt(18, 0, 0).unwrap());
    let platform = Schedule {
        id: "platform".into(),
        timezone: chrono_tz::Europe::Paris,
        business_hours: BusinessHours { days: vec![Weekday::Mon], from: nine, to: six },
        handoff_time: nine,
        handoff_day: Weekday::Mon,
        rotation: Rotation {
            every: Every::Days(1),
            start: chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(),
            people: vec!["alice".into(), "bob".into()],
        },
        restrictions: vec![],
        secondary: SecondaryRule::Next,
        usergroup: None,
    };
    house.schedules = [(platform.id.clone(), platform.clone())].into();
    let shares = |house: &House, overrides: &[Override], window: Window| {
        let mut tally = Tally::new(window, NIGHT, house);
        tally.on_call(overrides);
        tally
            .stats()
            .people
            .into_iter()
            .map(|share| (share.person, share.on_call))
            .collect::<BTreeMap<_, _>>()
    };
    let day = Window { from: at("00:00"), to: at("00:00") + Duration::days(1) };
    let primary = |time: &str| on_call::who(&platform, &[], at(time)).primary.unwrap();
    let whole = shares(&house, &[], day);
    assert_eq!(whole.values().sum::<Duration>(), Duration::days(1), "somebody always is: {whole:?}");
    let taken = Override {
        schedule: platform.id.clone(),
        person: "visitor".into(),
        from: at("01:00"),
        to: at("03:30"),
    };
    let with = shares(&house, std::slice::from_ref(&taken), day);
    assert_eq!(with[&"visitor".into()], Duration::minutes(150));
    assert_eq!(whole[&primary("02:00")] - with[&primary("02:00")], Duration::minutes(150));

    // The same people on a second schedule are not on call twice as long.
    let mut second = platform.clone();
    second.id = "second".into();
    house.schedules.insert(second.id.clone(), second);
    assert_eq!(shares(&house, &[], day), whole);
    // An hour that a clock skips or repeats is as long as it lasts.
    for (from, hours) in [("2026-03-28T23:00:00Z", 23), ("2026-10-24T22:00:00Z", 25)] {
        let from: DateTime<Utc> = from.parse().unwrap();
        let window = Window { from, to: from + Duration::hours(hours) };
        assert_eq!(shares(&house, &[], window).values().sum::<Duration>(), Duration::hours(hours));
    }
}
