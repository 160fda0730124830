//! What people ask of it besides taking it: somebody else, somebody who leads, a while of silence.

use insta::assert_snapshot;

use super::super::Actor;
use super::super::command::{Command, Refusal, WhileFiring, Whom};
use super::night::person;
use super::*;

#[test]
fn a_snooze_is_an_ack_that_ends() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").snoozes("alice", 30).until("03:40").acks("alice").until("06:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:05 acked by alice after 5 min
    Tue 03:05 snoozed by alice until 03:35
    Tue 03:05 proven by alice
    Tue 03:05 -> acknowledged
    Tue 03:35 the snooze is over
    Tue 03:35 page alice slack (snooze over)
    Tue 03:35 -> triggered
    Tue 03:40 acked by alice after 5 min
    Tue 03:40 proven by alice
    Tue 03:40 -> acknowledged
    ");
}

#[test]
fn whoever_snoozed_is_asked_and_the_ladder_goes_on_without_an_answer() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    // A flap shortly before is another matter.
    night.until("03:05").acks("charlie").until("03:10").fires("A", Severity::P2);
    night.until("03:15").acks("charlie").snoozes("charlie", 10).so_far();
    night.until("03:41").acks("bob").until("06:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:25 the snooze is over
    Tue 03:25 page charlie slack (snooze over)
    Tue 03:25 -> triggered
    Tue 03:40 ack target of 15 min missed
    Tue 03:40 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:40 page bob slack (round 1 step 2)
    Tue 03:41 acked by bob after 16 min
    Tue 03:41 proven by bob
    Tue 03:41 no longer page charlie
    Tue 03:41 -> acknowledged
    ");
}

#[test]
fn whoever_snoozed_is_asked_though_somebody_else_has_it() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").acks("alice").until("03:10").snoozes("charlie", 30).so_far();
    night.until("03:41");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:40 the snooze is over
    Tue 03:40 page charlie slack (snooze over)
    Tue 03:40 -> triggered
    ");
}

#[test]
fn a_script_that_snoozed_cannot_be_asked() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    let span = chrono::Duration::minutes(30);
    night.does(Command::Snooze { by: Actor::Token("ci".to_owned()), span }).so_far();
    night.until("03:31");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:30 the snooze is over
    Tue 03:30 escalated to round 1 step 2 [bob]: NoAnswer
    Tue 03:30 page bob slack (round 1 step 2)
    Tue 03:30 -> triggered
    ");
}

#[test]
fn by_night_nobody_is_woken_because_the_snooze_of_a_p3_is_over() {
    let mut night = Night::begins("Tue 17:00").shows(Shown::Ladder);
    night.fires("A", Severity::P3).until("17:05").snoozes("alice", 120).so_far();
    night.until("Wed 11:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 19:05 the snooze is over
    Tue 19:05 -> triggered
    Wed 09:00 page alice slack (snooze over)
    Wed 10:00 ack target of 60 min missed
    Wed 10:00 escalated to round 2 step 1 [alice]: NoAnswer
    Wed 10:00 page alice slack (round 2 step 1)
    Wed 10:00 shout: round 1 passed
    Wed 11:00 escalated to round 3 step 1 [alice]: NoAnswer
    Wed 11:00 page alice slack (round 3 step 1)
    Wed 11:00 shout: round 2 passed
    ");
}

#[test]
fn only_something_worse_breaks_a_snooze() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:05").snoozes("alice", 120).so_far();
    night.until("03:10").fires("A", Severity::P2).until("03:20").fires("B", Severity::P3);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:10 A is back (flap 1)
    Tue 03:20 B fires
    ");
    night.until("03:30").fires("C", Severity::P1);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:30 C fires
    Tue 03:30 P2 -> P1 by severity label
    Tue 03:30 page alice slack (round 2 step 1)
    Tue 03:30 page diana slack (round 2 step 1, commander)
    Tue 03:30 -> triggered
    ");
    assert_eq!(night.incident().snoozed_until, None);
}

#[test]
fn a_snooze_ends_with_an_ack_an_escalation_and_the_end() {
    let after = |act: fn(&mut Night) -> &mut Night| {
        let mut night = Night::of(Severity::P2);
        night.snoozes("alice", 60);
        assert!(night.incident().snoozed_until.is_some());
        act(&mut night);
        let told = night.transcript();
        assert_eq!(night.incident().snoozed_until, None, "{told}");
    };
    after(|night| night.acks("bob"));
    after(|night| night.escalates("bob"));
    after(|night| night.ends("bob", WhileFiring::Resolve));
    after(|night| night.sets("bob", Severity::P4));
}

#[test]
fn a_snooze_has_a_length() {
    let night = Night::of(Severity::P2);
    let tries = |minutes| {
        let span = chrono::Duration::minutes(minutes);
        night.tries(Command::Snooze { by: person("bob"), span }).map(drop)
    };
    assert_eq!(tries(24 * 60), Ok(()));
    assert_eq!(tries(24 * 60 + 1), Err(Refusal::SnoozeSpan));
    assert_eq!(tries(0), Err(Refusal::SnoozeSpan));
}

#[test]
fn the_one_who_was_made_commander_is_paged_as_the_commander() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    let commander = "bob".into();
    night.does(Command::Appoint { by: person("bob"), commander }).until("03:35");
    let paged: Vec<&str> = night.incident().paged.iter().map(crate::ids::PersonId::as_str).collect();
    assert_eq!(paged, ["alice", "bob"], "diana has the role, but not here");
    let again = night.tries(Command::Appoint { by: person("eve"), commander: "bob".into() }).unwrap();
    assert_eq!(again.next, *night.incident());
}

#[test]
fn a_page_by_schedule_wakes_its_primary_and_only_they_end_it() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    let message = Some("Is the index yours?".to_owned());
    night.does(Command::Page { by: person("alice"), whom: vec![Whom::Primary("search".into())], message });
    night.acks("alice");
    assert_eq!(night.incident().walks.len(), 1, "zoe is still paged");
    night.acks("zoe");
    assert!(night.incident().walks.is_empty());
    assert_snapshot!(night.transcript(), @r"
    Tue 03:00 A fires
    Tue 03:00 page alice slack (round 1 step 1)
    Tue 03:00 open channel
    Tue 03:00 -> triggered
    Tue 03:00 asked for zoe
    Tue 03:00 page zoe slack (asked)
    Tue 03:00 acked by alice after 0 min
    Tue 03:00 proven by alice
    Tue 03:00 -> acknowledged
    Tue 03:00 acked by zoe after 0 min
    Tue 03:00 proven by zoe
    ");
}

#[test]
fn whoever_answers_for_what_was_snoozed_has_it() {
    let mut night = Night::of(Severity::P2);
    night.snoozes("alice", 120).until("03:30").acks("bob");
    let has_it = |night: &Night| night.incident().state.ack().map(|ack| ack.by.clone());
    assert_eq!(has_it(&night), Some(person("bob")), "alice sleeps and is not paged again");
    night.acks("charlie");
    assert_eq!(has_it(&night), Some(person("bob")), "there is nothing left to take over");
}

#[test]
fn whoever_answers_too_late_is_not_rung_again() {
    let mut night = Night::of(Severity::P1).shows(Shown::Ladder);
    night.until("03:01").acks("alice").so_far();
    night.does(Command::AnswerPages { by: person("diana") }).until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:01 acked by diana after 1 min
    Tue 03:01 proven by diana
    ");
    assert!(night.tries(Command::AnswerPages { by: person("eve") }).is_err(), "nothing rings for her");
    let mut night = Night::of(Severity::P1);
    assert!(night.tries(Command::AnswerPages { by: person("alice") }).is_err(), "nobody has it yet");
    night.acks("alice").escalates("alice");
    assert!(night.tries(Command::AnswerPages { by: person("diana") }).is_err(), "it was given back");
}

#[test]
fn a_commander_who_is_replaced_or_no_longer_needed_is_not_rung_again() {
    let mut night = Night::of(Severity::P1).shows(Shown::Ladder);
    night.until("03:01").acks("alice").so_far();
    night.does(Command::Appoint { by: person("alice"), commander: "eve".into() }).until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:01 eve is incident_commander
    Tue 03:01 no longer page diana
    ");
    let mut night = Night::of(Severity::P1).shows(Shown::Ladder);
    night.until("03:01").acks("alice").so_far();
    night.sets("alice", Severity::P2).until("04:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:01 P1 -> P2 by override
    Tue 03:01 no longer page diana
    ");
}
