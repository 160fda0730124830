//! `/api/v1`: incidents for scripts and for the command line.
//!
//! Nobody passes without a token, looks need `read` and everything else `act`; an address that does not exist says so only
//! to those who may ask. What is described in [`super::openapi`] is what is here. Every address works with and
//! without a slash at its end.

mod asked;
pub mod compensation;
mod incidents;
pub mod judgement;
mod on_call;
mod postmortem;
pub mod shapes;
mod stats;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::Value;
use tower::{Layer, ServiceExt};
use tower_http::normalize_path::NormalizePathLayer;

use super::Web;
use super::auth::{self, Caller};
use super::error::ApiError;
use super::openapi;
use crate::config::Scope;
use crate::engine::Engine;

/// How long one request may take, its body included; what takes longer is answered with 503.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// The API for the world.
pub fn router(web: Arc<Web>) -> Router {
    let guarded = routes(web.engine.clone()).layer(from_fn_with_state(web, let_in));
    Router::new().nest_service("/api/v1", NormalizePathLayer::trim_trailing_slash().layer(guarded))
}

/// The API for this process alone: looks only, and no token. It must never be given to a listener.
fn in_process(engine: Arc<Engine>) -> Router {
    let looks_only = async |mut request: Request, next: Next| {
        let token = "in process".to_owned();
        Caller { token: token.clone(), scope: Scope::Read }.may(request.method())?;
        // Whoever runs this process has the database, and sees what private incidents are about.
        request.extensions_mut().insert(Caller { token, scope: Scope::Act });
        Ok::<Response, ApiError>(next.run(request).await)
    };
    Router::new().nest("/api/v1", routes(engine).layer(from_fn(looks_only)))
}

/// What the API answers to a look from this process: status and body.
///
/// # Errors
/// When `path` is no address, or the answer cannot be read.
pub async fn look(engine: Arc<Engine>, path: &str) -> Result<(u16, Value), Unanswered> {
    let request = Request::get(format!("/api/v1/{path}")).body(Body::empty())?;
    let answer = match in_process(engine).oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
    Ok((status, body))
}

/// Why a look from this process came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The path cannot stand in an address.
    #[error("this cannot be asked: {0}")]
    Address(#[from] http::Error),
    /// The answer broke off.
    #[error("the answer broke off: {0}")]
    Body(#[from] axum::Error),
    /// The answer is not JSON.
    #[error("the answer is not json: {0}")]
    Json(#[from] serde_json::Error),
}

fn routes(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/incidents", get(incidents::list).post(incidents::declare))
        .route("/incidents/{id}", get(incidents::show))
        .route("/incidents/{id}/judgement", get(judgement::show))
        .route("/incidents/{id}/timeline", get(incidents::timeline))
        .route("/incidents/{id}/pages", get(incidents::pages))
        .route("/incidents/{id}/ack", post(incidents::acknowledge))
        .route("/incidents/{id}/note", post(incidents::note))
        .route("/incidents/{id}/resolve", post(incidents::resolve))
        .route("/incidents/{id}/postmortem", get(postmortem::show))
        .route("/incidents/{id}/postmortem/{section}", put(postmortem::write))
        .route("/oncall", get(on_call::show))
        .route("/oncall/shifts", get(on_call::shifts))
        .route("/oncall/overrides", get(on_call::overrides))
        .route("/oncall/report", get(on_call::report))
        .route("/oncall/ical", get(on_call::calendars))
        .route("/stats", get(stats::show))
        .route("/openapi.json", get(async || Json(openapi::document())))
        .fallback(async || {
            ApiError::NotFound("there is nothing at this address; see /api/v1/openapi.json".to_owned())
        })
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(asked::MAX_BODY))
        .layer(from_fn(async |request: Request, next: Next| in_time(ANSWER_WITHIN, next.run(request)).await))
        .with_state(engine)
}

/// The answer; when it takes too long, that nobody can answer now, in the same words as ever.
async fn in_time(within: Duration, answering: impl Future<Output = Response>) -> Result<Response, ApiError> {
    tokio::time::timeout(within, answering).await.map_err(|_elapsed| {
        tracing::error!("a request to the api took longer than {within:?}");
        ApiError::Unavailable
    })
}

/// Asks for the token before anything else is looked at.
async fn let_in(State(web): State<Arc<Web>>, mut request: Request, next: Next) -> Response {
    let caller = auth::caller(&web.tokens, request.headers())
        .and_then(|caller| caller.may(request.method()).map(|()| caller));
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests;
