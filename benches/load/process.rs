//! The two servers under load, each a process of its own: the service as it is shipped, and the floor.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use dontpanic::store::Target;
use tempfile::TempDir;

use crate::client::Client;
use crate::world::World;

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(10);

/// How alice is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// By a request to her own pager.
    Pager,
    /// By a direct message.
    Slack,
}

/// Whether many incidents at once are a storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// As in a configuration that does not speak of them: from the tenth within a minute on they join an umbrella.
    Usual,
    /// Each incident is one of its own, and each page rings.
    Off,
}

/// A running server; it is killed when this is dropped.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    /// From its start until it answered that it is ready.
    pub ready_after: Duration,
    child: Child,
    _folder: Option<TempDir>,
}

/// What a process takes of the machine's memory, KiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At its highest.
    pub peak: u64,
}

impl Server {
    /// Starts the service.
    pub async fn service(
        target: &Target,
        world: &World,
        contact: Contact,
        limits: Limits,
    ) -> anyhow::Result<Self> {
        Self::configured(target, world, &one_team(world, contact, limits)).await
    }

    /// Starts the service for two teams, with the usual limits of a storm.
    pub async fn of_two_teams(target: &Target, world: &World) -> anyhow::Result<Self> {
        Self::configured(target, world, TWO_TEAMS).await
    }

    async fn configured(target: &Target, world: &World, house: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let file = folder.path().join("dontpanic.yaml");
        std::fs::write(&file, configuration(port, target, world, folder.path()) + house)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_dontpanic"));
        command.arg("serve").arg("-c").arg(&file);
        Self::start(command, port, "/health/ready", Some(folder)).await
    }

    /// Starts the floor: this very program, told to be it.
    pub async fn floor(target: &Target) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("floor").arg(port.to_string()).arg(address(target));
        Self::start(command, port, "/", None).await
    }

    async fn start(
        mut command: Command,
        port: u16,
        path: &str,
        folder: Option<TempDir>,
    ) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).spawn().context("cannot start a server")?;
        let mut server = Self { port, ready_after: Duration::ZERO, child, _folder: folder };
        let mut look = tokio::time::interval(Duration::from_millis(2));
        while begun.elapsed() < START {
            look.tick().await;
            if let Some(status) = server.child.try_wait()? {
                bail!("a server ended at once: {status}");
            }
            let Ok(mut client) = Client::connect(port).await else { continue };
            if client.get(path).await.is_ok_and(|answered| answered.status < 500) {
                server.ready_after = begun.elapsed();
                return Ok(server);
            }
        }
        bail!("a server was not ready within {START:?}")
    }

    /// What it takes of the machine's memory.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
            line.split_whitespace().nth(1).context("no number")?.parse::<u64>().context("not a number")
        };
        Ok(Memory { resident: kib("VmRSS")?, peak: kib("VmHWM")? })
    }

    /// Ends it at whatever instruction it is.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// A port that is free now.
fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A target as one argument.
pub fn address(target: &Target) -> String {
    match target {
        Target::Sqlite(path) => format!("sqlite://{}", path.display()),
        Target::Postgres(address) => address.clone(),
    }
}

/// The target that [`address`] wrote.
pub fn target(address: &str) -> Target {
    match address.strip_prefix("sqlite://") {
        Some(path) => Target::Sqlite(path.into()),
        None => Target::Postgres(address.to_owned()),
    }
}

/// Alice has everything.
fn one_team(world: &World, contact: Contact, limits: Limits) -> String {
    let contact = match contact {
        Contact::Pager => "webhook",
        Contact::Slack => "slack",
    };
    let limits = match limits {
        Limits::Usual => "",
        Limits::Off => "incidents: {storm_threshold: 0, page_bundle: 0s}\n",
    };
    format!(
        "{limits}people: {{alice: {{slack: U0A, contact: [{contact}], webhook: \"http://127.0.0.1:{world}/pager\"}}}}
schedules: {{platform: {{rotation: {{every: 1w, start: 2026-01-05, people: [alice]}}}}}}
",
        world = world.port,
    )
}

/// Bob has the search service and Alice everything else; all limits are the usual ones.
const TWO_TEAMS: &str = "people: {alice: {slack: U0A, contact: [slack]}, bob: {slack: U0B, contact: [slack]}}
services: {search: {schedule: search}}
schedules:
  platform: {rotation: {every: 1w, start: 2026-01-05, people: [alice]}}
  search: {rotation: {every: 1w, start: 2026-01-05, people: [bob]}}
";

fn configuration(port: u16, target: &Target, world: &World, folder: &Path) -> String {
    format!(
        "listen: 127.0.0.1:{port}
database: {database}
log: {{format: json, level: error}}
slack:
  mode: http
  bot_token: {bot}
  signing_secret: {secret}
  api_url: http://127.0.0.1:{world}/api
alertmanagers: {{main: {{webhook_auth: none}}}}
default_schedule: platform
escalation:
  default: [{{page: [primary], wait: 15m}}]
runbooks: {{dir: {folder}/runbooks}}
postmortems: {{dir: {folder}/postmortems, templates: {folder}/templates}}
",
        database = address(target),
        bot = world.slack.bot_token,
        secret = world.slack.signing_secret,
        world = world.port,
        folder = folder.display(),
    )
}
