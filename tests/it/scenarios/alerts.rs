//! The life of an incident as its alerts come and go.

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

async fn is_acknowledged(world: &mut World) {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
}

scenario!(resolving_by_hand_while_it_fires_asks_first_and_is_believed, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    is_acknowledged(world).await;
    let asked = world.types("alice", ROOM, "/incident resolve").await;
    assert_eq!(asked, "1 alert still fires in INC-1. Resolve it all the same?");
    assert_eq!(world.state(1).await, "acknowledged");
    let button = world.answer_button("alice", ROOM, "Resolve");
    world.clicks(button).await;
    assert_eq!(world.state(1).await, "resolved");
    world.slack().room(ROOM).reads("alice resolved it, 1 alert still firing");

    let n_pages = world.ledger(1).await.len();
    for _ in 0..3 {
        world.advance(5.minutes()).await;
        world.alertmanager().repeats(&error_rate).await;
    }
    world.advance(2.hours()).await;
    world.alertmanager().repeats(&error_rate).await;
    assert_eq!(world.state(1).await, "resolved", "the same firing does not reopen it");
    assert_eq!(world.incidents().await.len(), 1);
    assert_eq!(world.ledger(1).await.len(), n_pages, "nor does it page");
    world.alertmanager().resolves(&error_rate).await;
    assert_eq!(world.state(1).await, "resolved");
});

scenario!(what_is_clear_for_ten_minutes_resolves_by_itself, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.advance(5.minutes()).await;
    world.alertmanager().resolves(&error_rate).await;
    assert_eq!(world.state(1).await, "monitoring");
    world.slack().dm("alice").reads("Cleared at 03:05 UTC").has_no_button("Acknowledge");
    world.slack().room(ROOM).has_topic("P2 · monitoring");
    let n_pages = world.ledger(1).await.len();
    world.advance(599.seconds()).await;
    assert_eq!(world.state(1).await, "monitoring");
    world.advance(1.seconds()).await;
    assert_eq!(world.state(1).await, "resolved");
    world.slack().room(ROOM).has_topic("P2 · resolved").reads("Resolved by itself");
    world.advance(2.hours()).await;
    assert_eq!(world.ledger(1).await.len(), n_pages, "nobody is woken for what is clear");
});

scenario!(what_becomes_a_p1_below_its_line_calls_everybody_once, async |world: &mut World| {
    let slow = alert("HighErrorRate").service("checkout").label("pod", "a");
    world.alertmanager().fires(slow.clone().severity("critical")).await;
    world.alertmanager().fires(slow.label("pod", "b").severity("p1")).await;
    world.slack().room("incidents").reads("It is P1 now: all hands, please.");
    for severity in ["P2", "P1"] {
        world.types("alice", "incidents", &format!("/incident INC-1 severity {severity} only for now")).await;
    }
    world.wire_passes(1.minutes()).await;
    assert_eq!(world.slack().room("incidents").count("all hands, please"), 1, "once");
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.types("diana", "incidents", "/incident INC-1 ack").await;
});

scenario!(an_end_is_believed_whichever_replica_saw_the_beginning_first, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    let seen = world.now();
    let seen_first = seen - 10.seconds();
    world.alertmanager().sends(error_rate.delivery(seen)).await;
    world.advance(1.minutes()).await;
    for began in [seen_first, seen, seen_first, seen] {
        world.alertmanager().sends(error_rate.delivery(began)).await;
    }
    let incident = world.incident(1).await;
    assert_eq!((incident.started_at, incident.n_flaps), (seen_first, 0));
    assert_eq!(world.n_events(1, "alert_firing").await, 1, "the same firing");

    world.advance(1.minutes()).await;
    let ended = world.now();
    world.alertmanager().sends(error_rate.end(seen_first, ended)).await;
    assert_eq!(world.state(1).await, "monitoring");
    world.advance(2.minutes()).await;
    world.alertmanager().sends(error_rate.delivery(seen)).await;
    assert_eq!(world.state(1).await, "monitoring", "what had begun before the end has ended");
    world.advance(9.minutes()).await;
    assert_eq!(world.state(1).await, "resolved");
    assert_eq!(world.paged(1).await, ["alice"]);
});

scenario!(keep_open_keeps_it_open, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    is_acknowledged(world).await;
    world.alertmanager().resolves(&error_rate).await;
    let button = world.slack().room(ROOM).button("Keep open");
    world.clicks_as("alice", button).await;
    world.advance(1.hours()).await;
    assert_eq!(world.state(1).await, "monitoring");
    let button = world.slack().room(ROOM).button("Resolve");
    world.clicks_as("alice", button).await;
    assert_eq!(world.state(1).await, "resolved");
});

scenario!(an_unanswered_ladder_goes_on_where_a_flap_interrupted_it, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.advance(10.minutes()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(4.minutes()).await;
    world.alertmanager().fires(error_rate).await;
    assert_eq!(world.state(1).await, "triggered");
    assert_eq!(world.incident(1).await.n_flaps, 1);
    assert_eq!(world.paged(1).await, ["alice"], "a flap is not a new beginning");
    world.advance(299.seconds()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.advance(1.seconds()).await;
    assert_eq!(world.paged(1).await, ["alice", "bob"], "the five minutes that were left have passed");
    let button = world.slack().dm("bob").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(who_has_it_hears_once_that_it_is_back, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    is_acknowledged(world).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(2.minutes()).await;
    world.alertmanager().fires(error_rate.clone()).await;
    world.slack().dm("alice").reads("It is back");
    assert_eq!(world.paged(1).await, ["alice", "alice"]);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    for _ in 0..3 {
        world.alertmanager().resolves(&error_rate).await;
        world.advance(2.minutes()).await;
        world.alertmanager().fires(error_rate.clone()).await;
        world.advance(2.minutes()).await;
    }
    assert_eq!(world.paged(1).await, ["alice", "alice"], "at most once in a quarter of an hour");
    assert_eq!(world.incident(1).await.n_flaps, 4);
    world.advance(1.hours()).await;
    assert_eq!(world.paged(1).await, ["alice", "alice"], "she said that she has it");
});

scenario!(who_has_it_and_does_not_answer_is_relieved, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    is_acknowledged(world).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(2.minutes()).await;
    world.alertmanager().fires(error_rate).await;
    world.advance(15.minutes()).await;
    assert_eq!(world.state(1).await, "triggered");
    assert_eq!(world.paged(1).await, ["alice", "alice", "bob"]);
    let button = world.slack().dm("bob").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(what_comes_back_soon_opens_the_same_incident_again, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    is_acknowledged(world).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(10.minutes()).await;
    assert_eq!(world.state(1).await, "resolved");
    world.advance(29.minutes()).await;
    world.alertmanager().fires(error_rate).await;
    assert_eq!(world.state(1).await, "triggered");
    assert_eq!(world.slack().rooms(), [ROOM], "in the same channel");
    world.slack().room(ROOM).has_topic("P2 · triggered").reads("Open again: HighErrorRate is back");
    assert_eq!(world.paged(1).await, ["alice", "alice"]);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(what_comes_back_late_is_a_new_incident_that_names_the_old, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    is_acknowledged(world).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(41.minutes()).await;
    world.alertmanager().fires(error_rate).await;
    assert_eq!(world.state(1).await, "resolved");
    assert_eq!(world.state(2).await, "triggered");
    let second = "inc-20261120-high-error-rate-checkout-2";
    assert_eq!(world.slack().rooms(), [ROOM, second], "the day's second channel of that name");
    world.slack().room(second).reads("Follows").reads("INC-1");
    world.slack().dm("alice").reads("INC-1");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    assert_eq!(world.state(2).await, "acknowledged");
});

scenario!(a_worse_alert_raises_its_incident_and_pages_again, async |world: &mut World| {
    world.story_is("2026-11-20T10:00:00Z");
    let slow = alert("HighResponseTime").service("checkout").severity("warning").label("pod", "a");
    world.alertmanager().fires(slow.clone()).await;
    assert_eq!(world.incident(1).await.severity().to_string(), "P3");
    assert!(world.slack().rooms().is_empty(), "a P3 lives in a thread");
    assert_eq!(world.paged(1).await, ["alice"]);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;

    world.advance(5.minutes()).await;
    world.alertmanager().fires(slow.label("pod", "b").severity("critical")).await;
    assert_eq!(world.incident(1).await.severity().to_string(), "P2");
    assert_eq!(world.slack().rooms(), ["inc-20261120-high-response-time-checkout"]);
    assert_eq!(world.state(1).await, "triggered", "the acknowledgement was for a P3");
    assert_eq!(world.paged(1).await, ["alice", "alice"]);
    assert_eq!(world.n_events(1, "severity_changed").await, 1);
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(another_alert_of_the_same_severity_pages_nobody, async |world: &mut World| {
    let crash = alert("PodCrashLooping").service("checkout");
    world.alertmanager().fires(crash.clone().label("pod", "a")).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.alertmanager().fires(crash.clone().label("pod", "b")).await;
    world.alertmanager().fires(crash.label("pod", "c")).await;
    assert_eq!(world.incidents().await.len(), 1);
    assert_eq!(world.paged(1).await, ["alice"]);
    world.slack().room("inc-20261120-pod-crash-looping-checkout").reads("*Fires* (3)");
});

scenario!(a_severity_that_no_rule_knows_is_named_once_however_it_is_spelt, async |world: &mut World| {
    for (n, value) in ["Fatal", "FATAL", "fatal"].iter().enumerate() {
        world.alertmanager().fires(alert(&format!("Odd{n}")).severity(value)).await;
    }
    let room = world.slack().room("dontpanic-admin");
    assert_eq!(room.count("No severity rule knows"), 1, "{:?}", room.text());
});
