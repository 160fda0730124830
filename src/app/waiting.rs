//! The time before the database is there: the process says that it lives and that it is not ready, and takes nothing.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::{health, server};

/// Listens where the service is to listen.
///
/// # Errors
/// When the port is taken, or is none of ours.
pub(super) async fn listen(at: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(at).await.with_context(|| format!("cannot listen on {at}; is the port taken?"))
}

/// Somebody who answers meanwhile. Dropped, nobody does any more.
pub(super) struct Waiting {
    /// The same port, for whoever comes after.
    listener: TcpListener,
    over: watch::Sender<bool>,
    answering: JoinSet<()>,
}

impl Waiting {
    /// Begins to answer.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub async fn begin(at: SocketAddr) -> anyhow::Result<Self> {
        let listener = listen(at).await?.into_std().context("cannot share the port")?;
        let ours = listener.try_clone().and_then(TcpListener::from_std).context("cannot share the port")?;
        let listener = TcpListener::from_std(listener).context("cannot share the port")?;
        let (over, mut is_over) = watch::channel(false);
        let mut answering = JoinSet::new();
        answering.spawn(server::serve(ours, health::waiting(), server::Limits::default(), async move {
            // An error means that nobody waits any more.
            let _over = is_over.wait_for(|over| *over).await;
        }));
        Ok(Self { listener, over, answering })
    }

    /// Finishes what is being answered, and hands the port on.
    pub async fn end(mut self) -> TcpListener {
        self.over.send_replace(true);
        // Nothing takes long here; what is in the way is broken off when this is dropped.
        let last = tokio::time::timeout(super::LAST_REQUESTS, self.answering.join_next()).await;
        if last.is_err() {
            tracing::debug!("a request from the time before the database did not end");
        }
        self.listener
    }
}
