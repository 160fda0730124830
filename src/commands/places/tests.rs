use serde_json::json;

use super::*;

/// An event as Slack delivers it to the bot `U0BOT`.
fn event(event: &Value) -> Value {
    json!({ "type": "event_callback", "event": event, "authorizations": [{ "user_id": "U0BOT" }] })
}

fn read_event(fields: &Value) -> Option<Change> {
    read(&event(fields))
}

fn lost(by: Option<&str>, loss: Loss) -> Change {
    Change::Lost { by: by.map(Into::into), channel: "C1".into(), loss }
}

#[test]
fn what_people_do_with_channels() {
    let renamed = Some(Change::Renamed { channel: "C1".into(), name: "checkout".to_owned() });
    let back = |by: Option<&str>| Some(Change::Back { by: by.map(Into::into), channel: "C1".into() });
    let cases = [
        (
            json!({"type": "channel_archive", "channel": "C1", "user": "U0B"}),
            Some(lost(Some("U0B"), Loss::Archived)),
        ),
        (
            json!({"type": "group_archive", "channel": "C1", "user": "U0B"}),
            Some(lost(Some("U0B"), Loss::Archived)),
        ),
        (json!({"type": "channel_archive", "channel": "C1", "user": "U0BOT"}), None),
        (
            json!({"type": "channel_deleted", "channel": "C1", "actor_id": "U0B"}),
            Some(lost(Some("U0B"), Loss::Deleted)),
        ),
        (
            json!({"type": "channel_left", "channel": "C1", "actor_id": "U0B"}),
            Some(lost(Some("U0B"), Loss::Removed)),
        ),
        (json!({"type": "group_left", "channel": "C1"}), Some(lost(None, Loss::Removed))),
        (
            json!({"type": "member_left_channel", "channel": "C1", "user": "U0BOT"}),
            Some(lost(None, Loss::Removed)),
        ),
        (json!({"type": "member_left_channel", "channel": "C1", "user": "U0B"}), None),
        (
            json!({"type": "member_joined_channel", "channel": "C1", "user": "U0BOT", "inviter": "U0B"}),
            back(Some("U0B")),
        ),
        (json!({"type": "member_joined_channel", "channel": "C1", "user": "U0B"}), None),
        (json!({"type": "channel_unarchive", "channel": "C1", "user": "U0B"}), back(Some("U0B"))),
        (json!({"type": "group_unarchive", "channel": "C1", "user": "U0BOT"}), None),
        (
            json!({"type": "channel_rename", "channel": {"id": "C1", "name": "checkout", "created": 1}}),
            renamed.clone(),
        ),
        (json!({"type": "group_rename", "channel": {"id": "C1", "name": "checkout"}}), renamed),
        (json!({"type": "channel_rename", "channel": {"id": "C1"}}), None),
        (json!({"type": "channel_created", "channel": {"id": "C1", "name": "checkout"}}), None),
        (json!({"type": "channel_archive"}), None),
    ];
    for (fields, expected) in cases {
        assert_eq!(read_event(&fields), expected, "{fields}");
    }
}

#[test]
fn only_the_bots_own_messages_are_missed() {
    let deleted = |author: &str| {
        json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": "1.2", "ts": "3.4",
               "previous_message": {"user": author, "ts": "1.2"}})
    };
    let message = Message { channel: "C1".into(), ts: "1.2".into() };
    assert_eq!(read_event(&deleted("U0BOT")), Some(Change::Deleted { message: message.clone() }));
    assert_eq!(read_event(&deleted("U0B")), None);
    let with_replies = |subtype: Option<&str>| {
        json!({"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "3.4",
               "message": {"user": "USLACKBOT", "ts": "1.2", "subtype": subtype},
               "previous_message": {"user": "U0BOT", "ts": "1.2"}})
    };
    assert_eq!(read_event(&with_replies(Some("tombstone"))), Some(Change::Deleted { message }));
    assert_eq!(read_event(&with_replies(None)), None, "an edit is no deletion");
}
