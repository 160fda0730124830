//! The incident's channel: its name, and that there is one.

use dontpanic::workspace::Fault;

use crate::harness::alertmanager::alert;
use crate::harness::process::{PATIENCE, eventually};
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";
const SECOND: &str = "inc-20261120-high-error-rate-checkout-2";

fn error_rate() -> crate::harness::alertmanager::Alert {
    alert("HighErrorRate").service("checkout")
}

async fn is_taken(world: &mut World) {
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
}

scenario!(a_name_that_is_taken_gets_a_number, async |world: &mut World| {
    world.workspace().add_channel(ROOM);
    world.alertmanager().fires(error_rate()).await;
    assert_eq!(world.slack().rooms(), [ROOM, SECOND]);
    world.slack().room(SECOND).has_topic("P2 · triggered");
    assert!(world.slack().room(ROOM).text().is_empty(), "the other channel is left alone");
    is_taken(world).await;
});

scenario!(a_name_that_an_archived_channel_has_gets_a_number, async |world: &mut World| {
    world.workspace().add_channel(ROOM);
    world.slack().archives(ROOM).await;
    world.alertmanager().fires(error_rate()).await;
    world.slack().room(SECOND).has_topic("P2 · triggered");
    is_taken(world).await;
});

scenario!(two_incidents_of_one_name_have_a_channel_each, async |world: &mut World| {
    world.alertmanager().fires(error_rate()).await;
    is_taken(world).await;
    world.alertmanager().fires(alert("HighErrorRate-").service("checkout")).await;
    assert_eq!(world.slack().rooms(), [ROOM, SECOND]);
    assert_eq!(world.incidents().await.len(), 2);
    world.types("alice", SECOND, "/incident note this is the second").await;
    assert_eq!(world.n_events(2, "note").await, 1, "its own channel means it");
    world.types("bob", SECOND, "/incident ack").await;
    assert_eq!(world.state(2).await, "acknowledged");
});

scenario!(an_answer_lost_after_the_channel_was_made_makes_no_second_one, async |world: &mut World| {
    world.may_log("to be tried again");
    world.slack().fails_next("conversations.create", Fault::CommitThenHttp(502), 1);
    world.alertmanager().fires(error_rate()).await;
    world.wire_passes(10.seconds()).await;
    assert_eq!(world.slack().rooms(), [ROOM]);
    world.slack().room(ROOM).has_topic("P2 · triggered");
    is_taken(world).await;
});

scenario!(a_crash_after_the_channel_was_made_makes_no_second_one, async |world: &mut World| {
    world.slack().fails_next("conversations.create", Fault::CommitThenHang, 1);
    // The service dies while it waits for Slack's answer.
    let workspace = world.workspace().clone();
    let made = async || workspace.channel_by_name(ROOM).map(drop);
    tokio::select! {
        biased;
        () = eventually("the channel is made", PATIENCE, made) => {}
        () = async { world.alertmanager().fires(error_rate()).await; } => panic!("Slack did answer"),
    }
    world.restart().await;
    world.wire_passes(20.seconds()).await;
    assert_eq!(world.slack().rooms(), [ROOM]);
    assert_eq!(world.incident(1).await.room.channel.map(|channel| channel.name).as_deref(), Some(ROOM));
    world.slack().room(ROOM).has_topic("P2 · triggered");
    assert_eq!(world.paged(1).await, ["alice"]);
    is_taken(world).await;
});

scenario!(a_channel_for_a_p3_opens_on_request, async |world: &mut World| {
    world.story_is("2026-11-20T10:00:00Z");
    world.alertmanager().fires(alert("HighResponseTime").service("checkout").severity("warning")).await;
    let button = world.slack().dm("alice").button("Open channel");
    world.clicks(button).await;
    assert_eq!(world.slack().rooms(), ["inc-20261120-high-response-time-checkout"]);
    assert!(world.slack().room("inc-20261120-high-response-time-checkout").has("alice"));
    is_taken(world).await;
});
