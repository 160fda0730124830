//! Use cases: read the facts, decide, save, then act on what was saved.
//!
//! Everything that changes an incident goes through [`Engine::handle`] or [`Engine::ingest`]. Nothing is acknowledged
//! before it is committed, and nothing is performed while a transaction is open. The workers ([`workers`]) find their work in
//! the database; a nudge after a commit only makes it faster.

mod digest;
mod doors;
mod forgetting;
mod handle;
mod home;
pub mod inbox;
mod ingest;
mod intake;
mod links;
mod lots;
mod outbox;
mod outcomes;
mod people;
mod places;
mod postmortem;
mod questions;
pub mod reading;
mod save;
mod talk;
pub mod turning;
mod turns;
mod views;
pub mod workers;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, OnceCell, Semaphore};

use crate::clock::Clocks;
use crate::config::Config;
use crate::documents::Documents;
use crate::domain::house::House;
use crate::domain::incident::Facts;
use crate::domain::incident::timeline::Origin;
use crate::domain::matcher::Matcher;
use crate::ids::SourceId;
use crate::ports::{Conversation, Directory, Perform};
use crate::store::Db;
use crate::telemetry::Metrics;

use self::doors::Doors;
use self::intake::Intake;
use self::outcomes::Outcomes;
use self::turning::Loops;

pub use doors::Outgoing;
pub use handle::HandleError;
pub use ingest::Ingested;
pub use links::{BadLink, LinkKey, WORKS_FOR};
pub use people::{Caller, Denied};
pub use postmortem::Postmortem;

pub use crate::store::StoreError;

/// What the engine was configured with. One value for the life of the process.
pub struct Settings {
    /// The house rules.
    pub house: Arc<House>,
    /// Alerts of these sources that match all of these are heartbeats: they open nothing.
    pub heartbeats: Vec<(SourceId, Vec<Matcher>)>,
    /// Where the web pages of this service are; no slash at its end.
    pub public_url: Option<String>,
    /// When a post-mortem is due after the resolve; `None`: never.
    pub postmortem_due_after: Option<chrono::Duration>,
    /// Where copies of post-mortems are written.
    pub postmortems_dir: std::path::PathBuf,
    /// The slash command for incidents, with its slash.
    pub incident_command: String,
    /// The slash command for schedules, with its slash.
    pub oncall_command: String,
}

impl Settings {
    /// What of the configuration the engine needs.
    pub fn of(config: &Config) -> Self {
        let heartbeats = config
            .alertmanagers
            .iter()
            .map(|(source, settings)| (source.clone(), settings.heartbeat.matchers.clone()))
            .collect();
        Self {
            house: Arc::new(config.house.clone()),
            heartbeats,
            public_url: config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
            postmortem_due_after: config.postmortems.due_after,
            postmortems_dir: config.postmortems.dir.clone(),
            incident_command: config.slack.commands.incident.clone(),
            oncall_command: config.slack.commands.oncall.clone(),
        }
    }
}

/// What performs effects, by where they lead.
pub struct Ports {
    /// Everything that lives in Slack, direct messages included.
    pub slack: Arc<dyn Perform>,
    /// The `webhook` contact method.
    pub webhook: Arc<dyn Perform>,
    /// Who is who in Slack.
    pub directory: Arc<dyn Directory>,
    /// What is written in Slack.
    pub conversation: Arc<dyn Conversation>,
}

/// The use cases, over one database.
pub struct Engine {
    db: Db,
    clocks: Clocks,
    settings: Settings,
    documents: Arc<Documents>,
    ports: Ports,
    metrics: Arc<Metrics>,
    nudges: Nudges,
    intake: Arc<Intake>,
    outcomes: Arc<Outcomes>,
    /// Read, or made, when it is first wanted.
    link_key: OnceCell<LinkKey>,
    loops: Arc<Loops>,
    /// So many views are read at once; the others wait for their turn, in order and for as long as it takes.
    showing: Semaphore,
    doors: Doors,
    last_id: AtomicI64,
    /// Ids of this process differ from those of others by this.
    id_salt: i64,
}

/// Wakes the workers early.
#[derive(Default)]
struct Nudges {
    timers: Notify,
    outbox: Notify,
    inbox: Notify,
    homes: Notify,
}

impl Engine {
    /// An engine, and the doors by which its pages leave.
    pub fn new(
        db: Db,
        clocks: Clocks,
        settings: Settings,
        documents: Arc<Documents>,
        ports: Ports,
        metrics: Arc<Metrics>,
    ) -> (Arc<Self>, Outgoing) {
        let (doors, outgoing) = doors::doors();
        let engine = Self {
            db,
            clocks,
            settings,
            documents,
            ports,
            metrics,
            nudges: Nudges::default(),
            intake: Arc::default(),
            outcomes: Arc::default(),
            link_key: OnceCell::new(),
            loops: Arc::default(),
            showing: Semaphore::new(VIEWS_AT_ONCE),
            doors,
            last_id: AtomicI64::new(0),
            id_salt: rand::random_range(0..ID_SPREAD),
        };
        (Arc::new(engine), outgoing)
    }

    /// The house rules.
    pub fn house(&self) -> &Arc<House> {
        &self.settings.house
    }

    /// What it was configured with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runbooks and templates.
    pub fn documents(&self) -> &Arc<Documents> {
        &self.documents
    }

    /// The database, for readers.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Story time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clocks.story.now()
    }

    /// Both times.
    pub fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// What decisions may look at now.
    pub fn facts_now(&self) -> Facts<'_> {
        self.facts(self.now(), Origin::Timer)
    }

    fn facts(&self, now: DateTime<Utc>, origin: Origin) -> Facts<'_> {
        Facts { now, house: &self.settings.house, overrides: &[], origin }
    }

    /// A number for a new row, larger than all before it in this process and in time with other processes.
    fn next_id(&self) -> i64 {
        let floor = self.clocks.wire.now().timestamp_micros().saturating_mul(ID_SPREAD) + self.id_salt;
        let taken = self.last_id.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
            Some(if floor > last { floor } else { last + ID_SPREAD })
        });
        let last = taken.unwrap_or_default();
        if floor > last { floor } else { last + ID_SPREAD }
    }
}

/// Fewer than the database has readers, so that a storm of pages leaves some to others.
const VIEWS_AT_ONCE: usize = 2;

/// So many processes can give out ids in the same microsecond without meeting.
const ID_SPREAD: i64 = 1024;
