//! What is still open when an incident is over.

use insta::assert_snapshot;

use super::super::command::{Command, WhileFiring};
use super::night::person;
use super::*;

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
