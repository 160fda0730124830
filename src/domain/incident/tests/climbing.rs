//! The ladder: who is woken when, by what, and what stops it.

use insta::assert_snapshot;

use super::super::command::Command;
use super::super::{Phase, next};
use super::*;
use crate::domain::on_call::Override;
use crate::domain::page::NotTaken;
use crate::domain::people::ContactMethod::{Slack, Webhook};

fn ladder(severity: Severity) -> Night {
    Night::of(severity).shows(Shown::Ladder)
}

#[test]
fn p2_climbs_from_primary_to_management_and_again() {
    assert_snapshot!(ladder(Severity::P2).until("05:30").transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:30 escalated to round 1 step 3 [diana]: NoAnswer
    Tue 03:30 page diana slack (round 1 step 3)
    Tue 03:45 escalated to round 1 step 4 [eve]: NoAnswer
    Tue 03:45 page eve slack (round 1 step 4)
    Tue 04:00 escalated to round 2 step 1 [alice]: NoAnswer
    Tue 04:00 page alice slack (round 2 step 1)
    Tue 04:00 shout: round 1 passed
    Tue 04:15 escalated to round 2 step 2 [bob]: NoAnswer
    Tue 04:15 page bob slack (round 2 step 2)
    Tue 04:30 escalated to round 2 step 3 [diana]: NoAnswer
    Tue 04:30 page diana slack (round 2 step 3)
    Tue 04:45 escalated to round 2 step 4 [eve]: NoAnswer
    Tue 04:45 page eve slack (round 2 step 4)
    Tue 05:00 escalated to round 3 step 1 [alice]: NoAnswer
    Tue 05:00 page alice slack (round 3 step 1)
    Tue 05:00 shout: round 2 passed
    Tue 05:30 escalated to round 3 step 2 [bob]: NoAnswer
    Tue 05:30 page bob slack (round 3 step 2)
    ");
}

#[test]
fn p1_wakes_primary_and_commander_at_once() {
    assert_snapshot!(ladder(Severity::P1).until("03:50").transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 page diana slack (round 1 step 1, commander)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:05 ack target of 5 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:30 escalated to round 1 step 3 [eve]: NoAnswer
    Tue 03:30 page eve slack (round 1 step 3)
    Tue 03:45 escalated to round 2 step 1 [alice, diana]: NoAnswer
    Tue 03:45 page alice slack (round 2 step 1)
    Tue 03:45 page diana slack (round 2 step 1, commander)
    Tue 03:45 shout: round 1 passed
    ");
}

#[test]
fn from_the_third_round_waits_double_up_to_an_hour() {
    let mut night = ladder(Severity::P1);
    let mut waits = vec![];
    for _ in 0..15 {
        let Phase::Climbing { due } = night.incident().ladders[0].phase else { panic!("not climbing") };
        waits.push((due - night.now).num_minutes());
        night.until_instant(due);
    }
    assert_eq!(waits, [15, 15, 15, 15, 15, 15, 30, 30, 30, 60, 60, 60, 60, 60, 60]);
}

#[test]
fn p3_waits_for_monday() {
    let mut night = Night::begins("Fri 22:00");
    night.fires("A", Severity::P3).until("Mon 11:30");
    assert_snapshot!(night.transcript(), @r"
    Fri 22:00 A fires
    Fri 22:00 -> triggered
    Mon 09:00 page bob slack (round 1 step 1)
    Mon 09:15 page bob webhook (round 1 step 1)
    Mon 09:30 page bob webhook again
    Mon 09:45 page bob webhook again
    Mon 10:00 ack target of 60 min missed
    Mon 10:00 escalated to round 2 step 1 [bob]: NoAnswer
    Mon 10:00 page bob slack (round 2 step 1)
    Mon 10:00 shout: round 1 passed
    Mon 10:15 page bob webhook (round 2 step 1)
    Mon 10:30 page bob webhook again
    Mon 10:45 page bob webhook again
    Mon 11:00 escalated to round 3 step 1 [bob]: NoAnswer
    Mon 11:00 page bob slack (round 3 step 1)
    Mon 11:00 shout: round 2 passed
    Mon 11:15 page bob webhook (round 3 step 1)
    Mon 11:30 page bob webhook again
    ");
}

#[test]
fn the_ack_target_of_a_p3_runs_only_while_it_is_open() {
    let due = |night: &Night| night.incident().ack_due.unwrap();
    for (opened, missed) in [
        ("Tue 10:00", "Tue 11:00"),
        ("Tue 17:00", "Tue 18:00"),
        ("Tue 17:30", "Wed 09:30"),
        ("Tue 20:00", "Wed 10:00"),
        ("Thu 17:59", "Fri 09:59"),
    ] {
        let mut night = Night::begins(opened);
        assert_eq!(due(night.fires("A", Severity::P3)), Night::begins(missed).now, "{opened}");
    }
    // While it is clear the target stands still; half of it was left.
    let mut night = Night::begins("Tue 17:00");
    night.fires("A", Severity::P3).until("17:30").resolves("A").until("17:35").fires("A", Severity::P3);
    assert_eq!(due(&night), Night::begins("Wed 09:05").now);
    // What pages at any hour has no hours.
    let mut night = Night::begins("Tue 17:50");
    assert_eq!(due(night.fires("A", Severity::P2)), Night::begins("Tue 18:05").now);
}

#[test]
fn p3_pauses_at_closing() {
    let mut night = Night::begins("Tue 17:40");
    night.fires("A", Severity::P3).until("Wed 11:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 17:40 A fires
    Tue 17:40 page alice slack (round 1 step 1)
    Tue 17:40 -> triggered
    Tue 17:55 page alice webhook (round 1 step 1)
    Wed 09:00 escalated to round 2 step 1 [alice]: NoAnswer
    Wed 09:00 page alice slack (round 2 step 1)
    Wed 09:00 shout: round 1 passed
    Wed 09:15 page alice webhook (round 2 step 1)
    Wed 09:30 page alice webhook again
    Wed 09:40 ack target of 60 min missed
    Wed 09:45 page alice webhook again
    Wed 10:00 escalated to round 3 step 1 [alice]: NoAnswer
    Wed 10:00 page alice slack (round 3 step 1)
    Wed 10:00 shout: round 2 passed
    Wed 10:15 page alice webhook (round 3 step 1)
    Wed 10:30 page alice webhook again
    Wed 10:45 page alice webhook again
    Wed 11:00 escalated to round 4 step 1 [alice]: NoAnswer
    Wed 11:00 page alice slack (round 4 step 1)
    Wed 11:00 shout: round 3 passed
    ");
}

#[test]
fn p4_pages_nobody() {
    let mut night = Night::of(Severity::P4);
    assert_snapshot!(night.until("Fri 03:00").transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 -> triggered
    ");
    assert_snapshot!(night.escalates("bob").transcript(), @"Fri 03:00 refused: INC-42 is P4: it has no escalation ladder");
}

#[test]
fn a_page_walks_the_methods_then_repeats_the_last_until_the_next_step() {
    assert_snapshot!(Night::of(Severity::P1).until("03:16").transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 page diana slack (round 1 step 1, commander)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:01 page alice webhook (round 1 step 1)
    Tue 03:01 page diana webhook (round 1 step 1, commander)
    Tue 03:02 page alice webhook again
    Tue 03:02 page diana webhook again
    Tue 03:03 page alice webhook again
    Tue 03:03 page diana webhook again
    Tue 03:04 page alice webhook again
    Tue 03:04 page diana webhook again
    Tue 03:05 ack target of 5 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:16 page bob webhook (round 1 step 2)
    ");
    assert_snapshot!(Night::of(Severity::P2).until("03:20").transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:03 page alice webhook (round 1 step 1)
    Tue 03:06 page alice webhook again
    Tue 03:09 page alice webhook again
    Tue 03:12 page alice webhook again
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:18 page bob webhook (round 1 step 2)
    ");
}

#[test]
fn what_a_provider_refuses_goes_by_the_next_method_at_once() {
    let mut night = Night::begins("Tue 03:00");
    night.provider_refuses("alice", Slack).fires("A", Severity::P2).until("03:16");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 slack of alice failed
    Tue 03:00 page alice webhook (round 1 step 1)
    Tue 03:03 page alice webhook again
    Tue 03:06 page alice webhook again
    Tue 03:09 page alice webhook again
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    ");
}

#[test]
fn a_step_that_reaches_nobody_gives_way_at_once_but_a_round_waits() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    for name in ["alice", "bob", "diana", "eve"] {
        night.provider_refuses(name, Slack).provider_refuses(name, Webhook);
    }
    night.fires("A", Severity::P2).until("03:15");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 slack of alice failed
    Tue 03:00 webhook of alice failed
    Tue 03:00 escalated to round 1 step 2 [bob]: NotDelivered
    Tue 03:00 page bob slack (round 1 step 2)
    Tue 03:00 admins: alice cannot be reached
    Tue 03:00 slack of bob failed
    Tue 03:00 webhook of bob failed
    Tue 03:00 escalated to round 1 step 3 [diana]: NotDelivered
    Tue 03:00 page diana slack (round 1 step 3)
    Tue 03:00 admins: bob cannot be reached
    Tue 03:00 slack of diana failed
    Tue 03:00 webhook of diana failed
    Tue 03:00 escalated to round 1 step 4 [eve]: NotDelivered
    Tue 03:00 page eve slack (round 1 step 4)
    Tue 03:00 admins: diana cannot be reached
    Tue 03:00 slack of eve failed
    Tue 03:00 webhook of eve failed
    Tue 03:00 admins: eve cannot be reached
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 2 step 1 [alice]: NoAnswer
    Tue 03:15 page alice slack (round 2 step 1)
    Tue 03:15 shout: round 1 passed
    Tue 03:15 slack of alice failed
    Tue 03:15 webhook of alice failed
    Tue 03:15 escalated to round 2 step 2 [bob]: NotDelivered
    Tue 03:15 page bob slack (round 2 step 2)
    Tue 03:15 admins: alice cannot be reached
    Tue 03:15 slack of bob failed
    Tue 03:15 webhook of bob failed
    Tue 03:15 escalated to round 2 step 3 [diana]: NotDelivered
    Tue 03:15 page diana slack (round 2 step 3)
    Tue 03:15 admins: bob cannot be reached
    Tue 03:15 slack of diana failed
    Tue 03:15 webhook of diana failed
    Tue 03:15 escalated to round 2 step 4 [eve]: NotDelivered
    Tue 03:15 page eve slack (round 2 step 4)
    Tue 03:15 admins: diana cannot be reached
    Tue 03:15 slack of eve failed
    Tue 03:15 webhook of eve failed
    Tue 03:15 admins: eve cannot be reached
    ");
}

#[test]
fn one_of_two_reached_is_enough_to_wait() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.provider_refuses("alice", Slack).provider_refuses("alice", Webhook);
    night.fires("A", Severity::P1).until("03:14");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 page diana slack (round 1 step 1, commander)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 slack of alice failed
    Tue 03:00 webhook of alice failed
    Tue 03:00 admins: alice cannot be reached
    Tue 03:05 ack target of 5 min missed
    ");
}

#[test]
fn who_was_reached_once_is_not_unreachable() {
    let mut night = Night::of(Severity::P2);
    night.provider_refuses("alice", Webhook).provider_accepts().until("03:14");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:03 page alice webhook (round 1 step 1)
    Tue 03:03 webhook of alice failed
    Tue 03:06 page alice webhook again
    Tue 03:09 page alice webhook again
    Tue 03:12 page alice webhook again
    ");
}

#[test]
fn a_step_without_anybody_is_passed_over_and_said() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.house.people.get_mut(&"bob".into()).unwrap().contact.clear();
    night.house.people.get_mut(&"diana".into()).unwrap().contact.clear();
    night.fires("A", Severity::P2).until("03:20");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 []: NoAnswer
    Tue 03:15 escalated to round 1 step 3 []: Nobody
    Tue 03:15 escalated to round 1 step 4 [eve]: Nobody
    Tue 03:15 page eve slack (round 1 step 4)
    Tue 03:15 admins: nobody to page, default step 2
    Tue 03:15 admins: nobody to page, default step 3
    ");
}

#[test]
fn a_house_without_anybody_is_told_once_a_round() {
    let mut night = Night::begins("Tue 03:00");
    for person in night.house.people.values_mut() {
        person.contact.clear();
    }
    night.fires("A", Severity::P2).until("03:15");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 escalated to round 1 step 2 []: Nobody
    Tue 03:00 escalated to round 1 step 3 []: Nobody
    Tue 03:00 escalated to round 1 step 4 []: Nobody
    Tue 03:00 admins: nobody to page, default step 1
    Tue 03:00 admins: nobody to page, default step 2
    Tue 03:00 admins: nobody to page, default step 3
    Tue 03:00 admins: nobody to page, default step 4
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 2 step 1 []: NoAnswer
    Tue 03:15 escalated to round 2 step 2 []: Nobody
    Tue 03:15 escalated to round 2 step 3 []: Nobody
    Tue 03:15 escalated to round 2 step 4 []: Nobody
    Tue 03:15 shout: round 1 passed
    Tue 03:15 admins: nobody to page, default step 1
    Tue 03:15 admins: nobody to page, default step 2
    Tue 03:15 admins: nobody to page, default step 3
    Tue 03:15 admins: nobody to page, default step 4
    ");
}

#[test]
fn a_policy_that_means_nobody_is_said_every_hour() {
    let mut night = Night::begins("Tue 03:00");
    night.house.roles.clear();
    let policy = night.house.policies.get_mut(&"default".into()).unwrap();
    policy.steps.retain(|step| step.page[0] == crate::domain::escalation::Target::Role("management".into()));
    night.fires("A", Severity::P2).until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 admins: nobody to page, default step 1
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:15 ack target of 15 min missed
    Tue 04:00 admins: nobody to page, default step 1
    ");
}

#[test]
fn after_downtime_the_overdue_step_fires_and_later_ones_keep_their_waits() {
    let mut night = ladder(Severity::P2);
    night.sleeps_until("04:10").until("04:30");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 04:10 ack target of 15 min missed
    Tue 04:10 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 04:10 page bob slack (round 1 step 2)
    Tue 04:25 escalated to round 1 step 3 [diana]: NoAnswer
    Tue 04:25 page diana slack (round 1 step 3)
    ");
}

#[test]
fn what_a_page_promises_is_what_happens() {
    let mut night = ladder(Severity::P2);
    let promise = |night: &Night| {
        let next = next(night.incident(), &night.facts()).unwrap();
        let people: Vec<_> = next.people.iter().map(|person| person.as_str().to_owned()).collect();
        format!("{} {}", next.at.with_timezone(&house::ZONE).format("%a %H:%M"), people.join(", "))
    };
    assert_eq!(promise(&night), "Tue 03:15 bob");
    // Whoever cannot be paged is not promised.
    night.house.people.get_mut(&"bob".into()).unwrap().contact.clear();
    assert_eq!(promise(&night), "Tue 03:15 diana");
    // And what is due after closing comes at the next opening.
    let mut night = Night::begins("Tue 17:40");
    night.fires("A", Severity::P3);
    assert_eq!(promise(&night), "Wed 09:00 alice");
}

#[test]
fn at_a_handoff_the_new_primary_is_paged_and_the_step_keeps_its_wait() {
    let mut night = Night::begins("Mon 08:50").shows(Shown::Ladder);
    night.fires("A", Severity::P2).until("09:10");
    assert_snapshot!(night.transcript(), @r"
    Mon 08:50 A fires
    Mon 08:50 page eve slack (round 1 step 1)
    Mon 08:50 open channel
    Mon 08:50 -> triggered
    Mon 09:00 escalated to round 1 step 1 [alice]: Handoff
    Mon 09:00 page alice slack (round 1 step 1)
    Mon 09:05 ack target of 15 min missed
    Mon 09:05 escalated to round 1 step 2 [bob]: NoAnswer
    Mon 09:05 page bob slack (round 1 step 2)
    ");
    // Whoever has it keeps it.
    let mut night = Night::begins("Mon 08:50").shows(Shown::Ladder);
    night.fires("A", Severity::P2).acks("eve").until("09:30");
    assert_snapshot!(night.transcript(), @r"
    Mon 08:50 A fires
    Mon 08:50 page eve slack (round 1 step 1)
    Mon 08:50 open channel
    Mon 08:50 -> triggered
    Mon 08:50 acked by eve after 0 min
    Mon 08:50 proven by eve
    Mon 08:50 -> acknowledged
    ");
    // At opening, the round that waited for it has paged the new primary already.
    let mut night = Night::begins("Fri 17:50");
    night.fires("A", Severity::P3).so_far().until("Mon 09:05");
    assert_snapshot!(night.transcript(), @r"
    Mon 09:00 escalated to round 2 step 1 [bob]: NoAnswer
    Mon 09:00 page bob slack (round 2 step 1)
    Mon 09:00 page alice webhook (round 1 step 1)
    Mon 09:00 shout: round 1 passed
    ");
}

#[test]
fn an_override_that_begins_during_the_climb_counts_as_a_handoff() {
    let mut night = Night::begins("Tue 02:55").shows(Shown::Ladder);
    let (from, to) = (night.now + chrono::Duration::minutes(10), night.now + chrono::Duration::hours(8));
    night.overrides.push(Override { schedule: "platform".into(), person: "charlie".into(), from, to });
    night.fires("A", Severity::P2).until("03:11");
    assert_snapshot!(night.transcript(), @r"
    Tue 02:55 A fires
    Tue 02:55 page alice slack (round 1 step 1)
    Tue 02:55 open channel
    Tue 02:55 -> triggered
    Tue 03:05 escalated to round 1 step 1 [charlie]: Handoff
    Tue 03:05 page charlie slack (round 1 step 1)
    Tue 03:10 ack target of 15 min missed
    Tue 03:10 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:10 page bob slack (round 1 step 2)
    ");
}

#[test]
fn what_a_provider_says_after_the_page_ended_is_told_too() {
    let mut night = Night::of(Severity::P2);
    let page = Box::new(night.ledger[0].clone());
    night.acks("bob").so_far();
    let error = "no answer".to_owned();
    night.does(Command::PageFailed {
        page: page.clone(),
        sent_at: night.now,
        fault: NotTaken::Passing,
        error: error.clone(),
    });
    let failed = Box::new(night.ledger[0].clone());
    night.does(Command::PageFailed {
        page: failed.clone(),
        sent_at: night.now,
        fault: NotTaken::Passing,
        error,
    });
    night.does(Command::PageAccepted { page: failed, sent_at: night.now, provider_id: None });
    let kinds: Vec<&str> = night.timeline.iter().map(|entry| entry.what.kind()).collect();
    let (_, told) = kinds.split_at(kinds.len() - 4);
    assert_eq!(told, ["page_sent", "page_failed", "page_sent", "page_accepted"]);
}
