//! What a workspace is made of, as plain values that can be read and serialized.
//!
//! Nothing here decides anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What somebody is in the home workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum UserKind {
    /// A full member.
    Member,
    /// A multi-channel guest (`is_restricted`).
    Guest,
    /// A single-channel guest (`is_ultra_restricted`).
    UltraRestricted,
    /// Another app's bot, or ours.
    Bot,
    /// Somebody of another workspace, met in a shared channel.
    External {
        /// The id of their workspace.
        team: String,
    },
}

/// A person, or a bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// `U…`.
    pub id: String,
    /// The handle, without `@`.
    pub name: String,
    /// The name shown.
    pub real_name: String,
    /// Unique among users.
    pub email: Option<String>,
    /// An IANA zone.
    pub tz: String,
    /// What they are here.
    #[serde(flatten)]
    pub kind: UserKind,
    /// Deactivated.
    pub deleted: bool,
}

/// What sort of conversation a channel is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChannelKind {
    /// Everybody may read and join.
    Public,
    /// Only its members know of it.
    Private,
    /// The app's direct messages with one person.
    Direct {
        /// The person.
        with: String,
    },
}

/// A link at the head of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bookmark {
    /// `Bk…`.
    pub id: String,
    /// The text shown.
    pub title: String,
    /// The URL.
    pub link: String,
    /// With colons, `:book:`.
    pub emoji: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds; 0 when never edited.
    pub updated: i64,
}

/// A pinned message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// The message.
    pub ts: String,
    /// Who pinned it.
    pub by: String,
    /// Unix seconds.
    pub at: i64,
}

/// One emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reaction {
    /// Without colons.
    pub name: String,
    /// In the order they reacted.
    pub users: Vec<String>,
}

/// Who edited a message last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edited {
    /// The author.
    pub user: String,
    /// When.
    pub ts: String,
}

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Message {
    /// Its identity inside the channel, and the instant it was posted.
    pub ts: String,
    /// The author.
    pub user: String,
    /// Set for messages of an app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<String>,
    /// mrkdwn.
    pub text: String,
    /// Block Kit, with ids filled in.
    pub blocks: Vec<Value>,
    /// Kept as sent.
    pub attachments: Vec<Value>,
    /// Set for replies, and for a parent that has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<String>,
    /// `channel_join`, `channel_topic`, … for lines of the channel itself, `thread_broadcast` for a reply shown in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// Set once edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<Edited>,
    /// In order of first use.
    pub reactions: Vec<Reaction>,
    /// How many replies it has.
    pub reply_count: usize,
    /// The last reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_reply: Option<String>,
    /// The name shown instead of the author's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The picture shown instead of the author's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_emoji: Option<String>,
    /// What the app attached for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// A message only one person sees, and only for as long as the workspace runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ephemeral {
    /// The reader.
    pub to: String,
    /// What they read.
    pub message: Message,
}

/// A conversation as it is seen from outside.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChannelInfo {
    /// `C…` or `D…`.
    pub id: String,
    /// Empty for direct messages.
    pub name: String,
    /// Who may read it.
    #[serde(flatten)]
    pub kind: ChannelKind,
    /// Nobody can post any more.
    pub is_archived: bool,
    /// The line at the top.
    pub topic: String,
    /// What it is for.
    pub purpose: String,
    /// Who made it.
    pub creator: String,
    /// Unix seconds.
    pub created: i64,
    /// Sorted.
    pub members: BTreeSet<String>,
    /// The pinned messages, in the order they were pinned.
    pub pins: Vec<String>,
    /// In the order they were added.
    pub bookmarks: Vec<Bookmark>,
    /// The canvas in its tab.
    pub canvas: Option<String>,
    /// How many there are, replies included.
    pub messages: usize,
    /// The newest message.
    pub last_ts: Option<String>,
}

/// A user group (`@oncall-platform`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserGroup {
    /// `S…`.
    pub id: String,
    /// Without `@`.
    pub handle: String,
    /// The name shown.
    pub name: String,
    /// In the order given.
    pub users: Vec<String>,
    /// Unix seconds.
    pub updated: i64,
}

/// A canvas: Markdown in a tab of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Canvas {
    /// `F…`.
    pub id: String,
    /// The channel it belongs to.
    pub channel: String,
    /// What it is called; may be empty.
    pub title: String,
    /// Its text.
    pub markdown: String,
}

/// What was typed and chosen in a form: by `block_id`, then by `action_id`.
pub type Values = BTreeMap<String, BTreeMap<String, Value>>;
