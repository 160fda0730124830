//! `alertmanagers`: who may send alerts, and how we know that they still could.

use std::collections::BTreeMap;

use chrono::Duration;
use url::Url;

use super::fault::NoteKind;
use super::reader::{Section, Value};
use super::secret::Secret;
use super::value::{self, Wrong};
use crate::domain::matcher::Matcher;
use crate::ids::SourceId;

/// One sender of alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceConfig {
    /// How it proves who it is.
    pub auth: WebhookAuth,
    /// The addresses of its members, for polls and silences; may be empty.
    pub urls: Vec<Url>,
    /// How often to compare notes with it. `None`: never.
    pub reconcile_every: Option<Duration>,
    /// How it shows that it lives.
    pub heartbeat: Heartbeat,
}

/// How a webhook is authenticated.
#[derive(Debug, Clone, PartialEq)]
pub enum WebhookAuth {
    /// `Authorization: Bearer …`.
    Bearer(Secret),
    /// `Authorization: Basic …`.
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// Anybody who can reach the port is believed.
    None,
}

/// The alert that always fires, so that its absence means something.
#[derive(Debug, Clone, PartialEq)]
pub struct Heartbeat {
    /// An alert for which all of them hold is a beat and opens nothing.
    pub matchers: Vec<Matcher>,
    /// How long without a beat is too long. `None`: absence means nothing.
    pub timeout: Option<Duration>,
}

/// Reads `alertmanagers`.
pub(super) fn sources(root: &Section<'_>) -> BTreeMap<SourceId, SourceConfig> {
    let n_faults = root.reader().n_faults();
    let Some(value) = root.required("alertmanagers") else { return BTreeMap::new() };
    let (reader, line, path) = (value.reader, value.line, value.path.clone());
    let entries = value.entries().unwrap_or_default();
    if entries.is_empty() && reader.n_faults() == n_faults {
        let wrong = Wrong::new("names nobody who may send alerts", "add a source: main: {webhook_token: …}");
        reader.fault(Some(line), &path, wrong);
    }
    entries
        .into_iter()
        .filter_map(|(name, value)| {
            if !is_url_safe(&name) {
                value.fault(
                    "this name cannot stand in the path of a webhook",
                    "use letters, digits, `-`, `_` and `.` only",
                );
            }
            Some((SourceId(name), source(value.section()?)?))
        })
        .collect()
}

fn is_url_safe(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn source(section: Section<'_>) -> Option<SourceConfig> {
    let auth = webhook_auth(&section);
    let urls = section.optional("url").and_then(Value::one_or_more).into_iter().flatten();
    let urls = urls.filter_map(|url| url.read(value::web_url)).collect();
    let reconcile_every = section.span("reconcile_every", Some(Duration::minutes(1)));
    let heartbeat = heartbeat(section.optional("heartbeat").and_then(Value::section));
    section.finish();
    Some(SourceConfig { auth: auth?, urls, reconcile_every, heartbeat: heartbeat? })
}

const WAYS: &str = "give `webhook_token`, `webhook_basic: {user, password}`, or `webhook_auth: none`";

fn webhook_auth(section: &Section<'_>) -> Option<WebhookAuth> {
    let n_faults = section.reader().n_faults();
    let token = section.optional_secret("webhook_token");
    let basic = section.optional("webhook_basic").and_then(|value| {
        let basic = value.section()?;
        let (user, password) =
            (basic.required("user").and_then(Value::text), basic.required_secret("password"));
        basic.finish();
        Some(WebhookAuth::Basic { user: user?, password: password? })
    });
    let none = section
        .optional("webhook_auth")
        .and_then(|value| value.read(|word| value::one_of(word, &[("none", ())])));

    let ways = ["webhook_token", "webhook_token_file", "webhook_basic", "webhook_auth"];
    let given: Vec<&str> = ways.into_iter().filter(|way| section.mentions(way)).collect();
    match (token, basic, none) {
        (Some(token), None, None) => Some(WebhookAuth::Bearer(token)),
        (None, Some(basic), None) => Some(basic),
        (None, None, Some(())) => {
            section.reader().note(
                NoteKind::Advice,
                Some(section.line()),
                &section.path_of("webhook_auth"),
                "anybody who reaches the port can open incidents and wake people",
            );
            Some(WebhookAuth::None)
        }
        (None, None, None) => {
            if section.reader().n_faults() == n_faults {
                let what = match given.as_slice() {
                    [] => "it is not said how the sender proves who it is".to_owned(),
                    [way, ..] => format!("`{way}` is empty"),
                };
                section.fault(what, WAYS);
            }
            None
        }
        _ => {
            section.fault(
                "more than one of `webhook_token`, `webhook_basic` and `webhook_auth` is given",
                "keep one of them",
            );
            None
        }
    }
}

fn heartbeat(section: Option<Section<'_>>) -> Option<Heartbeat> {
    let timeout = Some(Duration::minutes(10));
    let usual = || matcher("alertname=\"Watchdog\"").ok().map(|matcher| vec![matcher]);
    let Some(section) = section else { return Some(Heartbeat { matchers: usual()?, timeout }) };
    let matchers = section.optional("matcher").and_then(Value::one_or_more);
    let timeout = section.span("timeout", timeout);
    let matchers = match matchers {
        Some(values) => values.into_iter().filter_map(|value| value.read(matcher)).collect(),
        None => usual()?,
    };
    section.finish();
    Some(Heartbeat { matchers, timeout })
}

/// One condition in Alertmanager's syntax.
pub(super) fn matcher(text: &str) -> Result<Matcher, Wrong> {
    Matcher::parse(text).map_err(|error| {
        let said = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        let (what, fix) =
            said.rsplit_once("; ").unwrap_or((said.as_str(), "write it like severity=\"critical\""));
        Wrong::new(what, format!("{fix}, in single quotes"))
    })
}
