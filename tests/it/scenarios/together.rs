//! Deliveries that come at the same time.

use axum::http::StatusCode;
use futures::future::join_all;

use crate::harness::house::WEBHOOK_TOKEN;
use crate::harness::world::{World, scenario};

fn body(group: i64) -> Vec<u8> {
    let labels = format!(r#"{{"alertname":"Load{group}","service":"checkout","severity":"info"}}"#);
    format!(
        r#"{{"version":"4","receiver":"dontpanic","status":"firing","alerts":[{{"status":"firing","labels":{labels},
        "annotations":{{}},"startsAt":"2026-11-20T03:00:00Z","endsAt":"0001-01-01T00:00:00Z",
        "fingerprint":"{group:016x}"}}],"groupLabels":{{}},"commonLabels":{labels},"commonAnnotations":{{}},
        "externalURL":"http://alertmanager.example.org:9093","groupKey":"{{}}:{{n=\"{group}\"}}","truncatedAlerts":0}}"#
    )
    .into_bytes()
}

scenario!(whoever_comes_at_the_same_time_is_taken_once, async |world: &mut World| {
    const GROUPS: i64 = 70;
    let authorization = format!("Bearer {WEBHOOK_TOKEN}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    // Both members of a pair send every group.
    let pair = (1..=GROUPS).chain(1..=GROUPS);
    let answers = join_all(pair.map(|n| world.post("/webhooks/alertmanager", &headers, body(n)))).await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK), "{answers:?}");
    world.settle().await;
    let mut titles: Vec<_> = world.incidents().await.into_iter().map(|incident| incident.title).collect();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 70, "each group has one incident");
    for n in 1..=GROUPS {
        assert_eq!(world.n_events(n, "alert_firing").await, 1, "INC-{n}");
        assert_eq!(world.n_events(n, "incident_opened").await, 1, "INC-{n}");
    }
});
