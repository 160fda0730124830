//! Events.

use serde_json::Value;

use super::{Unreadable, any, needed, word};
use crate::ids::{ChannelId, MessageTs, SlackUserId};

/// An event, with whatever of these its type has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Slack's word for it (`reaction_added`).
    pub kind: String,
    /// Its finer kind (`message_changed`).
    pub subtype: Option<String>,
    /// The workspace it belongs to.
    pub team_id: Option<String>,
    /// Who did it.
    pub user: Option<SlackUserId>,
    /// Which bot did it; the bot's own doings come back as events too.
    pub bot_id: Option<String>,
    /// The conversation, of the thing it is about when it is about a thing.
    pub channel: Option<ChannelId>,
    /// The conversation's name, when it is about that.
    pub name: Option<String>,
    /// The message it is about: the one reacted to, edited, deleted, or the new one.
    pub ts: Option<MessageTs>,
    /// The thread that message is in.
    pub thread_ts: Option<MessageTs>,
    /// Who wrote the message it is about.
    pub author: Option<SlackUserId>,
    /// Who wrote what it said before.
    pub author_before: Option<SlackUserId>,
    /// The message's text as it is now.
    pub text: Option<String>,
    /// Who edited the message last.
    pub editor: Option<SlackUserId>,
    /// Which edit that was; later ones are greater.
    pub edited: Option<MessageTs>,
    /// The finer kind of the message it is about (`tombstone`).
    pub message_subtype: Option<String>,
    /// The bot's own user.
    pub own: Option<SlackUserId>,
    /// Who did it to the bot (`channel_left`, `channel_deleted`).
    pub doer: Option<SlackUserId>,
    /// Who brought somebody in.
    pub inviter: Option<SlackUserId>,
    /// The emoji of a reaction.
    pub reaction: Option<String>,
    /// The tab of App Home that was opened.
    pub tab: Option<String>,
}

impl Event {
    /// Reads the payload of an `InboundKind::Event`.
    pub fn read(raw: &Value) -> Result<Self, Unreadable> {
        let event = raw.get("event").ok_or(Unreadable { field: "/event" })?;
        Ok(Self {
            kind: needed(event, "/type")?,
            subtype: word(event, "/subtype"),
            team_id: word(raw, "/team_id"),
            user: any(event, &["/user", "/user/id", "/message/user", "/previous_message/user"])
                .map(Into::into),
            bot_id: any(event, &["/bot_id", "/message/bot_id", "/previous_message/bot_id"]),
            name: any(event, &["/channel/name", "/channel/name_normalized"]),
            channel: any(event, &["/channel", "/channel/id", "/channel_id", "/item/channel"]).map(Into::into),
            ts: any(event, &["/item/ts", "/item/message/ts", "/message/ts", "/deleted_ts", "/ts"])
                .map(Into::into),
            thread_ts: any(event, &["/thread_ts", "/message/thread_ts", "/item/message/thread_ts"])
                .map(Into::into),
            author: any(event, &["/item_user", "/message/user", "/previous_message/user", "/user"])
                .map(Into::into),
            author_before: word(event, "/previous_message/user").map(Into::into),
            text: any(event, &["/message/text", "/text"]),
            editor: word(event, "/message/edited/user").map(Into::into),
            edited: word(event, "/message/edited/ts").map(Into::into),
            message_subtype: word(event, "/message/subtype"),
            own: word(raw, "/authorizations/0/user_id").map(Into::into),
            doer: word(event, "/actor_id").map(Into::into),
            inviter: word(event, "/inviter").map(Into::into),
            reaction: word(event, "/reaction"),
            tab: word(event, "/tab"),
        })
    }
}
