use std::path::Path;

use serde_json::json;

use super::*;

/// Every sample of Slack's own SDK, with every field there is and dummy values in it.
fn samples() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/slack/payload-samples");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, filled(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()))
        })
        .collect();
    samples.sort_by(|(a, _), (b, _)| a.cmp(b));
    samples
}

/// Ids and names are empty in the samples; real ones never are.
fn filled(raw: Value) -> Value {
    match raw {
        Value::String(word) if word.is_empty() => json!("X1"),
        Value::Array(items) => items.into_iter().map(filled).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, filled(field))).collect(),
        other => other,
    }
}

/// Puts another value in every place of the tree, one after the other.
fn spoiled(raw: &Value) -> Vec<Value> {
    let mut variants = vec![Value::Null, json!(7), json!([]), json!({}), json!("word")];
    match raw {
        Value::Object(fields) => {
            for (name, field) in fields {
                variants.extend(spoiled(field).into_iter().map(|bad| {
                    let mut copy = raw.clone();
                    copy[name] = bad;
                    copy
                }));
            }
        }
        Value::Array(items) if !items.is_empty() => {
            variants.extend(spoiled(&items[0]).into_iter().map(|bad| json!([bad])));
        }
        _ => {}
    }
    variants
}

#[test]
fn every_sample_is_read_and_nothing_in_it_can_hurt() {
    let samples = samples();
    assert!(samples.len() > 90);
    for (name, raw) in samples {
        let read = if name.starts_with("events.") {
            // The one sample that is not an event of the workspace has no `event`.
            Event::read(&raw).is_ok() || raw.get("event").is_none()
        } else if name.contains("slash-commands") {
            SlashCommand::read(&raw).is_ok()
        } else {
            // Attachment buttons and dialogs, which the bot never sends, are told apart all the same.
            Interaction::read(&raw).is_ok()
        };
        assert!(read, "{name}");
        // The big ones repeat the same blocks many times over.
        if raw.to_string().len() < 4_000 {
            for bad in spoiled(&raw) {
                let _any_answer_will_do =
                    (Event::read(&bad), Interaction::read(&bad), SlashCommand::read(&bad));
            }
        }
    }
}

#[test]
fn a_click_is_read_with_all_that_is_needed_to_answer_it() {
    let raw = json!({
        "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T2"},
        "container": {"type": "message", "is_ephemeral": true, "message_ts": "1.2", "channel_id": "C1"},
        "trigger_id": "1.2.abc", "response_url": "https://hooks.slack.example/actions/1",
        "actions": [
            {"action_id": "ack", "block_id": "b", "value": "INC-42/7", "type": "button"},
            {"action_id": "severity", "type": "static_select", "selected_option": {"value": "P2"}},
            {"type": "no name"}
        ]
    });
    let Ok(Interaction::Actions(actions)) = Interaction::read(&raw) else { panic!("not read") };
    let [ack, severity] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!((ack.action_id.as_str(), ack.value.as_deref()), ("ack", Some("INC-42/7")));
    assert_eq!(ack.user, Actor { id: "U1".into(), team_id: Some("T2".into()) });
    assert_eq!((&ack.channel_id, &ack.message_ts), (&Some("C1".into()), &Some("1.2".into())));
    assert!(ack.is_ephemeral);
    assert_eq!(severity.value.as_deref(), Some("P2"));
}

#[test]
fn events_about_messages_name_the_message() {
    let cases = [
        (
            json!({"type": "reaction_added", "user": "U1", "reaction": "pushpin", "item_user": "U2",
                "item": {"type": "message", "channel": "C1", "ts": "1.2"}, "event_ts": "9.9"}),
            "U1",
            "U2",
        ),
        (
            json!({"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.9",
                "message": {"user": "U2", "ts": "1.2", "text": "now"}, "previous_message": {"user": "U2"}}),
            "U2",
            "U2",
        ),
        (
            json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "ts": "9.9", "deleted_ts": "1.2",
                "previous_message": {"user": "U2", "ts": "1.2"}}),
            "U2",
            "U2",
        ),
        (json!({"type": "message", "user": "U2", "channel": "C1", "ts": "1.2", "text": "hello"}), "U2", "U2"),
    ];
    for (event, user, author) in cases {
        let event = Event::read(&json!({"team_id": "T1", "event": event})).unwrap();
        assert_eq!((event.channel, event.ts), (Some("C1".into()), Some("1.2".into())), "{}", event.kind);
        assert_eq!((event.user, event.author), (Some(user.into()), Some(author.into())));
    }
}
