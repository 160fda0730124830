//! The real Alertmanager in front, with the receiver that the README shows.

use std::time::Duration;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::alertmanager::{Alertmanager, Posted, Prometheus, Repeats, Resolves};
use crate::harness::process::bot::Bot;
use crate::harness::process::surroundings::{Rules, Surroundings};
use crate::harness::process::{eventually, pause};

const RECEIVED: &str = "dontpanic_webhooks_received_total";
/// How long the service is away while Alertmanager tries to reach it.
const DOWN_FOR: Duration = Duration::from_secs(30);
/// How long a delivery may take, Alertmanager's own waits included.
const DELIVERED: Duration = Duration::from_secs(45);

async fn around() -> Surroundings {
    let rules = Rules { resolve_after: Duration::from_secs(1), ..Rules::default() };
    Surroundings::new(TestDatabase::sqlite(), rules).await
}

async fn state_becomes(bot: &Bot, state: &str) {
    eventually(&format!("the incident is {state}"), DELIVERED, async || {
        (bot.only_incident().await["state"] == state).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_pages_grows_repeats_and_resolves() {
    let around = around().await;
    let bot = around.bot().await;
    let alertmanager = Alertmanager::for_bot(&bot, Repeats::Often).await;
    let first = Posted::firing("ledger-0");
    alertmanager.takes(std::slice::from_ref(&first)).await;
    let ring = around.pagers.rings_within("alice", DELIVERED).await;
    assert_eq!(ring.page["title"], "The ledger cannot be reached");
    assert_eq!(ring.page["severity"], "P2");

    let second = Posted::firing("ledger-1");
    alertmanager.takes(&[first.clone(), second.clone()]).await;
    eventually("the second alert joins", DELIVERED, async || {
        (bot.only_incident().await["alerts"].as_array()?.len() == 2).then_some(())
    })
    .await;

    let before = bot.metric(RECEIVED).await;
    eventually("alertmanager repeats itself twice", DELIVERED, async || {
        (bot.metric(RECEIVED).await >= before + 2.0).then_some(())
    })
    .await;
    assert_eq!(bot.only_incident().await["state"], "triggered");
    assert_eq!(around.pagers.rings("alice").len(), 1, "neither growth nor repetition pages again");

    alertmanager.takes(&[first.resolved(), second.clone()]).await;
    eventually("the first alert is over", DELIVERED, async || {
        let incident = bot.only_incident().await;
        let over =
            incident["alerts"].as_array()?.iter().filter(|alert| alert["status"] == "resolved").count();
        (over == 1 && incident["state"] == "triggered").then_some(())
    })
    .await;
    alertmanager.takes(&[second.resolved()]).await;
    state_becomes(&bot, "resolved").await;
    assert_eq!(around.incident_channels().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_alertmanager_by_sigterm_is_not_noticed() {
    alertmanager_restarts("TERM").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_alertmanager_by_sigkill_is_not_noticed() {
    alertmanager_restarts("KILL").await;
}

async fn alertmanager_restarts(signal: &str) {
    let around = around().await;
    let bot = around.bot().await;
    let mut alertmanager = Alertmanager::for_bot(&bot, Repeats::Rarely).await;
    let alert = Posted::firing("ledger-0");
    alertmanager.takes(std::slice::from_ref(&alert)).await;
    around.pagers.rings_within("alice", DELIVERED).await;
    let before = bot.metric(RECEIVED).await;

    alertmanager.ends_by(signal).await;
    alertmanager.starts().await;
    alertmanager.takes(std::slice::from_ref(&alert)).await;
    if signal == "KILL" {
        // It has forgotten that it told us.
        eventually("alertmanager tells it again", DELIVERED, async || {
            (bot.metric(RECEIVED).await > before).then_some(())
        })
        .await;
    } else {
        pause(Duration::from_millis(2500)).await;
    }
    assert_eq!(bot.only_incident().await["state"], "triggered");
    assert_eq!(around.pagers.rings("alice").len(), 1);

    alertmanager.takes(&[alert.resolved()]).await;
    state_becomes(&bot, "resolved").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_while_the_service_was_down_is_delivered_when_it_is_back() {
    let around = around().await;
    let bot = around.bot().await;
    let port = bot.port;
    let alertmanager = Alertmanager::for_bot(&bot, Repeats::Rarely).await;
    let early = Posted::firing("ledger-0");
    alertmanager.takes(std::slice::from_ref(&early)).await;
    around.pagers.rings_within("alice", DELIVERED).await;
    bot.kill().await;

    let late = Posted::firing("ledger-1");
    alertmanager.takes(&[early.clone(), late.clone()]).await;
    // Long enough for its own pauses between two attempts to have grown.
    let tried_before = alertmanager.failed_attempts().await;
    pause(DOWN_FOR).await;
    let tried = alertmanager.failed_attempts().await - tried_before;
    assert!(tried >= 3.0, "alertmanager has tried only {tried} times");

    let bot = around.bot_on(port).await;
    eventually("the alert that began meanwhile arrives", Duration::from_mins(1), async || {
        (bot.only_incident().await["alerts"].as_array()?.len() == 2).then_some(())
    })
    .await;
    around.pagers.rang_once("alice");
    alertmanager.takes(&[early.resolved(), late.resolved()]).await;
    state_becomes(&bot, "resolved").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_of_prometheus_pages() {
    let around = around().await;
    let bot = around.bot().await;
    let alertmanager = Alertmanager::for_bot(&bot, Repeats::Rarely).await;
    let _prometheus = Prometheus::for_alertmanager(&alertmanager).await;
    let ring = around.pagers.rings_within("alice", DELIVERED).await;
    assert_eq!(ring.page["title"], "The ledger cannot be reached (1)");
    assert_eq!(bot.only_incident().await["severity"], "P2");
}

/// The service knows where Alertmanager is, or what looks like it.
async fn around_with_partner(partner: u16, wait: Duration) -> Surroundings {
    let resolve_after = Duration::from_secs(1);
    let rules = Rules { resolve_after, wait, partner: Some(partner), ..Rules::default() };
    Surroundings::new(TestDatabase::sqlite(), rules).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_from_slack_silences_there_and_ends_there() {
    const WAIT: Duration = Duration::from_secs(15);
    let port = free_port();
    let around = around_with_partner(port, WAIT).await;
    let bot = around.bot().await;
    let alertmanager = Alertmanager::on(port, &bot, Repeats::Rarely, Resolves::Sent).await;
    alertmanager.takes(&[Posted::firing("ledger-0")]).await;
    around.pagers.rings_within("alice", DELIVERED).await;

    let room = around.slack.channel_by_name("incidents").expect("it is there").id;
    let answer = around.slack.type_command("U0A", &room, "/incident INC-1 silence 1h new disk").await;
    answer.expect("the command is taken");
    eventually("alertmanager has silenced the alert", DELIVERED, async || {
        let alerts = alertmanager.answers("/api/v2/alerts").await;
        (alerts[0]["status"]["state"] == "suppressed").then_some(())
    })
    .await;
    let silence = alertmanager.answers("/api/v2/silences").await[0].clone();
    assert_eq!(silence["createdBy"], "alice");
    assert!(silence["comment"].as_str().is_some_and(|said| said.starts_with("new disk (INC-1")), "{silence}");
    pause(WAIT + Duration::from_secs(3)).await;
    assert_eq!(around.pagers.rings("bob").len(), 0, "nobody is woken for what is silenced");

    let said = eventually("the silence is said in the channel", DELIVERED, async || {
        let channel = around.incident_channels().pop()?;
        let messages = around.slack.messages(&channel.id);
        let said = messages.iter().find(|message| message.text.contains("silenced the alert that fires"))?;
        Some((channel.id, said.ts.clone()))
    })
    .await;
    let extended = around.slack.click("U0B", &said.0, &said.1, "Extend 1h").await;
    extended.expect("the button is there");
    eventually("it lasts an hour longer there", DELIVERED, async || {
        let silences = alertmanager.answers("/api/v2/silences").await;
        let active: Vec<_> =
            silences.as_array()?.iter().filter(|one| one["status"]["state"] == "active").collect();
        (active.len() == 1 && active[0]["endsAt"] != silence["endsAt"]).then_some(())
    })
    .await;
    let expired = around.slack.click("U0B", &said.0, &said.1, "Expire").await;
    expired.expect("the button is there");
    eventually("it is over there", DELIVERED, async || {
        let alerts = alertmanager.answers("/api/v2/alerts").await;
        (alerts[0]["status"]["state"] == "active").then_some(())
    })
    .await;
    around.pagers.rings_within("bob", DELIVERED).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_alertmanager_resolves_nothing() {
    let port = free_port();
    let around = around_with_partner(port, Duration::from_hours(1)).await;
    let bot = around.bot().await;
    let mut alertmanager = Alertmanager::on(port, &bot, Repeats::Rarely, Resolves::Sent).await;
    alertmanager.takes(&[Posted::firing("ledger-0"), Posted::firing("ledger-1")]).await;
    around.pagers.rings_within("alice", DELIVERED).await;
    alertmanager.ends_by("KILL").await;
    pause(Duration::from_secs(3)).await;
    alertmanager.starts().await;
    assert_eq!(alertmanager.answers("/api/v2/alerts").await, serde_json::json!([]), "it has forgotten them");
    pause(Duration::from_secs(6)).await;
    let incident = bot.only_incident().await;
    assert_eq!(incident["state"], "triggered");
    let firing =
        incident["alerts"].as_array().expect("a list").iter().filter(|one| one["status"] == "firing");
    assert_eq!(firing.count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolve_that_alertmanager_keeps_to_itself_is_healed() {
    let (port, older) = (free_port(), free_port());
    let around = around_with_partner(older, Duration::from_hours(1)).await;
    let bot = around.bot().await;
    let alertmanager = Alertmanager::on(port, &bot, Repeats::Rarely, Resolves::Kept).await;
    alertmanager.seems_older_on(older).await;
    let alert = Posted::firing("ledger-0");
    alertmanager.takes(std::slice::from_ref(&alert)).await;
    around.pagers.rings_within("alice", DELIVERED).await;
    pause(Duration::from_secs(5)).await;
    assert_eq!(bot.only_incident().await["state"], "triggered");
    alertmanager.takes(&[alert.resolved()]).await;
    state_becomes(&bot, "resolved").await;
}
