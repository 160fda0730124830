//! What becomes of a message between its reading and its noting.

use dontpanic::domain::incident::timeline::Origin;
use dontpanic::domain::incident::{Channel, Command};
use dontpanic::engine::inbox::{Accept as _, Accepted, Inbound, InboundKind};
use dontpanic::engine::workers::Progress;
use dontpanic::ids::IncidentId;
use dontpanic::ports::Said;
use serde_json::json;

use super::Alone;
use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(an_edit_before_the_noting_is_not_lost, a_deletion_before_the_noting_is_not_lost);

fn said(text: &str, edited: Option<&str>) -> Said {
    Said {
        author: Some("U0B".into()),
        is_ours: false,
        thread: None,
        text: text.to_owned(),
        edited: edited.map(Into::into),
    }
}

/// Charlie wants a message of Bob's on the timeline, which is read so many times; what the timeline says of it.
async fn noted(place: &TestDatabase, readings: Vec<Said>) -> Vec<String> {
    let alone = Alone::on(place).await;
    let id = alone.declares().await.id;
    let channel = Channel { id: "C0ROOM".into(), name: "inc-ledger".to_owned() };
    alone.engine.handle(id, Command::ChannelOpened { channel }, Origin::Slack).await.unwrap();
    *alone.outside.said.lock().unwrap() = readings.into();
    let raw = json!({
        "event_id": "Ev1", "authorizations": [{"user_id": "U0BOT"}],
        "event": {"type": "reaction_added", "user": "U0C", "reaction": "pushpin", "item_user": "U0B",
                  "item": {"type": "message", "channel": "C0ROOM", "ts": "1763607600.000100"}},
    });
    let received_at = dontpanic::clock::Clock::now(&*alone.wire);
    let dedup_key = "event:Ev1".to_owned();
    let reaction = Inbound { kind: InboundKind::Event, dedup_key, raw, received_at };
    assert_eq!(alone.engine.accept(reaction).await, Ok(Accepted::New));
    while alone.engine.tick_inbox().await.unwrap() == Progress::Some {}
    let told = alone.engine.timeline(IncidentId(id.0)).await.unwrap().unwrap();
    told.into_iter().filter(|told| told.entry.what.kind() == "note").map(|told| told.text).collect()
}

async fn an_edit_before_the_noting_is_not_lost(place: TestDatabase) {
    let readings =
        vec![said("the password is hunter2", None), said("rolled back", Some("1763607601.000200"))];
    let notes = noted(&place, readings).await;
    assert!(notes[0] == "bob: rolled back" && notes.len() == 2, "{notes:?}");
}

async fn a_deletion_before_the_noting_is_not_lost(place: TestDatabase) {
    let notes = noted(&place, vec![said("the password is hunter2", None)]).await;
    assert!(notes[0] == "bob: (text removed)" && notes.len() == 2, "{notes:?}");
}
