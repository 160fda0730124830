//! Answers to one person, and lines that say one thing.

use super::kit::{self, Look, actions, choice, context, section};
use super::links;
use crate::adapters::slack::Message;
use crate::commands::buttons::Button;
use crate::domain::effect::Choice;
use crate::domain::incident::State;
use crate::ports::View;
use crate::words::mrkdwn;

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

/// The question whether somebody is at work, with the two answers.
pub fn nudge(view: &View, sentence: &str) -> Message {
    let incident = &view.incident;
    let answers = actions([
        kit::ask(Button::StillOn, incident, Look::Primary),
        kit::ask(Button::Escalate, incident, Look::Plain),
    ]);
    let answers = answers.filter(|_| matches!(incident.state, State::Acknowledged(_)));
    kit::message(sentence, section(sentence).into_iter().chain(answers))
}

/// That an incident is part of another one now, and the way there.
pub fn goes_on(view: &View, sentence: &str) -> Message {
    let channel = view.goes_on.as_ref().and_then(|goes_on| goes_on.channel.as_ref());
    let channel = channel.map(|channel| format!(" · {}", mrkdwn::channel(&channel.id)));
    let text = format!("{sentence}{}", channel.unwrap_or_default());
    let there = links::goes_on(view).and_then(|link| actions([Some(kit::link(&link))]));
    kit::message(&text, section(&text).into_iter().chain(there))
}

/// One event of the timeline, in small print.
pub fn said(text: &str) -> Message {
    kit::message(text, context(text))
}
