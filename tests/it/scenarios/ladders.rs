//! Several schedules beside each other: the person whom two of them want, and the schedule that is no longer configured.

use serde_json::json;

use crate::harness::alertmanager::alert;
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

/// As a line of `schedules`: somebody is on call for ever.
fn alone(name: &str, who: &str) -> String {
    format!(
        "\n  {name}: {{timezone: Europe/Paris, rotation: {{every: 1w, start: 2026-11-16, people: [{who}]}}, secondary: none}}"
    )
}

/// Checkout is Alice's, search is that of somebody.
fn with_search_of(who: &str) -> House {
    house()
        .with("schedules", &format!("{}{}", alone("platform", "alice"), alone("search", who)))
        .with("services", "{checkout: {schedule: platform}, index: {schedule: search}}")
}

scenario!(
    whoever_is_on_call_by_two_schedules_is_woken_once,
    with_search_of("alice"),
    async |world: &mut World| {
        for service in ["checkout", "index"] {
            world.alertmanager().fires(alert("HighErrorRate").service(service)).await;
        }
        assert_eq!(world.paged(1).await, ["alice"]);
        assert_eq!(world.ledger(1).await.len(), 1);
        assert_eq!(world.slack().dm("alice").count("HighErrorRate"), 1);
        let timeline = world.timeline_text(1).await;
        assert!(timeline.contains("alice is paged about this already, so not once more"), "{timeline}");
        // Both ladders climb all the same.
        world.advance(15.minutes()).await;
        assert!(world.paged(1).await.len() > 1, "{:?}", world.paged(1).await);
        let (status, list) = world.gets_api("incidents/INC-1/pages?limit=1").await;
        assert_eq!(status, 200, "{list}");
        assert_eq!(list["pages"].as_array().map(Vec::len), Some(1));
        assert!(list["next_cursor"].is_string(), "{list}");
        let button = world.slack().dm("alice").button("Acknowledge");
        world.clicks(button).await;
    }
);

scenario!(an_incident_outlives_its_schedule, with_search_of("bob"), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("index")).await;
    assert_eq!(world.paged(1).await, ["bob"]);
    world.advance(5.minutes()).await;
    world
        .restarts_as(
            house()
                .with("schedules", &alone("platform", "alice"))
                .with("services", "{checkout: {schedule: platform}, index: {schedule: platform}}"),
        )
        .await;
    assert_eq!(world.paged(1).await, ["bob", "alice"], "at once, not with the next step");
    world.slack().dm("alice").reads("HighErrorRate");
    world.slack().room("dontpanic-admin").reads("Schedule `search` is no longer configured");
    let timeline = world.timeline_text(1).await;
    assert!(timeline.contains("whoever is on call by platform is paged instead"), "{timeline}");
    world.restart().await;
    assert_eq!(world.slack().room("dontpanic-admin").count("is no longer configured"), 1, "said once");
    let (_, list) = world.gets_api("incidents/INC-1/pages").await;
    let schedules: Vec<_> =
        list["pages"].as_array().unwrap().iter().map(|row| row["schedule"].clone()).collect();
    assert_eq!(schedules.first(), Some(&json!("platform")), "the newest first: {list}");
    assert_eq!(schedules.last(), Some(&json!("search")), "{list}");
    let button = world.slack().dm("alice").button("Acknowledge");
    world.clicks(button).await;
});

scenario!(
    what_was_acknowledged_stays_so_without_its_schedule,
    with_search_of("bob"),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("index")).await;
        let button = world.slack().dm("bob").button("Acknowledge");
        world.clicks(button).await;
        world
            .restarts_as(
                house()
                    .with("schedules", &alone("platform", "alice"))
                    .with("services", "{checkout: {schedule: platform}, index: {schedule: platform}}"),
            )
            .await;
        world.advance(2.hours()).await;
        assert_eq!(world.paged(1).await, ["bob"]);
    }
);
