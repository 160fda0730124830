//! The database server goes away and comes back.

use std::time::{Duration, Instant};

use reqwest::StatusCode;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::bot::Bot;
use crate::harness::process::surroundings::{Rules, Surroundings, firing};
use crate::harness::process::{eventually, pause};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_are_refused_while_the_server_is_gone_and_taken_when_it_is_back() {
    let mut around = Surroundings::new(TestDatabase::postgres_of_its_own(), Rules::default()).await;
    let bot = around.bot().await;
    assert_eq!(bot.receives(&firing("LedgerDown", "before")).await.unwrap(), StatusCode::OK);

    around.database.is_lost();
    assert_eq!(bot.status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(bot.status("/health/live").await, StatusCode::OK);
    for _ in 0..3 {
        let asked = Instant::now();
        let answer = bot.receives(&firing("LedgerDown", "during")).await.unwrap();
        assert_eq!(answer, StatusCode::SERVICE_UNAVAILABLE, "Alertmanager repeats nothing but 5xx");
        assert!(asked.elapsed() < Duration::from_secs(6), "the answer took {:?}", asked.elapsed());
    }

    around.database.is_back();
    let within = Duration::from_secs(10);
    eventually("it is ready again", within, async || {
        (bot.status("/health/ready").await == StatusCode::OK).then_some(())
    })
    .await;
    eventually("alerts are taken again", within, async || {
        let answer = bot.receives(&firing("LedgerDown", "during")).await;
        answer.is_ok_and(|status| status == StatusCode::OK).then_some(())
    })
    .await;
    assert_eq!(bot.incidents().await.len(), 2);
    eventually("both pages leave", within, async || (around.pagers.rings("alice").len() >= 2).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_up_yet_is_waited_for() {
    let mut around = Surroundings::new(TestDatabase::postgres_of_its_own(), Rules::default()).await;
    around.database.is_lost();
    let port = free_port();
    let mut bot = Bot::begin(&around.config(port), port);
    pause(Duration::from_millis(1500)).await;
    assert!(bot.process.is_running(), "it gave up");
    around.database.is_back();
    bot.is_ready().await;
}
