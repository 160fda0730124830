//! What is in a raw payload, as far as the bot needs it.
//!
//! Reading is tolerant: a field that is missing, empty or of another shape is simply absent, and what is not known is
//! ignored. Nothing in here can fail for something it does not need.

mod command;
mod event;
mod interaction;

use serde_json::Value;
use url::Url;

use crate::ids::{ChannelId, SlackUserId};

pub use self::command::SlashCommand;
pub use self::event::Event;
pub use self::interaction::{Actor, BlockAction, Interaction, OnMessage, Shortcut, ViewSubmission};

/// The field without which a payload means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("slack's payload has no usable `{field}`")]
pub struct Unreadable {
    /// Where it should have been.
    pub field: &'static str,
}

/// The conversation in which a command was typed or something was clicked.
pub fn channel(raw: &Value) -> Option<ChannelId> {
    any(raw, &["/channel_id", "/channel/id"]).map(Into::into)
}

/// Who typed or clicked it.
pub fn user(raw: &Value) -> Option<SlackUserId> {
    any(raw, &["/user_id", "/user/id"]).map(Into::into)
}

/// A word somewhere in the payload, unless it is empty.
fn word(raw: &Value, place: &str) -> Option<String> {
    raw.pointer(place).and_then(Value::as_str).filter(|word| !word.is_empty()).map(str::to_owned)
}

/// A word without which there is no sense in going on.
fn needed(raw: &Value, place: &'static str) -> Result<String, Unreadable> {
    word(raw, place).ok_or(Unreadable { field: place })
}

/// The first of several places that has a word.
fn any(raw: &Value, places: &[&str]) -> Option<String> {
    places.iter().find_map(|place| word(raw, place))
}

fn address(raw: &Value, place: &str) -> Option<Url> {
    word(raw, place).and_then(|text| Url::parse(&text).ok())
}

#[cfg(test)]
mod tests;
