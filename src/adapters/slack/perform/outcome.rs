//! Which failures pass by themselves and which do not.

use std::time::Duration;

use crate::adapters::slack::SlackFault;
use crate::ports::Performed;

/// Refusals that end when somebody mends the bot's token: what waits for it must not be thrown away.
const TOKEN_TROUBLE: [&str; 6] = [
    "account_inactive",
    "invalid_auth",
    "not_authed",
    "org_login_required",
    "token_expired",
    "token_revoked",
];
/// How often to look whether the token works again.
const TOKEN_PAUSE: Duration = Duration::from_secs(30);

/// Why an errand is not done; the reasons hold no secrets and no text from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is worth trying again.
    Passing {
        after: Option<Duration>,
        why: String,
        /// Whether Slack may have done it all the same.
        in_doubt: bool,
    },
    /// Its turn has not come.
    Waiting { after: Duration, why: String },
    /// What it needs is expected.
    NotYet { why: &'static str },
    /// It is not.
    Final { why: std::borrow::Cow<'static, str> },
}

impl Failure {
    pub(super) const NO_INCIDENT: Self = Self::refused("there is no such incident");
    pub(super) const NO_CHANNEL: Self = Self::refused("the incident has no channel");

    pub(super) const fn refused(why: &'static str) -> Self {
        Self::Final { why: std::borrow::Cow::Borrowed(why) }
    }

    pub(super) fn passing(why: impl Into<String>) -> Self {
        Self::Passing { after: None, why: why.into(), in_doubt: false }
    }
}

impl Failure {
    /// Why a page was not taken. Unlike anything else, a page does not wait for a busy Slack or for somebody who mends the
    /// token before another way is tried.
    pub(super) fn of_page(fault: SlackFault) -> Self {
        let why = fault.to_string();
        match &fault {
            SlackFault::RateLimited { retry_after, .. } => {
                Self::Passing { after: Some(*retry_after), why, in_doubt: false }
            }
            SlackFault::Refused { code, .. } if TOKEN_TROUBLE.contains(&code.as_str()) => {
                Self::Final { why: why.into() }
            }
            SlackFault::Refused { .. }
            | SlackFault::Held { .. }
            | SlackFault::TimedOut { .. }
            | SlackFault::Connection { .. }
            | SlackFault::CutOff { .. }
            | SlackFault::Server { .. }
            | SlackFault::Garbage { .. } => Self::from(fault),
        }
    }
}

impl From<SlackFault> for Failure {
    fn from(fault: SlackFault) -> Self {
        let why = fault.to_string();
        match (fault.code(), fault.retry_after()) {
            (Some(code), _) if TOKEN_TROUBLE.contains(&code) => {
                Self::Passing { after: Some(TOKEN_PAUSE), why, in_doubt: false }
            }
            (_, Some(after)) => Self::Waiting { after, why },
            _ if fault.is_retryable() => {
                Self::Passing { after: None, why, in_doubt: fault.outcome_unknown() }
            }
            _ => Self::Final { why: why.into() },
        }
    }
}

impl From<Failure> for Performed {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Passing { after, why, in_doubt } => Self::TryAgain { after, why, in_doubt },
            Failure::Waiting { after, why } => Self::Wait { after, why },
            Failure::NotYet { why } => Self::NotYet { why: why.to_owned() },
            Failure::Final { why } => Self::Refused { why: why.into_owned() },
        }
    }
}
