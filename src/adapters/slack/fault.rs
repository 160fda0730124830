//! What it means when a call to Slack fails: try again, or do not; and whether it may have happened all the same.
//!
//! A fault never prints a body, a token, a `response_url` or a `trigger_id`.

use std::time::Duration;

use serde_json::Value;
use slack_morphism::errors::SlackClientError;

use super::pacing::Method;
use crate::ids::SlackUserId;

/// How long to keep off a method when Slack says "too many" without saying for how long.
const UNSPECIFIED_PAUSE: Duration = Duration::from_secs(5);
/// The longest `Retry-After` that is believed.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// Why a call to Slack did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlackFault {
    /// No answer within the time limit: Slack may have done it or not.
    #[error("slack did not answer `{method}` within {} ms", limit.as_millis())]
    TimedOut {
        /// The method called.
        method: &'static str,
        /// The time limit of the call.
        limit: Duration,
    },
    /// Slack could not be reached: the request never left.
    #[error("cannot reach slack for `{method}`; check the network and `slack.api_url`")]
    Connection {
        /// The method called.
        method: &'static str,
    },
    /// The connection broke after the request had left: Slack may have done it or not.
    #[error("the connection broke before slack answered `{method}`")]
    CutOff {
        /// The method called.
        method: &'static str,
    },
    /// Too many calls of this method, says Slack.
    #[error("slack takes no more `{method}` for another {} ms", retry_after.as_millis())]
    RateLimited {
        /// The method called.
        method: &'static str,
        /// How long to keep off this method.
        retry_after: Duration,
    },
    /// The turn of the call has not come by our own pacing, which spares Slack the question: nothing was sent.
    #[error("the turn of `{method}` comes in {} ms", wait.as_millis())]
    Held {
        /// The method to be called.
        method: &'static str,
        /// How long from now.
        wait: Duration,
    },
    /// Slack answered with an HTTP status that is not a success.
    #[error("slack answered `{method}` with http status {status}")]
    Server {
        /// The method called.
        method: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The answer was not one of Slack's: a proxy's page, a torn body. Slack may have done it or not.
    #[error("slack's answer to `{method}` makes no sense; check for a proxy in between")]
    Garbage {
        /// The method called.
        method: &'static str,
    },
    /// Slack understood and said no.
    #[error("slack refuses `{method}`: {code}{}", scope_hint(needed_scope.as_deref()))]
    Refused {
        /// The method called.
        method: &'static str,
        /// Slack's word for the reason (`channel_not_found`).
        code: String,
        /// The scope that the app lacks, when that is the reason.
        needed_scope: Option<String>,
        /// Slack's explanations, such as the place of a bad block. They may quote what was sent: not for the log.
        messages: Vec<String>,
        /// Of an invitation: who could not be invited, and why.
        people: Vec<(SlackUserId, String)>,
    },
}

fn scope_hint(needed: Option<&str>) -> String {
    needed
        .map(|scope| format!("; add the scope `{scope}` to the app and install it again"))
        .unwrap_or_default()
}

/// Refusals that are Slack's own trouble and pass by themselves.
const PASSING: [&str; 6] = [
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
    "external_channel_migrating",
];

/// Refusals after which part of the work may have been done.
const HALF_DONE: [&str; 3] = ["internal_error", "fatal_error", "request_timeout"];

/// Refusals that blame what the message looks like; the same words as plain text may pass.
const CONTENT: [&str; 10] = [
    "attachment_payload_limit_exceeded",
    "block_mismatch",
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "too_long",
    "too_many_attachments",
];

impl SlackFault {
    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { code, .. } => PASSING.contains(&code.as_str()),
            Self::Server { status, .. } => *status >= 500 || *status == 408,
            Self::TimedOut { .. }
            | Self::Connection { .. }
            | Self::CutOff { .. }
            | Self::RateLimited { .. }
            | Self::Held { .. }
            | Self::Garbage { .. } => true,
        }
    }

    /// Whether Slack may have done what was asked although the call failed.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::CutOff { .. } | Self::Garbage { .. } => true,
            Self::Server { status, .. } => *status >= 500,
            Self::Refused { code, .. } => HALF_DONE.contains(&code.as_str()),
            Self::Connection { .. } | Self::RateLimited { .. } | Self::Held { .. } => false,
        }
    }

    /// Whether Slack refuses the message for its looks, so that plain text may pass.
    pub fn blames_content(&self) -> bool {
        self.code().is_some_and(|code| CONTENT.contains(&code))
    }

    /// The place in the message that Slack dislikes (`/blocks/2/text`), when it names one. Nothing else of its explanations is told:
    /// they may quote what was sent.
    pub fn place(&self) -> Option<&str> {
        let Self::Refused { messages, .. } = self else { return None };
        let place =
            messages.iter().find_map(|message| Some(message.split_once("json-pointer:")?.1.trim_start()))?;
        let is_of_place = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-');
        let end = place.find(|c: char| !is_of_place(c)).unwrap_or(place.len());
        place.get(..end).filter(|place| place.starts_with('/'))
    }

    /// Slack's word for a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// How long Slack asked to be left alone, or our own pacing wants it to be.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after: wait, .. } | Self::Held { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// The fault in one word, for counting.
    pub fn label(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "timeout",
            Self::Connection { .. } => "connection",
            Self::CutOff { .. } => "cut_off",
            Self::RateLimited { .. } => "rate_limited",
            Self::Held { .. } => "held",
            Self::Server { .. } => "server_error",
            Self::Garbage { .. } => "garbage",
            Self::Refused { .. } => "refused",
        }
    }

    /// Sorts what the client library reports; its texts hold whole bodies and are dropped here.
    pub(super) fn from_client(method: Method, error: SlackClientError) -> Self {
        let method = method.name();
        match error {
            SlackClientError::ApiError(error) => {
                Self::from_refusal(method, error.code, error.http_response_body.as_deref())
            }
            SlackClientError::RateLimitError(error) => Self::RateLimited {
                method,
                retry_after: error.retry_after.unwrap_or(UNSPECIFIED_PAUSE).min(LONGEST_PAUSE),
            },
            SlackClientError::HttpError(error) => Self::Server { method, status: error.status_code.as_u16() },
            SlackClientError::HttpProtocolError(error) => {
                let never_left = error
                    .cause
                    .as_deref()
                    .and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>())
                    .is_some_and(hyper_util::client::legacy::Error::is_connect);
                if never_left { Self::Connection { method } } else { Self::CutOff { method } }
            }
            SlackClientError::EndOfStream(_) | SlackClientError::SystemError(_) => Self::CutOff { method },
            SlackClientError::ProtocolError(_) | SlackClientError::SocketModeProtocolError(_) => {
                Self::Garbage { method }
            }
        }
    }

    fn from_refusal(method: &'static str, code: String, body: Option<&str>) -> Self {
        if matches!(code.as_str(), "ratelimited" | "rate_limited") {
            return Self::RateLimited { method, retry_after: UNSPECIFIED_PAUSE };
        }
        let body: Value = body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        Self::Refused {
            method,
            code,
            needed_scope: body.get("needed").and_then(Value::as_str).map(str::to_owned),
            messages: explanations(&body),
            people: refused_people(&body),
        }
    }
}

/// What Slack says about a refusal besides its code.
fn explanations(body: &Value) -> Vec<String> {
    ["/response_metadata/messages", "/errors"]
        .into_iter()
        .filter_map(|place| body.pointer(place)?.as_array())
        .flatten()
        .filter_map(|message| message.as_str().map(str::to_owned))
        .collect()
}

/// The people an answer to an invitation names in its `errors`.
pub(super) fn refused_people(body: &Value) -> Vec<(SlackUserId, String)> {
    let person = |entry: &Value| {
        let user = entry.get("user")?.as_str()?;
        let code = entry.get("error").and_then(Value::as_str).unwrap_or("unknown_error");
        Some((SlackUserId::from(user), code.to_owned()))
    };
    body.get("errors").and_then(Value::as_array).into_iter().flatten().filter_map(person).collect()
}
