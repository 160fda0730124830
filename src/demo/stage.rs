//! What stands on the stage: one workspace, one service, one clock, one temporary directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Addresses;
use super::tray::Begun;
use crate::app::{App, Running};
use crate::clock::{Clock, Clocks, ScaledClock, SystemClock};
use crate::config::{Commands, Config};
use crate::engine::Engine;
use crate::store::Db;
use crate::workspace::{RateLimits, UserKind, Workspace, WorkspaceConfig};

/// The configuration of the rehearsal.
const CONFIG: &str = include_str!("demo.yaml");

/// How long the stage may take to fall quiet after the clock was moved, real time.
const QUIET_WITHIN: Duration = Duration::from_secs(6);

/// How long the story may stand still at one instant for what is only shown, once its pages are sent; real time. Slack's
/// limits may ask for more than that, and what is shown catches up in any case.
const SHOWN_WITHIN: Duration = Duration::from_millis(500);

/// Who is who in the rehearsal: key, Slack user, name, zone.
pub const CAST: [(&str, &str, &str, &str); 5] = [
    ("alice", "U0A", "Alice", "Europe/Paris"),
    ("bob", "U0B", "Bob", "Europe/Paris"),
    ("charlie", "U0C", "Charlie", "America/New_York"),
    ("diana", "U0D", "Diana", "Europe/Paris"),
    ("eve", "U0E", "Eve", "Asia/Kolkata"),
];

/// Something that arrived on somebody's phone.
#[derive(Debug, Clone, Serialize)]
pub struct Ring {
    /// When, story time.
    pub at: DateTime<Utc>,
    /// By which contact method.
    pub method: &'static str,
    /// The first line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// Which incident it is about.
    pub incident: String,
    /// The link to the incident's page.
    pub url: Option<String>,
    /// Whether it may have rung before.
    pub repeat: bool,
}

/// The stage.
pub struct Stage {
    addresses: Addresses,
    /// The Slack of the rehearsal.
    pub workspace: Workspace,
    /// Story time.
    pub clock: Arc<ScaledClock>,
    /// The service's use cases.
    pub engine: Arc<Engine>,
    /// The names of the slash commands.
    pub commands: Commands,
    router: Router,
    folder: PathBuf,
    app: Mutex<Option<App>>,
    running: Mutex<Option<Running>>,
    /// What arrived on the phones.
    pub phones: Mutex<BTreeMap<String, Vec<Ring>>>,
    /// When each alert began.
    pub begun: Mutex<Begun>,
}

/// Takes a lock whose holder can do no harm by panicking.
pub fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where everything is, with secrets that nobody has had before.
pub fn new_addresses(port: u16) -> Addresses {
    let base = format!("http://127.0.0.1:{port}");
    Addresses {
        webhook_url: format!("{base}/webhooks/alertmanager"),
        webhook_token: secret(""),
        slack_api_url: format!("{base}/api"),
        bot_token: secret("xoxb-"),
        app_token: secret("xapp-"),
        signing_secret: secret(""),
        web: base,
    }
}

fn secret(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::random::<u128>())
}

impl Stage {
    /// Sets everything up for the server at these addresses. Nothing runs yet.
    pub async fn set(addresses: Addresses, port: u16) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("dontpanic-demo-{:016x}", rand::random::<u64>()));
        tokio::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .await
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let wire = Arc::new(SystemClock);
        let clock = Arc::new(ScaledClock::default());
        let workspace = Workspace::new(&WorkspaceConfig {
            clock: wire.clone(),
            stamps: Some(clock.clone()),
            bot_token: addresses.bot_token.clone(),
            app_token: addresses.app_token.clone(),
            signing_secret: addresses.signing_secret.clone(),
            rate_limits: RateLimits::Slack,
            ..WorkspaceConfig::default()
        });
        workspace.set_base_url(&addresses.web);
        for (_, user, name, zone) in CAST {
            workspace.add_user(user, &name.to_lowercase(), UserKind::Member, zone);
        }
        for channel in ["incidents", "dontpanic-admin"] {
            workspace.add_channel(channel);
        }
        let config = configuration(&addresses, port, &folder, clock.now())?;
        let db = Db::open(&crate::app::target(&config.database)).await.context("cannot open the database")?;
        let clocks = Clocks { story: clock.clone(), wire };
        let app = App::assemble(&config, clocks, db)?;
        let router = app.router.clone().merge(workspace.router()).nest("/workspace", workspace.page_router());
        Ok(Self {
            addresses,
            workspace,
            clock,
            engine: app.in_force.engine(),
            commands: config.slack.commands.clone(),
            router,
            folder,
            app: Mutex::new(Some(app)),
            running: Mutex::new(None),
            phones: Mutex::default(),
            begun: Mutex::default(),
        })
    }

    /// Starts the service; the server must be listening, since the service calls back.
    pub async fn start(&self) -> anyhow::Result<()> {
        let app = held(&self.app).take();
        if let Some(app) = app {
            let (_router, running) = app.start();
            *held(&self.running) = Some(running);
        }
        // The page is of use once Slack reaches the service.
        let limit = SystemClock.now() + chrono::Duration::seconds(5);
        while self.workspace.connections() == 0 && SystemClock.now() < limit {
            SystemClock.sleep_until(SystemClock.now() + chrono::Duration::milliseconds(10)).await;
        }
        Ok(())
    }

    /// Stops the service and removes everything it kept.
    pub async fn tear_down(&self) {
        let running = held(&self.running).take();
        if let Some(running) = running {
            running.stop().await;
        }
        if let Err(error) = tokio::fs::remove_dir_all(&self.folder).await {
            tracing::warn!(folder = %self.folder.display(), error = %error, "the temporary folder stays");
        }
    }

    /// Where everything is.
    pub fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    /// The service's and the workspace's routes.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Moves story time to `until`, stopping at every instant at which something is due, in order.
    pub async fn advance_to(&self, until: DateTime<Utc>) -> anyhow::Result<()> {
        let mut has_waited = false;
        loop {
            self.pages().await?;
            let due = self.engine.next_of_all().await?.filter(|due| *due <= until);
            // What was due may have become a page while this looked for what is due next.
            if !has_waited && !self.engine.has_paged().await? {
                has_waited = true;
                continue;
            }
            has_waited = false;
            let Some(due) = due else { break };
            self.clock.advance_to(due);
        }
        self.clock.advance_to(until);
        self.pages().await?;
        self.settles(QUIET_WITHIN).await
    }

    /// Waits until all pages of this instant are sent, or until that has taken too long (Slack may be down); then a moment
    /// longer for what is shown.
    async fn pages(&self) -> anyhow::Result<()> {
        let limit = SystemClock.now() + chrono::Duration::from_std(QUIET_WITHIN)?;
        while !self.engine.has_paged().await? && SystemClock.now() < limit {
            a_moment().await;
        }
        self.settles(SHOWN_WITHIN).await
    }

    /// Waits until nothing is due and nothing is under way, at most this long.
    async fn settles(&self, within: Duration) -> anyhow::Result<()> {
        let limit = SystemClock.now() + chrono::Duration::from_std(within)?;
        while !self.engine.is_quiet().await? && SystemClock.now() < limit {
            a_moment().await;
        }
        Ok(())
    }
}

async fn a_moment() {
    SystemClock.sleep_until(SystemClock.now() + chrono::Duration::milliseconds(20)).await;
}

/// The rehearsal's configuration. Alice's week began more than a day ago, whatever the hour, so nobody takes over in the middle of
/// the first two minutes.
pub(super) fn configuration(
    addresses: &Addresses,
    port: u16,
    folder: &Path,
    now: DateTime<Utc>,
) -> anyhow::Result<Config> {
    let start = now.date_naive() - chrono::Duration::days(2);
    let variable = |name: &str| match name {
        "PORT" => Some(port.to_string()),
        "DATA" => Some(folder.display().to_string()),
        "WEBHOOK_TOKEN" => Some(addresses.webhook_token.clone()),
        "BOT_TOKEN" => Some(addresses.bot_token.clone()),
        "APP_TOKEN" => Some(addresses.app_token.clone()),
        "SIGNING_SECRET" => Some(addresses.signing_secret.clone()),
        "ROTATION_START" => Some(start.to_string()),
        "HANDOFF_DAY" => Some(start.format("%a").to_string()),
        _ => None,
    };
    let loaded = Config::read(CONFIG.as_bytes(), &folder.join("demo.yaml"), &variable)
        .context("the rehearsal's own configuration is faulty")?;
    Ok(loaded.config)
}
