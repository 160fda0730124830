use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Gap, Hole, find};
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
    let schedule = house.schedules.values_mut().next().expect("there is one");
    let id = schedule.id.to_string();
    let person = schedule.rotation.people[0].clone();
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
