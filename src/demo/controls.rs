//! What the page's controls do, for scripts as well: `POST /demo/{clock,outage,fire,reset}`, and what the page shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::Theatre;
use super::stage::{CAST, Ring, Stage, held};
use super::tray::{self, Play, Recording, TRAY};
use crate::clock::Clock as _;
use crate::commands::{INCIDENT, ONCALL, Word};
use crate::domain::incident::{Incident, State as IncidentState, next};
use crate::ids::{PersonId, ScheduleId};
use crate::workspace::Reach;

/// How many incidents the page shows.
const SHOWN: u32 = 30;
/// The rates the page offers; story seconds in a real one.
const RATES: [u32; 3] = [1, 60, 900];
/// The farthest the clock is moved in one go.
const FARTHEST: chrono::Duration = chrono::Duration::days(7);

/// The routes of the controls.
pub fn router() -> Router<Theatre> {
    Router::new()
        .route("/demo/state", get(state))
        .route("/demo/commands", get(commands))
        .route("/demo/clock", post(clock))
        .route("/demo/outage", post(outage))
        .route("/demo/fire", post(fire))
        .route("/demo/reset", post(reset))
        .route("/demo/phones/{person}", post(ring))
}

/// Why a control did nothing. The text is for the person at the page.
struct Refused(String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({"error": self.0}))).into_response()
    }
}

impl<E: Into<anyhow::Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(said(&error.into()))
    }
}

/// An error with its causes, each said once: some repeat theirs in their own words.
pub(super) fn said(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

type Answer = Result<Json<Value>, Refused>;

/// What a control is asked; what is wrong about it is answered as everything else is.
type Asked<T> = Result<Json<T>, JsonRejection>;

fn done() -> Json<Value> {
    Json(json!({"ok": true}))
}

async fn stage(theatre: &Theatre) -> Arc<Stage> {
    theatre.stage.read().await.clone()
}

#[derive(Serialize)]
struct Shown {
    clock: ShownClock,
    /// What is cut off, in the words of `POST /demo/outage`.
    outage: Outage,
    recordings: &'static [Recording],
    people: Vec<ShownPerson>,
    phones: BTreeMap<String, Vec<Ring>>,
    incidents: Vec<ShownIncident>,
}

#[derive(Serialize)]
struct ShownClock {
    now: DateTime<Utc>,
    rate: u32,
}

#[derive(Serialize)]
struct ShownPerson {
    id: &'static str,
    slack: &'static str,
    name: &'static str,
    role: &'static str,
}

#[derive(Serialize)]
struct ShownIncident {
    id: String,
    title: String,
    state: &'static str,
    severity: &'static str,
    channel: Option<String>,
    next: Option<DateTime<Utc>>,
    next_what: Option<String>,
}

async fn state(State(theatre): State<Theatre>) -> Result<Json<Shown>, Refused> {
    let stage = stage(&theatre).await;
    let engine = &stage.engine;
    let now = engine.now();
    let rota = engine.rota();
    let facts = engine.facts_now(&rota);
    let roster = facts.roster(&ScheduleId::from("platform"));
    let role = |id: &str| {
        let is = |person: Option<&PersonId>| person.is_some_and(|person| person.as_str() == id);
        match &roster {
            Some(roster) if is(roster.primary.as_ref()) => "primary on call",
            Some(roster) if is(roster.secondary.as_ref()) => "secondary on call",
            _ if id == "diana" => "incident commander",
            _ if id == "eve" => "management",
            _ => "",
        }
    };
    let people = CAST.map(|(id, slack, name, _)| ShownPerson { id, slack, name, role: role(id) });
    let incidents = engine.recent_incidents(SHOWN).await?;
    let name = |person: &PersonId| {
        let known = CAST.iter().find(|(id, ..)| *id == person.as_str());
        known.map_or_else(|| person.to_string(), |(_, _, name, _)| (*name).to_owned())
    };
    let shown = |incident: &Incident| {
        let following = next(incident, &facts);
        let resolves = match incident.state {
            IncidentState::Monitoring { resolves_at, .. } => resolves_at,
            IncidentState::Triggered
            | IncidentState::Acknowledged(_)
            | IncidentState::Resolved { .. }
            | IncidentState::Closed { .. } => None,
        };
        let pages = |people: &[PersonId]| match people {
            [] => "nobody can be paged: tells the admins".to_owned(),
            people => format!("pages {}", people.iter().map(name).collect::<Vec<_>>().join(" and ")),
        };
        ShownIncident {
            id: incident.id.to_string(),
            title: incident.title.clone(),
            state: incident.state.name(),
            severity: incident.severity().as_str(),
            channel: incident.room.channel.as_ref().map(|channel| channel.name.clone()),
            next: following.as_ref().map(|next| next.at).or(resolves),
            next_what: following
                .map(|next| pages(&next.people))
                .or(resolves.map(|_| "resolves by itself".to_owned())),
        }
    };
    Ok(Json(Shown {
        clock: ShownClock { now, rate: stage.clock.rate() },
        outage: Outage { slack: stage.workspace.reach() != Reach::Up },
        recordings: TRAY,
        people: people.into(),
        phones: held(&stage.phones).clone(),
        incidents: incidents.iter().map(shown).collect(),
    }))
}

/// What can be typed, from the table that reads it: a word, what follows it, and what it does, for each slash command.
async fn commands(State(theatre): State<Theatre>) -> Json<Value> {
    let stage = stage(&theatre).await;
    let words = |table: &[Word]| {
        let word = |word: &Word| {
            let rest = word.usage.strip_prefix(word.name).unwrap_or(word.usage).trim();
            json!({ "word": word.name, "rest": rest, "about": word.help })
        };
        Value::from(table.iter().map(word).collect::<Vec<_>>())
    };
    let mut all = serde_json::Map::new();
    all.insert(stage.commands.incident.clone(), words(INCIDENT));
    all.insert(stage.commands.oncall.clone(), words(ONCALL));
    Json(Value::Object(all))
}

#[derive(Deserialize)]
struct Clock {
    rate: Option<u32>,
    advance: Option<String>,
}

async fn clock(State(theatre): State<Theatre>, asked: Asked<Clock>) -> Answer {
    let Json(asked) = asked?;
    let stage = stage(&theatre).await;
    match (asked.rate, asked.advance.as_deref()) {
        (Some(rate), None) if RATES.contains(&rate) => stage.clock.set_rate(rate),
        (Some(rate), None) => return Err(Refused(format!("the clock runs ×1, ×60 or ×900, not ×{rate}"))),
        (None, Some("next")) => {
            let due = stage.engine.next_due().await?;
            let due = due.ok_or_else(|| Refused("nothing is due".to_owned()))?;
            stage.advance_to(due.max(stage.clock.now())).await?;
        }
        (None, Some(span)) => {
            let span = crate::config::span(span).map_err(Refused)?;
            if span > FARTHEST {
                return Err(Refused("the clock is moved by seven days at most".to_owned()));
            }
            stage.advance_to(stage.clock.now() + span).await?;
        }
        (None, None) | (Some(_), Some(_)) => {
            return Err(Refused("send {\"rate\": 60} or {\"advance\": \"15m\"}".to_owned()));
        }
    }
    Ok(done())
}

/// Which of the services outside is cut off.
#[derive(Serialize, Deserialize)]
struct Outage {
    slack: bool,
}

async fn outage(State(theatre): State<Theatre>, asked: Asked<Outage>) -> Answer {
    let Json(asked) = asked?;
    stage(&theatre).await.workspace.set_reach(if asked.slack { Reach::Outage } else { Reach::Up });
    Ok(done())
}

#[derive(Deserialize)]
struct Fire {
    recording: String,
    #[serde(default)]
    resolve: bool,
}

/// Sends a recording over the service's own webhook, as Alertmanager would.
async fn fire(State(theatre): State<Theatre>, asked: Asked<Fire>) -> Answer {
    let Json(asked) = asked?;
    let stage = stage(&theatre).await;
    let recording = tray::find(&asked.recording).ok_or_else(|| {
        let names: Vec<&str> = TRAY.iter().map(|recording| recording.name).collect();
        Refused(format!("there is no recording `{}`; there are {}", asked.recording, names.join(", ")))
    })?;
    let play = if asked.resolve { Play::Resolved } else { Play::Firing };
    let body = recording.body_at(stage.clock.now(), play, &mut held(&stage.begun))?;
    let request = Request::post("/webhooks/alertmanager")
        .header(header::AUTHORIZATION, format!("Bearer {}", stage.addresses().webhook_token))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))?;
    let response = match stage.router().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.status() == StatusCode::OK {
        return Ok(done());
    }
    let status = response.status();
    let said = to_bytes(response.into_body(), 10_000).await?;
    Err(Refused(format!("the webhook answered {status}: {}", String::from_utf8_lossy(&said))))
}

/// Tears the stage down and sets it anew; the port, the tokens and the secrets stay, so that scripts go on with what they
/// were told at the beginning.
async fn reset(State(theatre): State<Theatre>) -> Answer {
    // One at a time: a second one would tear down what the first has just begun to set.
    let _alone = theatre.resetting.lock().await;
    let old = stage(&theatre).await;
    let (addresses, port, runtime) = (old.addresses(), theatre.port, tokio::runtime::Handle::current());
    // Opening a database cannot be proven to be `Send` (the compiler's limit with sqlx's migrations), so it has a thread.
    let set = tokio::task::spawn_blocking(move || runtime.block_on(Stage::set(addresses, port)));
    let fresh = Arc::new(set.await??);
    // The old service knows the same tokens: it must have fallen silent before the new workspace listens.
    old.tear_down().await;
    *theatre.stage.write().await = fresh.clone();
    fresh.start().await?;
    Ok(done())
}

/// A page arrives on somebody's phone.
async fn ring(State(theatre): State<Theatre>, Path(person): Path<String>, page: Asked<Value>) -> Answer {
    let Json(page) = page?;
    let stage = stage(&theatre).await;
    let text = |field: &str| page.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let ring = Ring {
        at: stage.clock.now(),
        method: "webhook",
        title: format!("{} {}", text("severity"), text("title")),
        body: text("incident"),
        incident: text("incident"),
        url: page.get("url").and_then(Value::as_str).map(str::to_owned),
        repeat: page.get("repeat").and_then(Value::as_bool).unwrap_or_default(),
    };
    held(&stage.phones).entry(person).or_default().push(ring);
    Ok(done())
}
