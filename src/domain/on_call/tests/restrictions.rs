use super::*;

const OFFICE: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

fn hours(days: &[Weekday], from: NaiveTime, to: NaiveTime) -> Restriction {
    Restriction { days: days.to_vec(), from, to }
}

fn restricted(people: &[&str], restrictions: Vec<Restriction>) -> Schedule {
    Schedule { restrictions, ..platform(people) }
}

#[test]
fn office_hours_leave_nights_and_the_weekend_to_nobody() {
    let schedule = restricted(&FIVE, vec![hours(&OFFICE, clock(9, 0), clock(18, 0))]);
    // Over the Sunday on which the clock goes forward.
    let found = shifts(&schedule, &[], utc("2026-03-26T20:00:00Z"), utc("2026-03-31T08:00:00Z"));
    insta::assert_snapshot!(table(&found), @r"
    2026-03-26T17:00Z nobody/nobody 15h
    2026-03-27T08:00Z bob/charlie 9h
    2026-03-27T17:00Z nobody/nobody 62h
    2026-03-30T07:00Z charlie/diana 9h
    2026-03-30T16:00Z nobody/nobody 15h
    2026-03-31T07:00Z charlie/diana 9h
    ");
    let night = who(&schedule, &[], utc("2026-03-30T16:00:00Z"));
    let until = utc("2026-03-31T07:00:00Z");
    assert_eq!(night, Roster { primary: None, secondary: None, until });
}

#[test]
fn over_midnight_the_nights_of_the_clock_are_as_long_as_they_are() {
    let nights = vec![hours(&[Weekday::Sat], clock(22, 0), clock(6, 0))];
    let schedule = restricted(&["alice"], nights);
    let around = |from: &str, to: &str| table(&shifts(&schedule, &[], utc(from), utc(to)));
    insta::assert_snapshot!(around("2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"), @"2026-03-28T21:00Z alice/nobody 7h");
    insta::assert_snapshot!(around("2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"), @"2026-10-24T20:00Z alice/nobody 9h");
    insta::assert_snapshot!(around("2026-11-07T21:00:00Z", "2026-11-08T05:00:00Z"), @"2026-11-07T21:00Z alice/nobody 8h");
}

#[test]
fn hours_that_the_clock_skips_are_none_and_those_of_the_next_week_are() {
    let schedule = restricted(&["alice"], vec![hours(&[Weekday::Sun], clock(2, 0), clock(3, 0))]);
    let found = shifts(&schedule, &[], utc("2026-03-22T01:00:00Z"), utc("2026-04-05T01:00:00Z"));
    let manned: Vec<Shift> = found.into_iter().filter(|shift| shift.primary.is_some()).collect();
    insta::assert_snapshot!(table(&manned), @r"
    2026-03-22T01:00Z alice/nobody 1h
    2026-04-05T00:00Z alice/nobody 1h
    ");
}

#[test]
fn several_are_ored_and_what_touches_or_overlaps_is_one() {
    use Weekday::{Sat, Sun};
    let whole_days = hours(&OFFICE, clock(0, 0), clock(0, 0));
    let weekend = hours(&[Sat, Sun], clock(0, 0), clock(0, 0));
    let part = hours(&[Weekday::Wed], clock(10, 0), clock(12, 0));
    let schedule = restricted(&FIVE, vec![part, whole_days, weekend]);
    let (from, to) = (utc("2026-10-12T07:00:00Z"), utc("2026-11-16T08:00:00Z"));
    assert_eq!(shifts(&schedule, &[], from, to), shifts(&platform(&FIVE), &[], from, to));
}

#[test]
fn an_override_covers_a_gap_for_its_person_alone() {
    let mut schedule = restricted(&FIVE, vec![hours(&OFFICE, clock(9, 0), clock(18, 0))]);
    let weekend = [takes("eve", "2026-01-10T08:00:00Z", "2026-01-12T12:00:00Z")];
    let (from, to) = (utc("2026-01-09T17:00:00Z"), utc("2026-01-12T17:00:00Z"));
    insta::assert_snapshot!(table(&shifts(&schedule, &weekend, from, to)), @r"
    2026-01-09T17:00Z nobody/nobody 15h
    2026-01-10T08:00Z eve/nobody 48h
    2026-01-12T08:00Z eve/charlie 4h
    2026-01-12T12:00Z bob/charlie 5h
    ");
    // Without a secondary nothing changes for her where the hours begin; with the turn it does.
    schedule.secondary = SecondaryRule::None;
    let week = [takes("eve", "2026-01-06T12:00:00Z", "2026-01-20T12:00:00Z")];
    let found = shifts(&schedule, &week, utc("2026-01-06T12:00:00Z"), utc("2026-01-20T12:00:00Z"));
    insta::assert_snapshot!(table(&found), @r"
    2026-01-06T12:00Z eve/nobody 140h
    2026-01-12T08:00Z eve/nobody 168h
    2026-01-19T08:00Z eve/nobody 28h
    ");
}

#[test]
fn a_handoff_is_where_a_turn_first_puts_somebody_on_call() {
    let nights = restricted(&FIVE, vec![hours(&OFFICE, clock(18, 0), clock(8, 0))]);
    for (at, handoff) in [
        ("2026-01-12T16:59:59Z", "2026-01-05T17:00:00Z"),
        ("2026-01-12T17:00:00Z", "2026-01-12T17:00:00Z"),
        ("2026-01-14T17:00:00Z", "2026-01-12T17:00:00Z"),
        ("2026-01-18T12:00:00Z", "2026-01-12T17:00:00Z"),
    ] {
        assert_eq!(latest_handoff(&nights, utc(at)), utc(handoff), "{at}");
    }
    // A turn of a day at the weekend puts nobody on call.
    let mut days = restricted(&FIVE, vec![hours(&OFFICE, clock(9, 0), clock(18, 0))]);
    days.rotation.every = Every::Days(1);
    assert_eq!(latest_handoff(&days, utc("2026-01-12T07:59:59Z")), utc("2026-01-09T08:00:00Z"));
    assert_eq!(latest_handoff(&platform(&FIVE), utc("2026-01-14T00:00:00Z")), utc("2026-01-12T08:00:00Z"));
}

#[test]
fn extreme_instants_have_an_answer_with_restrictions_too() {
    let schedule = restricted(&FIVE, vec![hours(&OFFICE, clock(18, 0), clock(9, 0))]);
    for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        who(&schedule, &[], at);
        latest_handoff(&schedule, at);
    }
}

fn some_hours() -> impl Strategy<Value = Vec<Restriction>> {
    let one = (proptest::sample::subsequence(WEEK.to_vec(), 1..=7), a_time(), a_time());
    vec(one.prop_map(|(days, from, to)| Restriction { days, from, to }), 1..4)
}

/// Whether the hours hold at `at`, read off the wall; `None` near a change of the clock, where that says nothing.
fn on_the_wall(restrictions: &[Restriction], zone: Tz, at: DateTime<Utc>) -> Option<bool> {
    use chrono::Offset;
    let offset = |at: DateTime<Utc>| at.with_timezone(&zone).offset().fix();
    let day = TimeDelta::days(2);
    if offset(at - day) != offset(at + day) {
        return None;
    }
    let local = at.with_timezone(&zone).naive_local();
    let (today, time) = (chrono::Datelike::weekday(&local), local.time());
    let holds = |one: &Restriction| {
        if one.from < one.to {
            one.days.contains(&today) && one.from <= time && time < one.to
        } else {
            one.days.contains(&today) && one.from <= time || one.days.contains(&today.pred()) && time < one.to
        }
    };
    Some(restrictions.iter().any(holds))
}

proptest! {
    #[test]
    fn restricted_shifts_tile_and_agree_with_who_and_the_wall(
        schedule in (a_schedule(), some_hours()).prop_map(|(schedule, restrictions)| Schedule { restrictions, ..schedule }),
        (at, overrides) in an_instant().prop_flat_map(|at| (Just(at), overrides_near(at))),
        seconds in vec(-10 * 86_400..10 * 86_400i64, 20),
    ) {
        let (from, to) = (at - TimeDelta::days(10), at + TimeDelta::days(10));
        let found = shifts(&schedule, &overrides, from, to);
        prop_assert!(found.first().is_some_and(|shift| shift.start <= from && from < shift.end));
        prop_assert!(found.last().is_some_and(|shift| shift.start < to && to <= shift.end));
        prop_assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start));
        prop_assert!(found.iter().all(|shift| shift.start < shift.end));
        prop_assert!(found.iter().all(|shift| shift.primary.is_some() || shift.secondary.is_none()));
        let borders = found.iter().flat_map(|shift| [shift.start - TimeDelta::microseconds(1), shift.start]);
        let anywhere = seconds.iter().map(|seconds| at + TimeDelta::seconds(*seconds));
        for at in borders.chain(anywhere).filter(|at| from <= *at && *at < to) {
            let holding: Vec<&Shift> = found.iter().filter(|shift| shift.start <= at && at < shift.end).collect();
            prop_assert_eq!(holding.len(), 1, "{}", at);
            let Roster { primary, secondary, until } = who(&schedule, &overrides, at);
            prop_assert_eq!((&primary, &secondary, until), (&holding[0].primary, &holding[0].secondary, holding[0].end));
            let is_taken = overrides.iter().any(|taken| taken.from <= at && at < taken.to);
            if let Some(holds) = on_the_wall(&schedule.restrictions, schedule.timezone, at) {
                prop_assert_eq!(primary.is_some(), holds || is_taken, "{}", at);
            }
            let handoff = latest_handoff(&schedule, at);
            prop_assert!(handoff <= at);
            prop_assert!(who(&schedule, &[], handoff).primary.is_some());
        }
    }
}
