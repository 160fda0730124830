//! What real Alertmanagers sent, and what becomes of it.

use crate::harness::alertmanager::recording;
use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

/// When the recordings were made.
const RECORDED: &str = "2026-11-20T23:22:00Z";

fn credentials(auth: &str) -> House {
    house().with("alertmanagers", &format!("{{main: {{{auth}}}}}"))
}

/// Delivers recordings ten seconds apart, and pins what becomes of them.
async fn delivered(world: &mut World, files: &[&str]) -> String {
    world.story_is(RECORDED);
    for file in files {
        world.advance(10.seconds()).await;
        world.alertmanager().sends(recording(file)).await;
    }
    world.outcome().await
}

macro_rules! recorded {
    ($($name:ident: $($file:literal),+;)+) => { $(
        scenario!($name, async |world: &mut World| {
            let outcome = delivered(world, &[$($file),+]).await;
            insta::assert_snapshot!(stringify!($name), outcome);
        });
    )+ };
}

recorded! {
    group: "group/01-firing.json", "group/02-firing.json", "group/03-firing-partly.json", "group/04-resolved.json";
    repeat: "repeat/01-firing.json", "repeat/01-firing.json", "repeat/01-firing.json", "repeat/02-resolved.json";
    repeat_of_a_newer_release: "v0.33/repeat/01-firing.json", "v0.33/repeat/02-firing.json";
    flap: "flap/01-firing.json", "flap/02-resolved.json", "flap/03-firing.json", "flap/04-resolved.json";
    ha_pair: "ha-pair/01-firing.json", "ha-pair/02-resolved.json";
    ha_partition: "ha-partition/01-firing.json", "ha-partition/02-firing.json", "ha-partition/03-resolved.json",
        "ha-partition/04-resolved.json";
    truncated: "truncated/01-firing-truncated.json", "truncated/02-resolved-truncated.json",
        "truncated/03-resolved-truncated.json";
    prometheus_rules: "prometheus-rules/01-firing.json", "prometheus-rules/02-firing.json",
        "prometheus-rules/03-firing.json", "prometheus-rules/04-firing-partly.json",
        "prometheus-rules/05-resolved.json", "prometheus-rules/06-resolved.json", "prometheus-rules/07-resolved.json";
    no_resolved: "no-resolved/01-firing.json", "no-resolved/02-firing.json";
    unicode: "unicode/01-firing.json";
    mrkdwn: "mrkdwn/01-firing.json";
    huge_label: "huge-label/01-firing.json";
    many: "many/01-firing.json";
    watchdog: "watchdog/01-firing.json", "watchdog/01-firing.json";
}

/// As delivered, credentials too; and what becomes of the same without them.
async fn by_credentials(world: &mut World, authorization: &str, files: &[&str]) -> String {
    world.may_log("a webhook was refused");
    world.story_is(RECORDED);
    for file in files {
        let (refused, _) = world.alertmanager().tries("", "Bearer a-wrong-token", recording(file)).await;
        assert_eq!(refused, 401);
        let (taken, text) = world.alertmanager().tries("", authorization, recording(file)).await;
        assert_eq!(taken, 200, "{text}");
    }
    world.outcome().await
}

scenario!(bearer, credentials("webhook_token: example-token-not-a-secret"), async |world: &mut World| {
    let files = ["bearer/01-firing.json", "bearer/02-firing.json"];
    let outcome = by_credentials(world, "Bearer example-token-not-a-secret", &files).await;
    insta::assert_snapshot!("bearer", outcome);
});

scenario!(
    basic,
    credentials("webhook_basic: {user: alertmanager, password: example-password}"),
    async |world: &mut World| {
        let files = ["basic/01-firing.json", "basic/02-firing.json"];
        let outcome = by_credentials(world, "Basic YWxlcnRtYW5hZ2VyOmV4YW1wbGUtcGFzc3dvcmQ=", &files).await;
        insta::assert_snapshot!("basic", outcome);
    }
);

scenario!(two_peers_deliver_at_the_very_same_time, async |world: &mut World| {
    world.story_is(RECORDED);
    let token = "Bearer a-webhook-token";
    let headers = [("authorization", token), ("content-type", "application/json")];
    let (first, second) = tokio::join!(
        world.post("/webhooks/alertmanager", &headers, recording("ha-partition/01-firing.json")),
        world.post("/webhooks/alertmanager", &headers, recording("ha-partition/02-firing.json")),
    );
    assert_eq!((first.0.as_u16(), second.0.as_u16()), (200, 200));
    world.settle().await;
    assert_eq!(world.incidents().await.len(), 1, "one incident");
    assert_eq!(world.slack().rooms().len(), 1, "one channel");
    assert_eq!(world.ledger(1).await.len(), 1, "one page");
});

scenario!(no_text_of_an_alert_ever_calls_anybody, async |world: &mut World| {
    world.story_is(RECORDED);
    world.alertmanager().sends(recording("mrkdwn/01-firing.json")).await;
    world.alertmanager().sends(recording("unicode/01-firing.json")).await;
    world.advance(1.hours()).await;
    let people = ["U0A", "U0B", "U0C", "U0D", "U0E"];
    for call in world.workspace().calls() {
        let sent = call.args.to_string();
        for calls in ["<!channel", "<!everyone", "<!subteam"] {
            assert!(!sent.contains(calls), "{} says {calls}: {sent}", call.method);
        }
        for mention in sent.split("<@").skip(1) {
            let user = mention.split(['>', '|']).next().unwrap_or_default();
            assert!(people.contains(&user), "{} mentions {user}: {sent}", call.method);
        }
    }
});
