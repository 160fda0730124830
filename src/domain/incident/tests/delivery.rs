//! What becomes of the ladder while no provider takes a page.

use insta::assert_snapshot;

use super::super::Actor;
use super::super::command::Command;
use super::*;
use crate::domain::page::{NotArrived, NotTaken};
use crate::domain::people::ContactMethod::{self, Slack, Webhook};

/// Alice has Slack and nothing else.
fn slack_only(fault: NotTaken) -> Night {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.house.people.get_mut(&"alice".into()).unwrap().contact = vec![Slack];
    night.provider_does_not_take("alice", Slack, fault).fires("A", Severity::P2);
    night
}

#[test]
fn what_passes_is_waited_for_a_while_and_then_the_ladder_climbs() {
    let told = |fault| slack_only(fault).so_far().until("03:02").transcript();
    assert_eq!(told(NotTaken::Held), told(NotTaken::Passing));
    assert!(slack_only(NotTaken::Held).so_far().until("03:01").transcript().is_empty());
    assert_snapshot!(told(NotTaken::Passing), @r"
    Tue 03:01 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 03:01 page bob slack (round 1 step 2)
    Tue 03:01 admins: alice cannot be reached
    ");
}

#[test]
fn what_is_taken_meanwhile_waits_for_an_answer() {
    let mut night = slack_only(NotTaken::Passing);
    night.until("03:01").provider_accepts().so_far().until("03:14");
    assert_snapshot!(night.transcript(), @"");
}

#[test]
fn what_is_refused_for_good_is_not_waited_for() {
    let mut night = slack_only(NotTaken::Refused);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 slack of alice failed
    Tue 03:00 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 03:00 page bob slack (round 1 step 2)
    Tue 03:00 admins: alice cannot be reached
    ");
}

#[test]
fn whoever_has_another_way_is_woken_by_it_at_once() {
    for fault in [NotTaken::Held, NotTaken::Passing, NotTaken::Refused] {
        let mut night = Night::begins("Tue 03:00");
        night.provider_does_not_take("alice", Slack, fault).fires("A", Severity::P2);
        let told = night.transcript();
        assert!(told.contains("Tue 03:00 page alice webhook"), "{told}");
        assert_eq!(told.contains("slack of alice failed"), fault != NotTaken::Held, "{told}");
        night.provider_accepts().until("03:14");
        assert!(!night.transcript().contains("escalated"), "she was woken");
    }
}

#[test]
fn the_wait_for_a_provider_stands_still_while_the_alerts_are_clear() {
    let mut night = slack_only(NotTaken::Passing);
    night.until("03:01").resolves("A").until("03:06").fires("A", Severity::P2).so_far().until("03:07");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:06 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 03:06 page bob slack (round 1 step 2)
    Tue 03:06 admins: alice cannot be reached
    ");
}

#[test]
fn everything_refused_at_last_is_not_waited_for_either() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.provider_does_not_take("alice", Slack, NotTaken::Passing);
    night.provider_refuses("alice", Webhook).fires("A", Severity::P2).so_far();
    let page = Box::new(night.ledger[0].clone());
    let (sent_at, error) = (night.now, "the user is gone".to_owned());
    night.does(Command::PageFailed { page, sent_at, fault: NotTaken::Refused, error });
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 03:00 page bob slack (round 1 step 2)
    Tue 03:00 admins: alice cannot be reached
    ");
}

#[test]
fn the_wait_for_a_provider_stands_still_while_all_that_fires_is_silenced() {
    let mut night = slack_only(NotTaken::Passing);
    night.hears_silenced(1, 60).so_far().until("03:59");
    assert_snapshot!(night.transcript(), @"");
    assert_snapshot!(night.so_far().until("04:02").transcript(), @r"
    Tue 04:00 not all is silenced any more
    Tue 04:01 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 04:01 page bob slack (round 1 step 2)
    Tue 04:01 admins: alice cannot be reached
    ");
}

#[test]
fn a_page_that_was_asked_for_is_given_up_while_all_that_fires_is_silenced() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.house.people.get_mut(&"zoe".into()).unwrap().contact = vec![Slack];
    night.fires("A", Severity::P2).provider_accepts().hears_silenced(1, 60);
    night.provider_does_not_take("zoe", Slack, NotTaken::Passing).asks_for("alice", "zoe");
    assert_snapshot!(night.so_far().until("03:10").transcript(), @"Tue 03:01 admins: zoe cannot be reached");
}

fn lost(night: &mut Night, method: ContactMethod, fault: NotArrived) {
    let page = night.ledger.iter().find(|page| page.method == method).unwrap().clone();
    night.does(Command::PageLost { page: Box::new(page), fault, error: "nobody answered".to_owned() });
}

#[test]
fn what_was_taken_and_never_arrived_is_followed_at_once() {
    let mut night = Night::begins("Tue 03:00");
    night.fires("A", Severity::P2).provider_accepts().so_far();
    lost(&mut night, Slack, NotArrived::Unreachable);
    lost(&mut night, Slack, NotArrived::Unreachable);
    let told = night.so_far().transcript().matches("page alice webhook").count();
    assert_eq!(told, 0, "the latest method is another one by now");
    let of_alice = night.ledger.iter().filter(|page| page.person.as_str() == "alice");
    assert_eq!(of_alice.count(), 2, "once for each method");
    assert!(night.incident().wake_at() > Some(night.now), "the next repeat comes in its time");
}

#[test]
fn what_never_arrived_by_the_last_method_repeats_in_its_time_and_wakes_nobody_else() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires("A", Severity::P2).until("03:04").provider_accepts().so_far();
    lost(&mut night, Webhook, NotArrived::Unanswered);
    assert!(!night.transcript().contains("escalated"), "{}", night.transcript());
    assert!(night.incident().wake_at() > Some(night.now));
    let before = night.ledger.len();
    night.does(Command::Acknowledge { by: Actor::Person("alice".into()) });
    lost(&mut night, Webhook, NotArrived::Unanswered);
    assert_eq!(night.ledger.len(), before, "nobody is woken for what is acknowledged");
}

#[test]
fn whoever_nothing_can_reach_is_not_waited_for() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires("A", Severity::P2).provider_accepts().so_far();
    lost(&mut night, Slack, NotArrived::Unreachable);
    lost(&mut night, Webhook, NotArrived::Unanswered);
    assert!(!night.transcript().contains("escalated"), "the telephone rings, and may wake her yet");
    lost(&mut night, Webhook, NotArrived::Unreachable);
    lost(&mut night, Webhook, NotArrived::Unreachable);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 webhook of alice failed
    Tue 03:00 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 03:00 page bob slack (round 1 step 2)
    Tue 03:00 admins: alice cannot be reached
    Tue 03:00 webhook of alice failed
    ");
}
