//! Puts the service together: sees every room, and is seen by none but the command line, the demo and the tests.

mod files;
mod front;
mod parts;
mod reload;
mod waiting;

use std::num::NonZeroU8;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::adapters::slack::socket::SlackSockets;
use crate::clock::Clocks;
use crate::config::{Config, DatabaseUrl, Loaded, Note, SlackMode};
use crate::engine::turning::Turns;
use crate::engine::workers::Workers;
use crate::engine::{Engine, InForce, Outgoing, Settings};
use crate::http::server;
use crate::inbound::slack::socket::SocketMode;
use crate::store::{Db, StoreError, Target};

use self::front::Front;
use self::parts::Parts;
use self::waiting::Waiting;

pub use self::files::{Reloading, Source, Variables};
pub use self::reload::{Outcome, Reloader};

/// How long what is in flight may take when the process stops. The process is gone within ten seconds.
const LAST_WORK: Duration = Duration::from_secs(6);
/// How long requests in flight may take when the process stops.
const LAST_REQUESTS: Duration = Duration::from_secs(2);
/// How long to wait for a database server that is not up yet.
const DATABASE_ATTEMPTS: u32 = 30;

/// The service, put together and not yet running.
pub struct App {
    /// The use cases.
    pub in_force: Arc<InForce>,
    /// Every route, Slack's included.
    pub router: Router,
    /// Pages on their way out, for the workers.
    pub outgoing: Outgoing,
    parts: Parts,
    front: Front,
    config: Config,
    db: Db,
    stop: watch::Sender<bool>,
}

/// Where a configuration keeps its data.
pub fn target(database: &DatabaseUrl) -> Target {
    match database {
        DatabaseUrl::Sqlite(path) => Target::Sqlite(path.clone()),
        DatabaseUrl::Postgres(url) => Target::Postgres(url.expose().to_owned()),
    }
}

impl App {
    /// Puts the service together over an open database.
    ///
    /// # Errors
    /// When a client for the outside world cannot be made.
    pub fn assemble(config: &Config, clocks: Clocks, db: Db) -> anyhow::Result<Self> {
        crate::adapters::install_tls();
        let (stop, stopping) = watch::channel(false);
        let parts = Parts::new(config, clocks.clone(), stopping)?;
        let documents = parts.documents(config);
        for remark in &documents.remarks {
            tracing::warn!(remark = %remark, "a document cannot be used as it is");
        }
        let (engine, outgoing) = Engine::new(
            db.clone(),
            clocks,
            Settings::of(config),
            Arc::new(documents),
            parts.ports(config)?,
            parts.metrics.clone(),
        );
        let in_force = InForce::new(engine.clone());
        let front = Front::new(parts.router(config, engine, &in_force));
        let (router, config) = (front.router(), config.clone());
        Ok(Self { in_force, router, outgoing, parts, front, config, db, stop })
    }

    /// What puts other configurations in force. `notes` are known to be worth saying about this one.
    pub fn reloader(&self, notes: &[Note]) -> Reloader {
        Reloader::new(
            self.parts.clone(),
            self.in_force.clone(),
            self.front.clone(),
            self.config.clone(),
            notes,
        )
    }

    /// Starts everything that runs beside the HTTP server.
    pub fn start(self) -> (Router, Running) {
        let Self { in_force, router, outgoing, parts, front: _, config, db, stop } = self;
        let workers = Workers::start(&in_force, outgoing);
        let socket = match config.slack.mode {
            SlackMode::Socket { app_token, .. } => {
                // One connection for each replica, and a second one when there is no other replica to take over.
                let spare = u8::from(db.is_exclusive());
                let connections = NonZeroU8::MIN.saturating_add(spare);
                let sockets = Arc::new(SlackSockets::new(parts.slack, app_token.expose().to_owned()));
                let (seed, wire) = (rand::random(), parts.clocks.wire);
                let socket = SocketMode::new(sockets, connections, wire, in_force.clone(), seed);
                let listening = in_force.engine().keep_turning(Box::new(Listening(socket)), stop.subscribe());
                Some(tokio::spawn(listening))
            }
            SlackMode::Http { .. } => None,
        };
        (router, Running { in_force, workers, beside: socket.into_iter().collect(), db, stop })
    }
}

/// Slack's way in over Socket Mode, as a loop of the process.
struct Listening(SocketMode);

impl Turns for Listening {
    fn name(&self) -> String {
        "slack socket".to_owned()
    }

    fn turn(&mut self, stopped: watch::Receiver<bool>) -> BoxFuture<'_, ()> {
        self.0.run(stopped).boxed()
    }
}

/// The service at work.
pub struct Running {
    /// The use cases.
    pub in_force: Arc<InForce>,
    workers: Workers,
    /// What may be broken off at any time.
    beside: Vec<JoinHandle<()>>,
    db: Db,
    stop: watch::Sender<bool>,
}

impl Running {
    /// From now on nothing new is begun; readiness says no.
    pub fn stopping(&self) -> watch::Sender<bool> {
        self.stop.clone()
    }

    /// Keeps the configuration as its file says.
    pub fn keeps_up(&mut self, reloading: Reloading) {
        let keeping = self.in_force.engine().keep_turning(Box::new(reloading), self.stop.subscribe());
        self.beside.push(tokio::spawn(keeping));
    }

    /// Finishes what is in flight and lets go of the database.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.workers.stop(LAST_WORK).await;
        for beside in self.beside {
            // Deliveries that were not acknowledged come again to the next process.
            beside.abort();
        }
        self.db.close().await;
    }
}

/// Opens the database, waiting a while for a server that is not up yet, or for whoever else writes to it. Whoever waited answers
/// on the service's port.
async fn open(config: &Config, clocks: &Clocks) -> anyhow::Result<(Db, Option<Waiting>)> {
    let target = target(&config.database);
    let (mut attempt, mut waiting) = (1, None);
    loop {
        match opened(&target).await {
            Err(error) if attempt < DATABASE_ATTEMPTS && may_pass(&error, &config.database) => {
                if waiting.is_none() {
                    waiting = Some(Waiting::begin(config.listen).await?);
                }
                tracing::warn!(%error, attempt, "{} cannot be used yet", name(&config.database));
                attempt += 1;
                clocks.wire.sleep_until(clocks.wire.now() + chrono::Duration::seconds(1)).await;
            }
            opened => {
                let opened = opened.with_context(|| format!("cannot open {}", name(&config.database)))?;
                return Ok((opened, waiting));
            }
        }
    }
}

/// The database, open and able to take changes.
async fn opened(target: &Target) -> Result<Db, StoreError> {
    let db = Db::open(target).await?;
    match db.answers().await {
        Ok(()) => Ok(db),
        Err(error) => {
            db.close().await;
            Err(error)
        }
    }
}

/// Whether the database may be opened a little later. Nobody has to start a file's disk; a server may come up after us.
fn may_pass(error: &StoreError, database: &DatabaseUrl) -> bool {
    match error {
        StoreError::Contended { .. } => true,
        StoreError::Unavailable { .. } => matches!(database, DatabaseUrl::Postgres(_)),
        _ => false,
    }
}

/// The database in a log: a server's address may hold a password.
fn name(database: &DatabaseUrl) -> String {
    match database {
        DatabaseUrl::Sqlite(path) => format!("the database `{}`", path.display()),
        DatabaseUrl::Postgres(_) => "the database".to_owned(),
    }
}

/// Runs the service until it is told to stop. `source` is where the configuration was read, and is read again.
///
/// # Errors
/// When it cannot start: the database is locked or unusable, the port is taken, a client cannot be made.
pub async fn serve(loaded: Loaded, source: Source) -> anyhow::Result<()> {
    // Before anything that may take long: whoever is told to stop while it starts has nothing to finish.
    let mut told = Box::pin(told_to_stop().context("cannot listen to signals")?);
    let config = &loaded.config;
    let (app, listener) = tokio::select! {
        biased;
        () = &mut told => {
            tracing::info!("told to stop before it was ready");
            return Ok(());
        }
        made = ready_to_start(config) => made?,
    };
    let reloader = app.reloader(&loaded.notes);
    let (router, mut running) = app.start();
    running.keeps_up(Reloading::new(reloader, source, loaded.secret_files.clone()));
    tracing::info!(listen = %config.listen, version = env!("CARGO_PKG_VERSION"), "ready");
    run_until(told, listener, router, running).await
}

/// Everything that must be there before the service starts; nothing runs yet.
async fn ready_to_start(config: &Config) -> anyhow::Result<(App, TcpListener)> {
    let clocks = Clocks::system();
    let (db, waiting) = open(config, &clocks).await?;
    let app = App::assemble(config, clocks, db)?;
    let listener = match waiting {
        Some(waiting) => waiting.end().await,
        None => waiting::listen(config.listen).await?,
    };
    let engine = app.in_force.engine();
    engine.take_over().await.context("cannot take over what the last process left")?;
    engine.link_key().await.context("cannot read the key that links are signed with")?;
    Ok((app, listener))
}

/// Serves until it is `told` to stop, then finishes what is in flight.
async fn run_until(
    told: impl Future<Output = ()>,
    listener: TcpListener,
    router: Router,
    running: Running,
) -> anyhow::Result<()> {
    let stop = running.stopping();
    let mut stopped = stop.subscribe();
    let serving = server::serve(listener, router, server::Limits::default(), async move {
        // An error means that the sender is gone, and with it the service.
        let _told = stopped.wait_for(|stopped| *stopped).await;
    });
    let serving = tokio::spawn(serving);
    told.await;
    tracing::info!("stopping: finishing what is in flight");
    stop.send_replace(true);
    if tokio::time::timeout(LAST_REQUESTS, serving).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Comes back when the process gets SIGTERM; never when that cannot be listened to.
pub async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(error) => {
            tracing::warn!(error = %error, "SIGTERM cannot be listened to; end with Ctrl-C");
            std::future::pending::<()>().await;
        }
    }
}

/// Comes back when the process is told to stop.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
