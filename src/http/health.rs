//! `/health/live` and `/health/ready`: whether the process turns, and whether it can do its work.
//!
//! Slack has no say in either: an incident is taken and people are paged while Slack is down.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use axum::routing::get;

use super::Web;

/// How long the database may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Both routes; neither needs a token.
pub fn router(web: Arc<Web>) -> Router {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready)).with_state(web)
}

/// What is answered while the database is not there yet: the process lives, and whoever wants more comes again.
pub fn waiting() -> Router {
    async fn not_yet() -> (StatusCode, [(HeaderName, HeaderValue); 1], &'static str) {
        let come_again = [(RETRY_AFTER, HeaderValue::from_static("1"))];
        (StatusCode::SERVICE_UNAVAILABLE, come_again, "the database is not there yet\n")
    }
    Router::new().route("/health/live", get(async || "live\n")).fallback(not_yet)
}

/// Live as long as this is answered and no loop of the process falls again and again: restarting helps against a process that
/// does not turn, and against nothing else.
async fn live(State(web): State<Arc<Web>>) -> (StatusCode, String) {
    match web.engine.stuck().as_slice() {
        [] => (StatusCode::OK, "live\n".to_owned()),
        stuck => (StatusCode::SERVICE_UNAVAILABLE, format!("stuck: {}\n", stuck.join(", "))),
    }
}

/// Ready as long as the database answers and the process is not stopping.
async fn ready(State(web): State<Arc<Web>>) -> (StatusCode, &'static str) {
    if *web.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match tokio::time::timeout(ANSWER_WITHIN, web.engine.answers()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
