//! The engine by itself: what its workers do when things go wrong inside of the process.

mod between;
mod forgetting;
mod letters;
mod once;
mod rest;
mod turning;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use dontpanic::clock::{Clock, Clocks, ManualClock};
use dontpanic::config::Config;
use dontpanic::documents::Documents;
use dontpanic::domain::effect::Effect;
use dontpanic::domain::incident::timeline::Origin;
use dontpanic::domain::incident::{Actor, Audience, Incident, Message};
use dontpanic::domain::severity::Severity;
use dontpanic::engine::{Engine, Outgoing, Ports, Settings};
use dontpanic::ids::SlackUserId;
use dontpanic::ports::{
    Conversation, Directory, Errand, NoMessage, Perform, Performed, Receipt, Said, SlackUser, Unanswered,
};
use dontpanic::store::{Db, StoreError};
use dontpanic::telemetry::Metrics;
use futures::future::BoxFuture;

use crate::harness::database::TestDatabase;
use crate::harness::house::house;

/// The outside: takes everything, and panics when it is asked to.
#[derive(Default)]
struct Outside {
    /// So many errands panic.
    panics: AtomicU32,
    /// Whether it panics when it is asked who somebody is; else it does not know.
    asking_panics: AtomicBool,
    /// How often it was asked that.
    asked: AtomicU32,
    performed: Mutex<Vec<Effect>>,
    /// What a message says when it is read, one reading after the other; afterwards it is gone.
    said: Mutex<VecDeque<Said>>,
}

impl Perform for Outside {
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed> {
        Box::pin(async move {
            let left =
                self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            assert!(left.is_err(), "this panic belongs to the test");
            self.performed.lock().unwrap().push(errand.effect.clone());
            Performed::Done(Receipt::Accepted { provider_id: None })
        })
    }
}

impl Directory for Outside {
    fn user<'a>(&'a self, _id: &'a SlackUserId) -> BoxFuture<'a, Result<SlackUser, Unanswered>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            assert!(!self.asking_panics.load(Ordering::SeqCst), "this panic belongs to the test");
            Err(Unanswered { why: "nobody knows".to_owned() })
        })
    }
}

impl Conversation for Outside {
    fn message<'a>(&'a self, _message: &'a Message) -> BoxFuture<'a, Result<Said, NoMessage>> {
        let said = self.said.lock().unwrap().pop_front();
        Box::pin(async move { said.ok_or(NoMessage::Gone) })
    }
}

/// An engine, and everything around it.
struct Alone {
    engine: Arc<Engine>,
    outgoing: Option<Outgoing>,
    outside: Arc<Outside>,
    db: Db,
    wire: Arc<ManualClock>,
    config: Config,
    metrics: Arc<Metrics>,
    _folder: tempfile::TempDir,
}

impl Alone {
    async fn on(place: &TestDatabase) -> Self {
        let at: DateTime<Utc> = "2026-11-20T03:00:00Z".parse().unwrap();
        Self::with_story(place, Arc::new(ManualClock::at(at))).await
    }

    async fn with_story(place: &TestDatabase, story: Arc<dyn Clock>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = house().read("http://127.0.0.1:1", folder.path()).config;
        let db = Db::open(place.target()).await.unwrap();
        let wire = Arc::new(ManualClock::at(story.now()));
        let documents = Documents::load(Path::new("none"), Path::new("none"), story.now().date_naive());
        let outside = Arc::new(Outside::default());
        let ports = Ports {
            slack: outside.clone(),
            webhook: outside.clone(),
            directory: outside.clone(),
            conversation: outside.clone(),
            ..Ports::to_nobody()
        };
        let metrics = Arc::new(Metrics::default());
        let clocks = Clocks { story, wire: wire.clone() };
        let (engine, outgoing) = Engine::new(
            db.clone(),
            clocks,
            Settings::of(&config),
            Arc::new(documents),
            ports,
            metrics.clone(),
        );
        Self { engine, outgoing: Some(outgoing), outside, db, wire, config, metrics, _folder: folder }
    }

    async fn declares(&self) -> Incident {
        let actor = Actor::Token("test".to_owned());
        let title = "Ledger is slow".to_owned();
        self.engine.declare(Severity::P2, title, None, Audience::Everybody, actor, Origin::Api).await.unwrap()
    }

    /// Changes the database behind everybody's back.
    async fn spoils(&self, statement: &'static str) {
        let spoilt: Result<(), StoreError> = self
            .db
            .write("spoil", move |tx| {
                Box::pin(async move {
                    tx.query(statement).execute().await?.any();
                    Ok(())
                })
            })
            .await;
        spoilt.unwrap();
    }

    /// A number out of the database.
    async fn number(&self, statement: &'static str) -> i64 {
        let row: Result<(i64,), StoreError> =
            self.db.read("number", move |tx| Box::pin(async move { tx.query(statement).one().await })).await;
        row.unwrap().0
    }

    fn passes(&self, span: chrono::Duration) {
        self.wire.advance_to(self.wire.now() + span);
    }

    fn performed(&self) -> Vec<Effect> {
        self.outside.performed.lock().unwrap().clone()
    }
}
