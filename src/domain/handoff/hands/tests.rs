use chrono::{NaiveTime, Weekday};

use super::*;
use crate::domain::on_call::{BusinessHours, Every, Restriction, Rotation, SecondaryRule};

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Alice, then Bob, weekly on Mondays at nine in Paris, on working days from nine to six.
fn office() -> Schedule {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    let days = vec![Mon, Tue, Wed, Thu, Fri];
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    Schedule {
        id: "platform".into(),
        timezone: chrono_tz::Europe::Paris,
        business_hours: BusinessHours { days: days.clone(), from: clock(9), to: clock(18) },
        handoff_time: clock(9),
        handoff_day: Mon,
        rotation: Rotation {
            every: Every::Weeks(1),
            start: "2026-01-05".parse().unwrap(),
            people: vec!["alice".into(), "bob".into()],
        },
        restrictions: vec![Restriction { days, from: clock(9), to: clock(18) }],
        secondary: SecondaryRule::Next,
        usergroup: None,
    }
}

fn told(hands: &Hands) -> String {
    let name = |person: &Option<PersonId>| person.as_ref().map_or("nobody".to_owned(), ToString::to_string);
    format!("{} to {} until {}", name(&hands.outgoing), name(&hands.incoming), hands.until.format("%F %R"))
}

#[test]
fn the_pager_goes_from_person_to_person_over_times_with_nobody() {
    let office = office();
    let monday = utc("2026-01-12T08:00:00Z");
    assert_eq!(told(&Hands::at(&office, &[], monday)), "alice to bob until 2026-01-16 17:00");
    for now in ["2026-01-07T10:00:00Z", "2026-01-07T20:00:00Z", "2026-01-10T10:00:00Z"] {
        let next = Hands::next(&office, &[], utc(now));
        assert_eq!(told(&next), "alice to bob until 2026-01-16 17:00", "{now}");
    }
    let (from, to) = (utc("2026-01-10T08:00:00Z"), utc("2026-01-11T08:00:00Z"));
    let weekend = [Override { schedule: "platform".into(), person: "eve".into(), from, to }];
    assert_eq!(told(&Hands::at(&office, &weekend, monday)), "eve to bob until 2026-01-16 17:00");
    let thursday = utc("2026-01-08T10:00:00Z");
    assert_eq!(told(&Hands::next(&office, &weekend, thursday)), "alice to eve until 2026-01-11 08:00");
    let alone = Schedule { restrictions: vec![], ..office };
    assert_eq!(told(&Hands::next(&alone, &[], thursday)), "alice to bob until 2026-01-19 08:00");
    let mut nobody = alone;
    nobody.rotation.people.clear();
    assert_eq!(told(&Hands::next(&nobody, &[], thursday)), "nobody to nobody until 2026-01-12 08:00");
    assert_eq!(told(&Hands::at(&nobody, &[], monday)), "nobody to nobody until 2026-01-19 08:00");
}
