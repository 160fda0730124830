//! How the last weeks went: in Slack, and for scripts.

use serde_json::{Value, json};

use crate::harness::alertmanager::alert;
use crate::harness::house::API_TOKEN;
use crate::harness::world::{Span as _, World, scenario};

async fn figures(world: &World, query: &str) -> (u16, String) {
    world.asks(&format!("/api/v1/stats{query}"), API_TOKEN).await
}

scenario!(the_figures_are_what_happened, async |world: &mut World| {
    // Four in the morning in Paris: Alice takes hers after four minutes, half an hour later it is clear.
    let error_rate = alert("HighErrorRate").service("checkout");
    world.alertmanager().fires(error_rate.clone()).await;
    world.advance(4.minutes()).await;
    world.types("alice", "incidents", "/incident INC-1 ack").await;
    world.advance(26.minutes()).await;
    world.alertmanager().resolves(&error_rate).await;
    world.advance(10.minutes()).await;
    let button = world.slack().room("inc-20261120-high-error-rate-checkout").button("No");
    world.clicks_as("alice", button).await;
    // Nobody hears this one: it goes to Bob too, and goes away by itself.
    let noise = alert("DiskFlaps").service("checkout");
    world.alertmanager().fires(noise.clone()).await;
    world.advance(20.minutes()).await;
    world.alertmanager().resolves(&noise).await;
    world.advance(10.minutes()).await;
    assert_eq!(world.state(2).await, "resolved");

    let (status, text) = figures(world, "?window=1d").await;
    assert_eq!(status, 200);
    let stats: Value = serde_json::from_str(&text).expect("json");
    assert_eq!(stats["incidents"], json!({"P1": 0, "P2": 2, "P3": 0, "P4": 0}));
    assert_eq!(stats["mtta_seconds"], 240);
    assert_eq!(stats["ack_target_missed"], 1);
    assert_eq!((&stats["pages"], &stats["night_pages"]), (&json!(3), &json!(3)));
    assert_eq!(
        stats["people"],
        json!([
            {"person": "alice", "pages": 2, "night_pages": 2, "hours_on_call": 24.0},
            {"person": "bob", "pages": 1, "night_pages": 1, "hours_on_call": 0.0},
        ])
    );
    let noise = json!([{"alertname": "DiskFlaps", "service": "checkout", "owner": "shop", "incidents": 1, "flaps": 0}]);
    assert_eq!(stats["never_acted_on"], noise);
    assert_eq!(stats["feedback"]["runbook_helped"], json!({"yes": 0, "no": 1}));

    let said = world.types("eve", "incidents", "/incident stats 1d").await;
    for words in [
        "*2 incidents*: P1 0 · P2 2",
        "*MTTA* 4 min",
        "1 ack target missed",
        "*3 pages*, 3 at night",
        "• @alice: 2, 2 at night · 24.0 h on call",
        "• DiskFlaps on checkout (owner shop): 1 incident",
        "*The runbook helped*: 0 yes, 1 no",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    let (_, table) = figures(world, "?window=1d&format=csv").await;
    assert!(
        table.contains("\r\nmtta_seconds,,240\r\n")
            && table.contains("\r\nnight_pages,alice,2\r\nhours_on_call,alice,24.00\r\n"),
        "{table}"
    );

    world.advance((2 * 24).hours()).await;
    let (_, text) = figures(world, "?window=1d").await;
    let stats: Value = serde_json::from_str(&text).expect("json");
    assert_eq!((&stats["incidents"]["P2"], &stats["mtta_seconds"]), (&json!(0), &Value::Null));
    let said = world.types("eve", "incidents", "/incident stats").await;
    assert!(said.starts_with("*The last 30d*") && said.contains("*2 incidents*"), "{said}");
    let said = world.types("eve", "incidents", "/incident stats tomorrow").await;
    assert!(said.starts_with("`tomorrow` is no span from 1h to 366d, as 30d"), "{said}");
});
