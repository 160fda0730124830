//! What is still open when an incident is over.

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

async fn is_over(world: &mut World) {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
    world.advance(20.minutes()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(1.hours()).await;
    assert_eq!(world.state(1).await, "resolved", "its post-mortem is due");
}

scenario!(publishing_the_postmortem_closes_the_incident, async |world: &mut World| {
    is_over(world).await;
    let said = world.types("bob", ROOM, "/incident postmortem publish").await;
    assert_eq!(said, "The post-mortem of INC-1 is published.");
    assert_eq!(world.state(1).await, "closed");
    assert_eq!(world.n_events(1, "postmortem_published").await, 1);
    world.slack().room(ROOM).has_topic("P2 · closed").reads("bob published the post-mortem");
    let (_, incident) = world.asks_api("incidents/INC-1/note", serde_json::json!({"text": "done"})).await;
    assert_eq!(incident["state"], "closed");
    let postmortem = world.use_cases().postmortem(dontpanic::ids::IncidentId(1)).await;
    assert_eq!(postmortem.expect("it is read").expect("it is there").state, "published");
});

scenario!(the_commander_declines_the_postmortem_with_a_reason, async |world: &mut World| {
    is_over(world).await;
    let said = world.types("diana", ROOM, "/incident postmortem decline").await;
    assert!(said.contains("postmortem [publish | decline reason]"), "{said}");
    let said = world.types("bob", ROOM, "/incident postmortem decline a drill").await;
    assert_eq!(said, "Only the commander of INC-1 can decline its post-mortem.");
    assert_eq!(world.state(1).await, "resolved");
    let said = world.types("diana", ROOM, "/incident postmortem decline a drill").await;
    assert_eq!(said, "INC-1 is closed without a post-mortem.");
    assert_eq!(world.state(1).await, "closed");
    world.slack().room(ROOM).reads("diana declined the post-mortem: a drill");
});

scenario!(what_was_resolved_by_hand_and_still_fires_is_listed_and_asked_about, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.types("alice", ROOM, "/incident resolve").await;
    let button = world.answer_button("alice", ROOM, "Resolve");
    world.clicks(button).await;
    let listed = world.types("bob", "incidents", "/incident list").await;
    assert!(
        listed.contains("Resolved, still firing") && listed.contains("by @alice, still firing"),
        "{listed}"
    );
    world.advance(4.hours() - 1.seconds()).await;
    world.alertmanager().repeats(&error_rate).await;
    assert_eq!(world.n_events(1, "nudged").await, 0);
    world.advance(1.seconds()).await;
    assert_eq!(world.n_events(1, "nudged").await, 1);
    world.slack().room(ROOM).reads("1 alert still fires, four hours after @alice resolved this");
    let n_pages = world.ledger(1).await.len();
    world.advance(8.hours()).await;
    assert_eq!(world.n_events(1, "nudged").await, 1, "asked once");
    assert_eq!(world.ledger(1).await.len(), n_pages, "nobody is woken for it");
    world.alertmanager().resolves(&error_rate).await;
    let listed = world.types("bob", "incidents", "/incident list").await;
    assert_eq!(listed, "No open incidents.");
});
