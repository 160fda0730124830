//! The world of a scenario: a real service on a real database, a Slack, phones, and a clock that only the scenario moves.
//!
//! Everything enters as it would in production: webhooks through the router, Slack's side as signed requests (or over a
//! socket). A scenario is a closure, so that the last look at the world cannot be forgotten.

mod acts;
mod end;
mod fate;
mod looks;
mod promises;
mod service;
mod time;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use dontpanic::clock::{Clock, ManualClock, SystemClock};
use dontpanic::workspace::{Delivery, UserKind, Workspace, WorkspaceConfig};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub use self::fate::{Fate, Point};
use self::service::{Replica, Routes, pass_on};
use self::time::WireClock;
use super::alertmanager::Firing;
use super::database::TestDatabase;
use super::house::{CAST, House, Way};
use super::logs;
use super::pagerduty;
use super::pagers::Phones;
use super::partner::Partner;
use super::providers::{self, Provider};
use super::strict::as_installed;
use super::transcript::{Transcript, Watcher};
use super::twilio;

/// A Friday, four in the morning in Paris.
const BEGINNING: &str = "2026-11-20T03:00:00Z";
/// Spans of time as a scenario says them.
pub trait Span {
    /// So many seconds.
    fn seconds(self) -> TimeDelta;
    /// So many minutes.
    fn minutes(self) -> TimeDelta;
    /// So many hours.
    fn hours(self) -> TimeDelta;
}

impl Span for i64 {
    fn seconds(self) -> TimeDelta {
        TimeDelta::seconds(self)
    }
    fn minutes(self) -> TimeDelta {
        TimeDelta::minutes(self)
    }
    fn hours(self) -> TimeDelta {
        TimeDelta::hours(self)
    }
}

/// Runs a scenario on both databases, as `$name::sqlite` and `$name::postgres`.
macro_rules! scenario {
    ($name:ident, $story:expr) => {
        $crate::harness::world::scenario!($name, $crate::harness::house::house(), $story);
    };
    ($name:ident, $house:expr, $story:expr) => {
        async fn $name(database: $crate::harness::database::TestDatabase) {
            $crate::harness::world::World::plays($house, database, $story).await;
        }
        $crate::harness::on_both!($name);
    };
}
pub(crate) use scenario;

/// What the last look at the world lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// Nothing may have been given up.
    Nothing,
    /// Something may.
    GivenUp,
}

/// The world.
pub struct World {
    /// What fires at this world's Alertmanager.
    pub(super) firing: Firing,
    pub(super) workspace: Workspace,
    story: Arc<ManualClock>,
    wire: Arc<dyn Clock>,
    wire_hand: Option<Arc<WireClock>>,
    transcript: Transcript,
    watcher: Watcher,
    phones: Phones,
    ntfy: Provider,
    mail: Provider,
    sms: Provider,
    calls: Provider,
    hang_ups: Provider,
    pagerduty: Provider,
    partner: Partner,
    database: TestDatabase,
    /// The processes of the service that are up, the oldest first.
    replicas: Vec<Replica>,
    n_started: usize,
    routes: Routes,
    fate: Option<Fate>,
    house: House,
    base: String,
    folder: TempDir,
    allowed: Allowed,
    /// Words of warnings and errors that the scenario brings about.
    may_log: Vec<&'static str>,
    n_late_clicks: u32,
}

impl World {
    /// Sets the world up, plays the story, and looks at what it left.
    pub async fn plays(house: House, database: TestDatabase, story: impl AsyncFnOnce(&mut World)) {
        let mut world = Self::set_up(house, database, None).await;
        story(&mut world).await;
        world.ends().await;
    }

    /// The same, with a process that dies at its appointed moment, if that comes.
    pub async fn plays_with_fate(
        house: House,
        database: TestDatabase,
        fate: Fate,
        story: impl AsyncFnOnce(&mut World),
    ) {
        let mut world = Self::set_up(house, database, Some(fate.clone())).await;
        story(&mut world).await;
        fate.is_over();
        world.ends().await;
    }

    /// The same with two processes of the service, on a database that both may open.
    pub async fn plays_on_two(house: House, database: TestDatabase, story: impl AsyncFnOnce(&mut World)) {
        let mut world = Self::set_up(house, database, None).await;
        world.comes_up().await;
        story(&mut world).await;
        world.ends().await;
    }

    async fn set_up(mut house: House, database: TestDatabase, fate: Option<Fate>) -> Self {
        logs::listen();
        let beginning: DateTime<Utc> = BEGINNING.parse().expect("a time");
        let story = Arc::new(ManualClock::at(beginning));
        let hand = Arc::new(WireClock(ManualClock::at(beginning)));
        let (wire, wire_hand): (Arc<dyn Clock>, _) = match house.way {
            Way::Http => (hand.clone(), Some(hand)),
            Way::Socket => (Arc::new(SystemClock), None),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let delivery = match house.way {
            Way::Socket => Delivery::Socket,
            Way::Http => Delivery::Http {
                commands: format!("{base}/slack/commands"),
                interactions: format!("{base}/slack/interactions"),
                events: format!("{base}/slack/events"),
            },
        };
        let installed = as_installed();
        // What is said in channels is heard only where a scenario is about it.
        let quiet = BTreeSet::from(["app_home_opened".to_owned()]);
        let events = if house.hears { installed.events.clone() } else { quiet };
        let workspace =
            Workspace::new(&WorkspaceConfig { clock: wire.clone(), delivery, events, ..installed });
        workspace.set_base_url(&base);
        for (key, user, zone) in CAST {
            workspace.add_user(user, key, UserKind::Member, zone);
        }
        for channel in ["incidents", "dontpanic-admin"] {
            workspace.add_channel(channel);
        }
        let transcript = Transcript::new(story.clone());
        let phones = Phones::new(transcript.clone());
        let (ntfy, mail) =
            (Provider::new("ntfy", transcript.clone()), Provider::new("mail", transcript.clone()));
        let (sms, calls) =
            (Provider::new("sms", transcript.clone()), Provider::new("call", transcript.clone()));
        let hang_ups = Provider::new("hang-up", transcript.clone());
        let pagerduty = Provider::new("pagerduty", transcript.clone());
        house.mail_server = providers::mail_server(mail.clone()).await;
        let routes = Routes::default();
        let partner = Partner::new(story.clone());
        let called = workspace.router().merge(phones.router()).merge(partner.router());
        let called = called
            .merge(providers::ntfy_router(ntfy.clone()))
            .merge(twilio::router(sms.clone(), calls.clone(), hang_ups.clone()))
            .merge(pagerduty::router(pagerduty.clone()));
        let called = match &fate {
            Some(fate) => fate.stands_before(called),
            None => called,
        };
        let outside = Router::new().fallback(pass_on).with_state(routes.clone()).merge(called);
        tokio::spawn(axum::serve(listener, outside).into_future());
        let watcher = Watcher::new(&workspace, transcript.clone());
        let mut world = Self {
            firing: Firing::new(),
            workspace,
            story,
            wire,
            wire_hand,
            transcript,
            watcher,
            phones,
            ntfy,
            mail,
            sms,
            calls,
            hang_ups,
            pagerduty,
            partner,
            database,
            replicas: vec![],
            n_started: 0,
            routes,
            fate,
            house,
            base,
            folder: tempfile::tempdir().expect("a temporary directory"),
            allowed: Allowed::Nothing,
            may_log: vec![],
            n_late_clicks: 0,
        };
        world.comes_up().await;
        world
    }
}
