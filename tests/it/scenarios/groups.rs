//! Several groups, as `continue: true` makes them: one alert through two routes is one incident.

use crate::harness::alertmanager::recording;
use crate::harness::house::WEBHOOK_TOKEN;
use crate::harness::world::{Span as _, World, scenario};

/// A recorded delivery as a second matching route would send it: the same alerts, another group.
fn by_route(n: u32, file: &str) -> String {
    let text = String::from_utf8(recording(file)).expect("recordings are text");
    let (before, key) = text.split_once("\"groupKey\":\"").expect("a group key");
    format!("{before}\"groupKey\":\"route-{n}-{key}")
}

const FIRING: &str = "group/01-firing.json";
const MORE_FIRING: &str = "group/02-firing.json";
const PARTLY: &str = "group/03-firing-partly.json";
const RESOLVED: &str = "group/04-resolved.json";

scenario!(two_routes_of_one_alert_feed_one_incident, async |world: &mut World| {
    world.story_is("2026-11-20T23:22:00Z");
    world.alertmanager().sends(by_route(1, FIRING)).await;
    world.advance(10.seconds()).await;
    world.alertmanager().sends(by_route(2, FIRING)).await;
    assert_eq!(world.incidents().await.len(), 1);
    assert_eq!(world.incident(1).await.feeds.len(), 2);
    assert_eq!(world.ledger(1).await.len(), 1, "one page");
    // More fires, through each of them; what both report joins once.
    world.alertmanager().sends(by_route(2, MORE_FIRING)).await;
    world.alertmanager().sends(by_route(1, MORE_FIRING)).await;
    assert_eq!(world.incidents().await.len(), 1);
    let incident = world.incident(1).await;
    assert_eq!(incident.n_firing, incident.n_alerts);
    assert_eq!(world.n_events(1, "flap").await, 0);
    // Both say that it is over; a third route that was never seen says so too.
    for (n, file) in [(2, PARTLY), (1, PARTLY), (2, RESOLVED), (1, RESOLVED), (3, RESOLVED)] {
        world.alertmanager().sends(by_route(n, file)).await;
    }
    assert_eq!(world.state(1).await, "monitoring");
    world.advance(11.minutes()).await;
    assert_eq!(world.state(1).await, "resolved");
    assert_eq!(world.incidents().await.len(), 1);
});

scenario!(what_another_route_tells_behind_the_end_is_over, async |world: &mut World| {
    world.story_is("2026-11-20T23:22:00Z");
    world.alertmanager().sends(by_route(1, FIRING)).await;
    world.advance(10.seconds()).await;
    world.alertmanager().sends(by_route(1, PARTLY)).await;
    world.alertmanager().sends(by_route(1, RESOLVED)).await;
    assert_eq!(world.state(1).await, "monitoring");
    // The other route was slow: what it tells is over already, while the incident is open and when it has ended.
    world.alertmanager().sends(by_route(2, FIRING)).await;
    assert_eq!((world.incidents().await.len(), world.state(1).await), (1, "monitoring"));
    world.advance(11.minutes()).await;
    assert_eq!(world.state(1).await, "resolved");
    world.alertmanager().sends(by_route(3, FIRING)).await;
    assert_eq!(world.incidents().await.len(), 1);
    // What is told for long fires all the same.
    world.advance(5.minutes()).await;
    world.alertmanager().sends(by_route(3, FIRING)).await;
    assert_eq!(world.incidents().await.len(), 2);
    world.types("alice", "incidents", "/incident INC-2 ack").await;
});

scenario!(two_routes_of_one_alert_at_the_very_same_time_feed_one_incident, async |world: &mut World| {
    world.story_is("2026-11-20T23:22:00Z");
    let token = format!("Bearer {WEBHOOK_TOKEN}");
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let path = "/webhooks/alertmanager";
    let answers = futures::future::join_all(
        (1..=4).map(|n| world.post(path, &headers, by_route(n, FIRING).into_bytes())),
    );
    assert!(answers.await.iter().all(|(status, _)| status.as_u16() == 200));
    world.settle().await;
    assert_eq!(world.incidents().await.len(), 1);
    assert_eq!(world.incident(1).await.feeds.len(), 4);
    assert_eq!(world.ledger(1).await.len(), 1, "one page");
});

scenario!(a_group_of_another_source_or_with_more_alerts_is_another_incident, async |world: &mut World| {
    world.story_is("2026-11-20T23:22:00Z");
    world.alertmanager().sends(by_route(1, FIRING)).await;
    world.alertmanager().sends(by_route(2, MORE_FIRING)).await;
    assert_eq!(world.incidents().await.len(), 2, "not all of it fired in the first");
});
