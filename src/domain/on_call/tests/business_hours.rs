use super::*;

#[test]
fn business_hours_open_and_close_by_the_wall_clock() {
    let paris = Tz::Europe__Paris;
    for (at, open, opening, closing) in [
        // Friday before the clock goes forward, then the Monday after it.
        ("2026-03-27T07:59:59Z", false, "2026-03-27T08:00:00Z", "2026-03-27T17:00:00Z"),
        ("2026-03-27T08:00:00Z", true, "2026-03-30T07:00:00Z", "2026-03-27T17:00:00Z"),
        ("2026-03-27T17:00:00Z", false, "2026-03-30T07:00:00Z", "2026-03-30T16:00:00Z"),
        ("2026-10-25T12:00:00Z", false, "2026-10-26T08:00:00Z", "2026-10-26T17:00:00Z"),
    ] {
        let at = utc(at);
        assert_eq!(is_open(&office(), paris, at), open, "{at}");
        assert_eq!(next_opening(&office(), paris, at), Some(utc(opening)), "{at}");
        assert_eq!(next_closing(&office(), paris, at), Some(utc(closing)), "{at}");
    }
}

#[test]
fn skipped_and_impossible_hours() {
    // Open on Fridays only, and Apia had no Friday on the last but one day of 2011.
    let fridays = BusinessHours { days: vec![Weekday::Fri], ..office() };
    let thursday = utc("2011-12-30T08:00:00Z");
    assert_eq!(next_opening(&fridays, Tz::Pacific__Apia, thursday), Some(utc("2012-01-05T19:00:00Z")));
    let never = BusinessHours { days: Vec::new(), ..office() };
    let backward = BusinessHours { from: clock(18, 0), to: clock(9, 0), ..office() };
    for hours in [never, backward] {
        assert_eq!(next_opening(&hours, Tz::Europe__Paris, thursday), None);
        assert_eq!(next_closing(&hours, Tz::Europe__Paris, thursday), None);
        assert!(!is_open(&hours, Tz::Europe__Paris, thursday));
    }
}

proptest! {
    #[test]
    fn opening_and_closing_are_where_is_open_changes(
        zone in proptest::sample::select(ZONES.to_vec()),
        days in proptest::sample::subsequence(WEEK.to_vec(), 1..7),
        (from, to) in (a_time(), a_time()).prop_filter("closing after opening", |(from, to)| from < to),
        at in an_instant(),
    ) {
        let hours = BusinessHours { days, from, to };
        let opens = next_opening(&hours, zone, at);
        let closes = next_closing(&hours, zone, at);
        let (Some(opens), Some(closes)) = (opens, closes) else { return Err(TestCaseError::fail("never open")) };
        let second = TimeDelta::seconds(1);
        prop_assert_eq!(is_open(&hours, zone, at), closes < opens);
        prop_assert!(is_open(&hours, zone, opens) && !is_open(&hours, zone, opens - second));
        prop_assert!(!is_open(&hours, zone, closes) && is_open(&hours, zone, closes - second));
        prop_assert!(at < opens && at < closes);
    }
}
