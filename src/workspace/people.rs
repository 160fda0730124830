//! People: what they may do and see, how an act of theirs becomes a payload, and how the app took it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::channel::Channel;
use super::delivery::Delivered;
use super::hooks::Origin;
use super::model::{UserKind, Values};
use super::refusal::Refusal;
use super::state::State;
use super::{blocks, form, shapes};

/// Why somebody cannot do what they are asked to do: Slack would not offer it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotAct {
    /// There is no such person.
    #[error("there is no user {0}")]
    NoUser(String),
    /// There is no such channel, or not for them.
    #[error("there is no channel {0} for this person")]
    NoChannel(String),
    /// There is no such message, or not for them.
    #[error("there is no message {0} in this channel for this person")]
    NoMessage(String),
    /// There is nothing of that name to click.
    #[error("there is nothing called {0} to click")]
    NoControl(String),
    /// They have no such modal or home open.
    #[error("this person has no view {0} open")]
    NoView(String),
    /// The app has no such shortcut.
    #[error("the app has no shortcut {0}")]
    NoShortcut(String),
    /// They have not joined.
    #[error("this person is not in the channel; join it first")]
    NotAMember,
    /// Nobody writes there any more.
    #[error("the channel is archived")]
    Archived,
    /// It is somebody else's message.
    #[error("only the author can do that")]
    NotTheirs,
    /// Slack says no, with this code.
    #[error("slack refuses it: {0}")]
    Refused(&'static str),
}

impl From<Refusal> for CannotAct {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.code)
    }
}

/// How an act went wrong, after it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No such command is installed.
    UnknownCommand,
    /// The app did not acknowledge within three seconds.
    NoAnswer,
    /// The app has no connection, or cannot be reached.
    NotConnected,
    /// The app answered with this HTTP status.
    Status(u16),
    /// What the app acknowledged with cannot be used; Slack's code for it.
    BadReply(&'static str),
    /// Slack itself is down.
    SlackDown,
}

/// How the app took an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nobody asked it: no subscription covers the act.
    NotAsked,
    /// Within three seconds.
    Acknowledged,
    /// A form was not taken, by `block_id`.
    InputErrors(BTreeMap<String, String>),
    /// It was not acknowledged.
    Failed(Failure),
}

impl Answer {
    /// Whether nothing went wrong.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::NotAsked | Self::Acknowledged)
    }

    pub(super) fn of(delivered: &Delivered) -> Self {
        Self::Failed(match delivered {
            Delivered::Acknowledged(_) => return Self::Acknowledged,
            Delivered::NotConnected => Failure::NotConnected,
            Delivered::NoAnswer => Failure::NoAnswer,
            Delivered::Status { status, .. } => Failure::Status(*status),
            Delivered::SlackDown => Failure::SlackDown,
        })
    }

    /// What Slack shows the person, for something that is called `what`.
    pub fn shown(&self, what: &str) -> Option<String> {
        let Self::Failed(failure) = self else { return None };
        Some(match failure {
            Failure::UnknownCommand => {
                format!("{what} is not a valid command. Slash commands at Slack begin with a /.")
            }
            Failure::NoAnswer => {
                format!("{what} failed because the app did not respond. (operation_timeout)")
            }
            Failure::NotConnected => format!("{what} failed with the error \"dispatch_failed\""),
            Failure::Status(status) => {
                format!("{what} failed with the error \"http_service_error\" (status {status})")
            }
            Failure::BadReply(code) => format!("{what} failed with the error \"{code}\""),
            Failure::SlackDown => "Slack cannot be reached. Check your connection.".to_owned(),
        })
    }
}

/// A message somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its identity in the channel.
    pub ts: String,
    /// How the app took the event.
    pub answer: Answer,
}

/// Which control of a message or view is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Control {
    /// Its `action_id`, or the text on it.
    pub name: String,
    /// Needed only when several answer to the name.
    pub block_id: Option<String>,
    /// What was chosen in something that is not a button: see `page_api`, VALUES.
    pub choice: Option<Value>,
}

impl From<&str> for Control {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), block_id: None, choice: None }
    }
}

impl Control {
    /// The first element that answers to it, with its block.
    pub(super) fn find<'a>(&self, blocks: &'a [Value]) -> Option<(&'a Value, &'a Value)> {
        blocks
            .iter()
            .filter(|block| self.block_id.as_deref().is_none_or(|id| block["block_id"] == id))
            .flat_map(|block| blocks::interactive(block).into_iter().map(move |element| (block, element)))
            .find(|(_, element)| element["action_id"] == *self.name || element["text"]["text"] == *self.name)
    }

    /// The action as the app gets it.
    pub(super) fn action(&self, block: &Value, element: &Value, action_ts: &str) -> Value {
        let mut action = Map::new();
        for name in ["type", "action_id", "text", "value", "url", "style", "placeholder"] {
            if let Some(value) = element.get(name) {
                action.insert(name.to_owned(), value.clone());
            }
        }
        if element["type"] != "button" {
            action.extend(form::chosen(element, self.choice.as_ref().unwrap_or(&Value::Null)));
        }
        action.insert("block_id".to_owned(), block["block_id"].clone());
        action.insert("action_ts".to_owned(), json!(action_ts));
        Value::Object(action)
    }
}

impl State {
    pub(super) fn person(&self, user: &str) -> Result<(), CannotAct> {
        let there = self.users.get(user).is_some_and(|user| !user.deleted);
        if there { Ok(()) } else { Err(CannotAct::NoUser(user.to_owned())) }
    }

    /// Whether somebody sees a channel. Guests and strangers see only those they are in.
    pub(super) fn sees(&self, user: &str, channel: &Channel) -> bool {
        let member_here = |kind: &UserKind| matches!(kind, UserKind::Member | UserKind::Bot);
        let everywhere = self.users.get(user).is_some_and(|user| member_here(&user.kind));
        channel.members.contains(user) || (channel.is_public() && everywhere)
    }

    pub(super) fn room_of(&self, user: &str, channel: &str) -> Result<&Channel, CannotAct> {
        self.person(user)?;
        let room = self.channel(channel).filter(|room| self.sees(user, room));
        room.ok_or_else(|| CannotAct::NoChannel(channel.to_owned()))
    }

    pub(super) fn writable(&self, user: &str, channel: &str) -> Result<&Channel, CannotAct> {
        let room = self.room_of(user, channel)?;
        if room.is_archived {
            return Err(CannotAct::Archived);
        }
        if !room.members.contains(user) {
            return Err(CannotAct::NotAMember);
        }
        Ok(room)
    }

    pub(super) fn new_trigger(&mut self, user: &str, now: DateTime<Utc>) -> String {
        let id = format!("{}.{}", now.timestamp_millis(), self.ids.secret());
        self.triggers.give(id.clone(), user, now);
        id
    }

    pub(super) fn new_response_url(
        &mut self,
        channel: &str,
        user: &str,
        origin: Option<Origin>,
        now: DateTime<Utc>,
    ) -> String {
        let id = self.ids.secret();
        self.response_urls.give(id.clone(), channel, user, origin, now);
        format!("{}/hooks/{id}", self.base_url)
    }

    /// What all interactions have.
    pub(super) fn interaction(&self, kind: &str, user: &str) -> Value {
        json!({
            "type": kind, "team": shapes::team(self), "user": shapes::interaction_user(self, user),
            "api_app_id": self.app_id, "token": "verification-token", "enterprise": null,
            "is_enterprise_install": false,
        })
    }

    fn channel_name(room: &Channel) -> &str {
        if room.is_direct() { "directmessage" } else { &room.name }
    }

    /// `@alice` and `#incidents` become `<@U0A|alice>` and `<#C1|incidents>`; everything else is escaped.
    fn escape_mentions(&self, text: &str) -> String {
        let word = |word: &str| {
            let escaped = || word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            if let Some(name) = word.strip_prefix('@') {
                let user = self.users.values().find(|user| user.name == name || user.id == name);
                let group = || self.groups.values().find(|group| group.handle == name);
                return match user {
                    Some(user) => format!("<@{}|{}>", user.id, user.name),
                    None => group().map_or_else(escaped, |group| format!("<!subteam^{}|@{name}>", group.id)),
                };
            }
            if let Some(name) = word.strip_prefix('#') {
                return self.names.get(name).map_or_else(escaped, |id| format!("<#{id}|{name}>"));
            }
            if word.starts_with("<@U") || word.starts_with("<#C") { word.to_owned() } else { escaped() }
        };
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn command(
        &mut self,
        user: &str,
        channel: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Map<String, Value>>, CannotAct> {
        let room = self.room_of(user, channel)?;
        if room.is_archived {
            return Err(CannotAct::Archived);
        }
        let channel_name = Self::channel_name(room).to_owned();
        let (command, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        if !self.commands.iter().any(|own| own == command) {
            return Ok(None);
        }
        let trigger = self.new_trigger(user, now);
        let response_url = self.new_response_url(channel, user, None, now);
        let fields = [
            ("token", "verification-token".to_owned()),
            ("team_id", self.team_id.clone()),
            ("team_domain", self.team_domain.clone()),
            ("channel_id", channel.to_owned()),
            ("channel_name", channel_name),
            ("user_id", user.to_owned()),
            ("user_name", self.users.get(user).map(|user| user.name.clone()).unwrap_or_default()),
            ("command", command.to_owned()),
            ("text", self.escape_mentions(rest.trim())),
            ("api_app_id", self.app_id.clone()),
            ("is_enterprise_install", "false".to_owned()),
            ("response_url", response_url),
            ("trigger_id", trigger),
        ];
        Ok(Some(fields.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()))
    }

    pub(super) fn click(
        &mut self,
        user: &str,
        channel: &str,
        ts: &str,
        control: &Control,
        now: DateTime<Utc>,
    ) -> Result<Value, CannotAct> {
        let room = self.room_of(user, channel)?;
        let private =
            room.ephemerals.get(ts).filter(|private| private.to == user).map(|private| &private.message);
        let message = room.message(ts).or(private).ok_or_else(|| CannotAct::NoMessage(ts.to_owned()))?;
        let no_control = || CannotAct::NoControl(control.name.clone());
        let (block, element) = control.find(&message.blocks).ok_or_else(no_control)?;
        let ephemeral = private.is_some();
        let values = form::collect(&message.blocks, &Value::Null, &chosen_values(block, element, control));
        let mut payload = self.interaction("block_actions", user);
        payload["container"] = json!({
            "type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": ephemeral,
        });
        if let Some(thread) = &message.thread_ts {
            payload["container"]["thread_ts"] = json!(thread);
        }
        payload["channel"] = json!({ "id": channel, "name": Self::channel_name(room) });
        payload["message"] = shapes::message(self, room, message);
        payload["state"] = json!({ "values": values });
        let (block, element) = (block.clone(), element.clone());
        payload["actions"] = json!([control.action(&block, &element, &self.next_ts(now))]);
        payload["trigger_id"] = json!(self.new_trigger(user, now));
        let origin = Origin { ts: ts.to_owned(), ephemeral };
        payload["response_url"] = json!(self.new_response_url(channel, user, Some(origin), now));
        Ok(payload)
    }
}

/// What a click itself changes in the state of a message.
pub(super) fn chosen_values(block: &Value, element: &Value, control: &Control) -> Values {
    let ids = (block["block_id"].as_str(), element["action_id"].as_str(), control.choice.clone());
    let (Some(block), Some(action), Some(choice)) = ids else { return Values::new() };
    Values::from([(block.to_owned(), BTreeMap::from([(action.to_owned(), choice)]))])
}
