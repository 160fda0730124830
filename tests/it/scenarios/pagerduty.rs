//! PagerDuty beside our own ladder: told at once, in step both ways, and never in the way.

use std::collections::BTreeSet;

use dontpanic::ids::IncidentId;
use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::database::TestDatabase;
use crate::harness::house::house;
use crate::harness::pagerduty::{WEBHOOK_SECRET, event, signature};
use crate::harness::providers::Takes;
use crate::harness::world::{Span as _, World, scenario};

const KEY: &str = "dontpanic/here/INC-1";

/// What PagerDuty was told so far.
fn told(world: &World) -> Vec<String> {
    world.pagerduty().all().iter().map(|event| format!("{} {}", event.headline, event.to)).collect()
}

scenario!(it_hears_at_once_and_stays_in_step, house().beside_pagerduty(), async |world: &mut World| {
    let error_rate =
        alert("HighErrorRate").service("checkout").label("env", "prod").summary("High error rate");
    world.alertmanager().fires(error_rate.clone()).await;
    world.pager("alice").is_silent();
    assert_eq!(world.paged(1).await, ["alice"], "our own page goes out all the same");
    let trigger = world.pagerduty().carries();
    assert_eq!((trigger.headline.as_str(), trigger.to.as_str()), ("trigger", KEY));
    assert_eq!(trigger.text, "P2 INC-1: High error rate (checkout, prod)");
    let payload = &trigger.whole["payload"];
    assert_eq!((&payload["source"], &payload["severity"]), (&"checkout".into(), &"error".into()));
    assert_eq!(payload["timestamp"], "2026-11-20T03:00:00.000Z");
    assert_eq!(payload["custom_details"]["labels"][0]["alertname"], "HighErrorRate");
    assert_eq!(trigger.whole["client"], "Don't Panic");
    let link = trigger.whole["links"][0]["href"].as_str().unwrap();
    assert!(link.starts_with("https://dontpanic.example.org/incidents/INC-1"), "{link}");

    world.types("bob", "incidents", "/incident INC-1 ack").await;
    let acknowledge = world.pagerduty().carries();
    assert_eq!((acknowledge.headline.as_str(), acknowledge.whole.get("payload")), ("acknowledge", None));
    world.types("bob", "incidents", "/incident INC-1 ack").await;
    world.types("bob", "incidents", "/incident INC-1 note looking").await;
    world.pagerduty().carries_nothing();

    // The ladder goes on, so somebody is needed there too.
    world.types("bob", "incidents", "/incident INC-1 escalate").await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(11.minutes()).await;
    world.types("alice", "incidents", "/incident INC-1 reopen").await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.types("alice", "incidents", "/incident INC-1 resolve").await;
    let step =
        ["trigger", "acknowledge", "trigger", "acknowledge", "resolve", "trigger", "acknowledge", "resolve"];
    assert_eq!(told(world), step.map(|action| format!("{action} {KEY}")));
});

scenario!(only_what_is_bad_enough_is_told, house().beside_pagerduty(), async |world: &mut World| {
    world.alertmanager().fires(alert("QueueGrows").service("checkout").severity("warning")).await;
    world.types("alice", "incidents", "/incident INC-1 severity P3").await;
    world.pagerduty().carries_nothing();
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.pagerduty().carries_nothing();
    world.types("alice", "incidents", "/incident INC-1 severity P1").await;
    let trigger = world.pagerduty().carries();
    assert_eq!(
        (trigger.headline.as_str(), &trigger.whole["payload"]["severity"]),
        ("trigger", &"critical".into())
    );
    // It has heard of it, so it hears how it goes on, however bad it is.
    world.types("alice", "incidents", "/incident INC-1 severity P3").await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    assert_eq!(told(world), [format!("trigger {KEY}"), format!("acknowledge {KEY}")]);
});

scenario!(whoever_has_it_there_has_it_here, house().beside_pagerduty(), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.dana_in_pagerduty("01A", "incident.acknowledged", KEY).await, 200);
    let incident = world.incident(1).await;
    assert_eq!(incident.state.ack().unwrap().by.to_string(), "pagerduty:Dana Scully");
    let timeline = world.timeline_text(1).await;
    assert!(
        timeline.contains(" pagerduty ") && timeline.contains("Dana Scully (PagerDuty) acknowledged"),
        "{timeline}"
    );
    world.slack().room("incidents").reads("acknowledged by Dana Scully (PagerDuty)");
    assert_eq!(told(world), [format!("trigger {KEY}")], "what it said is not said back");

    // A retry of what was acted upon does nothing, whatever happened since.
    world.types("alice", "incidents", "/incident INC-1 escalate").await;
    assert_eq!(world.dana_in_pagerduty("01A", "incident.acknowledged", KEY).await, 200);
    assert_eq!(world.state(1).await, "triggered");
    // So does the late echo of what we told it ourselves.
    for kind in ["events_api_v2_inbound_integration_reference", "service_reference"] {
        let echo = event("01B", "incident.acknowledged", KEY, Some((kind, "Events API v2")));
        assert_eq!(world.pagerduty_says(&echo).await, 200);
    }
    assert_eq!(world.state(1).await, "triggered");
    // Somebody without a name.
    assert_eq!(world.pagerduty_says(&event("01C", "incident.acknowledged", KEY, None)).await, 200);
    assert_eq!(world.incident(1).await.state.ack().unwrap().by.to_string(), "pagerduty");
    assert_eq!(told(world), [format!("trigger {KEY}"), format!("trigger {KEY}")]);
});

scenario!(
    a_resolve_there_while_alerts_fire_means_ack,
    house().beside_pagerduty(),
    async |world: &mut World| {
        let error_rate = alert("HighErrorRate").service("checkout");
        world.alertmanager().fires(error_rate.clone()).await;
        assert_eq!(world.dana_in_pagerduty("02A", "incident.resolved", KEY).await, 200);
        assert_eq!(world.state(1).await, "acknowledged");
        world.alertmanager().resolves(&error_rate).await;
        assert_eq!(world.state(1).await, "monitoring");
        assert_eq!(world.dana_in_pagerduty("02B", "incident.resolved", KEY).await, 200);
        assert_eq!(world.state(1).await, "resolved");
        assert_eq!(world.dana_in_pagerduty("02C", "incident.acknowledged", KEY).await, 200, "it is over");
        assert_eq!((world.state(1).await, told(world)), ("resolved", vec![format!("trigger {KEY}")]));
    }
);

scenario!(nobody_else_is_believed, house().beside_pagerduty(), async |world: &mut World| {
    world.may_log("without its signature");
    world.may_log("is not what pagerduty sends");
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let said = event("03A", "incident.acknowledged", KEY, None);
    let said = world.as_known_here(&said).await.to_string().into_bytes();
    let right = signature(WEBHOOK_SECRET, &said);
    let others = signature("another-secret", &said);
    let of_another_body = signature(WEBHOOK_SECRET, b"{}");
    for shown in [
        None,
        Some(""),
        Some("v1="),
        Some(&*others),
        Some(&*of_another_body),
        Some(&right[3..]),
        Some(&right[..66]),
    ] {
        assert_eq!(world.says_with(said.clone(), shown).await, 401, "{shown:?}");
    }
    for body in [
        "",
        "no json",
        "[]",
        "{}",
        r#"{"event": {"id": 1}}"#,
        r#"{"event": {"event_type": "incident.resolved"}}"#,
    ] {
        let shown = signature(WEBHOOK_SECRET, body.as_bytes());
        assert_eq!(world.says_with(body.as_bytes().to_vec(), Some(&shown)).await, 400, "{body}");
    }
    for (what, key) in [
        ("incident.acknowledged", "dontpanic/here/INC-7"),
        ("incident.acknowledged", "dontpanic/INC-1"),
        ("incident.acknowledged", "dontpanic//INC-1"),
        ("incident.acknowledged", "dontpanic/another4567/INC-1"),
        ("incident.acknowledged", "INC-1"),
        ("incident.resolved", "srv01/HTTP"),
        ("incident.acknowledged", ""),
        ("incident.priority_updated", KEY),
        ("incident.unacknowledged", KEY),
        ("pagey.ping", KEY),
    ] {
        assert_eq!(world.dana_in_pagerduty(&format!("04{what}{key}"), what, key).await, 200, "{what} {key}");
    }
    assert_eq!((world.state(1).await, world.n_events(1, "acked").await), ("triggered", 0));
    assert_eq!(world.says_with(said, Some(&right)).await, 200);
    assert_eq!(world.state(1).await, "acknowledged");
});

scenario!(without_a_secret_nobody_is_heard, async |world: &mut World| {
    let said = event("05A", "incident.acknowledged", KEY, None);
    let said = world.as_known_here(&said).await.to_string().into_bytes();
    let shown = signature("", &said);
    assert_eq!(world.says_with(said.clone(), Some(&shown)).await, 404);
    let alone = house().with("pagerduty", "{routing_key: R1, url: \"${BASE}/pagerduty\"}");
    world.restarts_as(alone).await;
    assert_eq!(world.says_with(said, Some(&shown)).await, 404);
});

scenario!(while_it_is_down_nothing_waits_for_it, house().beside_pagerduty(), async |world: &mut World| {
    world.may_log("to be tried again");
    world.pagerduty().takes(Takes::Nothing(503, "down"));
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.pagerduty().takes(Takes::Nothing(429, "slow down"));
    world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
    assert_eq!(
        (world.paged(1).await, world.paged(2).await),
        (vec!["alice".to_owned()], vec!["alice".to_owned()])
    );
    assert_eq!(world.slack().rooms().len(), 2);
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.types("alice", "incidents", "/incident INC-2 ack").await;
    world.asks_api("incidents/INC-2/resolve", json!({"summary": "a false alarm"})).await;
    world.pagerduty().carries_nothing();
    world.restart().await;
    world.pagerduty().takes(Takes::Everything);
    world.wire_passes(1.minutes()).await;
    let of = |key: &str| -> Vec<String> {
        let all = world.pagerduty().all();
        all.iter().filter(|event| event.to == key).map(|event| event.headline.clone()).collect()
    };
    assert_eq!(of(KEY), ["trigger", "acknowledge"]);
    assert!(!of("dontpanic/here/INC-2").contains(&"trigger".to_owned()), "nobody is woken for what is over");
});

scenario!(a_restart_tells_nothing_twice, house().beside_pagerduty(), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.restart().await;
    world.advance(20.minutes()).await;
    assert_eq!(told(world), [format!("trigger {KEY}")]);
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.restart().await;
    assert_eq!(told(world), [format!("trigger {KEY}"), format!("acknowledge {KEY}")]);
    // An event whose answer is lost is sent again under the same key.
    world.may_log("to be tried again");
    world.pagerduty().takes(Takes::ButSaysNothing);
    world.asks_api("incidents/INC-1/resolve", json!({"summary": "a false alarm"})).await;
    world.pagerduty().takes(Takes::Everything);
    world.wire_passes(1.minutes()).await;
    assert_eq!(told(world)[2..], [format!("resolve {KEY}"), format!("resolve {KEY}")]);
});

scenario!(what_it_refuses_is_told_once, house().beside_pagerduty(), async |world: &mut World| {
    world.may_give_up();
    world.pagerduty().takes(Takes::Nothing(400, "Invalid routing key"));
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    let admins = world.slack().room("dontpanic-admin");
    assert_eq!(admins.count("PagerDuty hears nothing"), 1);
    admins.reads("status 400 (Invalid routing key").reads("check `pagerduty.routing_key`");
    assert_eq!(world.paged(2).await, ["alice"]);
});

scenario!(a_private_incident_is_a_number_there, house().beside_pagerduty(), async |world: &mut World| {
    world.types("charlie", "incidents", "/incident declare P2").await;
    let fields = [("title", "Customer data leaked by mail"), ("private", "private")];
    world.fills_in("charlie", &fields).await;
    let trigger = world.pagerduty().carries();
    assert_eq!(trigger.text, "P2 INC-1: A private incident");
    let whole = trigger.whole.to_string();
    assert!(!whole.contains("leaked") && !whole.contains("https://"), "{whole}");
    assert_eq!(world.dana_in_pagerduty("06A", "incident.acknowledged", KEY).await, 200);
    assert_eq!(world.state(1).await, "acknowledged");
    world.slack().room("incidents").never_reads("leaked");
});

scenario!(
    two_installations_on_one_service_keep_apart,
    house().beside_pagerduty(),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let key = world.pagerduty().all()[0].whole["dedup_key"].as_str().unwrap().to_owned();
        assert_eq!(key, world.pagerduty_key(IncidentId(1)).await);
        // What it is known by outlives a restart, so it is answered for and ended under the same name.
        world.restart().await;
        world.types("alice", "incidents", "/incident INC-1 ack").await;
        world.types("alice", "incidents", "/incident INC-1 escalate").await;
        let keys: BTreeSet<String> =
            world.pagerduty().all().iter().map(|event| event.whole["dedup_key"].to_string()).collect();
        assert_eq!(keys.len(), 1, "{keys:?}");

        // Another one has an INC-1 as well. What somebody does with that one means nothing here.
        let mut foreign = String::new();
        World::plays(house().beside_pagerduty(), TestDatabase::sqlite(), async |other: &mut World| {
            foreign = other.pagerduty_key(IncidentId(1)).await;
        })
        .await;
        assert!(foreign != key && foreign.ends_with("/INC-1"), "{foreign}");
        assert_eq!(world.dana_in_pagerduty("07A", "incident.acknowledged", &foreign).await, 200);
        assert_eq!(world.state(1).await, "triggered");
        assert_eq!(world.dana_in_pagerduty("07B", "incident.acknowledged", &key).await, 200);
        assert_eq!(world.state(1).await, "acknowledged");
    }
);
