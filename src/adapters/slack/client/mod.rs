//! One call to Slack, done right: its turn awaited, its time limited, its answer checked, its failure sorted.

mod connector;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::de::DeserializeOwned;
use serde_json::Value;
use slack_morphism::{
    ClientResult, SlackApiToken, SlackApiTokenValue, SlackClientApiCallContext, SlackClientHttpConnector,
};
use url::Url;

use self::connector::Connector;
use super::fault::SlackFault;
use super::pacing::{Gate, Method, Urgency, Wish};
use crate::clock::Clock;
use crate::ids::ChannelId;

/// How long calls may take. A page that is not through in `page` tries the next contact method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Waiting for the answer to a page.
    pub page: Duration,
    /// Waiting for the answer to anything else.
    pub ordinary: Duration,
    /// Waiting for a page's turn.
    pub page_turn: Duration,
    /// Waiting for the turn of anything else. Whoever has to wait longer comes back, and holds nothing meanwhile.
    pub ordinary_turn: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            page: Duration::from_secs(3),
            ordinary: Duration::from_secs(6),
            page_turn: Duration::from_millis(500),
            ordinary_turn: Duration::from_secs(1),
        }
    }
}

impl Patience {
    fn answer(self, urgency: Urgency) -> Duration {
        match urgency {
            Urgency::Page => self.page,
            Urgency::Ordinary => self.ordinary,
        }
    }

    fn turn(self, urgency: Urgency) -> TimeDelta {
        let turn = match urgency {
            Urgency::Page => self.page_turn,
            Urgency::Ordinary => self.ordinary_turn,
        };
        TimeDelta::from_std(turn).unwrap_or(TimeDelta::MAX)
    }
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum NoSlackClient {
    /// `slack.api_url` is not usable.
    #[error("`slack.api_url` must be an absolute http or https url, such as https://slack.com/api")]
    BadApiUrl,
    /// The machine has no certificates to check Slack's against.
    #[error("cannot read the system's CA certificates; install ca-certificates: {source}")]
    NoCertificates {
        /// What the machine said.
        #[from]
        source: std::io::Error,
    },
}

/// Told about every call that came to an end: the method and `ok` or the fault in one word.
pub type CallCounter = Arc<dyn Fn(&'static str, &'static str) + Send + Sync>;

/// Slack's Web API with one bot token. Cheap to clone; clones share the pacing.
#[derive(Clone)]
pub struct SlackClient {
    inner: Arc<Inner>,
}

struct Inner {
    http: slack_morphism::SlackClient<Connector>,
    bot_token: SlackApiToken,
    gate: Gate,
    patience: Patience,
    count: CallCounter,
}

/// What a call asks with.
pub(super) enum Ask<'a> {
    /// A read: parameters in the query.
    Query(&'a [(&'static str, String)]),
    /// A write: a JSON body.
    Json(&'a Value),
}

impl SlackClient {
    /// A client for the Web API at `api_url` (`https://slack.com/api`). `clock` is wire time. Plain http is spoken only
    /// when `api_url` itself is http.
    pub fn new(
        api_url: &Url,
        bot_token: String,
        clock: Arc<dyn Clock>,
        patience: Patience,
        count: CallCounter,
    ) -> Result<Self, NoSlackClient> {
        Ok(Self {
            inner: Arc::new(Inner {
                http: http_client(api_url, patience)?,
                bot_token: token(bot_token),
                gate: Gate::new(clock),
                patience,
                count,
            }),
        })
    }

    /// Calls a method with the bot token and reads the answer as `T`.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        ask: Ask<'_>,
        urgency: Urgency,
        channel: Option<&ChannelId>,
    ) -> Result<T, SlackFault> {
        self.call_as(&self.inner.bot_token, method, ask, urgency, channel).await
    }

    /// Asks for the address of a Socket Mode connection with the app-level token. The address holds a ticket: it is
    /// used once and never logged.
    pub async fn open_socket(&self, app_token: &str) -> Result<Url, SlackFault> {
        #[derive(serde::Deserialize)]
        struct Answer {
            url: Url,
        }
        let app_token = token(app_token.to_owned());
        let nothing = Value::Object(serde_json::Map::new());
        let answer: Answer = self
            .call_as(&app_token, Method::OpenSocket, Ask::Json(&nothing), Urgency::Ordinary, None)
            .await?;
        Ok(answer.url)
    }

    async fn call_as<T: DeserializeOwned>(
        &self,
        token: &SlackApiToken,
        method: Method,
        ask: Ask<'_>,
        urgency: Urgency,
        channel: Option<&ChannelId>,
    ) -> Result<T, SlackFault> {
        let session = self.inner.http.open_session(token);
        let api = &session.http_session_api;
        let answer = async {
            match ask {
                Ask::Query(parameters) => {
                    let query: Vec<_> = parameters.iter().map(|(name, value)| (*name, Some(value))).collect();
                    api.http_get(method.name(), &query, None).await
                }
                Ask::Json(body) => api.http_post(method.name(), body, None).await,
            }
        };
        let answer: Value = self.attempt(method, urgency, channel, answer).await?;
        // The library takes any page that is not JSON, and a bare `{}`, for a success. Slack's own always say `ok`.
        if answer.get("ok").and_then(Value::as_bool) != Some(true) {
            return Err(SlackFault::Garbage { method: method.name() });
        }
        serde_json::from_value(answer).map_err(|_| SlackFault::Garbage { method: method.name() })
    }

    /// Posts to a `response_url`, which is a secret of its own and needs no token.
    pub(super) async fn post_to(&self, response_url: &Url, body: &Value) -> Result<(), SlackFault> {
        let span = tracing::Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let connector = &self.inner.http.http_api.connector;
        let answer = connector.http_post_uri(response_url.clone(), body, context);
        let _slack_says_ok: Value = self.attempt(Method::Respond, Urgency::Ordinary, None, answer).await?;
        Ok(())
    }

    /// How many calls of a method (in that channel, for one that posts) could go now; if none, when the next can.
    pub(super) fn free(&self, method: Method, channel: Option<ChannelId>) -> Result<u32, DateTime<Utc>> {
        self.inner.gate.free(&Wish { method, urgency: Urgency::Ordinary, channel })
    }

    /// Waits for the call's turn, then for its answer.
    async fn attempt<T>(
        &self,
        method: Method,
        urgency: Urgency,
        channel: Option<&ChannelId>,
        answer: impl Future<Output = ClientResult<T>>,
    ) -> Result<T, SlackFault> {
        let outcome = self.attempt_uncounted(method, urgency, channel, answer).await;
        (self.inner.count)(method.name(), outcome.as_ref().err().map_or("ok", SlackFault::label));
        outcome
    }

    async fn attempt_uncounted<T>(
        &self,
        method: Method,
        urgency: Urgency,
        channel: Option<&ChannelId>,
        answer: impl Future<Output = ClientResult<T>>,
    ) -> Result<T, SlackFault> {
        let Inner { gate, patience, .. } = &*self.inner;
        let wish = Wish { method, urgency, channel: channel.cloned() };
        gate.pass(&wish, patience.turn(urgency))
            .await
            .map_err(|late| SlackFault::Held { method: method.name(), wait: late.wait })?;
        let limit = patience.answer(urgency);
        let fault = match tokio::time::timeout(limit, answer).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => SlackFault::from_client(method, error),
            Err(_elapsed) => SlackFault::TimedOut { method: method.name(), limit },
        };
        if let SlackFault::RateLimited { retry_after, .. } = fault {
            gate.close(method, urgency, retry_after);
        }
        Err(fault)
    }
}

fn token(value: String) -> SlackApiToken {
    SlackApiToken::new(SlackApiTokenValue(value))
}

fn http_client(
    api_url: &Url,
    patience: Patience,
) -> Result<slack_morphism::SlackClient<Connector>, NoSlackClient> {
    crate::adapters::install_tls();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // A dead line must fail as "never left" before the call itself runs out of time.
    tcp.set_connect_timeout(Some(patience.page * 2 / 3));
    tcp.set_keepalive(Some(Duration::from_secs(20)));
    tcp.set_keepalive_interval(Some(Duration::from_secs(5)));
    tcp.set_keepalive_retries(Some(2));
    let schemes = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots()?;
    let schemes = match api_url.scheme() {
        "https" => schemes.https_only(),
        "http" => schemes.https_or_http(),
        _ => return Err(NoSlackClient::BadApiUrl),
    };
    // HTTP/1.1 on purpose: a call that times out closes its connection. Over HTTP/2 all calls, pages too, would keep
    // sharing one dead connection until the kernel gives up on it.
    let https = schemes.enable_http1().wrap_connector(tcp);
    let base = api_url.as_str().trim_end_matches('/');
    Ok(slack_morphism::SlackClient::new(Connector::new(https, base)))
}

#[cfg(test)]
mod tests;
