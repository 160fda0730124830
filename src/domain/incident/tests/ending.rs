//! What is still open when an incident is over.

use insta::assert_snapshot;

use super::super::command::{Command, WhileFiring};
use super::night::person;
use super::*;
use crate::domain::effect::Effect;

#[test]
fn an_incident_without_a_due_postmortem_closes_when_it_cannot_come_back_any_more() {
    let mut night = Night::begins("Tue 10:00").shows(Shown::Ladder);
    night.fires("A", Severity::P3).acks("alice").until("11:00").resolves("A").until("11:10").so_far();
    night.until("15:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 11:40 note
    Tue 11:40 -> closed
    ");
    // Not acknowledged and short: nothing is due for a P2 either. While it can come back, it does.
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:04").resolves("A").until("03:14").so_far();
    night.until("03:40").fires("A", Severity::P2).so_far();
    assert_eq!(night.incident().state.name(), "triggered");
    night.until("03:41").resolves("A").until("03:51").so_far().until("09:00");
    assert_snapshot!(night.transcript(), @"");
    assert_eq!(night.incident().state.name(), "resolved", "by now it has lasted 51 minutes");
}

#[test]
fn a_due_postmortem_is_published_or_declined() {
    let over = || {
        let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
        night.acks("alice").until("03:20").resolves("A").until("03:30").does(Command::PostmortemDrafted);
        night.until("Wed 10:00").so_far();
        night
    };
    let mut night = over();
    night.does(Command::PublishPostmortem { by: person("bob") });
    night.does(Command::PublishPostmortem { by: person("bob") }).declines("diana");
    assert_snapshot!(night.transcript(), @r"
    Wed 10:00 postmortem_published
    Wed 10:00 draft post-mortem
    Wed 10:00 -> closed
    Wed 10:00 refused: the post-mortem of INC-42 is published
    ");
    let mut night = over();
    night.declines("bob").declines("diana").declines("diana");
    assert_snapshot!(night.transcript(), @r"
    Wed 10:00 refused: only the commander of INC-42 may decline its post-mortem
    Wed 10:00 diana declined: a drill
    Wed 10:00 -> closed
    ");
    night.reopens("bob").so_far();
    night.does(Command::PublishPostmortem { by: person("bob") }).declines("alice");
    assert_snapshot!(night.transcript(), @r"
    Wed 10:00 refused: INC-42 is not over yet
    Wed 10:00 refused: INC-42 is not over yet
    ");
    let mut night = over();
    night.declines("alice");
    assert_eq!(night.incident().state.name(), "closed", "an admin may do everything");
    let mut night = Night::of(Severity::P3);
    night.ends("bob", WhileFiring::Resolve).so_far().does(Command::PublishPostmortem { by: person("bob") });
    assert_snapshot!(night.transcript(), @"Tue 03:00 refused: INC-42 has no post-mortem to publish");
}

#[test]
fn who_resolved_what_still_fires_is_asked_once_after_four_hours() {
    let mut night = Night::of(Severity::P3).shows(Shown::Ladder);
    night.ends("bob", WhileFiring::Resolve).so_far().until("06:59");
    let again = night.delivery.clone().unwrap().0;
    night.delivers(again, 0).until("12:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 07:00 asked bob about 1 firing
    Tue 07:00 note
    Tue 07:00 -> closed
    ");
    // Nobody is asked about what has ended meanwhile.
    let mut night = Night::of(Severity::P3).shows(Shown::Ladder);
    night.ends("bob", WhileFiring::Resolve).until("04:00").resolves("A").so_far().until("12:00");
    assert_snapshot!(night.transcript(), @r"
    Tue 04:00 note
    Tue 04:00 -> closed
    ");
    // A due post-mortem keeps it resolved; it is asked all the same.
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("bob").ends("bob", WhileFiring::Resolve).so_far().until("12:00");
    assert_snapshot!(night.transcript(), @"Tue 07:00 asked bob about 1 firing");
    // Or it is open again.
    let mut night = Night::of(Severity::P3).shows(Shown::Ladder);
    night.ends("bob", WhileFiring::Resolve).reopens("bob").acks("bob").so_far().until("08:00");
    assert_snapshot!(night.transcript(), @"");
}

#[test]
fn what_was_clear_when_more_people_were_asked_for_is_watched_again() {
    let clear = || {
        let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
        night.acks("alice").until("03:20").resolves("A").until("03:22");
        night
    };
    let mut night = clear();
    night.escalates("alice");
    assert_eq!(night.incident().state.name(), "triggered", "the next step is paged");
    night.until("03:40").acks("bob").until("03:49");
    assert_eq!(night.incident().state.name(), "monitoring");
    assert_eq!(night.until("03:50").incident().state.name(), "resolved");
    // The severity rises while it is clear: likewise.
    let mut night = clear();
    night.sets("alice", Severity::P1).until("03:25").acks("bob").until("03:34");
    assert_eq!(night.incident().state.name(), "monitoring");
    assert_eq!(night.until("03:35").incident().state.name(), "resolved");
    // A human wants it open.
    let mut night = clear();
    night.escalates("alice").keeps_open("alice").acks("bob").until("Wed 03:00");
    assert_eq!(night.incident().state.name(), "monitoring");
    // It fires again before somebody has it.
    let mut night = clear();
    night.escalates("alice").until("03:25").fires("A", Severity::P2).acks("bob").until("06:00");
    assert_eq!(night.incident().state.name(), "acknowledged");
    // Who opens it again says that it is not over, whatever the alerts say.
    let mut night = clear();
    night.until("03:40").reopens("alice").acks("alice").until("06:00");
    assert_eq!(night.incident().state.name(), "acknowledged");
    // It ended while it was escalated.
    let mut night = clear();
    night.escalates("alice").ends("alice", WhileFiring::Resolve).until("03:40");
    night.reopens("alice").acks("alice").until("06:00");
    assert_eq!(night.incident().state.name(), "acknowledged");
}

#[test]
fn what_is_written_down_after_the_draft_makes_it_anew_until_it_is_published() {
    let note = || Command::Note { by: person("bob"), text: "the pool".to_owned() };
    let update = || Command::Update { by: person("bob"), text: "told".to_owned() };
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice");
    let redrafts = |night: &Night, command| {
        night.tries(command).expect("it is taken").effects.contains(&Effect::DraftPostmortem)
    };
    assert!(!redrafts(&night, note()), "there is none");
    night.ends("alice", WhileFiring::Resolve).does(Command::PostmortemDrafted);
    assert!(redrafts(&night, note()) && redrafts(&night, update()));
    let end = night.end_of("A");
    assert!(redrafts(&night, Command::Deliver(Box::new(night.delivery_of(vec![end], 0)))));
    let publish = Command::PublishPostmortem { by: person("bob") };
    assert!(redrafts(&night, publish.clone()), "what is published is fresh");
    night.does(publish);
    assert!(!redrafts(&night, note()) && !redrafts(&night, update()));
}
