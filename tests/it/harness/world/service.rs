//! The service: how it starts, dies and starts again, and where its routes are meanwhile.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use dontpanic::app::{App, Outcome, Reloader, Running};
use dontpanic::clock::Clocks;
use dontpanic::engine::{Engine, InForce, Outgoing};
use dontpanic::store::{Db, Target};
use futures::future::join_all;
use tower::ServiceExt as _;

use super::World;
use crate::harness::house::{House, Way};

/// One process of the service.
pub(super) struct Replica {
    /// Which one, from 0.
    n: usize,
    in_force: Arc<InForce>,
    reloader: Reloader,
    pub(super) db: Db,
    pub(super) way: Working,
}

/// How a process does its work.
pub(super) enum Working {
    /// It does what is due when the scenario says so.
    Turned(Outgoing),
    /// On its own.
    Running(Running),
}

/// The routes of the processes that are up. Whoever comes is sent to each of them in turn.
#[derive(Clone, Default)]
pub(super) struct Routes(Arc<Mutex<VecDeque<(usize, Router)>>>);

impl Routes {
    fn held(&self) -> MutexGuard<'_, VecDeque<(usize, Router)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opens(&self, n: usize, router: Router) {
        self.held().push_back((n, router));
    }

    fn closes(&self, n: usize) {
        self.held().retain(|(known, _)| *known != n);
    }

    fn next(&self) -> Option<Router> {
        let mut routers = self.held();
        let (n, router) = routers.pop_front()?;
        routers.push_back((n, router.clone()));
        Some(router)
    }

    fn of(&self, n: usize) -> Option<Router> {
        self.held().iter().find(|(known, _)| *known == n).map(|(_, router)| router.clone())
    }
}

impl Replica {
    /// Its use cases, as they are configured now.
    pub(super) fn engine(&self) -> Arc<Engine> {
        self.in_force.engine()
    }
}

impl World {
    pub(super) async fn comes_up(&mut self) {
        let loaded = self.house.read(&self.base, self.folder.path());
        let config = &loaded.config;
        let db = Db::open(self.database.target()).await.expect("the database opens");
        let clocks = Clocks { story: self.story.clone(), wire: self.wire.clone() };
        let app = App::assemble(config, clocks, db.clone()).expect("the service is put together");
        let (in_force, reloader) = (app.in_force.clone(), app.reloader(&loaded.notes));
        in_force.engine().take_over().await.expect("what the last process left is taken over");
        if let Some(fate) = &self.fate {
            fate.watches(&db);
        }
        let (router, way) = match self.house.way {
            Way::Http => {
                let App { router, outgoing, .. } = app;
                (router, Working::Turned(outgoing))
            }
            Way::Socket => {
                let (router, running) = app.start();
                (router, Working::Running(running))
            }
        };
        let n = self.n_started;
        self.n_started += 1;
        self.routes.opens(n, router);
        self.replicas.push(Replica { n, in_force, reloader, db, way });
        if self.house.way == Way::Socket {
            self.patiently("no socket is connected", async |world| world.workspace.connections() > 0).await;
        }
    }

    /// The service dies, as if by a crash: what is in memory is lost. Of several processes, the oldest dies.
    pub async fn dies(&mut self) {
        self.transcript.tell("service", "dies");
        if self.replicas.is_empty() {
            return;
        }
        let Replica { n, in_force, reloader, db, way } = self.replicas.remove(0);
        self.routes.closes(n);
        match way {
            Working::Turned(_) => {}
            Working::Running(running) => running.stop().await,
        }
        drop((in_force, reloader));
        db.close().await;
    }

    /// The service is started again, or one more process of it.
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

    /// The service dies and is started again with another configuration.
    pub async fn restarts_as(&mut self, house: House) {
        self.dies().await;
        self.house = house;
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

    /// Whether other processes may have the database open at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.database.target(), Target::Postgres(_))
    }

    /// The engines of two processes, for what happens at both at the very same time.
    pub fn both(&self) -> [Arc<Engine>; 2] {
        let [one, other] = &self.replicas[..] else { panic!("{} processes are up", self.replicas.len()) };
        [one.engine(), other.engine()]
    }

    /// The engines of two processes, of which one is started for it.
    pub async fn use_cases_of_two(&mut self) -> [Arc<Engine>; 2] {
        self.comes_up().await;
        self.both()
    }

    pub(in crate::harness) fn engine(&self) -> Arc<Engine> {
        self.replicas.first().expect("the service is up").engine()
    }

    /// The configuration file changes, and every process reads it anew; what each makes of it. A restart reads it as well.
    pub async fn reads_anew(&mut self, house: House) -> Vec<Outcome> {
        self.transcript.tell("service", "reads its configuration anew");
        let mut outcomes = vec![];
        for replica in &mut self.replicas {
            let read = house.try_read(&self.base, self.folder.path());
            outcomes.push(replica.reloader.reload(read).await);
        }
        if !matches!(outcomes.first(), Some(Outcome::Refused(_))) {
            self.house = house;
        }
        self.settle().await;
        outcomes
    }

    /// The configuration file changes while the service is down.
    pub fn will_read(&mut self, house: House) {
        self.house = house;
    }

    /// Somebody writes a file of the team's: `runbooks/disk-full.md`, `templates/default.md.hbs`.
    pub fn writes(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }

    /// Something is posted to each process at the very same time; the statuses.
    pub async fn posts_to_all(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u16> {
        let posting = self.replicas.iter().map(async |replica| {
            let router = self.routes.of(replica.n).expect("it is up");
            let request = request(path, headers, body.to_vec());
            router.oneshot(request).await.into_response().status().as_u16()
        });
        join_all(posting).await
    }
}

/// A request with a body.
pub(super) fn request(path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Body> {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body)).expect("a request")
}

/// Passes a request on to the service, while it is up.
pub(super) async fn pass_on(State(routes): State<Routes>, request: Request<Body>) -> Response {
    to_service(&routes, request).await
}

/// What the service answers.
pub(super) async fn to_service(routes: &Routes, request: Request<Body>) -> Response {
    match routes.next() {
        Some(router) => router.oneshot(request).await.into_response(),
        None => StatusCode::BAD_GATEWAY.into_response(),
    }
}
