//! Who is relieved while a ladder climbs: whoever is on call now is paged, whatever hid the handoff.

use insta::assert_snapshot;

use super::super::command::Command;
use super::*;
use crate::domain::on_call::Override;

#[test]
fn a_handoff_that_was_missed_is_made_up_for_also_when_the_next_step_was_due_meanwhile() {
    let mut night = Night::begins("Mon 08:50").shows(Shown::Ladder);
    night.fires("A", Severity::P2).waits(1).so_far().sleeps_until("09:10");
    assert_snapshot!(night.transcript(), @r"
    Mon 09:10 ack target of 15 min missed
    Mon 09:10 escalated to round 1 step 2 [bob]: NoAnswer
    Mon 09:10 escalated to round 1 step 1 [alice]: Handoff
    Mon 09:10 page bob slack (round 1 step 2)
    Mon 09:10 page alice slack (round 1 step 1)
    ");
}

#[test]
fn a_handoff_at_the_time_of_the_next_step_pages_both() {
    let mut night = Night::begins("Mon 08:45").shows(Shown::Ladder);
    night.fires("A", Severity::P2).so_far().until("Mon 09:01");
    assert_snapshot!(night.transcript(), @r"
    Mon 09:00 ack target of 15 min missed
    Mon 09:00 escalated to round 1 step 2 [bob]: NoAnswer
    Mon 09:00 escalated to round 1 step 1 [alice]: Handoff
    Mon 09:00 page bob slack (round 1 step 2)
    Mon 09:00 page alice slack (round 1 step 1)
    ");
}

#[test]
fn a_handoff_outside_the_hours_of_a_severity_is_made_up_for_at_the_opening() {
    let mut night = Night::begins("Tue 17:59").shows(Shown::Ladder);
    let default = night.house.policies[&"default".into()].steps.clone();
    night.house.policies.get_mut(&"primary".into()).unwrap().steps = default;
    night.fires("A", Severity::P3).so_far().until("Tue 20:00");
    let (from, to) = (night.now, night.now + chrono::Duration::hours(24));
    night.overrides.push(Override { schedule: "platform".into(), person: "eve".into(), from, to });
    night.does(Command::OnCallChanged).until("Wed 09:01");
    assert_snapshot!(night.transcript(), @r"
    Wed 09:00 escalated to round 1 step 2 [bob]: NoAnswer
    Wed 09:00 escalated to round 1 step 1 [eve]: Handoff
    Wed 09:00 page bob slack (round 1 step 2)
    Wed 09:00 page eve slack (round 1 step 1)
    ");
}

#[test]
fn a_commander_who_becomes_the_primary_is_not_paged_twice_for_one_step() {
    let mut night = Night::begins("Mon 08:50").shows(Shown::Ladder);
    night.fires("A", Severity::P4);
    night.does(Command::Appoint { by: night::person("eve"), commander: "alice".into() });
    night.sets("eve", Severity::P1).so_far().until("Mon 09:01");
    assert_snapshot!(night.transcript(), @"Mon 08:55 ack target of 5 min missed");
}

#[test]
fn whoever_is_relieved_is_not_rung_again() {
    let mut night = Night::begins("Tue 03:00").shows(Shown::Ladder);
    night.fires("A", Severity::P2).provider_accepts().until("03:05").so_far();
    let (from, to) = (night.now, night.now + chrono::Duration::hours(2));
    night.overrides.push(Override { schedule: "platform".into(), person: "eve".into(), from, to });
    night.does(Command::OnCallChanged).until("03:14");
    assert_snapshot!(night.transcript(), @r"
    Tue 03:05 escalated to round 1 step 1 [eve]: Handoff
    Tue 03:05 page eve slack (round 1 step 1)
    ");
}
