//! The service: how it starts, dies and starts again, and where its routes are meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use dontpanic::app::{App, Running};
use dontpanic::clock::Clocks;
use dontpanic::engine::{Engine, Outgoing};
use dontpanic::store::Db;
use tower::ServiceExt as _;

use super::World;
use crate::harness::house::Way;

/// The service, as far as it is up.
pub(super) enum Service {
    /// It is not.
    Down,
    /// It does what is due when the scenario says so.
    Turned(Outgoing),
    /// It runs on its own.
    Running(Running),
}

/// Where the service's routes are, while it is up.
pub(super) type Routes = Arc<Mutex<Option<Router>>>;

impl World {
    pub(super) async fn comes_up(&mut self) {
        let config = self.house.read(&self.base, self.folder.path());
        let db = Db::open(self.database.target()).await.expect("the database opens");
        let clocks = Clocks { story: self.story.clone(), wire: self.wire.clone() };
        let app = App::assemble(&config, clocks, db.clone()).expect("the service is put together");
        self.engine = Some(app.engine.clone());
        self.db = Some(db);
        let router = match self.house.way {
            Way::Http => {
                let App { router, outgoing, .. } = app;
                self.service = Service::Turned(outgoing);
                router
            }
            Way::Socket => {
                let (router, running) = app.start();
                self.service = Service::Running(running);
                router
            }
        };
        *self.routes.lock().unwrap_or_else(PoisonError::into_inner) = Some(router);
        if self.house.way == Way::Socket {
            self.patiently("no socket is connected", async |world| world.workspace.connections() > 0).await;
        }
    }

    /// The service dies, as if by a crash: what is in memory is lost.
    pub async fn dies(&mut self) {
        self.transcript.tell("service", "dies");
        *self.routes.lock().unwrap_or_else(PoisonError::into_inner) = None;
        match std::mem::replace(&mut self.service, Service::Down) {
            Service::Down | Service::Turned(_) => {}
            Service::Running(running) => running.stop().await,
        }
        self.engine = None;
        if let Some(db) = self.db.take() {
            db.close().await;
        }
    }

    /// The service is started again.
    pub async fn starts(&mut self) {
        self.transcript.tell("service", "starts");
        self.comes_up().await;
        self.settle().await;
    }

    /// The service dies and is started again.
    pub async fn restart(&mut self) {
        self.dies().await;
        self.starts().await;
    }

    /// The database goes away. Only on a server of the test's own.
    pub fn database_is_lost(&mut self) {
        self.database.is_lost();
    }

    /// The database is back.
    pub fn database_is_back(&mut self) {
        self.database.is_back();
    }

    pub(super) fn engine(&self) -> &Arc<Engine> {
        self.engine.as_ref().expect("the service is up")
    }
}

/// Passes a request on to the service, while it is up.
pub(super) async fn pass_on(State(routes): State<Routes>, request: Request<Body>) -> Response {
    to_service(&routes, request).await
}

/// What the service answers.
pub(super) async fn to_service(routes: &Routes, request: Request<Body>) -> Response {
    let router = routes.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match router {
        Some(router) => router.oneshot(request).await.into_response(),
        None => StatusCode::BAD_GATEWAY.into_response(),
    }
}
