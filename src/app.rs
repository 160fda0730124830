//! Puts the service together: sees every room, and is seen by none but the command line, the demo and the tests.

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

use crate::adapters::alertmanager::{self, AlertmanagerApi};
use crate::adapters::email::{self, Email};
use crate::adapters::ntfy::{self, Ntfy};
use crate::adapters::ping::Pinger;
use crate::adapters::slack::conversation::SlackConversation;
use crate::adapters::slack::directory::SlackDirectory;
use crate::adapters::slack::perform::{Names, SlackPerformer};
use crate::adapters::slack::socket::SlackSockets;
use crate::adapters::slack::{Patience, SlackClient};
use crate::adapters::twilio::{self, Account, Twilio};
use crate::adapters::unconfigured::Unconfigured;
use crate::adapters::webhook::{ANSWER_WITHIN, Webhook, WebhookPerformer};
use crate::clock::Clocks;
use crate::config::{Config, DatabaseUrl, SlackMode};
use crate::documents::Documents;
use crate::engine::turning::Turns;
use crate::engine::workers::Workers;
use crate::engine::{Engine, Outgoing, Ports, Settings};
use crate::http::{Web, server};
use crate::inbound::slack::http::SlackHttp;
use crate::inbound::slack::signature::SigningSecret;
use crate::inbound::slack::socket::SocketMode;
use crate::ports::Perform;
use crate::store::{Db, StoreError, Target};
use crate::telemetry::Metrics;

/// How long what is in flight may take when the process stops. The process is gone within ten seconds.
const LAST_WORK: Duration = Duration::from_secs(6);
/// How long requests in flight may take when the process stops.
const LAST_REQUESTS: Duration = Duration::from_secs(2);
/// How long to wait for a database server that is not up yet.
const DATABASE_ATTEMPTS: u32 = 30;

/// The service, put together and not yet running.
pub struct App {
    /// The use cases.
    pub engine: Arc<Engine>,
    /// Every route, Slack's included.
    pub router: Router,
    /// Pages on their way out, for the workers.
    pub outgoing: Outgoing,
    slack: SlackClient,
    db: Db,
    clocks: Clocks,
    mode: SlackMode,
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
        let metrics = Arc::new(Metrics::default());
        let today = clocks.story.now().date_naive();
        let documents = Documents::load(&config.runbooks_dir, &config.postmortems.templates, today);
        for remark in &documents.remarks {
            tracing::warn!(remark = %remark, "a document cannot be used as it is");
        }
        let counted = metrics.clone();
        let slack = SlackClient::new(
            &config.slack.api_url,
            config.slack.bot_token.expose().to_owned(),
            clocks.wire.clone(),
            Patience::default(),
            Arc::new(move |method, result| counted.slack_call(method, result)),
        )
        .context("cannot set up the slack client")?;
        let names = Names {
            announce_channel: config.slack.announce_channel.clone(),
            admin_channel: config.slack.admin_channel.clone(),
            incident_command: config.slack.commands.incident.clone(),
            oncall_command: config.slack.commands.oncall.clone(),
            schedules: config.house.schedules.keys().map(ToString::to_string).collect(),
            services: config.house.services.keys().map(ToString::to_string).collect(),
        };
        let webhook = Webhook::new(ANSWER_WITHIN).context("cannot set up the webhook client")?;
        let members = config.alertmanagers.iter().map(|(id, source)| (id.clone(), source.urls.clone()));
        let alertmanagers = AlertmanagerApi::new(members.collect(), alertmanager::ANSWER_WITHIN)
            .context("cannot set up the client for alertmanager")?;
        let pinger = config.heartbeat_ping.clone().map(Pinger::new).transpose();
        let pinger = pinger.context("cannot set up the client for heartbeat_ping")?;
        let email: Arc<dyn Perform> = match &config.smtp {
            Some(smtp) => Arc::new(
                Email::new(smtp.url.expose(), &smtp.from, email::ANSWER_WITHIN)
                    .context("cannot set up mail")?,
            ),
            None => Arc::new(Unconfigured::new("smtp")),
        };
        let (sms, voice): (Arc<dyn Perform>, Arc<dyn Perform>) = match &config.twilio {
            Some(of) => {
                let account = Account {
                    api: of.url.clone(),
                    sid: of.account_sid.clone(),
                    token: of.auth_token.expose().to_owned(),
                    from: of.from.clone(),
                    public_url: Settings::of(config).public_url,
                };
                let sms = Twilio::sms(account.clone(), twilio::ANSWER_WITHIN).context("cannot set up sms")?;
                let voice = Twilio::voice(account, twilio::ANSWER_WITHIN).context("cannot set up calls")?;
                (Arc::new(sms), Arc::new(voice))
            }
            None => (Arc::new(Unconfigured::new("twilio")), Arc::new(Unconfigured::new("twilio"))),
        };
        let ntfy = Ntfy::new(config.ntfy.url.clone(), ntfy::ANSWER_WITHIN)
            .context("cannot set up the ntfy client")?;
        let ports = Ports {
            slack: Arc::new(SlackPerformer::new(slack.clone(), names)),
            webhook: Arc::new(WebhookPerformer::new(webhook)),
            email,
            ntfy: Arc::new(ntfy),
            sms,
            voice,
            directory: Arc::new(SlackDirectory::new(slack.clone())),
            conversation: Arc::new(SlackConversation::new(slack.clone())),
            alertmanagers: Arc::new(alertmanagers),
            ping: match pinger {
                Some(pinger) => Some(Arc::new(pinger)),
                None => None,
            },
        };
        let (engine, outgoing) = Engine::new(
            db.clone(),
            clocks.clone(),
            Settings::of(config),
            Arc::new(documents),
            ports,
            metrics.clone(),
        );
        let (stop, stopping) = watch::channel(false);
        let mut router = Web::new(config, engine.clone(), metrics, stopping).router();
        if let Some(secret) = config.slack.mode.signing_secret() {
            let secret = SigningSecret::new(secret.expose().to_owned());
            router = router.merge(SlackHttp::new(secret, clocks.wire.clone(), engine.clone()).router());
        }
        let mode = config.slack.mode.clone();
        Ok(Self { engine, router, outgoing, slack, db, clocks, mode, stop })
    }

    /// Starts everything that runs beside the HTTP server.
    pub fn start(self) -> (Router, Running) {
        let Self { engine, router, outgoing, slack, db, clocks, mode, stop } = self;
        let workers = Workers::start(&engine, outgoing);
        let socket = match mode {
            SlackMode::Socket { app_token, .. } => {
                // One connection for each replica, and a second one when there is no other replica to take over.
                let spare = u8::from(db.is_exclusive());
                let connections = NonZeroU8::MIN.saturating_add(spare);
                let sockets = Arc::new(SlackSockets::new(slack, app_token.expose().to_owned()));
                let seed = rand::random();
                let socket = SocketMode::new(sockets, connections, clocks.wire, engine.clone(), seed);
                let listening = engine.keep_turning(Box::new(Listening(socket)), stop.subscribe());
                Some(tokio::spawn(listening))
            }
            SlackMode::Http { .. } => None,
        };
        (router, Running { engine, workers, socket, db, stop })
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
    pub engine: Arc<Engine>,
    workers: Workers,
    socket: Option<JoinHandle<()>>,
    db: Db,
    stop: watch::Sender<bool>,
}

impl Running {
    /// From now on nothing new is begun; readiness says no.
    pub fn stopping(&self) -> watch::Sender<bool> {
        self.stop.clone()
    }

    /// Finishes what is in flight and lets go of the database.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.workers.stop(LAST_WORK).await;
        if let Some(socket) = self.socket {
            // Deliveries that were not acknowledged come again to the next process.
            socket.abort();
        }
        self.db.close().await;
    }
}

/// Opens the database, waiting a while for a server that is not up yet.
async fn open(config: &Config, clocks: &Clocks) -> Result<Db, StoreError> {
    let target = target(&config.database);
    let mut attempt = 1;
    loop {
        match Db::open(&target).await {
            Err(StoreError::Unavailable { why })
                if attempt < DATABASE_ATTEMPTS && matches!(config.database, DatabaseUrl::Postgres(_)) =>
            {
                tracing::warn!(error = %why, attempt, "the database is not there yet");
                attempt += 1;
                clocks.wire.sleep_until(clocks.wire.now() + chrono::Duration::seconds(1)).await;
            }
            opened => return opened,
        }
    }
}

/// Runs the service until it is told to stop.
///
/// # Errors
/// When it cannot start: the database is locked or unusable, the port is taken, a client cannot be made.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    let clocks = Clocks::system();
    let db = open(config, &clocks).await.context("cannot open the database")?;
    let app = App::assemble(config, clocks, db)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; is the port taken?", config.listen))?;
    app.engine.take_over().await.context("cannot take over what the last process left")?;
    app.engine.link_key().await.context("cannot read the key that links are signed with")?;
    let (router, running) = app.start();
    tracing::info!(listen = %config.listen, version = env!("CARGO_PKG_VERSION"), "ready");
    run_until_told(listener, router, running).await
}

/// Serves until SIGTERM or SIGINT, then finishes what is in flight.
///
/// # Errors
/// When signals cannot be listened to, or the server fails.
pub async fn run_until_told(listener: TcpListener, router: Router, running: Running) -> anyhow::Result<()> {
    let told = told_to_stop().context("cannot listen to signals")?;
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
