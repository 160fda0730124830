//! What people do with messages in channels, as far as a timeline may care.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::payload::Event;
use super::text::typed;
use crate::domain::incident::Message;
use crate::ids::{ChannelId, MessageTs, SlackUserId};

/// The emoji that puts a message on the timeline.
pub const PIN: &str = "pushpin";

/// Something that was done with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Talk {
    /// Somebody wants it on the timeline.
    Keep {
        /// Who.
        by: SlackUserId,
        /// Which message.
        message: Message,
    },
    /// It says something else now.
    Edited {
        /// Who edited it.
        by: SlackUserId,
        /// Which message.
        message: Message,
        /// What it says; `None` when no words are left.
        text: Option<String>,
        /// Which edit it is.
        edited: MessageTs,
    },
    /// It is no more.
    Deleted {
        /// Which message.
        message: Message,
    },
}

/// Where somebody has said something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heard {
    /// The conversation.
    pub channel: ChannelId,
    /// The thread in it.
    pub thread: Option<MessageTs>,
}

/// Reads the event of a new message; `None` for any other, and for what apps write.
pub fn heard(raw: &Value) -> Option<Heard> {
    const BY_PEOPLE: [&str; 3] = ["file_share", "me_message", "thread_broadcast"];
    let event = Event::read(raw).ok()?;
    let is_new = event.subtype.as_deref().is_none_or(|subtype| BY_PEOPLE.contains(&subtype));
    let is_ours = event.own.is_some() && event.own == event.user;
    let is_human = event.user.is_some() && event.bot_id.is_none() && !is_ours;
    let heard = Heard { channel: event.channel?, thread: event.thread_ts };
    (event.kind == "message" && is_new && is_human).then_some(heard)
}

/// The event of a new message without what it says: that somebody said something is all that matters.
pub fn without_words(mut raw: Value) -> Value {
    if let Some(event) = raw.get_mut("event").and_then(Value::as_object_mut) {
        for words in ["text", "blocks", "attachments", "files"] {
            event.remove(words);
        }
    }
    raw
}

/// Reads an event; `None` when no timeline cares. What the bot itself does and writes is none of it.
pub fn read(raw: &Value) -> Option<Talk> {
    let event = Event::read(raw).ok()?;
    if event.own.is_some() && [&event.user, &event.author, &event.author_before].contains(&&event.own) {
        return None;
    }
    let message = Message { channel: event.channel?, ts: event.ts? };
    match (event.kind.as_str(), event.subtype.as_deref()) {
        ("reaction_added", _) if event.reaction.as_deref() == Some(PIN) => {
            Some(Talk::Keep { by: event.user?, message })
        }
        ("pin_added", _) => Some(Talk::Keep { by: event.user?, message }),
        ("message", Some("message_deleted")) => Some(Talk::Deleted { message }),
        // What is left of a deleted message that has replies.
        ("message", Some("message_changed")) if event.message_subtype.as_deref() == Some("tombstone") => {
            Some(Talk::Deleted { message })
        }
        // Without an editor it is no edit: a link was unfolded, or a reply counted.
        ("message", Some("message_changed")) => {
            let text = event.text.as_deref().and_then(words);
            Some(Talk::Edited { by: event.editor?, message, text, edited: event.edited? })
        }
        _ => None,
    }
}

/// What a message says, as people read it; `None` when it has no words.
pub fn words(text: &str) -> Option<String> {
    typed(text)
}

/// When a message was posted, UTC; `None` when that is not the name of a message.
pub fn posted_at(ts: &MessageTs) -> Option<DateTime<Utc>> {
    let (seconds, micros) = ts.as_str().split_once('.')?;
    if micros.len() != 6 {
        return None;
    }
    let (seconds, micros): (i64, u32) = (seconds.parse().ok()?, micros.parse().ok()?);
    DateTime::from_timestamp(seconds, micros.checked_mul(1000)?)
}

#[cfg(test)]
mod tests;
