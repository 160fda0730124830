use super::*;
use crate::domain::incident::Actor;
use crate::domain::severity::Severity;
use crate::ids::IncidentId;
use crate::ports::tests::{acknowledged, at, monitoring, row, view};

fn item(id: i64, incident: Incident) -> Item {
    let mut page = row("alice", ContactMethod::Slack, 1, "08:00");
    page.incident = IncidentId(id);
    Item { incident: Incident { id: IncidentId(id), ..incident }, page }
}

fn ids(plan: &Plan) -> Vec<i64> {
    plan.now.iter().map(|item| item.incident.id.0).collect()
}

#[test]
fn what_still_fires_and_nobody_answered_goes_out_together() {
    let open = view().incident;
    let mut worse = item(5, open.clone());
    worse.incident.assessment.severity = Severity::P1;
    let mut older = item(6, open.clone());
    older.incident.opened_at = at("01:00");
    let mut answered = item(7, open.clone());
    answered.page.acked = Some(at("08:01"));
    let mut ended = item(8, open.clone());
    ended.page.superseded = Some(at("08:01"));
    let mut taken = item(9, open.clone());
    taken.page.accepted = Some(at("08:01"));
    let mut by_webhook = item(10, open.clone());
    by_webhook.page.method = ContactMethod::Webhook;
    let mut over = item(11, open.clone());
    over.incident.state = State::Closed { at: at("04:00"), by: Actor::Bot };
    let all = vec![item(4, open), worse, older, answered, ended, taken, by_webhook, over];
    let planned = plan(all.clone(), ContactMethod::Slack, 0);
    assert_eq!((ids(&planned), planned.waits), (vec![5, 6, 4], false));
    assert_eq!(ids(&plan(all, ContactMethod::Webhook, 0)), [10]);
}

#[test]
fn what_is_clear_waits_and_what_is_repeated_goes_out_again() {
    let clear = item(1, monitoring().incident);
    let planned = plan(vec![clear], ContactMethod::Slack, 0);
    assert_eq!((ids(&planned), planned.waits), (vec![], true));
    let mut again = item(2, acknowledged().incident);
    (again.page.accepted, again.page.repeats) = (Some(at("08:00")), 1);
    let mut not_again = again.clone();
    not_again.page.repeats = 0;
    assert_eq!(ids(&plan(vec![again, not_again], ContactMethod::Slack, 1)), [2]);
}
