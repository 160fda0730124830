//! The connections the app opened in Socket Mode, and the envelopes that wait for its acknowledgement.
//!
//! It keeps the book; reading and writing the wire is the server's part.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

/// As many as Slack allows.
const MOST_CONNECTIONS: usize = 10;
/// How long a ticket can be turned into a connection.
const TICKET_LIFE: TimeDelta = TimeDelta::seconds(30);

/// What is written to a connection.
#[derive(Debug)]
pub(crate) enum Frame {
    Text(String),
    /// The last text; the connection is closed a while after it.
    Goodbye(String),
    Close,
}

#[derive(Debug)]
struct Pending {
    connection: u64,
    answer: oneshot::Sender<Option<Value>>,
}

/// Resolves with the payload of the acknowledgement; an error means that the connection went away without one.
pub(crate) type Acknowledgement = oneshot::Receiver<Option<Value>>;

#[derive(Debug, Default)]
pub(crate) struct Sockets {
    tickets: HashMap<String, DateTime<Utc>>,
    connections: BTreeMap<u64, mpsc::UnboundedSender<Frame>>,
    next: u64,
    /// The connection that got the last envelope; the next one's turn comes after it.
    turn: u64,
    pending: HashMap<String, Pending>,
}

impl Sockets {
    pub(crate) fn ticket(&mut self, ticket: String, now: DateTime<Utc>) {
        self.tickets.retain(|_, until| *until > now);
        self.tickets.insert(ticket, now + TICKET_LIFE);
    }

    /// Turns a ticket into a connection; `None` when the ticket is not good or there are too many.
    pub(crate) fn connect(
        &mut self,
        ticket: &str,
        now: DateTime<Utc>,
    ) -> Option<(u64, mpsc::UnboundedReceiver<Frame>)> {
        let until = self.tickets.remove(ticket)?;
        if until < now || self.connections.len() >= MOST_CONNECTIONS {
            return None;
        }
        let (send, receive) = mpsc::unbounded_channel();
        self.next += 1;
        self.connections.insert(self.next, send);
        Some((self.next, receive))
    }

    pub(crate) fn count(&self) -> usize {
        self.connections.len()
    }

    /// Forgets a connection; who waited for an acknowledgement on it learns that it went away.
    pub(crate) fn forget(&mut self, connection: u64) {
        self.connections.remove(&connection);
        self.pending.retain(|_, pending| pending.connection != connection);
    }

    /// Sends an envelope to the next connection in turn; `None` when there is none.
    pub(crate) fn send(&mut self, envelope_id: &str, envelope: &Value) -> Option<Acknowledgement> {
        loop {
            let after = self.connections.range(self.turn + 1..).next();
            let (&connection, wire) = after.or_else(|| self.connections.iter().next())?;
            self.turn = connection;
            if wire.send(Frame::Text(envelope.to_string())).is_err() {
                self.forget(connection);
                continue;
            }
            let (answer, acknowledgement) = oneshot::channel();
            self.pending.insert(envelope_id.to_owned(), Pending { connection, answer });
            return Some(acknowledgement);
        }
    }

    /// The app acknowledged an envelope. False when nobody waits for it (any more).
    pub(crate) fn acknowledge(&mut self, envelope_id: &str, payload: Option<Value>) -> bool {
        self.pending.remove(envelope_id).is_some_and(|pending| pending.answer.send(payload).is_ok())
    }

    /// Nobody waits for this acknowledgement any more.
    pub(crate) fn give_up(&mut self, envelope_id: &str) {
        self.pending.remove(envelope_id);
    }

    /// Says goodbye on every connection, as Slack does every few hours. It goes on delivering for a while, unless Socket Mode was
    /// switched off.
    pub(crate) fn disconnect_all(&mut self, reason: &str) {
        let goodbye =
            json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": "workspace" } });
        for wire in self.connections.values() {
            let goodbye = goodbye.to_string();
            // A connection that cannot be written to is already gone.
            let _written = if reason == "link_disabled" {
                wire.send(Frame::Text(goodbye)).and_then(|()| wire.send(Frame::Close))
            } else {
                wire.send(Frame::Goodbye(goodbye))
            };
        }
    }
}

/// The first thing the app hears.
pub(crate) fn hello(app_id: &str, connections: usize, now: DateTime<Utc>) -> String {
    json!({
        "type": "hello",
        "num_connections": connections,
        "debug_info": {
            "host": "workspace", "started": now.format("%Y-%m-%d %H:%M:%S%.3f").to_string(), "build_number": 1,
            "approximate_connection_time": 18_060,
        },
        "connection_info": { "app_id": app_id },
    })
    .to_string()
}
