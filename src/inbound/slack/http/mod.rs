//! Slack's way in over signed HTTP: `/slack/commands`, `/slack/interactions`, `/slack/events`.
//!
//! The signature is proven over the raw bytes before anything reads them, and the answer is given only after the thing is
//! stored. Slack waits three seconds; every answer here is ready before that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use serde_json::{Map, Value, json};

use super::inbound;
use super::signature::{self, NotFromSlack, SigningSecret};
use crate::clock::Clock;
use crate::engine::inbox::{Accept, Accepted, InboundKind, Unavailable};

/// The largest body that is read; Slack's own stay far below.
const BODY_LIMIT: usize = 1024 * 1024;
/// Reading and storing together; Slack gives up after three seconds.
const ANSWER_WITHIN: Duration = Duration::from_millis(2500);

const NOT_STORED: &str = "This could not be stored, so nothing has happened. Please try again.";

/// What the handlers need.
#[derive(Clone)]
pub struct SlackHttp {
    secret: SigningSecret,
    clock: Arc<dyn Clock>,
    accept: Arc<dyn Accept>,
    answer_within: Duration,
}

impl SlackHttp {
    /// Hands what comes in to `accept`. `clock` is wire time.
    pub fn new(secret: SigningSecret, clock: Arc<dyn Clock>, accept: Arc<dyn Accept>) -> Self {
        Self { secret, clock, accept, answer_within: ANSWER_WITHIN }
    }

    /// The same with another time limit for an answer.
    #[must_use]
    pub fn answering_within(self, answer_within: Duration) -> Self {
        Self { answer_within, ..self }
    }

    /// The three routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/slack/commands", post(command))
            .route("/slack/interactions", post(interaction))
            .route("/slack/events", post(event))
            .with_state(self)
    }

    /// Reads and proves the request, then lets `take` answer it; too slow counts as not stored, and as nobody's before it is proven.
    async fn answer(
        &self,
        request: Request<Body>,
        take: impl AsyncFnOnce(&Self, Bytes) -> Result<Response, Refusal>,
    ) -> Result<Response, Refusal> {
        let is_proven = AtomicBool::new(false);
        let whole = async {
            let body = self.proven_body(request).await?;
            is_proven.store(true, Ordering::Relaxed);
            take(self, body).await
        };
        tokio::time::timeout(self.answer_within, whole).await.unwrap_or_else(|_elapsed| {
            Err(if is_proven.load(Ordering::Relaxed) { Refusal::NotStored } else { Refusal::TooSlow })
        })
    }

    async fn proven_body(&self, request: Request<Body>) -> Result<Bytes, Refusal> {
        let (head, body) = request.into_parts();
        let signed = Signed::from(&head.headers)?;
        signature::check_time(signed.timestamp, self.clock.now())?;
        let body = axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|_| Refusal::TooLarge)?;
        signature::verify(&self.secret, signed.timestamp, signed.signature, &body, self.clock.now())?;
        Ok(body)
    }

    /// Stores it; what goes with the acknowledgement.
    async fn store(&self, kind: InboundKind, raw: Value) -> Result<Option<Value>, Refusal> {
        let inbound = inbound(kind, raw, self.clock.now());
        match self.accept.accept(inbound).await {
            Ok(accepted) => {
                if accepted == Accepted::Seen {
                    tracing::debug!(kind = ?kind, "slack sent something again that is stored already");
                }
                Ok(accepted.answer())
            }
            Err(Unavailable) => Err(Refusal::NotStored),
        }
    }
}

/// The two headers of a signed request.
struct Signed<'a> {
    timestamp: &'a str,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    fn from(headers: &'a HeaderMap) -> Result<Self, NotFromSlack> {
        let header = |name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).ok_or(NotFromSlack::Unsigned)
        };
        Ok(Self { timestamp: header("x-slack-request-timestamp")?, signature: header("x-slack-signature")? })
    }
}

/// Why a request is not acknowledged.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    NotFromSlack(#[from] NotFromSlack),
    #[error("the body is larger than 1 MiB or broke off")]
    TooLarge,
    #[error("the body did not arrive in time, so nobody knows who sends it")]
    TooSlow,
    #[error("the body is not what slack sends")]
    Unparsable,
    #[error("could not be stored in time; slack is told to send it again")]
    NotStored,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tracing::warn!(reason = %self, "a request to the slack endpoints is refused");
        match self {
            Self::NotFromSlack(_) => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unparsable => StatusCode::BAD_REQUEST,
            Self::NotStored => StatusCode::SERVICE_UNAVAILABLE,
        }
        .into_response()
    }
}

fn received() -> Response {
    StatusCode::OK.into_response()
}

/// Slash commands. When one cannot be stored the person is told so: Slack does not send commands again.
async fn command(State(slack): State<SlackHttp>, request: Request<Body>) -> Response {
    let answered = slack.answer(request, async |slack, body| {
        let fields = form(&body);
        // Slack's check of the endpoint's certificate, not a command.
        if fields.contains_key("ssl_check") {
            return Ok(received());
        }
        if !fields.contains_key("command") {
            return Err(Refusal::Unparsable);
        }
        slack.store(InboundKind::Command, Value::Object(fields)).await?;
        Ok(received())
    });
    match answered.await {
        Err(refusal @ Refusal::NotStored) => {
            tracing::warn!(reason = %refusal, "a slash command is not acknowledged");
            Json(json!({ "response_type": "ephemeral", "text": NOT_STORED })).into_response()
        }
        answer => answer.into_response(),
    }
}

/// Clicks, shortcuts and modals. When one cannot be stored the status says so: Slack then marks the button with a warning
/// and keeps the modal open with what was typed, whereas the body of a success would be dropped in silence.
async fn interaction(State(slack): State<SlackHttp>, request: Request<Body>) -> Result<Response, Refusal> {
    let answered = slack.answer(request, async |slack, body| {
        let fields = form(&body);
        let payload = fields.get("payload").and_then(Value::as_str).ok_or(Refusal::Unparsable)?;
        let raw: Value = serde_json::from_str(payload).map_err(|_| Refusal::Unparsable)?;
        if !raw.is_object() {
            return Err(Refusal::Unparsable);
        }
        let answer = slack.store(InboundKind::Interaction, raw).await?;
        Ok(answer.map_or_else(received, |answer| Json(answer).into_response()))
    });
    answered.await
}

/// The Events API. A refusal makes Slack send the event again.
async fn event(State(slack): State<SlackHttp>, request: Request<Body>) -> Result<Response, Refusal> {
    let answered = slack.answer(request, async |slack, body| {
        let raw: Value = serde_json::from_slice(&body).map_err(|_| Refusal::Unparsable)?;
        match raw.get("type").and_then(Value::as_str) {
            Some("url_verification") => {
                let challenge = raw.get("challenge").and_then(Value::as_str).ok_or(Refusal::Unparsable)?;
                return Ok(Json(json!({ "challenge": challenge })).into_response());
            }
            Some("event_callback") => {
                slack.store(InboundKind::Event, raw).await?;
            }
            Some("app_rate_limited") => {
                tracing::warn!("slack drops events because too many came in; expect gaps in timelines");
            }
            Some(other) => tracing::debug!(kind = other, "slack sent something the bot does not know"),
            None => return Err(Refusal::Unparsable),
        }
        Ok(received())
    });
    answered.await
}

/// A form as an object of words, the shape that Socket Mode gives a command.
fn form(body: &[u8]) -> Map<String, Value> {
    url::form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value))).collect()
}

#[cfg(test)]
mod tests;
