//! What Slack tells of people themselves: that something about somebody has changed.

use serde_json::{Value, json};

use super::payload::Event;
use crate::ids::SlackUserId;

/// Slack's word for it.
const CHANGED: &str = "user_change";

/// Whom an event tells a change of; `None` when it tells something else.
pub fn changed(raw: &Value) -> Option<SlackUserId> {
    let event = Event::read(raw).ok().filter(|event| event.kind == CHANGED)?;
    event.user
}

/// The event without what it says about them (their telephone number, their mail address): that something has changed is all
/// that matters.
pub fn without_profile(user: &SlackUserId) -> Value {
    json!({ "type": "event_callback", "event": { "type": CHANGED, "user": user } })
}

#[cfg(test)]
mod tests;
