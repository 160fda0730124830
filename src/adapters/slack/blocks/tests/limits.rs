//! Slack's limits, checked on the JSON that is sent.

use std::collections::BTreeSet;

use serde_json::Value;

use super::sent;
use crate::adapters::slack::Message;

/// What Slack would refuse about a message.
pub(super) fn violations(message: &Message) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            found.push(what);
        }
    };
    let json = sent(message);
    check(within(&json["text"], 4000), "text".into());
    let blocks = list(&json["blocks"]);
    check(blocks.len() <= 50, "blocks".into());
    for block in blocks {
        let mut action_ids = BTreeSet::new();
        let kind = block["type"].as_str().unwrap_or_default();
        match kind {
            "section" => {
                let has_fields = !block["fields"].is_null();
                check(has_fields || within(&block["text"]["text"], 3000), "section text".into());
                check(list(&block["fields"]).len() <= 10, "number of fields".into());
                check(
                    list(&block["fields"]).iter().all(|field| within(&field["text"], 2000)),
                    "field".into(),
                );
            }
            "context" => {
                let elements = list(&block["elements"]);
                check((1..=10).contains(&elements.len()), "number of context elements".into());
                check(elements.iter().all(|element| within(&element["text"], 2000)), "context text".into());
            }
            "actions" => {
                let elements = list(&block["elements"]);
                check((1..=25).contains(&elements.len()), "number of buttons".into());
                for button in elements {
                    check(within(&button["text"]["text"], 75), "button text".into());
                    check(within(&button["action_id"], 255), "action id".into());
                    check(button["value"].is_null() || within(&button["value"], 2000), "value".into());
                    check(button["url"].is_null() || is_web_address(&button["url"]), "url".into());
                    check(action_ids.insert(button["action_id"].to_string()), "action id used twice".into());
                }
            }
            other => check(false, format!("unexpected block {other:?}")),
        }
    }
    found
}

#[test]
fn no_message_changes_because_time_passes() {
    for view in [super::settled(), super::acknowledged(), super::monitoring(), super::resolved()] {
        let mut later = view.clone();
        later.now += chrono::Duration::seconds(7);
        let told = super::hostile::messages(&view).into_iter().zip(super::hostile::messages(&later));
        for (before, after) in told {
            assert_eq!(sent(&before), sent(&after), "it would be edited for ever");
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn within(text: &Value, limit: usize) -> bool {
    text.as_str().is_some_and(|text| !text.is_empty() && text.encode_utf16().count() <= limit)
}

fn is_web_address(url: &Value) -> bool {
    within(url, 3000)
        && url.as_str().is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"))
}
