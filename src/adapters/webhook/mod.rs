//! The `webhook` contact method: a page as JSON to an address of the person's own.
//!
//! The address may hold a secret, so it is never printed; redirects are not followed.

mod perform;

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde::Serialize;
use url::Url;

use super::http_client::{self, NoClient};

pub use self::perform::WebhookPerformer;

/// How long a person's receiver may take to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// The longest name a receiver can give to what it accepted.
const LONGEST_ID: usize = 200;

/// A page as the receiver sees it. Field names are a promise to users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookPage {
    /// Stable over repeats: the receiver's key against doubles.
    pub id: String,
    /// `INC-42`.
    pub incident: String,
    /// What is wrong.
    pub title: String,
    /// `P1`…`P4`.
    pub severity: String,
    /// The key of the person paged.
    pub person: String,
    /// How often the ladder has started again; the first is 1.
    pub round: u32,
    /// The step of the ladder; the first is 1.
    pub step: u32,
    /// Whether the same page may have arrived before.
    pub repeat: bool,
    /// What whoever asked for this person wants to say to them; absent when nobody said anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The incident's page, signed and good for 12 hours; absent when there is no public address.
    pub url: Option<Url>,
}

/// What an accepting receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The receiver's own name for it, from `Location`.
    pub provider_id: Option<String>,
}

/// Why a page was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookFault {
    /// No answer, because it took too long or the connection broke: the page may have arrived.
    #[error("the webhook did not answer; check the receiver behind the person's `webhook` url")]
    NoAnswer,
    /// The connection could not be made.
    #[error("cannot reach the webhook; check the person's `webhook` url and that its host is up")]
    Connection,
    /// The receiver has trouble of its own (429, 5xx).
    #[error("the webhook answered with http status {status}; it is tried again")]
    Busy {
        /// The HTTP status.
        status: u16,
    },
    /// The receiver does not want it.
    #[error("the webhook refuses the page with http status {status}; check the person's `webhook` url")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
}

impl WebhookFault {
    /// Whether the same page may be accepted later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NoAnswer | Self::Connection | Self::Busy { .. } => true,
            Self::Refused { .. } => false,
        }
    }

    /// Whether the page may have arrived all the same.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::NoAnswer => true,
            Self::Busy { status } => *status >= 500,
            Self::Connection | Self::Refused { .. } => false,
        }
    }
}

/// Posts pages to people's own receivers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhook {
    client: reqwest::Client,
}

impl Webhook {
    /// Answers are waited for no longer than `answer_within`; the service uses `ANSWER_WITHIN`.
    pub fn new(answer_within: Duration) -> Result<Self, NoClient> {
        Ok(Self { client: http_client::client(answer_within)? })
    }

    /// Posts the page; any 2xx means accepted.
    pub async fn send(&self, to: &Url, page: &WebhookPage) -> Result<Accepted, WebhookFault> {
        let answer = self.client.post(to.clone()).json(page).send().await;
        // The library's error names the whole address, so only its class is kept.
        let answer = answer.map_err(|error| {
            if error.is_connect() { WebhookFault::Connection } else { WebhookFault::NoAnswer }
        })?;
        let status = answer.status();
        if status.is_success() {
            let named = answer.headers().get(LOCATION).and_then(|name| name.to_str().ok());
            return Ok(Accepted { provider_id: named.map(|name| name.chars().take(LONGEST_ID).collect()) });
        }
        let passing = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        let status = status.as_u16();
        Err(if passing { WebhookFault::Busy { status } } else { WebhookFault::Refused { status } })
    }
}

#[cfg(test)]
mod tests;
