use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};

use super::{Gap, Hole, find};
use crate::domain::on_call::{BusinessHours, Every, Rotation, Schedule, SecondaryRule};
use crate::domain::people::ContactMethod;
use crate::ports::tests::house;

fn now() -> DateTime<Utc> {
    "2026-11-20T03:00:00Z".parse().unwrap()
}

fn gaps(found: &[Hole]) -> Vec<(String, Gap)> {
    found.iter().map(|hole| (hole.schedule.to_string(), hole.gap.clone())).collect()
}

#[test]
fn whoever_cannot_be_woken_is_a_hole_and_the_others_are_none() {
    let mut house = house();
    let person = house.people.keys().next().expect("there is somebody").clone();
    let them = house.people.get_mut(&person).unwrap();
    (them.slack, them.contact) = (Some("U0A".into()), vec![ContactMethod::Slack]);
    let (nine, six) = (NaiveTime::from_hms_opt(9, 0, 0).unwrap(), NaiveTime::from_hms_opt(18, 0, 0).unwrap());
    let schedule = Schedule {
        id: "platform".into(),
        timezone: chrono_tz::UTC,
        business_hours: BusinessHours { days: vec![Weekday::Mon], from: nine, to: six },
        handoff_time: nine,
        handoff_day: Weekday::Mon,
        rotation: Rotation {
            every: Every::Weeks(1),
            start: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(),
            people: vec![person.clone()],
        },
        secondary: SecondaryRule::None,
        usergroup: None,
    };
    let id = schedule.id.to_string();
    house.schedules.insert(schedule.id.clone(), schedule);
    assert_eq!(find(&house, &[], &BTreeMap::new(), now()), vec![]);

    house.people.get_mut(&person).unwrap().contact = vec![];
    let found = find(&house, &[], &BTreeMap::new(), now());
    assert_eq!(gaps(&found), [(id.clone(), Gap::Unreachable(person.clone()))]);
    assert!(found[0].shifts >= 1 && found[0].from < found[0].to, "{found:?}");
    let later = find(&house, &[], &BTreeMap::new(), now() + chrono::Duration::days(10));
    assert_eq!(found[0].key(), later[0].key(), "the same hole, however time goes on");

    // Slack does not let them be woken: a hole only where there is nothing else.
    let not_in_slack = BTreeMap::from([(person.clone(), "slack has deactivated U0A".to_owned())]);
    let them = house.people.get_mut(&person).unwrap();
    them.contact = vec![ContactMethod::Slack, ContactMethod::Webhook];
    them.webhook = Some("https://pager.example.org".to_owned());
    assert_eq!(find(&house, &[], &not_in_slack, now()), vec![]);
    house.people.get_mut(&person).unwrap().contact = vec![ContactMethod::Slack];
    let found = find(&house, &[], &not_in_slack, now());
    assert_eq!(
        gaps(&found),
        [(id.clone(), Gap::NotInSlack(person.clone(), "slack has deactivated U0A".to_owned()))]
    );

    // Nobody of that name is left at all.
    house.people.remove(&person);
    let found = find(&house, &[], &BTreeMap::new(), now());
    assert_eq!(gaps(&found), [(id, Gap::Unreachable(person))]);
}
