//! Merging: what becomes of the two.

use insta::assert_snapshot;

use super::super::command::{Command, Refusal, WhileFiring};
use super::super::{Decision, Incident, Merge, Side, State, merge};
use super::night::{alert, person};
use super::*;
use crate::domain::alert::AlertStatus;
use crate::domain::page::PageChange;
use crate::ids::IncidentId;

/// Two incidents of Tuesday at three, and who merges the first into the second.
fn merged(gone: &Night, into: &Night) -> Result<Merge, Refusal> {
    let mut gone_is = gone.incident().clone();
    gone_is.id = IncidentId(41);
    let sides = (
        Side { incident: &gone_is, known: &gone.known },
        Side { incident: into.incident(), known: &into.known },
    );
    merge(sides.0, sides.1, &person("bob"), &into.facts())
}

fn night(name: &str, severity: Severity) -> Night {
    let mut night = Night::begins("Tue 03:00");
    night.fires(name, severity);
    night
}

fn paged(decision: &Decision) -> Vec<&str> {
    let mut paged = vec![];
    for change in &decision.pages {
        if let PageChange::New(page) = change {
            paged.push(page.person.as_str());
        }
    }
    paged
}

fn survives(incident: &Incident) {
    let stored: Incident = serde_json::from_str(&serde_json::to_string(incident).unwrap()).unwrap();
    assert_eq!(stored, *incident);
}

#[test]
fn whoever_has_the_other_one_has_both() {
    let table = [
        (Severity::P2, false, Severity::P2, false, "triggered", vec![]),
        (Severity::P2, false, Severity::P2, true, "acknowledged", vec![]),
        (Severity::P2, true, Severity::P2, false, "triggered", vec![]),
        (Severity::P2, true, Severity::P2, true, "acknowledged", vec![]),
        (Severity::P3, false, Severity::P1, true, "acknowledged", vec![]),
        (Severity::P1, false, Severity::P2, true, "triggered", vec!["alice", "diana"]),
        (Severity::P1, true, Severity::P2, false, "triggered", vec!["alice", "diana"]),
        (Severity::P2, true, Severity::P4, true, "triggered", vec!["alice"]),
    ];
    for (theirs, is_theirs_acked, ours, is_ours_acked, state, pages) in table {
        let (mut gone, mut into) = (night("A", theirs), night("B", ours));
        for (night, is_acked) in [(&mut gone, is_theirs_acked), (&mut into, is_ours_acked)] {
            if is_acked {
                night.acks("alice");
            }
        }
        let case = format!("{theirs} {is_theirs_acked} into {ours} {is_ours_acked}");
        let Merge { gone: ends, kept, newer } = merged(&gone, &into).unwrap();
        assert_eq!((kept.next.state.name(), paged(&kept)), (state, pages), "{case}");
        assert_eq!(kept.next.severity(), theirs.min(ours), "{case}");
        assert_eq!((kept.next.n_firing, kept.next.n_alerts), (2, 2), "{case}");
        assert!(newer.is_empty(), "{case}");
        assert_eq!(ends.next.wake_at(), None, "{case}");
        assert!(ends.next.walks.is_empty() && paged(&ends).is_empty(), "{case}");
        let kinds = |decision: &Decision| {
            decision.entries.iter().filter(|entry| entry.what.kind() == "merged").count()
        };
        assert_eq!((kinds(&ends), kinds(&kept)), (1, 1), "{case}");
        assert!(
            kept.next.state == into.incident().state || kept.next.epoch > into.incident().epoch,
            "{case}"
        );
        survives(&ends.next);
        survives(&kept.next);
        let refused =
            super::super::decide(&ends.next, Command::Acknowledge { by: person("bob") }, &into.facts());
        assert!(matches!(refused, Err(Refusal::Merged { into: IncidentId(42), .. })), "{case}: {refused:?}");
    }
}

#[test]
fn a_humans_word_about_either_still_counts() {
    // Lowered by a human, it raises nothing.
    let (mut gone, into) = (night("A", Severity::P1), night("B", Severity::P2));
    gone.sets("alice", Severity::P3);
    assert_eq!(merged(&gone, &into).unwrap().kept.next.severity(), Severity::P2);
    // Raised by a human, it raises the other, in that human's name.
    let (mut gone, into) = (night("A", Severity::P3), night("B", Severity::P2));
    gone.sets("alice", Severity::P1);
    let kept = merged(&gone, &into).unwrap().kept.next;
    assert_eq!(kept.severity(), Severity::P1);
    assert_eq!(kept.severity_override.map(|human| human.by), Some(person("alice")));
    // What a human has lowered rises no further than the other one is bad, whatever the rules say of what that human saw.
    let (gone, mut into) = (night("A", Severity::P2), night("B", Severity::P1));
    into.sets("alice", Severity::P3);
    assert_eq!(merged(&gone, &into).unwrap().kept.next.severity(), Severity::P2);
    // And what the rules say of the other one is worse than what that human saw.
    let (gone, mut into) = (night("A", Severity::P1), night("B", Severity::P2));
    into.sets("alice", Severity::P3);
    let kept = merged(&gone, &into).unwrap().kept.next;
    assert_eq!((kept.severity(), kept.assessment.severity), (Severity::P1, Severity::P1));
}

#[test]
fn of_an_alert_that_both_have_the_latest_word_counts() {
    let mut gone = night("A", Severity::P2);
    let mut into = night("A", Severity::P2);
    gone.fires("B", Severity::P2).until("03:05").resolves("A");
    into.until("03:05");
    let kept = merged(&gone, &into).unwrap();
    assert_eq!((kept.kept.next.n_firing, kept.kept.next.n_alerts), (1, 2), "its end is known now");
    assert_eq!(kept.newer, [("main".into(), "A".into())]);
    let other_way = merged(&into, &gone).unwrap();
    assert_eq!((other_way.kept.next.n_firing, other_way.newer.len()), (1, 0));
}

#[test]
fn what_goes_into_something_clear_ends_the_quiet_or_begins_it_anew() {
    let clear = |acker: Option<&str>| {
        let mut night = night("B", Severity::P2);
        acker.map(|who| night.acks(who));
        night.resolves("B").until("03:05");
        night
    };
    let mut firing = night("A", Severity::P2);
    firing.until("03:05");
    for (acker, state, pages) in [
        (None, "triggered", vec![]),
        (Some("alice"), "acknowledged", vec!["alice"]),
        // Whoever merges knows.
        (Some("bob"), "acknowledged", vec![]),
    ] {
        let kept = merged(&firing, &clear(acker)).unwrap().kept;
        assert_eq!((kept.next.state.name(), paged(&kept)), (state, pages), "{acker:?}");
    }
    firing.acks("charlie");
    let kept = merged(&firing, &clear(Some("alice"))).unwrap().kept;
    assert!(paged(&kept).is_empty(), "charlie is at work");
    firing.resolves("A");
    let into = clear(Some("alice"));
    let kept = merged(&firing, &into).unwrap().kept.next;
    let State::Monitoring { resolves_at, .. } = kept.state else { panic!("{:?}", kept.state) };
    assert_eq!(resolves_at, Some(into.now + chrono::Duration::minutes(10)));
    firing.keeps_open("charlie");
    let kept = merged(&firing, &into).unwrap().kept.next;
    assert!(matches!(kept.state, State::Monitoring { resolves_at: None, .. }) && kept.kept_open);
}

#[test]
fn what_is_over_or_the_same_does_not_merge() {
    let (mut gone, mut into) = (night("A", Severity::P2), night("B", Severity::P2));
    let itself = Side { incident: into.incident(), known: &into.known };
    assert_eq!(
        merge(itself, itself, &person("bob"), &into.facts()),
        Err(Refusal::IntoItself { id: IncidentId(42) })
    );
    gone.ends("alice", WhileFiring::Resolve);
    assert!(matches!(merged(&gone, &into), Err(Refusal::Ended { id: IncidentId(41), .. })));
    into.ends("alice", WhileFiring::Resolve);
    let open = night("C", Severity::P2);
    assert!(matches!(merged(&open, &into), Err(Refusal::Ended { id: IncidentId(42), .. })));
}

#[test]
fn the_same_fingerprint_of_two_sources_is_two_alerts() {
    let (gone, mut into) = (night("A", Severity::P2), Night::begins("Tue 03:00"));
    let mut report = alert("A", Severity::P2);
    report.source = "eu".into();
    report.alert.starts_at = into.now;
    into.delivers(vec![report], 0);
    let kept = merged(&gone, &into).unwrap();
    assert_eq!((kept.kept.next.n_firing, kept.newer.len()), (2, 0));
    let mut end = gone.end_of("A");
    end.alert.status = AlertStatus::Resolved;
    assert_eq!(gone.known.of(&end).map(|known| known.status), Some(AlertStatus::Firing));
    assert_eq!(into.known.of(&end), None);
}

#[test]
fn a_merge_in_a_few_lines() {
    let (gone, mut into) = (night("A", Severity::P1), night("B", Severity::P3));
    into.so_far();
    let decision = merged(&gone, &into).unwrap();
    let lines = transcript::lines_of(&into, Some(into.incident()), &decision.kept);
    assert_snapshot!(lines.join("\n"), @r"
    took in INC-41: 2 fire
    P3 -> P1 by merged
    page alice slack (round 1 step 1)
    page diana slack (round 1 step 1, commander)
    open channel
    ");
    let lines = transcript::lines_of(&gone, Some(gone.incident()), &decision.gone);
    assert_snapshot!(lines.join("\n"), @r"
    merged into INC-42 by bob
    no longer page alice, diana
    -> closed
    ");
}

/// All that fires is silenced for so many minutes, as a poll says.
fn silenced(mut night: Night, minutes: i64) -> Night {
    night.hears_silenced(night.incident().n_firing, minutes);
    assert!(night.incident().muted().is_some());
    night
}

#[test]
fn nobody_is_woken_by_a_merge_while_all_is_silenced() {
    for (theirs, ours) in [(Severity::P2, Severity::P2), (Severity::P1, Severity::P2)] {
        let (gone, into) = (silenced(night("A", theirs), 30), silenced(night("B", ours), 60));
        let Merge { gone: ends, kept, .. } = merged(&gone, &into).unwrap();
        assert!(ends.next.silenced.is_empty() && ends.next.muted_since.is_none());
        assert_eq!(ends.next.wake_at(), None);
        let muted = kept.next.muted().expect("both were");
        assert_eq!(muted.until, gone.incident().muted().unwrap().until, "the first of them to end");
        assert!(kept.next.stands_still() && kept.next.severity() == theirs.min(ours));
        // Whoever is paged anew waits in the outbox until something is heard again.
        assert!(kept.next.walks_going_on().next().is_none());
        survives(&kept.next);
    }
}

#[test]
fn what_is_heard_in_one_of_them_is_heard_in_both() {
    let (gone, into) = (night("A", Severity::P2), silenced(night("B", Severity::P2), 60));
    let kept = merged(&gone, &into).unwrap().kept;
    assert!(kept.next.muted().is_none() && !kept.next.stands_still());
    assert!(kept.next.wake_at().is_some(), "the ladder goes on");
    let kept = merged(&into, &gone).unwrap().kept;
    assert!(kept.next.muted().is_none());
    assert_eq!(kept.next.ladders, gone.incident().ladders, "and never stood still");
}

#[test]
fn an_alert_that_both_have_is_silenced_once() {
    let gone = silenced(night("A", Severity::P2), 60);
    let mut into = night("A", Severity::P2);
    into.fires("B", Severity::P2).hears_silenced(1, 60);
    let kept = merged(&gone, &into).unwrap().kept;
    assert_eq!(
        (kept.next.n_firing, kept.next.silenced.values().map(|silenced| silenced.n).sum::<u32>()),
        (2, 1)
    );
    assert!(kept.next.muted().is_none(), "one of the two is heard");
}

#[test]
fn silences_of_both_are_told_apart() {
    let (mut gone, mut into) = (night("A", Severity::P2), night("B", Severity::P2));
    gone.silences("alice", 60);
    into.fires("C", Severity::P2).silences("bob", 30);
    let Merge { gone: ends, kept, .. } = merged(&gone, &into).unwrap();
    assert!(ends.next.silences.is_empty());
    let ours: Vec<(u32, String, u32)> = kept
        .next
        .silences
        .iter()
        .map(|silence| (silence.n, silence.by.to_string(), silence.n_firing))
        .collect();
    assert_eq!(ours, [(1, "bob".to_owned(), 2), (2, "alice".to_owned(), 1)]);
    assert_eq!(kept.next.n_silences, 2);
    assert!(kept.next.muted().is_some());
}

#[test]
fn the_later_word_about_an_alert_counts() {
    let told = |end: bool, inferred: bool, minutes: i64| {
        let mut night = night("A", Severity::P2);
        night.until(&format!("03:{minutes:02}"));
        if end {
            let mut over = night.end_of("A");
            over.inferred = inferred;
            night.delivers(vec![over], 0);
        }
        night
    };
    // An end that was told outdoes everything about the same firing, one that was inferred only what was said before it.
    let table = [
        ((true, false, 1), (false, false, 0), 0),
        ((false, false, 0), (true, false, 1), 0),
        ((true, true, 5), (false, false, 0), 0),
        ((false, false, 0), (true, true, 5), 0),
    ];
    for ((end, inferred, at), (other_end, other_inferred, other_at), n_firing) in table {
        let (gone, into) = (told(end, inferred, at), told(other_end, other_inferred, other_at));
        let kept = merged(&gone, &into).unwrap().kept;
        assert_eq!(
            kept.next.n_firing, n_firing,
            "{end} {inferred} {at} into {other_end} {other_inferred} {other_at}"
        );
    }
    // And what is told to fire after that fires.
    let mut later = Night::begins("Tue 03:10");
    let mut report = alert("A", Severity::P2);
    report.alert.starts_at = night("A", Severity::P2).now;
    later.delivers(vec![report], 0);
    for (gone, into) in [(&later, &told(true, true, 5)), (&told(true, true, 5), &later)] {
        assert_eq!(merged(gone, into).unwrap().kept.next.n_firing, 1);
    }
}
