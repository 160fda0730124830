//! Slack's own Python client and JavaScript framework against the embedded workspace, and against the bot itself: both
//! speak Slack.
//!
//! They need a Python with `slack_sdk`: the one that `DONTPANIC_TEST_PYTHON` names, or the one that `scripts/test` has made
//! in `target/venv`; and Node.js with what `scripts/test` has put into `target/node`. A machine without them fails the
//! tests; it never skips them.

mod bolt;

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use dontpanic::workspace::{Answer, Delivery, Fault, UserKind, Workspace, WorkspaceConfig};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::harness::database::TestDatabase;
use crate::harness::process::surroundings::{Rules, SlackMode, Surroundings};
use crate::harness::strict::Strict;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/official/slack_sdk_check.py");

#[expect(
    clippy::disallowed_methods,
    reason = "which Python to use is the tester's choice, not the product's"
)]
pub fn python() -> String {
    let made_by_scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/target/venv/bin/python");
    std::env::var("DONTPANIC_TEST_PYTHON").unwrap_or_else(|_unset| {
        assert!(
            Path::new(made_by_scripts).exists(),
            "no Python with slack_sdk: run scripts/test, or set DONTPANIC_TEST_PYTHON to one"
        );
        made_by_scripts.to_owned()
    })
}

struct World {
    workspace: Workspace,
    config: WorkspaceConfig,
    base_url: String,
    incidents: String,
}

async fn world() -> World {
    let config = WorkspaceConfig::default();
    let workspace = Workspace::new(&config);
    workspace.add_user("U0A", "alice", UserKind::Member, "Europe/Paris");
    workspace.add_user("U0B", "bob", UserKind::Member, "Europe/Paris");
    let incidents = workspace.add_channel("incidents");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    workspace.set_base_url(&base_url);
    let router = workspace.router().nest("/workspace", workspace.page_router());
    tokio::spawn(async move { axum::serve(listener, router).await });
    World { workspace, config, base_url, incidents }
}

fn start(world: &World, check: &str) -> Child {
    Command::new(python())
        .args([SCRIPT, check, "--base-url", &world.base_url])
        .args(["--page-url", &format!("{}/workspace", world.base_url)])
        .args(["--bot-token", &world.config.bot_token, "--app-token", &world.config.app_token])
        .args(["--signing-secret", &world.config.signing_secret])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("DONTPANIC_TEST_PYTHON cannot be started")
}

fn held(status: ExitStatus) {
    assert_ne!(
        status.code(),
        Some(3),
        "slack_sdk is missing: pip install slack_sdk for DONTPANIC_TEST_PYTHON"
    );
    assert!(status.success(), "the check failed; its reason is above");
}

#[tokio::test]
async fn the_web_client_works_unchanged() {
    let world = world().await;
    world.workspace.fails_next("conversations.list", Fault::RateLimited(1), 1);
    held(start(&world, "web").wait().await.unwrap());
    let faults = world.workspace.faults_seen();
    assert_eq!(
        faults,
        ["no.such.method: unknown method"],
        "slack's own client asks for nothing undocumented"
    );
}

#[tokio::test]
async fn the_socket_mode_client_works_unchanged() {
    let world = world().await;
    let _strict = Strict(world.workspace.clone());
    held(start(&world, "socket").wait().await.unwrap());
    let told = world.workspace.ephemerals(&world.incidents);
    assert_eq!(told.last().map(|told| told.message.text.as_str()), Some("heard ack <@U0B|bob>"));
}

#[tokio::test]
async fn the_signature_verifier_takes_our_signatures() {
    let world = world().await;
    let mut check = start(&world, "signed");
    let mut lines = BufReader::new(check.stdout.take().unwrap()).lines();
    let Some(port) = lines.next_line().await.unwrap() else { return held(check.wait().await.unwrap()) };
    let app = format!("http://127.0.0.1:{port}/slack");
    let delivery = Delivery::Http { commands: app.clone(), interactions: app.clone(), events: app };
    world.workspace.deliver_to(delivery);
    let answer = world.workspace.type_command("U0A", &world.incidents, "/oncall").await.unwrap();
    assert_eq!(answer, Answer::Acknowledged);
    held(check.wait().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bot_believes_the_signatures_of_the_official_verifier_and_no_others() {
    let rules = Rules { slack_mode: SlackMode::Http, ..Rules::default() };
    let around = Surroundings::new(TestDatabase::sqlite(), rules).await;
    let bot = around.bot().await;
    let mut check = Command::new(python())
        .args([SCRIPT, "signing", "--app-url", &bot.url("/slack/commands")])
        .args(["--signing-secret", &WorkspaceConfig::default().signing_secret])
        .kill_on_drop(true)
        .spawn()
        .expect("DONTPANIC_TEST_PYTHON cannot be started");
    held(check.wait().await.unwrap());
}
