//! What the responder is asked when an incident is over: one tap each, one answer per person and question, and an answer may
//! change.

use serde::{Deserialize, Serialize};

use super::timeline::What;
use super::turn::Turn;
use super::{Ack, Actor, Incident, talk};
use crate::domain::effect::Effect;
use crate::domain::postmortem::{Answer, Question};
use crate::domain::severity::Severity;

/// What somebody answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// What was asked.
    pub question: Question,
    /// What they say.
    pub answer: Answer,
    /// Who.
    pub by: Actor,
    /// The event of it.
    pub seq: i64,
}

impl Incident {
    /// What can be asked about it: about its runbook if it has one, and about the page if anybody was paged.
    pub fn questions(&self) -> Vec<Question> {
        let runbook = self.runbook.is_some().then_some(Question::RunbookHelped);
        let page = (!self.paged.is_empty()).then_some(Question::PageNeeded);
        runbook.into_iter().chain(page).collect()
    }

    /// What somebody answered to a question.
    pub fn answer_of(&self, who: &Actor, question: Question) -> Option<Answer> {
        let is_theirs = |given: &&Given| given.by == *who && given.question == question;
        self.feedback.iter().find(is_theirs).map(|given| given.answer)
    }
}

/// It is over: whoever had it, or else resolved it, is asked, unless nobody did or they have answered already.
pub(super) fn ask(turn: &mut Turn<'_>, acked: Option<Ack>, resolved_by: &Actor) {
    let acked = acked.or_else(|| turn.next.first_ack.clone());
    let who = acked.map_or_else(|| resolved_by.clone(), |ack| ack.by);
    if !matches!(who, Actor::Person(_) | Actor::Slack(_)) {
        return;
    }
    let has_place = turn.next.room.channel_wanted || turn.next.severity() != Severity::P4;
    let is_open = |question: &Question| turn.next.answer_of(&who, *question).is_none();
    if has_place && turn.next.questions().iter().any(is_open) {
        turn.next.feedback_from = Some(who);
        turn.effects.push(Effect::AskFeedback { place: turn.next.place() });
    }
}

/// Somebody answers. The same once more changes nothing.
pub(super) fn give(turn: &mut Turn<'_>, question: Question, answer: Answer) {
    let by = turn.actor.clone();
    if turn.next.answer_of(&by, question) == Some(answer) {
        return;
    }
    turn.record(What::RunbookFeedback { question, answer });
    let seq = turn.next.n_events;
    turn.next.feedback.retain(|given| !(given.by == by && given.question == question));
    turn.next.feedback.push(Given { question, answer, by, seq });
    talk::redraft(turn);
}
