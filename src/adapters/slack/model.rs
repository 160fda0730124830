//! What is said to Slack and what it answers, as far as the bot cares.
//!
//! Answers ask for no field that is not used: a message that Slack has posted must never count as failed because of a
//! detail in its echo.

use serde::Deserialize;
use slack_morphism::blocks::SlackBlock;

use crate::ids::{ChannelId, MessageTs, SlackUserId};

/// A message: its blocks, and the text that notifications and screen readers show instead of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Message {
    /// mrkdwn, escaped by the caller; never empty. With blocks it is what the lock screen shows.
    pub text: String,
    /// What is seen in Slack; empty means the text alone. Raw JSON fits in `SlackBlock::Unknown`.
    pub blocks: Vec<SlackBlock>,
    /// All that it says as text alone, mrkdwn, for when Slack does not take its looks. `None`: what its blocks say.
    pub instead: Option<String>,
}

impl Message {
    /// Text alone.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same, with what it says when Slack does not take its looks.
    #[must_use]
    pub fn or_plain(self, text: String) -> Self {
        Self { instead: Some(text), ..self }
    }
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To<'a> {
    /// Into a conversation.
    Channel(&'a ChannelId),
    /// Under a message of a conversation.
    Thread(&'a ChannelId, &'a MessageTs),
    /// To a person, in their conversation with the bot, which Slack opens when needed.
    Person(&'a SlackUserId),
}

/// Who sees the answer to a command or a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Only who asked.
    Ephemeral,
    /// Everybody in the channel.
    InChannel,
}

/// What the answer to a click does to the message that was clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaces {
    /// It stays.
    Nothing,
    /// It is replaced.
    Original,
}

/// Who can find a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Who was invited.
    Private,
}

/// The bot itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Identity {
    /// The bot's user.
    pub user_id: SlackUserId,
    /// The workspace.
    pub team_id: String,
    /// The workspace's name, empty when Slack does not say.
    #[serde(default)]
    pub team: String,
    /// The workspace's address, empty when Slack does not say.
    #[serde(default)]
    pub url: String,
}

/// A message that is there: the place and the identity in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Posted {
    /// The conversation; of a direct message the one Slack opened.
    pub channel: ChannelId,
    /// The message.
    pub ts: MessageTs,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its name without `#`, empty for direct messages.
    #[serde(default)]
    pub name: String,
    /// When it was created, in unix seconds.
    #[serde(default)]
    pub created: i64,
    /// Who created it.
    #[serde(default)]
    pub creator: Option<SlackUserId>,
    /// Whether it is archived.
    #[serde(default)]
    pub is_archived: bool,
    /// Whether only invited people can see it.
    #[serde(default)]
    pub is_private: bool,
    /// Whether the bot is in it.
    #[serde(default)]
    pub is_member: bool,
}

/// Somebody who could not be invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uninvited {
    /// Who.
    pub user: SlackUserId,
    /// Slack's word for the reason (`user_not_found`).
    pub code: String,
}

/// A link at the top of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Bookmark {
    /// Its id.
    pub id: String,
    /// The words shown.
    #[serde(default)]
    pub title: String,
    /// Where it leads.
    #[serde(default)]
    pub link: Option<String>,
}

/// A person as Slack knows them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "SlackUser")]
pub struct User {
    /// Their id.
    pub id: SlackUserId,
    /// Their workspace; another than the bot's for people of a shared channel.
    pub team_id: Option<String>,
    /// Their workspaces, when they are of an organisation with several.
    pub teams: Vec<String>,
    /// Their name.
    pub real_name: Option<String>,
    /// Their zone, as an IANA name.
    pub tz: Option<String>,
    /// What they are to the workspace.
    pub standing: Standing,
}

/// What a Slack user is to the workspace. When several hold, the earliest of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The account was closed.
    Deleted,
    /// No human.
    Bot,
    /// From another organisation, met in a shared channel.
    Stranger,
    /// Invited to one or several channels only.
    Guest,
    /// A full member.
    Member,
}

/// Slack's own bot, which does not say that it is one.
const SLACKBOT: &str = "USLACKBOT";

#[derive(Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "the shape of slack's answer")]
struct SlackUser {
    id: String,
    team_id: Option<String>,
    real_name: Option<String>,
    tz: Option<String>,
    deleted: bool,
    is_bot: bool,
    is_restricted: bool,
    is_ultra_restricted: bool,
    is_stranger: bool,
    enterprise_user: EnterpriseUser,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EnterpriseUser {
    teams: Vec<serde_json::Value>,
}

impl From<SlackUser> for User {
    fn from(user: SlackUser) -> Self {
        let standing = if user.deleted {
            Standing::Deleted
        } else if user.is_bot || user.id == SLACKBOT {
            Standing::Bot
        } else if user.is_stranger {
            Standing::Stranger
        } else if user.is_restricted || user.is_ultra_restricted {
            Standing::Guest
        } else {
            Standing::Member
        };
        let teams = user.enterprise_user.teams.iter().filter_map(serde_json::Value::as_str);
        Self {
            id: user.id.into(),
            team_id: user.team_id,
            teams: teams.map(str::to_owned).collect(),
            real_name: user.real_name,
            tz: user.tz,
            standing,
        }
    }
}

/// A user group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Usergroup {
    /// Its id.
    pub id: String,
    /// What people write after the `@`.
    #[serde(default)]
    pub handle: String,
}

/// A modal that is open.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenedView {
    /// Its id.
    pub id: String,
    /// Its state's fingerprint: given back with an update, it keeps a late update from undoing a newer one.
    #[serde(default)]
    pub hash: String,
}

/// Something that was written in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Written {
    /// Which message.
    pub ts: MessageTs,
    /// The thread it is in.
    #[serde(default)]
    pub thread_ts: Option<MessageTs>,
    /// Who wrote it; some apps have no user.
    #[serde(default)]
    pub user: Option<SlackUserId>,
    /// What it says, in mrkdwn.
    #[serde(default)]
    pub text: String,
    /// Its latest edit.
    #[serde(default)]
    pub edited: Option<Edited>,
}

/// An edit of a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Edited {
    /// What identifies it; later ones are greater.
    pub ts: MessageTs,
}
