//! Silences: nobody is woken while all that fires is silenced, and everything goes on where it stood.

use insta::assert_snapshot;

use super::super::command::{Command, WhileFiring};
use super::night::{alert, person};
use super::*;

#[test]
fn the_ladder_stands_still_while_all_is_silenced_and_keeps_its_wait() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").hears_silenced(1, 60).until("04:20");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:05 all is silenced
    Tue 04:05 not all is silenced any more
    Tue 04:15 ack target of 15 min missed
    Tue 04:15 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 04:15 page bob slack (round 1 step 2)
    ");
}

#[test]
fn a_poll_that_says_otherwise_moves_the_end() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").hears_silenced(1, 60).until("03:30").hears_silenced(1, 300).until("05:00");
    assert!(night.incident().muted().is_some());
    night.hears_silenced(0, 0);
    assert!(night.incident().muted().is_none());
    assert!(!night.incident().stands_still());
}

#[test]
fn part_of_it_is_not_all_of_it() {
    let mut night = Night::of(Severity::P2);
    night.fires("B", Severity::P2).hears_silenced(1, 60);
    assert!(night.incident().muted().is_none());
    night.resolves("B");
    assert!(night.incident().muted().is_some(), "what is left is silenced");
    night.fires("C", Severity::P2);
    assert!(night.incident().muted().is_none(), "what joins is heard");
}

#[test]
fn whatever_is_told_of_again_is_not_silenced() {
    let mut night = Night::of(Severity::P2);
    night.until("03:05").hears_silenced(1, 60).until("03:20").fires("A", Severity::P2);
    assert!(night.incident().muted().is_none());
}

#[test]
fn a_silence_is_no_ack_and_an_ack_may_come_meanwhile() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").silences("alice", 60);
    assert_eq!(night.incident().state.name(), "triggered");
    night.until("03:10").acks("bob").until("06:00");
    assert_eq!(night.incident().state.name(), "acknowledged");
    assert!(!night.transcript().contains("escalated"));
}

#[test]
fn the_time_under_a_silence_counts_once_when_it_clears_and_comes_back() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").hears_silenced(1, 600).until("03:20").resolves("A").until("03:25");
    assert_eq!(night.incident().state.name(), "monitoring");
    night.fires("A", Severity::P2).so_far().until("04:00");
    let told = night.transcript();
    assert!(told.contains("Tue 03:35 escalated to round 1 step 2"), "10 minutes were left: {told}");
}

#[test]
fn who_wants_to_be_heard_is() {
    for act in [(|night| night.escalates("alice")) as fn(&mut Night) -> &mut Night, |night| {
        night.sets("alice", Severity::P1)
    }] {
        let mut night = Night::of(Severity::P2);
        night.until("03:05").hears_silenced(1, 600);
        act(&mut night);
        assert!(night.incident().muted().is_none());
        night.hears_silenced(1, 600);
        assert!(night.incident().muted().is_none(), "the same silence holds nobody back any more");
        night.hears_silenced(1, 601);
        assert!(night.incident().muted().is_some(), "a new one does");
    }
}

#[test]
fn its_end_is_told_before_and_at_the_time() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice").silences("alice", 120).silences("bob", 20).so_far().until("06:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:10 silence 2 ends soon
    Tue 03:20 silence 2 is over, 1 still firing
    Tue 04:45 silence 1 ends soon
    Tue 05:00 silence 1 is over, 1 still firing
    Tue 05:00 not all is silenced any more
    ");
}

#[test]
fn a_stale_poll_ends_nothing_and_a_later_one_does() {
    let mut night = Night::of(Severity::P2);
    night.silences("alice", 120).hears_silenced(0, 0);
    assert_eq!(night.incident().silences.len(), 1, "the poll began when it was made");
    night.waits(1).hears_silenced(0, 0);
    assert_eq!(night.incident().silences, []);
    assert!(night.incident().muted().is_none());
}

#[test]
fn a_silence_outlives_the_incident() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.silences("alice", 120).ends("alice", WhileFiring::Resolve).so_far().until("05:30");
    let told = night.transcript();
    assert!(told.contains("Tue 05:00 silence 1 is over, 1 still firing"), "{told}");
}

#[test]
fn an_extension_is_told_once_and_warned_of_anew() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.silences("alice", 20).until("03:15");
    let until = night.now + chrono::Duration::minutes(60);
    let ids = night.incident().silences[0].ids.clone();
    let extend = || Command::SilenceExtended { by: person("bob"), n: 1, ids: ids.clone(), until };
    night.so_far().does(extend()).does(extend()).until("05:00");
    let told = night.transcript();
    assert_eq!(told.matches("silence 1 lasts otherwise").count(), 1, "{told}");
    assert!(told.contains("Tue 04:00 silence 1 ends soon"), "{told}");
    assert!(told.contains("Tue 04:15 silence 1 is over"), "{told}");
}

#[test]
fn an_end_that_is_not_believed_stops_nothing_until_it_is() {
    let mut night = Night::of(Severity::P2);
    let end = night.end_of("A");
    let mut delivery = night.delivery_of(vec![end.clone()], 0);
    delivery.ends = super::super::command::Ends::Doubted;
    night.does(Command::Deliver(Box::new(delivery.clone())));
    assert_eq!((night.incident().state.name(), night.incident().n_firing), ("triggered", 1));
    delivery.known = night.known.clone();
    let n_events = night.incident().n_events;
    night.does(Command::Deliver(Box::new(delivery)));
    assert_eq!(night.incident().n_events, n_events, "told twice, it is recorded once");
    let mut firing = alert("A", Severity::P2);
    firing.alert.starts_at = end.alert.starts_at;
    night.does(Command::Deliver(Box::new(night.delivery_of(vec![firing], 0))));
    assert!(!night.known_of("A").is_doubted, "it fires indeed");
    night.delivers(vec![end], 0);
    assert_eq!(night.incident().state.name(), "monitoring");
}

#[test]
fn an_inferred_end_is_taken_back_by_the_same_beginning() {
    let mut night = Night::of(Severity::P2);
    let began = night.known_of("A").starts_at;
    let mut end = night.end_of("A");
    end.inferred = true;
    night.delivers(vec![end], 0);
    assert_eq!(night.incident().state.name(), "monitoring");
    let mut again = alert("A", Severity::P2);
    again.alert.starts_at = began;
    night.delivers(vec![again], 0);
    assert_eq!(night.incident().state.name(), "triggered");
}
