//! Which pages ring together, decision by decision.

use chrono::Duration;

use super::super::command::Command;
use super::super::timeline::{Origin, What};
use super::super::{Carries, Decision, Incident, Ring, carries, decide, fold, may_carry, open, rings};
use super::night::{Night, alert, person};
use super::*;
use crate::domain::effect::Effect;
use crate::domain::page::{NotTaken, Page, PageChange};
use crate::domain::people::ContactMethod;
use crate::ids::IncidentId;

fn opens(night: &Night, n: i64, severity: Severity) -> Decision {
    open(IncidentId(n), night.opening_of(vec![alert("A", severity)], 0), &night.facts())
}

fn row(decision: &Decision) -> Page {
    let new = |change: &PageChange| match change {
        PageChange::New(page) => Some((**page).clone()),
        _ => None,
    };
    decision.pages.iter().find_map(new).unwrap()
}

fn ring(decision: &Decision) -> Ring {
    rings(decision).into_iter().find(|ring| ring.person.as_str() == "alice").unwrap()
}

fn accepted(night: &Night, incident: &Incident, page: &Page) -> (Incident, Page) {
    let command =
        Command::PageAccepted { page: Box::new(page.clone()), sent_at: night.now, provider_id: None };
    let next = decide(incident, command, &night.facts()).unwrap().next;
    (next, Page { sent: Some(night.now), accepted: Some(night.now), ..page.clone() })
}

#[test]
fn a_folded_page_is_not_sent_and_is_accepted_with_the_one_that_rings() {
    let night = Night::begins("Tue 03:00");
    let first = opens(&night, 1, Severity::P2);
    let mut second = opens(&night, 2, Severity::P2);
    let (ring, into) = (ring(&second), row(&first));
    assert!(ring.folds && may_carry(&first.next, &into, &ring));
    fold(&mut second, &ring, &into, night.now, Origin::Pager);
    assert!(!second.effects.iter().any(|effect| matches!(effect, Effect::Page { .. })));
    assert!(second.entries.iter().any(|entry| matches!(entry.what, What::PageFolded { .. })));
    assert_eq!(second.entries.last().unwrap().seq, second.next.n_events);
    assert!(
        !second.pages.iter().any(|change| matches!(change, PageChange::Carried(_))),
        "nobody took it yet"
    );
    assert!(second.next.carried_by.contains(&IncidentId(1)));
    // Its walk and its ladder go on as if it had rung.
    let plain = opens(&night, 2, Severity::P2);
    assert_eq!((&second.next.ladders, second.next.wake_at()), (&plain.next.ladders, plain.next.wake_at()));
    // It was taken already when the next comes.
    let (first, into) = accepted(&night, &first.next, &into);
    let mut third = opens(&night, 3, Severity::P2);
    let ring = self::ring(&third);
    assert!(may_carry(&first, &into, &ring));
    fold(&mut third, &ring, &into, night.now, Origin::Pager);
    assert!(third.pages.iter().any(|change| matches!(change, PageChange::Carried(_))));
    assert!(third.entries.iter().any(|entry| matches!(entry.what, What::PageCarried { .. })));
}

#[test]
fn what_must_ring_by_itself_does() {
    let night = Night::begins("Tue 10:00");
    let first = opens(&night, 1, Severity::P3);
    let into = row(&first);
    assert!(!may_carry(&first.next, &into, &ring(&opens(&night, 2, Severity::P2))), "it is worse");
    assert!(may_carry(&first.next, &into, &ring(&opens(&night, 2, Severity::P3))));
    assert!(!ring(&opens(&night, 2, Severity::P1)).folds);
    let worst = opens(&night, 3, Severity::P1);
    let alices = |decision: &Decision| {
        let is_hers = |change: &PageChange| match change {
            PageChange::New(page) if page.person.as_str() == "alice" => Some((**page).clone()),
            _ => None,
        };
        decision.pages.iter().find_map(is_hers).unwrap()
    };
    assert!(may_carry(&worst.next, &alices(&worst), &ring(&opens(&night, 2, Severity::P3))));
    // Somebody whom a human asks for is rung.
    let asked = Command::Escalate { by: person("bob"), to: Some("alice".into()) };
    let asked = decide(&opens(&night, 2, Severity::P2).next, asked, &night.facts()).unwrap();
    assert!(rings(&asked).is_empty(), "no ladder asked");
}

#[test]
fn a_page_carries_only_while_it_may_still_reach_somebody() {
    let night = Night::begins("Tue 03:00");
    let first = opens(&night, 1, Severity::P2);
    let into = row(&first);
    let after = |command| decide(&first.next, command, &night.facts()).unwrap().next;
    assert_eq!(carries(&first.next, &into), Carries::OnItsWay);
    let failed = |fault| Command::PageFailed {
        page: Box::new(into.clone()),
        sent_at: night.now,
        fault,
        error: "down".to_owned(),
    };
    for gone in [
        after(failed(NotTaken::Passing)),
        after(failed(NotTaken::Refused)),
        after(failed(NotTaken::Held)),
        after(Command::Acknowledge { by: person("bob") }),
    ] {
        assert_eq!(carries(&gone, &into), Carries::Nothing);
        assert!(!may_carry(&gone, &into, &ring(&opens(&night, 2, Severity::P2))));
    }
    let (taken, into) = accepted(&night, &first.next, &into);
    assert_eq!(carries(&taken, &into), Carries::Taken);
    let acked = decide(&taken, Command::Acknowledge { by: person("bob") }, &night.facts()).unwrap().next;
    assert_eq!(carries(&acked, &into), Carries::Taken, "what it carried was told");
    assert!(!may_carry(&acked, &into, &ring(&opens(&night, 2, Severity::P2))), "and nothing more is");
}

#[test]
fn what_is_let_go_rings_unless_somebody_has_it() {
    let night = Night::begins("Tue 03:00");
    let second = opens(&night, 2, Severity::P2);
    let alone = |incident: &Incident| {
        let page = Box::new(row(&second));
        decide(incident, Command::PageAlone { page, was: IncidentId(1) }, &night.facts()).unwrap()
    };
    let let_go = alone(&second.next);
    assert!(let_go.effects.iter().any(|effect| matches!(effect, Effect::Page { repeat: 0, .. })));
    assert!(let_go.entries.iter().any(|entry| matches!(entry.what, What::PageAlone { .. })));
    let acked =
        decide(&second.next, Command::Acknowledge { by: person("bob") }, &night.facts()).unwrap().next;
    let nothing = alone(&acked);
    assert!(nothing.effects.is_empty() && nothing.pages.is_empty() && nothing.entries.is_empty());
}

#[test]
fn a_telephone_and_a_repetition_ring_with_others_once_something_was_told_in_writing() {
    let mut night = Night::begins("Tue 03:00");
    for person in night.house.people.values_mut() {
        person.phone = Some("+33600000000".to_owned());
        person.contact = vec![ContactMethod::Slack, ContactMethod::Sms];
    }
    let opened = opens(&night, 1, Severity::P2);
    let page = row(&opened);
    let (told, _) = accepted(&night, &opened.next, &page);
    night.now += Duration::minutes(3);
    let folds = |incident: &Incident| {
        let decision = decide(incident, Command::Wake, &night.facts()).unwrap();
        let ring = ring(&decision);
        (ring.method, ring.is_repeat, ring.folds)
    };
    assert_eq!(folds(&told), (ContactMethod::Sms, false, true));
    assert_eq!(folds(&opened.next), (ContactMethod::Sms, false, false), "nothing has told of it");
}
