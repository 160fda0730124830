//! Use cases: read the facts, decide, save, then act on what was saved.
//!
//! Everything that changes an incident goes through [`Engine::handle`] or [`Engine::ingest`]. Nothing is acknowledged
//! before it is committed, and nothing is performed while a transaction is open. The workers ([`workers`]) find their work in
//! the database; a nudge after a commit only makes it faster.

mod acking;
mod calendars;
pub mod callbacks;
mod calls;
mod canvases;
mod digest;
mod doors;
mod doubts;
mod ends;
mod evidence;
mod folding;
mod forgetting;
mod handle;
mod handoff;
mod hearing;
mod heartbeats;
mod holes;
mod home;
mod hurry;
mod in_force;
pub mod inbox;
mod ingest;
mod intake;
mod links;
mod look_ahead;
mod lots;
mod merging;
mod nudges;
mod outbox;
mod outcomes;
pub mod pagerduty;
mod people;
mod pings;
mod places;
mod postmortem;
mod questions;
pub mod reading;
mod reconcile;
mod refusals;
mod reload;
mod repeats;
mod report;
pub mod rota;
mod save;
mod settlement;
mod silences;
mod sources;
mod standing;
mod stats;
mod storms;
mod swaps;
mod talk;
mod test_page;
pub mod turning;
mod turns;
mod usergroups;
mod views;
pub mod workers;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use tokio::sync::{OnceCell, Semaphore};

use crate::clock::Clocks;
use crate::config::{Config, Heartbeat, SourceConfig};
use crate::documents::Documents;
use crate::domain::compensation::Compensation;
use crate::domain::house::House;
use crate::domain::incident::Facts;
use crate::domain::incident::timeline::Origin;
use crate::domain::matcher::Matcher;
use crate::domain::stats::Night;
use crate::ids::SourceId;
use crate::ports::{Alertmanagers, Conversation, Directory, Perform, Ping};
use crate::store::Db;
use crate::telemetry::Metrics;

use self::doors::Doors;
use self::hearing::Ears;
use self::intake::Intake;
use self::nudges::Nudges;
use self::outcomes::Outcomes;
use self::rota::Rota;
use self::sources::Senders;
use self::turning::Loops;

pub use acking::{Acking, NoAck};
pub use calendars::Address;
pub use doors::Outgoing;
pub use handle::HandleError;
pub use in_force::InForce;
pub use ingest::Ingested;
pub use links::{ACKS_FOR, AckLink, BadLink, LinkKey, WORKS_FOR};
pub use people::{Caller, Denied};
pub use postmortem::Postmortem;

pub use crate::store::StoreError;

/// What the engine knows of a source of alerts.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its alerts that match all of these are heartbeats: they open nothing.
    pub heartbeat: Vec<Matcher>,
    /// How long without a beat is too long; `None`: absence means nothing.
    pub timeout: Option<Duration>,
    /// How often notes are compared with it; `None`: never.
    pub reconcile_every: Option<Duration>,
}

/// What an engine was configured with. It never changes: another configuration is another engine.
pub struct Settings {
    /// The house rules.
    pub house: Arc<House>,
    /// The sources of alerts.
    pub sources: BTreeMap<SourceId, Source>,
    /// Where the web pages of this service are; no slash at its end.
    pub public_url: Option<String>,
    /// The hours of the night, for figures.
    pub night: Night,
    /// Where copies of post-mortems are written.
    pub postmortems_dir: std::path::PathBuf,
    /// What being on call is worth.
    pub compensation: Option<Compensation>,
    /// The slash command for incidents, with its slash.
    pub incident_command: String,
    /// The slash command for schedules, with its slash.
    pub oncall_command: String,
}

impl Settings {
    /// What of the configuration the engine needs.
    pub fn of(config: &Config) -> Self {
        let source = |(id, source): (&SourceId, &SourceConfig)| {
            let SourceConfig { heartbeat, reconcile_every, .. } = source.clone();
            let Heartbeat { matchers: heartbeat, timeout } = heartbeat;
            (id.clone(), Source { heartbeat, timeout, reconcile_every })
        };
        let sources = config.alertmanagers.iter().map(source).collect();
        Self {
            house: Arc::new(config.house.clone()),
            sources,
            public_url: config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
            night: config.night,
            postmortems_dir: config.postmortems.dir.clone(),
            compensation: config.compensation.clone(),
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
    /// The `email` contact method.
    pub email: Arc<dyn Perform>,
    /// The `ntfy` contact method.
    pub ntfy: Arc<dyn Perform>,
    /// The `sms` contact method.
    pub sms: Arc<dyn Perform>,
    /// The `voice` contact method.
    pub voice: Arc<dyn Perform>,
    /// Who is who in Slack.
    pub directory: Arc<dyn Directory>,
    /// What is written in Slack.
    pub conversation: Arc<dyn Conversation>,
    /// The sources of alerts, as partners that can be asked.
    pub alertmanagers: Arc<dyn Alertmanagers>,
    /// PagerDuty; `None`: it is not told.
    pub pagerduty: Option<Arc<dyn Perform>>,
    /// Who notices when this service is gone; `None`: nobody.
    pub ping: Option<Arc<dyn Ping>>,
}

/// The use cases under one configuration, over one database.
///
/// A reload makes another engine over the same [`Workings`]. What has begun under the old one ends under it, so that no decision
/// sees half of each; whoever goes on for long asks [`InForce`] anew at each turn.
pub struct Engine {
    workings: Arc<Workings>,
    settings: Settings,
    documents: Arc<Documents>,
    ports: Ports,
    rota: rota::Copy,
    attended: handoff::Attended,
    weeks: look_ahead::Weeks,
    usergroups: usergroups::Known,
    acquainted: standing::Acquainted,
    compared: reload::Compared,
}

/// What the engines of a process have in common, whatever they were configured with.
pub struct Workings {
    db: Db,
    clocks: Clocks,
    metrics: Arc<Metrics>,
    nudges: Nudges,
    intake: Arc<Intake>,
    outcomes: Arc<Outcomes>,
    ears: Ears,
    /// Read, or made, when it is first wanted.
    link_key: OnceCell<LinkKey>,
    loops: Arc<Loops>,
    /// So many views are read at once; the others wait for their turn, in order and for as long as it takes.
    showing: Semaphore,
    doors: Doors,
    looked: rota::Looked,
    nightly: holes::Nightly,
    senders: Senders,
    telling: heartbeats::Telling,
    last_id: AtomicI64,
    /// Ids of this process differ from those of others by this.
    id_salt: i64,
}

impl Deref for Engine {
    type Target = Workings;

    fn deref(&self) -> &Workings {
        &self.workings
    }
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
        let workings = Workings {
            db,
            clocks,
            metrics,
            nudges: Nudges::default(),
            intake: Arc::default(),
            outcomes: Arc::default(),
            ears: Ears::default(),
            link_key: OnceCell::new(),
            loops: Arc::default(),
            showing: Semaphore::new(VIEWS_AT_ONCE),
            doors,
            looked: rota::Looked::default(),
            nightly: holes::Nightly::default(),
            senders: Senders::default(),
            telling: heartbeats::Telling::default(),
            last_id: AtomicI64::new(0),
            id_salt: rand::random_range(0..ID_SPREAD),
        };
        let engine = Self {
            workings: Arc::new(workings),
            settings,
            documents,
            ports,
            rota: rota::Copy::default(),
            attended: handoff::Attended::default(),
            weeks: look_ahead::Weeks::default(),
            usergroups: usergroups::Known::default(),
            acquainted: standing::Acquainted::default(),
            compared: reload::Compared::default(),
        };
        (Arc::new(engine), outgoing)
    }

    /// The same service under another configuration. It knows of the same overrides.
    #[must_use]
    pub fn under(&self, settings: Settings, documents: Arc<Documents>, ports: Ports) -> Arc<Self> {
        let rota = rota::Copy::under(&self.rota(), &settings.house);
        Arc::new(Self {
            workings: self.workings.clone(),
            settings,
            documents,
            ports,
            rota,
            attended: handoff::Attended::default(),
            weeks: look_ahead::Weeks::default(),
            usergroups: usergroups::Known::default(),
            acquainted: standing::Acquainted::default(),
            compared: reload::Compared::default(),
        })
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
    pub fn facts_now<'a>(&'a self, rota: &'a Rota) -> Facts<'a> {
        self.facts(rota, self.now(), Origin::Timer)
    }

    fn facts<'a>(&'a self, rota: &'a Rota, now: DateTime<Utc>, origin: Origin) -> Facts<'a> {
        Facts { now, house: &self.settings.house, overrides: rota.overrides(), origin, umbrella: None }
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
