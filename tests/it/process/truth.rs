//! What the real Alertmanager and Prometheus do not say: Prometheus dies, alerts are inhibited, groups are cut short. What is believed
//! is what fires.

use std::time::Duration;

use serde_json::Value;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::alertmanager::{Alertmanager, GroupedBy, Posted, Prometheus, Repeats, Resolves};
use crate::harness::process::bot::Bot;
use crate::harness::process::surroundings::{Rules, Surroundings};
use crate::harness::process::{eventually, pause};

/// How long anything may take that has to come, with all of Alertmanager's own waits, on a busy machine.
const COMES: Duration = Duration::from_mins(1);
/// More than three rounds of asking what fires, after which what is missing has ended.
const SEVERAL_ROUNDS: Duration = Duration::from_secs(6);

/// A service that asks Alertmanager what fires, and an Alertmanager that seems to be up for long enough to be believed.
async fn around(rules: Rules) -> (Surroundings, Bot, Alertmanager) {
    let (port, older) = (free_port(), free_port());
    let rules = Rules { partner: Some(older), ..rules };
    let around = Surroundings::new(TestDatabase::sqlite(), rules).await;
    let bot = around.bot().await;
    let alertmanager = Alertmanager::on(port, &bot, Repeats::Often, Resolves::Sent).await;
    alertmanager.seems_older_on(older).await;
    (around, bot, alertmanager)
}

async fn becomes(bot: &Bot, id: &str, state: &str) {
    eventually(&format!("{id} is {state}"), COMES, async || {
        (bot.api(&format!("incidents/{id}")).await["state"] == state).then_some(())
    })
    .await;
}

/// The instances of which an incident believes that they fire.
fn firing(incident: &Value) -> Vec<&str> {
    let alerts = incident["alerts"].as_array().expect("a list").iter();
    let firing = alerts.filter(|alert| alert["status"] == "firing");
    let mut firing: Vec<&str> =
        firing.map(|alert| alert["labels"]["instance"].as_str().unwrap_or_default()).collect();
    firing.sort_unstable();
    firing
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_prometheus_dies_monitoring_is_down_and_nothing_else_is_over() {
    let rules = Rules {
        resolve_after: Duration::from_secs(15),
        heartbeat: Some(Duration::from_secs(12)),
        ..Rules::default()
    };
    let (around, bot, alertmanager) = around(rules).await;
    let prometheus = Prometheus::for_alertmanager(&alertmanager).await;
    around.pagers.rings_within("alice", COMES).await;
    assert_eq!(bot.only_incident().await["title"], "The ledger cannot be reached (1)");
    // The heartbeat is relied on once it has come twice, and Alertmanager has listed it.
    pause(SEVERAL_ROUNDS).await;

    drop(prometheus);
    eventually("monitoring is down", COMES, async || (bot.incidents().await.len() == 2).then_some(())).await;
    let down = bot.api("incidents/INC-2").await;
    assert_eq!((&down["severity"], &down["state"]), (&"P1".into(), &"triggered".into()), "{down}");
    eventually("alertmanager knows of nothing that fires", COMES, async || {
        alertmanager.answers("/api/v2/alerts").await.as_array()?.is_empty().then_some(())
    })
    .await;
    pause(SEVERAL_ROUNDS).await;
    assert_eq!(
        bot.api("incidents/INC-1").await["state"],
        "triggered",
        "{}",
        bot.api("incidents/INC-1/timeline").await
    );

    let _again = Prometheus::for_alertmanager(&alertmanager).await;
    becomes(&bot, "INC-2", "resolved").await;
    assert_eq!(bot.api("incidents/INC-1").await["state"], "triggered", "it fires as before");
    assert_eq!(bot.incidents().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_inhibited_fires_until_alertmanager_lists_it_no_more() {
    let rules = Rules { resolve_after: Duration::from_secs(1), ..Rules::default() };
    let (around, bot, alertmanager) = around(rules).await;
    alertmanager.is_configured(GroupedBy::Instance);
    alertmanager.reloads().await;
    let (root, leaf) = (Posted::firing("root"), Posted::firing("leaf-1"));
    alertmanager.takes(std::slice::from_ref(&leaf)).await;
    around.pagers.rings_within("alice", COMES).await;
    alertmanager.takes(&[root.clone(), leaf.clone()]).await;
    eventually("the leaf is inhibited", COMES, async || {
        let alerts = alertmanager.answers("/api/v2/alerts").await;
        alerts.as_array()?.iter().any(|alert| alert["status"]["state"] == "suppressed").then_some(())
    })
    .await;
    eventually("the root is known", COMES, async || (bot.incidents().await.len() == 2).then_some(())).await;
    pause(SEVERAL_ROUNDS).await;
    assert_eq!(firing(&bot.api("incidents/INC-1").await), ["leaf-1"]);

    // Nobody is told of its end.
    alertmanager.takes(&[root.clone(), leaf.resolved()]).await;
    becomes(&bot, "INC-1", "resolved").await;
    assert_eq!(bot.api("incidents/INC-2").await["state"], "triggered");
    alertmanager.takes(&[root.resolved()]).await;
    becomes(&bot, "INC-2", "resolved").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_is_cut_short_is_over_when_all_of_it_is() {
    let rules = Rules { resolve_after: Duration::from_secs(1), ..Rules::default() };
    let (around, bot, alertmanager) = around(rules).await;
    alertmanager.is_configured_to_send(GroupedBy::Name, 1);
    alertmanager.reloads().await;
    let all = ["a", "b", "c"].map(Posted::firing);
    alertmanager.takes(&all).await;
    around.pagers.rings_within("alice", COMES).await;
    eventually("all of it is seen", COMES, async || {
        (firing(&bot.only_incident().await) == ["a", "b", "c"]).then_some(())
    })
    .await;
    // Whichever is sent, two of the three are not.
    let [a, b, c] = all;
    alertmanager.takes(&[a.resolved(), b.clone(), c.resolved()]).await;
    eventually("one is left", COMES, async || (firing(&bot.only_incident().await) == ["b"]).then_some(()))
        .await;
    pause(SEVERAL_ROUNDS).await;
    assert_eq!(bot.only_incident().await["state"], "triggered");
    alertmanager.takes(&[b.resolved()]).await;
    becomes(&bot, "INC-1", "resolved").await;
    assert_eq!(around.pagers.rings("alice").len(), 1, "one page for all of it");
}
