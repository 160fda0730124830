//! `/webhooks/pagerduty`: what people do in PagerDuty, as webhooks v3.
//!
//! Nothing is believed without a signature over the body as it came. What is not about an incident of ours is answered with 200
//! and does nothing: the sender counts anything else as a failure, and in the end switches the webhook off.

mod signature;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;

use super::Web;
use crate::engine::pagerduty::Said;
use crate::telemetry::Rejected;

/// The largest body, bytes.
const MAX_BODY: usize = 1 << 20;
/// So much of a name is kept, characters.
const NAME: usize = 80;
/// So much of what an event is called, characters.
const EVENT: usize = 200;

/// The address that PagerDuty calls.
pub fn router(web: Arc<Web>) -> Router {
    Router::new()
        .route("/webhooks/pagerduty", post(hear))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(web)
}

#[derive(Debug, Deserialize)]
struct Delivery {
    event: Event,
}

#[derive(Debug, Deserialize)]
struct Event {
    id: String,
    event_type: String,
    agent: Option<Agent>,
    #[serde(default)]
    data: Value,
}

/// Who did it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Agent {
    #[serde(rename = "type")]
    kind: Option<String>,
    summary: Option<String>,
}

impl Agent {
    /// Whether it is what our own events come in by: what they did comes back late, when it may not be true any more.
    fn is_an_integration(&self) -> bool {
        let kind = self.kind.as_deref().unwrap_or_default();
        kind.contains("integration") || kind.starts_with("service")
    }

    fn name(&self) -> String {
        let words: Vec<&str> = self.summary.as_deref().unwrap_or_default().split_whitespace().collect();
        words.join(" ").chars().take(NAME).collect()
    }
}

async fn hear(State(web): State<Arc<Web>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(secret) = &web.pagerduty else { return StatusCode::NOT_FOUND };
    let shown = headers.get_all("x-pagerduty-signature").iter().filter_map(|shown| shown.to_str().ok());
    if !signature::is_right(secret.expose(), &body, shown) {
        web.metrics.webhook_rejected(Rejected::PagerdutySignature);
        tracing::warn!(
            "somebody posted to the pagerduty webhook without its signature; check `pagerduty.webhook_secret`"
        );
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(Delivery { event }) = serde_json::from_slice(&body) else {
        web.metrics.webhook_rejected(Rejected::PagerdutyBody);
        tracing::warn!("the body of a pagerduty webhook is not what pagerduty sends");
        return StatusCode::BAD_REQUEST;
    };
    let said = match event.event_type.as_str() {
        "incident.acknowledged" => Said::Acknowledged,
        "incident.resolved" => Said::Resolved,
        _ => return StatusCode::OK,
    };
    let key = event.data.get("incident_key").and_then(Value::as_str).unwrap_or_default();
    let agent = event.agent.unwrap_or_default();
    if agent.is_an_integration() {
        return StatusCode::OK;
    }
    let name: String = event.id.chars().take(EVENT).collect();
    let heard = async {
        match web.engine.known_to_pagerduty(key).await? {
            Some(id) => web.engine.pagerduty_says(&name, id, said, agent.name()).await,
            None => Ok(()),
        }
    };
    match heard.await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::error!(error = %error, "what pagerduty said could not be stored");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
