//! Slack's way in over Socket Mode: connections that we open, so no public address is needed.
//!
//! A connection that is about to end is replaced before it ends; one that was lost is opened again with growing pauses; a
//! thing is acknowledged only after it is stored, and what was not acknowledged Slack sends again. Neither the app-level
//! token nor a connection's address, which holds a ticket, is ever logged.

mod backoff;
mod envelope;
mod link;

use std::num::NonZeroU8;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

pub use self::backoff::backoff;
use self::link::{Desk, End, Link, Socket, stopped};
use crate::clock::Clock;
use crate::engine::inbox::Accept;
use crate::ports::{NoSocket, OpenSocket};

/// A connection that has lived this long ends a row of failures.
const SETTLED: TimeDelta = TimeDelta::seconds(30);
/// The pause when somebody has to change the app's settings first.
const PAUSE_REFUSED: Duration = Duration::from_mins(1);
/// The pause when Socket Mode has been switched off.
const PAUSE_DISABLED: Duration = Duration::from_mins(5);
/// What the people who run the service are told when Socket Mode was switched off.
const SWITCHED_OFF: &str =
    "Socket Mode is switched off for this app; switch it on in the app's settings at api.slack.com";
/// And when Slack refuses the app-level token.
const NOT_LET_IN: &str = "Slack does not let Don't Panic connect; check `slack.app_token` and that it has the scope `connections:write`";
/// The largest message that is read; Slack's own stay far below.
const LARGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// Time limits of a connection. They are about the line, so they are real time in tests and demo as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Opening a connection.
    pub handshake: Duration,
    /// Silence after which we ping; after the second time without a sign of life the connection is dead.
    pub quiet: Duration,
    /// Storing one thing; Slack waits three seconds for the acknowledgement.
    pub store: Duration,
    /// How long a connection that has been replaced may still deliver.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            quiet: Duration::from_secs(15),
            store: Duration::from_millis(2500),
            drain: Duration::from_secs(30),
        }
    }
}

/// Keeps connections to Slack open and hands over what arrives on them.
pub struct SocketMode {
    sockets: Arc<dyn OpenSocket>,
    connections: NonZeroU8,
    clock: Arc<dyn Clock>,
    accept: Arc<dyn Accept>,
    seed: u64,
    limits: Limits,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum NoConnection {
    #[error(transparent)]
    Slack(#[from] NoSocket),
    #[error("slack's socket did not open in time")]
    TooSlow,
    #[error("slack's socket did not open: {0}")]
    Socket(&'static str),
}

impl SocketMode {
    /// `connections` at a time (Slack allows ten in all replicas together; any of them may get a thing). `clock` is wire
    /// time; `seed` keeps replicas out of step.
    pub fn new(
        sockets: Arc<dyn OpenSocket>,
        connections: NonZeroU8,
        clock: Arc<dyn Clock>,
        accept: Arc<dyn Accept>,
        seed: u64,
    ) -> Self {
        Self { sockets, connections, clock, accept, seed, limits: Limits::default() }
    }

    /// The same with other time limits.
    #[must_use]
    pub fn limited_by(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Runs until `stop` turns true or its sender is gone; what is being stored then is still acknowledged.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        let slots = (0..self.connections.get()).map(|slot| self.keep_connected(slot, stop.clone()));
        join_all(slots).await;
    }

    /// Keeps one connection open. A connection that is replaced goes on delivering until Slack closes it.
    async fn keep_connected(&self, slot: u8, mut stop: watch::Receiver<bool>) {
        let mut links = JoinSet::new();
        let mut failures = 0;
        let seed = self.seed.wrapping_add(u64::from(slot) << 32);
        loop {
            let for_link = stop.clone();
            let pause = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                pause = self.one_connection(&mut links, &mut failures, seed, for_link) => pause,
            };
            while links.try_join_next().is_some() {}
            tokio::select! {
                () = stopped(&mut stop) => break,
                () = self.rest(pause) => {}
            }
        }
        while links.join_next().await.is_some() {}
    }

    /// Opens a connection, stays with it until another is needed, and says how long to wait before that.
    async fn one_connection(
        &self,
        links: &mut JoinSet<()>,
        failures: &mut u32,
        seed: u64,
        stop: watch::Receiver<bool>,
    ) -> Duration {
        let socket = match self.connect().await {
            Ok(socket) => socket,
            Err(fault) => {
                if let NoConnection::Slack(NoSocket::Refused { .. }) = &fault {
                    self.accept.unheard(NOT_LET_IN).await;
                }
                *failures = failures.saturating_add(1);
                return pause_after(&fault, backoff(*failures, seed));
            }
        };
        let opened_at = self.clock.now();
        let (ended, end) = oneshot::channel();
        let desk = Desk { accept: self.accept.clone(), clock: self.clock.clone(), limits: self.limits };
        links.spawn(Link::new(socket, desk).serve(ended, stop));
        // A link that goes without a word was lost.
        let end = end.await.unwrap_or(End::Lost);
        *failures = if self.clock.now() - opened_at >= SETTLED { 0 } else { failures.saturating_add(1) };
        match end {
            End::Disabled => {
                tracing::error!(
                    "slack has switched socket mode off for this app: commands and buttons do not work; switch it on in the app's settings"
                );
                self.accept.unheard(SWITCHED_OFF).await;
                PAUSE_DISABLED
            }
            End::Lost => {
                tracing::warn!(failures = *failures, "a slack connection was lost; opening another");
                backoff(*failures, seed)
            }
            End::Refresh | End::Stopped => backoff(*failures, seed),
        }
    }

    async fn connect(&self) -> Result<Socket, NoConnection> {
        let address = self.sockets.open().await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let opening = connect_async_with_config(address.as_str(), Some(config), true);
        match tokio::time::timeout(self.limits.handshake, opening).await {
            Ok(Ok((socket, _answer))) => Ok(socket),
            Ok(Err(error)) => Err(NoConnection::Socket(class_of(&error))),
            Err(_elapsed) => Err(NoConnection::TooSlow),
        }
    }

    async fn rest(&self, pause: Duration) {
        if let Ok(pause) = TimeDelta::from_std(pause)
            && !pause.is_zero()
        {
            self.clock.sleep_until(self.clock.now() + pause).await;
        }
    }
}

/// Says in the log what has to be done, and how long to wait before the next try.
fn pause_after(fault: &NoConnection, backoff: Duration) -> Duration {
    match fault {
        NoConnection::Slack(refused @ NoSocket::Refused { .. }) => {
            tracing::error!(fault = %refused, "slack does not let the bot connect: commands and buttons do not work; check `slack.app_token` and its scope connections:write");
            PAUSE_REFUSED
        }
        NoConnection::Slack(NoSocket::TryAgain { after, .. }) => {
            tracing::warn!(%fault, "cannot ask slack for a connection; trying again");
            after.map_or(backoff, |asked| asked.max(backoff))
        }
        NoConnection::TooSlow | NoConnection::Socket(_) => {
            tracing::warn!(%fault, "cannot open a connection to slack; trying again");
            backoff
        }
    }
}

/// What went wrong, without the address that the library's own texts may hold.
fn class_of(error: &SocketError) -> &'static str {
    match error {
        SocketError::Io(_) => "the network failed",
        SocketError::Tls(_) => "tls failed; check the system's CA certificates",
        SocketError::Http(_) | SocketError::HttpFormat(_) => {
            "the answer was no handshake; check for a proxy in between"
        }
        SocketError::Url(_) => "the address is not usable",
        _ => "the protocol was broken",
    }
}

#[cfg(test)]
mod tests;
