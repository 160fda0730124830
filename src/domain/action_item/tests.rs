use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Every reminder after `after` until a month after the due day, as the owner's wall clock shows it.
fn reminders(due: &str, zone: Tz, after: &str) -> Vec<String> {
    let (due, mut at) = (day(due), after.parse::<DateTime<Utc>>().unwrap());
    let mut told = vec![];
    while let Some(next) = next_reminder(due, zone, at) {
        assert!(next > at, "time goes on");
        if next.with_timezone(&zone).date_naive() > due + Days::new(30) {
            break;
        }
        told.push(next.with_timezone(&zone).format("%a %m-%d %H:%M").to_string());
        at = next;
    }
    told
}

#[test]
fn the_owner_is_reminded_before_on_the_day_and_weekly_after() {
    let all = [
        "Sun 11-29 09:00",
        "Tue 12-01 09:00",
        "Tue 12-08 09:00",
        "Tue 12-15 09:00",
        "Tue 12-22 09:00",
        "Tue 12-29 09:00",
    ];
    assert_eq!(reminders("2026-12-01", Tz::Europe__Paris, "2026-11-20T03:00:00Z"), all);
    // Whoever writes it down later has been told by that.
    assert_eq!(reminders("2026-12-01", Tz::Europe__Paris, "2026-11-30T03:00:00Z"), all[1..]);
    assert_eq!(reminders("2026-12-01", Tz::Europe__Paris, "2026-12-01T08:00:00Z"), all[2..]);
    // After a month of silence there is one reminder, and then the next week's.
    assert_eq!(reminders("2026-12-01", Tz::Europe__Paris, "2026-12-20T12:00:00Z"), all[4..]);
}

#[test]
fn nine_in_the_morning_is_the_owners_own_on_days_when_the_clock_jumps_too() {
    let kolkata =
        next_reminder(day("2026-12-01"), Tz::Asia__Kolkata, "2026-11-30T00:00:00Z".parse().unwrap());
    assert_eq!(kolkata, Some("2026-12-01T03:30:00Z".parse().unwrap()));
    // Europe springs forward on the 28th of March 2027, and New York on the 14th.
    let paris = reminders("2027-03-22", Tz::Europe__Paris, "2027-03-21T12:00:00Z");
    assert_eq!(paris[..2], ["Mon 03-22 09:00", "Mon 03-29 09:00"]);
    // Samoa had no 30th of December 2011: that day's morning is the next one's midnight.
    let apia = next_reminder(day("2011-12-30"), Tz::Pacific__Apia, "2011-12-29T23:00:00Z".parse().unwrap());
    assert_eq!(apia, Some("2011-12-30T10:00:00Z".parse().unwrap()));
}

#[test]
fn the_ends_of_the_calendar_hurt_nobody() {
    let now = "2026-11-20T03:00:00Z".parse().unwrap();
    for due in [NaiveDate::MIN, NaiveDate::MAX] {
        assert!(next_reminder(due, Tz::UTC, now).is_some_and(|at| at > now));
    }
    let nearly_over = DateTime::<Utc>::MAX_UTC - chrono::Duration::hours(12);
    assert_eq!(next_reminder(NaiveDate::MAX, Tz::UTC, nearly_over), None);
}

#[test]
fn how_far_away_it_is_in_whole_days() {
    let due = day("2026-12-01");
    assert_eq!(standing(due, day("2026-11-29")), Standing::Left(2));
    assert_eq!(standing(due, due), Standing::Today);
    assert_eq!(standing(due, day("2026-12-02")), Standing::Late(1));
}
