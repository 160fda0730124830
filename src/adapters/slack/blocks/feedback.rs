//! The questions to whoever had an incident that is over. A question turns into its answer.

use super::SlackBlock;
use super::kit::{self, actions, choice, context, section};
use crate::adapters::slack::Message;
use crate::commands::buttons::{feedback_action, value};
use crate::domain::postmortem::{Answer, Question};
use crate::ports::View;
use crate::words::feedback as words;

/// The questions as they should look now.
pub fn feedback(view: &View) -> Message {
    let text = words::notification(view);
    let questions = view.incident.questions();
    let blocks = questions.into_iter().flat_map(|question| one(view, question));
    kit::message(&text, section(&text).into_iter().chain(blocks))
}

fn one(view: &View, question: Question) -> Vec<SlackBlock> {
    let incident = &view.incident;
    let button = |label: &str, answer: Answer| {
        choice(label, &feedback_action(question, answer), &value(incident.id, incident.epoch))
    };
    let given = incident.feedback_from.as_ref().and_then(|who| incident.answer_of(who, question));
    let mut blocks: Vec<SlackBlock> = vec![];
    if given.is_none() {
        blocks.extend(section(words::question(question)));
    }
    blocks.extend(words::answers(view, question).iter().filter_map(|line| context(line)));
    blocks.extend(match given {
        None => actions([Answer::Yes, Answer::No].map(|answer| button(words::button(answer), answer))),
        Some(given) => {
            let other = given.other();
            actions([button(words::change(question, other), other)])
        }
    });
    blocks
}
