//! Every kind of call to Slack meets every kind of trouble: a page takes the next way at once, decoration catches up in
//! order, and no other incident waits.

use dontpanic::workspace::Fault;

use crate::harness::alertmanager::alert;
use crate::harness::house::{API_TOKEN, house};
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const SECOND: &str = "inc-20261120-disk-full-checkout";

/// All that can be wrong with an answer, one after the other.
const TROUBLES: [Fault; 5] =
    [Fault::Http(500), Fault::Garbage, Fault::RateLimited(20), Fault::Error("internal_error"), Fault::Hang];

/// A method meets all troubles, from the alert on and again from the acknowledgement on.
async fn is_overcome(world: &mut World, method: &str) {
    world.may_log("page was not accepted");
    world.may_log("to be tried again");
    world.may_log("was not brought up to date");
    world.may_log("no bookmarks");
    world.may_log("not invited");
    meets_all(world, method);
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let began = world.now();
    let first = world.ledger(1).await;
    let reached = first.iter().find(|page| page.accepted.is_some()).expect("some method has reached her");
    assert_eq!(reached.sent, Some(began), "in the same instant");
    if method == "chat.postMessage" {
        assert_eq!(reached.method.to_string(), "webhook");
        world.pager("alice").rings();
    } else {
        assert_eq!(reached.method.to_string(), "slack", "nothing else stands before a page");
    }
    world.advance(16.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"]);
    let room = world.slack().room(ROOM);
    room.has_topic("P2 · triggered").reads("paging @bob");
    assert!(room.has("alice") && room.has("bob"), "both are brought in");

    meets_all(world, method);
    world.types("bob", ROOM, "/incident ack").await;
    assert_eq!(world.state(1).await, "acknowledged");
    world.types("bob", ROOM, "/incident note Looking").await;
    world.advance(10.minutes()).await;
    world.slack().dm("alice").reads("Acknowledged by @bob").has_no_button("Acknowledge");
    world.slack().room("incidents").reads("acknowledged by @bob");
    let room = world.slack().room(ROOM);
    let said = room.has_topic("P2 · acknowledged").text();
    let lines = ["No acknowledgement: paging @bob", "@bob acknowledged", "@bob: Looking"];
    let places = lines.map(|line| said.iter().position(|text| text.starts_with(line)));
    assert!(places[0].is_some() && places.is_sorted(), "not in order: {said:#?}");
    for line in lines {
        assert_eq!(said.iter().filter(|text| text.starts_with(line)).count(), 1, "once: {line}");
    }
    assert_eq!(world.slack().rooms(), [ROOM]);
}

fn meets_all(world: &mut World, method: &str) {
    for fault in TROUBLES {
        world.slack().fails_next(method, fault, 1);
    }
}

macro_rules! overcome {
    ($($name:ident: $method:literal),+ $(,)?) => {
        $( scenario!($name, async |world: &mut World| is_overcome(world, $method).await); )+
    };
}

overcome!(
    messages: "chat.postMessage",
    edits: "chat.update",
    new_channels: "conversations.create",
    topics: "conversations.setTopic",
    invitations: "conversations.invite",
    pins: "pins.add",
    bookmarks: "bookmarks.add",
    answers: "response_url",
);

// Every call about the first incident's channel hangs for as long as the second one takes to be complete.
scenario!(
    an_incident_that_slack_holds_up_holds_up_no_other,
    house().on_sockets(),
    async |world: &mut World| {
        world.may_log("to be tried again");
        world.may_log("was not brought up to date");
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let held_up = world.workspace().channel_by_name(ROOM).expect("its channel").id;
        for method in ["chat.postMessage", "chat.update", "conversations.setTopic", "conversations.invite"] {
            world.slack().fails_next(&format!("{method} {held_up}"), Fault::Hang, usize::MAX);
        }
        let token = format!("Bearer {API_TOKEN}");
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        let (status, _) = world.post("/api/v1/incidents/INC-1/ack", &headers, b"{}".to_vec()).await;
        assert_eq!(status.as_u16(), 200);
        let second = alert("DiskFull").service("checkout").delivery(world.now());
        assert_eq!(world.alertmanager().posts(second).await, 200);
        world
            .patiently("the second incident waits for the first", async |world| {
                let room = world.workspace().channel_by_name(SECOND);
                room.is_some_and(|room| room.topic == "P2 · triggered" && !room.pins.is_empty())
                    && world.slack().has_written_to("alice")
            })
            .await;
        world.slack().room(ROOM).has_topic("P2 · triggered");
        world.slack().comes_back();
        world
            .patiently("the first incident does not catch up", async |world| {
                let room = world.workspace().channel_by_name(ROOM);
                room.is_some_and(|room| room.topic == "P2 · acknowledged")
                    && world.slack().room(ROOM).text().iter().any(|said| said.starts_with("API token"))
            })
            .await;
        world.asks_api("incidents/INC-2/ack", serde_json::json!({})).await;
    }
);
