//! Takes connections: so many at once, none for ever without a request, and what is in flight at the end is finished.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::unwanted;
use crate::engine::turning::caught;

/// The pause when no connection can be taken, such as when too many files are open.
const PAUSE: Duration = Duration::from_secs(1);

/// How many connections, and for how long without a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many connections are held at once; more of them wait until one ends.
    pub connections: usize,
    /// How long the head of a request may take, counted from the connection's beginning or the last answer: a connection that
    /// is kept and not used ends as well.
    pub head: Duration,
    /// What is taken in of bodies that nobody wants.
    pub unwanted: unwanted::Limits,
}

impl Default for Limits {
    /// 4096 connections, 20 s.
    fn default() -> Self {
        Self { connections: 4096, head: Duration::from_secs(20), unwanted: unwanted::Limits::default() }
    }
}

/// Serves until `stop`; comes back when every request in flight is answered.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head);
    let router = router.layer(from_fn(move |request: Request, next: Next| {
        unwanted::taken_in(limits.unwanted, request, next)
    }));
    let mut stop = pin!(stop);
    loop {
        let (stream, place) = tokio::select! {
            biased;
            () = &mut stop => break,
            taken = next(&listener, &places) => match taken {
                Some(taken) => taken,
                None => break,
            },
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            match caught(connection).await {
                Ok(Ok(())) => {}
                // Whoever asked has gone, or has asked nothing for too long.
                Ok(Err(error)) => tracing::debug!(error = %error, "a connection broke off"),
                Err(panic) => tracing::error!(error = %panic, "a request panicked"),
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// The next connection, with the place it takes; `None` never, unless places are no longer given.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _from)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(error = %error, "a connection is slower than it could be");
                }
                return Some((stream, place));
            }
            Err(error) if is_of_one_connection(error.kind()) => {}
            Err(error) => {
                tracing::error!(error = %error, "no connection can be taken");
                rest().await;
            }
        }
    }
}

/// Whether the error is about a connection that ended before it was taken, and not about the listener.
fn is_of_one_connection(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

#[expect(clippy::disallowed_methods, reason = "the machine lacks something, which no clock of ours brings")]
async fn rest() {
    tokio::time::sleep(PAUSE).await;
}

#[cfg(test)]
mod tests;
