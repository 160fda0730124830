//! What each Web API method does, once token, scope and arguments were found good.
//!
//! Every function here is a step of the state under its lock: it never waits.

pub(crate) mod app;
pub(crate) mod bookmarks;
pub(crate) mod canvases;
pub(crate) mod chat;
pub(crate) mod lifecycle;
pub(crate) mod membership;
pub(crate) mod pins;
pub(crate) mod reactions;
pub(crate) mod reading;
pub(crate) mod usergroups;
pub(crate) mod users;
pub(crate) mod views;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::args::Args;
use super::channel::Channel;
use super::model::{ChannelKind, Message};
use super::refusal::Refusal;
use super::state::State;

/// One call being carried out.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) args: &'a Args,
    pub(crate) now: DateTime<Utc>,
    /// The scopes of the method for this sort of conversation.
    pub(crate) needs: super::methods::Needs,
}

/// Which scopes decide, by the sort of conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Public,
    Private,
    Direct,
}

impl From<&ChannelKind> for Sort {
    fn from(kind: &ChannelKind) -> Self {
        match kind {
            ChannelKind::Public => Self::Public,
            ChannelKind::Private => Self::Private,
            ChannelKind::Direct { .. } => Self::Direct,
        }
    }
}

impl Call<'_> {
    /// Refuses when no scope for this sort of conversation was granted.
    pub(crate) fn allow(&self, sort: Sort) -> Result<(), Refusal> {
        let super::methods::Needs::ByKind { public, private, direct } = self.needs else { return Ok(()) };
        let any_of = match sort {
            Sort::Public => public,
            Sort::Private => private,
            Sort::Direct => direct,
        };
        // Where no scope helps, the method itself says that it does not work there.
        if any_of.is_empty() || any_of.iter().any(|scope| self.state.granted.contains(*scope)) {
            return Ok(());
        }
        Err(missing_scope(self.state, any_of))
    }

    /// The channel an argument names, when the app can see it and holds the scope for it.
    pub(crate) fn channel(&self, argument: &str) -> Result<&Channel, Refusal> {
        let word = self.args.need(argument)?;
        let channel = self.state.find_channel(&word).ok_or("channel_not_found")?;
        self.allow(Sort::from(&channel.kind))?;
        Ok(channel)
    }

    /// A channel that is no direct message, with the app in it.
    pub(crate) fn own_channel(&self, argument: &str) -> Result<&Channel, Refusal> {
        let channel = self.channel(argument)?;
        if channel.is_direct() {
            return Err("method_not_supported_for_channel_type".into());
        }
        if channel.is_archived {
            return Err("is_archived".into());
        }
        if !channel.members.contains(&self.state.bot_user) {
            return Err("not_in_channel".into());
        }
        Ok(channel)
    }

    /// The message an item's channel and timestamp name; the two ids.
    pub(crate) fn item(&self, channel: &str, timestamp: &str) -> Result<(String, String), Refusal> {
        let room = self.channel(channel)?;
        let ts = self.args.need(timestamp)?;
        if !is_ts(&ts) {
            return Err("bad_timestamp".into());
        }
        let message: &Message =
            room.message(&ts).filter(|message| !message.is_gone()).ok_or("message_not_found")?;
        Ok((room.id.clone(), message.ts.clone()))
    }

    pub(crate) fn channel_mut(&mut self, id: &str) -> Result<&mut Channel, Refusal> {
        self.state.channels.get_mut(id).ok_or_else(|| "channel_not_found".into())
    }
}

/// The refusal that names the scope to ask for and those held.
pub(crate) fn missing_scope(state: &State, any_of: &[&str]) -> Refusal {
    let provided: Vec<&str> = state.granted.iter().map(String::as_str).collect();
    Refusal::from("missing_scope")
        .with("needed", json!(any_of.join(",")))
        .with("provided", json!(provided.join(",")))
}

/// `1795132801.000100`
pub(crate) fn is_ts(text: &str) -> bool {
    text.split_once('.').is_some_and(|(seconds, micros)| {
        !seconds.is_empty()
            && !micros.is_empty()
            && (seconds.to_owned() + micros).bytes().all(|b| b.is_ascii_digit())
    })
}

/// An opaque cursor pointing at `key`.
fn cursor(key: &str) -> String {
    STANDARD.encode(format!("next:{key}"))
}

/// Where the `cursor` argument points.
fn cursor_key(args: &Args) -> Result<Option<String>, Refusal> {
    let Some(given) = args.text("cursor") else { return Ok(None) };
    let decoded = STANDARD.decode(given).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.strip_prefix("next:")) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err("invalid_cursor".into()),
    }
}

/// One page of an ordered collection that starts at the cursor, and the next cursor (empty at the end).
fn page<T>(items: impl Iterator<Item = T>, limit: usize, key: impl Fn(&T) -> String) -> (Vec<T>, Value) {
    let mut items = items;
    let page: Vec<T> = items.by_ref().take(limit).collect();
    let next = items.next().map(|item| cursor(&key(&item))).unwrap_or_default();
    (page, json!({ "next_cursor": next }))
}
