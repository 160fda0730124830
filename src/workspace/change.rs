//! What watchers of the workspace are told: the page, and tests that wait for something.

use serde::Serialize;
use serde_json::Value;

use super::model::{ChannelInfo, Message, User};

/// A message as its reader sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenMessage {
    /// The message.
    #[serde(flatten)]
    pub message: Message,
    /// Only this reader sees it.
    pub ephemeral: bool,
    /// It is among the channel's pins.
    pub pinned: bool,
}

impl SeenMessage {
    pub(crate) fn of(message: &Message, pinned: bool, ephemeral: bool) -> Self {
        Self { message: message.clone(), ephemeral, pinned }
    }
}

/// Something happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// A message is new or changed.
    Message {
        /// Where.
        channel: String,
        /// As it is now.
        message: SeenMessage,
    },
    /// A message only one person sees is new or changed.
    #[serde(rename = "message")]
    Ephemeral {
        /// Where.
        channel: String,
        /// As it is now.
        message: SeenMessage,
        /// Who sees it.
        #[serde(skip)]
        only: String,
    },
    /// A message is gone.
    MessageDeleted {
        /// Where.
        channel: String,
        /// Which.
        ts: String,
        /// Who saw it, when not everybody.
        #[serde(skip)]
        only: Option<String>,
    },
    /// A channel is new or changed.
    Channel {
        /// As it is now.
        channel: ChannelInfo,
    },
    /// A person is new or changed.
    User {
        /// As they are now.
        user: User,
    },
    /// Somebody's open modals, all of them.
    Views {
        /// The last one is on top.
        views: Vec<Value>,
        /// Whose.
        #[serde(skip)]
        only: String,
    },
    /// Somebody's App Home.
    Home {
        /// As published.
        view: Value,
        /// Whose.
        #[serde(skip)]
        only: String,
    },
    /// Slack went down or came back, or its speed changed.
    Health {
        /// Every call hangs.
        outage: bool,
        /// Added to every call.
        latency_ms: u64,
    },
    /// The watcher missed too much, or everything is new.
    Reset,
}

impl Change {
    /// The one person it concerns, when there is only one.
    pub(crate) fn only(&self) -> Option<&str> {
        match self {
            Self::Ephemeral { only, .. } | Self::Views { only, .. } | Self::Home { only, .. } => Some(only),
            Self::MessageDeleted { only, .. } => only.as_deref(),
            Self::Message { .. }
            | Self::Channel { .. }
            | Self::User { .. }
            | Self::Health { .. }
            | Self::Reset => None,
        }
    }

    /// The channel it happened in.
    pub(crate) fn channel(&self) -> Option<&str> {
        match self {
            Self::Message { channel, .. }
            | Self::Ephemeral { channel, .. }
            | Self::MessageDeleted { channel, .. } => Some(channel),
            Self::Channel { channel } => Some(&channel.id),
            Self::User { .. }
            | Self::Views { .. }
            | Self::Home { .. }
            | Self::Health { .. }
            | Self::Reset => None,
        }
    }
}
