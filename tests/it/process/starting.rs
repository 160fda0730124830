//! How the program starts, and how it says that it cannot.

use std::net::TcpListener;

use dontpanic::store::Target;
use reqwest::StatusCode;
use sqlx::{Connection, SqliteConnection};

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::bot::{Bot, Invocation, Process, run};
use crate::harness::process::surroundings::{Rules, Surroundings};
use crate::harness::process::{PATIENCE, eventually};

async fn around() -> Surroundings {
    Surroundings::new(TestDatabase::sqlite(), Rules::default()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_ready_soon_after_the_start() {
    let around = around().await;
    let port = free_port();
    // The promise is 300 ms, which benchmarks look after: this machine runs other tests beside this one.
    let mut bot = Bot::begin(&around.config(port), port);
    bot.is_ready().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_on_one_sqlite_file_ends_at_once_and_names_the_file() {
    let around = around().await;
    let _first = around.bot().await;
    let second = run(Invocation::Serve(&around.config(free_port()))).await;
    assert_eq!(second.code, Some(1), "{}", second.said);
    assert!(second.said.contains("dontpanic.db"), "{}", second.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_program_writes_to_is_waited_for_and_named() {
    let around = around().await;
    let Target::Sqlite(file) = around.database.target() else { panic!("no file") };
    around.bot().await.kill().await;
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let port = free_port();
    let mut bot = Bot::begin(&around.config(port), port);
    eventually("it says what it waits for", PATIENCE, async || {
        let said = bot.process.said();
        said.contains("dontpanic.db` cannot be used yet").then_some(())
    })
    .await;
    assert_eq!(bot.status("/health/live").await, StatusCode::OK);
    assert_eq!(bot.status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    bot.is_ready().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_named() {
    let around = around().await;
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    for invocation in [Invocation::Serve(&around.config(port)), Invocation::Demo(port)] {
        let ended = run(invocation).await;
        assert_eq!(ended.code, Some(1), "{}", ended.said);
        assert!(ended.said.contains(&port.to_string()), "{}", ended.said);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_configuration_is_refused_with_every_fault() {
    let around = around().await;
    let path = around.config(free_port());
    let good = std::fs::read_to_string(&path).unwrap();
    let bad = good.replace("mode: socket", "mode: telegram").replace("start: 2026-01-05", "start: soon");
    assert_ne!(good, bad);
    std::fs::write(&path, bad + "colour: red\n").unwrap();
    let ended = run(Invocation::Serve(&path)).await;
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    let file = path.file_name().unwrap().to_string_lossy();
    for fault in ["telegram", "soon", "colour"] {
        let line = ended.said.lines().find(|line| line.contains(fault));
        let line = line.unwrap_or_else(|| panic!("nothing is said of `{fault}`:\n{}", ended.said));
        assert!(line.contains(&format!("{file}:")), "it does not say where: {line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_usage_is_refused_with_a_sentence() {
    let around = around().await;
    let missing = around.config(free_port()).with_file_name("missing.yaml");
    let cases = [
        (Invocation::Other(&["panic"]), "panic"),
        (Invocation::Other(&["serve", "--colour"]), "--colour"),
        (Invocation::Serve(&missing), "missing.yaml"),
    ];
    for (invocation, named) in cases {
        let ended = run(invocation).await;
        assert_eq!(ended.code, Some(2), "{}", ended.said);
        assert!(ended.said.contains(named), "{}", ended.said);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rehearsal_tells_a_script_where_it_is() {
    let mut demo = Process::start(&Invocation::Demo(free_port()));
    let line = eventually("the rehearsal says where it is", PATIENCE, async || {
        demo.said().lines().find(|line| line.starts_with('{')).map(str::to_owned)
    })
    .await;
    let addresses: serde_json::Value = serde_json::from_str(&line).unwrap();
    let keys =
        ["web", "webhook_url", "webhook_token", "slack_api_url", "bot_token", "app_token", "signing_secret"];
    for key in keys {
        assert!(addresses[key].as_str().is_some_and(|value| !value.is_empty()), "{key} in {line}");
    }
    demo.signal("TERM");
    assert_eq!(demo.ends_within(PATIENCE).await.code(), Some(0));
}
