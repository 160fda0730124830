//! The real Alertmanager and the real Prometheus, from the distribution's packages.
//!
//! A machine without them fails the test; it never skips it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Json, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use dontpanic::clock::{Clock as _, SystemClock};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;

use super::bot::{Bot, Process, WEBHOOK_TOKEN};
use super::{eventually, pause};
use crate::harness::free_port::free_port;

const STARTS_WITHIN: Duration = Duration::from_secs(45);

/// How often Alertmanager says again what has not changed.
#[derive(Clone, Copy)]
pub enum Repeats {
    /// Not while a test runs.
    Rarely,
    /// Every two seconds.
    Often,
}

/// Whether Alertmanager says that something has ended.
#[derive(Clone, Copy)]
pub enum Resolves {
    /// It does.
    Sent,
    /// It does not.
    Kept,
}

/// The ports of this machine at which the members of a pair talk to each other.
#[derive(Clone, Copy)]
pub struct Gossip {
    /// Where this one listens.
    pub own: u16,
    /// Where the other one does.
    pub other: u16,
}

/// By what alerts are grouped.
#[derive(Clone, Copy)]
pub enum GroupedBy {
    /// All of a name together.
    Name,
    /// Each instance by itself.
    Instance,
}

/// Alertmanager with one receiver: the service.
pub struct Alertmanager {
    process: Option<Process>,
    port: u16,
    folder: TempDir,
    client: Client,
    webhook: String,
    repeats: Repeats,
    resolves: Resolves,
    gossip: Option<Gossip>,
}

impl Alertmanager {
    /// Starts it with the receiver block that the README shows, and returns when it is ready.
    pub async fn for_bot(bot: &Bot, repeats: Repeats) -> Self {
        Self::on(free_port(), bot, repeats, Resolves::Sent).await
    }

    /// The same on a port that was chosen before.
    pub async fn on(port: u16, bot: &Bot, repeats: Repeats, resolves: Resolves) -> Self {
        let folder = tempfile::tempdir().expect("cannot create a temporary directory");
        let client = Client::builder().timeout(Duration::from_secs(30)).no_proxy().build().expect("a client");
        let webhook = bot.url("/webhooks/alertmanager");
        let mut alertmanager =
            Self { process: None, port, folder, client, webhook, repeats, resolves, gossip: None };
        alertmanager.is_configured(GroupedBy::Name);
        alertmanager.starts().await;
        alertmanager
    }

    /// Groups otherwise from its next start, or from when it is told to read its configuration.
    pub fn is_configured(&self, grouped: GroupedBy) {
        self.is_configured_to_send(grouped, 0);
    }

    /// The same, and of each group at most so many alerts are sent; 0 is all of them.
    pub fn is_configured_to_send(&self, grouped: GroupedBy, most: u32) {
        let repeat_interval = match self.repeats {
            Repeats::Rarely => "1h",
            Repeats::Often => "2s",
        };
        let group_by = match grouped {
            GroupedBy::Name => "alertname, cluster",
            GroupedBy::Instance => "alertname, cluster, instance",
        };
        let send_resolved = matches!(self.resolves, Resolves::Sent);
        let config = format!(
            "
route:
  receiver: dontpanic
  group_by: [{group_by}]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: {repeat_interval}
receivers:
  - name: dontpanic
    webhook_configs:
      - url: {}
        send_resolved: {send_resolved}
        max_alerts: {most}
        http_config:
          authorization:
            type: Bearer
            credentials: {WEBHOOK_TOKEN}
inhibit_rules:
  - source_matchers: ['instance=root']
    target_matchers: ['instance=~leaf-.+']
",
            self.webhook
        );
        std::fs::write(self.folder.path().join("alertmanager.yml"), config).expect("cannot write");
    }

    /// Reads its configuration anew, at a request.
    pub async fn reloads(&self) {
        let answer = self.client.post(self.url("/-/reload")).send().await;
        let answer = answer.expect("Alertmanager does not answer");
        assert!(answer.status().is_success(), "Alertmanager answers {}", answer.status());
    }

    /// Gets a signal and goes on.
    pub fn gets(&self, signal: &str) {
        self.process.as_ref().expect("Alertmanager does not run").signal(signal);
    }

    /// Talks to the other one of a pair from its next start on, or to nobody.
    pub fn gossips(&mut self, gossip: Option<Gossip>) {
        self.gossip = gossip;
    }

    /// How many there are in its pair, as far as it knows.
    pub async fn n_members(&self) -> usize {
        let status = self.answers("/api/v2/status").await;
        status["cluster"]["peers"].as_array().map_or(0, Vec::len)
    }

    /// Starts it, on what an earlier process has stored.
    pub async fn starts(&mut self) {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let mut command = Command::new(installed(&["prometheus-alertmanager", "alertmanager"]));
        command.arg(format!("--config.file={}", at("alertmanager.yml")));
        command.arg(format!("--storage.path={}", at("data")));
        command.arg(format!("--web.listen-address=127.0.0.1:{}", self.port));
        match self.gossip {
            None => command.arg("--cluster.listen-address="),
            Some(Gossip { own, other }) => command.args([
                format!("--cluster.listen-address=127.0.0.1:{own}"),
                format!("--cluster.advertise-address=127.0.0.1:{own}"),
                format!("--cluster.peer=127.0.0.1:{other}"),
                "--cluster.peer-timeout=1s".to_owned(),
                "--cluster.gossip-interval=50ms".to_owned(),
                "--cluster.pushpull-interval=1s".to_owned(),
                "--cluster.reconnect-interval=1s".to_owned(),
                "--cluster.settle-timeout=5s".to_owned(),
            ]),
        };
        self.process = Some(Process::spawn(command));
        is_ready(&self.client, "Alertmanager", &self.url("/-/ready")).await;
    }

    /// Ends it with a signal, and waits for the end.
    pub async fn ends_by(&mut self, signal: &str) {
        let mut process = self.process.take().expect("Alertmanager does not run");
        process.signal(signal);
        process.ends_within(Duration::from_secs(30)).await;
    }

    /// Takes alerts as Prometheus sends them.
    pub async fn takes(&self, alerts: &[Posted]) {
        let body: Vec<Value> = alerts.iter().map(Posted::body).collect();
        let answer = self.client.post(self.url("/api/v2/alerts")).json(&body).send().await;
        let answer = answer.expect("Alertmanager does not answer");
        assert!(answer.status().is_success(), "Alertmanager answers {}", answer.status());
    }

    /// What it answers to a question of its API.
    pub async fn answers(&self, path: &str) -> Value {
        let answer = self.client.get(self.url(path)).send().await.expect("Alertmanager does not answer");
        answer.json().await.expect("Alertmanager does not answer in JSON")
    }

    /// The same Alertmanager behind a port of its own, where it says that it is up since an hour ago.
    pub async fn seems_older_on(&self, port: u16) {
        let behind = Older { client: self.client.clone(), url: self.url("") };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let router = Router::new().fallback(older).with_state(behind);
        tokio::spawn(axum::serve(listener, router).into_future());
    }

    /// How many of its attempts to reach the service have failed.
    pub async fn failed_attempts(&self) -> f64 {
        const NAME: &str = "alertmanager_notification_requests_failed_total{";
        let answer =
            self.client.get(self.url("/metrics")).send().await.expect("Alertmanager does not answer");
        let text = answer.text().await.expect("the metrics break off");
        // Newer ones count by more than the integration.
        let lines = text.lines().filter(|line| line.starts_with(NAME) && line.contains("\"webhook\""));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

#[derive(Clone)]
struct Older {
    client: Client,
    url: String,
}

/// Passes a question on, and makes the answer about the start an hour older.
async fn older(State(behind): State<Older>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let answer = behind.client.get(format!("{}{path}", behind.url)).send().await;
    let Ok(answer) = answer else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut body: Value = answer.json().await.expect("Alertmanager does not answer in JSON");
    if let Some(at) = body.get("uptime").and_then(Value::as_str) {
        let at: DateTime<Utc> = at.parse().expect("a time");
        body["uptime"] = json!((at - TimeDelta::hours(1)).to_rfc3339());
    }
    Json(body).into_response()
}

/// An alert as Prometheus sends it: again and again, and with an end once it is over.
#[derive(Clone)]
pub struct Posted {
    instance: String,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
}

impl Posted {
    /// It began now.
    pub fn firing(instance: &str) -> Self {
        Self { instance: instance.to_owned(), starts_at: SystemClock.now(), ends_at: None }
    }

    /// It is over now.
    pub fn resolved(&self) -> Self {
        Self { ends_at: Some(SystemClock.now()), ..self.clone() }
    }

    fn body(&self) -> Value {
        let mut body = json!({
            "labels": {"alertname": "LedgerUnreachable", "instance": self.instance, "severity": "critical"},
            "annotations": {"summary": "The ledger cannot be reached"},
            "startsAt": self.starts_at.to_rfc3339(),
            "generatorURL": "http://prometheus.example.org/graph",
        });
        if let Some(ends_at) = self.ends_at {
            body["endsAt"] = json!(ends_at.to_rfc3339());
        }
        body
    }
}

/// What fires, told to a pair of Alertmanagers again and again, as Prometheus does. Whoever is away hears it when they are back.
pub struct Feed {
    alerts: Arc<Mutex<BTreeMap<String, Posted>>>,
    telling: JoinHandle<()>,
}

/// How often all of it is told.
const TOLD_EVERY: Duration = Duration::from_millis(500);

impl Feed {
    /// Nothing fires yet.
    pub fn to(pair: [&Alertmanager; 2]) -> Self {
        let alerts: Arc<Mutex<BTreeMap<String, Posted>>> = Arc::default();
        let (told, client) = (alerts.clone(), pair[0].client.clone());
        let urls = pair.map(|member| member.url("/api/v2/alerts"));
        let telling = tokio::spawn(async move {
            loop {
                let body: Vec<Value> = told.lock().unwrap().values().map(Posted::body).collect();
                for url in urls.iter().filter(|_| !body.is_empty()) {
                    // One that is away will hear it when it is back.
                    let _away = client.post(url).timeout(Duration::from_secs(2)).json(&body).send().await;
                }
                pause(TOLD_EVERY).await;
            }
        });
        Self { alerts, telling }
    }

    /// An alert begins.
    pub fn fires(&self, instance: &str) {
        self.alerts.lock().unwrap().insert(instance.to_owned(), Posted::firing(instance));
    }

    /// An alert ends.
    pub fn ends(&self, instance: &str) {
        let mut alerts = self.alerts.lock().unwrap();
        let ended = alerts.get(instance).expect("it fires").resolved();
        alerts.insert(instance.to_owned(), ended);
    }

    /// What fires.
    pub fn firing(&self) -> BTreeSet<String> {
        let alerts = self.alerts.lock().unwrap();
        alerts.values().filter(|alert| alert.ends_at.is_none()).map(|alert| alert.instance.clone()).collect()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

/// Prometheus with one rule that always holds, and a heartbeat.
pub struct Prometheus {
    _process: Process,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts it, and returns when it is ready.
    pub async fn for_alertmanager(alertmanager: &Alertmanager) -> Self {
        let folder = tempfile::tempdir().expect("cannot create a temporary directory");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let rules = "
groups:
  - name: always
    rules:
      - alert: LedgerUnreachable
        expr: vector(1)
        labels: {severity: critical}
        annotations: {summary: 'The ledger cannot be reached ({{ $value }})'}
      - alert: Watchdog
        expr: vector(1)
        labels: {severity: none}
";
        let config = format!(
            "
global: {{evaluation_interval: 500ms}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{}']}}]}}]}}
",
            alertmanager.port
        );
        std::fs::write(folder.path().join("rules.yml"), rules).expect("cannot write");
        std::fs::write(folder.path().join("prometheus.yml"), config).expect("cannot write");
        let port = free_port();
        let mut command = Command::new(installed(&["prometheus"]));
        command.arg(format!("--config.file={}", at("prometheus.yml")));
        command.arg(format!("--storage.tsdb.path={}", at("data")));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        // Alerts that fire before it has found Alertmanager are otherwise sent a minute later.
        command.arg("--rules.alert.resend-delay=1s");
        let process = Process::spawn(command);
        is_ready(&alertmanager.client, "Prometheus", &format!("http://127.0.0.1:{port}/-/ready")).await;
        Self { _process: process, _folder: folder }
    }
}

async fn is_ready(client: &Client, name: &str, url: &str) {
    eventually(&format!("{name} is ready"), STARTS_WITHIN, async || {
        client.get(url).send().await.ok().filter(|answer| answer.status().is_success()).map(drop)
    })
    .await;
}

/// The first of these programs that is on the path.
pub fn installed(names: &[&str]) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("none of {names:?} is installed; scripts/test installs it, or says how"))
}
