//! What people do: take it, pass it on, end it.

use insta::assert_snapshot;

use super::super::command::{Command, WhileFiring};
use super::super::{Channel, Message, Refusal};
use super::*;

#[test]
fn an_ack_stops_everything_at_once() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:20").acks("bob").until("06:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:20 acked by bob after 20 min
    Tue 03:20 proven by bob
    Tue 03:20 no longer page alice
    Tue 03:20 -> acknowledged
    ");
    // Once more, by whomever, changes nothing.
    for name in ["bob", "alice"] {
        let by = night::person(name);
        let again = night.tries(Command::Acknowledge { by }).unwrap();
        assert_eq!(again.next, *night.incident());
        assert!(again.entries.is_empty() && again.pages.is_empty() && again.effects.is_empty(), "{again:#?}");
    }
}

#[test]
fn the_commander_of_a_p1_answers_for_themselves() {
    let mut night = Night::of(Severity::P1);
    night.acks("alice").until("03:02").acks("bob").acks("diana").until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 page diana slack (round 1 step 1, commander)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:01 page diana webhook (round 1 step 1, commander)
    Tue 03:02 page diana webhook again
    Tue 03:02 acked by diana after 2 min
    Tue 03:02 proven by diana
    ");
}

#[test]
fn a_page_that_a_human_asked_for_survives_the_ack_of_another() {
    let mut night = Night::of(Severity::P2);
    night.asks_for("alice", "charlie").acks("alice").until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 asked for charlie
    Tue 03:00 page charlie slack (asked)
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:03 page charlie webhook (asked)
    Tue 03:06 page charlie webhook again
    Tue 03:09 page charlie webhook again
    Tue 03:12 page charlie webhook again
    ");
    night.asks_for("alice", "nobody");
    night.house.people.get_mut(&"eve".into()).unwrap().contact.clear();
    night.asks_for("alice", "eve");
    assert_snapshot!(night.transcript(), @r"
    Tue 04:00 refused: nobody cannot be paged: no contact method that works is configured
    Tue 04:00 refused: eve cannot be paged: no contact method that works is configured
    ");
}

#[test]
fn escalating_gives_the_ack_back_and_goes_on_with_the_next_step() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice").until("03:10").escalates("alice").until("03:30");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:10 escalated to round 1 step 2 [bob]: Asked
    Tue 03:10 page bob slack (round 1 step 2)
    Tue 03:10 -> triggered
    Tue 03:25 ack target of 15 min missed
    Tue 03:25 escalated to round 1 step 3 [diana]: NoAnswer
    Tue 03:25 page diana slack (round 1 step 3)
    ");
    // Unacknowledged, it is only sooner: the target is that of the beginning.
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").escalates("alice").until("03:19").acks("bob");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:05 escalated to round 1 step 2 [bob]: Asked
    Tue 03:05 page bob slack (round 1 step 2)
    Tue 03:15 ack target of 15 min missed
    Tue 03:19 acked by bob after 19 min
    Tue 03:19 proven by bob
    Tue 03:19 no longer page alice
    Tue 03:19 -> acknowledged
    ");
}

#[test]
fn escalating_a_p3_at_night_pages_at_night() {
    let mut night = Night::begins("Fri 22:00");
    night.fires("A", Severity::P3).escalates("bob").until("Mon 09:00");
    assert_snapshot!(night.transcript(), @r"
    Fri 22:00 A fires
    Fri 22:00 -> triggered
    Fri 22:00 escalated to round 1 step 1 [alice]: Asked
    Fri 22:00 page alice slack (round 1 step 1)
    Fri 22:15 page alice webhook (round 1 step 1)
    Fri 22:30 page alice webhook again
    Fri 22:45 page alice webhook again
    Fri 23:00 page alice webhook again
    Mon 09:00 escalated to round 2 step 1 [bob]: NoAnswer
    Mon 09:00 page bob slack (round 2 step 1)
    Mon 09:00 shout: round 1 passed
    ");
}

#[test]
fn resolving_while_alerts_fire_asks() {
    let mut night = Night::of(Severity::P2);
    night.until("03:01").ends("alice", WhileFiring::Ask).ends("alice", WhileFiring::Resolve);
    night.so_far();
    // The end stands, and so does the firing that it ended.
    let epoch = night.incident().epoch;
    night
        .acks("bob")
        .escalates("bob")
        .keeps_open("bob")
        .sets("bob", Severity::P1)
        .ends("bob", WhileFiring::Resolve);
    let (reports, n_truncated) = night.delivery.clone().unwrap();
    night.delivers(reports, n_truncated).until("04:00");
    assert_eq!(night.incident().epoch, epoch);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:01 refused: INC-42 ended at 2026-11-17T02:01:00Z
    Tue 03:01 refused: INC-42 ended at 2026-11-17T02:01:00Z
    Tue 03:01 refused: INC-42 ended at 2026-11-17T02:01:00Z
    Tue 03:01 refused: INC-42 ended at 2026-11-17T02:01:00Z
    Tue 03:01 refused: INC-42 ended at 2026-11-17T02:01:00Z
    ");
}

#[test]
fn reopening_begins_new_rounds() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:16").reopens("bob").ends("bob", WhileFiring::Resolve).until("03:20").reopens("bob");
    night.acks("bob").ends("bob", WhileFiring::Resolve).reopens("bob").ends("bob", WhileFiring::Resolve);
    night.reopens("bob").until("03:40");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:15 ack target of 15 min missed
    Tue 03:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:15 page bob slack (round 1 step 2)
    Tue 03:16 refused: INC-42 is open already
    Tue 03:16 resolved by bob, 1 still firing
    Tue 03:16 proven by bob
    Tue 03:16 no longer page alice
    Tue 03:16 draft post-mortem
    Tue 03:16 -> resolved
    Tue 03:20 reopened
    Tue 03:20 page alice slack (round 2 step 1)
    Tue 03:20 -> triggered
    Tue 03:20 acked by bob after 0 min
    Tue 03:20 no longer page alice
    Tue 03:20 -> acknowledged
    Tue 03:20 resolved by bob, 1 still firing
    Tue 03:20 draft post-mortem
    Tue 03:20 -> resolved
    Tue 03:20 reopened
    Tue 03:20 page alice slack (round 3 step 1)
    Tue 03:20 -> triggered
    Tue 03:20 resolved by bob, 1 still firing
    Tue 03:20 no longer page alice
    Tue 03:20 draft post-mortem
    Tue 03:20 -> resolved
    Tue 03:20 reopened
    Tue 03:20 page alice slack (round 4 step 1)
    Tue 03:20 -> triggered
    Tue 03:35 ack target of 15 min missed
    Tue 03:35 escalated to round 4 step 2 [bob]: NoAnswer
    Tue 03:35 page bob slack (round 4 step 2)
    ");
}

#[test]
fn who_saw_another_severity_has_said_nothing_about_this_one() {
    let mut night = Night::of(Severity::P3);
    night.fires("ServiceDown", Severity::P1);
    let says = |to, saw| Command::SetSeverity { by: night::person("bob"), to, reason: None, saw: Some(saw) };
    for to in [Severity::P2, Severity::P3, Severity::P4] {
        let refused = night.tries(says(to, Severity::P3)).unwrap_err();
        assert!(matches!(refused, Refusal::SeverityMoved { saw: Severity::P3, .. }), "{to}: {refused}");
    }
    assert_eq!(night.tries(says(Severity::P1, Severity::P3)).unwrap().entries.len(), 0, "so it is already");
    night.does(says(Severity::P2, Severity::P1));
    assert_eq!(night.incident().severity(), Severity::P2);
}

#[test]
fn what_is_reported_twice_changes_nothing() {
    let mut night = Night::of(Severity::P2);
    let channel = Channel { id: "C1".into(), name: "inc-20261117-ledger-down".to_owned() };
    let message = Message { channel: "C1".into(), ts: "1.2".into() };
    for command in [
        Command::ChannelOpened { channel },
        Command::CardPosted { message: message.clone() },
        Command::Announced { message, called: false },
        Command::KeepOpen { by: night::person("alice") },
        Command::WantChannel { by: night::person("alice") },
        Command::SetSeverity { by: night::person("alice"), to: Severity::P2, reason: None, saw: None },
        Command::SetSeverity { by: night::person("alice"), to: Severity::P3, reason: None, saw: None },
    ] {
        night.does(command.clone());
        let again = night.tries(command.clone()).unwrap();
        assert_eq!(again.next, *night.incident(), "{command:?}");
        assert!(again.entries.is_empty() && again.effects.is_empty(), "{command:?}: {again:#?}");
    }
}
