//! What people say in Slack and want on the timeline.
//!
//! The event of a message is written once and stays: who wrote it, where, when, and who put it there. Its words are not in the
//! event but beside it, because they belong to whoever wrote them: an edit replaces them and a deletion takes them away, each
//! with an event of its own that says so and repeats no words. Taking a reaction or a pin back changes nothing: somebody may
//! have read the timeline meanwhile, and whoever wrote the message can still delete it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::timeline::{What, Words};
use super::turn::Turn;
use super::{Actor, Message, Review};
use crate::domain::effect::Effect;
use crate::ids::MessageTs;

/// A message of Slack that is on the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Which.
    pub message: Message,
    /// Its event.
    pub seq: i64,
    /// The latest edit that the timeline has.
    pub edited: Option<MessageTs>,
    /// Whether it was deleted.
    pub is_gone: bool,
}

/// What somebody wrote in Slack, as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Which message.
    pub message: Message,
    /// Who wrote it.
    pub author: Actor,
    /// When it was posted, UTC.
    pub at: DateTime<Utc>,
    /// Its words, as people read them.
    pub text: String,
    /// Its latest edit.
    pub edited: Option<MessageTs>,
}

/// Puts a message on the timeline, once, and shows its readers that it is there.
pub(super) fn note(turn: &mut Turn<'_>, written: Written) {
    let Written { message, author, at, text, edited } = written;
    if turn.next.noted.iter().any(|noted| noted.message == message) {
        return;
    }
    let added_by = turn.actor.clone();
    turn.record_at(at, author, What::MessageNoted { message: message.clone(), added_by, text: None });
    let seq = turn.next.n_events;
    turn.words.push(Words { seq, message: message.clone(), text: Some(text) });
    turn.next.noted.push(Noted { message: message.clone(), seq, edited, is_gone: false });
    turn.effects.push(Effect::React { message });
    redraft_unpublished(turn);
}

/// Somebody writes down what is worth keeping.
pub(super) fn write_down(turn: &mut Turn<'_>, text: String) {
    turn.record(What::Note { text });
    redraft_unpublished(turn);
}

/// Follows an edit; `text` is `None` when no words are left. Edits may come out of order and more than once.
pub(super) fn edited(turn: &mut Turn<'_>, message: &Message, text: Option<String>, edited: MessageTs) {
    let is_news = |noted: &&mut Noted| {
        noted.message == *message
            && !noted.is_gone
            && noted.edited.as_ref().is_none_or(|known| *known < edited)
    };
    let Some(noted) = turn.next.noted.iter_mut().find(is_news) else { return };
    let seq = noted.seq;
    noted.edited = Some(edited);
    turn.record(What::MessageEdited { event: seq });
    turn.words.push(Words { seq, message: message.clone(), text });
    redraft(turn);
}

/// Follows a deletion.
pub(super) fn deleted(turn: &mut Turn<'_>, message: &Message) {
    let is_news = |noted: &&mut Noted| noted.message == *message && !noted.is_gone;
    let Some(noted) = turn.next.noted.iter_mut().find(is_news) else { return };
    let seq = noted.seq;
    noted.is_gone = true;
    turn.record(What::MessageDeleted { event: seq });
    turn.words.push(Words { seq, message: message.clone(), text: None });
    redraft(turn);
}

/// What quotes the timeline is made anew, if there is something that does.
pub(super) fn redraft(turn: &mut Turn<'_>) {
    if turn.next.postmortem != Review::None {
        turn.effects.extend([Effect::DraftPostmortem, Effect::CopyPostmortem]);
    }
}

/// As [`redraft`], unless people have read it as published: what is only new is not put into that unasked.
pub(super) fn redraft_unpublished(turn: &mut Turn<'_>) {
    if turn.next.postmortem != Review::Published {
        redraft(turn);
    }
}
