//! Telephones that ring for nothing any more.

use super::super::command::{Command, Facts, WhileFiring};
use super::super::timeline::Origin;
use super::super::{Actor, Decision, decide};
use super::*;
use crate::domain::effect::Effect;
use crate::domain::people::ContactMethod::{Slack, Voice};

/// Alice and Diana, who commands, have a telephone and nothing else.
fn rings(severity: Severity) -> Night {
    let mut night = Night::begins("Tue 03:00");
    for person in ["alice", "diana"] {
        let person = night.house.people.get_mut(&person.into()).unwrap();
        (person.phone, person.contact) = (Some("+33600000001".to_owned()), vec![Voice]);
    }
    night.fires("A", severity);
    night
}

fn hung_up(decision: &Decision) -> Vec<String> {
    let calls = decision.effects.iter().filter_map(|effect| match effect {
        Effect::HangUp { page } => Some(page.to_string()),
        _ => None,
    });
    calls.collect()
}

fn by(who: &str) -> Command {
    Command::Acknowledge { by: Actor::Person(who.into()) }
}

#[test]
fn an_acknowledgement_and_the_end_hang_up_and_nothing_else_does() {
    let mut night = rings(Severity::P2);
    let hers = night.ledger[0].id.to_string();
    assert!(hers.ends_with("/alice/voice"), "{hers}");
    for command in [
        by("bob"),
        by("alice"),
        Command::Acknowledge { by: Actor::Token("ci".to_owned()) },
        Command::Resolve {
            by: Actor::Person("bob".into()),
            summary: None,
            while_firing: WhileFiring::Resolve,
        },
    ] {
        assert_eq!(
            hung_up(&night.tries(command.clone()).unwrap()),
            std::slice::from_ref(&hers),
            "{command:?}"
        );
    }
    // It pages anew, and whoever answers the older call has the incident by it.
    let worse =
        Command::SetSeverity { by: Actor::Person("bob".into()), to: Severity::P1, reason: None, saw: None };
    assert_eq!(hung_up(&night.tries(worse).unwrap()), Vec::<String>::new());
    assert_eq!(hung_up(&night.tries(Command::Wake).unwrap()), Vec::<String>::new());
    // Once is enough.
    night.acks("bob");
    assert_eq!(hung_up(&night.tries(by("alice")).unwrap()), Vec::<String>::new());
}

#[test]
fn whoever_presses_a_key_hears_the_answer_and_the_commander_is_still_wanted() {
    let night = rings(Severity::P1);
    let incident = night.incident();
    let on_the_phone = Facts { origin: Origin::Voice, ..night.facts() };
    let by_key = decide(incident, by("alice"), &on_the_phone).unwrap();
    assert_eq!(hung_up(&by_key), Vec::<String>::new());
    // The P1's commander is rung until she answers herself.
    let calls = hung_up(&night.tries(by("bob")).unwrap());
    assert!(calls.len() == 1 && calls[0].ends_with("/alice/voice"), "{calls:?}");
}

#[test]
fn a_call_that_was_taken_after_the_answer_is_ended_and_a_message_is_not() {
    for (method, n_calls) in [(Voice, 1), (Slack, 0)] {
        let mut night = rings(Severity::P2);
        night.acks("bob");
        let mut page = night.ledger[0].clone();
        page.method = method;
        let taken = Command::PageAccepted { page: Box::new(page), sent_at: night.now, provider_id: None };
        assert_eq!(hung_up(&night.tries(taken).unwrap()).len(), n_calls, "{method}");
    }
}
