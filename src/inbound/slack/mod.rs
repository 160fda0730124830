//! Slack's two ways in, Socket Mode and signed HTTP, with one outcome: a command, a click or an event, raw, with a key
//! that is the same however and however often it arrives.
//!
//! Nothing is acknowledged before it has been accepted, and nothing is worked on here.

mod dedup;
pub mod http;

pub mod payload;
pub mod signature;
pub mod socket;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde_json::{Value, json};

/// What kind of thing came in; each has its own shape in `payload`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundKind {
    /// A slash command.
    Command,
    /// A click, a shortcut or a modal.
    Interaction,
    /// An event of the Events API.
    Event,
}

/// One thing that came in from Slack.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// Its kind.
    pub kind: InboundKind,
    /// The same for every delivery of the same thing, over either way in.
    pub dedup_key: String,
    /// The payload as Slack sent it, without the tokens Slack puts in.
    pub raw: Value,
    /// When it arrived, in wire time.
    pub received_at: DateTime<Utc>,
}

impl Inbound {
    /// Takes a payload in: drops what is secret and works out its key.
    pub fn new(kind: InboundKind, mut raw: Value, received_at: DateTime<Utc>) -> Self {
        if let Some(fields) = raw.as_object_mut() {
            for secret in ["token", "bot_access_token"] {
                fields.remove(secret);
            }
        }
        Self { dedup_key: dedup::key(kind, &raw), kind, raw, received_at }
    }
}

/// What became of a thing handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored and will be worked on.
    New,
    /// It had been stored before.
    Seen,
    /// It is a form with something wrong in it, and was not stored: the words belong at these fields.
    Misfilled(BTreeMap<&'static str, String>),
}

impl Accepted {
    /// What goes with the acknowledgement.
    pub fn answer(self) -> Option<Value> {
        match self {
            Self::New | Self::Seen => None,
            Self::Misfilled(faults) => Some(json!({ "response_action": "errors", "errors": faults })),
        }
    }
}

/// It could not be stored, so it must not be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store cannot take it now; slack will send it again")]
pub struct Unavailable;

/// Where things are handed over: once this has said `Accepted`, the thing survives a crash.
pub trait Accept: Send + Sync {
    /// Stores the thing, once for every key.
    fn accept(&self, inbound: Inbound) -> BoxFuture<'_, Result<Accepted, Unavailable>>;
}
