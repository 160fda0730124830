//! Answers to one person, and lines that say one thing.

use super::kit::{self, Look, actions, choice, context, section};
use crate::adapters::slack::Message;
use crate::commands::buttons::Button;
use crate::domain::effect::Choice;
use crate::ports::View;

/// An answer with the choices it leaves.
pub fn answer(text: &str, choices: &[Choice]) -> Message {
    let buttons = choices.iter().map(|one| choice(&one.label, &one.action, &one.value));
    let blocks = section(text).into_iter().chain(actions(buttons));
    kit::message(text, blocks)
}

/// One line that people should not overlook.
pub fn one_line(text: &str) -> Message {
    kit::message(text, section(text))
}

/// The question to whoever resolved an incident whose alerts still fire, with the way back.
pub fn still_firing(view: &View, who: &str, sentence: &str) -> Message {
    let text = format!("{who}: {sentence}");
    let again = actions([kit::ask(Button::Reopen, &view.incident, Look::Plain)]);
    let buttons = again.filter(|_| !view.incident.state.is_open());
    kit::message(&text, section(&text).into_iter().chain(buttons))
}

/// One event of the timeline, in small print.
pub fn said(text: &str) -> Message {
    kit::message(text, context(text))
}
