//! What the responder is asked at the end, and what people answered.

use super::answers::{self, Said};
use super::saying::{self, InSlack};
use super::timeline::Voice;
use crate::domain::house::House;
use crate::domain::incident::Outcome;
use crate::domain::postmortem::{Answer, Question};
use crate::ports::View;

/// The question.
pub const fn question(question: Question) -> &'static str {
    match question {
        Question::RunbookHelped => "Did the runbook help?",
        Question::PageNeeded => "Was the page needed?",
    }
}

/// What the button says that answers it.
pub const fn button(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "Yes",
        Answer::No => "No",
    }
}

/// What the button says that changes the answer to this one.
pub const fn change(question: Question, answer: Answer) -> &'static str {
    match (question, answer) {
        (Question::RunbookHelped, Answer::Yes) => "It did help",
        (Question::RunbookHelped, Answer::No) => "It did not help",
        (Question::PageNeeded, Answer::Yes) => "It was needed",
        (Question::PageNeeded, Answer::No) => "It was not needed",
    }
}

/// The answer as a statement.
pub const fn statement(question: Question, answer: Answer) -> &'static str {
    match (question, answer) {
        (Question::RunbookHelped, Answer::Yes) => "the runbook helped",
        (Question::RunbookHelped, Answer::No) => "the runbook did not help",
        (Question::PageNeeded, Answer::Yes) => "the page was needed",
        (Question::PageNeeded, Answer::No) => "the page was not needed",
    }
}

/// What everybody has answered to a question, a line each.
pub fn answers(view: &View, asked: Question) -> Vec<String> {
    let given = view.incident.feedback.iter().filter(|given| given.question == asked);
    given
        .map(|given| {
            let who = InSlack(&view.house).actor(&given.by);
            format!("{who} says that {}.", statement(asked, given.answer))
        })
        .collect()
}

/// What a locked screen shows.
pub fn notification(view: &View) -> String {
    let who = view.incident.feedback_from.as_ref();
    let who = who.map(|who| format!("{}: ", saying::actor(view, who))).unwrap_or_default();
    format!("{who}{} is over. One tap each, please.", view.incident.id)
}

/// The event, in some voice.
pub fn event(
    voice: &dyn Voice,
    who: &crate::domain::incident::Actor,
    asked: Question,
    answer: Answer,
) -> String {
    format!("{} says that {}", voice.actor(who), statement(asked, answer))
}

/// After an answer that was typed.
pub fn noted(outcome: &Outcome, house: &House) -> Said {
    answers::said(outcome, house, |_, incident| format!("Noted for {}. Thank you.", incident.id))
}

/// After a click: the question has turned into the answer, which says enough.
pub fn given(outcome: &Outcome, house: &House) -> Said {
    answers::said(outcome, house, |_, _| String::new())
}
