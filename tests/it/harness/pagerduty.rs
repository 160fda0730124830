//! A PagerDuty: it takes events as its Events API v2 does, and calls the service back with its signature.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use dontpanic::ids::IncidentId;

use super::providers::{Carried, Provider, Takes};
use super::world::World;

/// The key of the integration.
pub const ROUTING_KEY: &str = "R0123456789ABCDEF0123456789ABCDE";
/// Signs what it sends.
pub const WEBHOOK_SECRET: &str = "a-pagerduty-secret";

/// Where events are taken: `/pagerduty`.
pub fn router(pagerduty: Provider) -> Router {
    Router::new().route("/pagerduty/v2/enqueue", post(take)).with_state(pagerduty)
}

async fn take(State(pagerduty): State<Provider>, axum::Json(event): axum::Json<Value>) -> Response {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (action, key) = (text(&event["event_action"]), text(&event["dedup_key"]));
    let is_whole = action != "trigger"
        || ["summary", "source", "severity"].iter().all(|field| event["payload"][field].is_string());
    if event["routing_key"] != ROUTING_KEY || !is_whole {
        let body = json!({ "status": "invalid event", "message": "Event object is invalid", "errors": ["Invalid routing key"] });
        return (StatusCode::BAD_REQUEST, axum::Json(body)).into_response();
    }
    let summary = text(&event["payload"]["summary"]);
    let carried = Carried { to: without_installation(&key), headline: action, text: summary, whole: event };
    match pagerduty.gets(carried) {
        Takes::Everything => {
            let body = json!({ "status": "success", "message": "Event processed", "dedup_key": key });
            (StatusCode::ACCEPTED, axum::Json(body)).into_response()
        }
        Takes::Nothing(status, error) => {
            let body = json!({ "status": "error", "message": error, "errors": [error] });
            (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
        }
        Takes::ButSaysNothing => std::future::pending().await,
    }
}

/// What stands in a key of a test where the installation's own part does, which nobody can know beforehand.
pub const HERE: &str = "here";

/// A key with the part of the installation, which no two tests have in common, replaced by [`HERE`].
fn without_installation(key: &str) -> String {
    match key.split('/').collect::<Vec<_>>().as_slice() {
        [service, installation, incident] if installation.len() == 12 => {
            format!("{service}/{HERE}/{incident}")
        }
        _ => key.to_owned(),
    }
}

/// The signature of a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(body);
    let hex: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    format!("v1={hex}")
}

/// What is sent when an agent of this type did something.
pub fn event(id: &str, what: &str, key: &str, agent: Option<(&str, &str)>) -> Value {
    let agent = agent.map(|(kind, name)| {
        json!({ "html_url": "https://acme.pagerduty.com/users/PLH1HKV", "id": "PLH1HKV",
                "self": "https://api.pagerduty.com/users/PLH1HKV", "summary": name, "type": kind })
    });
    json!({ "event": {
        "id": id, "event_type": what, "resource_type": "incident", "occurred_at": "2026-11-20T03:01:00.000Z",
        "agent": agent, "client": null,
        "data": { "id": "PGR0VU2", "type": "incident", "self": "https://api.pagerduty.com/incidents/PGR0VU2",
                  "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2", "number": 2, "status": "acknowledged",
                  "incident_key": key, "title": "A little bump in the road" },
    } })
}

impl World {
    /// PagerDuty says what Dana did there; the status.
    pub async fn dana_in_pagerduty(&mut self, id: &str, what: &str, key: &str) -> u16 {
        self.pagerduty_says(&event(id, what, key, Some(("user_reference", "Dana Scully")))).await
    }

    /// PagerDuty says something, signed; the status.
    pub async fn pagerduty_says(&mut self, said: &Value) -> u16 {
        self.tell("pagerduty", &format!("says {}", said["event"]["event_type"]));
        let body = self.as_known_here(said).await.to_string().into_bytes();
        let shown = format!("{},{}", signature("the secret before", &body), signature(WEBHOOK_SECRET, &body));
        self.says_with(body, Some(&shown)).await
    }

    /// What is said, with the installation's own part instead of [`HERE`].
    pub async fn as_known_here(&self, said: &Value) -> Value {
        let mut said = said.clone();
        let key = &mut said["event"]["data"]["incident_key"];
        if let Some(id) =
            key.as_str().and_then(|key| key.strip_prefix(&format!("dontpanic/{HERE}/"))?.parse().ok())
        {
            *key = self.pagerduty_key(id).await.into();
        }
        said
    }

    /// What PagerDuty knows an incident by.
    pub async fn pagerduty_key(&self, id: IncidentId) -> String {
        self.engine().pagerduty_key(id).await.expect("the database answers")
    }

    /// Somebody says something with this signature; the status.
    pub async fn says_with(&mut self, body: Vec<u8>, shown: Option<&str>) -> u16 {
        let shown = shown.map(|shown| ("x-pagerduty-signature", shown));
        let headers: Vec<(&str, &str)> =
            [("content-type", "application/json")].into_iter().chain(shown).collect();
        let (status, _) = self.post("/webhooks/pagerduty", &headers, body).await;
        self.settle().await;
        status.as_u16()
    }
}
