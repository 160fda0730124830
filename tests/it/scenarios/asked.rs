//! What people ask of an incident besides taking it: somebody who leads, somebody else, a while of silence, a word to all.

use crate::harness::alertmanager::alert;
use crate::harness::world::{Span as _, World, scenario};

const ROOM: &str = "inc-20261120-high-error-rate-checkout";

scenario!(somebody_leads_from_now_on, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.types("alice", ROOM, "/incident commander").await, "@alice is the commander of INC-1.");
    world.slack().room(ROOM).has_topic("P2 · triggered · IC @alice");
    let answer = world.types("alice", ROOM, "/incident commander @charlie").await;
    assert_eq!(answer, "@charlie is the commander of INC-1.");
    let room = world.slack().room(ROOM);
    room.has_topic("P2 · triggered · IC @charlie").reads("@charlie is incident commander now");
    assert!(room.has("charlie"), "whoever leads is brought in");
    assert_eq!(world.n_events(1, "role_changed").await, 2);
    world.advance(31.minutes()).await;
    assert_eq!(
        world.paged(1).await,
        ["alice", "bob", "charlie"],
        "and not diana, whose role it is elsewhere"
    );
    let answer = world.types("alice", ROOM, "/incident commander @stranger").await;
    assert!(answer.contains("not in Don't Panic's configuration"), "{answer}");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(somebody_is_woken_with_a_word, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident page @eve Is this <!channel> *yours*?").await;
    assert_eq!(answer, "INC-1: paging @eve.");
    world.slack().dm("eve").reads("They say: Is this").never_reads("<!channel>");
    world.slack().room(ROOM).reads("@alice asked for @eve");
    world.types("alice", ROOM, "/incident ack").await;
    let n_pages = world.ledger(1).await.iter().filter(|page| page.person.as_str() == "eve").count();
    let answer = world.types("alice", ROOM, "/incident page platform").await;
    assert_eq!(answer, "INC-1: paging @alice.");
    let answer = world.types("alice", ROOM, "/incident page nights please").await;
    assert!(answer.contains("There is no such schedule either, only `platform`"), "{answer}");
    let open =
        |page: &&dontpanic::domain::page::Page| page.person.as_str() == "eve" && page.superseded.is_none();
    assert_eq!(world.ledger(1).await.iter().filter(open).count(), n_pages, "only eve ends her page");
    for who in ["eve", "alice"] {
        world.types(who, ROOM, "/incident ack").await;
    }
});

scenario!(a_snooze_pages_again_at_its_end, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident snooze 25h").await;
    assert_eq!(answer, "A snooze lasts at most 24 hours. Nothing was changed.");
    assert_eq!(world.state(1).await, "triggered");
    let answer = world.types("alice", ROOM, "/incident snooze 30m").await;
    assert!(answer.starts_with("You have INC-1. Snoozed until "), "{answer}");
    world.slack().room(ROOM).reads("Snoozed until").reads("@alice snoozed it until");
    world.advance(29.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.advance(2.minutes()).await;
    assert_eq!((world.state(1).await, world.paged(1).await.len()), ("triggered", 2));
    world.slack().room(ROOM).reads("The snooze is over");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(an_update_reaches_those_who_only_follow, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident update Half of the <customers> are back").await;
    assert_eq!(answer, "Posted the update of INC-1.");
    let said = "Update by @alice: Half of the";
    world.slack().room(ROOM).reads(said);
    world.slack().room("incidents").reads(said);
    assert_eq!(world.types("alice", ROOM, "/incident update").await, "", "the form says it all");
    world.fills_in("alice", &[("update", "All of them are")]).await;
    world.slack().room("incidents").reads("Update by @alice: All of them are");
    assert_eq!(world.n_events(1, "status_update").await, 2);
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(an_ack_during_a_snooze_never_ends_it_in_silence, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident snooze 30m").await;
    let before = world.incident(1).await;
    let answer = world.types("alice", ROOM, "/incident ack").await;
    assert!(answer.contains("acknowledged already") && answer.contains("Snoozed until"), "{answer}");
    let (status, answer) = world.asks_api("incidents/INC-1/ack", serde_json::json!({})).await;
    assert_eq!((status, answer["acked_by"].as_str()), (200, Some("alice")), "a script wakes up for nobody");
    let (status, _) = world.asks_api("incidents/INC-1/ack", serde_json::json!({"person": "alice"})).await;
    assert_eq!((status, world.incident(1).await), (200, before), "200 unchanged");
    assert_eq!(world.n_events(1, "acked").await, 1);
    world.advance(31.minutes()).await;
    assert_eq!(world.paged(1).await.len(), 2, "she is paged again");
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(whoever_acks_somebody_elses_snooze_has_it_from_then_on, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident snooze 30m").await;
    let answer = world.types("bob", ROOM, "/incident ack").await;
    assert_eq!(answer, "You have INC-1 now. The snooze of @alice has ended.");
    // Slack notifies her: the line mentions her.
    world.slack().room(ROOM).reads("@bob took over (was not paged): the snooze of @alice has ended");
    world.slack().dm("alice").reads("Acknowledged by @bob");
    let (_, incident) = world.asks_api("incidents/INC-1/ack", serde_json::json!({"person": "bob"})).await;
    assert_eq!(incident["acked_by"], "bob");
    assert_eq!(world.n_events(1, "acked").await, 2);
    world.advance(3.hours()).await;
    assert_eq!(world.paged(1).await, ["alice"], "bob has it");
});

scenario!(a_snooze_moved_is_one_event_and_takes_it_from_nobody, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident snooze 30m").await;
    world.types("alice", ROOM, "/incident snooze 1h").await;
    let answer = world.types("bob", ROOM, "/incident snooze 2h").await;
    assert!(answer.starts_with("@alice has INC-1. Snoozed until "), "{answer}");
    assert_eq!((world.n_events(1, "acked").await, world.n_events(1, "snoozed").await), (1, 3));
    assert_eq!(world.slack().room(ROOM).count("acknowledged after"), 1);
    world.advance(119.minutes()).await;
    assert_eq!(world.paged(1).await, ["alice"]);
    world.advance(2.minutes()).await;
    assert_eq!(world.paged(1).await.len(), 2);
    world.types("alice", ROOM, "/incident ack").await;
});

scenario!(a_snooze_into_another_day_says_which, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.types("alice", ROOM, "/incident snooze 24h").await;
    world.slack().room(ROOM).reads("Snoozed until 2026-11-2");
    world.types("bob", ROOM, "/incident ack").await;
});

scenario!(what_is_kept_open_and_who_cannot_lead_is_said_as_it_is, async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let answer = world.types("alice", ROOM, "/incident keep-open").await;
    assert!(answer.starts_with("INC-1 stays open until somebody resolves it."), "{answer}");
    let answer = world.types("alice", ROOM, "/incident commander @zed").await;
    assert_eq!(answer, "`zed` is not in Don't Panic's configuration, so they cannot be the commander.");
    let answer = world.types("alice", ROOM, "/oncall schedule platform 9999").await;
    assert!(answer.contains("1-26"), "{answer}");
    world.types("alice", ROOM, "/incident ack").await;
});
