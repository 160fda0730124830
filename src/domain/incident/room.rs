//! What an incident has in Slack.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, MessageTs};

/// A Slack channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its name, without `#`.
    pub name: String,
}

/// A Slack message that the bot keeps up to date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Where.
    pub channel: ChannelId,
    /// Which.
    pub ts: MessageTs,
}

/// What the incident has in Slack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Whether a channel was asked for (it opens as soon as Slack allows).
    pub channel_wanted: bool,
    /// The channel, once open.
    pub channel: Option<Channel>,
    /// The pinned card.
    pub card: Option<Message>,
    /// The line in the announcement channel; its thread is the place of incidents without a channel.
    pub announcement: Option<Message>,
    /// Whether that line called everybody when it appeared.
    pub called: bool,
    /// The messages that say an event and are kept up to date, by the event's number.
    pub told: BTreeMap<i64, Message>,
    /// The messages that show the post-mortem's draft; only the latest shows all of it.
    pub drafts: Vec<Message>,
    /// The questions to whoever had it, when they were last asked.
    pub feedback: Option<Message>,
}
