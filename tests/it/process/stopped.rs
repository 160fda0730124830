//! SIGTERM: what is in flight is finished, and the process is gone within ten seconds, whatever hangs.

use std::time::Duration;

use dontpanic::workspace::Reach;

use crate::harness::database::TestDatabase;
use crate::harness::process::bot::Bot;
use crate::harness::process::surroundings::{Answers, Rules, Surroundings, firing};
use crate::harness::process::wire::{Wire, head};
use crate::harness::process::{eventually, pause};

/// A process that was told to stop is gone by then. The promise is ten seconds; the machine may be busy with other tests.
const GONE_WITHIN: Duration = Duration::from_secs(30);

async fn around() -> Surroundings {
    Surroundings::new(TestDatabase::sqlite(), Rules::default()).await
}

async fn stops_well(bot: &mut Bot) {
    bot.process.signal("TERM");
    let status = bot.process.ends_within(GONE_WITHIN).await;
    assert_eq!(status.code(), Some(0), "a stop that was asked for is no failure");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_service_stops_at_once() {
    let around = around().await;
    let mut bot = around.bot().await;
    eventually("the service is connected to slack", GONE_WITHIN, async || {
        (around.slack.connections() > 0).then_some(())
    })
    .await;
    bot.process.signal("TERM");
    let status = bot.process.ends_within(GONE_WITHIN).await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_in_flight_is_finished_and_not_sent_again() {
    let around = around().await;
    around.pagers.answer(Answers::Held);
    let mut bot = around.bot().await;
    bot.receives(&firing("LedgerDown", "a")).await.unwrap();
    around.pagers.rings_within("alice", GONE_WITHIN).await;
    bot.process.signal("TERM");
    pause(Duration::from_millis(500)).await;
    around.pagers.answer(Answers::AtOnce);
    assert_eq!(bot.process.ends_within(GONE_WITHIN).await.code(), Some(0));

    let bot = around.bot().await;
    let pages = bot.api("incidents/INC-1/pages").await;
    assert!(pages["pages"][0]["accepted"].is_string(), "{pages:#}");
    assert_eq!(around.pagers.rings("alice").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_sockets_and_half_a_request_hold_nothing_up() {
    let around = around().await;
    let mut bot = around.bot().await;
    let _silent = Wire::to(&bot).await;
    let mut kept_alive = Wire::to(&bot).await;
    kept_alive.send("GET /health/live HTTP/1.1\r\nhost: dontpanic\r\n\r\n").await;
    assert_eq!(kept_alive.answer().await.status, 200);
    let mut half = Wire::to(&bot).await;
    half.send(head("content-length: 1000\r\n") + "{").await;
    stops_well(&mut bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slack_that_hangs_holds_nothing_up() {
    let around = around().await;
    let mut bot = around.bot().await;
    around.slack.set_reach(Reach::Outage);
    for instance in ["a", "b", "c"] {
        bot.receives(&firing("LedgerDown", instance)).await.unwrap();
    }
    around.pagers.rings_within("alice", GONE_WITHIN).await;
    stops_well(&mut bot).await;

    around.slack.set_reach(Reach::Up);
    let bot = around.bot().await;
    assert_eq!(bot.incidents().await.len(), 3);
    eventually("slack's work catches up", Duration::from_mins(1), async || {
        (around.incident_channels().len() == 3).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_answered_while_it_stops_is_kept() {
    let around = around().await;
    let mut bot = around.bot().await;
    let mut kept_alive = Wire::to(&bot).await;
    kept_alive.send("GET /health/live HTTP/1.1\r\nhost: dontpanic\r\n\r\n").await;
    assert_eq!(kept_alive.answer().await.status, 200);
    let (answered, ()) = tokio::join!(
        async {
            let mut answered = 0;
            while let Ok(status) = bot.receives(&firing("LedgerDown", &answered.to_string())).await {
                if !status.is_success() {
                    break;
                }
                answered += 1;
            }
            answered
        },
        async {
            pause(Duration::from_millis(400)).await;
            bot.process.signal("TERM");
        }
    );
    assert_eq!(bot.process.ends_within(GONE_WITHIN).await.code(), Some(0));
    assert!(answered > 0, "nothing was answered; this proves nothing");

    let bot = around.bot().await;
    assert!(bot.incidents().await.len() >= answered);
}
