//! The post-mortem: read, and written into by people.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};

use super::asked::{self, Asked, MAX_BODY, Named, shortened};
use super::incidents::{actor, may_know};
use super::shapes;
use crate::domain::postmortem::Part;
use crate::engine::Engine;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::ids::IncidentId;

/// `GET incidents/INC-1/postmortem`.
pub async fn show(
    State(engine): State<Arc<Engine>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
) -> Result<Json<shapes::Postmortem>, ApiError> {
    let id = asked::incident(&id)?;
    may_know(&engine, &caller, id).await?;
    shown(&engine, id).await
}

/// `PUT incidents/INC-1/postmortem/root-cause`. An empty text takes the human's part away.
pub async fn write(
    State(engine): State<Arc<Engine>>,
    Extension(caller): Extension<Caller>,
    Named((id, section)): Named<(String, String)>,
    asked: Asked,
) -> Result<Json<shapes::Postmortem>, ApiError> {
    let id = asked::incident(&id)?;
    let part = part(&section)?;
    let mut asked = asked.only(&["human", "person"])?;
    let human = asked.given("human", MAX_BODY)?;
    let actor = actor(&engine, &caller, &mut asked)?;
    if !engine.write_postmortem(id, part, human, &actor).await? {
        return Err(none(&engine, id).await?);
    }
    shown(&engine, id).await
}

/// The section of that slug or heading.
fn part(word: &str) -> Result<Part, ApiError> {
    let named = || Part::ALL.into_iter().find(|part| part.name().eq_ignore_ascii_case(word.trim()));
    Part::of_slug(word).or_else(named).ok_or_else(|| {
        let known: Vec<&str> = Part::ALL.into_iter().map(Part::slug).collect();
        let word = shortened(word);
        ApiError::NotFound(format!("there is no section `{word}`; there are {}", known.join(", ")))
    })
}

async fn shown(engine: &Engine, id: IncidentId) -> Result<Json<shapes::Postmortem>, ApiError> {
    match engine.postmortem(id).await? {
        Some(postmortem) => Ok(Json(postmortem.into())),
        None => Err(none(engine, id).await?),
    }
}

/// There is no such post-mortem, or not even such an incident.
async fn none(engine: &Engine, id: IncidentId) -> Result<ApiError, ApiError> {
    Ok(match engine.incident(id).await? {
        Some(_) => {
            ApiError::NotFound(format!("{id} has no post-mortem; one is drafted when a P1 or P2 is resolved"))
        }
        None => ApiError::no_incident(id),
    })
}
