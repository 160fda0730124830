//! `check --online`: what only the outside can tell, each finding in one line with its fix.

use std::path::Path;

use axum::Router;
use axum::extract::Json;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::bot::{Ended, Invocation, run};
use crate::harness::process::surroundings::{Rules, Surroundings};

const WELL: &str = "
route: {receiver: dontpanic, routes: [{matchers: ['alertname=\"Watchdog\"'], group_interval: 1m, repeat_interval: 1m}]}
receivers: [{name: dontpanic, webhook_configs: [{url: 'http://dp:8080/webhooks/alertmanager', send_resolved: true}]}]
";
const ILL: &str = "
route: {receiver: mail, routes: [{matchers: ['team=\"a\"'], receiver: dontpanic}]}
receivers: [{name: mail}, {name: dontpanic, webhook_configs: [{url: <secret>, send_resolved: false, max_alerts: 10}]}]
";

/// A world with an Alertmanager that shows these settings.
async fn around(settings: &'static str) -> Surroundings {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let status =
        async move || Json(json!({"uptime": "2026-11-25T09:58:12Z", "config": {"original": settings}}));
    let partner = Router::new().route("/api/v2/status", get(status));
    tokio::spawn(axum::serve(listener, partner).into_future());
    let rules = Rules { partner: Some(port), ..Rules::default() };
    Surroundings::new(TestDatabase::sqlite(), rules).await
}

async fn check(config: &Path, online: bool) -> Ended {
    let config = config.to_str().unwrap();
    let words = ["check", "-c", config, "--online"];
    run(Invocation::Other(if online { &words } else { &words[..3] })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_world_that_is_well_has_no_findings() {
    let around = around(WELL).await;
    let ended = check(&around.config(free_port()), true).await;
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.said.contains("fine: "), "{}", ended.said);
    assert!(!ended.said.contains("slack."), "{}", ended.said);
    for method in ["chat.postMessage", "conversations.join", "conversations.create"] {
        assert!(around.slack.calls().iter().all(|call| call.method != method), "nothing is done: {method}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_wrong_is_one_line_with_its_fix() {
    let around = around(ILL).await;
    around.slack.grant(&["chat:write", "channels:read", "groups:read", "users:read", "usergroups:read"]);
    let mut bob = around.slack.users().into_iter().find(|user| user.id == "U0B").unwrap();
    bob.deleted = true;
    around.slack.put_user(bob);
    let config = around.config(free_port());
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text
        .replace("mode: socket", "mode: socket, admin_channel: nowhere")
        .replace("slack: U0A", "slack: U0NOBODY")
        .replace("{platform: {", "{platform: {usergroup: oncall, ")
        + "heartbeat_ping: http://127.0.0.1:1/ping\npublic_url: http://127.0.0.1:1\n";
    std::fs::write(&config, text).unwrap();
    assert_eq!(check(&config, false).await.code, Some(0), "none of it can be seen from inside");

    let ended = check(&config, true).await;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    for words in [
        "missing: {}: slack.bot_token: the app lacks bookmarks:read, ",
        "missing: {}: slack.admin_channel: there is no channel `nowhere` that the bot can see; create it",
        "missing: {}: people.alice.slack: slack knows nobody of the id U0NOBODY; copy the member id",
        "missing: {}: people.bob.slack: U0B is deactivated; ",
        "missing: {}: schedules.platform.usergroup: there is no user group `oncall`; create it",
        "missing: {}: heartbeat_ping: cannot be reached: ",
        "advice: {}: public_url: cannot be reached: ",
        "missing: {}: alertmanagers.main: its receiver `dontpanic` does not tell of ends, so no incident clears; set send_resolved: true",
        "advice: {}: alertmanagers.main: its receiver `dontpanic` sends at most 10 alerts of a group",
        "missing: {}: alertmanagers.main.heartbeat: no route takes alertname=\"Watchdog\" to us",
    ] {
        let words = words.replace("{}", config.to_str().unwrap());
        assert!(
            ended.said.lines().any(|line| line.starts_with(&words)),
            "{words}\nis not in\n{}",
            ended.said
        );
    }
    for secret in ["token-of-", "xoxb-", "xapp-", "127.0.0.1:1/ping"] {
        assert!(!ended.said.contains(secret), "{secret} is in\n{}", ended.said);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_slack_does_not_know_and_an_alertmanager_that_is_not_there() {
    let around =
        Surroundings::new(TestDatabase::sqlite(), Rules { partner: Some(free_port()), ..Rules::default() })
            .await;
    let config = around.config(free_port());
    let text = std::fs::read_to_string(&config).unwrap();
    let with = |from: &str, to: &str| std::fs::write(&config, text.replace(from, to)).unwrap();
    with("bot_token: xoxb-", "bot_token: xoxb-wrong-");
    let ended = check(&config, true).await;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(
        ended.said.contains("slack.bot_token: slack refuses `auth.test`: invalid_auth"),
        "{}",
        ended.said
    );
    assert!(
        ended.said.contains("alertmanagers.main.url: member 1 cannot be reached; correct the address"),
        "{}",
        ended.said
    );
    with("app_token: xapp-", "app_token: xapp-wrong-");
    let ended = check(&config, true).await;
    assert!(ended.said.contains("slack.app_token: slack refuses `apps.connections.open`"), "{}", ended.said);
}
