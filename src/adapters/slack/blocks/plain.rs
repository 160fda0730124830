//! A message as text alone, for when Slack does not take its looks: what its blocks say, and commands in the place of buttons.

use serde_json::Value;
use url::Url;

use super::kit::TEXT;
use crate::adapters::slack::Message;
use crate::words::mrkdwn;
use crate::words::plain::{self as words, Slashes};

/// The message without its looks; `None` when it has none.
pub fn plain(message: &Message, slashes: Slashes<'_>) -> Option<Message> {
    if message.blocks.is_empty() {
        return None;
    }
    if let Some(text) = &message.instead {
        return Some(Message::plain(mrkdwn::clip(text, TEXT)));
    }
    let blocks = serde_json::to_value(&message.blocks).unwrap_or_default();
    let elements = |block: &Value| block["elements"].as_array().cloned().unwrap_or_default();
    let (mut said, mut ways): (Vec<String>, Vec<String>) = (vec![], vec![]);
    for block in blocks.as_array().into_iter().flatten() {
        if block["type"] == "actions" {
            ways.extend(elements(block).iter().filter_map(|button| way(button, slashes)));
            continue;
        }
        let fields = block["fields"].as_array().cloned().unwrap_or_default();
        let texts = [block.clone()].into_iter().chain(fields).chain(elements(block));
        said.extend(texts.filter_map(|holder| text(&holder)));
    }
    let mut ways_once: Vec<String> = vec![];
    for way in ways {
        if !ways_once.contains(&way) {
            ways_once.push(way);
        }
    }
    let said = if said.is_empty() { message.text.clone() } else { said.join("\n") };
    // What there is to do is never what is cut.
    let ways = mrkdwn::clip(&ways_once.join("\n"), TEXT / 2);
    let room = TEXT.saturating_sub(ways.encode_utf16().count() + 1);
    let text = [mrkdwn::clip(&said, room), ways].into_iter().filter(|part| !part.is_empty());
    let text = text.collect::<Vec<_>>().join("\n");
    Some(Message::plain(if text.is_empty() { words::nothing_to_show(slashes.incident) } else { text }))
}

/// The text of a block, or of a field or element of one.
fn text(holder: &Value) -> Option<String> {
    let text = holder["text"]["text"].as_str().or_else(|| holder["text"].as_str())?;
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// What a button does, as something to follow or to type.
fn way(button: &Value, slashes: Slashes<'_>) -> Option<String> {
    let label = button["text"]["text"].as_str()?;
    if let Some(url) = button["url"].as_str() {
        let url: Url = url.parse().ok()?;
        return Some(format!("{label}: {}", mrkdwn::address(&url)));
    }
    words::instead_of_button(label, button["action_id"].as_str()?, button["value"].as_str()?, slashes)
}
