//! Alertmanager's side: alerts in the making, groups as it would send them, and recordings of real traffic.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::house::WEBHOOK_TOKEN;
use super::world::World;

/// An alert in the making: critical, until told otherwise.
#[derive(Debug, Clone)]
pub struct Alert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

/// A critical alert of this name.
pub fn alert(name: &str) -> Alert {
    let alert = Alert { labels: BTreeMap::new(), annotations: BTreeMap::new() };
    alert.label("alertname", name).label("severity", "critical")
}

impl Alert {
    /// The same with a label.
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with an annotation.
    pub fn annotation(mut self, name: &str, value: &str) -> Self {
        self.annotations.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same of this service.
    pub fn service(self, name: &str) -> Self {
        self.label("service", name)
    }

    /// The same with this `severity` label.
    pub fn severity(self, value: &str) -> Self {
        self.label("severity", value)
    }

    /// The same with this summary.
    pub fn summary(self, text: &str) -> Self {
        self.annotation("summary", text)
    }

    /// What Alertmanager sends when it alone has begun to fire at this time.
    pub fn delivery(&self, began: DateTime<Utc>) -> String {
        group_body(self.name(), vec![self.body(began, None)], vec![])
    }

    /// What Alertmanager sends when it has ended.
    pub fn end(&self, began: DateTime<Utc>, ended: DateTime<Utc>) -> String {
        group_body(self.name(), vec![], vec![self.body(began, Some(ended))])
    }

    fn name(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }

    /// Its labels.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// Its annotations.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// Its identity.
    pub fn fingerprint(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.labels.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    fn body(&self, starts_at: DateTime<Utc>, ends_at: Option<DateTime<Utc>>) -> Value {
        let status = if ends_at.is_some() { "resolved" } else { "firing" };
        json!({
            "status": status, "labels": self.labels, "annotations": self.annotations,
            "startsAt": written(starts_at),
            "endsAt": ends_at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), written),
            "generatorURL": "http://prometheus.example.org:9090/graph", "fingerprint": self.fingerprint(),
        })
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The bytes of a recorded body.
pub fn recording(file: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/alertmanager/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What fires now, by the group's name and the alert's fingerprint: groups are made by `alertname`.
pub type Firing = BTreeMap<String, BTreeMap<String, (Alert, DateTime<Utc>)>>;

/// One Alertmanager.
pub struct Alertmanager<'w> {
    pub(super) world: &'w mut World,
}

impl Alertmanager<'_> {
    /// An alert begins to fire; its group is sent.
    pub async fn fires(mut self, alert: Alert) {
        let group = self.begins(alert);
        self.sends_group(&group, vec![]).await;
    }

    /// An alert begins to fire; its group is sent until it is taken, however often the service dies meanwhile.
    pub async fn fires_until_taken(mut self, alert: Alert) {
        let group = self.begins(alert);
        self.sends_until_taken(&group, vec![]).await;
    }

    /// An alert ends; its group is sent until it is taken.
    pub async fn resolves_until_taken(mut self, alert: &Alert) {
        let (group, ended) = self.ends(alert);
        self.sends_until_taken(&group, vec![ended]).await;
    }

    /// What was answered 200 is not sent again.
    async fn sends_until_taken(self, group: &str, ended: Vec<Value>) {
        let body = self.body_of(group, ended);
        let authorization = format!("Bearer {WEBHOOK_TOKEN}");
        let sending =
            async |world: &mut World| post(world, "", &authorization, body.clone()).await.0 == StatusCode::OK;
        self.world.until_done(sending).await;
        self.world
            .until_done(async |world| {
                world.settle().await;
                true
            })
            .await;
    }

    /// Its group is sent once more, without news.
    pub async fn repeats(self, alert: &Alert) {
        self.sends_group(alert.name(), vec![]).await;
    }

    /// An alert ends; its group is sent, and remembers it no longer.
    pub async fn resolves(mut self, alert: &Alert) {
        let (group, ended) = self.ends(alert);
        self.sends_group(&group, vec![ended]).await;
    }

    /// The alert's group.
    fn begins(&mut self, alert: Alert) -> String {
        let now = self.world.now();
        let (group, fingerprint) = (alert.name().to_owned(), alert.fingerprint());
        self.world.tell("alerts", &format!("{} fires", alert.name()));
        self.world.partner().fires(&alert, now);
        self.world.firing.entry(group.clone()).or_default().insert(fingerprint, (alert, now));
        group
    }

    /// The alert's group, and how it says that the alert has ended.
    fn ends(&mut self, alert: &Alert) -> (String, Value) {
        let now = self.world.now();
        self.world.tell("alerts", &format!("{} resolves", alert.name()));
        self.world.partner().ends(alert);
        let group = self.world.firing.get_mut(alert.name());
        let (alert, began) = group
            .and_then(|group| group.remove(&alert.fingerprint()))
            .unwrap_or_else(|| panic!("{} does not fire", alert.name()));
        (alert.name().to_owned(), alert.body(began, Some(now)))
    }

    async fn sends_group(self, name: &str, ended: Vec<Value>) {
        let body = self.body_of(name, ended);
        self.sends(body).await;
    }

    fn body_of(&self, name: &str, ended: Vec<Value>) -> Vec<u8> {
        let firing = self.world.firing.get(name);
        let firing = firing.into_iter().flatten().map(|(_, (alert, began))| alert.body(*began, None));
        group_body(name, firing.collect(), ended).into_bytes()
    }

    /// A body is delivered and taken.
    pub async fn sends(self, body: impl Into<Vec<u8>>) {
        let world = self.world;
        let (status, text) = post(world, "", &format!("Bearer {WEBHOOK_TOKEN}"), body.into()).await;
        assert_eq!(status, StatusCode::OK, "the webhook was not taken: {text}");
        world.settle().await;
    }

    /// A body is delivered by somebody who knows the token, while nothing else moves; the status.
    pub async fn posts(self, body: impl Into<Vec<u8>>) -> u16 {
        post(self.world, "", &format!("Bearer {WEBHOOK_TOKEN}"), body.into()).await.0.as_u16()
    }

    /// A body is delivered with these credentials to this source; the answer.
    pub async fn tries(self, source: &str, authorization: &str, body: impl Into<Vec<u8>>) -> (u16, String) {
        let world = self.world;
        let (status, text) = post(world, source, authorization, body.into()).await;
        world.settle().await;
        (status.as_u16(), text)
    }
}

async fn post(world: &World, source: &str, authorization: &str, body: Vec<u8>) -> (StatusCode, String) {
    let path = match source {
        "" => "/webhooks/alertmanager".to_owned(),
        source => format!("/webhooks/alertmanager/{source}"),
    };
    let headers = [("authorization", authorization), ("content-type", "application/json")];
    world.post(&path, &headers, body).await
}

/// What Alertmanager sends of a group.
fn group_body(name: &str, firing: Vec<Value>, ended: Vec<Value>) -> String {
    let status = if firing.is_empty() { "resolved" } else { "firing" };
    let alerts = [firing, ended].concat();
    let body = json!({
        "version": "4", "receiver": "dontpanic", "status": status,
        "groupLabels": {"alertname": name}, "commonLabels": common(&alerts, "labels"),
        "commonAnnotations": common(&alerts, "annotations"), "alerts": alerts,
        "externalURL": "http://alertmanager.example.org:9093",
        "groupKey": format!("{{}}:{{alertname={name:?}}}"), "truncatedAlerts": 0,
    });
    body.to_string()
}

/// What all alerts have in common.
fn common(alerts: &[Value], part: &str) -> Value {
    let Some((first, others)) = alerts.split_first() else { return json!({}) };
    let mut shared = first[part].as_object().cloned().unwrap_or_default();
    shared.retain(|name, value| others.iter().all(|other| other[part].get(name) == Some(value)));
    Value::Object(shared)
}
