//! One conversation and what is in it. Keeps its own order and counts right; knows nothing of rights.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::model::{Bookmark, ChannelInfo, ChannelKind, Ephemeral, Message, Pin, Reaction};
use super::state::TOMBSTONE;

/// A line somebody set: a topic or a purpose.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted {
    pub(crate) value: String,
    pub(crate) creator: String,
    /// Unix seconds.
    pub(crate) last_set: i64,
}

/// A conversation. Messages are ordered by `ts`, whose digits sort as text.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) previous_names: Vec<String>,
    pub(crate) kind: ChannelKind,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) creator: String,
    pub(crate) is_archived: bool,
    pub(crate) topic: Noted,
    pub(crate) purpose: Noted,
    pub(crate) members: BTreeSet<String>,
    pub(crate) pins: Vec<Pin>,
    pub(crate) bookmarks: Vec<Bookmark>,
    /// The canvas in its tab.
    pub(crate) canvas: Option<String>,
    /// All messages, replies too.
    messages: BTreeMap<String, Message>,
    /// The messages that show in the channel itself.
    in_channel: BTreeSet<String>,
    /// Replies by parent, oldest first.
    threads: HashMap<String, Vec<String>>,
    /// By their `ts`.
    pub(crate) ephemerals: BTreeMap<String, Ephemeral>,
}

impl Channel {
    pub(crate) fn new(id: String, name: String, kind: ChannelKind, creator: &str, created: i64) -> Self {
        Self {
            id,
            name,
            previous_names: Vec::new(),
            kind,
            created,
            creator: creator.to_owned(),
            is_archived: false,
            topic: Noted::default(),
            purpose: Noted::default(),
            members: BTreeSet::from([creator.to_owned()]),
            pins: Vec::new(),
            bookmarks: Vec::new(),
            canvas: None,
            messages: BTreeMap::new(),
            in_channel: BTreeSet::new(),
            threads: HashMap::new(),
            ephemerals: BTreeMap::new(),
        }
    }

    pub(crate) fn is_direct(&self) -> bool {
        matches!(self.kind, ChannelKind::Direct { .. })
    }

    pub(crate) fn is_public(&self) -> bool {
        self.kind == ChannelKind::Public
    }

    /// Whether `user` may read it.
    pub(crate) fn is_visible_to(&self, user: &str) -> bool {
        self.is_public() || self.members.contains(user)
    }

    pub(crate) fn message(&self, ts: &str) -> Option<&Message> {
        self.messages.get(ts)
    }

    pub(crate) fn message_mut(&mut self, ts: &str) -> Option<&mut Message> {
        self.messages.get_mut(ts)
    }

    pub(crate) fn pinned(&self, ts: &str) -> bool {
        self.pins.iter().any(|pin| pin.ts == ts)
    }

    /// Everything, oldest first.
    pub(crate) fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.values()
    }

    /// What shows in the channel itself between two timestamps (exclusive), oldest first.
    pub(crate) fn between<'a>(
        &'a self,
        oldest: &'a str,
        latest: Option<&'a str>,
    ) -> impl DoubleEndedIterator<Item = &'a Message> {
        use std::ops::Bound::{Excluded, Unbounded};
        // A range whose ends are out of order is empty, not a panic.
        let latest = latest.map(|ts| ts.max(oldest).to_owned() + if ts <= oldest { "0" } else { "" });
        let upper = latest.map_or(Unbounded, Excluded);
        self.in_channel.range((Excluded(oldest.to_owned()), upper)).filter_map(|ts| self.messages.get(ts))
    }

    /// The replies to `parent`, oldest first.
    pub(crate) fn replies(&self, parent: &str) -> impl DoubleEndedIterator<Item = &Message> {
        self.threads.get(parent).into_iter().flatten().filter_map(|ts| self.messages.get(ts))
    }

    /// Puts a message where it belongs.
    pub(crate) fn put(&mut self, message: Message) {
        let parent = message.thread_ts.clone().filter(|parent| *parent != message.ts);
        if let Some(parent) = &parent {
            self.threads.entry(parent.clone()).or_default().push(message.ts.clone());
            if let Some(head) = self.messages.get_mut(parent) {
                head.thread_ts = Some(parent.clone());
                head.reply_count += 1;
                head.latest_reply = Some(message.ts.clone());
            }
        }
        if parent.is_none() || message.subtype.as_deref() == Some("thread_broadcast") {
            self.in_channel.insert(message.ts.clone());
        }
        self.messages.insert(message.ts.clone(), message);
    }

    /// Takes a message away, with its pin.
    pub(crate) fn take(&mut self, ts: &str) -> Option<Message> {
        let message = self.messages.remove(ts)?;
        self.in_channel.remove(ts);
        self.pins.retain(|pin| pin.ts != ts);
        if let Some(parent) = message.thread_ts.as_deref().filter(|parent| *parent != ts) {
            let replies = self.threads.entry(parent.to_owned()).or_default();
            replies.retain(|reply| reply != ts);
            let (count, latest) = (replies.len(), replies.last().cloned());
            if let Some(head) = self.messages.get_mut(parent) {
                head.reply_count = count;
                head.latest_reply = latest;
            }
        }
        Some(message)
    }

    pub(crate) fn info(&self) -> ChannelInfo {
        ChannelInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            is_archived: self.is_archived,
            topic: self.topic.value.clone(),
            purpose: self.purpose.value.clone(),
            creator: self.creator.clone(),
            created: self.created,
            members: self.members.clone(),
            pins: self.pins.iter().map(|pin| pin.ts.clone()).collect(),
            bookmarks: self.bookmarks.clone(),
            canvas: self.canvas.clone(),
            messages: self.messages.len(),
            last_ts: self.messages.last_key_value().map(|(ts, _)| ts.clone()),
        }
    }
}

impl Message {
    /// Whether it is only what is left of a deleted one.
    pub(crate) fn is_gone(&self) -> bool {
        self.subtype.as_deref() == Some(TOMBSTONE)
    }

    /// Adds somebody's emoji; false when it was there.
    pub(crate) fn react(&mut self, name: &str, user: &str) -> bool {
        match self.reactions.iter_mut().find(|reaction| reaction.name == name) {
            Some(reaction) if reaction.users.iter().any(|u| u == user) => false,
            Some(reaction) => {
                reaction.users.push(user.to_owned());
                true
            }
            None => {
                self.reactions.push(Reaction { name: name.to_owned(), users: vec![user.to_owned()] });
                true
            }
        }
    }

    /// Takes somebody's emoji away; false when it was not there.
    pub(crate) fn unreact(&mut self, name: &str, user: &str) -> bool {
        let Some(reaction) = self.reactions.iter_mut().find(|reaction| reaction.name == name) else {
            return false;
        };
        let before = reaction.users.len();
        reaction.users.retain(|u| u != user);
        let gone = reaction.users.len() < before;
        self.reactions.retain(|reaction| !reaction.users.is_empty());
        gone
    }
}
