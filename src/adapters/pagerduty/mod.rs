//! PagerDuty's Events API v2: one event per incident, acknowledged and resolved in step with ours.
//!
//! It is beside our own pages and never instead of one. The routing key is never printed.

use std::time::Duration;

use chrono::SecondsFormat;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::errands::discreet;
use super::http_client::{self, NoClient};
use crate::domain::effect::Effect;
use crate::domain::incident::pagerduty::EventAction;
use crate::ports::{Errand, Perform, Performed, Receipt, View};
use crate::words::pagerduty as words;

/// How long an answer may take.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Who sends events.
const CLIENT: &str = "Don't Panic";

/// An event as it is taken there.
#[derive(Debug, Serialize)]
struct Event<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    dedup_key: &'a str,
    client: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_url: Option<&'a Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
}

#[derive(Debug, Serialize)]
struct Payload {
    summary: String,
    source: String,
    severity: &'static str,
    timestamp: String,
    custom_details: Value,
}

#[derive(Debug, Serialize)]
struct Link<'a> {
    href: &'a str,
    text: String,
}

/// What is answered to what is not taken.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Untaken {
    message: String,
    errors: Vec<String>,
}

/// Why an event was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PagerDutyFault {
    /// No answer: the event may have arrived. Sent again it is the same one, by its key.
    #[error("pagerduty did not answer in time")]
    NoAnswer,
    /// The connection could not be made.
    #[error("cannot reach pagerduty; check `pagerduty.url` and that its host is up")]
    Connection,
    /// It has trouble, has had enough for a while, or says something that it never says.
    #[error("pagerduty answered with http status {status}; it is tried again")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// Not before so much time has passed.
        after: Option<Duration>,
    },
    /// It does not want the event.
    #[error(
        "it refuses the event with http status {status}{said}; check `pagerduty.routing_key` and `pagerduty.url`"
    )]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What else it said.
        said: String,
    },
}

impl From<PagerDutyFault> for Performed {
    fn from(fault: PagerDutyFault) -> Self {
        let why = fault.to_string();
        match fault {
            PagerDutyFault::NoAnswer => Self::TryAgain { after: None, why, in_doubt: true },
            PagerDutyFault::Connection => Self::TryAgain { after: None, why, in_doubt: false },
            PagerDutyFault::Busy { status, after, .. } => {
                Self::TryAgain { after, why, in_doubt: status >= 500 }
            }
            PagerDutyFault::Refused { .. } => Self::Refused { why },
        }
    }
}

/// Sends events with one routing key.
pub struct PagerDuty {
    client: reqwest::Client,
    enqueue: String,
    routing_key: String,
}

impl PagerDuty {
    /// Answers are waited for no longer than `answer_within`; the service uses `ANSWER_WITHIN`.
    ///
    /// # Errors
    /// When there can be no HTTPS client.
    pub fn new(api: &Url, routing_key: String, answer_within: Duration) -> Result<Self, NoClient> {
        let enqueue = format!("{}/v2/enqueue", api.as_str().trim_end_matches('/'));
        Ok(Self { client: http_client::client(answer_within)?, enqueue, routing_key })
    }

    async fn enqueue(&self, event: &Event<'_>) -> Result<(), PagerDutyFault> {
        // The library's errors name the whole address, so only their class is kept.
        let answer = self.client.post(&self.enqueue).json(event).send().await.map_err(|error| {
            if error.is_connect() { PagerDutyFault::Connection } else { PagerDutyFault::NoAnswer }
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let after = answer.headers().get(RETRY_AFTER);
        let after = after.and_then(|after| after.to_str().ok()?.parse().ok()).map(Duration::from_secs);
        let is_final = status.is_client_error()
            && !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        if !is_final {
            return Err(PagerDutyFault::Busy { status: status.as_u16(), after });
        }
        let body = answer.bytes().await.map_err(|_| PagerDutyFault::NoAnswer)?;
        let said = self.said(serde_json::from_slice(&body).unwrap_or_default());
        Err(PagerDutyFault::Refused { status: status.as_u16(), said })
    }

    fn said(&self, untaken: Untaken) -> String {
        let all: Vec<String> = [untaken.message].into_iter().chain(untaken.errors).collect();
        let all = discreet(&all.join(" ").replace(&self.routing_key, "…"));
        if all.is_empty() { all } else { format!(" ({all})") }
    }

    fn event<'a>(&'a self, view: &'a View, dedup_key: &'a str, action: EventAction) -> Event<'a> {
        let incident = &view.incident;
        let is_trigger = action == EventAction::Trigger;
        // Whoever holds the link reads the page, and everybody reads what is in PagerDuty.
        let shown = Some(view).filter(|_| is_trigger && !incident.privacy.is_private());
        let payload = is_trigger.then(|| Payload {
            summary: words::summary(view),
            source: words::source(view),
            severity: words::severity(incident.severity()),
            timestamp: incident.triggered_at.to_rfc3339_opts(SecondsFormat::Millis, true),
            custom_details: words::details(view),
        });
        Event {
            routing_key: &self.routing_key,
            event_action: action.as_str(),
            dedup_key,
            client: CLIENT,
            client_url: shown.and_then(|view| view.page_url.as_ref()),
            payload,
            links: shown.map(links).unwrap_or_default(),
        }
    }

    async fn send(&self, errand: &Errand) -> Performed {
        let (Effect::TellPagerDuty { event }, Some(view)) = (&errand.effect, errand.about.incident()) else {
            return Performed::Refused { why: "only events are sent by this".to_owned() };
        };
        // It was over before anybody there could hear of it: nobody is woken any more.
        if *event == EventAction::Trigger && !view.incident.state.is_open() {
            return Performed::Done(Receipt::Nothing);
        }
        let Some(key) = &view.pagerduty_key else {
            return Performed::Refused { why: "nobody said what it knows the incident by".to_owned() };
        };
        match self.enqueue(&self.event(view, key, *event)).await {
            Ok(()) => Performed::Done(Receipt::Nothing),
            Err(fault) => fault.into(),
        }
    }
}

impl Perform for PagerDuty {
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed> {
        self.send(errand).boxed()
    }
}

fn links(view: &View) -> Vec<Link<'_>> {
    let page = view.page_url.as_ref().map(|url| (url.as_str(), view.incident.id.to_string()));
    let runbook = view.runbook.as_ref().and_then(|runbook| runbook.url.as_deref());
    let runbook = runbook.map(|url| (url, "Runbook".to_owned()));
    let dashboards =
        view.dashboards.iter().map(|dashboard| (dashboard.url.as_str(), dashboard.title.clone()));
    let all = page.into_iter().chain(runbook).chain(dashboards);
    all.map(|(href, text)| Link { href, text }).collect()
}

#[cfg(test)]
mod tests;
