//! Slack as its people see it: rooms, messages, buttons, commands, and the ways in which it fails.

use axum::body::Body;
use axum::http::Request;
use dontpanic::workspace::{ChannelInfo, Fault, Message, Reach};
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tower::ServiceExt as _;

use super::house::CAST;
use super::transcript::{buttons, plain};
use super::world::World;

/// A word of the cast, or a Slack user.
pub fn user(who: &str) -> String {
    CAST.iter()
        .find(|(key, ..)| *key == who)
        .map_or_else(|| who.to_owned(), |(_, user, _)| (*user).to_owned())
}

/// The workspace of a world.
pub struct Slack<'w> {
    pub(super) world: &'w mut World,
}

impl<'w> Slack<'w> {
    /// The channel of this name.
    #[track_caller]
    pub fn room(self, name: &str) -> Room<'w> {
        let Some(info) = self.world.workspace.channel_by_name(name) else {
            let names: Vec<String> =
                self.world.workspace.channels().into_iter().map(|channel| channel.name).collect();
            panic!("there is no #{name}, but {names:?}");
        };
        Room { world: self.world, info, reader: None }
    }

    /// The bot's direct messages with somebody.
    #[track_caller]
    pub fn dm(self, who: &str) -> Room<'w> {
        let Some((info, _)) = self.world.workspace.direct_messages(&user(who)) else {
            panic!("the bot has never written to {who}");
        };
        Room { world: self.world, info, reader: Some(who.to_owned()) }
    }

    /// Whether the bot has ever written to somebody.
    pub fn has_written_to(self, who: &str) -> bool {
        self.world.workspace.direct_messages(&user(who)).is_some_and(|(_, messages)| !messages.is_empty())
    }

    /// The names of the incidents' channels, in the order they were made.
    pub fn rooms(self) -> Vec<String> {
        let mut rooms = self.world.workspace.channels();
        rooms.retain(|room| room.name.starts_with("inc-"));
        rooms.sort_by(|a, b| a.created.cmp(&b.created).then_with(|| a.name.cmp(&b.name)));
        rooms.into_iter().map(|room| room.name).collect()
    }

    /// The next `times` calls of a method (`*`: of any) meet this fault.
    pub fn fails_next(self, method: &str, fault: Fault, times: usize) {
        self.world.tell("slack", &format!("will fail {method}: {fault:?} (×{times})"));
        self.world.workspace.fails_next(method, fault, times);
    }

    /// Every call hangs from now on.
    pub fn goes_down(self) {
        self.world.tell("slack", "is down");
        self.world.workspace.set_reach(Reach::Outage);
    }

    /// Everything works again.
    pub fn comes_back(self) {
        self.world.tell("slack", "is back");
        self.world.workspace.faults_end();
        self.world.workspace.set_reach(Reach::Up);
    }

    /// Somebody archives a channel.
    pub async fn archives(self, name: &str) {
        let channel = self.world.workspace.channel_by_name(name).expect("there is such a channel").id;
        self.is_asked("conversations.archive", &serde_json::json!({ "channel": channel })).await;
        let now = self.world.workspace.channel(&channel).expect("it stays");
        assert!(now.is_archived, "#{name} is not archived");
    }

    /// Somebody brings in one who cannot come by themselves.
    pub async fn lets_in(self, who: &str, name: &str) {
        let channel = self.world.workspace.channel_by_name(name).expect("there is such a channel").id;
        let invitation = serde_json::json!({ "channel": channel, "users": user(who) });
        self.is_asked("conversations.invite", &invitation).await;
        let members = self.world.workspace.channel(&channel).expect("it stays").members;
        assert!(members.contains(&user(who)), "{who} is not in #{name}");
    }

    /// A call is made as the app, past the service.
    async fn is_asked(&self, method: &str, body: &Value) {
        let request = Request::post(format!("/api/{method}"))
            .header("authorization", "Bearer xoxb-workspace-bot")
            .header("content-type", "application/json; charset=utf-8")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let _answered = self.world.workspace.router().oneshot(request).await;
    }

    /// Slack delivers a form, signed; `retry` says which repetition it is. The status.
    pub async fn delivers(self, path: &str, fields: &[(&str, &str)], retry: Option<u32>) -> u16 {
        let form = "application/x-www-form-urlencoded";
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let status = self.world.delivers(path, form, body, retry).await;
        self.world.settle().await;
        status
    }

    /// Slack delivers an event, signed; `retry` says which repetition it is. The status.
    pub async fn delivers_event(self, event: &Value, retry: Option<u32>) -> u16 {
        let status = self.world.delivers("/slack/events", "application/json", event.to_string(), retry).await;
        self.world.settle().await;
        status
    }
}

/// What a request is signed with, for this body at this Unix time.
pub fn signature(timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"workspace-signing-secret").expect("a key of any length");
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    let digits: Vec<String> = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={}", digits.concat())
}

/// One conversation.
pub struct Room<'w> {
    world: &'w mut World,
    info: ChannelInfo,
    /// Whose direct messages these are.
    reader: Option<String>,
}

impl Room<'_> {
    fn messages(&self) -> Vec<Message> {
        self.world.workspace.messages(&self.info.id)
    }

    /// Every message as its reader sees it, oldest first; in direct messages also what is shown to the reader only.
    pub fn text(&self) -> Vec<String> {
        let private = match &self.reader {
            Some(_) => self.world.workspace.ephemerals(&self.info.id),
            None => vec![],
        };
        let private = private.iter().map(|shown| &shown.message);
        self.messages().iter().chain(private).map(|message| self.seen(message)).collect()
    }

    fn seen(&self, message: &Message) -> String {
        let blocks = message.blocks.iter().flat_map(texts).collect::<Vec<_>>().join("\n");
        plain(&format!("{}\n{blocks}", message.text), &self.world.workspace)
    }

    /// Some message, as it is now, says this.
    #[track_caller]
    pub fn reads(&self, words: &str) -> &Self {
        let text = self.text();
        assert!(
            text.iter().any(|text| text.contains(words)),
            "{} does not say {words:?}, but:\n{}",
            self.info.name,
            text.join("\n---\n")
        );
        self
    }

    /// No message says this.
    #[track_caller]
    pub fn never_reads(&self, words: &str) -> &Self {
        let text = self.text();
        let said = text.iter().find(|text| text.contains(words));
        assert!(said.is_none(), "{} says {words:?}: {said:?}", self.info.name);
        self
    }

    /// The line at its top.
    #[track_caller]
    pub fn has_topic(&self, topic: &str) -> &Self {
        assert_eq!(self.info.topic, topic, "the topic of #{}", self.info.name);
        self
    }

    /// How many messages hold these words.
    pub fn count(&self, words: &str) -> usize {
        self.text().iter().filter(|text| text.contains(words)).count()
    }

    /// Whether somebody is in it.
    pub fn has(&self, who: &str) -> bool {
        self.info.members.contains(&user(who))
    }

    /// The latest message that has a button of this label.
    #[track_caller]
    pub fn button(self, label: &str) -> Clickable {
        let found = self
            .messages()
            .into_iter()
            .rev()
            .find_map(|message| Some((element(&message.blocks, label)?, message)));
        let Some((element, message)) = found else {
            panic!(
                "no message of {} has a button {label:?}:\n{}",
                self.info.name,
                self.text().join("\n---\n")
            )
        };
        let (channel, ts) = (self.info.id, message.ts);
        Clickable { channel, ts, label: label.to_owned(), reader: self.reader, element }
    }

    /// No message has a button of this label.
    #[track_caller]
    pub fn has_no_button(&self, label: &str) -> &Self {
        let has = |message: &Message| buttons(&message.blocks).iter().any(|known| known == label);
        assert!(!self.messages().iter().any(has), "{} still has a button {label:?}", self.info.name);
        self
    }
}

/// The button of this label.
pub fn element(blocks: &[Value], label: &str) -> Option<Value> {
    let rows = blocks.iter().filter_map(|block| block["elements"].as_array());
    rows.flatten().find(|button| button["text"]["text"] == label).cloned()
}

/// Every text in a block.
pub fn texts(block: &Value) -> Vec<String> {
    match block {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) if name == "text" => vec![text.clone()],
                other => texts(other),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => vec![],
    }
}

/// A button as it was shown; it can be clicked later, when it is out of date.
#[derive(Debug, Clone)]
pub struct Clickable {
    /// Where.
    pub channel: String,
    /// On which message.
    pub ts: String,
    /// What it says.
    pub label: String,
    /// Whose direct messages it is in.
    pub reader: Option<String>,
    /// The button itself.
    pub element: Value,
}
