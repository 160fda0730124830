//! What the configuration no longer has while an incident is open: somebody is paged all the same.

use insta::assert_snapshot;

use super::super::command::{Command, WhileFiring};
use super::*;
use crate::domain::page::NotTaken;
use crate::domain::people::ContactMethod::Webhook;

#[test]
fn a_schedule_that_is_gone_is_replaced_by_the_default_one_and_said_once() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).so_far();
    night.loses("search").until("03:31");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:03 search is gone, platform instead
    Tue 03:03 escalated to round 1 step 1 [alice]: Handoff
    Tue 03:03 page alice slack (round 1 step 1)
    Tue 03:03 admins: schedule search is gone
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:30 escalated to round 1 step 3 [diana]: NoAnswer
    Tue 03:30 page diana slack (round 1 step 3)
    ");
}

#[test]
fn after_a_restart_nobody_waits_for_the_next_step_to_be_paged_by_the_schedule_that_is_left() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).waits(5).so_far();
    night.loses("search").does(Command::OnCallChanged);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:05 search is gone, platform instead
    Tue 03:05 escalated to round 1 step 1 [alice]: Handoff
    Tue 03:05 page alice slack (round 1 step 1)
    Tue 03:05 admins: schedule search is gone
    ");
}

#[test]
fn two_ladders_of_which_one_is_gone_are_one() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).fires_for("B", Severity::P2, Some("ledger")).so_far();
    night.loses("search").until("03:16");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:03 search is gone, platform instead
    Tue 03:03 admins: schedule search is gone
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    ");
}

#[test]
fn the_only_ladder_that_climbs_is_not_lost_in_one_that_was_acknowledged() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("ledger")).waits(1).acks("bob");
    night.waits(10).fires_for("B", Severity::P2, Some("index")).so_far();
    night.loses("search").until("03:28");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:14 search is gone, platform instead
    Tue 03:14 page alice slack (round 2 step 1)
    Tue 03:14 admins: schedule search is gone
    ");
}

#[test]
fn a_paused_ladder_of_a_schedule_that_is_gone_pages_when_the_alert_is_back() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).waits(5).resolves("A").so_far();
    night.loses("search").does(Command::OnCallChanged).waits(2).fires_for("A", Severity::P2, Some("index"));
    night.waits(0);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:05 search is gone, platform instead
    Tue 03:05 admins: schedule search is gone
    Tue 03:07 A is back (flap 1)
    Tue 03:07 -> triggered
    Tue 03:07 escalated to round 1 step 1 [alice]: Handoff
    Tue 03:07 page alice slack (round 1 step 1)
    ");
}

#[test]
fn an_acknowledgement_outlives_the_schedule() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).waits(1).acks("zoe").so_far();
    night.loses("search").does(Command::OnCallChanged).until("08:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:01 search is gone, platform instead
    Tue 03:01 admins: schedule search is gone
    ");
}

#[test]
fn what_opens_again_pages_by_the_schedule_that_is_left() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).ends("zoe", WhileFiring::Resolve).so_far();
    night.loses("search").waits(10).reopens("bob");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:10 reopened
    Tue 03:10 search is gone, platform instead
    Tue 03:10 page alice slack (round 2 step 1)
    Tue 03:10 admins: schedule search is gone
    Tue 03:10 -> triggered
    ");
}

#[test]
fn a_page_of_a_schedule_that_is_gone_which_nobody_takes_makes_the_ladder_climb() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).so_far();
    night.loses("search").house.schedules.get_mut(&"platform".into()).unwrap().rotation.people =
        vec!["bob".into(), "zoe".into()];
    night.does(Command::OnCallChanged).provider_refuses("zoe", Webhook);
    let (page, sent_at) = (Box::new(night.ledger[0].clone()), night.now);
    let error = "user_not_found".to_owned();
    night.does(Command::PageFailed { page, sent_at, fault: NotTaken::Refused, error });
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 search is gone, platform instead
    Tue 03:00 admins: schedule search is gone
    Tue 03:00 slack of zoe failed
    Tue 03:00 webhook of zoe failed
    Tue 03:00 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 03:00 page bob slack (round 1 step 2)
    Tue 03:00 admins: zoe cannot be reached
    ");
}

#[test]
fn a_page_of_a_schedule_that_is_gone_keeps_to_hours() {
    let mut night = Night::begins("Tue 17:59").shows(Shown::All);
    night.fires_for("A", Severity::P3, Some("index")).so_far();
    night.loses("search").until("Wed 09:01");
    assert_snapshot!(night.transcript(), @r"
    Tue 18:59 search is gone, platform instead
    Tue 18:59 admins: schedule search is gone
    Wed 09:00 escalated to round 2 step 1 [alice]: NoAnswer
    Wed 09:00 page alice slack (round 2 step 1)
    Wed 09:00 page zoe webhook (search, round 1 step 1)
    Wed 09:00 shout: round 1 passed
    ");
}

#[test]
fn a_commander_who_is_gone_leaves_the_role_to_those_who_hold_it() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires("A", Severity::P2);
    night.does(Command::Appoint { by: night::person("alice"), commander: "charlie".into() }).so_far();
    night.house.people.remove(&"charlie".into());
    night.until("03:31");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:30 escalated to round 1 step 3 [diana]: NoAnswer
    Tue 03:30 page diana slack (round 1 step 3)
    ");
}
