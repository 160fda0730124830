//! `GET /calendar/<secret>.ics`: who is on call, for calendar programs. The address is the only key, so it is never logged, and
//! one that is wrong says nothing about those that are right.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Web;
use crate::words::calendar::calendar;

/// Calendars, for whoever knows their addresses.
pub fn router(web: Arc<Web>) -> Router {
    Router::new().route("/calendar/{file}", get(show)).with_state(web)
}

async fn show(State(web): State<Arc<Web>>, Path(file): Path<String>) -> Response {
    let engine = &web.engine;
    let Some(secret) = file.strip_suffix(".ics") else { return StatusCode::NOT_FOUND.into_response() };
    match engine.calendar_at(secret).await {
        Ok(Some(whose)) => {
            let text = calendar(&whose, &engine.calendar_shifts(&whose), engine.now());
            let headers = [
                (CONTENT_TYPE, "text/calendar; charset=utf-8"),
                (CACHE_CONTROL, "private, no-cache"),
                (REFERRER_POLICY, "no-referrer"),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, text).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a calendar could not be shown");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
