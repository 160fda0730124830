//! `GET stats`: how the last weeks went, as JSON or as a table.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::Duration;
use serde::Deserialize;

use super::asked::{Params, shortened};
use super::shapes;
use crate::config;
use crate::domain::stats::is_window;
use crate::engine::Engine;
use crate::http::error::ApiError;
use crate::words;

/// The window when nobody says.
const USUAL_WINDOW: Duration = Duration::days(30);

/// Which window, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    window: Option<String>,
    format: Option<String>,
}

/// The last 30 days when no window is named, JSON when no format is.
pub async fn show(
    State(engine): State<Arc<Engine>>,
    Params(question): Params<Question>,
) -> Result<Response, ApiError> {
    let window = match &question.window {
        None => USUAL_WINDOW,
        Some(word) => config::span(word).ok().filter(|span| is_window(*span)).ok_or_else(|| {
            let word = shortened(word);
            ApiError::BadRequest(format!("`window` is `{word}`; it is a span from 1h to 366d, as 30d"))
        })?,
    };
    let is_table = match question.format.as_deref() {
        None | Some("json") => false,
        Some("csv") => true,
        Some(other) => {
            let other = shortened(other);
            return Err(ApiError::BadRequest(format!("`format` is `{other}`; it is json or csv")));
        }
    };
    let stats = engine.stats(window).await?;
    if !is_table {
        return Ok(Json(shapes::Stats::new(words::stats::window(window), stats)).into_response());
    }
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"stats.csv\""),
    ];
    Ok((headers, words::stats::csv(&stats)).into_response())
}
