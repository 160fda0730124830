//! Alertmanager as a partner: a model of the members of one source, behind the paths of its API v2. What fires is what the
//! scenario's alerts say, unless the scenario says otherwise.
//!
//! It behaves as the real one was seen to: times in whole milliseconds, a silence that is extended keeps its name only when it
//! keeps its beginning, an unknown one is a 404 to whoever asks for it and a 500 to whoever ends it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Json, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use dontpanic::clock::{Clock, ManualClock};
use serde_json::{Value, json};

use super::alertmanager::Alert;

/// A silence in the model.
#[derive(Debug, Clone)]
pub struct Silence {
    /// Its name.
    pub id: String,
    /// Label, value and whether it is a pattern.
    pub matchers: Vec<(String, String, bool)>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

#[derive(Debug, Clone)]
struct Firing {
    alert: Alert,
    began: DateTime<Utc>,
    inhibited: bool,
    receiver: String,
}

struct Model {
    firing: BTreeMap<String, Firing>,
    silences: Vec<Silence>,
    up_since: DateTime<Utc>,
    /// Members that answer 503.
    down: BTreeSet<usize>,
    /// What single members do not know.
    hidden: BTreeMap<usize, BTreeSet<String>>,
    n_silences: usize,
    /// The next so many silences are made, and nobody hears of it.
    n_lost_answers: usize,
    n_asked: usize,
    n_pings: usize,
}

/// The members of one source.
#[derive(Clone)]
pub struct Partner {
    model: Arc<Mutex<Model>>,
    clock: Arc<ManualClock>,
}

impl Partner {
    /// Members that have been up for long.
    pub fn new(clock: Arc<ManualClock>) -> Self {
        let model = Model {
            firing: BTreeMap::new(),
            silences: vec![],
            up_since: clock.now() - TimeDelta::days(3),
            down: BTreeSet::new(),
            hidden: BTreeMap::new(),
            n_silences: 0,
            n_lost_answers: 0,
            n_asked: 0,
            n_pings: 0,
        };
        Self { model: Arc::new(Mutex::new(model)), clock }
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The members' API, under `/am/<n>`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/am/{n}/api/v2/status", get(status))
            .route("/am/{n}/api/v2/alerts", get(alerts))
            .route("/am/{n}/api/v2/silences", get(silences).post(make))
            .route("/am/{n}/api/v2/silence/{id}", get(silence).delete(expire))
            .layer(from_fn_with_state(self.clone(), is_up))
            .route("/ping", get(ping))
            .with_state(self.clone())
    }

    /// An alert fires there since then.
    pub fn fires(&self, alert: &Alert, began: DateTime<Utc>) {
        let receiver = "dontpanic".to_owned();
        let firing = Firing { alert: alert.clone(), began, inhibited: false, receiver };
        self.model().firing.insert(alert.fingerprint(), firing);
    }

    /// An alert fires there for somebody else.
    pub fn fires_for(&self, alert: &Alert, began: DateTime<Utc>, receiver: &str) {
        self.fires(alert, began);
        if let Some(firing) = self.model().firing.get_mut(&alert.fingerprint()) {
            receiver.clone_into(&mut firing.receiver);
        }
    }

    /// An alert does not fire there any more.
    pub fn ends(&self, alert: &Alert) {
        self.model().firing.remove(&alert.fingerprint());
    }

    /// An alert is inhibited by another.
    pub fn inhibits(&self, alert: &Alert) {
        if let Some(firing) = self.model().firing.get_mut(&alert.fingerprint()) {
            firing.inhibited = true;
        }
    }

    /// All members start again: they know their silences, and no alert that nobody tells them.
    pub fn restarts(&self) {
        let mut model = self.model();
        model.up_since = self.clock.now();
        model.firing.clear();
    }

    /// One member answers nothing.
    pub fn goes_down(&self, member: usize) {
        self.model().down.insert(member);
    }

    /// It answers again.
    pub fn comes_back(&self, member: usize) {
        self.model().down.remove(&member);
    }

    /// One member has not heard of an alert.
    pub fn hides(&self, member: usize, alert: &Alert) {
        self.model().hidden.entry(member).or_default().insert(alert.fingerprint());
    }

    /// The next so many silences are made, and the answers do not arrive.
    pub fn loses_answers(&self, n: usize) {
        self.model().n_lost_answers = n;
    }

    /// Somebody silences an alert by hand.
    pub fn silences(&self, alert: &Alert, until: DateTime<Utc>, by: &str) -> String {
        let matchers =
            alert.labels().iter().map(|(name, value)| (name.clone(), value.clone(), false)).collect();
        let mut model = self.model();
        model.n_silences += 1;
        let id = format!("by-hand-{}", model.n_silences);
        model.silences.push(Silence {
            id: id.clone(),
            matchers,
            starts_at: self.clock.now(),
            ends_at: until,
            created_by: by.to_owned(),
            comment: "by hand".to_owned(),
        });
        id
    }

    /// Somebody changes by hand when a silence ends.
    pub fn moves_end(&self, id: &str, ends_at: DateTime<Utc>) {
        let mut model = self.model();
        let silence =
            model.silences.iter_mut().find(|silence| silence.id == id).expect("there is such a silence");
        silence.ends_at = ends_at;
    }

    /// The silences that are in force.
    pub fn in_force(&self) -> Vec<Silence> {
        let now = self.clock.now();
        let mut all = self.model().silences.clone();
        all.retain(|silence| silence.starts_at <= now && now < silence.ends_at);
        all
    }

    /// How often somebody said that all is well.
    pub fn n_pings(&self) -> usize {
        self.model().n_pings
    }

    /// How often it was asked what fires.
    pub fn n_asked(&self) -> usize {
        self.model().n_asked
    }
}

async fn ping(State(partner): State<Partner>) -> StatusCode {
    partner.model().n_pings += 1;
    StatusCode::OK
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

async fn is_up(State(partner): State<Partner>, request: Request, next: Next) -> Response {
    let member =
        request.uri().path().split('/').nth(2).and_then(|n| n.parse::<usize>().ok()).unwrap_or_default();
    if partner.model().down.contains(&member) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

async fn status(State(partner): State<Partner>) -> Json<Value> {
    Json(json!({ "uptime": written(partner.model().up_since), "cluster": {"status": "ready", "peers": []} }))
}

async fn alerts(State(partner): State<Partner>, Path(member): Path<usize>) -> Json<Value> {
    let in_force = partner.in_force();
    let mut model = partner.model();
    model.n_asked += 1;
    let nothing = BTreeSet::new();
    let hidden = model.hidden.get(&member).unwrap_or(&nothing);
    let listed = model.firing.iter().filter(|(fingerprint, _)| !hidden.contains(*fingerprint));
    let listed: Vec<Value> = listed
        .map(|(fingerprint, firing)| {
            let Firing { alert, began, inhibited, receiver } = firing;
            let labels = alert.labels();
            let matches = |silence: &&Silence| {
                silence.matchers.iter().all(|(name, value, _)| labels.get(name) == Some(value))
            };
            let silenced_by: Vec<&str> =
                in_force.iter().filter(matches).map(|silence| silence.id.as_str()).collect();
            let is_quiet = *inhibited || !silenced_by.is_empty();
            let inhibited_by: Vec<&str> = if *inhibited { vec!["another"] } else { vec![] };
            json!({
                "fingerprint": fingerprint, "labels": labels, "annotations": alert.annotations(),
                "startsAt": written(*began), "endsAt": written(*began + TimeDelta::days(1)),
                "updatedAt": written(*began), "generatorURL": "http://prometheus.example.org:9090/graph",
                "receivers": [{ "name": receiver }],
                "status": {
                    "state": if is_quiet { "suppressed" } else { "active" },
                    "silencedBy": silenced_by, "inhibitedBy": inhibited_by,
                },
            })
        })
        .collect();
    Json(Value::Array(listed))
}

fn shown(silence: &Silence, now: DateTime<Utc>) -> Value {
    let state = if now >= silence.ends_at {
        "expired"
    } else if now < silence.starts_at {
        "pending"
    } else {
        "active"
    };
    let matchers: Vec<Value> = silence
        .matchers
        .iter()
        .map(|(name, value, is_regex)| {
            json!({"name": name, "value": value, "isRegex": is_regex, "isEqual": true})
        })
        .collect();
    json!({
        "id": silence.id, "status": {"state": state}, "matchers": matchers, "startsAt": written(silence.starts_at),
        "endsAt": written(silence.ends_at), "updatedAt": written(silence.starts_at),
        "createdBy": silence.created_by, "comment": silence.comment,
    })
}

async fn silences(State(partner): State<Partner>) -> Json<Value> {
    let now = partner.clock.now();
    Json(Value::Array(partner.model().silences.iter().map(|silence| shown(silence, now)).collect()))
}

async fn silence(State(partner): State<Partner>, Path((_, id)): Path<(usize, String)>) -> Response {
    let now = partner.clock.now();
    let model = partner.model();
    match model.silences.iter().find(|silence| silence.id == id) {
        Some(silence) => Json(shown(silence, now)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn make(State(partner): State<Partner>, Json(posted): Json<Value>) -> Response {
    let now = partner.clock.now();
    let time = |field: &str| posted[field].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let (Some(starts_at), Some(ends_at)) = (time("startsAt"), time("endsAt")) else {
        return (StatusCode::BAD_REQUEST, Json(json!("no times"))).into_response();
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let matchers: Vec<(String, String, bool)> = posted["matchers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (text(&one["name"]), text(&one["value"]), one["isRegex"] == json!(true)))
        .collect();
    if ends_at <= now || matchers.iter().all(|(_, value, _)| value.is_empty()) {
        return (StatusCode::BAD_REQUEST, Json(json!("silence invalid"))).into_response();
    }
    let mut model = partner.model();
    let known = posted["id"].as_str().map(str::to_owned);
    if let Some(known) = &known {
        let Some(silence) = model.silences.iter_mut().find(|silence| silence.id == *known) else {
            return (StatusCode::NOT_FOUND, Json(json!("silence not found"))).into_response();
        };
        if written(silence.starts_at) == written(starts_at) && silence.ends_at > now {
            silence.ends_at = ends_at;
            return Json(json!({ "silenceID": known })).into_response();
        }
        silence.ends_at = silence.ends_at.min(now);
    }
    model.n_silences += 1;
    let id = format!("silence-{}", model.n_silences);
    let (created_by, comment) = (text(&posted["createdBy"]), text(&posted["comment"]));
    let starts_at = starts_at.max(now);
    model.silences.push(Silence { id: id.clone(), matchers, starts_at, ends_at, created_by, comment });
    if model.n_lost_answers > 0 {
        model.n_lost_answers -= 1;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(json!({ "silenceID": id })).into_response()
}

async fn expire(State(partner): State<Partner>, Path((_, id)): Path<(usize, String)>) -> Response {
    let now = partner.clock.now();
    let mut model = partner.model();
    match model.silences.iter_mut().find(|silence| silence.id == id) {
        Some(silence) => {
            silence.ends_at = silence.ends_at.min(now);
            StatusCode::OK.into_response()
        }
        None => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!("silence not found"))).into_response(),
    }
}
