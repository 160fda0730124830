//! An app on `@slack/bolt`, unchanged, has the embedded workspace for its Slack, over either way in.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use dontpanic::workspace::{Answer, Delivery, Message, Workspace};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::{World, world};
use crate::harness::process::eventually;

const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/official/bolt_app.js");
const MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/node/node_modules");

/// What an app may take, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the app; what it says when it is ready.
async fn app(world: &World, mode: &str) -> (Child, String) {
    assert!(Path::new(MODULES).join("@slack/bolt").exists(), "no @slack/bolt: run scripts/test");
    let mut app = Command::new("node")
        .args([APP, mode, "--base-url", &world.base_url])
        .args(["--bot-token", &world.config.bot_token, "--app-token", &world.config.app_token])
        .args(["--signing-secret", &world.config.signing_secret])
        .env("NODE_PATH", MODULES)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node cannot be started");
    let mut said = BufReader::new(app.stdout.take().unwrap()).lines();
    let ready = said.next_line().await.unwrap().expect("the app says that it is ready, or why not above");
    (app, ready)
}

/// The first message of the channel of which this holds, however long the app takes.
async fn message(
    workspace: &Workspace,
    channel: &str,
    what: &str,
    is_it: impl Fn(&Message) -> bool,
) -> Message {
    eventually(what, PATIENCE, async || workspace.messages(channel).into_iter().find(&is_it)).await
}

/// What one may do with the app, and what becomes of it.
async fn everything_works(world: &World) {
    let (slack, incidents) = (&world.workspace, world.incidents.as_str());

    let answer = slack.type_command("U0A", incidents, "/incident it burns").await.unwrap();
    assert_eq!(answer, Answer::Acknowledged);
    let asked = message(slack, incidents, "a button", |message| message.text == "Press it").await;
    let told: Vec<String> = slack.ephemerals(incidents).into_iter().map(|told| told.message.text).collect();
    assert_eq!(told, ["heard it burns"], "the response URL works");

    let answer = slack.click("U0B", incidents, &asked.ts, "press").await.unwrap();
    assert_eq!(answer, Answer::Acknowledged);
    let pressed = |message: &Message| message.ts == asked.ts && message.text == "pressed 7 by U0B";
    let pressed = message(slack, incidents, "the message is edited", pressed).await;
    assert!(pressed.blocks.is_empty() && pressed.edited.is_some(), "{pressed:?}");

    let views = slack.views("U0A");
    let view = views.last().expect("the form is open")["id"].as_str().unwrap().to_owned();
    let saying = |text: &str| {
        BTreeMap::from([("what".to_owned(), BTreeMap::from([("text".to_owned(), json!(text))]))])
    };
    let answer = slack.submit_view("U0A", &view, &saying("no")).await.unwrap();
    let complaint = BTreeMap::from([("what".to_owned(), "Say more".to_owned())]);
    assert_eq!(answer, Answer::InputErrors(complaint));
    assert_eq!(slack.submit_view("U0A", &view, &saying("Fire!")).await.unwrap(), Answer::Acknowledged);
    assert_eq!(slack.views("U0A"), Vec::<serde_json::Value>::new(), "the form is closed");
    message(slack, incidents, "what was sent", |message| message.text == "U0A says: Fire!").await;

    let posted = slack.post("U0B", incidents, "hello there", None).await.unwrap();
    assert_eq!(posted.answer, Answer::Acknowledged);
    let reply = |message: &Message| message.text == "hello <@U0B>";
    let reply = message(slack, incidents, "a reply", reply).await;
    assert_eq!(reply.thread_ts.as_deref(), Some(posted.ts.as_str()));
    let greeted = slack.message(incidents, &posted.ts).unwrap();
    assert_eq!(greeted.reactions.iter().map(|reaction| reaction.name.as_str()).collect::<Vec<_>>(), ["wave"]);

    // Bolt tells every method its team, where Slack documents that and where it does not.
    let mut faults = slack.faults_seen();
    faults.retain(|fault| !fault.ends_with("undocumented argument `team_id`"));
    assert_eq!(faults, Vec::<String>::new(), "Slack's own framework asks for nothing else undocumented");
}

#[tokio::test]
async fn a_bolt_app_works_unchanged_over_sockets() {
    let world = world().await;
    let (_app, ready) = app(&world, "socket").await;
    assert_eq!(ready, "ready");
    let connected = async || (world.workspace.connections() > 0).then_some(());
    eventually("the app opens a connection", PATIENCE, connected).await;
    everything_works(&world).await;
}

#[tokio::test]
async fn a_bolt_app_works_unchanged_over_signed_http() {
    let world = world().await;
    let (_app, ready) = app(&world, "http").await;
    let port = ready.strip_prefix("ready ").expect("its port");
    let url = format!("http://127.0.0.1:{port}/slack/events");
    let delivery = Delivery::Http { commands: url.clone(), interactions: url.clone(), events: url };
    world.workspace.deliver_to(delivery);
    everything_works(&world).await;
}
