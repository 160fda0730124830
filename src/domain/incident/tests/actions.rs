//! What is to be done after the night, and who is reminded of it when.

use insta::assert_snapshot;

use super::super::command::{Command, WhileFiring};
use super::night::person;
use super::*;

/// In minutes.
const WEEK: i64 = 7 * 24 * 60;

fn adds(night: &mut Night, owner: &str, due: &str) {
    let (owner, due, text) = (owner.into(), due.parse().unwrap(), "alert on the queue".to_owned());
    night.does(Command::AddAction { by: person("bob"), owner, due, text });
}

#[test]
fn an_owner_is_reminded_until_it_is_done_and_nobody_hears_of_it_after() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.acks("alice").ends("alice", WhileFiring::Resolve).does(Command::PostmortemDrafted);
    night.does(Command::PublishPostmortem { by: person("alice") });
    night.until("08:00").so_far();
    adds(&mut night, "eve", "2026-11-20");
    night.until("Wed 08:59").until("Wed 09:00").until("Fri 09:00").until("Fri 09:01");
    night.waits(2 * WEEK);
    assert_snapshot!(night.transcript(), @r"
    Tue 08:00 action 1 for eve until 2026-11-20
    Tue 08:00 draft post-mortem
    Wed 09:00 remind the owner of action 1
    Fri 09:00 remind the owner of action 1
    Fri 09:00 remind the owner of action 1
    Fri 09:00 remind the owner of action 1
    ");
    night.does(Command::CompleteAction { by: person("charlie"), n: 1 });
    night.does(Command::CompleteAction { by: person("eve"), n: 1 });
    night.does(Command::CompleteAction { by: person("eve"), n: 2 });
    night.waits(2 * WEEK);
    assert_snapshot!(night.transcript(), @r"
    Fri 09:01 action 1 done by charlie
    Fri 09:01 draft post-mortem
    Fri 09:01 refused: INC-42 has no action item 2
    ");
}

#[test]
fn however_long_nobody_was_there_an_owner_is_reminded_once() {
    let mut night = Night::of(Severity::P3).shows(Shown::Ladder);
    night.acks("alice");
    adds(&mut night, "eve", "2026-11-19");
    night.so_far();
    // Two reminders and three weekly ones have passed.
    night.now += chrono::Duration::weeks(4);
    night.does(Command::Wake);
    assert_snapshot!(night.transcript(), @"Tue 03:00 remind the owner of action 1");
    night.does(Command::Wake);
    assert_snapshot!(night.transcript(), @"");
    night.until("Thu 08:59").so_far().until("Thu 09:00");
    assert_snapshot!(night.transcript(), @"Thu 09:00 remind the owner of action 1");
}

#[test]
fn an_incident_has_so_many_action_items_and_no_more() {
    let mut night = Night::of(Severity::P3).shows(Shown::Ladder);
    night.acks("alice");
    for _ in 0..crate::domain::action_item::MOST {
        adds(&mut night, "eve", "2026-12-01");
    }
    night.so_far();
    adds(&mut night, "eve", "2026-12-01");
    assert_snapshot!(night.transcript(), @"Tue 03:00 refused: INC-42 has too many action items");
}
