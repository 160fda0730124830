//! The umbrella and what is under it, decision by decision.

use super::super::command::{Command, Delivery};
use super::super::storm::{Gathered, Member, Sight, Wait, open_storm};
use super::super::{Actor, Decision, Incident, Refusal, Side, decide, merge, open, takes_storm};
use super::night::{Night, alert, person};
use super::*;
use crate::domain::effect::Effect;
use crate::domain::incident::child::KnownChildren;
use crate::domain::incident::command::{Facts, WhileFiring};
use crate::domain::incident::timeline::What;
use crate::domain::page::PageChange;
use crate::ids::IncidentId;

const UMBRELLA: IncidentId = IncidentId(11);

fn member(n: i64, service: &str, is_open: bool) -> Member {
    Member {
        id: IncidentId(n),
        service: service.to_owned(),
        is_open,
        wait: if is_open { Wait::Yes } else { Wait::No },
    }
}

/// An umbrella of this severity that stands for one incident.
fn umbrella(night: &Night, severity: Severity) -> Incident {
    let joined = [member(10, "ledger", true)];
    open_storm(UMBRELLA, &"platform".into(), severity, &joined, &night.facts()).next
}

/// An incident that joins it.
fn child(night: &Night, severity: Severity) -> Decision {
    let mut opening = night.opening_of(vec![alert("A", severity)], 0);
    opening.umbrella = Some(UMBRELLA);
    open(IncidentId(42), opening, &night.facts())
}

fn under(night: &Night, umbrella: Option<Severity>) -> Facts<'_> {
    Facts { umbrella, ..night.facts() }
}

fn n_pages(decision: &Decision) -> usize {
    decision.pages.iter().filter(|change| matches!(change, PageChange::New(_))).count()
}

fn fires(night: &Night, name: &str, severity: Severity) -> Command {
    let mut report = alert(name, severity);
    report.alert.starts_at = night.now + chrono::Duration::minutes(1);
    let mut delivery: Delivery = night.delivery_of(vec![report], 0);
    delivery.known = KnownChildren::default();
    Command::Deliver(Box::new(delivery))
}

#[test]
fn what_is_under_an_umbrella_pages_nobody_and_is_said_nowhere() {
    let night = Night::begins("Tue 03:00");
    let decision = child(&night, Severity::P2);
    assert!(decision.pages.is_empty() && decision.effects.is_empty(), "{:?}", decision.effects);
    let child = decision.next;
    assert!(child.ladders.is_empty() && !child.room.channel_wanted);
    assert_eq!(
        child.ack_due,
        Some(night.now + chrono::Duration::minutes(15)),
        "how long it waits is measured"
    );
    assert_eq!(child.wake_at(), child.ack_due);
    // More of the same, an acknowledgement, the end, and back again.
    let facts = under(&night, Some(Severity::P2));
    let mut now = child;
    for command in [
        fires(&night, "B", Severity::P2),
        Command::Acknowledge { by: person("alice") },
        Command::Resolve { by: person("alice"), summary: None, while_firing: WhileFiring::Resolve },
        Command::Reopen { by: person("alice") },
    ] {
        let decision = decide(&now, command, &facts).unwrap();
        assert!(decision.pages.is_empty() && decision.effects.is_empty(), "{:?}", decision.effects);
        now = decision.next;
    }
    assert_eq!((now.state.name(), now.umbrella), ("triggered", Some(UMBRELLA)));
}

#[test]
fn that_nobody_took_it_in_time_is_written_down_and_sends_nothing() {
    let mut night = Night::begins("Tue 03:00");
    let waits = child(&night, Severity::P2).next;
    night.now += chrono::Duration::minutes(15);
    let decision = decide(&waits, Command::Wake, &under(&night, Some(Severity::P2))).unwrap();
    let kinds: Vec<&str> = decision.entries.iter().map(|entry| entry.what.kind()).collect();
    assert_eq!((kinds, decision.next.ack_target_missed), (vec!["ack_target_missed"], true));
    assert!(decision.pages.is_empty() && decision.effects.is_empty(), "{:?}", decision.effects);
    assert_eq!(Member::from(&decision.next).wait, Wait::TooLong);
    // At night what is for business hours is not late.
    let p3 = child(&Night::begins("Tue 03:00"), Severity::P3).next;
    assert_eq!(p3.ack_due, Some(night.now - chrono::Duration::minutes(15) + chrono::Duration::hours(7)));
}

/// An umbrella that somebody has taken, and one more incident.
fn taken_and_joined(night: &Night, by: Actor) -> Incident {
    let taken = decide(&umbrella(night, Severity::P2), Command::Acknowledge { by }, &night.facts()).unwrap();
    let gathered = Gathered { joined: vec![member(12, "", true)], ..Gathered::default() };
    decide(&taken.next, Command::StormGrew(gathered), &night.facts()).unwrap().next
}

#[test]
fn whoever_took_it_is_asked_about_what_joins_five_minutes_later() {
    let mut night = Night::begins("Tue 03:00");
    let began = night.now;
    let asked = taken_and_joined(&night, person("alice"));
    assert_eq!(asked.back_due, Some(began + chrono::Duration::minutes(20)), "five, and the ack target");
    night.now += chrono::Duration::minutes(5);
    let sight = |wait| {
        let members = vec![member(10, "ledger", false), Member { wait, ..member(12, "", true) }];
        Command::StormSeen(Sight { members, ends_at: Some(began + chrono::Duration::minutes(30)) })
    };
    let told = decide(&asked, sight(Wait::Yes), &night.facts()).unwrap();
    assert_eq!((n_pages(&told), told.next.state.name()), (1, "acknowledged"));
    // It ended in time, or somebody took it by itself: nobody is woken.
    let none = decide(&asked, sight(Wait::No), &night.facts()).unwrap();
    assert_eq!((n_pages(&none), none.next.back_due), (0, None));
    // Nobody answers.
    night.now += chrono::Duration::minutes(15);
    let again = decide(&told.next, sight(Wait::TooLong), &night.facts()).unwrap();
    assert_eq!((again.next.state.name(), again.next.paged.last()), ("triggered", Some(&"bob".into())));
    // Somebody does.
    let answer = decide(&told.next, Command::Acknowledge { by: person("bob") }, &night.facts()).unwrap();
    assert_eq!(takes_storm(&told.next, &answer), Some(person("bob")));
    assert_eq!((answer.next.back_due, answer.next.storm.unwrap().n_waiting), (None, 0));
}

#[test]
fn when_there_is_nobody_to_ask_the_ladder_goes_on_in_five_minutes() {
    let mut night = Night::begins("Tue 03:00");
    let began = night.now;
    let asked = taken_and_joined(&night, Actor::Token("ci".to_owned()));
    assert_eq!(asked.back_due, Some(night.now + chrono::Duration::minutes(5)));
    night.now += chrono::Duration::minutes(5);
    let sight = |wait| {
        let members = vec![Member { wait, ..member(12, "", true) }];
        Command::StormSeen(Sight { members, ends_at: Some(began + chrono::Duration::minutes(30)) })
    };
    let goes_on = decide(&asked, sight(Wait::Yes), &night.facts()).unwrap();
    assert_eq!((goes_on.next.state.name(), n_pages(&goes_on)), ("triggered", 1));
    let stays = decide(&asked, sight(Wait::No), &night.facts()).unwrap();
    assert_eq!((stays.next.state.name(), stays.next.back_due), ("acknowledged", None));
}

#[test]
fn it_leaves_when_it_is_worse_than_the_umbrella_or_that_is_over() {
    let night = Night::begins("Tue 03:00");
    let p3 = child(&night, Severity::P3).next;
    let stays = |severity, umbrella| {
        let decision = decide(&p3, fires(&night, "B", severity), &under(&night, umbrella)).unwrap();
        (decision.next.umbrella.is_some(), n_pages(&decision))
    };
    assert_eq!(stays(Severity::P3, Some(Severity::P3)), (true, 0));
    assert_eq!(stays(Severity::P2, Some(Severity::P2)), (true, 0), "no worse than the umbrella");
    assert_eq!(stays(Severity::P2, Some(Severity::P3)), (false, 1));
    assert!(!stays(Severity::P1, Some(Severity::P1)).0, "a P1 always pages by itself");
    assert!(stays(Severity::P1, Some(Severity::P1)).1 > 0);
    assert_eq!(stays(Severity::P2, None), (false, 1), "nobody answers for it");
    // A human says so too.
    let says = Command::SetSeverity { by: person("alice"), to: Severity::P2, reason: None, saw: None };
    let decision = decide(&p3, says.clone(), &under(&night, Some(Severity::P3))).unwrap();
    assert_eq!((decision.next.umbrella, n_pages(&decision)), (None, 1));
    assert!(decision.effects.contains(&Effect::Announce));
    let decision = decide(&p3, says, &under(&night, Some(Severity::P2))).unwrap();
    assert_eq!((decision.next.umbrella, n_pages(&decision)), (Some(UMBRELLA), 0));
    // Or wants people.
    let wants = Command::Escalate { by: person("alice"), to: None };
    let p2 = child(&night, Severity::P2).next;
    let decision = decide(&p2, wants, &under(&night, Some(Severity::P2))).unwrap();
    assert_eq!((decision.next.umbrella, n_pages(&decision)), (None, 1));
}

#[test]
fn the_umbrella_pages_once_however_many_join() {
    let night = Night::begins("Tue 03:00");
    let mut umbrella = umbrella(&night, Severity::P2);
    assert_eq!((umbrella.title.as_str(), umbrella.walks.len()), ("Storm on platform: 1 incident", 1));
    for n in 12..50 {
        let gathered = Gathered { joined: vec![member(n, "", true)], ..Gathered::default() };
        let decision = decide(&umbrella, Command::StormGrew(gathered), &night.facts()).unwrap();
        assert!(decision.pages.is_empty());
        umbrella = decision.next;
    }
    assert_eq!((umbrella.title.as_str(), umbrella.n_firing), ("Storm on platform: 39 incidents", 39));
}

#[test]
fn what_is_worse_raises_the_umbrella_and_its_own_page_tells_of_it() {
    let night = Night::begins("Tue 10:00");
    let gathered = || Gathered { above: Some((Severity::P2, IncidentId(60))), ..Gathered::default() };
    let by_day = umbrella(&night, Severity::P3);
    assert_eq!(by_day.walks.len(), 1);
    let decision = decide(&by_day, Command::StormGrew(gathered()), &night.facts()).unwrap();
    assert_eq!((decision.next.severity(), n_pages(&decision)), (Severity::P2, 0));
    assert!(decision.next.ladders.iter().all(|ladder| ladder.policy.as_str() == "default"));
    // At night nobody was paged, so somebody is now.
    let night = Night::begins("Tue 03:00");
    let waits = umbrella(&night, Severity::P3);
    assert_eq!(waits.walks.len(), 0);
    let decision = decide(&waits, Command::StormGrew(gathered()), &night.facts()).unwrap();
    assert_eq!((decision.next.severity(), n_pages(&decision)), (Severity::P2, 1));
}

#[test]
fn it_ends_with_the_storm_and_the_last_that_is_open() {
    let mut night = Night::begins("Tue 03:00");
    let umbrella = umbrella(&night, Severity::P2);
    night.now += chrono::Duration::minutes(7);
    let sight = |members: Vec<Member>, ends_at| Command::StormSeen(Sight { members, ends_at });
    let ends_at = Some(night.now + chrono::Duration::seconds(10));
    let rages = decide(&umbrella, sight(vec![member(10, "ledger", false)], ends_at), &night.facts()).unwrap();
    assert!(rages.next.state.is_open(), "more may come");
    assert_eq!(rages.next.storm.as_ref().map(|storm| Some(storm.look_at)), Some(ends_at));
    let members = vec![member(10, "ledger", false), member(12, "mail", true)];
    let over = decide(&rages.next, sight(members, None), &night.facts()).unwrap();
    assert!(
        over.entries.iter().any(|entry| matches!(entry.what, What::StormOver { n_all: 2, n_open: 1, .. }))
    );
    assert_eq!((over.next.state.name(), over.next.n_firing), ("triggered", 1));
    let members = vec![member(10, "ledger", false), member(12, "mail", false)];
    let kept = decide(&over.next, Command::KeepOpen { by: person("alice") }, &night.facts()).unwrap().next;
    let kept = decide(&kept, sight(members.clone(), None), &night.facts()).unwrap().next;
    assert!(kept.state.is_open(), "somebody wants it open");
    let ended = decide(&over.next, sight(members, None), &night.facts()).unwrap();
    assert_eq!(ended.next.state.name(), "resolved");
    assert!(!ended.entries.iter().any(|entry| matches!(entry.what, What::StormOver { .. })), "told once");
}

#[test]
fn an_umbrella_is_not_merged_and_what_joins_a_child_has_it_page() {
    let night = Night::begins("Tue 03:00");
    let known = KnownChildren::default();
    let umbrella = umbrella(&night, Severity::P2);
    let child = child(&night, Severity::P2).next;
    let other =
        open(IncidentId(50), night.opening_of(vec![alert("B", Severity::P2)], 0), &night.facts()).next;
    let side = |incident| Side { incident, known: &known };
    let (by, facts) = (person("bob"), under(&night, Some(Severity::P2)));
    for sides in [(&umbrella, &other), (&other, &umbrella)] {
        let refused = merge(side(sides.0), side(sides.1), &by, &facts).unwrap_err();
        assert_eq!(refused, Refusal::Storm { id: UMBRELLA });
    }
    let merged = merge(side(&other), side(&child), &by, &facts).unwrap();
    assert_eq!((merged.kept.next.umbrella, n_pages(&merged.kept)), (None, 1));
}
