//! A pair of real Alertmanagers through a bad day: what is believed in the end is what is true, and nobody is woken twice for
//! the same thing.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::process::alertmanager::{Alertmanager, Feed, Gossip, GroupedBy, Repeats, Resolves};
use crate::harness::process::bot::Bot;
use crate::harness::process::eventually;
use crate::harness::process::surroundings::{Rules, Surroundings};

const RECEIVED: &str = "dontpanic_webhooks_received_total";
/// How long anything may take that has to come, with all of Alertmanager's own waits, on a busy machine.
const SOON: Duration = Duration::from_mins(2);

/// What the service believes becomes what is true.
async fn agrees(bot: &Bot, feed: &Feed, when: &str) {
    eventually(&format!("what is believed is true {when}"), SOON, async || {
        let incident = bot.only_incident().await;
        let alerts = incident["alerts"].as_array()?.iter().filter(|alert| alert["status"] == "firing");
        let firing: BTreeSet<String> =
            alerts.filter_map(|alert| Some(alert["labels"]["instance"].as_str()?.to_owned())).collect();
        (firing == feed.firing()).then_some(())
    })
    .await;
}

async fn receives(bot: &Bot, more: f64, than: f64, what: &str) {
    eventually(what, SOON, async || (bot.metric(RECEIVED).await >= than + more).then_some(())).await;
}

async fn are_together(pair: [&Alertmanager; 2]) {
    for member in pair {
        eventually("the pair is one", SOON, async || (member.n_members().await == 2).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_of_alertmanagers_has_a_bad_day() {
    let older = [free_port(), free_port()];
    let rules = Rules {
        resolve_after: Duration::from_secs(1),
        partner: Some(older[0]),
        second_partner: Some(older[1]),
        ..Rules::default()
    };
    let around = Surroundings::new(TestDatabase::sqlite(), rules).await;
    let bot = around.bot().await;
    let port = bot.port;
    let [talks, listens] = [free_port(), free_port()];
    let gossips = [Gossip { own: talks, other: listens }, Gossip { own: listens, other: talks }].map(Some);
    let mut one = Alertmanager::on(free_port(), &bot, Repeats::Rarely, Resolves::Sent).await;
    let mut two = Alertmanager::on(free_port(), &bot, Repeats::Rarely, Resolves::Sent).await;
    for ((member, gossip), older) in [&mut one, &mut two].into_iter().zip(gossips).zip(older) {
        member.ends_by("TERM").await;
        member.gossips(gossip);
        member.starts().await;
        member.seems_older_on(older).await;
    }
    are_together([&one, &two]).await;
    let feed = Feed::to([&one, &two]);
    feed.fires("ledger-0");
    around.pagers.rings_within("alice", SOON).await;
    agrees(&bot, &feed, "at first").await;

    // The service is away while something else begins.
    bot.kill().await;
    feed.fires("ledger-1");
    eventually("one of them fails to tell it", SOON, async || {
        (one.failed_attempts().await + two.failed_attempts().await > 0.0).then_some(())
    })
    .await;
    let bot = around.bot_on(port).await;
    agrees(&bot, &feed, "after the service was away").await;

    // Neither hears of the other: both tell.
    two.ends_by("TERM").await;
    two.gossips(None);
    two.starts().await;
    let before = bot.metric(RECEIVED).await;
    feed.fires("ledger-2");
    feed.ends("ledger-0");
    receives(&bot, 2.0, before, "both tell it").await;
    agrees(&bot, &feed, "while the pair is parted").await;
    two.ends_by("TERM").await;
    two.gossips(gossips[1]);
    two.starts().await;
    are_together([&one, &two]).await;

    // One dies and forgets everything.
    one.ends_by("KILL").await;
    feed.fires("ledger-3");
    agrees(&bot, &feed, "while one is dead").await;
    one.starts().await;
    are_together([&one, &two]).await;
    agrees(&bot, &feed, "when it is back").await;

    // Routes change under what fires: it is told anew under other keys.
    let before = bot.metric(RECEIVED).await;
    for member in [&one, &two] {
        member.is_configured(GroupedBy::Instance);
    }
    one.gets("HUP");
    two.reloads().await;
    receives(&bot, 3.0, before, "each is told by itself").await;
    agrees(&bot, &feed, "under other keys").await;
    assert_eq!(bot.only_incident().await["state"], "triggered");
    around.pagers.rang_once("alice");

    for instance in ["ledger-1", "ledger-2", "ledger-3"] {
        feed.ends(instance);
    }
    agrees(&bot, &feed, "in the end").await;
    eventually("it is resolved", SOON, async || {
        (bot.only_incident().await["state"] == "resolved").then_some(())
    })
    .await;
    around.pagers.rang_once("alice");
    assert!(around.pagers.rings("bob").is_empty());
    assert_eq!(around.incident_channels().len(), 1);
}
