//! Answers to one person, and lines that say one thing.

use super::kit::{self, actions, choice, context, section};
use crate::adapters::slack::Message;
use crate::domain::effect::Choice;

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

/// One event of the timeline, in small print.
pub fn said(text: &str) -> Message {
    kit::message(text, context(text))
}
