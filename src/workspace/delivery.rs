//! How commands, interactions and events reach the app: an envelope on a socket, or a signed request; events come again when they
//! are not acknowledged.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::config::Delivery;
use super::socket::Acknowledgement;
use super::state::State;
use super::{Reach, Workspace};

/// How long an app has to acknowledge, in real time.
const PATIENCE: Duration = Duration::from_secs(3);
/// When an event comes again, counted from the attempt before.
const AGAIN_AFTER: [TimeDelta; 3] = [TimeDelta::zero(), TimeDelta::minutes(1), TimeDelta::minutes(5)];
/// The largest answer of an app that is read.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Resolves with how the app took an event's first delivery.
pub(super) type Receipt = oneshot::Receiver<Delivered>;

/// The client that signed requests go out with; plain http, since the app is on this machine.
pub(super) struct Wire(Client<HttpConnector, Body>);

impl Wire {
    pub(super) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build(HttpConnector::new()))
    }
}

/// Something for the app.
#[derive(Debug, Clone)]
pub(super) enum Parcel {
    Command(Map<String, Value>),
    Interaction(Value),
    Event(Value),
}

impl Parcel {
    fn envelope(&self, id: &str, retry: Option<Retry>) -> Value {
        let (kind, payload, accepts) = match self {
            Self::Command(fields) => ("slash_commands", Value::Object(fields.clone()), true),
            Self::Interaction(payload) => {
                ("interactive", payload.clone(), payload["type"] == "view_submission")
            }
            Self::Event(payload) => ("events_api", payload.clone(), false),
        };
        let mut envelope = json!({ "envelope_id": id, "payload": payload, "type": kind, "accepts_response_payload": accepts });
        if matches!(self, Self::Event(_)) {
            envelope["retry_attempt"] = json!(retry.map_or(0, |retry| retry.number));
            envelope["retry_reason"] = json!(retry.map_or("", |retry| retry.reason));
        }
        envelope
    }

    fn body(&self) -> (&'static str, String) {
        let form = "application/x-www-form-urlencoded";
        match self {
            Self::Command(fields) => {
                let mut body = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    body.append_pair(name, value.as_str().unwrap_or_default());
                }
                (form, body.finish())
            }
            Self::Interaction(payload) => {
                let mut body = url::form_urlencoded::Serializer::new(String::new());
                (form, body.append_pair("payload", &payload.to_string()).finish())
            }
            Self::Event(payload) => ("application/json", payload.to_string()),
        }
    }
}

/// Which repetition of an event this is, and why it is repeated.
#[derive(Debug, Clone, Copy)]
struct Retry {
    number: usize,
    reason: &'static str,
}

/// How the app took a delivery.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Delivered {
    /// In time; with what it said.
    Acknowledged(Option<Value>),
    /// There was no connection to send it on.
    NotConnected,
    /// Three seconds passed.
    NoAnswer,
    /// It answered with another status than 2xx.
    Status { status: u16, retry: MayRetry },
    /// Slack itself is down.
    SlackDown,
}

/// What the app says about repeating a failed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayRetry {
    Yes,
    No,
}

impl Delivered {
    fn retry_reason(&self) -> Option<&'static str> {
        match self {
            Self::Acknowledged(_) | Self::Status { retry: MayRetry::No, .. } => None,
            Self::NotConnected => Some("connection_failed"),
            Self::NoAnswer | Self::SlackDown => Some("http_timeout"),
            Self::Status { .. } => Some("http_error"),
        }
    }
}

/// A first attempt that is on its way.
struct Started {
    envelope_id: String,
    acknowledgement: Option<Acknowledgement>,
}

fn start(state: &mut State, parcel: &Parcel, retry: Option<Retry>) -> Started {
    let envelope_id = state.ids.secret();
    let envelope = parcel.envelope(&envelope_id, retry);
    let acknowledgement = state.sockets.send(&envelope_id, &envelope);
    Started { envelope_id, acknowledgement }
}

/// `v0=…`: how Slack signs what it sends.
pub(super) fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    use std::fmt::Write;
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    let mut signature = "v0=".to_owned();
    for byte in mac.finalize().into_bytes() {
        // Writing to a string cannot fail.
        let _written = write!(signature, "{byte:02x}");
    }
    signature
}

impl Workspace {
    /// Delivers a command or an interaction: once, on another connection when one goes away.
    pub(super) async fn deliver(&self, parcel: Parcel) -> Delivered {
        self.attempt(&parcel, None, None).await
    }

    /// Sends an event off, in order with the others, and sees to its repetitions.
    pub(super) fn dispatch_event(&self, state: &mut State, event: Value, now: DateTime<Utc>) -> Receipt {
        let parcel = Parcel::Event(event_callback(state, event, now));
        // Sent here, under the lock: on a socket, events stay in order.
        let started = (state.delivery == Delivery::Socket).then(|| start(state, &parcel, None));
        let (tell, receipt) = oneshot::channel();
        let workspace = self.clone();
        tokio::spawn(async move {
            let first = workspace.attempt(&parcel, None, started).await;
            let mut reason = first.retry_reason();
            // The receipt is for whoever waits; often nobody does.
            let _taken = tell.send(first);
            for (number, after) in (1..).zip(AGAIN_AFTER) {
                let Some(why) = reason else { return };
                let clock = &workspace.inner.clock;
                clock.sleep_until(clock.now() + after).await;
                reason = workspace
                    .attempt(&parcel, Some(Retry { number, reason: why }), None)
                    .await
                    .retry_reason();
            }
        });
        receipt
    }

    async fn attempt(&self, parcel: &Parcel, retry: Option<Retry>, started: Option<Started>) -> Delivered {
        if self.reach() == Reach::Outage {
            return Delivered::SlackDown;
        }
        let url = match (&self.lock().delivery, parcel) {
            (Delivery::Socket, _) => None,
            (Delivery::Http { commands, .. }, Parcel::Command(_)) => Some(commands.clone()),
            (Delivery::Http { interactions, .. }, Parcel::Interaction(_)) => Some(interactions.clone()),
            (Delivery::Http { events, .. }, Parcel::Event(_)) => Some(events.clone()),
        };
        let deadline = Instant::now() + PATIENCE;
        match url {
            Some(url) => match timeout_at(deadline, self.post_signed(&url, parcel, retry)).await {
                Ok(delivered) => delivered,
                Err(_) => Delivered::NoAnswer,
            },
            None => self.over_socket(parcel, retry, started, deadline).await,
        }
    }

    async fn over_socket(
        &self,
        parcel: &Parcel,
        retry: Option<Retry>,
        mut started: Option<Started>,
        deadline: Instant,
    ) -> Delivered {
        loop {
            let sent = started.take().unwrap_or_else(|| start(&mut self.lock(), parcel, retry));
            let Some(acknowledgement) = sent.acknowledgement else { return Delivered::NotConnected };
            match timeout_at(deadline, acknowledgement).await {
                Ok(Ok(payload)) => return Delivered::Acknowledged(payload),
                // The connection went away without an acknowledgement: the next one gets it.
                Ok(Err(_)) => {}
                Err(_) => {
                    self.lock().sockets.give_up(&sent.envelope_id);
                    return Delivered::NoAnswer;
                }
            }
        }
    }

    async fn post_signed(&self, url: &str, parcel: &Parcel, retry: Option<Retry>) -> Delivered {
        let (content_type, body) = parcel.body();
        let timestamp = self.inner.clock.now().timestamp();
        let signature = signature(&self.lock().signing_secret, timestamp, &body);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::USER_AGENT, "Slackbot 1.0 (+https://api.slack.com/robots)")
            .header("x-slack-request-timestamp", timestamp)
            .header("x-slack-signature", signature);
        if let Some(retry) = retry {
            request = request
                .header("x-slack-retry-num", retry.number)
                .header("x-slack-retry-reason", retry.reason);
        }
        let Ok(request) = request.body(Body::from(body)) else { return Delivered::NotConnected };
        let Ok(response) = self.inner.wire.0.request(request).await else { return Delivered::NotConnected };
        let status = response.status();
        if !status.is_success() {
            let refuses = response.headers().get("x-slack-no-retry").is_some_and(|value| value == "1");
            let retry = if refuses { MayRetry::No } else { MayRetry::Yes };
            return Delivered::Status { status: status.as_u16(), retry };
        }
        let Ok(said) = to_bytes(Body::new(response.into_body()), LARGEST_ANSWER).await else {
            return Delivered::NoAnswer;
        };
        if said.is_empty() {
            return Delivered::Acknowledged(None);
        }
        let said = serde_json::from_slice(&said)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&said).into_owned()));
        Delivered::Acknowledged(Some(said))
    }
}

/// The outer object of an event.
fn event_callback(state: &mut State, event: Value, now: DateTime<Utc>) -> Value {
    let id = state.ids.make("Ev");
    json!({
        "token": "verification-token", "team_id": state.team_id, "context_team_id": state.team_id,
        "context_enterprise_id": null, "api_app_id": state.app_id, "event": event, "type": "event_callback",
        "event_id": id, "event_time": now.timestamp(),
        "authorizations": [{
            "enterprise_id": null, "team_id": state.team_id, "user_id": state.bot_user, "is_bot": true,
            "is_enterprise_install": false,
        }],
        "is_ext_shared_channel": false, "event_context": format!("4-{id}"),
    })
}
