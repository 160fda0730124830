//! `GET oncall`: who is on call.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::asked::{self, Params, shortened};
use super::shapes;
use crate::engine::Engine;
use crate::http::error::ApiError;
use crate::ids::ScheduleId;

/// Where and when.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    schedule: Option<ScheduleId>,
    at: Option<String>,
}

/// The default schedule when none is named, now when no time is.
pub async fn show(
    State(engine): State<Arc<Engine>>,
    Params(question): Params<Question>,
) -> Result<Json<shapes::OnCall>, ApiError> {
    let at = question.at.map_or_else(|| Ok(engine.now()), |at| asked::instant("at", &at))?;
    let schedule = question.schedule.unwrap_or_else(|| engine.house().default_schedule.clone());
    let roster = engine.roster(&schedule, at).ok_or_else(|| {
        ApiError::NotFound(format!("there is no schedule `{}`", shortened(schedule.as_str())))
    })?;
    Ok(Json(shapes::OnCall::new(schedule, at, roster)))
}
