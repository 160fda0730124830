//! The wire: Slack's Web API, response URLs and Socket Mode over HTTP.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{DefaultBodyLimit, Path, Query, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::args::{Args, Carrier};
use super::methods::{self, Body, Method, Needs};
use super::record::Call;
use super::refusal::Refusal;
use super::socket::{self, Frame};
use super::{Fault, Reach, Workspace, api, respond, state};

/// The largest body: a view of 250 KB, form-encoded, with room to spare.
const LARGEST_BODY: usize = 4 * 1024 * 1024;
/// So long after its goodbye a connection is closed, in real time; Slack says "about ten seconds".
const GRACE: Duration = Duration::from_secs(10);
/// How often Slack pings a socket connection.
const PING_EVERY: Duration = Duration::from_secs(10);
/// Arguments that may be there and empty.
const MAY_BE_EMPTY: &[&str] = &["topic", "purpose"];

pub(super) fn router(workspace: Workspace) -> Router {
    Router::new()
        .route("/api/{method}", get(web_api).post(web_api))
        .route("/hooks/{id}", post(response_url))
        .route("/socket", get(open_socket))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(workspace)
}

/// What is sent back.
struct Reply {
    status: StatusCode,
    body: Value,
    retry_after: Option<i64>,
    scopes: Option<String>,
    /// For the record.
    result: String,
}

impl Reply {
    fn refused(refusal: &Refusal) -> Self {
        Self {
            status: StatusCode::OK,
            body: refusal.body(),
            retry_after: None,
            scopes: None,
            result: refusal.code.to_owned(),
        }
    }

    fn limited(seconds: i64) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(seconds),
            ..Self::refused(&Refusal::from("ratelimited"))
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(scopes) = self.scopes.and_then(|scopes| HeaderValue::from_str(&scopes).ok()) {
            headers.insert(HeaderName::from_static("x-oauth-scopes"), scopes);
        }
        response
    }
}

impl Workspace {
    /// Waits out an outage; true when there was one, so that what waited fails.
    async fn outage_passed(&self) -> bool {
        if self.reach() == Reach::Up {
            return false;
        }
        // An error means that the workspace is gone, and nobody is left to wait.
        let mut reach = self.inner.reach.subscribe();
        let _up = reach.wait_for(|reach| *reach == Reach::Up).await;
        true
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a slow network is slow in real time, whatever the clocks say"
    )]
    async fn crawl(&self) {
        let latency = self.lock().faults.latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
    }

    /// Carries a call out under its fault; `run` is the call itself.
    async fn under_fault(&self, name: &str, args: Value, run: impl FnOnce() -> Response) -> Response {
        let place = args["channel"].as_str().unwrap_or_default();
        let is_plain = args["blocks"].as_array().is_none_or(Vec::is_empty);
        let fault = self.lock().faults.take(name, place);
        let fault = fault.filter(|fault| !(is_plain && matches!(fault, Fault::Looks(_))));
        if let Some(fault) = &fault {
            let result = format!("fault: {fault:?}");
            let at = self.inner.clock.now();
            self.lock().record.call(Call { method: name.to_owned(), args, at, result });
        }
        match fault {
            None => run(),
            Some(Fault::RateLimited(seconds)) => Reply::limited(i64::from(seconds)).into_response(),
            Some(Fault::Http(status)) => status_only(status),
            Some(Fault::Garbage) => (StatusCode::OK, "<html>upstream connect error</html>").into_response(),
            Some(Fault::Error(code) | Fault::Looks(code)) => {
                Reply::refused(&Refusal::from(code)).into_response()
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::CommitThenHang) => {
                run();
                std::future::pending().await
            }
            Some(Fault::CommitThenHttp(status)) => {
                run();
                status_only(status)
            }
        }
    }
}

fn status_only(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

async fn web_api(
    State(workspace): State<Workspace>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if workspace.outage_passed().await {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    workspace.crawl().await;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let read = Args::read(query.as_deref().unwrap_or_default(), content_type, &body);
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(|token| token.trim().to_owned());
    let recorded = read.as_ref().map_or(Value::Null, |(args, _)| without_token(args));
    let run = || {
        workspace.with(|state, now| {
            let reply = match read {
                Ok((args, carrier)) => answer(state, &name, bearer, args, carrier, now),
                Err(refusal) => Reply::refused(&refusal),
            };
            let args = recorded.clone();
            let result = reply.result.clone();
            state.record.call(Call { method: name.clone(), args, at: now, result });
            reply.into_response()
        })
    };
    workspace.under_fault(&name, recorded.clone(), run).await
}

fn without_token(args: &Args) -> Value {
    let mut fields = args.0.clone();
    fields.remove("token");
    Value::Object(fields)
}

/// One call, from token to answer.
fn answer(
    state: &mut state::State,
    name: &str,
    bearer: Option<String>,
    mut args: Args,
    carrier: Carrier,
    now: DateTime<Utc>,
) -> Reply {
    let Some(method) = methods::find(name) else {
        state.record.fault(format!("{name}: unknown method"));
        let refusal = Refusal::from("unknown_method").with("req_method", json!(name));
        return Reply::refused(&refusal);
    };
    // A token in a JSON body counts for nothing.
    let token = bearer.or_else(|| args.text("token").filter(|_| carrier == Carrier::Form));
    args.0.remove("token");
    if let Err(refusal) = authorize(state, method, token.as_deref()) {
        if refusal.code == "missing_scope" {
            state.record.fault(format!("{name}: not allowed by the scopes that were granted"));
        }
        return Reply::refused(&refusal);
    }
    if let Carrier::Json { .. } = carrier
        && method.body == Body::FormOnly
    {
        state.record.fault(format!("{name}: takes no JSON body"));
        args = Args(Map::new());
    }
    if let Err(seconds) = state.limits.take(method.name, method.tier, args.text("channel").as_deref(), now) {
        return Reply::limited(seconds);
    }
    for unknown in args.0.keys().filter(|argument| !method.knows(argument)) {
        state.record.fault(format!("{name}: undocumented argument `{unknown}`"));
    }
    let missing = missing(method, &args);
    if let Some((argument, _)) = missing {
        state.record.fault(format!("{name}: the argument `{argument}` is missing"));
    }
    let outcome = match missing {
        Some((argument, "invalid_arguments")) => Err(Refusal::missing(argument)),
        Some((_, error)) => Err(error.into()),
        None => (method.run)(&mut api::Call { state, args: &args, now, needs: method.needs }),
    };
    let mut reply = match outcome {
        Ok(fields) => succeeded(fields, carrier),
        Err(refusal) => {
            if !method.may_answer(refusal.code) {
                state.record.fault(format!("{name}: answered `{}`, which is not documented", refusal.code));
            }
            Reply::refused(&refusal)
        }
    };
    let granted: Vec<&str> = state.granted.iter().map(String::as_str).collect();
    reply.scopes = Some(granted.join(","));
    reply
}

fn succeeded(fields: Value, carrier: Carrier) -> Reply {
    let mut body = Map::from_iter([("ok".to_owned(), json!(true))]);
    if let Value::Object(fields) = fields {
        body.extend(fields);
    }
    if carrier == (Carrier::Json { charset: false }) {
        body.insert("warning".to_owned(), json!("missing_charset"));
        let metadata = body.entry("response_metadata").or_insert_with(|| json!({}));
        metadata["warnings"] = json!(["missing_charset"]);
    }
    let (body, result) = (Value::Object(body), "ok".to_owned());
    Reply { status: StatusCode::OK, body, retry_after: None, scopes: None, result }
}

fn authorize(state: &state::State, method: &Method, token: Option<&str>) -> Result<(), Refusal> {
    let token = token.ok_or("not_authed")?;
    let (is_bot, is_app) = (token == state.bot_token, token == state.app_token);
    if !is_bot && !is_app {
        return Err("invalid_auth".into());
    }
    let granted = |scope: &&str| state.granted.contains(*scope);
    let any_of: Vec<&str> = match method.needs {
        Needs::AppToken if is_app => return Ok(()),
        Needs::Nothing if is_bot => return Ok(()),
        _ if method.name == "auth.test" => return Ok(()),
        Needs::AppToken => return Err("not_allowed_token_type".into()),
        _ if is_app => return Err("not_allowed_token_type".into()),
        Needs::Nothing => return Ok(()),
        Needs::Scope(scope) => vec![scope],
        Needs::ByKind { public, private, direct } => [public, private, direct].concat(),
    };
    if any_of.iter().any(granted) { Ok(()) } else { Err(api::missing_scope(state, &any_of)) }
}

/// The first required argument that is not there, and the error that its absence is.
fn missing(method: &Method, args: &Args) -> Option<(&'static str, &'static str)> {
    let is_there = |name: &str| match args.0.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty() || MAY_BE_EMPTY.contains(&name),
        Some(_) => true,
    };
    method.required.iter().copied().find(|(name, _)| !is_there(name))
}

async fn response_url(
    State(workspace): State<Workspace>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if workspace.outage_passed().await {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    workspace.crawl().await;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let read = Args::read("", content_type.or(Some("application/json")), &body);
    let recorded = read.as_ref().map_or(Value::Null, |(args, _)| without_token(args));
    let run = || {
        workspace.with(|state, now| {
            let outcome = read.and_then(|(args, _)| respond::post(state, &id, &args, now));
            let result = outcome.as_ref().map_or_else(|refusal| refusal.code, |()| "ok").to_owned();
            state.record.call(Call {
                method: "response_url".to_owned(),
                args: recorded.clone(),
                at: now,
                result,
            });
            match outcome {
                Ok(()) => (StatusCode::OK, "ok").into_response(),
                Err(refusal) => {
                    let gone = matches!(refusal.code, "invalid_url" | "expired_url" | "used_url");
                    let status = if gone { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
                    (status, axum::Json(refusal.body())).into_response()
                }
            }
        })
    };
    workspace.under_fault("response_url", recorded.clone(), run).await
}

#[derive(Deserialize)]
struct Ticket {
    #[serde(default)]
    ticket: String,
}

async fn open_socket(
    State(workspace): State<Workspace>,
    Query(ticket): Query<Ticket>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if workspace.outage_passed().await {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Some((id, frames)) = workspace.with(|state, now| state.sockets.connect(&ticket.ticket, now)) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let on_failure = workspace.clone();
    upgrade.on_failed_upgrade(move |_| on_failure.lock().sockets.forget(id)).on_upgrade(async move |socket| {
        workspace.serve_socket(socket, frames).await;
        workspace.lock().sockets.forget(id);
    })
}

#[derive(Deserialize)]
struct Acknowledged {
    envelope_id: String,
    payload: Option<Value>,
}

impl Workspace {
    /// Talks on one connection until either side ends it. During an outage nothing is read or written.
    async fn serve_socket(&self, mut socket: WebSocket, mut frames: mpsc::UnboundedReceiver<Frame>) {
        let hello = self.with(|state, now| socket::hello(&state.app_id, state.sockets.count(), now));
        if socket.send(Message::Text(hello.into())).await.is_err() {
            return;
        }
        let mut pings = tokio::time::interval(PING_EVERY);
        let mut closes_at: Option<Instant> = None;
        loop {
            self.outage_passed().await;
            let sent = tokio::select! {
                frame = frames.recv() => match frame {
                    Some(Frame::Text(text)) => socket.send(Message::Text(text.into())).await,
                    Some(Frame::Goodbye(text)) => {
                        closes_at = closes_at.or(Some(Instant::now() + GRACE));
                        socket.send(Message::Text(text.into())).await
                    }
                    Some(Frame::Close) | None => {
                        // The other side may have gone first.
                        let _closed = socket.send(Message::Close(None)).await;
                        return;
                    }
                },
                () = async {
                    match closes_at {
                        Some(at) => tokio::time::sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                } => {
                    // The other side may have gone first.
                    let _closed = socket.send(Message::Close(None)).await;
                    return;
                }
                _ = pings.tick() => socket.send(Message::Ping(Bytes::from_static(b"Ping from workspace"))).await,
                heard = socket.recv() => match heard {
                    Some(Ok(Message::Text(text))) => {
                        self.heard(&text);
                        Ok(())
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => Ok(()),
                },
            };
            if sent.is_err() {
                return;
            }
        }
    }

    fn heard(&self, text: &str) {
        let mut state = self.lock();
        match serde_json::from_str::<Acknowledged>(text) {
            Ok(ack) => {
                // Late ones are nobody's concern: the envelope was sent again or given up.
                let _in_time = state.sockets.acknowledge(&ack.envelope_id, ack.payload);
            }
            Err(_) => state.record.fault("socket: something that is no acknowledgement".to_owned()),
        }
    }
}
