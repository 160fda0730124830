//! Silence: whoever has it is asked, and on a P1 the ladder goes on without an answer.

use chrono::Duration;
use insta::assert_snapshot;

use super::super::Quiet;
use super::super::command::{Command, WhileFiring};
use super::night::person;
use super::*;

/// A night in a house that asks after a quarter of an hour.
fn quiet_night(severity: Severity) -> Night {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.house.times.nudge_after = Some(Duration::minutes(15));
    night.house.times.nudge_answer = Some(Duration::minutes(15));
    night.fires("A", severity).so_far();
    night
}

fn notes(night: &mut Night, who: &str) {
    night.does(Command::Note { by: person(who), text: "looking".to_owned() });
}

#[test]
fn a_p1_whose_acker_is_silent_goes_on() {
    let mut night = quiet_night(Severity::P1);
    night.acks("alice").acks("diana").until("04:10");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:00 acked by diana after 0 min
    Tue 03:00 proven by diana
    Tue 03:15 nudged alice, diana, goes on 03:30
    Tue 03:30 escalated to round 1 step 2 [bob]: Silent
    Tue 03:30 page bob slack (round 1 step 2)
    Tue 03:30 -> triggered
    Tue 03:35 ack target of 5 min missed
    Tue 03:45 escalated to round 1 step 3 [eve]: NoAnswer
    Tue 03:45 page eve slack (round 1 step 3)
    Tue 04:00 escalated to round 2 step 1 [alice, diana]: NoAnswer
    Tue 04:00 page alice slack (round 2 step 1)
    Tue 04:00 page diana slack (round 2 step 1, commander)
    Tue 04:00 shout: round 1 passed
    ");
    let mut night = quiet_night(Severity::P1);
    night
        .acks("alice")
        .acks("diana")
        .until("03:20")
        .does(Command::StillOn { by: person("alice") })
        .until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:00 acked by diana after 0 min
    Tue 03:00 proven by diana
    Tue 03:15 nudged alice, diana, goes on 03:30
    Tue 03:20 alice is still on it
    Tue 03:35 nudged alice, diana, goes on 03:50
    Tue 03:50 escalated to round 1 step 2 [bob]: Silent
    Tue 03:50 page bob slack (round 1 step 2)
    Tue 03:50 -> triggered
    Tue 03:55 ack target of 5 min missed
    ");
}

#[test]
fn a_p2_is_asked_once() {
    let mut night = quiet_night(Severity::P2);
    night.acks("alice").until("08:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:15 nudged alice
    ");
}

#[test]
fn every_sign_of_work_begins_the_silence_anew() {
    let mut night = quiet_night(Severity::P2);
    night.acks("alice").until("03:14");
    notes(&mut night, "bob");
    night.until("03:28").does(Command::Heard).until("03:43").so_far();
    assert_eq!(night.incident().quiet, Some(Quiet::Until { at: night.now + Duration::minutes(1) }));
    night.until("03:44");
    assert_snapshot!(night.transcript(), @"Tue 03:44 nudged alice");
    // What is heard after the question answers it.
    night.until("03:50").does(Command::Heard).until("04:05").so_far().until("04:06");
    assert_snapshot!(night.transcript(), @"Tue 04:06 nudged alice");
}

#[test]
fn what_was_heard_a_moment_ago_is_not_written_again() {
    let mut night = quiet_night(Severity::P2);
    night.acks("alice").until("03:05").does(Command::Heard);
    for seconds in [0, 20, 59] {
        night.now += Duration::seconds(seconds);
        let again = night.tries(Command::Heard).unwrap();
        assert_eq!(again.next, *night.incident(), "{seconds}");
        night.now -= Duration::seconds(seconds);
    }
    night.now += Duration::seconds(61);
    assert_ne!(night.tries(Command::Heard).unwrap().next, *night.incident());
}

#[test]
fn scripts_alerts_and_providers_are_no_people() {
    let mut night = quiet_night(Severity::P2);
    night.acks("alice").until("03:10");
    let quiet = night.incident().quiet;
    let by = super::super::Actor::Token("ci".to_owned());
    night.does(Command::Note { by, text: "deployed".to_owned() }).fires("B", Severity::P2).provider_accepts();
    assert_eq!(night.incident().quiet, quiet);
}

#[test]
fn nobody_is_asked_about_what_sleeps_is_clear_over_or_small() {
    let is_quiet = |severity: Severity, act: fn(&mut Night) -> &mut Night| {
        let mut night = quiet_night(severity);
        act(&mut night).until("23:00");
        let told = night.transcript();
        assert!(!told.contains("nudged"), "{told}");
        assert_eq!(night.incident().quiet, None, "{told}");
    };
    is_quiet(Severity::P2, |night| night.snoozes("alice", 1400));
    is_quiet(Severity::P2, |night| night.acks("alice").resolves("A").keeps_open("alice"));
    is_quiet(Severity::P2, |night| night.acks("alice").ends("alice", WhileFiring::Resolve));
    is_quiet(Severity::P3, |night| night.does(Command::Acknowledge { by: person("alice") }));
    is_quiet(Severity::P2, |night| night.acks("alice").sets("alice", Severity::P3));
    is_quiet(Severity::P1, |night| {
        night.house.times.nudge_after = None;
        night.acks("alice").acks("diana")
    });
}

#[test]
fn without_an_answering_time_a_p1_waits_for_ever() {
    let mut night = quiet_night(Severity::P1);
    night.house.times.nudge_answer = None;
    night.acks("alice").acks("diana").so_far().until("12:00");
    assert_snapshot!(night.transcript(), @"Tue 03:15 nudged alice, diana");
    assert_eq!(night.incident().wake_at(), None);
}

#[test]
fn a_question_slept_through_is_asked_late_and_has_its_whole_time() {
    let mut night = quiet_night(Severity::P1);
    night.acks("alice").acks("diana").so_far();
    night.sleeps_until("03:50").until("04:06");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:50 nudged alice, diana, goes on 04:05
    Tue 04:05 escalated to round 1 step 2 [bob]: Silent
    Tue 04:05 page bob slack (round 1 step 2)
    Tue 04:05 -> triggered
    ");
}

#[test]
fn nobody_is_asked_about_what_is_silenced() {
    let mut night = quiet_night(Severity::P1);
    night.acks("alice").acks("diana").until("03:05").hears_silenced(1, 60).so_far();
    night.until("04:30");
    assert_snapshot!(night.transcript(), @r"
    Tue 04:05 not all is silenced any more
    Tue 04:20 nudged alice, diana, goes on 04:35
    ");
}
