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
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_of_somebody_and_nothing_of_it_is_kept() {
        let sample = include_str!("../../tests/data/slack/payload-samples/events.UserChangePayload.json");
        let mut raw: Value = serde_json::from_str(sample).unwrap();
        raw["event"]["user"]["id"] = json!("U0A");
        raw["event"]["user"]["profile"]["phone"] = json!("+33600000001");
        assert_eq!(changed(&raw), Some("U0A".into()));
        let kept = without_profile(&"U0A".into());
        assert_eq!(changed(&kept), Some("U0A".into()));
        assert!(!kept.to_string().contains("+33"), "{kept}");
        raw["event"]["type"] = json!("team_join");
        assert_eq!(changed(&raw), None);
    }
}
