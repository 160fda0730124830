//! The calls about messages, people, bookmarks and views, one function each.
//!
//! Requests and answers are our own where the client library has none or has them wrong.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use url::Url;

use super::client::{Ask, SlackClient};
use super::fault::SlackFault;
use super::model::{
    Audience, Bookmark, Identity, Message, OpenedView, Posted, Replaces, To, User, Usergroup, Written,
};
use super::pacing::{Method, Urgency};
use crate::ids::{ChannelId, MessageTs, SlackUserId};

/// What the bot's own marks are called among what apps attach to messages.
const MARK: &str = "dontpanic_message";
/// Slack's clock and ours differ by no more than this.
const SKEW: TimeDelta = TimeDelta::seconds(5);

/// An answer of which only `ok` matters.
#[derive(Deserialize)]
pub(super) struct Done {}

#[derive(Deserialize)]
struct WithView {
    view: OpenedView,
}

/// Adds a message's text and, unless there are none, its blocks.
fn with_content(mut body: Value, message: &Message) -> Value {
    body["text"] = json!(message.text);
    if !message.blocks.is_empty() {
        body["blocks"] = json!(message.blocks);
    }
    body
}

impl SlackClient {
    /// Who the bot is. The first call to make: it proves the token.
    pub async fn auth_test(&self) -> Result<Identity, SlackFault> {
        self.write(Method::AuthTest, &Value::Object(Map::new())).await
    }

    /// Posts a message. Links and media are not unfolded.
    pub async fn post_message(
        &self,
        to: To<'_>,
        message: &Message,
        urgency: Urgency,
    ) -> Result<Posted, SlackFault> {
        self.post(to, message, urgency, None).await
    }

    /// The same with a mark that people do not see, by which [`Self::find_marked`] knows it again.
    pub async fn post_marked(
        &self,
        to: To<'_>,
        message: &Message,
        urgency: Urgency,
        mark: &str,
    ) -> Result<Posted, SlackFault> {
        self.post(to, message, urgency, Some(mark)).await
    }

    async fn post(
        &self,
        to: To<'_>,
        message: &Message,
        urgency: Urgency,
        mark: Option<&str>,
    ) -> Result<Posted, SlackFault> {
        let (place, thread) = match to {
            To::Channel(channel) => (channel.clone(), None),
            To::Thread(channel, ts) => (channel.clone(), Some(ts)),
            To::Person(user) => (ChannelId::from(user.as_str()), None),
        };
        let body = json!({ "channel": place, "unfurl_links": false, "unfurl_media": false });
        let mut body = with_content(body, message);
        if let Some(mark) = mark {
            body["metadata"] = json!({ "event_type": MARK, "event_payload": { "mark": mark } });
        }
        if let Some(ts) = thread {
            body["thread_ts"] = json!(ts);
        }
        self.call(Method::PostMessage, Ask::Json(&body), urgency, Some(&place)).await
    }

    /// The messages with this mark that were posted since `since` (wire time), newest first where Slack has that order. The bot
    /// must be in the conversation.
    pub async fn find_marked(
        &self,
        channel: &ChannelId,
        thread: Option<&MessageTs>,
        mark: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<Posted>, SlackFault> {
        #[derive(Deserialize)]
        struct Answer {
            messages: Vec<Marked>,
        }
        #[derive(Deserialize)]
        struct Marked {
            ts: MessageTs,
            #[serde(default)]
            metadata: Value,
        }
        let mut query = vec![
            ("channel", channel.to_string()),
            ("oldest", (since - SKEW).timestamp().to_string()),
            ("include_all_metadata", "true".to_owned()),
            ("limit", "200".to_owned()),
        ];
        query.extend(thread.map(|ts| ("ts", ts.to_string())));
        let method = if thread.is_some() { Method::Replies } else { Method::History };
        let found: Answer = self.read(method, &query).await?;
        let has_it = |marked: &Marked| marked.metadata["event_payload"]["mark"] == mark;
        let posted = |marked: Marked| Posted { channel: channel.clone(), ts: marked.ts };
        Ok(found.messages.into_iter().filter(has_it).map(posted).collect())
    }

    /// Replaces a message of the bot, text and blocks both.
    pub async fn update_message(
        &self,
        posted: &Posted,
        message: &Message,
        urgency: Urgency,
    ) -> Result<(), SlackFault> {
        // An empty list takes the old blocks away; no list would leave that to Slack.
        let body = json!({ "channel": posted.channel, "ts": posted.ts, "blocks": [] });
        let body = with_content(body, message);
        let Done {} = self.call(Method::UpdateMessage, Ask::Json(&body), urgency, None).await?;
        Ok(())
    }

    /// Deletes a message of the bot; one that is gone already counts as deleted.
    pub async fn delete_message(&self, posted: &Posted) -> Result<(), SlackFault> {
        let body = json!({ "channel": posted.channel, "ts": posted.ts });
        unless_already(&["message_not_found"], self.write(Method::DeleteMessage, &body).await)
    }

    /// Shows a message to one person in a channel they are in. Slack does not store it and may lose it.
    pub async fn post_ephemeral(
        &self,
        channel: &ChannelId,
        user: &SlackUserId,
        message: &Message,
    ) -> Result<(), SlackFault> {
        let body = with_content(json!({ "channel": channel, "user": user }), message);
        let Done {} = self.write(Method::PostEphemeral, &body).await?;
        Ok(())
    }

    /// Pins a message; a pinned one stays so.
    pub async fn pin(&self, posted: &Posted) -> Result<(), SlackFault> {
        let body = json!({ "channel": posted.channel, "timestamp": posted.ts });
        unless_already(&["already_pinned"], self.write(Method::Pin, &body).await)
    }

    /// Reacts to a message with an emoji (`white_check_mark`); once is enough.
    pub async fn add_reaction(
        &self,
        channel: &ChannelId,
        ts: &MessageTs,
        emoji: &str,
    ) -> Result<(), SlackFault> {
        let body = json!({ "channel": channel, "timestamp": ts, "name": emoji });
        unless_already(&["already_reacted"], self.write(Method::AddReaction, &body).await)
    }

    /// A message of a conversation, wherever it stands; `None` when there is none. The bot must be in the conversation.
    pub async fn message(&self, channel: &ChannelId, ts: &MessageTs) -> Result<Option<Written>, SlackFault> {
        #[derive(Deserialize)]
        struct Answer {
            messages: Vec<Written>,
        }
        // The history has no replies; this has both, and the head of the thread before a reply.
        let query = [
            ("channel", channel.to_string()),
            ("ts", ts.to_string()),
            ("oldest", ts.to_string()),
            ("latest", ts.to_string()),
            ("inclusive", "true".to_owned()),
            ("limit", "2".to_owned()),
        ];
        match self.read::<Answer>(Method::Replies, &query).await {
            Ok(found) => Ok(found.messages.into_iter().find(|message| message.ts == *ts)),
            Err(fault) if fault.code() == Some("thread_not_found") => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Puts a link at the top of a channel. Slack takes the same one twice, so look at the list first.
    pub async fn add_bookmark(
        &self,
        channel: &ChannelId,
        title: &str,
        link: &Url,
    ) -> Result<Bookmark, SlackFault> {
        #[derive(Deserialize)]
        struct Answer {
            bookmark: Bookmark,
        }
        let body = json!({ "channel_id": channel, "title": title, "type": "link", "link": link });
        let added: Answer = self.write(Method::AddBookmark, &body).await?;
        Ok(added.bookmark)
    }

    /// The links at the top of a channel.
    pub async fn list_bookmarks(&self, channel: &ChannelId) -> Result<Vec<Bookmark>, SlackFault> {
        #[derive(Deserialize)]
        struct Answer {
            bookmarks: Vec<Bookmark>,
        }
        let found: Answer = self.write(Method::ListBookmarks, &json!({ "channel_id": channel })).await?;
        Ok(found.bookmarks)
    }

    /// What Slack knows about a person.
    pub async fn user_info(&self, user: &SlackUserId) -> Result<User, SlackFault> {
        #[derive(Deserialize)]
        struct Answer {
            user: User,
        }
        let found: Answer = self.read(Method::UserInfo, &[("user", user.to_string())]).await?;
        Ok(found.user)
    }

    /// Opens a modal. The `trigger_id` lives three seconds and works once.
    pub async fn views_open(&self, trigger_id: &str, view: &Value) -> Result<OpenedView, SlackFault> {
        let body = json!({ "trigger_id": trigger_id, "view": view });
        let opened: WithView = self.write(Method::OpenView, &body).await?;
        Ok(opened.view)
    }

    /// Replaces an open modal, unless it has changed since `opened` was read.
    pub async fn views_update(&self, opened: &OpenedView, view: &Value) -> Result<OpenedView, SlackFault> {
        let mut body = json!({ "view_id": opened.id, "view": view });
        if !opened.hash.is_empty() {
            body["hash"] = json!(opened.hash);
        }
        let updated: WithView = self.write(Method::UpdateView, &body).await?;
        Ok(updated.view)
    }

    /// Shows a person's App Home.
    pub async fn publish_home(&self, user: &SlackUserId, view: &Value) -> Result<(), SlackFault> {
        let Done {} = self.write(Method::PublishView, &json!({ "user_id": user, "view": view })).await?;
        Ok(())
    }

    /// The user groups of the workspace.
    pub async fn list_usergroups(&self) -> Result<Vec<Usergroup>, SlackFault> {
        #[derive(Deserialize)]
        struct Answer {
            usergroups: Vec<Usergroup>,
        }
        let found: Answer = self.read(Method::ListUsergroups, &[]).await?;
        Ok(found.usergroups)
    }

    /// Lets a user group hold one person and nobody else.
    pub async fn set_usergroup(&self, group: &str, user: &SlackUserId) -> Result<(), SlackFault> {
        let Done {} =
            self.write(Method::UpdateUsergroup, &json!({ "usergroup": group, "users": user })).await?;
        Ok(())
    }

    /// Answers a command or a click through its `response_url`, which works five times within thirty minutes.
    pub async fn respond(
        &self,
        response_url: &Url,
        message: &Message,
        audience: Audience,
        replaces: Replaces,
    ) -> Result<(), SlackFault> {
        let response_type = match audience {
            Audience::Ephemeral => "ephemeral",
            Audience::InChannel => "in_channel",
        };
        let body =
            json!({ "response_type": response_type, "replace_original": replaces == Replaces::Original });
        self.post_to(response_url, &with_content(body, message)).await
    }

    /// A write without hurry.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        body: &Value,
    ) -> Result<T, SlackFault> {
        self.call(method, Ask::Json(body), Urgency::Ordinary, None).await
    }

    /// A read without hurry.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        method: Method,
        query: &[(&'static str, String)],
    ) -> Result<T, SlackFault> {
        self.call(method, Ask::Query(query), Urgency::Ordinary, None).await
    }
}

/// Takes a refusal that says "it is so already" for success: a repeated call must not fail for having worked.
pub(super) fn unless_already(codes: &[&str], answer: Result<Done, SlackFault>) -> Result<(), SlackFault> {
    match answer {
        Ok(Done {}) => Ok(()),
        Err(fault) if fault.code().is_some_and(|code| codes.contains(&code)) => Ok(()),
        Err(fault) => Err(fault),
    }
}
