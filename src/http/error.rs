//! How the API says no: one sentence, in JSON, whatever the reason.
//!
//! Of our own faults the sentence says no more than that: what went wrong is for the log, not for whoever asks.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::domain::incident::Refusal;
use crate::engine::{HandleError, StoreError};
use crate::ids::IncidentId;

/// When to come again after 503, seconds.
const COME_AGAIN: HeaderValue = HeaderValue::from_static("1");

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The request is wrong; the sentence says what about it, and what is right.
    #[error("{0}")]
    BadRequest(String),
    /// There is no valid token.
    #[error("send `Authorization: Bearer` with a token of `api_tokens`")]
    Unauthorized,
    /// The token may look, not act.
    #[error("the token `{token}` may only read; this needs one with `scope: act`")]
    Forbidden {
        /// The token's name.
        token: String,
    },
    /// The incident is private, and the token may only look.
    #[error("{incident} is private; this needs a token with `scope: act`")]
    Private {
        /// Which incident.
        incident: IncidentId,
    },
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// There is such an address, but not for this method.
    #[error("this address does not take that method; see /api/v1/openapi.json")]
    MethodNotAllowed,
    /// The incident, as it is, refuses.
    #[error("{0}")]
    Conflict(Refusal),
    /// The body is too large.
    #[error("the body is larger than 1 MiB")]
    TooLarge,
    /// The store cannot answer now.
    #[error("the database does not answer; ask again")]
    Unavailable,
    /// Something is wrong here.
    #[error("an internal error")]
    Broken,
}

impl ApiError {
    /// There is no such incident.
    pub fn no_incident(id: IncidentId) -> Self {
        Self::NotFound(format!("there is no {id}"))
    }

    /// Its status.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } | Self::Private { .. } => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %error, "a request to the api failed");
        match error {
            StoreError::Unavailable { .. } | StoreError::Contended { .. } | StoreError::Stale => {
                Self::Unavailable
            }
            _ => Self::Broken,
        }
    }
}

impl From<HandleError> for ApiError {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::Unknown(id) => Self::no_incident(id),
            HandleError::Refused(refusal) => Self::Conflict(refusal),
            HandleError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        match self {
            Self::Unavailable => (status, [(RETRY_AFTER, COME_AGAIN)], sentence(&self)).into_response(),
            Self::Unauthorized => {
                let challenge = HeaderValue::from_static("Bearer realm=\"api\"");
                (status, [(WWW_AUTHENTICATE, challenge)], sentence(&self)).into_response()
            }
            _ => (status, sentence(&self)).into_response(),
        }
    }
}

fn sentence(error: &ApiError) -> Json<serde_json::Value> {
    Json(json!({ "error": error.to_string() }))
}
