//! How the client library reaches Slack: its own connector, except that what an answer means is read here.
//!
//! The library wants JSON in every "too many" and forgets how long to wait when there is none, as from a proxy or from
//! Slack's own edge. And it reads bodies without an end.

use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Method, Request, StatusCode, request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use slack_morphism::errors::{
    SlackClientApiError, SlackClientError, SlackClientHttpError, SlackClientSystemError, SlackRateLimitError,
    map_serde_error,
};
use slack_morphism::hyper_tokio::SlackClientHyperConnector;
use slack_morphism::multipart_form::FileMultipartData;
use slack_morphism::{
    ClientResult, SlackApiToken, SlackClientApiCallContext, SlackClientHttpConnector, SlackClientId,
    SlackClientSecret, SlackEnvelopeMessage,
};
use url::Url;

type Https = hyper_rustls::HttpsConnector<HttpConnector>;

/// The longest answer that is read: a thousand channels take less.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Calls Slack.
#[derive(Clone)]
pub(super) struct Connector {
    http: Client<Https, Full<Bytes>>,
    /// For the calls that this crate does not make.
    library: SlackClientHyperConnector<Https>,
}

impl Connector {
    /// Calls go to `api_url`, which has no slash at its end.
    pub(super) fn new(https: Https, api_url: &str) -> Self {
        Self {
            http: Client::builder(TokioExecutor::new()).build(https.clone()),
            library: SlackClientHyperConnector::with_connector(https).with_slack_api_url(api_url),
        }
    }

    async fn ask<T: for<'de> Deserialize<'de>>(&self, request: Request<Full<Bytes>>) -> ClientResult<T> {
        let (head, body) = self.http.request(request).await?.into_parts();
        if head.status == StatusCode::TOO_MANY_REQUESTS {
            let limit = SlackRateLimitError::new().opt_retry_after(retry_after(&head.headers));
            return Err(SlackClientError::RateLimitError(limit));
        }
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body
            .map_err(|cause| SlackClientError::SystemError(SlackClientSystemError::new().with_cause(cause)))?
            .to_bytes();
        let body = String::from_utf8_lossy(&body);
        if head.status != StatusCode::OK {
            let refused = SlackClientHttpError::new(head.status).with_http_response_body(body.into_owned());
            return Err(SlackClientError::HttpError(refused));
        }
        // A `response_url` says "ok" as plain text.
        if !is_json(&head.headers) {
            return read("{}");
        }
        let envelope: SlackEnvelopeMessage = read(&body)?;
        match envelope.error {
            Some(code) => {
                let refused = SlackClientApiError::new(code).with_http_response_body(body.into_owned());
                Err(SlackClientError::ApiError(refused))
            }
            None => read(&body),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(body: &str) -> ClientResult<T> {
    serde_json::from_str(body).map_err(|error| map_serde_error(error, None))
}

fn is_json(headers: &HeaderMap) -> bool {
    let named = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    named.is_none_or(|named| named.starts_with(b"application/json"))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn request(method: Method, uri: &Url, token: Option<&SlackApiToken>) -> request::Builder {
    let builder = Request::builder().method(method).uri(uri.as_str());
    match token {
        Some(token) => builder.header(AUTHORIZATION, format!("Bearer {}", token.token_value.0)),
        None => builder,
    }
}

impl SlackClientHttpConnector for Connector {
    fn http_get_uri<'a, RS>(
        &'a self,
        full_uri: Url,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> Deserialize<'de> + Send + 'a,
    {
        async move {
            let request = request(Method::GET, &full_uri, context.token).body(Full::default())?;
            self.ask(request).await
        }
        .boxed()
    }

    fn http_post_uri<'a, RQ, RS>(
        &'a self,
        full_uri: Url,
        request_body: &'a RQ,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RQ: Serialize + Send + Sync,
        RS: for<'de> Deserialize<'de> + Send + 'a,
    {
        async move {
            let body = serde_json::to_vec(request_body).map_err(|error| map_serde_error(error, None))?;
            let request = request(Method::POST, &full_uri, context.token)
                .header(CONTENT_TYPE, "application/json; charset=utf-8")
                .body(Full::from(body))?;
            self.ask(request).await
        }
        .boxed()
    }

    fn http_get_with_client_secret<'a, RS>(
        &'a self,
        full_uri: Url,
        client_id: &'a SlackClientId,
        client_secret: &'a SlackClientSecret,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> Deserialize<'de> + Send + 'a,
    {
        self.library.http_get_with_client_secret(full_uri, client_id, client_secret)
    }

    fn http_post_uri_multipart_form<'a, 'p, RS, PT, TS>(
        &'a self,
        full_uri: Url,
        file: Option<FileMultipartData<'p>>,
        params: &'p PT,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> Deserialize<'de> + Send + 'a,
        PT: IntoIterator<Item = (&'p str, Option<TS>)> + Clone,
        TS: AsRef<str> + 'p + Send,
    {
        self.library.http_post_uri_multipart_form(full_uri, file, params, context)
    }

    fn http_post_uri_binary<'a, 'p, RS>(
        &'a self,
        full_uri: Url,
        content_type: String,
        data: &'a [u8],
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> Deserialize<'de> + Send + 'a,
    {
        self.library.http_post_uri_binary(full_uri, content_type, data, context)
    }

    fn create_method_uri_path(&self, method_relative_uri: &str) -> ClientResult<Url> {
        self.library.create_method_uri_path(method_relative_uri)
    }
}
