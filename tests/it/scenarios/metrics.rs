//! What `/metrics` counts, and that it counts nothing else.

use crate::harness::alertmanager::alert;
use crate::harness::house::WEBHOOK_TOKEN;
use crate::harness::world::{Span as _, World, scenario};

/// The value of a series; `None` when there is none of this name and labels.
async fn metric(world: &World, series: &str) -> Option<f64> {
    let (status, text) = world.reads("/metrics").await;
    assert_eq!(status, 200, "{text}");
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

const WEBHOOK_TO_PAGE: &str = "dontpanic_webhook_to_page_seconds_count";

scenario!(only_the_first_page_of_what_a_webhook_opens_is_timed, async |world: &mut World| {
    assert_eq!(metric(world, WEBHOOK_TO_PAGE).await, Some(0.0));
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(metric(world, WEBHOOK_TO_PAGE).await, Some(1.0));
    // Further methods, repeats, the next step, the acker's page after a snooze, somebody who is asked for.
    world.advance(16.minutes()).await;
    world.types("bob", "incidents", "/incident INC-1 snooze 10m").await;
    world.advance(11.minutes()).await;
    world.types("bob", "incidents", "/incident INC-1 page @eve").await;
    assert!(world.ledger(1).await.len() > 4, "many pages");
    assert_eq!(metric(world, WEBHOOK_TO_PAGE).await, Some(1.0));
    // Two people at once are one first page; what a human declares came by no webhook.
    world.alertmanager().fires(alert("LedgerOutage").service("ledger").severity("p1")).await;
    assert_eq!(world.paged(2).await.len(), 2);
    assert_eq!(metric(world, WEBHOOK_TO_PAGE).await, Some(2.0));
    world.types("bob", "incidents", "/incident declare P2 Odd things").await;
    assert_eq!(world.paged(3).await.len(), 1);
    assert_eq!(metric(world, WEBHOOK_TO_PAGE).await, Some(2.0));
    for n in 1..=3 {
        for who in ["alice", "bob", "diana", "eve"] {
            world.types(who, "incidents", &format!("/incident INC-{n} ack")).await;
        }
    }
});

scenario!(every_reason_to_refuse_a_webhook_is_there_from_the_start, async |world: &mut World| {
    for reason in dontpanic::telemetry::Rejected::ALL {
        let series = format!("dontpanic_webhooks_rejected_total{{reason=\"{}\"}}", reason.as_str());
        assert_eq!(metric(world, &series).await, Some(0.0), "{series}");
    }
    let token = format!("Bearer {WEBHOOK_TOKEN}");
    world.may_log("a webhook was refused");
    let (status, _) =
        world.post("/webhooks/alertmanager", &[("authorization", &token)], b"no".to_vec()).await;
    assert_eq!(status.as_u16(), 400);
    let refused = r#"dontpanic_webhooks_rejected_total{reason="not_json"}"#;
    assert_eq!(metric(world, refused).await, Some(1.0));
});
