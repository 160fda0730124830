use serde_json::json;

use super::*;

fn event(event: &Value) -> Value {
    json!({"team_id": "T1", "event": event, "authorizations": [{"user_id": "U0BOT", "is_bot": true}]})
}

fn message() -> Message {
    Message { channel: "C1".into(), ts: "1.2".into() }
}

fn reaction(user: &str, emoji: &str, author: &str) -> Value {
    event(&json!({"type": "reaction_added", "user": user, "reaction": emoji, "item_user": author,
        "item": {"type": "message", "channel": "C1", "ts": "1.2"}}))
}

fn changed(message: &Value) -> Value {
    event(
        &json!({"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.9", "message": message,
        "previous_message": {"user": "U2", "ts": "1.2", "text": "before"}}),
    )
}

#[test]
fn a_pin_of_either_sort_keeps_a_message() {
    let kept = Some(Talk::Keep { by: "U1".into(), message: message() });
    assert_eq!(read(&reaction("U1", "pushpin", "U2")), kept);
    assert_eq!(read(&reaction("U1", "eyes", "U2")), None);
    let pin = json!({"type": "pin_added", "user": "U1", "channel_id": "C1", "item_user": "U2",
        "item": {"type": "message", "channel": "C1", "message": {"user": "U2", "ts": "1.2", "text": "now"}}});
    assert_eq!(read(&event(&pin)), kept);
}

#[test]
fn what_the_bot_does_or_wrote_is_nothing() {
    assert_eq!(read(&reaction("U0BOT", "pushpin", "U2")), None);
    assert_eq!(read(&reaction("U1", "pushpin", "U0BOT")), None);
    let own = json!({"user": "U0BOT", "ts": "1.2", "text": "card", "edited": {"user": "U0BOT", "ts": "8.8"}});
    assert_eq!(read(&changed(&own)), None);
}

#[test]
fn edits_are_told_from_other_changes_and_from_deletions() {
    let edited = json!({"user": "U2", "ts": "1.2", "text": "rolled &lt;back&gt;", "edited": {"user": "U2", "ts": "8.8"}});
    let text = Some("rolled <back>".to_owned());
    let edit = Talk::Edited { by: "U2".into(), message: message(), text, edited: "8.8".into() };
    assert_eq!(read(&changed(&edited)), Some(edit));
    assert_eq!(read(&changed(&json!({"user": "U2", "ts": "1.2", "text": "unfolded"}))), None);

    let gone = Some(Talk::Deleted { message: message() });
    let tombstone = json!({"subtype": "tombstone", "user": "USLACKBOT", "ts": "1.2", "text": "This message was deleted."});
    assert_eq!(read(&changed(&tombstone)), gone);
    let deleted = json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "ts": "9.9",
        "deleted_ts": "1.2", "previous_message": {"user": "U2", "ts": "1.2"}});
    assert_eq!(read(&event(&deleted)), gone);
    let plain = json!({"type": "message", "user": "U2", "channel": "C1", "ts": "1.2", "text": "hello"});
    assert_eq!(read(&event(&plain)), None);
}

#[test]
fn the_name_of_a_message_is_its_time() {
    let at = posted_at(&"1763609000.000150".into()).map(|at| at.to_rfc3339());
    assert_eq!(at.as_deref(), Some("2025-11-20T03:23:20.000150+00:00"));
    for nonsense in
        ["", "1763609000", "x.000100", "1763609000.1", "1763609000.99999999999", "99999999999999999.000000"]
    {
        assert_eq!(posted_at(&nonsense.into()), None, "{nonsense}");
    }
}
