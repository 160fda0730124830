//! A storm: ten thousand alerts in five hundred groups on one schedule, as fast as they are taken, and in the middle of them one
//! alert on another.

use std::time::{Duration, Instant};

use anyhow::Context;
use sqlx::{AnyConnection, Connection, Row};

use crate::alerts::{self, Mix, Weight};
use crate::client::{Answered, Client, Post};
use crate::load::{self, Series};
use crate::measure::On;
use crate::process::{self, Server};
use crate::say;
use crate::world::World;

/// So many groups, and so many alerts in each.
const GROUPS: usize = 500;
const ALERTS: usize = 20;
/// The other team's group.
const OTHER: usize = 9_000_000;
/// So many groups are known when the other team's alert is sent.
const IN_THE_MIDDLE: i64 = 250;
/// What is done in Slack is counted for so long, from the first webhook on.
const WATCHED: Duration = Duration::from_mins(1);

/// Plays it on a fresh database, and says what came of it.
pub async fn storm(on: On, connections: usize) -> anyhow::Result<()> {
    let world = World::begin().await?;
    let database = on.fresh();
    let address = process::address(database.target());
    let server = Server::of_two_teams(database.target(), &world).await?;
    let n_before = world.workspace.calls().len();
    let series =
        Series { requests: GROUPS, connections, mix: Mix::New, weight: Weight::Pages, alerts: ALERTS };
    let begun = Instant::now();
    let sending = tokio::spawn(load::closed(server.port, series));
    let other = in_the_middle(&address, server.port).await?;
    let outcome = sending.await??;
    let mut look = tokio::time::interval(Duration::from_millis(100));
    while begun.elapsed() < WATCHED {
        look.tick().await;
    }
    let first = (0..GROUPS).filter_map(|group| world.arrivals.of(group)).min();
    let first = first.context("no page has arrived")?.saturating_duration_since(begun);
    let delay = world.arrivals.of(OTHER).context("the other team's page has not arrived")?;
    let delay = delay.saturating_duration_since(other.sent);
    let rows = paged(&address, "alice").await?;
    let messages = world.workspace.direct_messages("U0A").map_or(0, |(_, messages)| messages.len());
    let calls = world.workspace.calls();
    let calls = calls.get(n_before..).unwrap_or_default();
    let pages = calls.iter().filter(|call| call.method == "chat.postMessage").count();
    let memory = server.memory()?;
    say(&format!(
        "storm  {:8}  {GROUPS} groups of {ALERTS} alerts: all answered after {:.2} s, {} refused; first page after {:.0} ms; \
         {rows} incidents paged alice by {messages} messages; the other team's page after {:.0} ms (its webhook was answered \
         after {:.0} ms); {} calls of Slack in a minute, {pages} of them new messages; highest memory {:.1} MiB",
        on.name(),
        outcome.took.as_secs_f64(),
        outcome.not_taken,
        first.as_secs_f64() * 1e3,
        delay.as_secs_f64() * 1e3,
        other.took.as_secs_f64() * 1e3,
        calls.len(),
        memory.peak as f64 / 1024.0,
    ))
}

/// The other team's alert, sent when half of the storm is known.
async fn in_the_middle(address: &str, port: u16) -> anyhow::Result<Answered> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(address).await?;
    let mut client = Client::connect(port).await?;
    let mut look = tokio::time::interval(Duration::from_millis(5));
    loop {
        look.tick().await;
        let counted = sqlx::query("SELECT n FROM counter WHERE name = 'incident'").fetch_one(&mut connection);
        if counted.await?.try_get::<i64, _>(0)? >= IN_THE_MIDDLE {
            return client.send(&Post::webhook(alerts::several(OTHER, 1, "search"))).await;
        }
    }
}

/// About how many incidents somebody has a page in the ledger.
async fn paged(address: &str, who: &str) -> anyhow::Result<i64> {
    let mut connection = AnyConnection::connect(address).await?;
    let counted = sqlx::query("SELECT COUNT(DISTINCT incident) FROM page WHERE person = $1").bind(who);
    Ok(counted.fetch_one(&mut connection).await?.try_get(0)?)
}
