//! What the rules and people say about how bad it is.

use insta::assert_snapshot;

use super::super::Actor;
use super::super::command::Command;
use super::*;

#[test]
fn a_rise_pages_again_although_acked_and_opens_the_channel() {
    let mut night = Night::begins("Tue 10:00").shows(Shown::Ladder);
    night.fires("A", Severity::P3).until("10:05").acks("alice").until("10:10").so_far();
    night.fires("B", Severity::P2).until("10:26");
    assert_snapshot!(night.transcript(), @r"
    Tue 10:10 B fires
    Tue 10:10 P3 -> P2 by severity label
    Tue 10:10 page alice slack (round 2 step 1)
    Tue 10:10 open channel
    Tue 10:10 -> triggered
    Tue 10:25 ack target of 15 min missed
    Tue 10:25 escalated to round 2 step 2 [bob]: NoAnswer
    Tue 10:25 page bob slack (round 2 step 2)
    ");
    // The same or lower is only counted.
    night.acks("alice").so_far();
    night.fires("C", Severity::P2).fires("D", Severity::P4).until("11:30");
    assert_snapshot!(night.transcript(), @r"
    Tue 10:26 C fires
    Tue 10:26 D fires
    ");
}

#[test]
fn a_p4_that_rises_begins_a_ladder() {
    let mut night = Night::of(Severity::P4).shows(Shown::Ladder);
    night.until("03:10").fires("B", Severity::P1).until("03:26");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 -> triggered
    Tue 03:10 B fires
    Tue 03:10 P4 -> P1 by severity label
    Tue 03:10 page alice slack (round 1 step 1)
    Tue 03:10 page diana slack (round 1 step 1, commander)
    Tue 03:10 open channel
    Tue 03:15 ack target of 5 min missed
    Tue 03:25 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:25 page bob slack (round 1 step 2)
    ");
}

#[test]
fn a_rise_forgets_what_the_acker_was_asked() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice").until("03:05").fires("A", Severity::P2).until("03:10").so_far();
    night.fires("B", Severity::P1).until("03:24");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:10 B fires
    Tue 03:10 P2 -> P1 by severity label
    Tue 03:10 no longer page alice
    Tue 03:10 page alice slack (round 2 step 1)
    Tue 03:10 page diana slack (round 2 step 1, commander)
    Tue 03:10 -> triggered
    Tue 03:15 ack target of 5 min missed
    ");
}

#[test]
fn rules_rise_above_a_human_only_over_what_that_human_saw() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.sets("bob", Severity::P3).fires("B", Severity::P2);
    assert_eq!(night.incident().severity(), Severity::P3);
    night.so_far().fires("C", Severity::P1);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 C fires
    Tue 03:00 P3 -> P1 by severity label
    Tue 03:00 no longer page alice
    Tue 03:00 page alice slack (round 2 step 1)
    Tue 03:00 page diana slack (round 2 step 1, commander)
    ");
    // Worse than the rules, a human is not overtaken by what is less bad.
    let mut night = Night::of(Severity::P3).shows(Shown::Ladder);
    night.sets("bob", Severity::P1).so_far().fires("B", Severity::P2);
    assert_snapshot!(night.transcript(), @"Tue 03:00 B fires");
}

#[test]
fn lowering_to_what_pages_nobody_is_an_ack() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").sets("bob", Severity::P4).until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:05 P2 -> P4 by override
    Tue 03:05 acked by bob after 5 min
    Tue 03:05 no longer page alice
    Tue 03:05 -> acknowledged
    ");
    // It has no ladder then; a human who wants one raises it.
    night.escalates("bob").sets("bob", Severity::P2);
    assert_snapshot!(night.transcript(), @r"
    Tue 04:00 refused: INC-42 is P4: it has no escalation ladder
    Tue 04:00 P4 -> P2 by override
    Tue 04:00 page alice slack (round 2 step 1)
    Tue 04:00 -> triggered
    ");
}

#[test]
fn lowering_within_what_pages_goes_on_by_the_other_policy() {
    // P1 to P2: what was the third step of one is the third of the other.
    let mut night = Night::of(Severity::P1).shows(Shown::Ladder);
    night.until("03:16").sets("bob", Severity::P2).so_far().until("03:50");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:30 escalated to round 1 step 3 [diana]: NoAnswer
    Tue 03:30 page diana slack (round 1 step 3)
    Tue 03:45 escalated to round 1 step 4 [eve]: NoAnswer
    Tue 03:45 page eve slack (round 1 step 4)
    ");
    // P2 to P3: the next step does not exist there, and it is night.
    let mut night = Night::of(Severity::P2);
    night.until("03:16").sets("bob", Severity::P3).so_far().until("09:30");
    assert_snapshot!(night.transcript(), @r"
    Tue 09:00 escalated to round 2 step 1 [alice]: NoAnswer
    Tue 09:00 page alice slack (round 2 step 1)
    Tue 09:00 page bob webhook (round 1 step 2)
    Tue 09:00 shout: round 1 passed
    Tue 09:15 page alice webhook (round 2 step 1)
    Tue 09:30 page alice webhook again
    ");
}

#[test]
fn a_new_service_pages_its_own_schedule() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice").until("03:05").so_far();
    night.fires_for("B", Severity::P2, Some("index")).until("03:10").acks("zoe").until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:05 B fires
    Tue 03:05 page zoe slack (search, round 1 step 1)
    Tue 03:10 acked by zoe after 5 min
    Tue 03:10 proven by zoe
    ");
    // Two ladders stop with one acknowledgement.
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.fires_for("B", Severity::P2, Some("index")).until("03:05").acks("zoe").until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 B fires
    Tue 03:00 page zoe slack (search, round 1 step 1)
    Tue 03:05 acked by zoe after 5 min
    Tue 03:05 proven by zoe
    Tue 03:05 no longer page alice
    Tue 03:05 -> acknowledged
    ");
}

#[test]
fn a_new_service_of_a_schedule_that_is_in_it_already_tells_the_acker() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("ledger")).until("03:02").acks("charlie").until("03:05").so_far();
    night.fires_for("B", Severity::P2, Some("wallet")).fires_for("C", Severity::P2, Some("wallet"));
    assert_snapshot!(night.transcript(), @r"
    Tue 03:05 B fires
    Tue 03:05 page charlie slack (joined)
    Tue 03:05 C fires
    ");
    // The page that still waits for an answer tells of the next one too; the ladder stays where it is.
    night
        .until("03:07")
        .fires_for("D", Severity::P2, Some("mail"))
        .until("03:08")
        .acks("charlie")
        .until("04:30");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:07 D fires
    Tue 03:08 acked by charlie after 3 min
    Tue 03:08 proven by charlie
    ");
}

#[test]
fn services_that_join_soon_after_each_other_are_told_together() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("ledger")).acks("alice");
    night.until("03:05").fires_for("B", Severity::P2, Some("wallet")).until("03:06").acks("alice").so_far();
    night.until("03:07").fires_for("C", Severity::P2, Some("mail"));
    night.until("03:08").fires_for("D", Severity::P2, Some("cache")).until("03:30");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:07 C fires
    Tue 03:08 D fires
    Tue 03:10 page alice slack (joined)
    ");
    assert_eq!(night.incident().state.name(), "acknowledged", "she has it, answered or not");
    // What she answers before it leaves is not sent.
    night.acks("alice").until("03:31").fires_for("E", Severity::P2, Some("search-ui")).acks("alice");
    night.until("03:32").fires_for("F", Severity::P2, Some("batch")).acks("alice").so_far().until("05:00");
    assert_snapshot!(night.transcript(), @"");
}

#[test]
fn ladders_that_begin_soon_after_each_other_page_one_person_once() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.also_runs("crawl", "crawler", "zoe");
    night.fires_for("A", Severity::P2, Some("ledger")).acks("alice").until("03:01").so_far();
    night.fires_for("B", Severity::P2, Some("index"));
    night.until("03:02").fires_for("C", Severity::P2, Some("crawler")).until("03:07");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:01 B fires
    Tue 03:01 page zoe slack (search, round 1 step 1)
    Tue 03:02 C fires
    Tue 03:02 escalated to round 1 step 1 [zoe]: PagedAlready
    ");
}

#[test]
fn who_took_it_and_cannot_be_told_of_a_service_is_relieved() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("ledger"));
    night.does(Command::Acknowledge { by: Actor::Token("ci".to_owned()) }).until("03:05").so_far();
    night.fires_for("B", Severity::P2, Some("wallet"));
    assert_snapshot!(night.transcript(), @r"
    Tue 03:05 B fires
    Tue 03:05 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:05 page bob slack (round 1 step 2)
    Tue 03:05 -> triggered
    ");
}
