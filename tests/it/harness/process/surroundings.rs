//! What is around the service and does not die with it: Slack, people's pagers, the database, the configuration.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use dontpanic::store::Target;
use dontpanic::workspace::{ChannelInfo, UserKind, Workspace, WorkspaceConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::bot::{API_TOKEN, Bot, WEBHOOK_TOKEN};
use super::eventually;
use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::strict::{Strict, as_installed};

/// The house rules of a test, in seconds instead of minutes. Alice is paged first, then Bob.
#[derive(Clone, Copy)]
pub struct Rules {
    /// How long Alice has before Bob is paged.
    pub wait: Duration,
    /// How long after the last alert cleared the incident ends.
    pub resolve_after: Duration,
    /// How Slack's words come in.
    pub slack_mode: SlackMode,
    /// Where Alertmanager can be asked, a port of this machine.
    pub partner: Option<u16>,
    /// The other one of a pair of Alertmanagers.
    pub second_partner: Option<u16>,
    /// How long the heartbeat of monitoring may be missing, when the configuration says so.
    pub heartbeat: Option<Duration>,
}

/// How Slack's words come in.
#[derive(Clone, Copy)]
pub enum SlackMode {
    /// Over connections that the service opens.
    Socket,
    /// As signed requests.
    Http,
}

impl SlackMode {
    const fn word(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Http => "http",
        }
    }
}

impl Default for Rules {
    /// Nobody but Alice is paged while a test runs, and nothing ends by itself.
    fn default() -> Self {
        let (wait, resolve_after) = (Duration::from_hours(1), Duration::ZERO);
        let slack_mode = SlackMode::Socket;
        Self { wait, resolve_after, slack_mode, partner: None, second_partner: None, heartbeat: None }
    }
}

/// The world of one test.
pub struct Surroundings {
    /// Slack.
    pub slack: Workspace,
    /// The pagers of Alice and Bob.
    pub pagers: Pagers,
    /// Where incidents are kept.
    pub database: TestDatabase,
    rules: Rules,
    slack_url: String,
    folder: TempDir,
    _strict: Strict,
}

impl Surroundings {
    /// A world over this database.
    pub async fn new(database: TestDatabase, rules: Rules) -> Self {
        let slack = Workspace::new(&as_installed());
        slack.add_user("U0A", "alice", UserKind::Member, "Europe/Paris");
        slack.add_user("U0B", "bob", UserKind::Member, "Europe/Paris");
        for channel in ["incidents", "dontpanic-admin"] {
            slack.add_channel(channel);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("no port for slack");
        let slack_url = format!("http://{}", listener.local_addr().expect("slack has no address"));
        slack.set_base_url(&slack_url);
        tokio::spawn(axum::serve(listener, slack.router()).into_future());
        let folder = tempfile::tempdir().expect("cannot create a temporary directory");
        let pagers = Pagers::new().await;
        Self { _strict: Strict(slack.clone()), slack, pagers, database, rules, slack_url, folder }
    }

    /// Writes the configuration of a process that listens on `port`; where it is.
    pub fn config(&self, port: u16) -> PathBuf {
        let path = self.folder.path().join(format!("dontpanic-{port}.yaml"));
        std::fs::write(&path, self.config_text(port)).expect("the configuration cannot be written");
        path
    }

    /// Where the configuration of that process is.
    pub fn config_file(&self, port: u16) -> PathBuf {
        self.folder.path().join(format!("dontpanic-{port}.yaml"))
    }

    /// Where the configurations lie.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn config_text(&self, port: u16) -> String {
        let database = match self.database.target() {
            Target::Sqlite(path) => format!("sqlite://{}", path.display()),
            Target::Postgres(url) => url.clone(),
        };
        let defaults = WorkspaceConfig::default();
        let Rules { wait, resolve_after, slack_mode, partner, second_partner, heartbeat } = self.rules;
        let ports = partner.into_iter().chain(second_partner);
        let urls: Vec<String> = ports.map(|port| format!("\"http://127.0.0.1:{port}\"")).collect();
        let partner = match urls.as_slice() {
            [] => String::new(),
            urls => format!(", url: [{}], reconcile_every: 1s", urls.join(", ")),
        };
        let (wait, resolve_after, slack_mode) =
            (wait.as_millis(), resolve_after.as_millis(), slack_mode.word());
        let heartbeat = heartbeat.map_or_else(String::new, |timeout| {
            format!(", heartbeat: {{timeout: {}ms}}", timeout.as_millis())
        });
        let (slack, pagers) = (&self.slack_url, &self.pagers.url);
        let (bot_token, app_token, secret) =
            (defaults.bot_token, defaults.app_token, defaults.signing_secret);
        format!(
            r#"
listen: 127.0.0.1:{port}
database: "{database}"
api_tokens: [{{name: test, token: {API_TOKEN}, scope: act}}]
slack: {{mode: {slack_mode}, bot_token: {bot_token}, app_token: {app_token}, signing_secret: {secret}, api_url: "{slack}/api"}}
alertmanagers: {{main: {{webhook_token: {WEBHOOK_TOKEN}{heartbeat}{partner}}}}}
default_schedule: platform
incidents: {{resolve_after: {resolve_after}ms, storm_threshold: 0}}
severities: {{P2: {{contact_interval: 1h}}}}
people:
  alice: {{slack: U0A, contact: [webhook], webhook: "{pagers}/alice"}}
  bob: {{slack: U0B, contact: [webhook], webhook: "{pagers}/bob"}}
schedules: {{platform: {{rotation: {{every: 520w, start: 2026-01-05, people: [alice, bob]}}}}}}
escalation: {{default: [{{page: [person:alice], wait: {wait}ms}}, {{page: [person:bob], wait: 1h}}]}}
"#
        )
    }

    /// Starts the service on a port of its own, and returns when it is ready.
    pub async fn bot(&self) -> Bot {
        self.bot_on(free_port()).await
    }

    /// Starts the service on this port, and returns when it is ready.
    pub async fn bot_on(&self, port: u16) -> Bot {
        Bot::serve(&self.config(port), port).await
    }

    /// The channels that were opened for incidents.
    pub fn incident_channels(&self) -> Vec<ChannelInfo> {
        let is_ours = |channel: &ChannelInfo| channel.name.starts_with("inc-");
        self.slack.channels().into_iter().filter(is_ours).collect()
    }

    /// Those that were opened for the incident of an alert whose name is one plain word, whatever their number.
    pub fn channels_named_after(&self, alertname: &str) -> Vec<ChannelInfo> {
        let squeezed = |name: &str| name.replace('-', "").to_lowercase();
        let word = squeezed(alertname);
        let mut channels = self.incident_channels();
        channels.retain(|channel| {
            let name = squeezed(&channel.name);
            let after = name.split_once(&word).map(|(_, after)| after);
            // `down1` is not `down12`; a channel's second of its name ends in `-2`.
            after.is_some_and(|after| after.is_empty() || channel.name.ends_with(&format!("-{after}")))
        });
        channels
    }
}

/// A page that reached somebody's pager.
#[derive(Debug, Clone)]
pub struct Ring {
    /// Whose pager.
    pub person: String,
    /// What came.
    pub page: Value,
    /// When.
    pub at: Instant,
}

impl Ring {
    /// Whether the sender says that the same page may have come before.
    pub fn is_repeat(&self) -> bool {
        self.page["repeat"] == json!(true)
    }
}

/// Whether pagers answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// At once.
    AtOnce,
    /// Not before they are told to.
    Held,
}

/// Everybody's pagers: a server that writes down what comes.
#[derive(Clone)]
pub struct Pagers {
    url: String,
    rings: Arc<Mutex<Vec<Ring>>>,
    answers: Arc<watch::Sender<Answers>>,
}

impl Pagers {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("no port for the pagers");
        let url = format!("http://{}", listener.local_addr().expect("the pagers have no address"));
        let pagers =
            Self { url, rings: Arc::default(), answers: Arc::new(watch::Sender::new(Answers::AtOnce)) };
        let router = Router::new().route("/{person}", post(ring)).with_state(pagers.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        pagers
    }

    /// From now on.
    pub fn answer(&self, answers: Answers) {
        self.answers.send_replace(answers);
    }

    /// What has reached somebody's pager, oldest first.
    pub fn rings(&self, person: &str) -> Vec<Ring> {
        self.rings.lock().unwrap().iter().filter(|ring| ring.person == person).cloned().collect()
    }

    /// Waits until somebody's pager has rung; the first ring.
    pub async fn rings_within(&self, person: &str, within: Duration) -> Ring {
        let what = format!("{person}'s pager rings");
        eventually(&what, within, async || self.rings(person).into_iter().next()).await
    }

    /// Somebody was woken by one page: whatever came after the first ring is the same page, marked as such.
    pub fn rang_once(&self, person: &str) {
        let rings = self.rings(person);
        let first = rings.first().unwrap_or_else(|| panic!("{person}'s pager never rang"));
        for again in &rings[1..] {
            assert!(again.is_repeat(), "a second ring that is not marked as a repeat: {again:?}");
            assert_eq!(again.page["id"], first.page["id"], "a repeat has the id of what it repeats");
        }
    }
}

async fn ring(State(pagers): State<Pagers>, Path(person): Path<String>, body: String) -> StatusCode {
    let page = serde_json::from_str(&body).unwrap_or(Value::String(body));
    pagers.rings.lock().unwrap().push(Ring { person, page, at: Instant::now() });
    let mut answers = pagers.answers.subscribe();
    match answers.wait_for(|answers| *answers == Answers::AtOnce).await {
        Ok(_) => StatusCode::OK,
        Err(_gone) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A delivery of Alertmanager: a group of its own with one alert that calls for a page (P2).
pub fn firing(alertname: &str, instance: &str) -> Value {
    let labels = json!({"alertname": alertname, "instance": instance, "severity": "critical"});
    group(alertname, instance, &[labels])
}

/// A delivery of Alertmanager with these alerts, all firing.
pub fn group(alertname: &str, instance: &str, alerts: &[Value]) -> Value {
    let alerts: Vec<Value> = alerts
        .iter()
        .map(|labels| {
            json!({
                "status": "firing", "labels": labels, "annotations": {"summary": format!("{alertname} on {instance}")},
                "startsAt": "2026-01-01T02:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
            })
        })
        .collect();
    json!({
        "version": "4", "groupKey": format!("{{}}:{{alertname=\"{alertname}\", instance=\"{instance}\"}}"),
        "receiver": "dontpanic", "status": "firing", "truncatedAlerts": 0, "externalURL": "http://alertmanager",
        "groupLabels": {"alertname": alertname, "instance": instance}, "commonLabels": {}, "commonAnnotations": {},
        "alerts": alerts,
    })
}
