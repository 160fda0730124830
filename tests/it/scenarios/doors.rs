//! What comes to the door and is not what it should be.

use crate::harness::alertmanager::alert;
use crate::harness::database::TestDatabase;
use crate::harness::house::{WEBHOOK_TOKEN, house};
use crate::harness::world::{Span as _, World, scenario};

fn delivery(labels: &str) -> String {
    format!(
        r#"{{"version":"4","receiver":"dontpanic","status":"firing","groupKey":"{{}}:odd","groupLabels":{{}},
        "commonLabels":{{}},"commonAnnotations":{{}},"externalURL":"","truncatedAlerts":0,
        "alerts":[{{"status":"firing","labels":{{"alertname":"Odd","severity":"critical",{labels}}},"annotations":{{}},
        "startsAt":"2026-11-20T02:59:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"0dd0"}}]}}"#
    )
}

scenario!(what_is_no_delivery_gets_a_clear_answer, async |world: &mut World| {
    world.may_log("a webhook was refused");
    let right = format!("Bearer {WEBHOOK_TOKEN}");
    let good = delivery(r#""service":"checkout""#);
    let table: [(&str, &str, &str, u16, &str); 8] = [
        ("", &right, "", 400, "json"),
        ("", &right, "not json", 400, "json"),
        ("", &right, "[]", 400, ""),
        ("", &right, "{}", 400, "alerts"),
        ("", &right, r#"{"alerts":[]}"#, 400, "alerts"),
        ("", "Bearer wrong", &good, 401, ""),
        ("", "", &good, 401, ""),
        ("nowhere", &right, &good, 404, "alertmanagers"),
    ];
    for (source, authorization, body, expected, words) in table {
        let (status, text) = world.alertmanager().tries(source, authorization, body).await;
        assert_eq!(status, expected, "{body}: {text}");
        assert!(text.to_lowercase().contains(words), "{body}: {text}");
    }
    assert_eq!(world.outcome().await, "nothing\n");
    assert_eq!(world.slack().room("dontpanic-admin").count("alerts"), 1, "said once an hour");
});

scenario!(odd_values_are_taken_and_harm_nothing, async |world: &mut World| {
    let right = format!("Bearer {WEBHOOK_TOKEN}");
    let long = "x".repeat(1024 * 1024);
    for (n, labels) in [
        format!(r#""service":"{long}""#),
        r#""service":"a\u0000b","\u0000":"\u0000""#.to_owned(),
        "\"service\":\"\u{202e}tuokcehc\u{202c} \u{5e9}\u{5dc}\u{5d5}\u{5dd}\"".to_owned(),
        r#""service":"🔥👩‍👩‍👧‍👦","severity":"CRITICAL""#.to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let body = delivery(&labels).replace("{}:odd", &format!("{{}}:odd{n}"));
        let body = body.replace("0dd0", &format!("{n:016x}"));
        let (status, text) = world.alertmanager().tries("main/", &right, body).await;
        assert_eq!(status, 200, "{text}");
    }
    assert_eq!(world.incidents().await.len(), 4);
    assert_eq!(world.slack().rooms().len(), 4, "each has its channel");
    for n in 1..=4 {
        assert_eq!(world.paged(n).await, ["alice"]);
        world.types("alice", "incidents", &format!("/incident INC-{n} ack")).await;
        assert_eq!(world.state(n).await, "acknowledged");
    }
});

scenario!(a_resolve_of_something_never_seen_opens_nothing, async |world: &mut World| {
    let ended = delivery(r#""service":"checkout""#)
        .replace("firing", "resolved")
        .replace("0001-01-01T00:00:00Z", "2026-11-20T03:00:00Z");
    world.alertmanager().sends(ended).await;
    assert_eq!(world.outcome().await, "nothing\n");
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_while_the_database_is_lost_is_refused_and_taken_later() {
    World::plays(house(), TestDatabase::postgres_of_its_own(), async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let body = delivery(r#""service":"checkout""#);
        world.may_log("the connection to the database broke");
        world.may_log("the database is unavailable");
        world.database_is_lost();
        assert_eq!(world.alertmanager().posts(body.clone()).await, 503, "to be sent again");
        world.database_is_back();
        let mut answers = vec![];
        for _ in 0..20 {
            answers.push(world.alertmanager().posts(body.clone()).await);
            if answers.last() == Some(&200) {
                break;
            }
        }
        assert_eq!(answers.last(), Some(&200), "{answers:?}");
        world.settle().await;
        assert_eq!(world.incidents().await.len(), 2);
        world.advance(1.minutes()).await;
        world.types("alice", "incidents", "/incident INC-1 ack").await;
        world.types("alice", "incidents", "/incident INC-2 ack").await;
    })
    .await;
}
