//! What a message on a connection means.

use serde_json::Value;

use crate::engine::inbox::InboundKind;

/// One message from Slack.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Envelope {
    /// The connection is ready.
    Hello,
    /// The connection is about to end; open another.
    Refresh,
    /// Socket Mode was switched off.
    Disabled,
    /// Something to store before it is acknowledged.
    Carries {
        /// The name under which it is acknowledged.
        id: String,
        kind: InboundKind,
        payload: Value,
    },
    /// Something the bot has no use for; without an acknowledgement Slack would send it for ever.
    Useless { id: String },
    /// Nothing of Slack's, or nothing to answer.
    Noise,
}

impl Envelope {
    /// Reads a message; never fails.
    pub(super) fn read(text: &str) -> Self {
        let Ok(mut message) = serde_json::from_str::<Value>(text) else { return Self::Noise };
        let word = |field: &str| message.get(field).and_then(Value::as_str).map(str::to_owned);
        let (kind, id) = (word("type"), word("envelope_id").filter(|id| !id.is_empty()));
        let kind = match (kind.as_deref(), word("reason").as_deref()) {
            (Some("hello"), _) => return Self::Hello,
            (Some("disconnect"), Some("link_disabled")) => return Self::Disabled,
            (Some("disconnect"), _) => return Self::Refresh,
            (Some("slash_commands"), _) => Some(InboundKind::Command),
            (Some("interactive"), _) => Some(InboundKind::Interaction),
            (Some("events_api"), _) => Some(InboundKind::Event),
            _ => None,
        };
        let payload = message.get_mut("payload").map(Value::take).filter(Value::is_object);
        match (id, kind, payload) {
            (Some(id), Some(kind), Some(payload)) => Self::Carries { id, kind, payload },
            (Some(id), _, _) => Self::Useless { id },
            (None, _, _) => Self::Noise,
        }
    }
}
