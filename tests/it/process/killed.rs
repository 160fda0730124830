//! `kill -9` at the worst moments: nothing that was answered 200 is lost, nobody is woken twice without being told so, no
//! incident has two channels, and the ladder is on time.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use dontpanic::workspace::Fault;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::database::TestDatabase;
use crate::harness::on_both;
use crate::harness::process::bot::Bot;
use crate::harness::process::surroundings::{Answers, Rules, Surroundings, firing};
use crate::harness::process::{PATIENCE, eventually, pause};

/// A dead process's claim on its work has ended by then.
const TAKEN_OVER: Duration = Duration::from_secs(45);

/// How long the first channels may take when many wait: Slack makes twenty a minute.
const CAUGHT_UP: Duration = Duration::from_mins(1);
/// Of so many incidents the channels are looked at one by one: more than open at once, few enough to wait for.
const SAMPLED: usize = 14;

on_both!(
    right_after_the_answer,
    while_a_page_is_on_its_way,
    in_the_middle_of_a_wait,
    past_the_end_of_a_wait,
    between_creating_a_channel_and_recording_it,
    under_load,
);

async fn right_after_the_answer(place: TestDatabase) {
    let around = Surroundings::new(place, Rules::default()).await;
    let bot = around.bot().await;
    assert_eq!(bot.receives(&firing("LedgerDown", "a")).await.unwrap(), StatusCode::OK);
    bot.kill().await;

    let bot = around.bot().await;
    assert_eq!(bot.only_incident().await["state"], "triggered");
    around.pagers.rings_within("alice", TAKEN_OVER).await;
    eventually("the channel is open", TAKEN_OVER, async || channel_of(&bot).await).await;
    around.pagers.rang_once("alice");
    assert_eq!(around.incident_channels().len(), 1);
}

async fn while_a_page_is_on_its_way(place: TestDatabase) {
    let around = Surroundings::new(place, Rules::default()).await;
    around.pagers.answer(Answers::Held);
    let bot = around.bot().await;
    bot.receives(&firing("LedgerDown", "a")).await.unwrap();
    around.pagers.rings_within("alice", PATIENCE).await;
    bot.kill().await;
    around.pagers.answer(Answers::AtOnce);

    let bot = around.bot().await;
    let rings =
        eventually("it is sent again, since nobody knows whether it arrived", TAKEN_OVER, async || {
            Some(around.pagers.rings("alice")).filter(|rings| rings.len() > 1)
        })
        .await;
    around.pagers.rang_once("alice");
    eventually("the page is accepted", PATIENCE, async || {
        let pages = bot.api("incidents/INC-1/pages").await;
        pages["pages"][0]["accepted"].is_string().then_some(())
    })
    .await;
    assert_eq!(rings.len(), 2);
}

async fn in_the_middle_of_a_wait(place: TestDatabase) {
    let wait = Duration::from_secs(20);
    let around = Surroundings::new(place, Rules { wait, ..Rules::default() }).await;
    let bot = around.bot().await;
    let sent_at = Instant::now();
    bot.receives(&firing("LedgerDown", "a")).await.unwrap();
    around.pagers.rings_within("alice", PATIENCE).await;
    let due = sent_at + wait;
    eventually("the page is accepted", PATIENCE, async || {
        let pages = bot.api("incidents/INC-1/pages").await;
        pages["pages"][0]["accepted"].is_string().then_some(())
    })
    .await;
    pause((sent_at + wait / 2).saturating_duration_since(Instant::now())).await;
    bot.kill().await;

    let _bot = around.bot().await;
    assert!(Instant::now() < due, "the restart outlasted the wait; this proves nothing");
    let ring = around.pagers.rings_within("bob", wait + PATIENCE).await;
    assert!(ring.at >= due, "bob was woken {:?} too early", due - ring.at);
    assert!(ring.at < due + wait / 2, "the wait began anew: bob was woken {:?} too late", ring.at - due);
    assert_eq!(around.pagers.rings("alice").len(), 1, "an accepted page is not sent again");
    around.pagers.rang_once("bob");
}

async fn past_the_end_of_a_wait(place: TestDatabase) {
    let wait = Duration::from_secs(8);
    let around = Surroundings::new(place, Rules { wait, ..Rules::default() }).await;
    let bot = around.bot().await;
    bot.receives(&firing("LedgerDown", "a")).await.unwrap();
    around.pagers.rings_within("alice", PATIENCE).await;
    bot.kill().await;
    pause(wait + Duration::from_secs(1)).await;
    assert!(around.pagers.rings("bob").is_empty());

    let bot = around.bot().await;
    around.pagers.rings_within("bob", PATIENCE).await;
    assert_eq!(bot.only_incident().await["state"], "triggered");
    around.pagers.rang_once("bob");
}

async fn between_creating_a_channel_and_recording_it(place: TestDatabase) {
    let around = Surroundings::new(place, Rules::default()).await;
    around.slack.fails_next("conversations.create", Fault::CommitThenHang, 1);
    let bot = around.bot().await;
    bot.receives(&firing("LedgerDown", "a")).await.unwrap();
    let created = eventually("slack has made the channel", PATIENCE, async || {
        around.incident_channels().into_iter().next()
    })
    .await;
    bot.kill().await;

    let bot = around.bot().await;
    let recorded = eventually("the channel is recorded", TAKEN_OVER, async || channel_of(&bot).await).await;
    assert_eq!(recorded["id"], created.id, "the channel that was made is the one that is used");
    assert_eq!(around.incident_channels().len(), 1);
}

async fn channel_of(bot: &Bot) -> Option<Value> {
    let incident = bot.only_incident().await;
    incident["channel"].is_object().then(|| incident["channel"].clone())
}

async fn under_load(place: TestDatabase) {
    let wait = Duration::from_secs(3);
    let around = Surroundings::new(place, Rules { wait, ..Rules::default() }).await;
    let bot = around.bot().await;
    let n_answered = AtomicUsize::new(0);
    let senders = (0..4).map(|sender| answered_until_gone(&bot, sender, &n_answered));
    let killed = async {
        let enough = async || (n_answered.load(Ordering::SeqCst) > 100).then_some(());
        eventually("there is some load", PATIENCE, enough).await;
        bot.process.signal("KILL");
    };
    let (answered, ()) = tokio::join!(join_all(senders), killed);
    bot.kill().await;
    let answered: BTreeSet<String> = answered.into_iter().flatten().collect();

    let bot = around.bot().await;
    let incidents = bot.incidents().await;
    let stored: Vec<String> = incidents.iter().map(alertname_of).collect();
    let distinct: BTreeSet<String> = stored.iter().cloned().collect();
    let missing: Vec<&String> = answered.difference(&distinct).collect();
    assert!(
        missing.is_empty(),
        "{} of {} answered webhooks are missing: {missing:?}",
        missing.len(),
        answered.len()
    );
    assert_eq!(stored.len(), distinct.len(), "no alert has two incidents");

    let ids: Vec<&str> = incidents.iter().filter_map(|incident| incident["id"].as_str()).collect();
    for id in ids.iter().take(3).chain(ids.iter().rev().take(3)) {
        let what = format!("both pages of {id} are accepted");
        let pages = eventually(&what, TAKEN_OVER + wait, async || pages_of(&bot, id).await).await;
        for page in &pages {
            let late = instant(&page["sent"]) - instant(&page["due"]);
            assert!(late >= TimeDelta::zero(), "{late} late: {page:#}");
        }
    }
    // Channels open oldest first: of these some were open before the kill, some were being opened, and some came after.
    let mut oldest: Vec<(u64, String)> =
        incidents.iter().map(|incident| (number_of(incident), alertname_of(incident))).collect();
    oldest.sort_unstable();
    for (n, alertname) in oldest.into_iter().take(SAMPLED) {
        let recorded = eventually(&format!("INC-{n} has its channel"), CAUGHT_UP, async || {
            let incident = bot.api(&format!("incidents/INC-{n}")).await;
            incident["channel"].is_object().then(|| incident["channel"].clone())
        })
        .await;
        let made = around.channels_named_after(&alertname);
        assert_eq!(made.len(), 1, "INC-{n} has one channel: {made:?}");
        assert_eq!(recorded["id"], made[0].id, "and it is the one that was made");
    }
    // Every alert has a name of its own, and so has its channel: a second one for the same incident would end in -2.
    let names: Vec<String> = around.incident_channels().into_iter().map(|channel| channel.name).collect();
    assert!(!names.iter().any(|name| name.ends_with("-2")), "{names:?}");
}

/// Sends new groups, one after the other, until the service is gone; those that were answered 200.
async fn answered_until_gone(bot: &Bot, sender: usize, n_answered: &AtomicUsize) -> Vec<String> {
    let mut answered = vec![];
    for n in 0.. {
        let alertname = format!("Ledger{sender}Down{n}");
        match bot.receives(&firing(&alertname, "a")).await {
            Ok(StatusCode::OK) => {
                n_answered.fetch_add(1, Ordering::SeqCst);
                answered.push(alertname);
            }
            Ok(StatusCode::SERVICE_UNAVAILABLE) => {}
            Ok(other) => panic!("a webhook was answered {other}"),
            Err(_gone) => break,
        }
    }
    answered
}

fn number_of(incident: &Value) -> u64 {
    let number = incident["id"].as_str().and_then(|id| id.strip_prefix("INC-")?.parse().ok());
    number.unwrap_or_else(|| panic!("no number: {incident}"))
}

fn alertname_of(incident: &Value) -> String {
    incident["alerts"][0]["labels"]["alertname"].as_str().expect("the alert's name").to_owned()
}

fn instant(time: &Value) -> DateTime<Utc> {
    time.as_str().and_then(|time| time.parse().ok()).unwrap_or_else(|| panic!("no time: {time}"))
}

/// The pages of an incident, once there are two and both were accepted.
async fn pages_of(bot: &Bot, id: &str) -> Option<Vec<Value>> {
    let pages = bot.api(&format!("incidents/{id}/pages")).await["pages"].as_array()?.clone();
    (pages.len() == 2 && pages.iter().all(|page| page["accepted"].is_string())).then_some(pages)
}
