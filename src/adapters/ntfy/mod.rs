//! The `ntfy` contact method: a push message with a button that acknowledges.
//!
//! Whoever knows a topic can read it, and the server's address may hold a password: neither is ever printed.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use url::Url;

use super::errands::{self, Asked, discreet};
use super::http_client::{self, NoClient};
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::ports::{Errand, Perform, Performed, Receipt};
use crate::words::alarm;

/// How long the server may take to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// The longest message, bytes: a longer one becomes an attachment that nobody reads at night.
const LONGEST: usize = 4000;

/// A message as the server takes it.
#[derive(Debug, Serialize)]
struct Published<'a> {
    topic: &'a str,
    title: String,
    message: String,
    priority: u8,
    tags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    click: Option<&'a Url>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action<'a>>,
}

/// A button under a message.
#[derive(Debug, Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Action<'a> {
    /// The app posts to an address by itself.
    Http { label: &'static str, url: &'a Url, method: &'static str, clear: bool },
    /// The app opens an address.
    View { label: &'static str, url: &'a Url },
}

/// What the server answers to what it takes.
#[derive(Debug, Deserialize)]
struct Taken {
    id: String,
}

/// What the server answers to what it does not take.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Untaken {
    code: u32,
    error: String,
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NtfyFault {
    /// No answer: the message may have arrived.
    #[error("the ntfy server did not answer in time")]
    NoAnswer,
    /// The connection could not be made.
    #[error("cannot reach the ntfy server; check `ntfy.url` and that its host is up")]
    Connection,
    /// The server has trouble, or has had enough for a while.
    #[error("the ntfy server answered with http status {status}{said}; it is tried again")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// What else it said.
        said: String,
        /// Not before so much time has passed.
        after: Option<Duration>,
    },
    /// The server does not want it.
    #[error(
        "the ntfy server refuses the message with http status {status}{said}; check `ntfy.url` and the person's `ntfy` topic"
    )]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What else it said.
        said: String,
    },
}

impl From<NtfyFault> for Performed {
    fn from(fault: NtfyFault) -> Self {
        let why = fault.to_string();
        match fault {
            NtfyFault::NoAnswer => Self::TryAgain { after: None, why, in_doubt: true },
            NtfyFault::Connection => Self::TryAgain { after: None, why, in_doubt: false },
            NtfyFault::Busy { status, after, .. } => Self::TryAgain { after, why, in_doubt: status >= 500 },
            NtfyFault::Refused { .. } => Self::Refused { why },
        }
    }
}

/// Publishes to people's topics on one server.
pub struct Ntfy {
    client: reqwest::Client,
    server: Url,
}

impl Ntfy {
    /// Answers are waited for no longer than `answer_within`; the service uses `ANSWER_WITHIN`.
    ///
    /// # Errors
    /// When there can be no HTTPS client.
    pub fn new(server: Url, answer_within: Duration) -> Result<Self, NoClient> {
        Ok(Self { client: http_client::client(answer_within)?, server })
    }

    async fn publish(&self, message: &Published<'_>) -> Result<String, NtfyFault> {
        // The library's errors name the whole address, so only their class is kept.
        let answer =
            self.client.post(self.server.clone()).json(message).send().await.map_err(|error| {
                if error.is_connect() { NtfyFault::Connection } else { NtfyFault::NoAnswer }
            })?;
        let status = answer.status();
        let after = answer.headers().get(reqwest::header::RETRY_AFTER);
        let after = after.and_then(|after| after.to_str().ok()?.parse().ok()).map(Duration::from_secs);
        let body = answer.bytes().await.map_err(|_| NtfyFault::NoAnswer)?;
        if status.is_success() {
            // Something else that answers at that address takes no message.
            let taken = serde_json::from_slice::<Taken>(&body).map_err(|_| NtfyFault::Refused {
                status: status.as_u16(),
                said: " and not as ntfy does".to_owned(),
            })?;
            return Ok(taken.id.split_whitespace().collect());
        }
        let said = said(&serde_json::from_slice(&body).unwrap_or_default());
        let is_passing = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        let status = status.as_u16();
        Err(if is_passing {
            NtfyFault::Busy { status, said, after }
        } else {
            NtfyFault::Refused { status, said }
        })
    }

    async fn send(&self, errand: &Errand) -> Performed {
        let refused = |why: &str| Performed::Refused { why: why.to_owned() };
        let asked = match errands::read(errand, ContactMethod::Ntfy) {
            Ok(asked) => asked,
            Err(why) => return refused(why),
        };
        let Some(topic) = asked.person.and_then(|person| person.ntfy.as_deref()) else {
            return refused("the person has no `ntfy` topic; add one under `people`");
        };
        match self.publish(&message(&asked, topic)).await {
            Ok(id) => {
                Performed::Done(Receipt::Accepted { provider_id: Some(id).filter(|id| !id.is_empty()) })
            }
            Err(fault) => fault.into(),
        }
    }
}

impl Perform for Ntfy {
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed> {
        self.send(errand).boxed()
    }
}

fn said(untaken: &Untaken) -> String {
    match (untaken.code, discreet(&untaken.error)) {
        (_, error) if error.is_empty() => String::new(),
        (0, error) => format!(" ({error})"),
        (code, error) => format!(" ({code}: {error})"),
    }
}

fn message<'a>(asked: &'a Asked<'a>, topic: &'a str) -> Published<'a> {
    let alarm = &asked.alarm;
    let (priority, tags) = match alarm.severity() {
        // What wakes people does so in spite of a muted phone.
        Some(Severity::P1) => (5, vec!["rotating_light"]),
        Some(Severity::P2) => (5, vec!["warning"]),
        Some(Severity::P3 | Severity::P4) => (4, vec![]),
        None => (3, vec!["white_check_mark"]),
    };
    let acknowledge = alarm.ack_url().map(|url| Action::Http {
        label: alarm::ACKNOWLEDGE,
        url,
        method: "POST",
        clear: true,
    });
    let open = alarm.page_url().map(|url| Action::View { label: alarm::OPEN, url });
    let mut message = alarm::push(alarm, asked.person);
    message.truncate(message.floor_char_boundary(LONGEST));
    Published {
        topic,
        title: alarm::headline(alarm),
        message,
        priority,
        tags,
        click: alarm.page_url(),
        actions: [acknowledge, open].into_iter().flatten().collect(),
    }
}

#[cfg(test)]
mod tests;
