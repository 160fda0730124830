//! What becomes of channels and of the bot's own messages, as far as an incident may care.

use serde_json::Value;

use super::payload::Event;
use crate::domain::incident::{Loss, Message};
use crate::ids::{ChannelId, SlackUserId};

/// Something that was done with a channel, or with a message of the bot's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A channel cannot be used any more.
    Lost {
        /// Who did that, when Slack says so.
        by: Option<SlackUserId>,
        /// Which.
        channel: ChannelId,
        /// What became of it.
        loss: Loss,
    },
    /// A channel was unarchived, or the bot is in it again.
    Back {
        /// Who did that, when Slack says so.
        by: Option<SlackUserId>,
        /// Which.
        channel: ChannelId,
    },
    /// A channel has another name.
    Renamed {
        /// Which.
        channel: ChannelId,
        /// The name, without `#`.
        name: String,
    },
    /// A message of the bot's own was deleted.
    Deleted {
        /// Which.
        message: Message,
    },
}

/// Reads an event; `None` when no incident cares. What the bot itself does is none of it, but for its coming and going.
pub fn read(raw: &Value) -> Option<Change> {
    let event = Event::read(raw).ok()?;
    let is_own_doing = event.own.is_some() && event.own == event.user;
    let by = event.user.clone().or(event.doer.clone());
    match (event.kind.as_str(), event.subtype.as_deref()) {
        ("channel_archive" | "group_archive", _) if !is_own_doing => {
            Some(Change::Lost { by, channel: event.channel?, loss: Loss::Archived })
        }
        ("channel_deleted" | "group_deleted", _) => {
            Some(Change::Lost { by, channel: event.channel?, loss: Loss::Deleted })
        }
        // These two are about whoever reads them.
        ("channel_left" | "group_left", _) => {
            Some(Change::Lost { by: event.doer, channel: event.channel?, loss: Loss::Removed })
        }
        ("member_left_channel", _) if is_own_doing => {
            Some(Change::Lost { by: None, channel: event.channel?, loss: Loss::Removed })
        }
        ("member_joined_channel", _) if is_own_doing => {
            Some(Change::Back { by: event.inviter, channel: event.channel? })
        }
        ("channel_unarchive" | "group_unarchive", _) if !is_own_doing => {
            Some(Change::Back { by, channel: event.channel? })
        }
        ("channel_rename" | "group_rename", _) => {
            Some(Change::Renamed { channel: event.channel?, name: event.name? })
        }
        ("message", Some(subtype)) if event.own.is_some() && event.author_before == event.own => {
            // What is left of a deleted message that has replies is a tombstone.
            let is_gone = subtype == "message_deleted"
                || subtype == "message_changed" && event.message_subtype.as_deref() == Some("tombstone");
            let message = Message { channel: event.channel?, ts: event.ts? };
            is_gone.then_some(Change::Deleted { message })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
