//! The calls about conversations, one function each; inviting has a room of its own.

use serde::Deserialize;
use serde_json::json;

use super::calls::{Done, unless_already};
use super::client::{Ask, SlackClient};
use super::fault::SlackFault;
use super::model::{Channel, Visibility};
use super::pacing::{Method, Urgency};
use crate::ids::{ChannelId, SlackUserId};
use crate::words::mrkdwn as text;

/// Slack's limit for a topic, in characters.
const TOPIC_LIMIT: usize = 250;
/// Channels asked for at once, the most Slack gives.
const CHANNELS_PER_PAGE: &str = "999";
/// Pages of channels read before the list counts as endless: two hundred thousand channels.
const MOST_PAGES: usize = 200;

#[derive(Deserialize)]
struct WithChannel<T> {
    channel: T,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    next_cursor: String,
}

#[derive(Deserialize)]
struct JustId {
    id: ChannelId,
}

impl SlackClient {
    /// The direct conversation with a person.
    pub async fn open_dm(&self, user: &SlackUserId, urgency: Urgency) -> Result<ChannelId, SlackFault> {
        let body = json!({ "users": user });
        let opened: WithChannel<JustId> = self.call(Method::OpenDm, Ask::Json(&body), urgency, None).await?;
        Ok(opened.channel.id)
    }

    /// Creates a channel; the bot is its first member. A name in use, by an archived channel too, is refused with
    /// `name_taken`.
    pub async fn create_channel(&self, name: &str, visibility: Visibility) -> Result<Channel, SlackFault> {
        let body = json!({ "name": name, "is_private": visibility == Visibility::Private });
        let created: WithChannel<Channel> = self.write(Method::CreateChannel, &body).await?;
        Ok(created.channel)
    }

    /// The channel of exactly this name, archived ones included. Private channels are found when the bot is in them.
    /// Slack hands out some five thousand channels at once and then a thousand every four seconds.
    pub async fn find_channel(
        &self,
        name: &str,
        visibility: Visibility,
    ) -> Result<Option<Channel>, SlackFault> {
        self.search(Method::ListChannels, name, visibility).await
    }

    /// The channel of exactly this name among those the bot is in: enough to find what the bot has just created, and
    /// quick where there are thousands of channels. Archived public channels have no members.
    pub async fn find_own_channel(
        &self,
        name: &str,
        visibility: Visibility,
    ) -> Result<Option<Channel>, SlackFault> {
        self.search(Method::ListOwnChannels, name, visibility).await
    }

    async fn search(
        &self,
        method: Method,
        name: &str,
        visibility: Visibility,
    ) -> Result<Option<Channel>, SlackFault> {
        #[derive(Deserialize)]
        struct Page {
            channels: Vec<Channel>,
            #[serde(default)]
            response_metadata: Option<Metadata>,
        }
        let types = match visibility {
            Visibility::Public => "public_channel",
            Visibility::Private => "private_channel",
        };
        let mut cursor = String::new();
        for _page in 0..MOST_PAGES {
            let mut query = vec![
                ("types", types.to_owned()),
                ("exclude_archived", "false".to_owned()),
                ("limit", CHANNELS_PER_PAGE.to_owned()),
            ];
            if !cursor.is_empty() {
                query.push(("cursor", cursor));
            }
            let page: Page = self.read(method, &query).await?;
            if let Some(found) = page.channels.into_iter().find(|channel| channel.name == name) {
                return Ok(Some(found));
            }
            cursor = page.response_metadata.map(|metadata| metadata.next_cursor).unwrap_or_default();
            if cursor.is_empty() {
                return Ok(None);
            }
        }
        Err(SlackFault::Garbage { method: method.name() })
    }

    /// What Slack knows about a conversation.
    pub async fn conversation_info(&self, channel: &ChannelId) -> Result<Channel, SlackFault> {
        let query = [("channel", channel.to_string())];
        let found: WithChannel<Channel> = self.read(Method::ChannelInfo, &query).await?;
        Ok(found.channel)
    }

    /// Who is in a conversation.
    pub async fn members(&self, channel: &ChannelId) -> Result<Vec<SlackUserId>, SlackFault> {
        #[derive(Deserialize)]
        struct Page {
            members: Vec<SlackUserId>,
            #[serde(default)]
            response_metadata: Option<Metadata>,
        }
        let (mut members, mut cursor) = (vec![], String::new());
        for _page in 0..MOST_PAGES {
            let mut query = vec![("channel", channel.to_string()), ("limit", CHANNELS_PER_PAGE.to_owned())];
            if !cursor.is_empty() {
                query.push(("cursor", cursor));
            }
            let page: Page = self.read(Method::Members, &query).await?;
            members.extend(page.members);
            cursor = page.response_metadata.map(|metadata| metadata.next_cursor).unwrap_or_default();
            if cursor.is_empty() {
                return Ok(members);
            }
        }
        Err(SlackFault::Garbage { method: Method::Members.name() })
    }

    /// Makes the bot a member of a public channel.
    pub async fn join(&self, channel: &ChannelId) -> Result<(), SlackFault> {
        self.on_channel(Method::Join, channel, &["already_in_channel"]).await
    }

    /// Archives a channel; an archived one stays so.
    pub async fn archive(&self, channel: &ChannelId) -> Result<(), SlackFault> {
        self.on_channel(Method::Archive, channel, &["already_archived"]).await
    }

    /// Brings an archived channel back. Slack may refuse this to bots.
    pub async fn unarchive(&self, channel: &ChannelId) -> Result<(), SlackFault> {
        self.on_channel(Method::Unarchive, channel, &["not_archived"]).await
    }

    /// Gives a channel another name.
    pub async fn rename(&self, channel: &ChannelId, name: &str) -> Result<(), SlackFault> {
        let Done {} = self.write(Method::Rename, &json!({ "channel": channel, "name": name })).await?;
        Ok(())
    }

    /// Sets a channel's topic, clipped to what Slack takes.
    pub async fn set_topic(&self, channel: &ChannelId, topic: &str) -> Result<(), SlackFault> {
        let body = json!({ "channel": channel, "topic": text::clip(topic, TOPIC_LIMIT) });
        let Done {} = self.write(Method::SetTopic, &body).await?;
        Ok(())
    }

    async fn on_channel(
        &self,
        method: Method,
        channel: &ChannelId,
        already: &[&str],
    ) -> Result<(), SlackFault> {
        unless_already(already, self.write(method, &json!({ "channel": channel })).await)
    }
}
