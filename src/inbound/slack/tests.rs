use chrono::DateTime;
use serde_json::json;

use super::*;

#[test]
fn the_same_thing_has_the_same_key_whichever_way_it_comes() {
    use InboundKind::{Command, Event, Interaction};
    let key = |kind, raw| inbound(kind, raw, DateTime::UNIX_EPOCH).dedup_key;
    assert_eq!(key(Event, json!({"event_id": "Ev1", "token": "a"})), "event:Ev1");
    let typed = |text: &str| key(Command, json!({"trigger_id": "1.2.x", "text": text, "token": "a"}));
    assert!(typed("ack").starts_with("command:1.2.x:"));
    assert_eq!(typed("ack"), typed("ack"));
    assert_ne!(typed("ack"), typed("resolve"), "something else, whatever its trigger");
    let closed =
        key(Interaction, json!({"type": "view_closed", "view": {"id": "V1", "hash": "h"}, "token": "a"}));
    let closed_again = key(
        Interaction,
        serde_json::from_str(r#"{"view":{"hash":"h","id":"V1"},"type":"view_closed"}"#).unwrap(),
    );
    assert_eq!(closed, closed_again);
    assert_ne!(closed, key(Interaction, json!({"type": "view_closed", "view": {"id": "V2", "hash": "h"}})));
    let stored = inbound(Command, json!({"token": "secret", "command": "/incident"}), DateTime::UNIX_EPOCH);
    assert_eq!(stored.raw, json!({"command": "/incident"}));
}
