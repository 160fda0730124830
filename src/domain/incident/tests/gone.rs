//! What the configuration no longer has while an incident is open: somebody is paged all the same.

use insta::assert_snapshot;

use super::*;
use crate::domain::on_call::Override;

#[test]
fn a_schedule_that_is_gone_is_replaced_by_the_default_one_and_said_once() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).so_far();
    night.house.schedules.remove(&"search".into());
    night.until("03:31");
    assert_snapshot!(night.transcript(), @"");
}

#[test]
fn two_ladders_of_which_one_is_gone_are_one() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires_for("A", Severity::P2, Some("index")).fires_for("B", Severity::P2, Some("ledger")).so_far();
    night.house.schedules.remove(&"search".into());
    night.until("03:16");
    assert_snapshot!(night.transcript(), @"");
}

#[test]
fn a_span_taken_by_somebody_who_is_gone_is_the_rotations_again() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    let (from, to) = (night.now - chrono::Duration::hours(1), night.now + chrono::Duration::hours(1));
    night.overrides.push(Override { schedule: "platform".into(), person: "mallory".into(), from, to });
    night.fires("A", Severity::P2);
    assert_snapshot!(night.transcript(), @"");
}

#[test]
fn a_commander_who_is_gone_leaves_the_role_to_those_who_hold_it() {
    use super::super::command::Command;
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires("A", Severity::P2);
    night.does(Command::Appoint { by: night::person("alice"), commander: "charlie".into() }).so_far();
    night.house.people.remove(&"charlie".into());
    night.until("03:31");
    assert_snapshot!(night.transcript(), @"");
}
