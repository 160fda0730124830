//! A provider of text messages and calls that speaks like Twilio: it takes what it is asked for, keeps it, and calls the service
//! back with its signature.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use url::form_urlencoded;

use super::providers::{Carried, Provider, Takes};
use super::world::World;

/// The account.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// Its token.
pub const TOKEN: &str = "a-twilio-token";
const PUBLIC: &str = "https://dontpanic.example.org";

/// Both sides of the provider: `/twilio`. What it is told of calls that it has taken goes to `ends`.
pub fn router(sms: Provider, calls: Provider, ends: Provider) -> Router {
    Router::new()
        .route("/twilio/2010-04-01/Accounts/{account}/{what}", post(take))
        .with_state((sms, calls))
        .merge(
            Router::new()
                .route("/twilio/2010-04-01/Accounts/{account}/Calls/{call}", post(end))
                .with_state(ends),
        )
}

fn is_ours(account: &str, headers: &HeaderMap) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
    let shown = headers.get("authorization").and_then(|shown| shown.to_str().ok()).unwrap_or_default();
    account == ACCOUNT && shown == expected
}

fn answers(status: u16, said: &str) -> Response {
    let (code, message) = said.split_once(' ').expect("a code and words");
    let code: Value = code.parse::<u32>().expect("a code").into();
    let body = json!({ "code": code, "message": message, "more_info": "https://www.twilio.com/docs/errors",
                       "status": status });
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
}

async fn end(
    State(ends): State<Provider>,
    Path((account, call)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    if !is_ours(&account, &headers) {
        return answers(401, "20003 Authenticate");
    }
    let sid = call.trim_end_matches(".json").to_owned();
    let status = fields.get("Status").cloned().unwrap_or_default();
    let whole = serde_json::to_value(&fields).expect("fields");
    match ends.gets(Carried { to: sid.clone(), headline: status, text: String::new(), whole }) {
        Takes::Everything => axum::Json(json!({ "sid": sid, "status": "completed" })).into_response(),
        Takes::Nothing(status, said) => answers(status, said),
        Takes::ButSaysNothing => std::future::pending().await,
    }
}

async fn take(
    State((sms, calls)): State<(Provider, Provider)>,
    Path((account, what)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    if !is_ours(&account, &headers) {
        return answers(401, "20003 Authenticate");
    }
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (provider, kind) = if what == "Calls.json" { (calls, "CA") } else { (sms, "SM") };
    let text = field("Body");
    let headline = text.lines().next().unwrap_or("rings").to_owned();
    let whole = serde_json::to_value(&fields).expect("fields");
    let sid = format!("{kind}{:032}", provider.all().len());
    match provider.gets(Carried { to: field("To"), headline, text, whole }) {
        Takes::Everything => {
            (StatusCode::CREATED, axum::Json(json!({ "sid": sid, "status": "queued" }))).into_response()
        }
        Takes::Nothing(status, said) => answers(status, said),
        Takes::ButSaysNothing => std::future::pending().await,
    }
}

fn signature(address: &str, fields: &BTreeMap<String, String>) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("a key");
    mac.update(address.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// One call or message, from the provider's side.
#[derive(Debug, Clone)]
pub struct Line {
    /// The provider's name for it.
    pub sid: String,
    /// The telephone at its other end.
    pub phone: String,
    /// Where the service wants to be called.
    pub back: String,
}

impl World {
    /// The latest text message, or call, that the provider took.
    #[track_caller]
    pub fn line(&self, provider: &Provider) -> Line {
        let all = provider.all();
        let latest = all.last().unwrap_or_else(|| panic!("nothing was taken:\n{}", self.transcript()));
        let kind = if latest.whole.get("Url").is_some() { "CA" } else { "SM" };
        let back = latest.whole["StatusCallback"].as_str().expect("a callback").to_owned();
        Line { sid: format!("{kind}{:032}", all.len() - 1), phone: latest.to.clone(), back }
    }

    /// The provider calls the service, signed; the status and the answer.
    pub async fn twilio_calls(&mut self, address: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let fields: BTreeMap<String, String> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let shown = signature(address, &fields);
        self.somebody_calls(address, &fields, &shown).await
    }

    /// Somebody calls the service as the provider would, with this signature.
    pub async fn somebody_calls(
        &mut self,
        address: &str,
        fields: &BTreeMap<String, String>,
        shown: &str,
    ) -> (u16, String) {
        let path = address.strip_prefix(PUBLIC).expect("an address of the service");
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-twilio-signature", shown)];
        let (status, answer) = self.post(path, &headers, body.into_bytes()).await;
        self.settle().await;
        (status.as_u16(), answer)
    }

    /// What became of a message.
    pub async fn message_is(&mut self, line: &Line, status: &str, error: &str) -> u16 {
        self.tell("twilio", &format!("says of the message to {}: {status} {error}", line.phone));
        let fields = [("MessageSid", line.sid.as_str()), ("MessageStatus", status), ("ErrorCode", error)];
        self.twilio_calls(&line.back, &fields).await.0
    }

    /// The provider says what became of a message to several at the very same time.
    pub async fn message_is_at_once(&mut self, line: &Line, status: &str) {
        self.tell("twilio", &format!("says of the message to {}, several times: {status}", line.phone));
        let fields = [("MessageSid", line.sid.as_str()), ("MessageStatus", status)];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let shown = signature(&line.back, &fields);
        let path = line.back.strip_prefix(PUBLIC).expect("an address of the service");
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("x-twilio-signature", &*shown)];
        let posts = (0..4).map(|_| self.post(path, &headers, body.clone().into_bytes()));
        for (status, answer) in futures::future::join_all(posts).await {
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        self.settle().await;
    }

    /// How a call goes; what is said.
    pub async fn call_is(&mut self, line: &Line, status: &str) -> String {
        self.tell("twilio", &format!("says of the call to {}: {status}", line.phone));
        self.call_has(line, &[("CallStatus", status)]).await
    }

    /// Somebody presses a key during a call; what is said.
    pub async fn key_is_pressed(&mut self, line: &Line, key: &str) -> String {
        self.tell("twilio", &format!("hears {key} from {}", line.phone));
        self.call_has(line, &[("CallStatus", "in-progress"), ("Digits", key)]).await
    }

    /// Whatever of a call; what is said.
    pub async fn call_has(&mut self, line: &Line, more: &[(&str, &str)]) -> String {
        let mut fields = vec![("CallSid", line.sid.as_str()), ("To", line.phone.as_str())];
        fields.extend(more);
        let (status, answer) = self.twilio_calls(&line.back, &fields).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Somebody writes a text message; what they are answered.
    pub async fn texts(&mut self, phone: &str, sid: &str, text: &str) -> String {
        self.tell("twilio", &format!("{phone} writes {text}"));
        let fields = [("MessageSid", sid), ("SmsStatus", "received"), ("From", phone), ("Body", text)];
        let (status, answer) = self.twilio_calls(&format!("{PUBLIC}/webhooks/twilio/sms"), &fields).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}
