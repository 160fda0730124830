//! The whole workspace as one value, and the steps every part of it shares: looking up, posting, joining, telling.
//!
//! It never waits and never sends: what others must hear of is put into `news`, which the handle passes on.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::change::Change;
use super::channel::Channel;
use super::config::{Delivery, Shortcut, UnarchiveByBots, WorkspaceConfig};
use super::faults::Faults;
use super::hooks::{ResponseUrls, Triggers};
use super::limits::Limits;
use super::model::{Canvas, ChannelKind, Message, User, UserGroup, UserKind};
use super::record::Recorder;
use super::shapes;
use super::socket::Sockets;
use super::views::Views;
use crate::clock::Clock;

/// The subtype of what is left of a deleted message that has replies.
pub(crate) const TOMBSTONE: &str = "tombstone";

/// Something others must hear of.
#[derive(Debug)]
pub(crate) enum News {
    /// For whoever watches the workspace.
    Change(Arc<Change>),
    /// For the app, if it subscribed to `subscription`.
    Event { subscription: &'static str, event: Value },
}

/// Makes ids that look like Slack's and are the same in every run with the same seed.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    next: u64,
}

impl Ids {
    /// A new id beginning with `prefix`.
    pub(crate) fn make(&mut self, prefix: &str) -> String {
        self.next += 1;
        let mut word = self.seed.wrapping_mul(36 * 36 * 36).wrapping_add(self.next) % 36_u64.pow(9);
        let mut digits = Vec::with_capacity(9);
        for _ in 0..9 {
            let digit = u32::try_from(word % 36).ok().and_then(|digit| char::from_digit(digit, 36));
            digits.extend(digit.map(|digit| digit.to_ascii_uppercase()));
            word /= 36;
        }
        prefix.chars().chain(std::iter::once('0')).chain(digits.into_iter().rev()).collect()
    }

    /// A word nobody guesses by accident: for tickets, triggers, URLs.
    pub(crate) fn secret(&mut self) -> String {
        self.next += 1;
        let word = (self.seed ^ self.next).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:016x}{:08x}", word ^ (word >> 29), self.next)
    }
}

pub(crate) struct State {
    pub(crate) team_id: String,
    pub(crate) team_name: String,
    pub(crate) team_domain: String,
    pub(crate) app_id: String,
    pub(crate) bot_id: String,
    pub(crate) bot_user: String,
    pub(crate) bot_token: String,
    pub(crate) app_token: String,
    pub(crate) signing_secret: String,
    pub(crate) granted: BTreeSet<String>,
    pub(crate) commands: Vec<String>,
    pub(crate) shortcuts: Vec<Shortcut>,
    pub(crate) subscriptions: BTreeSet<String>,
    pub(crate) unarchive_by_bots: UnarchiveByBots,
    pub(crate) delivery: Delivery,
    /// Whether anybody watches: changes are not even made otherwise.
    pub(crate) watched: bool,
    /// `http://127.0.0.1:8080`, no slash at the end.
    pub(crate) base_url: String,
    pub(crate) ids: Ids,
    last_ts: i64,
    /// What messages are dated by, when it is not the wire's clock.
    stamps: Option<Arc<dyn Clock>>,

    pub(crate) users: BTreeMap<String, User>,
    pub(crate) channels: BTreeMap<String, Channel>,
    /// Names in use, those of archived channels too.
    pub(crate) names: HashMap<String, String>,
    directs: HashMap<String, String>,
    pub(crate) groups: BTreeMap<String, UserGroup>,
    pub(crate) canvases: BTreeMap<String, Canvas>,
    pub(crate) views: Views,
    pub(crate) triggers: Triggers,
    pub(crate) response_urls: ResponseUrls,
    pub(crate) sockets: Sockets,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) record: Recorder,
    pub(crate) news: VecDeque<News>,
}

impl State {
    pub(crate) fn new(config: &WorkspaceConfig) -> Self {
        let bot = User {
            id: config.bot_user.clone(),
            name: config.bot_name.clone(),
            real_name: config.app_name.clone(),
            email: None,
            tz: "Etc/UTC".to_owned(),
            kind: UserKind::Bot,
            deleted: false,
        };
        Self {
            team_id: "T0HOME".to_owned(),
            team_name: "Home".to_owned(),
            team_domain: "home".to_owned(),
            app_id: "A0APP".to_owned(),
            bot_id: "B0APP".to_owned(),
            bot_user: config.bot_user.clone(),
            bot_token: config.bot_token.clone(),
            app_token: config.app_token.clone(),
            signing_secret: config.signing_secret.clone(),
            granted: config.scopes.clone(),
            commands: config.commands.clone(),
            shortcuts: config.shortcuts.clone(),
            subscriptions: config.events.clone(),
            unarchive_by_bots: config.unarchive_by_bots,
            delivery: config.delivery.clone(),
            watched: false,
            base_url: String::new(),
            ids: Ids { seed: config.seed, next: 0 },
            last_ts: 0,
            stamps: config.stamps.clone(),
            users: BTreeMap::from([(bot.id.clone(), bot)]),
            channels: BTreeMap::new(),
            names: HashMap::new(),
            directs: HashMap::new(),
            groups: BTreeMap::new(),
            canvases: BTreeMap::new(),
            views: Views::default(),
            triggers: Triggers::default(),
            response_urls: ResponseUrls::default(),
            sockets: Sockets::default(),
            limits: Limits::new(config.rate_limits),
            faults: Faults::default(),
            record: Recorder::default(),
            news: VecDeque::new(),
        }
    }

    /// A timestamp never given before, at or just after `now`.
    pub(crate) fn next_ts(&mut self, now: DateTime<Utc>) -> String {
        let shown = self.stamps.as_ref().map_or(now, |clock| clock.now());
        self.last_ts = shown.timestamp_micros().max(self.last_ts + 1);
        format!("{:010}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    pub(crate) fn change(&mut self, change: Change) {
        if !self.watched {
            return;
        }
        self.news.push_back(News::Change(Arc::new(change)));
    }

    pub(crate) fn event(&mut self, subscription: &'static str, event: Value) {
        self.news.push_back(News::Event { subscription, event });
    }

    pub(crate) fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.get(id)
    }

    /// The channel an app may mean by an id or a `#name`; private ones it is not in do not exist for it.
    pub(crate) fn find_channel(&self, word: &str) -> Option<&Channel> {
        let id = self.names.get(word.trim_start_matches('#')).map_or(word, String::as_str);
        self.channels.get(id).filter(|channel| channel.is_visible_to(&self.bot_user))
    }

    /// Tells watchers that a channel is new or changed.
    pub(crate) fn channel_changed(&mut self, id: &str) {
        if let Some(channel) = self.channels.get(id).filter(|_| self.watched) {
            let change = Change::Channel { channel: channel.info() };
            self.change(change);
        }
    }

    /// Makes a channel; the name is known to be free.
    pub(crate) fn create_channel(
        &mut self,
        id: String,
        name: &str,
        kind: ChannelKind,
        creator: &str,
        now: DateTime<Utc>,
    ) {
        if !name.is_empty() {
            self.names.insert(name.to_owned(), id.clone());
        }
        self.channels
            .insert(id.clone(), Channel::new(id.clone(), name.to_owned(), kind, creator, now.timestamp()));
        self.channel_changed(&id);
    }

    /// The direct messages of the app with `user`, opened when they are not.
    pub(crate) fn direct_with(&mut self, user: &str, now: DateTime<Utc>) -> String {
        if let Some(id) = self.directs.get(user) {
            return id.clone();
        }
        let id = self.ids.make("D");
        self.directs.insert(user.to_owned(), id.clone());
        let bot = self.bot_user.clone();
        let kind = ChannelKind::Direct { with: user.to_owned() };
        self.create_channel(id.clone(), "", kind, &bot, now);
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.members.insert(user.to_owned());
        }
        self.channel_changed(&id);
        id
    }

    /// The open direct messages with `user`.
    pub(crate) fn direct(&self, user: &str) -> Option<&Channel> {
        self.directs.get(user).and_then(|id| self.channels.get(id))
    }

    /// Posts a message whose `ts` is still empty; returns its `ts`. Everybody concerned hears of it.
    pub(crate) fn post(&mut self, channel: &str, mut message: Message, now: DateTime<Utc>) -> String {
        let ts = self.next_ts(now);
        message.ts.clone_from(&ts);
        let parent = message.thread_ts.clone();
        if let Some(channel) = self.channels.get_mut(channel) {
            channel.put(message);
        }
        self.message_changed(channel, &ts);
        if let Some(parent) = parent {
            self.message_changed(channel, &parent);
        }
        self.message_event(channel, &ts);
        ts
    }

    /// A line of the channel itself ("joined", "set the topic").
    pub(crate) fn post_line(
        &mut self,
        channel: &str,
        user: &str,
        subtype: &str,
        text: String,
        now: DateTime<Utc>,
    ) {
        let line =
            Message { user: user.to_owned(), subtype: Some(subtype.to_owned()), text, ..Message::default() };
        self.post(channel, line, now);
    }

    /// Tells watchers that a message is new or changed.
    pub(crate) fn message_changed(&mut self, channel: &str, ts: &str) {
        let Some(room) = self.channels.get(channel).filter(|_| self.watched) else { return };
        if let Some(message) = room.message(ts) {
            let message = super::change::SeenMessage::of(message, room.pinned(ts), false);
            self.change(Change::Message { channel: channel.to_owned(), message });
        }
    }

    /// Which subscription covers messages of a channel.
    pub(crate) fn message_subscription(channel: &Channel) -> (&'static str, &'static str) {
        match channel.kind {
            ChannelKind::Public => ("message.channels", "channel"),
            ChannelKind::Private => ("message.groups", "group"),
            ChannelKind::Direct { .. } => ("message.im", "im"),
        }
    }

    /// Whether the app hears what happens in a channel.
    pub(crate) fn app_is_in(&self, channel: &str) -> bool {
        self.channel(channel).is_some_and(|channel| channel.members.contains(&self.bot_user))
    }

    fn message_event(&mut self, channel: &str, ts: &str) {
        let Some(room) = self.channels.get(channel) else { return };
        let Some(message) = room.message(ts) else { return };
        if !room.members.contains(&self.bot_user) {
            return;
        }
        let (subscription, channel_type) = Self::message_subscription(room);
        let mentions_app =
            message.text.contains(&format!("<@{}", self.bot_user)) && message.user != self.bot_user;
        let mut event = shapes::message(self, room, message);
        if let Some(fields) = event.as_object_mut() {
            fields.insert("channel".into(), json!(channel));
            fields.insert("event_ts".into(), json!(ts));
            fields.insert("channel_type".into(), json!(channel_type));
        }
        let mention = mentions_app.then(|| {
            let mut mention = event.clone();
            mention["type"] = json!("app_mention");
            mention
        });
        self.event(subscription, event);
        if let Some(mention) = mention {
            self.event("app_mention", mention);
        }
    }

    /// Tells the app that a message was edited, or deleted when `after` is gone.
    pub(crate) fn message_edited(&mut self, channel: &str, before: &Message, now: DateTime<Utc>) {
        let event_ts = self.next_ts(now);
        let Some(room) = self.channels.get(channel) else { return };
        if !room.members.contains(&self.bot_user) {
            return;
        }
        let (subscription, channel_type) = Self::message_subscription(room);
        let previous = shapes::message(self, room, before);
        let event = match room.message(&before.ts) {
            Some(after) => json!({
                "type": "message", "subtype": "message_changed", "hidden": true, "channel": channel,
                "channel_type": channel_type, "message": shapes::message(self, room, after),
                "previous_message": previous, "ts": event_ts, "event_ts": event_ts,
            }),
            None => json!({
                "type": "message", "subtype": "message_deleted", "hidden": true, "channel": channel,
                "channel_type": channel_type, "deleted_ts": before.ts, "previous_message": previous,
                "ts": event_ts, "event_ts": event_ts,
            }),
        };
        self.event(subscription, event);
    }

    /// Takes a message away and tells everybody; the message taken.
    pub(crate) fn delete(&mut self, channel: &str, ts: &str, now: DateTime<Utc>) -> Option<Message> {
        if self.channels.get(channel)?.message(ts)?.reply_count > 0 {
            return self.bury(channel, ts, now);
        }
        let before = self.channels.get_mut(channel)?.take(ts)?;
        self.change(Change::MessageDeleted { channel: channel.to_owned(), ts: ts.to_owned(), only: None });
        if let Some(parent) = before.thread_ts.clone().filter(|parent| parent != ts) {
            self.message_changed(channel, &parent);
        }
        self.message_edited(channel, &before, now);
        Some(before)
    }

    /// A deleted message that has replies leaves a stone in its place.
    fn bury(&mut self, channel: &str, ts: &str, now: DateTime<Utc>) -> Option<Message> {
        let room = self.channels.get_mut(channel)?;
        room.pins.retain(|pin| pin.ts != ts);
        let message = room.message_mut(ts)?;
        let before = message.clone();
        *message = Message {
            ts: before.ts.clone(),
            user: "USLACKBOT".to_owned(),
            text: "This message was deleted.".to_owned(),
            subtype: Some(TOMBSTONE.to_owned()),
            thread_ts: before.thread_ts.clone(),
            reply_count: before.reply_count,
            latest_reply: before.latest_reply.clone(),
            ..Message::default()
        };
        self.message_changed(channel, ts);
        self.message_edited(channel, &before, now);
        Some(before)
    }

    /// Lets somebody in, with the line and the event that go with it; false when they were in.
    pub(crate) fn join(
        &mut self,
        channel: &str,
        user: &str,
        inviter: Option<&str>,
        now: DateTime<Utc>,
    ) -> bool {
        let Some(room) = self.channels.get_mut(channel) else { return false };
        if !room.members.insert(user.to_owned()) {
            return false;
        }
        let (subtype, kind) = if room.is_public() { ("channel_join", "C") } else { ("group_join", "G") };
        self.channel_changed(channel);
        self.post_line(channel, user, subtype, format!("<@{user}> has joined the channel"), now);
        if self.app_is_in(channel) {
            let event_ts = self.next_ts(now);
            let mut event = json!({
                "type": "member_joined_channel", "user": user, "channel": channel, "channel_type": kind,
                "team": self.team_id, "event_ts": event_ts,
            });
            if let Some(inviter) = inviter {
                event["inviter"] = json!(inviter);
            }
            self.event("member_joined_channel", event);
        }
        true
    }

    /// Lets somebody out; false when they were not in.
    pub(crate) fn part(&mut self, channel: &str, user: &str, now: DateTime<Utc>) -> bool {
        self.part_by(channel, user, None, now)
    }

    /// The same, at somebody's wish.
    pub(crate) fn part_by(
        &mut self,
        channel: &str,
        user: &str,
        remover: Option<&str>,
        now: DateTime<Utc>,
    ) -> bool {
        let heard = self.app_is_in(channel);
        let Some(room) = self.channels.get_mut(channel) else { return false };
        if !room.members.remove(user) {
            return false;
        }
        let (subtype, kind) = if room.is_public() { ("channel_leave", "C") } else { ("group_leave", "G") };
        self.channel_changed(channel);
        self.post_line(channel, user, subtype, format!("<@{user}> has left the channel"), now);
        if heard {
            let event_ts = self.next_ts(now);
            let event = json!({
                "type": "member_left_channel", "user": user, "channel": channel, "channel_type": kind,
                "team": self.team_id, "event_ts": event_ts,
            });
            self.event("member_left_channel", event);
        }
        if user == self.bot_user {
            let kind = if kind == "C" { "channel_left" } else { "group_left" };
            let event_ts = self.next_ts(now);
            let event = json!({
                "type": kind, "channel": channel, "actor_id": remover.unwrap_or(user), "event_ts": event_ts,
            });
            self.event(kind, event);
        }
        true
    }
}
