//! Who is asked how it went, about what, and what becomes of the answers.

use super::super::command::{Command, WhileFiring};
use super::super::{Actor, RunbookRef};
use super::night::person;
use super::*;
use crate::domain::effect::{Effect, Place};
use crate::domain::postmortem::{Answer, Question};

/// Whom the resolve by hand asks, and where; `None` when nobody is.
fn asked(night: &mut Night, by: &str) -> Option<(Actor, Place)> {
    let resolve = Command::Resolve { by: person(by), summary: None, while_firing: WhileFiring::Resolve };
    let decision = night.tries(resolve).unwrap();
    let place = decision.effects.iter().find_map(|effect| match effect {
        Effect::AskFeedback { place } => Some(*place),
        _ => None,
    });
    decision.next.feedback_from.zip(place)
}

fn answers(night: &mut Night, who: &str, question: Question, answer: Answer) {
    night.does(Command::GiveFeedback { by: person(who), question, answer });
}

#[test]
fn whoever_had_it_is_asked_else_whoever_ended_it() {
    let mut night = Night::of(Severity::P2);
    assert_eq!(asked(&mut night, "charlie"), Some((person("charlie"), Place::Channel)));
    night.acks("bob");
    assert_eq!(asked(&mut night, "charlie"), Some((person("bob"), Place::Channel)));
    // Whoever had it when it was given back had it first.
    night.escalates("bob");
    assert_eq!(asked(&mut night, "charlie"), Some((person("bob"), Place::Channel)));
    let mut night = Night::begins("Tue 10:00");
    night.fires("A", Severity::P3).acks("alice");
    assert_eq!(asked(&mut night, "alice"), Some((person("alice"), Place::Thread)));
    let mut night = Night::of(Severity::P4);
    assert_eq!(asked(&mut night, "alice"), None, "there is neither a page to ask about nor a place to ask");
}

#[test]
fn what_cannot_be_asked_is_not() {
    let mut night = Night::of(Severity::P2);
    night.acks("bob");
    assert_eq!(night.incident().questions(), [Question::PageNeeded]);
    night.incident.as_mut().unwrap().runbook = Some(RunbookRef::Link("https://wiki.example".to_owned()));
    assert_eq!(night.incident().questions(), [Question::RunbookHelped, Question::PageNeeded]);
    night.ends("bob", WhileFiring::Resolve);
    for question in [Question::RunbookHelped, Question::PageNeeded] {
        answers(&mut night, "bob", question, Answer::Yes);
    }
    night.reopens("alice").acks("bob");
    assert_eq!(asked(&mut night, "bob"), None, "there is nothing left to ask");
}

#[test]
fn everybody_has_one_answer_which_may_change() {
    let mut night = Night::of(Severity::P2);
    night.acks("bob").ends("bob", WhileFiring::Resolve).so_far();
    for answer in [Answer::No, Answer::No, Answer::Yes] {
        answers(&mut night, "bob", Question::PageNeeded, answer);
    }
    answers(&mut night, "alice", Question::PageNeeded, Answer::No);
    let given: Vec<String> =
        night.incident().feedback.iter().map(|given| format!("{} {:?}", given.by, given.answer)).collect();
    assert_eq!(given, ["bob Yes", "alice No"]);
    insta::assert_snapshot!(night.transcript(), @r"
    Tue 03:00 bob says No to PageNeeded
    Tue 03:00 bob says Yes to PageNeeded
    Tue 03:00 alice says No to PageNeeded
    ");
}
