//! Alerts that end, come back, and lie.

use insta::assert_snapshot;

use super::super::child::Report;
use super::super::command::{Command, WhileFiring};
use super::super::{Incident, State};
use super::*;
use crate::domain::alert::Alert;
use crate::domain::page::NotTaken;

#[test]
fn clear_pauses_and_resolves_after_ten_minutes() {
    let mut night = Night::of(Severity::P2);
    night.until("03:02").resolves("A").until("03:30");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:02 A ends
    Tue 03:02 monitoring
    Tue 03:02 -> monitoring
    Tue 03:12 resolved by dontpanic, 0 still firing
    Tue 03:12 no longer page alice
    Tue 03:12 draft post-mortem
    Tue 03:12 -> resolved
    ");
}

#[test]
fn after_downtime_it_resolves_without_another_page() {
    let mut night = Night::of(Severity::P2);
    night.asks_for("alice", "charlie").resolves("A").so_far().sleeps_until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 04:00 resolved by dontpanic, 0 still firing
    Tue 04:00 no longer page alice, charlie
    Tue 04:00 draft post-mortem
    Tue 04:00 -> resolved
    ");
}

#[test]
fn kept_open_it_stays() {
    let mut night = Night::of(Severity::P2);
    night.acks("alice").until("03:02").resolves("A").keeps_open("alice").until("Wed 03:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:02 A ends
    Tue 03:02 monitoring
    Tue 03:02 -> monitoring
    Tue 03:02 kept_open
    ");
    let mut night = Night::of(Severity::P2);
    night.acks("alice").keeps_open("alice").until("03:02").resolves("A").until("Wed 03:00");
    assert!(matches!(night.incident().state, State::Monitoring { resolves_at: None, .. }));
}

#[test]
fn clear_only_when_all_children_are() {
    let mut night = Night::of(Severity::P2);
    night.fires("B", Severity::P3).resolves("A").so_far();
    assert_snapshot!(night.resolves("B").transcript(), @r"
    Tue 03:00 B ends
    Tue 03:00 monitoring
    Tue 03:00 -> monitoring
    ");
}

#[test]
fn back_and_unacked_everything_goes_on_with_the_wait_it_had() {
    let mut night = Night::of(Severity::P2);
    night.until("03:02").resolves("A").until("03:09").fires("A", Severity::P2).until("03:23");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:02 A ends
    Tue 03:02 monitoring
    Tue 03:02 -> monitoring
    Tue 03:09 A is back (flap 1)
    Tue 03:09 -> triggered
    Tue 03:10 page alice webhook (round 1 step 1)
    Tue 03:13 page alice webhook again
    Tue 03:16 page alice webhook again
    Tue 03:19 page alice webhook again
    Tue 03:22 ack target of 15 min missed
    Tue 03:22 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:22 page bob slack (round 1 step 2)
    ");
}

#[test]
fn what_is_refused_while_clear_goes_by_the_next_method_when_it_is_back() {
    let mut night = Night::of(Severity::P2);
    let page = Box::new(night.ledger[0].clone());
    night.until("03:01").resolves("A").until("03:02").so_far();
    night.does(Command::PageFailed {
        page,
        sent_at: night.now,
        fault: NotTaken::Passing,
        error: "down".to_owned(),
    });
    night.until("03:09").fires("A", Severity::P2).until("03:12");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:02 slack of alice failed
    Tue 03:09 A is back (flap 1)
    Tue 03:09 -> triggered
    Tue 03:09 page alice webhook (round 1 step 1)
    Tue 03:12 page alice webhook again
    ");
}

#[test]
fn back_and_acked_the_acker_has_one_page_and_the_ack_target() {
    let mut night = Night::of(Severity::P2);
    night.acks("alice").until("03:09").fires("A", Severity::P2).so_far();
    night.until("03:12").fires("A", Severity::P2).until("03:14").acks("alice").until("03:20");
    night.fires("A", Severity::P2).until("03:25").fires("A", Severity::P2).until("03:45");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:12 page alice webhook (back)
    Tue 03:12 A is back (flap 2)
    Tue 03:14 acked by alice after 5 min
    Tue 03:14 proven by alice
    Tue 03:20 A is back (flap 3)
    Tue 03:25 A is back (flap 4)
    Tue 03:25 page alice slack (back)
    Tue 03:28 page alice webhook (back)
    Tue 03:31 page alice webhook again
    Tue 03:34 page alice webhook again
    Tue 03:37 page alice webhook again
    Tue 03:40 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:40 page bob slack (round 1 step 2)
    Tue 03:40 -> triggered
    Tue 03:43 page bob webhook (round 1 step 2)
    ");
}

#[test]
fn a_flap_within_the_quarter_does_not_cancel_the_unanswered_page() {
    let mut night = Night::of(Severity::P2);
    night.acks("alice").until("03:05").fires("A", Severity::P2).so_far();
    night.until("03:07").resolves("A").until("03:09").fires("A", Severity::P2).until("03:25");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:07 A ends
    Tue 03:07 monitoring
    Tue 03:07 -> monitoring
    Tue 03:09 A is back (flap 2)
    Tue 03:09 -> acknowledged
    Tue 03:10 page alice webhook (back)
    Tue 03:13 page alice webhook again
    Tue 03:16 page alice webhook again
    Tue 03:19 page alice webhook again
    Tue 03:22 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:22 page bob slack (round 1 step 2)
    Tue 03:22 -> triggered
    Tue 03:25 page bob webhook (round 1 step 2)
    ");
}

#[test]
fn many_flaps_do_not_put_the_answer_off() {
    let mut night = Night::begins("Tue 10:00").shows(Shown::Ladder);
    night.fires("A", Severity::P3).acks("alice");
    for at in ["10:10", "10:26", "10:42", "10:58", "11:14"] {
        night.until(at).fires("A", Severity::P3);
    }
    assert_snapshot!(night.transcript(), @r"
    Tue 10:00 A fires
    Tue 10:00 page alice slack (round 1 step 1)
    Tue 10:00 -> triggered
    Tue 10:00 acked by alice after 0 min
    Tue 10:00 proven by alice
    Tue 10:00 -> acknowledged
    Tue 10:10 A is back (flap 1)
    Tue 10:10 page alice slack (back)
    Tue 10:26 A is back (flap 2)
    Tue 10:26 no longer page alice
    Tue 10:26 page alice slack (back)
    Tue 10:42 A is back (flap 3)
    Tue 10:42 no longer page alice
    Tue 10:42 page alice slack (back)
    Tue 10:58 A is back (flap 4)
    Tue 10:58 no longer page alice
    Tue 10:58 page alice slack (back)
    Tue 11:10 escalated to round 2 step 1 [alice]: NoAnswer
    Tue 11:10 page alice slack (round 2 step 1)
    Tue 11:10 -> triggered
    Tue 11:14 A is back (flap 5)
    ");
}

#[test]
fn back_at_night_a_p3_waits_for_the_morning() {
    let mut night = Night::begins("Fri 17:00");
    night.fires("A", Severity::P3).acks("alice").until("23:00").fires("A", Severity::P3).so_far();
    assert_snapshot!(night.until("Mon 10:00").transcript(), @r"
    Mon 09:00 page alice slack (back)
    Mon 09:15 page alice webhook (back)
    Mon 09:30 page alice webhook again
    Mon 09:45 page alice webhook again
    Mon 10:00 escalated to round 2 step 1 [bob]: NoAnswer
    Mon 10:00 page bob slack (round 2 step 1)
    Mon 10:00 -> triggered
    ");
}

#[test]
fn back_for_somebody_who_cannot_be_paged_the_ladder_goes_on() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    let by = crate::domain::incident::Actor::Token("ci".to_owned());
    night.does(Command::Acknowledge { by }).until("03:09").so_far();
    assert_snapshot!(night.fires("A", Severity::P2).transcript(), @r"
    Tue 03:09 A is back (flap 1)
    Tue 03:09 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:09 page bob slack (round 1 step 2)
    Tue 03:09 -> triggered
    ");
}

#[test]
fn a_low_severity_comes_back_in_silence() {
    let mut night = Night::of(Severity::P2);
    night.sets("alice", Severity::P4).until("03:10").so_far();
    assert_snapshot!(night.fires("A", Severity::P2).until("04:00").transcript(), @"Tue 03:10 A is back (flap 1)");
}

#[test]
fn escalating_while_the_acker_is_asked_climbs_once() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice").until("03:05").fires("A", Severity::P2).so_far();
    night.until("03:10").escalates("alice").until("03:24");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:10 escalated to round 1 step 2 [bob]: Asked
    Tue 03:10 page bob slack (round 1 step 2)
    Tue 03:10 -> triggered
    ");
}

#[test]
fn fired_again_after_the_end_it_reopens_unacked_with_new_rounds() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice").ends("alice", WhileFiring::Resolve).until("03:10").resolves("A");
    night.until("03:20").fires("A", Severity::P2).until("03:36");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:00 resolved by alice, 1 still firing
    Tue 03:00 draft post-mortem
    Tue 03:00 -> resolved
    Tue 03:10 A ends
    Tue 03:20 reopened
    Tue 03:20 page alice slack (round 2 step 1)
    Tue 03:20 -> triggered
    Tue 03:35 ack target of 15 min missed
    Tue 03:35 escalated to round 2 step 2 [bob]: NoAnswer
    Tue 03:35 page bob slack (round 2 step 2)
    ");
}

#[test]
fn old_news_is_no_news() {
    let mut night = Night::of(Severity::P2);
    let first_firing = night.delivery.clone().unwrap();
    night.until("03:02").resolves("A");
    let first_end = night.delivery.clone().unwrap();
    night.until("03:03").fires("A", Severity::P2);
    let second_firing = night.delivery.clone().unwrap();
    for (reports, n_truncated) in [&first_firing, &first_end, &second_firing].map(Clone::clone) {
        let command = Command::Deliver(Box::new(night.delivery_of(reports, n_truncated)));
        let decision = night.tries(command).unwrap();
        assert_eq!(decision.next, *night.incident());
        assert!(decision.entries.is_empty() && decision.effects.is_empty() && decision.children.is_empty());
    }
    // The end of the second firing that overtook its beginning.
    night.until("03:04").resolves("A");
    let (reports, n_truncated) = second_firing;
    night.so_far().delivers(reports, n_truncated);
    assert_snapshot!(night.transcript(), @"");
}

#[test]
fn the_end_of_what_was_never_seen_is_kept_and_changes_nothing_else() {
    let mut night = Night::of(Severity::P2);
    let mut end = night.end_of("Z");
    end.alert.ends_at = Some(night.now);
    let begun = end.alert.starts_at;
    let command = Command::Deliver(Box::new(night.delivery_of(vec![end.clone()], 0)));
    let decision = night.tries(command).unwrap();
    assert!(decision.entries.is_empty() && decision.pages.is_empty());
    assert_eq!(decision.children, [end.clone()]);
    let expected = Incident { n_alerts: 2, ..night.incident().clone() };
    assert_eq!(decision.next, expected);

    // Its beginning, when it comes late, is old news.
    night.delivers(vec![end], 0).so_far();
    let mut late = night::alert("Z", Severity::P2);
    late.alert.starts_at = begun;
    night.delivers(vec![late], 0);
    assert_snapshot!(night.transcript(), @"");
}

#[test]
fn what_is_cut_off_is_never_clear() {
    let mut night = Night::of(Severity::P2);
    let begun = night::alert("A", Severity::P2);
    let begun = Report { alert: Alert { starts_at: night.now, ..begun.alert }, ..begun };
    night.delivers(vec![begun], 3).until("03:02");
    let ended = night.end_of("A");
    night.delivers(vec![ended.clone()], 3).so_far().until("03:04");
    // Nothing in this delivery is new but that it is whole.
    night.delivers(vec![ended.clone()], 0);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:03 page alice webhook (round 1 step 1)
    Tue 03:04 monitoring
    Tue 03:04 -> monitoring
    ");
    // And what is cut off again is not believed until it is whole again.
    night
        .until("03:06")
        .delivers(vec![ended.clone()], 2)
        .until("03:40")
        .delivers(vec![ended], 0)
        .until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:50 resolved by dontpanic, 0 still firing
    Tue 03:50 no longer page alice
    Tue 03:50 draft post-mortem
    Tue 03:50 -> resolved
    ");
}

#[test]
fn a_crowd_of_flaps_is_told_in_five_lines() {
    let crowd = |night: &Night| -> Vec<Report> {
        let report = |n: i32| {
            let report = night::alert(&format!("A{n}"), Severity::P2);
            Report { alert: Alert { starts_at: night.now, ..report.alert }, ..report }
        };
        (0..500).map(report).collect()
    };
    let mut night = Night::begins("Tue 03:00");
    let reports = crowd(&night);
    night.delivers(reports, 0).acks("alice").until("03:10").so_far();
    let reports = crowd(&night);
    assert_snapshot!(night.delivers(reports, 0).transcript(), @r"
    Tue 03:10 A0 is back (flap 1)
    Tue 03:10 A1 is back (flap 2)
    Tue 03:10 A2 is back (flap 3)
    Tue 03:10 A3 is back (flap 4)
    Tue 03:10 A4 is back (flap 500)
    Tue 03:10 page alice slack (back)
    ");
}

#[test]
fn an_alert_that_ends_and_begins_in_one_delivery_is_kept_as_firing() {
    let mut night = Night::of(Severity::P2);
    night.until("03:02");
    let ended = night.end_of("A");
    night.until("03:03");
    let begun = night::alert("A", Severity::P2);
    let begun = Report { alert: Alert { starts_at: night.now, ..begun.alert }, ..begun };
    night.delivers(vec![ended, begun], 0);
    assert!(night.children[0].alert.is_firing());
    assert_eq!(night.incident().n_firing, 1);
}

#[test]
fn what_one_group_leaves_out_no_other_group_vouches_for() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice").until("03:05");
    let again = night.delivery.clone().unwrap().0;
    night.delivers_by("other", again, 3).so_far();
    assert_eq!(night.incident().n_truncated(), 3);
    night.until("03:10").resolves("A").until("03:30");
    assert_snapshot!(night.transcript(), @"Tue 03:10 A ends");
    assert_eq!(night.incident().state.name(), "acknowledged", "three alerts cannot be seen");
    let ended = night.end_of("A");
    night.delivers_by("other", vec![ended], 0).until("03:40");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:30 monitoring
    Tue 03:30 -> monitoring
    Tue 03:40 resolved by dontpanic, 0 still firing
    Tue 03:40 draft post-mortem
    Tue 03:40 -> resolved
    ");
}
