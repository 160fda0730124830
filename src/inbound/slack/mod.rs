//! Slack's two ways in, Socket Mode and signed HTTP, with one outcome: a command, a click or an event, raw, with a key
//! that is the same however and however often it arrives.
//!
//! Nothing is acknowledged before it has been accepted, and nothing is worked on here.

mod dedup;
pub mod http;
pub mod signature;
pub mod socket;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::engine::inbox::{Inbound, InboundKind};

/// Takes a payload in: drops what is secret and works out its key. `received_at` is wire time.
pub fn inbound(kind: InboundKind, mut raw: Value, received_at: DateTime<Utc>) -> Inbound {
    if let Some(fields) = raw.as_object_mut() {
        for secret in ["token", "bot_access_token"] {
            fields.remove(secret);
        }
    }
    Inbound { dedup_key: dedup::key(kind, &raw), kind, raw, received_at }
}

#[cfg(test)]
mod tests;
