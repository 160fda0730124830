//! `/webhooks/twilio/sms` and `/webhooks/twilio/voice`: what the provider says about messages and calls, and what people
//! answer to them.
//!
//! Nothing is believed without the provider's signature over the address and every field. Answers are in the provider's own
//! markup, in which everything from outside is escaped.

mod signature;
mod voice;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use url::form_urlencoded;

use super::Web;
use crate::domain::page::NotArrived;
use crate::domain::people::ContactMethod;
use crate::engine::callbacks::{Fate, Replied, Reply};
use crate::ids::IncidentId;
use crate::telemetry::Rejected;
use crate::words::phone as words;

/// The largest body, bytes: the provider sends a few fields.
const MAX_BODY: usize = 64 << 10;

/// The addresses that the provider calls.
pub fn router(web: Arc<Web>) -> Router {
    Router::new()
        .route("/webhooks/twilio/sms", post(sms))
        .route("/webhooks/twilio/voice", post(voice::voice))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(web)
}

/// What the provider sent, proven to be from it.
struct Told {
    fields: BTreeMap<String, String>,
    /// What we call what it is about.
    page: Option<String>,
}

impl Told {
    /// Reads a request.
    ///
    /// # Errors
    /// What to answer when it is not the provider's.
    fn read(web: &Web, uri: &OriginalUri, headers: &HeaderMap, body: &[u8]) -> Result<Self, StatusCode> {
        let (Some(token), Some(base)) = (&web.twilio, web.engine.settings().public_url.as_deref()) else {
            return Err(StatusCode::NOT_FOUND);
        };
        let path = uri.path_and_query().map_or(uri.path(), |whole| whole.as_str());
        let fields: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let shown =
            headers.get("x-twilio-signature").and_then(|shown| shown.to_str().ok()).unwrap_or_default();
        if !signature::is_right(token.expose(), &format!("{base}{path}"), &fields, shown) {
            web.metrics.webhook_rejected(Rejected::TwilioSignature);
            tracing::warn!(
                "somebody posted to a twilio webhook without its signature; check `twilio.auth_token` and `public_url`"
            );
            return Err(StatusCode::FORBIDDEN);
        }
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let page = query.into_owned().find(|(name, _)| name == "page").map(|(_, page)| page);
        Ok(Self { fields, page })
    }

    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// An answer in the provider's markup.
fn markup(inside: &str) -> Response {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>{inside}</Response>\n");
    ([(CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn unavailable(error: &crate::engine::StoreError) -> Response {
    tracing::error!(error = %error, "what twilio said could not be stored");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// A message that somebody sent, or what became of one of ours.
async fn sms(State(web): State<Arc<Web>>, uri: OriginalUri, headers: HeaderMap, body: Bytes) -> Response {
    let told = match Told::read(&web, &uri, &headers, &body) {
        Ok(told) => told,
        Err(refused) => return refused.into_response(),
    };
    let name = [told.field("MessageSid"), told.field("SmsSid")].into_iter().find(|name| !name.is_empty());
    let name = name.unwrap_or_default();
    if !told.field("MessageStatus").is_empty() {
        let (Some(page), Some(fate)) = (&told.page, fate_of_message(&told)) else { return markup("") };
        return match web.engine.provider_says(ContactMethod::Sms, page, name, fate).await {
            Ok(()) => markup(""),
            Err(error) => unavailable(&error),
        };
    }
    let text = told.field("Body");
    if words::is_for_the_network(text) {
        return markup("");
    }
    let Some(reply) = read_reply(text) else { return message(words::HELP) };
    match web.engine.text_says(told.field("From"), name, reply).await {
        Ok(Replied::Again | Replied::Stranger) => markup(""),
        Ok(Replied::Acknowledged(incident)) => message(&words::acknowledged(&incident)),
        Ok(Replied::Ended(id)) => message(&words::ended(id)),
        Ok(Replied::PartOf(id, into)) => message(&words::part_of(id, into)),
        Ok(Replied::Unknown(id)) => message(&words::unknown(id)),
        Ok(Replied::Nothing) => message(words::NOTHING_WAITS),
        Ok(Replied::Which(several)) => message(&words::which(&several)),
        Err(error) => unavailable(&error),
    }
}

fn message(text: &str) -> Response {
    markup(&format!("<Message>{}</Message>", escaped(text)))
}

fn fate_of_message(told: &Told) -> Option<Fate> {
    match told.field("MessageStatus") {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Some(Fate::OnItsWay),
        "delivered" | "read" => Some(Fate::Arrived),
        status @ ("failed" | "undelivered" | "canceled") => {
            let (code, fault) = (told.field("ErrorCode"), NotArrived::Unreachable);
            Some(Fate::Lost { fault, why: words::not_delivered(status, code) })
        }
        _ => None,
    }
}

/// What a message asks for; `None` when nobody can say.
fn read_reply(text: &str) -> Option<Reply> {
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty());
    let number = |word: &str| word.trim_start_matches("inc-").trim_start_matches("inc").parse::<i64>().ok();
    let first = words.next()?;
    if let Some(n) = number(first) {
        return Some(Reply::AcknowledgeOne(IncidentId(n)));
    }
    if !matches!(first, "ack" | "acknowledge" | "acknowledged" | "a" | "ok" | "yes" | "y") {
        return None;
    }
    let rest: Vec<&str> = words.collect();
    match rest.iter().find_map(|word| number(word)) {
        Some(n) => Some(Reply::AcknowledgeOne(IncidentId(n))),
        None if first.starts_with("ack") || rest.is_empty() => Some(Reply::Acknowledge),
        None => None,
    }
}

#[cfg(test)]
mod tests;
