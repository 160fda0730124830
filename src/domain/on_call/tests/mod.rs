mod business_hours;
mod overriding;
mod restrictions;

use chrono::{Days, TimeDelta, TimeZone};
use proptest::collection::vec;
use proptest::prelude::*;

use super::wall_clock::instant;
use super::*;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn clock(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
}

/// The example of the documentation: five people, weekly, Mondays at nine in Paris.
fn platform(people: &[&str]) -> Schedule {
    Schedule {
        id: "platform".into(),
        timezone: Tz::Europe__Paris,
        business_hours: office(),
        handoff_time: clock(9, 0),
        handoff_day: Weekday::Mon,
        rotation: Rotation {
            every: Every::Weeks(1),
            start: day("2026-01-05"),
            people: people.iter().map(|name| PersonId::from(*name)).collect(),
        },
        restrictions: vec![],
        secondary: SecondaryRule::Next,
        usergroup: None,
    }
}

const FIVE: [&str; 5] = ["alice", "bob", "charlie", "diana", "eve"];

fn office() -> BusinessHours {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    BusinessHours { days: vec![Mon, Tue, Wed, Thu, Fri], from: clock(9, 0), to: clock(18, 0) }
}

fn takes(person: &str, from: &str, to: &str) -> Override {
    Override { schedule: "platform".into(), person: person.into(), from: utc(from), to: utc(to) }
}

fn name(person: Option<&PersonId>) -> &str {
    person.map_or("nobody", PersonId::as_str)
}

fn table(shifts: &[Shift]) -> String {
    let line = |shift: &Shift| {
        let hours = (shift.end - shift.start).num_hours();
        let (primary, secondary) = (name(shift.primary.as_ref()), name(shift.secondary.as_ref()));
        format!("{} {primary}/{secondary} {hours}h", shift.start.format("%FT%RZ"))
    };
    shifts.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn five_weeks_over_each_change_of_the_clock() {
    let schedule = platform(&FIVE);
    let spring = shifts(&schedule, &[], utc("2026-03-16T08:00:00Z"), utc("2026-04-20T07:00:00Z"));
    insta::assert_snapshot!(table(&spring), @r"
    2026-03-16T08:00Z alice/bob 168h
    2026-03-23T08:00Z bob/charlie 167h
    2026-03-30T07:00Z charlie/diana 168h
    2026-04-06T07:00Z diana/eve 168h
    2026-04-13T07:00Z eve/alice 168h
    ");
    let autumn = shifts(&schedule, &[], utc("2026-10-12T07:00:00Z"), utc("2026-11-16T08:00:00Z"));
    insta::assert_snapshot!(table(&autumn), @r"
    2026-10-12T07:00Z alice/bob 168h
    2026-10-19T07:00Z bob/charlie 169h
    2026-10-26T08:00Z charlie/diana 168h
    2026-11-02T08:00Z diana/eve 168h
    2026-11-09T08:00Z eve/alice 168h
    ");
}

#[test]
fn the_rotation_goes_round_backward_too() {
    let schedule = platform(&FIVE);
    let early = shifts(&schedule, &[], utc("2025-12-22T08:00:00Z"), utc("2026-01-19T08:00:00Z"));
    insta::assert_snapshot!(table(&early), @r"
    2025-12-22T08:00Z diana/eve 168h
    2025-12-29T08:00Z eve/alice 168h
    2026-01-05T08:00Z alice/bob 168h
    2026-01-12T08:00Z bob/charlie 168h
    ");
}

#[test]
fn a_weekly_turn_begins_on_the_handoff_day_on_or_before_the_start() {
    let mut schedule = platform(&FIVE);
    schedule.rotation.start = day("2026-01-08");
    assert_eq!(name(who(&schedule, &[], utc("2026-01-05T08:00:00Z")).primary.as_ref()), "alice");
    assert_eq!(name(who(&schedule, &[], utc("2026-01-05T07:59:59Z")).primary.as_ref()), "eve");
    assert_eq!(next_handoff(&schedule, utc("2026-01-05T08:00:00Z")), utc("2026-01-12T08:00:00Z"));
    schedule.rotation.every = Every::Days(1);
    assert_eq!(name(who(&schedule, &[], utc("2026-01-08T08:00:00Z")).primary.as_ref()), "alice");
    assert_eq!(name(who(&schedule, &[], utc("2026-01-08T07:59:59Z")).primary.as_ref()), "eve");
}

#[test]
fn overrides_replace_the_primary_and_move_the_secondary_on() {
    let overrides = [
        takes("bob", "2026-01-06T17:00:00Z", "2026-01-07T06:00:00Z"),
        takes("zoe", "2026-01-08T00:00:00Z", "2026-01-09T00:00:00Z"),
        takes("eve", "2026-01-08T06:00:00Z", "2026-01-08T12:00:00Z"),
        takes("alice", "2026-01-09T12:00:00Z", "2026-01-10T00:00:00Z"),
        takes("diana", "2026-01-11T20:00:00Z", "2026-01-12T20:00:00Z"),
        Override { schedule: "other".into(), ..takes("zoe", "2026-01-05T00:00:00Z", "2026-01-20T00:00:00Z") },
    ];
    let found =
        shifts(&platform(&FIVE), &overrides, utc("2026-01-05T08:00:00Z"), utc("2026-01-14T08:00:00Z"));
    insta::assert_snapshot!(table(&found), @r"
    2026-01-05T08:00Z alice/bob 33h
    2026-01-06T17:00Z bob/charlie 13h
    2026-01-07T06:00Z alice/bob 18h
    2026-01-08T00:00Z zoe/bob 6h
    2026-01-08T06:00Z eve/bob 6h
    2026-01-08T12:00Z zoe/bob 12h
    2026-01-09T00:00Z alice/bob 68h
    2026-01-11T20:00Z diana/bob 12h
    2026-01-12T08:00Z diana/charlie 12h
    2026-01-12T20:00Z bob/charlie 156h
    ");
}

#[test]
fn shifts_that_touch_the_span_are_whole() {
    let schedule = platform(&FIVE);
    let overrides = [takes("eve", "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z")];
    let found = shifts(&schedule, &overrides, utc("2026-01-06T12:00:00Z"), utc("2026-01-12T08:00:01Z"));
    insta::assert_snapshot!(table(&found), @r"
    2026-01-06T00:00Z eve/bob 24h
    2026-01-07T00:00Z alice/bob 128h
    2026-01-12T08:00Z bob/charlie 168h
    ");
    assert_eq!(shifts(&schedule, &[], utc("2026-01-06T12:00:00Z"), utc("2026-01-06T12:00:00Z")), []);
}

#[test]
fn small_and_odd_rotations() {
    let at = utc("2026-01-06T12:00:00Z");
    let [by_bob, by_zoe] =
        ["bob", "zoe"].map(|person| takes(person, "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"));
    for (people, taken, expected) in [
        (&["alice"][..], None, "alice/nobody"),
        (&["alice"], Some(&by_zoe), "zoe/alice"),
        (&["alice", "bob"], None, "alice/bob"),
        (&["alice", "bob"], Some(&by_zoe), "zoe/bob"),
        (&["alice", "bob"], Some(&by_bob), "bob/alice"),
        (&["alice", "alice", "bob"], None, "alice/bob"),
        (&["alice", "alice", "bob"], Some(&by_zoe), "zoe/alice"),
        (&["alice", "alice"], None, "alice/nobody"),
        (&[], None, "nobody/nobody"),
        (&[], Some(&by_zoe), "zoe/nobody"),
    ] {
        let overrides: Vec<Override> = taken.into_iter().cloned().collect();
        let found = who(&platform(people), &overrides, at);
        let (primary, secondary) = (name(found.primary.as_ref()), name(found.secondary.as_ref()));
        assert_eq!(format!("{primary}/{secondary}"), expected, "{people:?}");
    }
    let alone = Schedule { secondary: SecondaryRule::None, ..platform(&FIVE) };
    assert_eq!(who(&alone, &[], at).secondary, None);
}

#[test]
fn wall_clock_times_that_are_skipped_or_come_twice() {
    for (zone, local, expected) in [
        // Skipped: the first instant behind the gap.
        (Tz::Europe__Paris, "2026-03-29T02:30:00", "2026-03-29T01:00:00Z"),
        (Tz::America__New_York, "2026-03-08T02:00:00", "2026-03-08T07:00:00Z"),
        (Tz::Australia__Lord_Howe, "2026-10-04T02:15:00", "2026-10-03T15:30:00Z"),
        (Tz::Pacific__Apia, "2011-12-30T09:00:00", "2011-12-30T10:00:00Z"),
        // Twice: the first of the two.
        (Tz::Europe__Paris, "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
        (Tz::Australia__Lord_Howe, "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"),
        (Tz::Asia__Kolkata, "2026-03-29T02:30:00", "2026-03-28T21:00:00Z"),
    ] {
        assert_eq!(instant(zone, local.parse().unwrap()), Some(utc(expected)), "{zone} {local}");
    }
}

#[test]
fn extreme_instants_have_an_answer() {
    let schedule = platform(&FIVE);
    for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        assert!(who(&schedule, &[], at).primary.is_some());
        is_open(&office(), schedule.timezone, at);
        next_opening(&office(), schedule.timezone, at);
    }
    let mut endless = schedule;
    endless.rotation.every = Every::Weeks(u32::MAX);
    assert_eq!(next_handoff(&endless, utc("2026-06-01T00:00:00Z")), DateTime::<Utc>::MAX_UTC);
}

const ZONES: [Tz; 5] = [
    Tz::Europe__Paris,
    Tz::America__New_York,
    Tz::Asia__Kolkata,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Apia,
];

const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// An instant in 2026, with both changes of the clock, or around the day that Apia skipped at the end of 2011.
fn an_instant() -> impl Strategy<Value = DateTime<Utc>> {
    let around = |from: &str, days: i64| {
        let from = utc(from);
        (0..days * 86_400).prop_map(move |seconds| from + TimeDelta::seconds(seconds))
    };
    prop_oneof![4 => around("2026-01-01T00:00:00Z", 365), 1 => around("2011-12-20T00:00:00Z", 20)]
}

fn a_time() -> impl Strategy<Value = NaiveTime> {
    // Half of them between midnight and three, when clocks are changed.
    prop_oneof![(0..24u32, 0..60u32), (0..3u32, 0..60u32)].prop_map(|(hour, minute)| clock(hour, minute))
}

fn a_schedule() -> impl Strategy<Value = Schedule> {
    let every = prop_oneof![(1..9u32).prop_map(Every::Days), (1..4u32).prop_map(Every::Weeks)];
    let people = vec(proptest::sample::select(FIVE.to_vec()), 1..6);
    let zone = proptest::sample::select(ZONES.to_vec());
    let weekday = proptest::sample::select(WEEK.to_vec());
    (every, people, zone, weekday, a_time(), 0..90u64).prop_map(
        |(every, people, timezone, handoff_day, handoff_time, later)| {
            let mut schedule = Schedule { timezone, handoff_time, handoff_day, ..platform(&people) };
            schedule.rotation.every = every;
            schedule.rotation.start = day("2025-12-15") + Days::new(later);
            schedule
        },
    )
}

fn overrides_near(at: DateTime<Utc>) -> impl Strategy<Value = Vec<Override>> {
    let person = proptest::sample::select(vec!["alice", "bob", "zoe"]);
    let taken = (person, -300..300i64, -10..200i64).prop_map(move |(person, begins, lasts)| Override {
        schedule: "platform".into(),
        person: person.into(),
        from: at + TimeDelta::hours(begins),
        to: at + TimeDelta::hours(begins + lasts),
    });
    vec(taken, 0..5)
}

proptest! {
    #[test]
    fn shifts_tile_and_agree_with_who(
        schedule in a_schedule(),
        (at, overrides) in an_instant().prop_flat_map(|at| (Just(at), overrides_near(at))),
    ) {
        let (from, to) = (at - TimeDelta::days(20), at + TimeDelta::days(20));
        let found = shifts(&schedule, &overrides, from, to);
        prop_assert!(found.first().is_some_and(|shift| shift.start <= from && from < shift.end));
        prop_assert!(found.last().is_some_and(|shift| shift.start < to && to <= shift.end));
        prop_assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start));
        prop_assert!(found.iter().all(|shift| shift.start < shift.end && shift.primary.is_some()));
        prop_assert!(found.iter().all(|shift| shift.primary != shift.secondary));
        let holding: Vec<&Shift> = found.iter().filter(|shift| shift.start <= at && at < shift.end).collect();
        prop_assert_eq!(holding.len(), 1);
        let roster = who(&schedule, &overrides, at);
        prop_assert_eq!(&roster.primary, &holding[0].primary);
        prop_assert_eq!(&roster.secondary, &holding[0].secondary);
        prop_assert_eq!(roster.until, holding[0].end);
        // Whoever asks for less is shown the same shifts.
        let narrow = shifts(&schedule, &overrides, at, at + TimeDelta::seconds(1));
        prop_assert_eq!(narrow.first(), Some(holding[0]));
    }

    #[test]
    fn a_year_with_both_changes_of_the_clock_has_one_roster_at_every_instant(
        schedule in a_schedule(),
        overrides in overrides_near(utc("2026-10-25T00:00:00Z")),
        seconds in vec(0..370 * 86_400i64, 20),
    ) {
        let (from, to) = (utc("2026-01-01T00:00:00Z"), utc("2027-01-06T00:00:00Z"));
        let year = shifts(&schedule, &overrides, from, to);
        prop_assert!(year.windows(2).all(|pair| pair[0].end == pair[1].start));
        prop_assert!(year.first().is_some_and(|shift| shift.start <= from));
        prop_assert!(year.last().is_some_and(|shift| to <= shift.end));
        // At every border, an instant before and after it, and anywhere.
        let borders = year.iter().flat_map(|shift| [shift.start - TimeDelta::microseconds(1), shift.start]);
        let anywhere = seconds.iter().map(|seconds| from + TimeDelta::seconds(*seconds));
        for at in borders.chain(anywhere).filter(|at| from <= *at && *at < to) {
            let holding: Vec<&Shift> = year.iter().filter(|shift| shift.start <= at && at < shift.end).collect();
            prop_assert_eq!(holding.len(), 1, "{}", at);
            let Roster { primary, secondary, until } = who(&schedule, &overrides, at);
            prop_assert_eq!((&primary, &secondary, until), (&holding[0].primary, &holding[0].secondary, holding[0].end));
            prop_assert!(primary.is_some());
        }
    }

    #[test]
    fn the_primary_is_the_last_override_else_the_rostered(
        schedule in a_schedule(),
        (at, overrides) in an_instant().prop_flat_map(|at| (Just(at), overrides_near(at))),
    ) {
        let covering = overrides.iter().rev().find(|taken| (taken.from..taken.to).contains(&at));
        let expected = covering.map_or_else(|| who(&schedule, &[], at).primary, |taken| Some(taken.person.clone()));
        prop_assert_eq!(who(&schedule, &overrides, at).primary, expected);
    }

    #[test]
    fn handoffs_come_at_the_wall_clock_time(schedule in a_schedule(), at in an_instant()) {
        let handoff = next_handoff(&schedule, at);
        prop_assert!(at < handoff);
        let local = |at: DateTime<Utc>| at.with_timezone(&schedule.timezone).naive_local();
        let nominal = local(handoff).date().and_time(schedule.handoff_time);
        let jumped = local(handoff) - local(handoff - TimeDelta::seconds(1)) > TimeDelta::seconds(1);
        if !jumped {
            prop_assert_eq!(local(handoff), nominal);
            if matches!(schedule.rotation.every, Every::Weeks(_)) {
                prop_assert_eq!(chrono::Datelike::weekday(&local(handoff)), schedule.handoff_day);
            }
        }
        // Of a time that comes twice it is the first, and the handoff after it is a whole turn away.
        prop_assert_eq!(schedule.timezone.from_local_datetime(&local(handoff)).earliest().map(|t| t.to_utc()), Some(handoff));
    }

    #[test]
    fn turns_go_through_the_people_in_order(schedule in a_schedule(), at in an_instant()) {
        // A day that the clock skips may swallow a whole turn; only Apia's last days of 2011 do so here.
        prop_assume!(schedule.timezone != Tz::Pacific__Apia || at > utc("2012-03-01T00:00:00Z"));
        let people = &schedule.rotation.people;
        let firsts: Vec<PersonId> = shifts(&schedule, &[], at, at + TimeDelta::days(60))
            .into_iter()
            .filter_map(|shift| shift.primary)
            .collect();
        let in_order = (0..people.len()).any(|place| firsts.iter().eq(people.iter().cycle().skip(place).take(firsts.len())));
        prop_assert!(in_order, "{:?}", firsts);
    }
}
