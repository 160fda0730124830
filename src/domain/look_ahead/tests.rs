use chrono::{NaiveDate, Weekday};

use super::*;
use crate::domain::on_call::{BusinessHours, Every, Rotation, Schedule, SecondaryRule};
use crate::ports::tests::house;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn well() -> House {
    let mut house = house();
    let (nine, six) = (NaiveTime::from_hms_opt(9, 0, 0).unwrap(), NaiveTime::from_hms_opt(18, 0, 0).unwrap());
    let platform = Schedule {
        id: "platform".into(),
        timezone: chrono_tz::Europe::Paris,
        business_hours: BusinessHours { days: vec![Weekday::Mon], from: nine, to: six },
        handoff_time: nine,
        handoff_day: Weekday::Mon,
        rotation: Rotation {
            every: Every::Weeks(1),
            start: NaiveDate::from_ymd_opt(2026, 11, 16).unwrap(),
            people: ["alice", "bob", "diana", "eve"].map(Into::into).to_vec(),
        },
        restrictions: vec![],
        secondary: SecondaryRule::Next,
        usergroup: None,
    };
    house.schedules = [(platform.id.clone(), platform)].into();
    house
}

fn said(stints: &[Stint]) -> Vec<String> {
    let time = |at: DateTime<Utc>| at.format("%m-%d %H:%M").to_string();
    stints.iter().map(|stint| format!("{} {}", time(stint.span.from), time(stint.span.to))).collect()
}

#[test]
fn a_week_begins_on_monday_at_ten_on_the_persons_own_wall() {
    let paris = chrono_tz::Europe::Paris;
    for (now, latest_at, next_at) in [
        ("2026-11-23T08:59:59Z", "2026-11-16T09:00:00Z", "2026-11-23T09:00:00Z"),
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"),
        ("2026-11-29T22:59:59Z", "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"),
        // The clock changes in between.
        ("2026-10-26T00:00:00Z", "2026-10-19T08:00:00Z", "2026-10-26T09:00:00Z"),
    ] {
        assert_eq!((latest(paris, at(now)), next(paris, at(now))), (at(latest_at), at(next_at)), "{now}");
    }
    // In Apia it is Monday already.
    let apia = chrono_tz::Pacific::Apia;
    assert_eq!(latest(apia, at("2026-11-22T21:00:00Z")), at("2026-11-22T21:00:00Z"));
}

#[test]
fn shifts_are_told_and_what_changed_since_the_last_time() {
    let (house, now) = (well(), at("2026-11-23T09:00:00Z"));
    let first = look(&house, &[], &"bob".into(), None, now);
    assert_eq!(said(&first.primary), ["11-23 08:00 11-30 08:00", "12-21 08:00 12-28 08:00"]);
    assert_eq!(said(&first.secondary), ["12-14 08:00 12-21 08:00"]);
    assert_eq!((first.new.len(), first.gone.len()), (0, 0), "nobody was told of anything before");

    // A week later, diana has taken a night of his week, which is over, and he one of hers.
    let week_later = now + Duration::weeks(1);
    let taken = |person: &str, from: &str, to: &str| Override {
        schedule: "platform".into(),
        person: person.into(),
        from: at(from),
        to: at(to),
    };
    let overrides = [
        taken("diana", "2026-11-24T20:00:00Z", "2026-11-25T06:00:00Z"),
        taken("bob", "2026-12-01T20:00:00Z", "2026-12-02T06:00:00Z"),
    ];
    let second = look(&house, &overrides, &"bob".into(), Some(&first.told), week_later);
    assert_eq!(said(&second.new), ["12-01 20:00 12-02 06:00"]);
    assert_eq!(said(&second.gone), Vec::<String>::new());
    assert_eq!(said(&second.primary), ["12-01 20:00 12-02 06:00", "12-21 08:00 12-28 08:00"]);
    let hers = look(&house, &[], &"diana".into(), None, now).told;
    let hers = look(&house, &overrides, &"diana".into(), Some(&hers), week_later);
    assert_eq!(said(&hers.gone), ["12-01 20:00 12-02 06:00"]);
    // Nothing has changed since: the week that has come into sight is no change.
    let third = look(&house, &overrides, &"bob".into(), Some(&second.told), week_later + Duration::weeks(1));
    assert_eq!((third.new.len(), third.gone.len()), (0, 0), "{third:#?}");
}

#[test]
fn whoever_is_on_no_schedule_hears_only_of_what_they_lost() {
    let (house, now) = (well(), at("2026-11-23T09:00:00Z"));
    assert!(look(&house, &[], &"visitor".into(), None, now).is_empty());
    let span = Span { from: now + Duration::days(2), to: now + Duration::days(3) };
    let told = Told { until: now + AHEAD, primary: vec![Stint { span, schedule: "gone".into() }] };
    let look = look(&house, &[], &"visitor".into(), Some(&told), now);
    assert!(!look.is_empty());
    assert_eq!(look.gone, told.primary);
}
