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

scenario!(what_resolved_it_is_not_lost_when_it_is_asked_back, async |world: &mut World| {
    let said = format!("Rolled back 4.2 & moved <load> away {}", "x".repeat(2500));
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    let answer = world.types("alice", ROOM, &format!("/incident resolve {said}")).await;
    assert!(answer.starts_with("1 alert still fires in INC-1."), "{answer}");
    let button = world.answer_button("alice", ROOM, "Resolve");
    world.clicks(button).await;
    assert_eq!(world.state(1).await, "resolved");
    assert_eq!(world.incident(1).await.summary.as_deref(), Some(said.as_str()), "longer than a button holds");
    let draft = world.postmortem(1).await;
    assert!(draft.contains("Rolled back 4.2") && !draft.contains("no summary was given"), "{draft}");
    world.alertmanager().resolves(&error_rate).await;
});

scenario!(every_fact_of_a_draft_is_what_its_event_says, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.advance(10.minutes()).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.types("bob", ROOM, "/incident severity P1 all customers").await;
    world.types("alice", ROOM, "/incident ack").await;
    world.types("diana", ROOM, "/incident ack").await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(11.minutes()).await;
    let timeline = world.timeline(1).await;
    let seq = |kind: &str| timeline.iter().find(|told| told.entry.what.kind() == kind).unwrap().entry.seq;
    let (changed, acked) = (seq("severity_changed"), seq("acked"));
    let draft = world.postmortem(1).await;
    assert!(draft.contains(&format!("P1 set by bob (all customers) [#{changed}]")), "{draft}");
    let well = format!("Acknowledged within the target of P2 (15 min): after 10 min [#{acked}]");
    assert!(draft.contains(&well), "{draft}");
    let link = world.use_cases().link_to(dontpanic::ids::IncidentId(1)).await.expect("a key");
    if let Some(link) = link {
        let (_, page) = world.reads(&format!("{}?{}", link.path(), link.query().unwrap_or_default())).await;
        assert!(page.contains("set by bob: all customers; the rules say P2"), "{page}");
        assert!(page.contains("Post-mortem") && page.contains("P1 set by bob"), "{page}");
    }
});

scenario!(an_alert_that_came_back_began_when_it_first_did, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.types("alice", ROOM, "/incident ack").await;
    world.advance(20.minutes()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(4.minutes()).await;
    world.alertmanager().fires(error_rate.clone()).await;
    world.advance(16.minutes()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(10.minutes()).await;
    assert_eq!((world.state(1).await, world.n_events(1, "flap").await), ("resolved", 1));
    let (_, stats) = world.gets_api("stats?window=1d").await;
    assert_eq!(stats["mttr_seconds"], 40 * 60);
    let draft = world.postmortem(1).await;
    for words in [
        "Began: 2026-11-20 03:00:00, with HighErrorRate",
        "or the resolve): 40 min",
        "Lasted 40 min",
        "HighErrorRate, checkout: 2026-11-20 03:00:00 to 2026-11-20 03:40:00",
    ] {
        assert!(draft.contains(words), "no {words:?} in {draft}");
    }
});

scenario!(what_is_written_down_after_the_draft_is_in_it, async |world: &mut World| {
    is_over(world).await;
    world.types("bob", ROOM, "/incident note The pool was too small").await;
    assert!(world.postmortem(1).await.contains("The pool was too small"), "{}", world.postmortem(1).await);
    world.types("bob", ROOM, "/incident update Customers are told").await;
    assert!(world.postmortem(1).await.contains("Customers are told"), "{}", world.postmortem(1).await);
    world.types("bob", ROOM, "/incident postmortem").await;
    world.slack().room(ROOM).reads("The pool was too small").reads("Post-mortem draft for INC-1");

    world.types("bob", ROOM, "/incident postmortem publish").await;
    let published = world.postmortem(1).await;
    assert!(published.contains("bob published the post-mortem"), "what is known then: {published}");
    world.types("bob", ROOM, "/incident note A thought of the next day").await;
    assert_eq!(world.postmortem(1).await, published, "what was published stays");
});

scenario!(who_resolves_without_an_ack_is_told_of_in_one_way, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.types("alice", ROOM, "/incident resolve It healed").await;
    let draft = world.postmortem(1).await;
    assert!(draft.contains("Acknowledged: by nobody before alice resolved it"), "{draft}");
    assert!(!draft.contains(": acknowledged "), "{draft}");
    assert!(draft.contains("answered by resolving"), "{draft}");
});

scenario!(the_button_of_the_card_asks_back_and_resolves, async |world: &mut World| {
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.types("alice", ROOM, "/incident ack").await;
    let button = world.slack().room(ROOM).button("Resolve");
    world.clicks_as("alice", button).await;
    let again = world.answer_button("alice", ROOM, "Resolve");
    world.clicks(again).await;
    assert_eq!(world.state(1).await, "resolved");
    world.alertmanager().resolves(&error_rate).await;
});

scenario!(what_is_over_says_what_can_still_be_done, async |world: &mut World| {
    is_over(world).await;
    for command in ["ack", "escalate", "page @eve", "commander", "severity P1", "snooze 30m", "keep-open"] {
        let answer = world.types("bob", ROOM, &format!("/incident {command}")).await;
        assert!(answer.starts_with("INC-1 has ended: P2, resolved"), "{command}: {answer}");
        assert!(answer.ends_with(". Is it not over? `/incident INC-1 reopen`"), "{command}: {answer}");
        assert_eq!(answer.lines().count(), 1, "{command}: {answer}");
    }
    world.types("bob", "incidents", "/incident declare P3 Something else").await;
    let answer = world.types("bob", "incidents", "/incident INC-2 merge INC-1").await;
    assert!(answer.ends_with("`/incident INC-1 reopen`"), "{answer}");
    world.types("bob", "incidents", "/incident INC-2 resolve").await;

    let answer = world.types("bob", ROOM, "/incident").await;
    let ways = [
        "reopen`  it is not over after all",
        "postmortem [publish | decline reason]`",
        "action [@owner",
        "note text`",
    ];
    for way in ways {
        assert!(answer.contains(&format!("`/incident INC-1 {way}")), "{way}: {answer}");
    }
    // A note is taken, which is why it is offered.
    assert_eq!(
        world.types("bob", ROOM, "/incident note one more thing").await,
        "Noted on the timeline of INC-1."
    );

    let answer = world.types("bob", ROOM, "/incident reopen").await;
    assert_eq!(
        answer,
        "INC-1 is open again: P2, not acknowledged. Paging @alice now. Next: @bob 2026-11-20 04:35 UTC unless acknowledged."
    );
    assert_eq!(world.paged(1).await.last().map(String::as_str), Some("alice"));
    let answer = world.types("bob", ROOM, "/incident").await;
    assert!(!answer.contains("reopen"), "it is open: {answer}");
    assert!(world.types("bob", ROOM, "/incident reopen").await.starts_with("INC-1 is open: P2"));
    world.types("alice", ROOM, "/incident ack").await;
    world.types("alice", ROOM, "/incident resolve").await;
});
