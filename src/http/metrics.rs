//! `/metrics`: what this process counted, and a few figures of the database, as OpenMetrics text.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Web;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The route; it needs no token and tells nothing about any person or alert.
pub fn router(web: Arc<Web>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(web)
}

async fn metrics(State(web): State<Arc<Web>>) -> Response {
    match web.engine.exposition().await {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the metrics cannot be written down");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
