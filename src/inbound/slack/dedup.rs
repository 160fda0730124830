//! The key under which a thing is accepted once.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::engine::inbox::InboundKind;

/// Events have an id of their own. Commands and interactions have a trigger, and count as the same only when they also say the
/// same. What has neither is known by its content.
pub(super) fn key(kind: InboundKind, raw: &Value) -> String {
    let (name, field) = match kind {
        InboundKind::Event => ("event", "event_id"),
        InboundKind::Command => ("command", "trigger_id"),
        InboundKind::Interaction => ("interaction", "trigger_id"),
    };
    match raw.get(field).and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) if kind == InboundKind::Event => format!("{name}:{id}"),
        Some(id) => format!("{name}:{id}:{}", content_hash(raw)),
        None => format!("{name}:sha256:{}", content_hash(raw)),
    }
}

fn content_hash(raw: &Value) -> String {
    let mut hasher = Sha256::new();
    feed(&mut hasher, raw);
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _written = write!(hex, "{byte:02x}");
        hex
    })
}

/// Feeds a value with the keys of its objects in order, because the two ways in need not agree on theirs.
fn feed(hasher: &mut Sha256, value: &Value) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            hasher.update(b"{");
            for (name, field) in fields {
                hasher.update(Value::from(name.as_str()).to_string());
                hasher.update(b":");
                feed(hasher, field);
                hasher.update(b",");
            }
            hasher.update(b"}");
        }
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                feed(hasher, item);
                hasher.update(b",");
            }
            hasher.update(b"]");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            hasher.update(value.to_string());
        }
    }
}
