//! The `sms` and `voice` contact methods, by Twilio or anything that speaks like it.
//!
//! What is asked for here only begins: that a message arrived, or that nobody picked up, the provider says later at
//! `/webhooks/twilio/…`. The token and telephone numbers are never printed.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use serde::Deserialize;
use url::Url;

use super::errands::{self, Asked, discreet};
use super::http_client::{self, NoClient};
use crate::domain::effect::Effect;
use crate::domain::page::Page;
use crate::domain::people::ContactMethod;
use crate::ids::PageId;
use crate::ports::{Errand, Perform, Performed, Receipt};
use crate::words::alarm;

/// How long the provider may take to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How long a telephone rings, seconds: shorter than most voicemail waits, and than the next method.
const RINGS_FOR: &str = "25";

/// An account, and where it is used.
#[derive(Clone)]
pub struct Account {
    /// The provider's API.
    pub api: Url,
    /// The account's name.
    pub sid: String,
    /// Its token.
    pub token: String,
    /// The number that sends and calls, E.164.
    pub from: String,
    /// Where this service is reached, no slash at its end; `None`: it is not, and nobody can answer.
    pub public_url: Option<String>,
}

/// What the provider answers to what it takes.
#[derive(Debug, Deserialize)]
struct Taken {
    sid: String,
}

/// What the provider answers to what it does not take.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Untaken {
    code: Option<u32>,
    message: String,
}

/// Why a message or a call was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TwilioFault {
    /// No answer: it may have been taken.
    #[error("twilio did not answer in time")]
    NoAnswer,
    /// The connection could not be made.
    #[error("cannot reach twilio; check `twilio.url` and that its host is up")]
    Connection,
    /// The provider has trouble, or has had enough for a while.
    #[error("twilio answered with http status {status}{said}; it is tried again")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// What else it said.
        said: String,
        /// Not before so much time has passed.
        after: Option<Duration>,
    },
    /// The provider does not do it.
    #[error("twilio refuses with http status {status}{said}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its own number for what is wrong.
        code: Option<u32>,
        /// What else it said.
        said: String,
    },
}

impl TwilioFault {
    /// Whether the provider only says that a call has ended, or that it has forgotten it.
    fn is_about_what_is_over(&self) -> bool {
        /// "Call is not in-progress. Cannot redirect."
        const NOT_IN_PROGRESS: u32 = 21220;
        /// "The requested resource was not found."
        const NOT_FOUND: u32 = 20404;
        matches!(self, Self::Refused { code: Some(NOT_IN_PROGRESS | NOT_FOUND), .. })
    }
}

impl From<TwilioFault> for Performed {
    fn from(fault: TwilioFault) -> Self {
        let why = fault.to_string();
        match fault {
            TwilioFault::NoAnswer => Self::TryAgain { after: None, why, in_doubt: true },
            TwilioFault::Connection => Self::TryAgain { after: None, why, in_doubt: false },
            TwilioFault::Busy { status, after, .. } => Self::TryAgain { after, why, in_doubt: status >= 500 },
            TwilioFault::Refused { .. } => Self::Refused { why },
        }
    }
}

/// Sends text messages, or calls, through one account.
pub struct Twilio {
    client: reqwest::Client,
    account: Account,
    method: ContactMethod,
}

impl Twilio {
    /// What sends text messages. Answers are waited for no longer than `answer_within`; the service uses `ANSWER_WITHIN`.
    ///
    /// # Errors
    /// When there can be no HTTPS client.
    pub fn sms(account: Account, answer_within: Duration) -> Result<Self, NoClient> {
        Ok(Self { client: http_client::client(answer_within)?, account, method: ContactMethod::Sms })
    }

    /// What calls.
    ///
    /// # Errors
    /// When there can be no HTTPS client.
    pub fn voice(account: Account, answer_within: Duration) -> Result<Self, NoClient> {
        Ok(Self { client: http_client::client(answer_within)?, account, method: ContactMethod::Voice })
    }

    async fn send(&self, errand: &Errand) -> Performed {
        let refused = |why: &str| Performed::Refused { why: why.to_owned() };
        let asked = match errands::read(errand, self.method) {
            Ok(asked) => asked,
            Err(why) => return refused(why),
        };
        let Some(to) = asked.person.and_then(|person| person.phone.as_deref()) else {
            return refused("the person has no `phone`; add one under `people`");
        };
        let done = if self.method == ContactMethod::Voice {
            let Some(back) = self.callback("voice", &asked) else {
                return refused("a call needs `public_url`, where it is told what to say");
            };
            self.asks(
                "Calls",
                &[
                    ("To", to),
                    ("From", &self.account.from),
                    ("Url", back.as_str()),
                    ("Method", "POST"),
                    ("StatusCallback", back.as_str()),
                    ("StatusCallbackMethod", "POST"),
                    ("Timeout", RINGS_FOR),
                ],
            )
            .await
        } else {
            let (body, back) = (alarm::text_message(&asked.alarm), self.callback("sms", &asked));
            let mut form = vec![("To", to), ("From", self.account.from.as_str()), ("Body", body.as_str())];
            form.extend(back.as_ref().map(|back| ("StatusCallback", back.as_str())));
            self.asks("Messages", &form).await
        };
        match done {
            Ok(sid) => {
                Performed::Done(Receipt::Accepted { provider_id: Some(sid).filter(|sid| !sid.is_empty()) })
            }
            Err(fault) => fault.into(),
        }
    }

    /// Where the provider says what became of it, and learns what to say.
    fn callback(&self, kind: &str, asked: &Asked<'_>) -> Option<Url> {
        let base = self.account.public_url.as_deref()?;
        let mut url = Url::parse(&format!("{base}/webhooks/twilio/{kind}")).ok()?;
        url.query_pairs_mut().append_pair("page", &asked.id);
        Some(url)
    }

    /// Ends a call, if it is not over.
    async fn hang_up(&self, errand: &Errand, page: &PageId) -> Performed {
        let row = errand.about.incident().and_then(|view| view.page(page));
        let Some(sid) = row.and_then(Page::latest_provider_id) else {
            return Performed::Done(Receipt::Nothing);
        };
        // It becomes a part of the address.
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Performed::Refused { why: "that is no name that twilio gives to calls".to_owned() };
        }
        match self.asks(&format!("Calls/{sid}"), &[("Status", "completed")]).await {
            Ok(_) => Performed::Done(Receipt::Nothing),
            Err(fault) if fault.is_about_what_is_over() => Performed::Done(Receipt::Nothing),
            Err(fault) => fault.into(),
        }
    }

    async fn asks(&self, what: &str, form: &[(&str, &str)]) -> Result<String, TwilioFault> {
        let Account { api, sid, token, .. } = &self.account;
        let path = format!("/2010-04-01/Accounts/{sid}/{what}.json");
        let mut address = api.clone();
        address.set_path(&format!("{}{path}", api.path().trim_end_matches('/')));
        let request = self.client.post(address).basic_auth(sid, Some(token)).form(form);
        // The library's errors name the whole address, so only their class is kept.
        let answer = request.send().await.map_err(|error| {
            if error.is_connect() { TwilioFault::Connection } else { TwilioFault::NoAnswer }
        })?;
        let status = answer.status();
        let after = answer.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
        let after = after.map(Duration::from_secs);
        let body = answer.bytes().await.map_err(|_| TwilioFault::NoAnswer)?;
        if status.is_success() {
            // Something else that answers at that address sends nothing.
            let taken = serde_json::from_slice::<Taken>(&body).map_err(|_| TwilioFault::Refused {
                status: status.as_u16(),
                code: None,
                said: " and not as twilio does; check `twilio.url`".to_owned(),
            })?;
            return Ok(taken.sid.split_whitespace().collect());
        }
        let untaken: Untaken = serde_json::from_slice(&body).unwrap_or_default();
        let said = match (untaken.code, discreet(&untaken.message)) {
            (Some(code), said) => format!(" (error {code}: {said})"),
            (None, said) if said.is_empty() => String::new(),
            (None, said) => format!(" ({said})"),
        };
        let is_passing = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        let status = status.as_u16();
        Err(if is_passing {
            TwilioFault::Busy { status, said, after }
        } else {
            TwilioFault::Refused { status, code: untaken.code, said }
        })
    }
}

impl Perform for Twilio {
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed> {
        match &errand.effect {
            Effect::HangUp { page } => self.hang_up(errand, page).boxed(),
            _ => self.send(errand).boxed(),
        }
    }
}

#[cfg(test)]
mod tests;
