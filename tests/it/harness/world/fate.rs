//! Where a process dies: at the n-th commit, before it or right after it, or at the n-th call, before it arrives or while
//! its answer is on the way.
//!
//! From that moment on it does nothing any more: no commit is made, no call arrives, no answer reaches it. Its writers end by
//! a panic, as the store's observer may do; its calls hang until the world takes what is left of it away.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use dontpanic::store::{Db, Moment};
use tokio::sync::watch;

use super::{Span as _, World};

/// A point at which a process can die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Everything is written, nothing is durable.
    BeforeCommit,
    /// It is durable, and nobody knows.
    AfterCommit,
    /// A call has left and does not arrive.
    BeforeCall,
    /// A call was carried out, and its answer does not arrive.
    AfterCall,
}

/// The end of one process. Clones share it.
#[derive(Clone)]
pub struct Fate(Arc<Inner>);

struct Inner {
    point: Point,
    /// It dies when it comes to its point for the n-th time; 0: never.
    nth: usize,
    seen: AtomicUsize,
    /// Whether the process that was to die is dead and gone: those after it live.
    is_over: AtomicBool,
    dead: watch::Sender<bool>,
}

impl Fate {
    /// Dies when it comes to this point for the n-th time.
    pub fn dies(point: Point, nth: usize) -> Self {
        let (dead, _) = watch::channel(false);
        let (seen, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self(Arc::new(Inner { point, nth, seen, is_over, dead }))
    }

    /// Never dies, and counts how often it might have.
    pub fn counts(point: Point) -> Self {
        Self::dies(point, 0)
    }

    /// How often the point was come to.
    pub fn seen(&self) -> usize {
        self.0.seen.load(Ordering::SeqCst)
    }

    /// Whether somebody died.
    pub fn has_come(&self) -> bool {
        self.0.nth > 0 && self.seen() >= self.0.nth
    }

    /// Whether the process is dead, and what is left of it not yet gone.
    pub(super) fn is_dead(&self) -> bool {
        *self.0.dead.borrow()
    }

    /// Whether the process that comes to this point is dead there.
    fn comes_to(&self, point: Point) -> bool {
        if self.0.is_over.load(Ordering::SeqCst) {
            return false;
        }
        let is_the_one =
            self.0.point == point && self.0.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.0.nth;
        if is_the_one {
            self.0.dead.send_replace(true);
        }
        self.is_dead()
    }

    /// Comes back when the process is dead.
    async fn death(&self) {
        let mut dead = self.0.dead.subscribe();
        if dead.wait_for(|dead| *dead).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// From now on nobody dies: what is left of the dead process is gone, or the story has ended without a death.
    pub(super) fn is_over(&self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        self.0.dead.send_replace(false);
    }

    /// Stands beside every commit.
    pub(super) fn watches(&self, db: &Db) {
        let fate = self.clone();
        db.on_commit(move |moment| {
            let point = match moment {
                Moment::Before => Point::BeforeCommit,
                Moment::After(_) => Point::AfterCommit,
            };
            if fate.comes_to(point) {
                resume_unwind(Box::new("the process is dead"));
            }
        });
    }

    /// Stands between the service and what it calls.
    pub(super) fn stands_before(&self, called: Router) -> Router {
        called.layer(from_fn_with_state(self.clone(), meets))
    }
}

async fn meets(State(fate): State<Fate>, request: Request<Body>, next: Next) -> Response {
    if fate.comes_to(Point::BeforeCall) {
        std::future::pending::<()>().await;
    }
    let response = next.run(request).await;
    if fate.comes_to(Point::AfterCall) {
        std::future::pending::<()>().await;
    }
    response
}

impl World {
    /// Somebody outside does this, and again if the service died meanwhile, until it is done. Between them the service is
    /// started again; on a database that others may share, as long passes as the dead one's leases last.
    pub async fn until_done(&mut self, mut act: impl AsyncFnMut(&mut World) -> bool) {
        loop {
            let fate = self.fate.clone();
            let death = async {
                match fate {
                    Some(fate) => fate.death().await,
                    None => std::future::pending().await,
                }
            };
            let done = tokio::select! {
                biased;
                () = death => None,
                done = act(self) => Some(done),
            };
            match done {
                Some(true) => return,
                Some(false) => {}
                None => self.is_replaced().await,
            }
        }
    }

    async fn is_replaced(&mut self) {
        self.dies().await;
        if let Some(fate) = &self.fate {
            fate.is_over();
        }
        self.starts().await;
        if self.is_shared() {
            self.wire_passes(15.seconds()).await;
        }
    }
}
