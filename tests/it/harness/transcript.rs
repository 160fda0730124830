//! What happened in a world, one line for each thing, in story order: what goes in, and what the outside gets to see.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use dontpanic::clock::{Clock, ManualClock};
use dontpanic::workspace::{Change, ChannelInfo, ChannelKind, Message, Workspace};
use regex::{Captures, Regex};
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

/// So much of a text stands in a line.
const SHOWN: usize = 110;

/// The record of one world. Clones share it.
#[derive(Clone)]
pub struct Transcript {
    story: Arc<ManualClock>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Transcript {
    /// An empty record in this story time.
    pub fn new(story: Arc<ManualClock>) -> Self {
        Self { story, lines: Arc::default() }
    }

    /// Something happens now.
    pub fn tell(&self, who: &str, what: &str) {
        let now = self.story.now().format("%d %H:%M:%S");
        self.held().push(format!("{now} {who:<8} {what}"));
    }

    /// Everything, in order.
    pub fn read(&self) -> String {
        self.held().iter().fold(String::new(), |mut text, line| {
            // Writing to a string cannot fail.
            let _written = writeln!(text, "{line}");
            text
        })
    }

    fn held(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches the workspace, and tells what changes there.
pub struct Watcher {
    changes: Receiver<Arc<Change>>,
    transcript: Transcript,
    /// How each message was last told, by channel and `ts`.
    told: BTreeMap<(String, String), String>,
    /// How messages read that have changed since.
    edited: BTreeMap<(String, String), String>,
    channels: BTreeMap<String, ChannelInfo>,
}

impl Watcher {
    /// From now on.
    pub fn new(workspace: &Workspace, transcript: Transcript) -> Self {
        let channels =
            workspace.channels().into_iter().map(|channel| (channel.id.clone(), channel)).collect();
        Self {
            changes: workspace.changes(),
            transcript,
            told: BTreeMap::new(),
            edited: BTreeMap::new(),
            channels,
        }
    }

    /// Tells what is new since it last looked. Edits wait until all is quiet, so that only what stays is told.
    pub fn look(&mut self, workspace: &Workspace) {
        loop {
            let change = match self.changes.try_recv() {
                Ok(change) => change,
                Err(TryRecvError::Lagged(_)) => continue,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            };
            match &*change {
                Change::Channel { channel } => self.channel(channel, workspace),
                Change::Message { channel, message } => {
                    self.message(channel, &message.message, workspace);
                }
                Change::Ephemeral { channel, message, only } => {
                    let place =
                        format!("{} (only @{})", self.place(channel, workspace), name(workspace, only));
                    let text = shown(&message.message, workspace);
                    self.transcript.tell("slack", &format!("{place}: {text}"));
                }
                Change::MessageDeleted { .. }
                | Change::User { .. }
                | Change::Views { .. }
                | Change::Home { .. }
                | Change::Health { .. }
                | Change::Reset => {}
            }
        }
    }

    /// All is quiet: tells how edited messages read now.
    pub fn rest(&mut self) {
        for (key, line) in std::mem::take(&mut self.edited) {
            if self.told.get(&key) != Some(&line) {
                let (place, text) = line.split_once(": ").unwrap_or(("", &line));
                self.transcript.tell("slack", &format!("{place} now reads: {text}"));
                self.told.insert(key, line);
            }
        }
    }

    fn place(&self, channel: &str, workspace: &Workspace) -> String {
        match self.channels.get(channel).cloned().or_else(|| workspace.channel(channel)) {
            Some(ChannelInfo { kind: ChannelKind::Direct { with }, .. }) => {
                format!("dm {}", name(workspace, &with))
            }
            Some(info) => format!("#{}", info.name),
            None => channel.to_owned(),
        }
    }

    fn message(&mut self, channel: &str, message: &Message, workspace: &Workspace) {
        let key = (channel.to_owned(), message.ts.clone());
        let is_reply = message.thread_ts.as_ref().is_some_and(|thread| *thread != message.ts);
        let thread = if is_reply { " (thread)" } else { "" };
        let line = format!("{}{thread}: {}", self.place(channel, workspace), shown(message, workspace));
        if self.told.contains_key(&key) {
            self.edited.insert(key, line);
        } else {
            self.transcript.tell("slack", &line);
            self.told.insert(key, line);
        }
    }

    fn channel(&mut self, channel: &ChannelInfo, workspace: &Workspace) {
        let before = self.channels.insert(channel.id.clone(), channel.clone());
        if before.is_none() && matches!(channel.kind, ChannelKind::Public | ChannelKind::Private) {
            self.transcript.tell("slack", &format!("#{} is created", channel.name));
        }
        let place = self.place(&channel.id, workspace);
        let before_topic = before.as_ref().map(|before| before.topic.as_str()).unwrap_or_default();
        if before_topic != channel.topic {
            self.transcript.tell("slack", &format!("{place} topic: {}", channel.topic));
        }
        let known = before.map(|before| before.bookmarks).unwrap_or_default();
        for bookmark in channel.bookmarks.iter().filter(|bookmark| !known.contains(bookmark)) {
            self.transcript.tell("slack", &format!("{place} bookmark: {} {}", bookmark.title, bookmark.link));
        }
    }
}

fn name(workspace: &Workspace, user: &str) -> String {
    let users = workspace.users();
    users.iter().find(|known| known.id == user).map_or_else(|| user.to_owned(), |known| known.name.clone())
}

fn shown(message: &Message, workspace: &Workspace) -> String {
    let text = plain(&message.text, workspace).replace('\n', " / ");
    let mut text: String = match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    let buttons = buttons(&message.blocks);
    if !buttons.is_empty() {
        let _written = write!(text, " [{}]", buttons.join("] ["));
    }
    text
}

/// The labels of a message's buttons.
pub fn buttons(blocks: &[Value]) -> Vec<String> {
    let rows = blocks.iter().filter(|block| block["type"] == "actions");
    rows.flat_map(|row| row["elements"].as_array().cloned().unwrap_or_default())
        .filter_map(|button| button["text"]["text"].as_str().map(str::to_owned))
        .collect()
}

/// mrkdwn as a reader sees it: people and channels by name, times in UTC.
pub fn plain(text: &str, workspace: &Workspace) -> String {
    static MENTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<([@#])([A-Z0-9]+)(?:\|[^>]*)?>").expect("a pattern"));
    static DATE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<!date\^[0-9]+\^[^|>]*\|([^>]*)>").expect("a pattern"));
    static PAGE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"<([^|>]*/incidents/[^?|>]*)\?until=[^|>]*\|([^>]*)>").expect("a pattern")
    });
    let text = MENTION.replace_all(text, |found: &Captures<'_>| match &found[1] {
        "@" => format!("@{}", name(workspace, &found[2])),
        _ => workspace
            .channel(&found[2])
            .map_or_else(|| found[2].to_owned(), |channel| format!("#{}", channel.name)),
    });
    // A signature is another one in every run.
    let text = PAGE.replace_all(&text, "$2 ($1)");
    DATE.replace_all(&text, "$1").into_owned()
}
