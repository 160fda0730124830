//! The routes that are in force: one router for the life of the process, in front of the one that belongs to the configuration.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use tower::ServiceExt as _;

/// Where the routes are found. Each request is answered by those that are in force when it comes.
#[derive(Clone)]
pub(super) struct Front(Arc<RwLock<Router>>);

impl Front {
    /// Begins with these routes.
    pub fn new(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }

    /// Puts other routes in force.
    pub fn put(&self, router: Router) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = router;
    }

    /// The router for whoever listens.
    pub fn router(&self) -> Router {
        Router::new().fallback(pass_on).with_state(self.clone())
    }
}

async fn pass_on(State(front): State<Front>, request: Request<Body>) -> Response {
    // Routes are put in place whole, so a panic elsewhere does not spoil them.
    let router = front.0.read().unwrap_or_else(PoisonError::into_inner).clone();
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
