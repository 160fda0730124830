//! `GET oncall…`: who is on call, and by what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::Duration;
use serde::Deserialize;

use super::asked::{self, Params, shortened};
use super::compensation::Compensation;
use super::shapes;
use crate::domain::compensation::Month;
use crate::engine::Engine;
use crate::http::error::ApiError;
use crate::ids::ScheduleId;

/// The longest span whose shifts are listed.
const LONGEST: Duration = Duration::days(3660);
/// So many weeks are listed when nobody says until when.
const USUAL: u16 = 4;

fn beyond() -> ApiError {
    ApiError::BadRequest("these weeks are beyond the calendar".to_owned())
}

/// Where and when.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    schedule: Option<ScheduleId>,
    at: Option<String>,
}

fn unknown(schedule: &ScheduleId) -> ApiError {
    ApiError::NotFound(format!("there is no schedule `{}`", shortened(schedule.as_str())))
}

/// The default schedule when none is named, now when no time is.
pub async fn show(
    State(engine): State<Arc<Engine>>,
    Params(question): Params<Question>,
) -> Result<Json<shapes::OnCall>, ApiError> {
    let at = question.at.map_or_else(|| Ok(engine.now()), |at| asked::instant("at", &at))?;
    let schedule = question.schedule.unwrap_or_else(|| engine.house().default_schedule.clone());
    let roster = engine.roster(&schedule, at).ok_or_else(|| unknown(&schedule))?;
    Ok(Json(shapes::OnCall::new(schedule, at, roster)))
}

/// Where, and which span.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    schedule: Option<ScheduleId>,
    from: Option<String>,
    to: Option<String>,
    weeks: Option<u16>,
}

/// The shifts of a span, each whole.
pub async fn shifts(
    State(engine): State<Arc<Engine>>,
    Params(span): Params<Span>,
) -> Result<Json<shapes::Shifts>, ApiError> {
    let house = engine.house();
    let schedule = span.schedule.unwrap_or_else(|| house.default_schedule.clone());
    let rotation = house.schedules.get(&schedule).ok_or_else(|| unknown(&schedule))?;
    let from = match &span.from {
        None => engine.now(),
        Some(from) => match from.trim().parse() {
            Ok(day) => rotation.begins(day).ok_or_else(beyond)?,
            Err(_no_day) => asked::instant("from", from)?,
        },
    };
    let to = match (&span.to, span.weeks) {
        (Some(_), Some(_)) => {
            return Err(ApiError::BadRequest("give `to` or `weeks`, not both".to_owned()));
        }
        (Some(to), None) => asked::instant("to", to)?,
        (None, weeks) => rotation.weeks_after(from, weeks.unwrap_or(USUAL)).ok_or_else(beyond)?,
    };
    if to <= from || LONGEST < to - from {
        return Err(ApiError::BadRequest(
            "`to` must come after `from`, and ten years later at most".to_owned(),
        ));
    }
    let timezone = rotation.timezone;
    let shifts = engine.shifts(&schedule, from, to).ok_or_else(|| unknown(&schedule))?;
    Ok(Json(shapes::Shifts { schedule, timezone, shifts }))
}

/// Nothing is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Every override that holds or has held.
pub async fn overrides(
    State(engine): State<Arc<Engine>>,
    Params(Nothing {}): Params<Nothing>,
) -> Json<shapes::Overrides> {
    let overrides = engine.rota().made().iter().map(shapes::Override::from).collect();
    Json(shapes::Overrides { overrides })
}

/// Every calendar and its secret address.
pub async fn calendars(
    State(engine): State<Arc<Engine>>,
    Params(Nothing {}): Params<Nothing>,
) -> Result<Json<shapes::Calendars>, ApiError> {
    let calendars = engine.calendars().await?.into_iter().map(shapes::Calendar::from).collect();
    Ok(Json(shapes::Calendars { calendars }))
}

/// Which month.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfMonth {
    month: Option<String>,
}

/// What being on call was worth, for everybody.
pub async fn report(
    State(engine): State<Arc<Engine>>,
    Params(OfMonth { month }): Params<OfMonth>,
) -> Result<Json<Compensation>, ApiError> {
    let month = match month {
        None => Month::of(engine.now(), engine.house().timezone),
        Some(word) => Month::read(&word).ok_or_else(|| {
            ApiError::BadRequest(format!("`month` is `{}`; write it as 2026-11", shortened(&word)))
        })?,
    };
    let missing = || ApiError::NotFound("`compensation` is not in the configuration".to_owned());
    let (currency, rows) = engine.compensation(month).await?.ok_or_else(missing)?;
    Ok(Json(Compensation::new(month, &currency, &rows)))
}
