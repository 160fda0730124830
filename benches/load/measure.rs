//! The measurements. Each starts what it needs and leaves nothing behind.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::bail;
use sqlx::{AnyConnection, Connection, Row};

use crate::alerts::{self, Mix, Weight};
use crate::client::Post;
use crate::load::{self, Outcome, Series};
use crate::people;
use crate::process::{self, Contact, Limits, Server};
use crate::storm;
use crate::world::World;
use crate::{TestDatabase, say};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// A file.
    Sqlite,
    /// A private server.
    Postgres,
}

impl On {
    /// The database of this name.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        match name {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Postgres),
            other => bail!("there is no database {other}: sqlite or postgres"),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// An empty one.
    pub fn fresh(self) -> TestDatabase {
        match self {
            Self::Sqlite => TestDatabase::sqlite(),
            Self::Postgres => TestDatabase::postgres_of_its_own(),
        }
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measurement {
    /// Durable webhooks a second, beside the floor's.
    Ingest,
    /// From the webhook to the page on the wire, beside the commit's.
    Page,
    /// From a command or a click to its acknowledgement, at 200 a second.
    Slack,
    /// What a kill -9 under load loses.
    Crash,
    /// Memory and start.
    Memory,
    /// Everything breaks at once on one schedule, and something on another.
    Storm,
}

impl Measurement {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Ingest, Self::Page, Self::Slack, Self::Crash, Self::Memory, Self::Storm];

    /// The measurement of this name.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        match name {
            "ingest" => Ok(Self::Ingest),
            "page" => Ok(Self::Page),
            "slack" => Ok(Self::Slack),
            "crash" => Ok(Self::Crash),
            "memory" => Ok(Self::Memory),
            "storm" => Ok(Self::Storm),
            other => bail!("there is no measurement {other}: ingest, page, slack, crash, memory or storm"),
        }
    }

    /// Takes it, and says what came of it.
    pub async fn take(self, on: On, requests: usize, connections: usize) -> anyhow::Result<()> {
        match self {
            Self::Ingest => ingest(on, requests, connections).await,
            Self::Page => page(on).await,
            Self::Slack => slack(on).await,
            Self::Crash => crash(on, requests, connections).await,
            Self::Memory => memory(on, requests, connections).await,
            Self::Storm => storm::storm(on, connections).await,
        }
    }
}

/// The value below which a share of the sorted values lies, in milliseconds.
fn quantile(sorted: &[Duration], share: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into a slice")]
    let index = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(index).map_or(f64::NAN, |value| value.as_secs_f64() * 1e3)
}

/// Median and 99th percentile.
fn spread(mut values: Vec<Duration>) -> (f64, f64) {
    values.sort_unstable();
    (quantile(&values, 0.5), quantile(&values, 0.99))
}

fn answers(outcome: &Outcome) -> (f64, f64) {
    spread(outcome.taken.iter().map(|(_, answered)| answered.took).collect())
}

/// A tenth of the series first, so that statements are prepared and caches are filled, then the series.
async fn measured(port: u16, series: Series) -> anyhow::Result<Outcome> {
    let warm_up = Series { requests: series.requests / 10, mix: Mix::Late, ..series };
    load::closed(port, warm_up).await?;
    load::closed(port, series).await
}

/// The floor is measured before and after each row: a machine that others use too is not as fast at one moment as at the next.
async fn ingest(on: On, requests: usize, connections: usize) -> anyhow::Result<()> {
    let series = |mix, weight| Series { requests, connections, mix, weight, alerts: 1 };
    let rows = [
        ("new groups, usual limits", Mix::New, Weight::Pages, Limits::Usual),
        ("new groups, each pages", Mix::New, Weight::Pages, Limits::Off),
        ("new groups, none pages", Mix::New, Weight::Quiet, Limits::Off),
        ("9 of 10 are repeats", Mix::Repeats, Weight::Pages, Limits::Off),
    ];
    let mut before = floor(on, series(Mix::New, Weight::Pages)).await?;
    for (name, mix, weight, limits) in rows {
        let outcome = {
            let world = World::begin().await?;
            let database = on.fresh();
            let server = Server::service(database.target(), &world, Contact::Pager, limits).await?;
            measured(server.port, series(mix, weight)).await?
        };
        let after = floor(on, series(Mix::New, Weight::Pages)).await?;
        let (p50, p99) = answers(&outcome);
        say(&format!(
            "ingest {:8}  {name:24} {:7.0}/s  p50 {p50:6.2} ms  p99 {p99:6.2} ms  {:.2} of the floor  {} refused",
            on.name(),
            outcome.rate(),
            outcome.rate() / f64::midpoint(before, after),
            outcome.not_taken,
        ))?;
        before = after;
    }
    Ok(())
}

/// What the floor takes in a second.
async fn floor(on: On, series: Series) -> anyhow::Result<f64> {
    let database = on.fresh();
    let server = Server::floor(database.target()).await?;
    let outcome = measured(server.port, series).await?;
    let (p50, p99) = answers(&outcome);
    let rate = outcome.rate();
    say(&format!("ingest {:8}  {:24} {rate:7.0}/s  p50 {p50:6.2} ms  p99 {p99:6.2} ms", on.name(), "floor"))?;
    Ok(rate)
}

async fn page(on: On) -> anyhow::Result<()> {
    // Slack takes five pages a second from one app, however many it would be sent.
    let rows =
        [(Contact::Pager, 500, Duration::from_millis(20)), (Contact::Slack, 60, Duration::from_millis(400))];
    for (contact, n, every) in rows {
        let world = World::begin().await?;
        let database = on.fresh();
        let server = Server::service(database.target(), &world, contact, Limits::Off).await?;
        let outcome =
            load::open(server.port, n, every, |i| Ok(Post::webhook(alerts::webhook(i, Weight::Pages))))
                .await?;
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut look = tokio::time::interval(Duration::from_millis(20));
        while Instant::now() < deadline && (0..n).any(|group| world.arrivals.of(group).is_none()) {
            look.tick().await;
        }
        let (mut left, mut after) = (vec![], vec![]);
        for (group, answered) in &outcome.taken {
            if let Some(at) = world.arrivals.of(*group) {
                left.push(at - answered.sent);
                after.push(at.saturating_duration_since(answered.sent + answered.took));
            }
        }
        let missing = n - left.len();
        let ((commit50, commit99), (left50, left99)) = (answers(&outcome), spread(left));
        let (after50, after99) = spread(after);
        say(&format!(
            "page   {:8}  {contact:?}: webhook to 200 {commit50:.2} / {commit99:.2} ms, to the page {left50:.2} / {left99:.2} ms \
             (p50 / p99); page after 200 {after50:.2} / {after99:.2} ms; {missing} missing",
            on.name()
        ))?;
    }
    Ok(())
}

/// Slack gives up on whatever is not acknowledged within three seconds.
async fn slack(on: On) -> anyhow::Result<()> {
    const INCIDENTS: usize = 200;
    let world = World::begin().await?;
    let database = on.fresh();
    let server = Server::service(database.target(), &world, Contact::Pager, Limits::Off).await?;
    let opened =
        Series { requests: INCIDENTS, connections: 8, mix: Mix::New, weight: Weight::Pages, alerts: 1 };
    load::closed(server.port, opened).await?;
    let secret = world.slack.signing_secret.as_str();
    let act = |i| people::act(i, INCIDENTS, secret);
    let outcome = load::open(server.port, 4_000, Duration::from_millis(5), act).await?;
    let (p50, p99) = answers(&outcome);
    say(&format!(
        "slack  {:8}  200 commands and clicks a second: acknowledged within {p50:.2} / {p99:.2} ms (p50 / p99); {} refused",
        on.name(),
        outcome.not_taken,
    ))
}

async fn crash(on: On, requests: usize, connections: usize) -> anyhow::Result<()> {
    let world = World::begin().await?;
    let database = on.fresh();
    let mut server = Server::service(database.target(), &world, Contact::Pager, Limits::Off).await?;
    let series = Series { requests, connections, mix: Mix::New, weight: Weight::Pages, alerts: 1 };
    let port = server.port;
    let sending = tokio::spawn(load::closed(port, series));
    let mut moment = tokio::time::interval(Duration::from_millis(700));
    moment.tick().await;
    moment.tick().await;
    server.kill()?;
    let outcome = sending.await??;
    // Started once more, so that what the crash left is recovered by the product and not by this tool.
    drop(Server::service(database.target(), &world, Contact::Pager, Limits::Off).await?);
    let kept = kept(&process::address(database.target())).await?;
    let lost = outcome.taken.iter().filter(|(group, _)| !kept.contains(group)).count();
    say(&format!(
        "crash  {:8}  killed after {} webhooks were answered 200: {lost} of them missing",
        on.name(),
        outcome.taken.len()
    ))
}

/// The groups that the database knows.
async fn kept(address: &str) -> anyhow::Result<BTreeSet<usize>> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(address).await?;
    let rows = sqlx::query("SELECT body FROM alert").fetch_all(&mut connection).await?;
    let mut kept = BTreeSet::new();
    for row in rows {
        kept.extend(alerts::marked(&row.try_get::<String, _>(0)?));
    }
    Ok(kept)
}

async fn memory(on: On, requests: usize, connections: usize) -> anyhow::Result<()> {
    let world = World::begin().await?;
    let database = on.fresh();
    let mib = |kib: u64| kib as f64 / 1024.0;
    {
        let server = Server::service(database.target(), &world, Contact::Pager, Limits::Off).await?;
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.tick().await;
        second.tick().await;
        let idle = server.memory()?;
        let series = Series { requests, connections, mix: Mix::New, weight: Weight::Pages, alerts: 1 };
        load::closed(server.port, series).await?;
        let loaded = server.memory()?;
        say(&format!(
            "memory {:8}  first start {:.0} ms; idle {:.1} MiB, highest under load {:.1} MiB",
            on.name(),
            server.ready_after.as_secs_f64() * 1e3,
            mib(idle.resident),
            mib(loaded.peak)
        ))?;
    }
    let server = Server::service(database.target(), &world, Contact::Pager, Limits::Off).await?;
    say(&format!(
        "memory {:8}  restart with {requests} open incidents {:.0} ms",
        on.name(),
        server.ready_after.as_secs_f64() * 1e3
    ))
}
