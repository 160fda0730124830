//! Slash commands.

use serde_json::Value;
use url::Url;

use super::{Unreadable, address, needed, word};
use crate::ids::{ChannelId, SlackUserId};

/// A slash command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlashCommand {
    /// The command with its slash (`/incident`).
    pub command: String,
    /// What was typed after it.
    pub text: String,
    /// Who typed it.
    pub user_id: SlackUserId,
    /// In which workspace.
    pub team_id: Option<String>,
    /// In which conversation.
    pub channel_id: Option<ChannelId>,
    /// Its name, `directmessage` in a direct message.
    pub channel_name: Option<String>,
    /// Where to answer: five times within thirty minutes. A secret.
    pub response_url: Option<Url>,
    /// Opens one modal within three seconds.
    pub trigger_id: Option<String>,
}

impl SlashCommand {
    /// Reads the payload of an `InboundKind::Command`.
    pub fn read(raw: &Value) -> Result<Self, Unreadable> {
        Ok(Self {
            command: needed(raw, "/command")?,
            text: word(raw, "/text").unwrap_or_default(),
            user_id: needed(raw, "/user_id")?.into(),
            team_id: word(raw, "/team_id"),
            channel_id: word(raw, "/channel_id").map(Into::into),
            channel_name: word(raw, "/channel_name"),
            response_url: address(raw, "/response_url"),
            trigger_id: word(raw, "/trigger_id"),
        })
    }
}
