//! Buttons, shortcuts and modals.

use serde_json::Value;
use url::Url;

use super::{Unreadable, address, any, needed, word};
use crate::ids::{ChannelId, MessageTs, SlackUserId};

/// Who did something, and from which workspace: people of another one may share a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub id: SlackUserId,
    /// Their own workspace.
    pub team_id: Option<String>,
}

/// What people do with buttons, shortcuts and modals.
#[derive(Debug, Clone, PartialEq)]
pub enum Interaction {
    /// Buttons or menus were used.
    Actions(Vec<BlockAction>),
    /// A modal was sent off.
    Submitted(ViewSubmission),
    /// A shortcut was chosen, globally or on a message.
    Shortcut(Shortcut),
    /// Something the bot does not use.
    Other {
        /// Slack's word for it.
        kind: String,
    },
}

impl Interaction {
    /// Reads the payload of an `InboundKind::Interaction`.
    pub fn read(raw: &Value) -> Result<Self, Unreadable> {
        let kind = needed(raw, "/type")?;
        match kind.as_str() {
            "block_actions" => BlockAction::read_all(raw).map(Self::Actions),
            "view_submission" => ViewSubmission::read(raw).map(Self::Submitted),
            "shortcut" | "message_action" => Shortcut::read(raw).map(Self::Shortcut),
            _ => Ok(Self::Other { kind }),
        }
    }
}

fn actor(raw: &Value) -> Result<Actor, Unreadable> {
    Ok(Actor { id: needed(raw, "/user/id")?.into(), team_id: any(raw, &["/user/team_id", "/team/id"]) })
}

/// One use of a button or a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockAction {
    /// The action's name.
    pub action_id: String,
    /// The block it is in.
    pub block_id: Option<String>,
    /// What the button stands for, or what was chosen.
    pub value: Option<String>,
    /// Who used it.
    pub user: Actor,
    /// In which workspace.
    pub team_id: Option<String>,
    /// In which conversation; none in modals and App Home.
    pub channel_id: Option<ChannelId>,
    /// On which message.
    pub message_ts: Option<MessageTs>,
    /// In which modal.
    pub view_id: Option<String>,
    /// What the modal showed, as a hash of Slack's.
    pub view_hash: Option<String>,
    /// What the bot wrote on the modal's back.
    pub private_metadata: Option<String>,
    /// Whether only that person sees the message, so that it cannot be edited but through `response_url`.
    pub is_ephemeral: bool,
    /// Where to answer: five times within thirty minutes. A secret.
    pub response_url: Option<Url>,
    /// Opens one modal within three seconds.
    pub trigger_id: Option<String>,
}

impl BlockAction {
    fn read_all(raw: &Value) -> Result<Vec<Self>, Unreadable> {
        let user = actor(raw)?;
        let actions = raw.get("actions").and_then(Value::as_array).ok_or(Unreadable { field: "/actions" })?;
        Ok(actions.iter().filter_map(|action| Self::read(raw, action, &user)).collect())
    }

    fn read(raw: &Value, action: &Value, user: &Actor) -> Option<Self> {
        Some(Self {
            action_id: word(action, "/action_id")?,
            block_id: word(action, "/block_id"),
            value: any(
                action,
                &[
                    "/value",
                    "/selected_option/value",
                    "/selected_user",
                    "/selected_channel",
                    "/selected_conversation",
                    "/selected_date",
                ],
            ),
            user: user.clone(),
            team_id: word(raw, "/team/id"),
            channel_id: any(raw, &["/channel/id", "/container/channel_id"]).map(Into::into),
            message_ts: any(raw, &["/message/ts", "/container/message_ts"]).map(Into::into),
            view_id: any(raw, &["/view/id", "/container/view_id"]),
            view_hash: word(raw, "/view/hash"),
            private_metadata: word(raw, "/view/private_metadata"),
            is_ephemeral: raw.pointer("/container/is_ephemeral").and_then(Value::as_bool).unwrap_or_default(),
            response_url: address(raw, "/response_url"),
            trigger_id: word(raw, "/trigger_id"),
        })
    }
}

/// A modal that was sent off.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewSubmission {
    /// The modal.
    pub view_id: String,
    /// Which modal it is, in the bot's own words.
    pub callback_id: String,
    /// What the bot wrote on its back.
    pub private_metadata: String,
    /// Who sent it off.
    pub user: Actor,
    /// `state.values`: block id → action id → element.
    pub values: Value,
    /// Opens one modal within three seconds.
    pub trigger_id: Option<String>,
}

impl ViewSubmission {
    fn read(raw: &Value) -> Result<Self, Unreadable> {
        Ok(Self {
            view_id: word(raw, "/view/id").unwrap_or_default(),
            callback_id: word(raw, "/view/callback_id").unwrap_or_default(),
            private_metadata: word(raw, "/view/private_metadata").unwrap_or_default(),
            user: actor(raw)?,
            values: raw.pointer("/view/state/values").cloned().unwrap_or_default(),
            trigger_id: word(raw, "/trigger_id"),
        })
    }

    /// What was entered or chosen in a field; none when it was left empty. A point in time is its unix seconds.
    pub fn value(&self, block_id: &str, action_id: &str) -> Option<String> {
        let element = self.values.get(block_id)?.get(action_id)?;
        if let Some(seconds) = element.get("selected_date_time").and_then(Value::as_i64) {
            return Some(seconds.to_string());
        }
        any(
            element,
            &[
                "/value",
                "/selected_option/value",
                "/selected_user",
                "/selected_channel",
                "/selected_conversation",
                "/selected_date",
                "/selected_time",
                "/selected_options/0/value",
            ],
        )
    }
}

/// A shortcut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcut {
    /// Which one.
    pub callback_id: String,
    /// Who chose it.
    pub user: Actor,
    /// On which message, when it was chosen on one.
    pub on: Option<OnMessage>,
    /// Where to answer: five times within thirty minutes. A secret.
    pub response_url: Option<Url>,
    /// Opens one modal within three seconds.
    pub trigger_id: Option<String>,
}

/// The message a shortcut was chosen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnMessage {
    /// Its conversation.
    pub channel_id: ChannelId,
    /// The message.
    pub ts: MessageTs,
    /// Who wrote it; none for bots.
    pub user: Option<SlackUserId>,
    /// Its text, in mrkdwn as Slack sends it.
    pub text: String,
}

impl Shortcut {
    fn read(raw: &Value) -> Result<Self, Unreadable> {
        let on = word(raw, "/channel/id").zip(any(raw, &["/message/ts", "/message_ts"]));
        Ok(Self {
            callback_id: needed(raw, "/callback_id")?,
            user: actor(raw)?,
            on: on.map(|(channel, ts)| OnMessage {
                channel_id: channel.into(),
                ts: ts.into(),
                user: word(raw, "/message/user").map(Into::into),
                text: word(raw, "/message/text").unwrap_or_default(),
            }),
            response_url: address(raw, "/response_url"),
            trigger_id: word(raw, "/trigger_id"),
        })
    }
}
