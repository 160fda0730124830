//! `POST /webhooks/alertmanager[/<source>]`: who may send ([`auth`]), how much ([`body`]), and what was said ([`payload`]).
//!
//! In that order: nobody's body is read before they are known, and nothing is parsed that was not paid for from the
//! byte budget. Alertmanager repeats a delivery after 5xx only, so what may pass later is refused with 503 and what
//! will never pass with 4xx. 200 is said only after the commit.

pub mod auth;
pub mod body;
pub mod payload;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use self::auth::Unauthorized;
use self::body::Unread;
use self::payload::{Parsed, Rejection};
use super::Web;
use crate::engine::StoreError;
use crate::ids::SourceId;
use crate::telemetry::Rejected;

/// The source of deliveries whose address names none.
const DEFAULT_SOURCE: &str = "main";
/// A delivery that is not durable by then is refused, to be sent again. Alertmanager itself waits ten seconds.
const COMMIT_WITHIN: Duration = Duration::from_secs(5);
/// So much of an unusable body is kept for a person to look at.
const KEPT_BYTES: usize = 64 * 1024;

/// The webhook's routes, with and without a slash at the end: a redirect would lose the alert.
pub fn router(web: Arc<Web>) -> Router {
    Router::new()
        .route("/webhooks/alertmanager", post(receive_default))
        .route("/webhooks/alertmanager/", post(receive_default))
        .route("/webhooks/alertmanager/{source}", post(receive_named))
        .route("/webhooks/alertmanager/{source}/", post(receive_named))
        .with_state(web)
}

/// Why a delivery was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("there is no source of this name in the configuration; see `alertmanagers`")]
    UnknownSource,
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    #[error(transparent)]
    Unread(#[from] Unread),
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("it could not be stored in time; send it again")]
    TooSlow,
    #[error("it could not be stored now; send it again")]
    NotStored(#[from] StoreError),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownSource => StatusCode::NOT_FOUND,
            Self::Unauthorized(unauthorized) => unauthorized.status(),
            Self::Unread(unread) => unread.status(),
            Self::Rejected(rejection) => rejection.status(),
            Self::TooSlow | Self::NotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The metric's label.
    const fn reason(&self) -> Rejected {
        match self {
            Self::UnknownSource => Rejected::UnknownSource,
            Self::Unauthorized(_) => Rejected::Unauthorized,
            Self::Unread(Unread::TooLarge { .. }) => Rejected::TooLarge,
            Self::Unread(Unread::Busy) => Rejected::Busy,
            Self::Unread(Unread::Stalled { .. } | Unread::TooSlow { .. }) => Rejected::TooSlow,
            Self::Unread(Unread::Broken(_)) => Rejected::Broken,
            Self::Rejected(Rejection::NotJson(_)) => Rejected::NotJson,
            Self::Rejected(Rejection::Unusable { .. }) => Rejected::Unusable,
            Self::TooSlow | Self::NotStored(_) => Rejected::NotStored,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let text = [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
        let mut response = (self.status(), text, format!("{self}\n")).into_response();
        if let Self::Unauthorized(unauthorized) = self {
            let challenge = HeaderValue::from_static(unauthorized.challenge());
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

async fn receive_default(State(web): State<Arc<Web>>, headers: HeaderMap, body: Body) -> Response {
    answer(&web, SourceId::from(DEFAULT_SOURCE), &headers, body).await
}

async fn receive_named(
    State(web): State<Arc<Web>>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answer(&web, SourceId(source), &headers, body).await
}

async fn answer(web: &Arc<Web>, source: SourceId, headers: &HeaderMap, body: Body) -> Response {
    if let Err(refusal) = admit(web, &source, headers) {
        return said(web, refusal).into_response();
    }
    match receive(web, source, body).await {
        Ok(()) => {
            web.metrics.webhook_received();
            StatusCode::OK.into_response()
        }
        Err(refusal) => said(web, refusal).into_response(),
    }
}

/// Counts a refusal and says it in the log.
fn said(web: &Web, refusal: Refusal) -> Refusal {
    web.metrics.webhook_rejected(refusal.reason());
    match &refusal {
        Refusal::NotStored(error) => tracing::error!(error = %error, "a webhook could not be stored"),
        Refusal::TooSlow => tracing::error!("a webhook could not be stored within {COMMIT_WITHIN:?}"),
        Refusal::UnknownSource | Refusal::Unauthorized(_) | Refusal::Unread(_) | Refusal::Rejected(_) => {
            tracing::warn!(reason = refusal.reason().as_str(), error = %refusal, "a webhook was refused");
        }
    }
    refusal
}

/// Whether this sender may send, before anything of the body is looked at.
fn admit(web: &Web, source: &SourceId, headers: &HeaderMap) -> Result<(), Refusal> {
    let credentials = web.sources.get(source).ok_or(Refusal::UnknownSource)?;
    Ok(auth::check(credentials, headers)?)
}

async fn receive(web: &Arc<Web>, source: SourceId, body: Body) -> Result<(), Refusal> {
    let held = web.reader.read(body).await?;
    let _turn = web.reader.turn(&held).await?;
    match payload::parse(held.as_ref(), source.clone(), web.engine.now()) {
        Ok(Parsed { group, undated }) => {
            let stored = tokio::time::timeout(COMMIT_WITHIN, web.engine.ingest(group, undated));
            stored.await.map_err(|_elapsed| Refusal::TooSlow)??;
            Ok(())
        }
        Err(rejection @ Rejection::NotJson(_)) => Err(rejection.into()),
        Err(rejection @ Rejection::Unusable { .. }) => {
            let kept = held.as_ref().get(..KEPT_BYTES).unwrap_or(held.as_ref());
            let body = String::from_utf8_lossy(kept).into_owned();
            web.engine.keep_dead_letter(source, rejection.to_string(), body).await?;
            Err(rejection.into())
        }
    }
}
