//! Looking at incidents, opening them, and acting on them.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode};
use axum::{Extension, Json};
use serde::Deserialize;

use super::asked::{self, Asked, MAX_TEXT, MAX_TITLE, Named, Params, shortened};
use super::shapes;
use crate::domain::incident::command::WhileFiring;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Audience, Command};
use crate::domain::severity::Severity;
use crate::engine::Engine;
use crate::engine::reading::Which;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::ids::{IncidentId, PersonId, ServiceId};

/// How many incidents a list has when nobody says.
const USUAL_LIMIT: u32 = 50;
/// How many it has at most.
const MAX_LIMIT: u32 = 200;
/// What may be said with an act.
const ACT: [&str; 3] = ["person", "text", "summary"];

/// Which incidents to list. Read as texts, so that what is wrong can be said in our words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    state: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// `GET incidents`.
pub async fn list(
    State(engine): State<Arc<Engine>>,
    Extension(caller): Extension<Caller>,
    Params(listing): Params<Listing>,
) -> Result<Json<shapes::Incidents>, ApiError> {
    let which = match listing.state.as_deref() {
        None | Some("open") => Which::Open,
        Some("all") => Which::All,
        Some(other) => {
            let other = shortened(other);
            return Err(ApiError::BadRequest(format!("`state` is `{other}`; it is open or all")));
        }
    };
    let limit = at_most(listing.limit.as_deref())?.unwrap_or(USUAL_LIMIT);
    let before: Option<IncidentId> = before(listing.cursor.as_deref())?;
    // One more than asked for tells whether there are more.
    let mut records = engine.records(which, before, limit + 1).await?;
    let has_more = records.len() > limit as usize;
    records.truncate(limit as usize);
    let next_cursor = records.last().filter(|_| has_more).map(|record| record.incident.id);
    let incidents = records.into_iter().map(|record| shapes::Incident::shown_to(&caller, record)).collect();
    Ok(Json(shapes::Incidents { incidents, next_cursor }))
}

fn at_most(limit: Option<&str>) -> Result<Option<u32>, ApiError> {
    match limit.map(str::parse) {
        None => Ok(None),
        Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => Ok(Some(limit)),
        Some(Ok(_) | Err(_)) => {
            Err(ApiError::BadRequest(format!("`limit` is a number from 1 to {MAX_LIMIT}")))
        }
    }
}

fn before<T: FromStr>(cursor: Option<&str>) -> Result<Option<T>, ApiError> {
    let cursor = cursor.map(str::parse).transpose();
    cursor.map_err(|_| ApiError::BadRequest("`cursor` is the `next_cursor` of an earlier list".to_owned()))
}

/// Which part of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    limit: Option<String>,
    cursor: Option<String>,
}

impl Part {
    /// That part of a list which only grows at its end, the newest first; and the cursor of what comes before it. A cursor is
    /// how many there are before.
    fn of<T>(&self, mut all: Vec<T>) -> Result<(Vec<T>, Option<String>), ApiError> {
        let limit = at_most(self.limit.as_deref())?.and_then(|limit| usize::try_from(limit).ok());
        all.truncate(before(self.cursor.as_deref())?.unwrap_or(usize::MAX));
        let n_before = all.len().saturating_sub(limit.unwrap_or(usize::MAX));
        let part = all.into_iter().skip(n_before).rev().collect();
        Ok((part, (n_before > 0).then(|| n_before.to_string())))
    }
}

/// `GET incidents/INC-1`.
pub async fn show(
    State(engine): State<Arc<Engine>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
) -> Result<Json<shapes::Incident>, ApiError> {
    shown(&engine, &caller, asked::incident(&id)?).await
}

/// `GET incidents/INC-1/timeline`.
pub async fn timeline(
    State(engine): State<Arc<Engine>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
    Params(part): Params<Part>,
) -> Result<Json<shapes::Timeline>, ApiError> {
    let id = asked::incident(&id)?;
    may_know(&engine, &caller, id).await?;
    let told = engine.timeline(id).await?.ok_or(ApiError::no_incident(id))?;
    let (told, next_cursor) = part.of(told)?;
    Ok(Json(shapes::Timeline { events: told.into_iter().map(shapes::Event::from).collect(), next_cursor }))
}

/// `GET incidents/INC-1/pages`.
pub async fn pages(
    State(engine): State<Arc<Engine>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
    Params(part): Params<Part>,
) -> Result<Json<shapes::Pages>, ApiError> {
    let id = asked::incident(&id)?;
    may_know(&engine, &caller, id).await?;
    let ledger = engine.ledger(id).await?.ok_or(ApiError::no_incident(id))?;
    let (ledger, next_cursor) = part.of(ledger)?;
    Ok(Json(shapes::Pages { pages: ledger.into_iter().map(shapes::Page::from).collect(), next_cursor }))
}

/// `POST incidents`.
pub async fn declare(
    State(engine): State<Arc<Engine>>,
    Extension(caller): Extension<Caller>,
    asked: Asked,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<shapes::Incident>), ApiError> {
    let mut asked = asked.only(&["title", "severity", "service", "person", "private"])?;
    let title = asked.needed("title", MAX_TITLE)?.split_whitespace().collect::<Vec<_>>().join(" ");
    let severity = asked.needed("severity", MAX_TITLE)?;
    let severity = Severity::parse(&severity).ok_or_else(|| {
        ApiError::BadRequest(format!("`severity` is `{}`; it is P1, P2, P3 or P4", shortened(&severity)))
    })?;
    let service = asked.text("service", MAX_TITLE)?.map(ServiceId);
    let is_private = asked.flag("private")?;
    let audience = if is_private { Audience::Concerned } else { Audience::Everybody };
    let actor = actor(&engine, &caller, &mut asked)?;
    let incident = engine.declare(severity, title, service, audience, actor, Origin::Api).await?;
    let id = incident.id;
    let location = [(LOCATION, format!("/api/v1/incidents/{id}"))];
    Ok((StatusCode::CREATED, location, shown(&engine, &caller, id).await?))
}

/// Something is to be done with an incident: with which one, by whom, and the words that go with it.
#[derive(Debug)]
pub struct Act {
    id: String,
    caller: Caller,
    by: Actor,
    asked: Asked,
}

impl FromRequest<Arc<Engine>> for Act {
    type Rejection = ApiError;

    async fn from_request(request: Request, engine: &Arc<Engine>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let Named(id) = Named::from_request_parts(&mut parts, engine).await?;
        let caller = parts.extensions.get::<Caller>().cloned().ok_or(ApiError::Unauthorized)?;
        let asked = Asked::from_request(Request::from_parts(parts, body), engine).await?;
        let mut asked = asked.only(&ACT)?;
        let by = actor(engine, &caller, &mut asked)?;
        Ok(Self { id, caller, by, asked })
    }
}

/// `POST incidents/INC-1/ack`.
pub async fn acknowledge(
    State(engine): State<Arc<Engine>>,
    Act { id, caller, by, .. }: Act,
) -> Result<Json<shapes::Incident>, ApiError> {
    act(&engine, &caller, &id, Command::Acknowledge { by }).await
}

/// `POST incidents/INC-1/note`.
pub async fn note(
    State(engine): State<Arc<Engine>>,
    Act { id, caller, by, mut asked }: Act,
) -> Result<Json<shapes::Incident>, ApiError> {
    let text = asked.needed("text", MAX_TEXT)?;
    act(&engine, &caller, &id, Command::Note { by, text }).await
}

/// `POST incidents/INC-1/resolve`. A script is not asked whether it means it while alerts fire.
pub async fn resolve(
    State(engine): State<Arc<Engine>>,
    Act { id, caller, by, mut asked }: Act,
) -> Result<Json<shapes::Incident>, ApiError> {
    let summary = asked.text("summary", MAX_TEXT)?;
    let resolve = Command::Resolve { by, summary, while_firing: WhileFiring::Resolve };
    act(&engine, &caller, &id, resolve).await
}

/// Who acts: the person that is named, else the token.
pub(super) fn actor(engine: &Engine, caller: &Caller, asked: &mut Asked) -> Result<Actor, ApiError> {
    let Some(word) = asked.text("person", MAX_TITLE)? else { return Ok(Actor::Token(caller.token.clone())) };
    let person = PersonId(word);
    if engine.house().people.contains_key(&person) {
        Ok(Actor::Person(person))
    } else {
        let word = shortened(person.as_str());
        Err(ApiError::BadRequest(format!("`{word}` is not a key under `people` in the configuration")))
    }
}

async fn act(
    engine: &Arc<Engine>,
    caller: &Caller,
    id: &str,
    command: Command,
) -> Result<Json<shapes::Incident>, ApiError> {
    let id = asked::incident(id)?;
    engine.handle(id, command, Origin::Api).await?;
    shown(engine, caller, id).await
}

async fn shown(engine: &Engine, caller: &Caller, id: IncidentId) -> Result<Json<shapes::Incident>, ApiError> {
    let record = engine.record(id).await?.ok_or(ApiError::no_incident(id))?;
    Ok(Json(shapes::Incident::shown_to(caller, record)))
}

/// What was said and done in a private incident, and by whom, tells what it is about.
///
/// # Errors
/// `Private`, to those who may not know.
pub(super) async fn may_know(engine: &Engine, caller: &Caller, id: IncidentId) -> Result<(), ApiError> {
    if caller.knows_private() {
        return Ok(());
    }
    let incident = engine.incident(id).await?.ok_or(ApiError::no_incident(id))?;
    if incident.privacy.is_private() { Err(ApiError::Private { incident: id }) } else { Ok(()) }
}
