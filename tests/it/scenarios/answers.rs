//! Answering a page: by button, by command, by API, twice, at once, and too late.

use dontpanic::domain::incident::command::WhileFiring;
use dontpanic::domain::incident::timeline::Origin;
use dontpanic::domain::incident::{Actor, Command};
use dontpanic::ids::{IncidentId, PersonId};
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

async fn is_paged(world: &mut World) {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.paged(1).await, ["alice"]);
}

async fn nobody_else_is_woken(world: &mut World) {
    let n_pages = world.ledger(1).await.len();
    world.advance(2.hours()).await;
    assert_eq!(world.ledger(1).await.len(), n_pages, "somebody was woken after the acknowledgement");
    world.pager("alice").is_silent();
    world.pager("bob").is_silent();
}

scenario!(a_button_stops_everything, async |world: &mut World| {
    is_paged(world).await;
    world.advance(4.minutes()).await;
    world.pager("alice").rings();
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    assert_eq!(world.state(1).await, "acknowledged");
    world.slack().dm("alice").has_no_button("Acknowledge").reads("Acknowledged by @alice at 03:04 UTC");
    world.slack().room(ROOM).has_topic("P2 · acknowledged").reads("alice acknowledged after 4 min");
    world.slack().room("incidents").reads("acknowledged by @alice");
    assert!(world.ledger(1).await.iter().all(|page| page.acked.is_some()), "the ledger proves it");
    nobody_else_is_woken(world).await;
});

scenario!(a_command_in_the_channel_stops_everything, async |world: &mut World| {
    is_paged(world).await;
    let answer = world.types("bob", ROOM, "/incident ack").await;
    assert_eq!(answer, "You have INC-1. Paging has stopped.");
    world.slack().room(ROOM).reads("bob acknowledged after 0 s (was not paged)");
    assert!(world.slack().room(ROOM).has("bob"), "who takes it is brought in");
    nobody_else_is_woken(world).await;
});

scenario!(a_command_elsewhere_names_the_incident, async |world: &mut World| {
    is_paged(world).await;
    assert!(world.types("bob", "incidents", "/incident ack").await.starts_with("Which incident?"));
    world.types("bob", "incidents", "/incident INC-1 ack").await;
    assert_eq!(world.state(1).await, "acknowledged");
    nobody_else_is_woken(world).await;
});

scenario!(the_api_stops_everything, async |world: &mut World| {
    is_paged(world).await;
    let (status, answer) = world.asks_api("incidents/INC-1/ack", json!({})).await;
    assert_eq!((status, answer["state"].as_str()), (200, Some("acknowledged")), "{answer}");
    let (status, answer) = world.asks_api("incidents/INC-1/ack", json!({})).await;
    assert_eq!((status, answer["state"].as_str()), (200, Some("acknowledged")), "{answer}");
    assert_eq!(world.n_events(1, "acked").await, 1);
    world.slack().dm("alice").reads("Acknowledged by API token ci").has_no_button("Acknowledge");
    nobody_else_is_woken(world).await;
});

scenario!(an_acknowledgement_counts_once_and_an_old_button_changes_nothing, async |world: &mut World| {
    is_paged(world).await;
    world.advance(15.minutes()).await;
    let late = world.slack().dm("bob").button("Acknowledge");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button.clone()).await;
    world.pager("alice").rings();
    let before = world.incident(1).await;

    world.clicks_late("alice", &button).await;
    world.clicks_late("bob", &late).await;
    world.slack().dm("bob").reads("That message is out of date, nothing was changed.");
    world.types("alice", ROOM, "/incident ack").await;
    assert_eq!(world.incident(1).await, before, "nothing changed");
    assert_eq!(world.n_events(1, "acked").await, 1);
    assert!(world.types("bob", ROOM, "/incident ack").await.contains("acknowledged already, by @alice"));
    nobody_else_is_woken(world).await;
});

scenario!(two_people_answer_at_once, async |world: &mut World| {
    is_paged(world).await;
    world.advance(15.minutes()).await;
    world.pager("alice").rings();
    let (first, second) =
        (world.slack().dm("alice").button("Acknowledge"), world.slack().dm("bob").button("Acknowledge"));
    tokio::join!(world.sends_click("alice", &first), world.sends_click("bob", &second));
    world.settle().await;
    assert_eq!(world.n_events(1, "acked").await, 1, "one of them has it");
    assert_eq!(world.state(1).await, "acknowledged");
    nobody_else_is_woken(world).await;
});

scenario!(whoever_answers_a_moment_too_late_is_left_alone, async |world: &mut World| {
    world.alertmanager().fires(alert("CheckoutServiceDown").service("checkout")).await;
    let (first, second) =
        (world.slack().dm("alice").button("Acknowledge"), world.slack().dm("diana").button("Acknowledge"));
    world.clicks(first).await;
    world.clicks_late("diana", &second).await;
    world.slack().dm("diana").reads("Your page has stopped. INC-1 is acknowledged by @alice");
    world.advance(10.minutes()).await;
    world.pager("diana").is_silent();
    let hers: Vec<_> =
        world.ledger(1).await.into_iter().filter(|page| page.person == "diana".into()).collect();
    assert!(
        !hers.is_empty() && hers.iter().all(|page| page.acked.is_some()),
        "the ledger proves it: {hers:?}"
    );
    assert_eq!(world.incident(1).await.state.ack().map(|ack| ack.by.to_string()), Some("alice".to_owned()));
});

scenario!(an_acknowledgement_races_a_resolve, async |world: &mut World| {
    is_paged(world).await;
    let engine = world.use_cases();
    let by = Actor::Person(PersonId::from("alice"));
    let resolve = Command::Resolve {
        by: Actor::Person(PersonId::from("bob")),
        summary: None,
        while_firing: WhileFiring::Resolve,
    };
    let (acked, resolved) = tokio::join!(
        engine.handle(IncidentId(1), Command::Acknowledge { by }, Origin::Api),
        engine.handle(IncidentId(1), resolve, Origin::Api),
    );
    resolved.expect("the resolve is taken, before or after");
    world.settle().await;
    assert_eq!(world.n_events(1, "acked").await, usize::from(acked.is_ok()));
    assert_eq!(world.state(1).await, "resolved");
    nobody_else_is_woken(world).await;
});

scenario!(an_escalation_gives_the_acknowledgement_back, async |world: &mut World| {
    is_paged(world).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    let answer = world.types("alice", ROOM, "/incident escalate").await;
    assert_eq!(answer, "INC-1: paging @bob.");
    assert_eq!(world.state(1).await, "triggered");
    assert_eq!(world.paged(1).await, ["alice", "bob"]);
    let answer = world.types("bob", ROOM, "/incident escalate @eve").await;
    assert_eq!(answer, "INC-1: paging @eve.");
    assert_eq!(world.paged(1).await, ["alice", "bob", "eve"]);
    let button = world.slack().dm("eve").button("Acknowledge");
    world.clicks(button).await;
    nobody_else_is_woken(world).await;
});
