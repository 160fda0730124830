use chrono::{Duration, Weekday};

use super::*;
use crate::domain::incident::Actor;
use crate::domain::incident::timeline::{ClimbReason, Entry, Origin, ReopenedBy, What};
use crate::domain::on_call::{BusinessHours, Restriction, Rotation, SecondaryRule};
use crate::domain::severity::Severity;
use crate::ports::tests;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn clock(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).unwrap()
}

fn rules() -> Compensation {
    Compensation {
        currency: "EUR".to_owned(),
        week: Hundredths(15_000),
        night: NightWork {
            from: clock(22),
            to: clock(8),
            bonus: Hundredths(5_000),
            time_off: Hundredths(100),
        },
        weekend: WeekendWork { time_off: Hundredths(150) },
    }
}

/// Alice in Paris and Bob in New York take turns, weekly, Mondays at nine in Paris; Alice from the 2nd of November on.
fn house() -> House {
    let mut house = tests::house();
    let mut people = house.people.clone();
    house.people.retain(|id, _| ["alice", "bob"].contains(&id.as_str()));
    people.retain(|id, _| id.as_str() == "alice");
    let mut bob = people.get(&"alice".into()).unwrap().clone();
    bob.id = "bob".into();
    bob.timezone = Some(Tz::America__New_York);
    house.people.insert("bob".into(), bob);
    house.people.get_mut(&"alice".into()).unwrap().timezone = None;
    let schedule = Schedule {
        id: "platform".into(),
        timezone: Tz::Europe__Paris,
        business_hours: BusinessHours { days: vec![], from: clock(9), to: clock(18) },
        handoff_time: clock(9),
        handoff_day: Weekday::Mon,
        rotation: Rotation {
            every: Every::Weeks(1),
            start: "2026-11-02".parse().unwrap(),
            people: vec!["alice".into(), "bob".into()],
        },
        restrictions: vec![],
        secondary: SecondaryRule::Next,
        usergroup: None,
    };
    house.schedules = BTreeMap::from([("platform".into(), schedule)]);
    house
}

fn work(person: &str, incident: i64, from: &str, to: &str) -> Work {
    Work { person: person.into(), incident: IncidentId(incident), from: utc(from), to: utc(to) }
}

fn november(overrides: &[Override], works: &[Work]) -> Vec<Row> {
    let happened = Happened { overrides, works, now: utc("2026-12-05T00:00:00Z") };
    report(&rules(), &house(), happened, Month::read("2026-11").unwrap())
}

/// November 2026 by hand. Paris is UTC+1 throughout; New York is UTC-4 until the morning of the 1st and UTC-5 after it.
///
/// *Weeks.* The turns: Bob to the 2nd, Alice 2 to 9, Bob 9 to 16, Alice 16 to 23, Bob 23 to 30, Alice from the 30th. Bob takes 84
/// hours of Alice's second week, which is half of it.
/// Alice, on the wall of Paris: 1 + (24 h + 60 h) / 168 h + (30th, 09:00 to midnight: 15 h) / 168 h = 1.589286; × 150 = 238.39.
/// Bob, on the wall of New York: (1st, 04:00Z to 2nd, 08:00Z: 28 h) / 168 h + 1 + 0.5 + 1 = 2.666667; × 150 = 400.00.
///
/// *Alice's nights.* INC-1, Wednesday 23:30 to Thursday 01:00: 1.5 h. INC-2, Thursday 06:30 to 09:00: 1.5 h until 08:00, in
/// the same night; the hour after it is day. INC-3, Friday 23:00 to Saturday 02:00: 1 h of night, then 2 h of weekend. INC-4,
/// Saturday 01:00 to 01:15, while she worked on INC-3: an incident, but no time of its own. So three incidents in two nights,
/// two at the weekend; time off 4 h × 1.0 + 2 h × 1.5 = 7 h. Total 238.39 + 2 × 50 = 338.39.
///
/// *Bob's nights.* INC-5 is worked at midnight in Paris, which is 18:00 to 20:00 for him: nothing. INC-6 from 21:30 to 22:30 for
/// him: half an hour of night. Total 400 + 50 = 450.
#[test]
fn a_month_computed_by_hand() {
    let overrides = [Override {
        schedule: "platform".into(),
        person: "bob".into(),
        from: utc("2026-11-17T08:00:00Z"),
        to: utc("2026-11-20T20:00:00Z"),
    }];
    let works = [
        work("alice", 1, "2026-11-04T22:30:00Z", "2026-11-05T00:00:00Z"),
        work("alice", 2, "2026-11-05T05:30:00Z", "2026-11-05T08:00:00Z"),
        work("alice", 3, "2026-11-06T22:00:00Z", "2026-11-07T01:00:00Z"),
        work("alice", 4, "2026-11-07T00:00:00Z", "2026-11-07T00:15:00Z"),
        work("bob", 5, "2026-11-09T23:00:00Z", "2026-11-10T01:00:00Z"),
        work("bob", 6, "2026-11-24T02:30:00Z", "2026-11-24T03:30:00Z"),
    ];
    let alice = Row {
        person: "alice".into(),
        weeks: 1_589_286,
        week_bonus: 23_839,
        night_incidents: 3,
        night_bonus: 10_000,
        weekend_incidents: 2,
        time_off: 700,
    };
    let bob = Row {
        person: "bob".into(),
        weeks: 2_666_667,
        week_bonus: 40_000,
        night_incidents: 1,
        night_bonus: 5_000,
        weekend_incidents: 0,
        time_off: 50,
    };
    let rows = november(&overrides, &works);
    assert_eq!(rows, [alice, bob]);
    assert_eq!(rows.iter().map(Row::total).collect::<Vec<_>>(), [33_839, 45_000]);
}

#[test]
fn a_night_over_the_end_of_the_month_is_worth_one_bonus() {
    // Monday the 30th, 23:00 to Tuesday the 1st, 02:00 in Paris, and again at 03:00.
    let works = [
        work("alice", 1, "2026-11-30T22:00:00Z", "2026-12-01T01:00:00Z"),
        work("alice", 2, "2026-12-01T02:00:00Z", "2026-12-01T03:00:00Z"),
    ];
    let happened = Happened { overrides: &[], works: &works, now: utc("2027-01-05T00:00:00Z") };
    let month = |month: &str| {
        let rows = report(&rules(), &house(), happened, Month::read(month).unwrap());
        let alice = rows.into_iter().find(|row| row.person.as_str() == "alice").unwrap();
        (alice.night_incidents, alice.night_bonus, alice.time_off)
    };
    assert_eq!(month("2026-11"), (1, 5_000, 100), "where it began; its own hour off");
    assert_eq!(month("2026-12"), (1, 0, 300), "no second bonus, but three hours off");
}

#[test]
fn what_is_to_come_is_worth_nothing_yet_and_a_changed_clock_makes_no_difference() {
    let report_at = |month: &str, now: &str| {
        let happened = Happened { overrides: &[], works: &[], now: utc(now) };
        report(&rules(), &house(), happened, Month::read(month).unwrap())
    };
    let rows = report_at("2026-11", "2026-11-09T08:00:00Z");
    assert_eq!(rows.iter().map(|row| row.weeks).collect::<Vec<_>>(), [1_000_000, 166_667]);
    assert_eq!(report_at("2027-11", "2026-11-09T08:00:00Z"), []);
    // In the week of the 29th of March 2027 the clock of Paris goes forward: 167 hours, and one week all the same.
    let rows = report_at("2027-03", "2027-06-01T00:00:00Z");
    let whole: u64 = rows.iter().map(|row| row.weeks).sum();
    // 31 days of Paris for Alice and of New York for Bob: the 5 hours between the two zones' months are whoever's they are.
    assert!((4_380_000..4_480_000).contains(&whole), "{rows:?}");
}

fn entry(at: &str, actor: Actor, what: What) -> Entry {
    Entry { seq: 0, at: utc(&format!("2026-11-04T{at}:00Z")), actor, origin: Origin::Slack, what }
}

fn by(person: &str) -> Actor {
    Actor::Person(person.into())
}

fn opened(at: &str) -> Entry {
    let (title, rule, reason) = (String::new(), String::new(), String::new());
    let what = What::IncidentOpened { title, severity: Severity::P2, rule, reason, follows: None };
    entry(at, Actor::Source("main".into()), what)
}

fn acked(at: &str, who: &str) -> Entry {
    entry(at, by(who), What::Acked { after_seconds: 0, was_paged: true, took_over_from: None })
}

fn note(at: &str, who: &str) -> Entry {
    entry(at, by(who), What::Note { text: String::new() })
}

fn resolved(at: &str, by: Actor) -> Entry {
    entry(at, by, What::Resolved { summary: None, still_firing: 0 })
}

fn escalated(at: &str, who: &str) -> Entry {
    let what = What::Escalated {
        schedule: "platform".into(),
        round: 1,
        step: 2,
        why: ClimbReason::Asked,
        people: vec![],
    };
    entry(at, by(who), what)
}

#[track_caller]
fn check(timeline: &[Entry], expected: &[(&str, &str, &str)]) {
    let found = worked(IncidentId(1), timeline, |actor| actor.person().cloned());
    let shown: Vec<(String, String, String)> = found
        .iter()
        .map(|work| {
            let time = |at: DateTime<Utc>| at.format("%H:%M").to_string();
            (work.person.to_string(), time(work.from), time(work.to))
        })
        .collect();
    let shown: Vec<(&str, &str, &str)> =
        shown.iter().map(|(who, from, to)| (who.as_str(), from.as_str(), to.as_str())).collect();
    assert_eq!(shown, expected);
}

#[test]
fn work_is_from_the_acknowledgement_to_the_resolve_and_for_others_between_their_actions() {
    // Whoever has it works to the end, also when it resolves by itself.
    check(
        &[opened("01:00"), acked("01:05", "alice"), resolved("02:10", Actor::Bot)],
        &[("alice", "01:05", "02:10")],
    );
    // Who only helps works between first and last action, a quarter of an hour at least.
    let helped =
        [opened("01:00"), acked("01:05", "alice"), note("01:30", "bob"), resolved("02:10", by("alice"))];
    check(&helped, &[("alice", "01:05", "02:10"), ("bob", "01:30", "01:45")]);
    let longer = [
        opened("01:00"),
        acked("01:05", "alice"),
        note("01:10", "bob"),
        note("01:50", "bob"),
        resolved("02:10", Actor::Bot),
    ];
    check(&longer, &[("alice", "01:05", "02:10"), ("bob", "01:10", "01:50")]);
    // Whoever gives it back is free from then on.
    let given = [
        opened("01:00"),
        acked("01:05", "alice"),
        escalated("01:40", "alice"),
        acked("01:45", "bob"),
        resolved("03:00", by("bob")),
    ];
    check(&given, &[("alice", "01:05", "01:40"), ("bob", "01:45", "03:00")]);
    // A ladder that begins for another service and finds its primary paged already takes it from nobody.
    let mut joined = escalated("01:40", "alice");
    if let What::Escalated { why, .. } = &mut joined.what {
        *why = ClimbReason::PagedAlready;
    }
    check(
        &[opened("01:00"), acked("01:05", "alice"), joined, resolved("03:00", Actor::Bot)],
        &[("alice", "01:05", "03:00")],
    );
    // What comes after the resolve is office work; a reopening begins anew.
    let again = [
        opened("01:00"),
        acked("01:05", "alice"),
        resolved("01:30", by("alice")),
        entry("09:00", by("alice"), What::PostmortemPublished),
        entry("10:00", Actor::Source("main".into()), What::Reopened { by: ReopenedBy::NewAlert }),
        acked("10:05", "bob"),
    ];
    check(&again, &[("alice", "01:05", "01:30"), ("bob", "10:05", "10:20")]);
    // A message that was written before the incident was opened is work on it from its opening on.
    check(
        &[opened("01:00"), note("00:10", "eve"), resolved("02:00", Actor::Bot)],
        &[("eve", "01:00", "01:15")],
    );
    check(&[opened("01:00"), resolved("02:00", Actor::Bot)], &[]);
    // What was merged away is over for whoever had it: the work goes on elsewhere.
    let merged = What::MergedInto { into: IncidentId(2), title: String::new() };
    check(
        &[opened("01:00"), acked("01:05", "alice"), entry("02:10", by("bob"), merged)],
        &[("alice", "01:05", "02:10"), ("bob", "02:10", "02:25")],
    );
}

#[test]
fn nights_end_when_the_clock_says_so_also_on_the_days_it_changes() {
    let paris = Tz::Europe__Paris;
    let cut = |from: &str, to: &str| {
        let found = pieces(&work("alice", 1, from, to), &rules().night, paris);
        found.iter().map(|piece| (piece.kind, (piece.to - piece.from).num_minutes())).collect::<Vec<_>>()
    };
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    // Sunday the 25th of October 2026 has 25 hours; all of them are weekend: nine of them before eight o'clock.
    assert_eq!(
        cut("2026-10-24T22:00:00Z", "2026-10-25T23:30:00Z"),
        [
            (Kind::Weekend, 9 * 60),
            (Kind::Weekend, 14 * 60),
            (Kind::Weekend, 2 * 60),
            (Kind::Night(day("2026-10-25")), 30),
        ]
    );
    assert_eq!(
        cut("2026-11-05T19:00:00Z", "2026-11-06T09:00:00Z"),
        [
            (Kind::Day, 120),
            (Kind::Night(day("2026-11-05")), 120),
            (Kind::Night(day("2026-11-05")), 480),
            (Kind::Day, 120),
        ]
    );
    // All minutes are there, whatever the span.
    for hours in 1..200 {
        let from = utc("2026-10-22T11:13:00Z");
        let whole = Work {
            to: from + Duration::hours(hours),
            from,
            ..work("alice", 1, "2026-10-22T11:13:00Z", "2026-10-22T11:13:00Z")
        };
        let found = pieces(&whole, &rules().night, paris);
        assert_eq!(found.iter().map(|piece| (piece.to - piece.from).num_minutes()).sum::<i64>(), hours * 60);
    }
}

#[test]
fn months_are_read_strictly() {
    assert_eq!(Month::read("2026-11").map(|month| month.to_string()).as_deref(), Some("2026-11"));
    for wrong in ["2026", "2026-13", "2026-1", "26-11", "2026-00", "2026-11-01", "november", "+026-11"] {
        assert_eq!(Month::read(wrong), None, "{wrong}");
    }
}

/// Alice's whole week of the 16th is five days of nine hours: 45 h / 168 h; Eve's Saturday, which nobody else has, is a day.
#[test]
fn a_week_with_restricted_hours_is_worth_its_hours() {
    let mut house = house();
    let mut eve = house.people.get(&"alice".into()).unwrap().clone();
    eve.id = "eve".into();
    house.people.insert("eve".into(), eve);
    let days = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    house.schedules.get_mut(&"platform".into()).unwrap().restrictions =
        vec![Restriction { days, from: clock(9), to: clock(18) }];
    let schedule = house.schedules.values().next().unwrap();
    let taken = [Override {
        schedule: "platform".into(),
        person: "eve".into(),
        from: utc("2026-11-21T08:00:00Z"),
        to: utc("2026-11-22T08:00:00Z"),
    }];
    let span = (utc("2026-11-16T08:00:00Z"), utc("2026-11-23T08:00:00Z"));
    let of = |person: &str| weeks(schedule, &taken, &person.into(), span);
    // Each of the five days is rounded by itself.
    assert_eq!((of("alice"), of("bob"), of("eve")), (5 * 53_571, 0, 142_857));
}
