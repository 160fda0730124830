//! When a post-mortem is due, and who hears of it.

use insta::assert_snapshot;

use super::super::command::{Command, WhileFiring};
use super::night::person;
use super::*;

fn over(severity: Severity) -> Night {
    let mut night = Night::of(severity).shows(Shown::Ladder);
    night.acks("bob").ends("alice", WhileFiring::Resolve).does(Command::PostmortemDrafted);
    night.resolves("A").so_far();
    night
}

#[test]
fn whoever_took_it_is_reminded_unless_somebody_commands() {
    let mut night = over(Severity::P2);
    night.waits(72 * 60);
    assert_snapshot!(night.transcript(), @r"
    Wed 03:00 post-mortem awaited from bob
    Wed 03:00 remind bob of the post-mortem
    Wed 23:00 post-mortem awaited from bob
    Wed 23:00 remind bob of the post-mortem
    Thu 03:00 post-mortem of bob overdue
    ");
    assert!(night.incident().is_review_overdue(night.now));
    let mut night = Night::of(Severity::P1).shows(Shown::Ladder);
    night.acks("bob").does(Command::Appoint { by: person("bob"), commander: "eve".into() });
    night.ends("alice", WhileFiring::Resolve).resolves("A").so_far().waits(25 * 60);
    assert_snapshot!(night.transcript(), @r"
    Wed 03:00 post-mortem awaited from eve
    Wed 03:00 remind eve of the post-mortem
    ");
}

#[test]
fn what_resolved_by_itself_unseen_is_the_role_holders() {
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.until("03:20").resolves("A").until("03:30").does(Command::PostmortemDrafted).so_far();
    night.waits(24 * 60);
    assert_snapshot!(night.transcript(), @r"
    Wed 03:30 post-mortem awaited from diana
    Wed 03:30 remind diana of the post-mortem
    ");
}

#[test]
fn it_is_due_for_nobody_when_it_was_small_is_done_or_the_house_says_so() {
    let mut night = over(Severity::P3);
    night.waits(72 * 60);
    assert!(night.transcript().lines().all(|line| !line.contains("post-mortem")));
    for end in [
        Command::PublishPostmortem { by: person("bob") },
        Command::DeclinePostmortem { by: person("diana"), reason: "a drill".to_owned() },
    ] {
        let mut night = over(Severity::P2);
        night.does(end).so_far().waits(72 * 60);
        assert_eq!(night.transcript(), "");
        // Only its channel has something before it.
        let incident = night.incident();
        assert_eq!(incident.wake_at(), incident.archives_at);
    }
    let mut night = Night::of(Severity::P2).shows(Shown::Ladder);
    night.house.reviews.due_after = None;
    night.acks("bob").ends("alice", WhileFiring::Resolve).resolves("A").so_far().waits(72 * 60);
    assert_snapshot!(night.transcript(), @r"
    Tue 03:30 note
    Tue 03:30 -> closed
    ");
}

#[test]
fn of_what_was_missed_only_the_last_is_said() {
    let mut night = over(Severity::P2);
    night.now += chrono::Duration::hours(45);
    night.does(Command::Wake).does(Command::Wake);
    assert_snapshot!(night.transcript(), @r"
    Thu 00:00 post-mortem awaited from bob
    Thu 00:00 remind bob of the post-mortem
    ");
    night.now += chrono::Duration::hours(45);
    night.does(Command::Wake).does(Command::Wake);
    assert_snapshot!(night.transcript(), @"Fri 21:00 post-mortem of bob overdue");
}
