//! The world outside the service: a Slack that takes its time and a person's pager, with a note of every page that arrives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dontpanic::workspace::{UserKind, Workspace, WorkspaceConfig};
use tokio::net::TcpListener;

use crate::alerts;

/// How long Slack, and the pager, take to answer anything.
pub const LATENCY: Duration = Duration::from_millis(100);
/// No page is larger.
const LARGEST: usize = 1 << 20;

/// When the page of each group first arrived.
#[derive(Clone, Default)]
pub struct Arrivals(Arc<Mutex<HashMap<usize, Instant>>>);

impl Arrivals {
    fn note(&self, group: usize, at: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(group).or_insert(at);
    }

    /// When the page of this group arrived.
    pub fn of(&self, group: usize) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&group).copied()
    }
}

/// The outside world, running.
pub struct World {
    /// Where it is reached.
    pub port: u16,
    /// What has arrived.
    pub arrivals: Arrivals,
    /// How its Slack is reached.
    pub slack: WorkspaceConfig,
    /// Its Slack.
    pub workspace: Workspace,
}

impl World {
    /// Starts it on a port of its own; it runs for as long as the process does.
    pub async fn begin() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("there is no free port")?;
        let port = listener.local_addr()?.port();
        let slack = WorkspaceConfig::default();
        let workspace = Workspace::new(&slack);
        workspace.set_base_url(&format!("http://127.0.0.1:{port}"));
        workspace.slow(LATENCY);
        workspace.add_user("U0A", "alice", UserKind::Member, "Europe/Paris");
        workspace.add_user("U0B", "bob", UserKind::Member, "Europe/Paris");
        for channel in ["incidents", "dontpanic-admin"] {
            workspace.add_channel(channel);
        }
        let arrivals = Arrivals::default();
        let router = Router::new()
            .route("/pager", post(ring))
            .merge(workspace.router())
            .layer(middleware::from_fn_with_state(arrivals.clone(), watch));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { port, arrivals, slack, workspace })
    }
}

#[expect(clippy::disallowed_methods, reason = "the pager is slow in real time")]
async fn ring() -> StatusCode {
    tokio::time::sleep(LATENCY).await;
    StatusCode::ACCEPTED
}

/// Notes what arrives before anybody has looked at it.
async fn watch(State(arrivals): State<Arrivals>, request: Request, next: Next) -> Response {
    let at = Instant::now();
    if !request.uri().path().ends_with("/pager") && !request.uri().path().ends_with("/chat.postMessage") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    for group in alerts::marked(&String::from_utf8_lossy(&body)) {
        arrivals.note(group, at);
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}
