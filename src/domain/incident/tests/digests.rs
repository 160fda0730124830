//! What waits for the working day goes out in one digest for each person; nothing else does.

use super::*;
use crate::domain::effect::Effect;
use crate::domain::page::Page;

fn openings(night: &Night) -> Vec<(String, bool)> {
    let row =
        |page: &Page| (format!("{} {} {}", page.person, page.method, page.round), page.opening.is_some());
    night.ledger.iter().map(row).collect()
}

#[test]
fn a_page_that_waited_for_the_opening_goes_out_in_its_digest() {
    let mut night = Night::of(Severity::P3);
    assert!(night.ledger.is_empty());
    night.until("09:20");
    let nine = night.ledger[0].due;
    assert_eq!(openings(&night), [("alice slack 1".to_owned(), true), ("alice webhook 1".to_owned(), true)]);
    assert!(night.ledger.iter().all(|page| page.opening == Some(nine)));
    // The next round is an ordinary one.
    night.until("10:00");
    assert_eq!(openings(&night).last(), Some(&("alice slack 2".to_owned(), false)));
    let after =
        night.tries(super::super::command::Command::Acknowledge { by: night::person("alice") }).unwrap();
    let digest = crate::domain::page::Digest { person: "alice".into(), opening: nine };
    assert!(after.effects.contains(&Effect::RefreshDigest { digest }), "{:?}", after.effects);
}

#[test]
fn what_the_bot_slept_through_is_a_digest_of_the_opening_it_waited_for() {
    let mut night = Night::of(Severity::P3);
    night.sleeps_until("11:00");
    let page = &night.ledger[0];
    assert_eq!(page.opening.map(|opening| (page.due - opening).num_hours()), Some(2));
}

#[test]
fn a_walk_that_closing_interrupted_goes_on_in_the_digest() {
    let mut night = Night::begins("Tue 17:50");
    night.fires("A", Severity::P3).until("Wed 09:00");
    let rows = openings(&night);
    assert_eq!(rows[0], ("alice slack 1".to_owned(), false), "{rows:?}");
    assert!(rows[1..].iter().all(|(_, in_digest)| *in_digest), "{rows:?}");
}

#[test]
fn what_pages_at_any_hour_and_what_is_asked_for_waits_for_no_digest() {
    let mut night = Night::of(Severity::P2);
    night.until("10:00");
    assert!(openings(&night).iter().all(|(_, in_digest)| !in_digest));
    let mut night = Night::of(Severity::P3);
    night.asks_for("bob", "eve").escalates("bob").until("04:00");
    assert!(openings(&night).iter().all(|(_, in_digest)| !in_digest));
}
