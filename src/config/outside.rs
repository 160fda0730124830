//! The services outside: Prometheus, PagerDuty, Twilio, mail, ntfy, the status page, tickets.
//!
//! Every address can be overridden, so that each can be replaced by something that speaks the same protocol.

use std::collections::BTreeMap;

use url::Url;

use super::reader::{Namespace, Section, Value};
use super::secret::Secret;
use super::value::{self, Wrong};
use crate::domain::severity::Severity;
use crate::ids::ServiceId;

/// Where service level indicators are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prometheus {
    /// Its base address.
    pub url: Url,
}

/// PagerDuty, beside the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagerDuty {
    /// The key of an Events API v2 integration.
    pub routing_key: Secret,
    /// Checks the signature of its webhooks; without it none is believed.
    pub webhook_secret: Option<Secret>,
    /// Which incidents it hears of.
    pub severities: Vec<Severity>,
    /// The Events API.
    pub url: Url,
}

/// A Twilio-compatible API for text messages and calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twilio {
    /// The account.
    pub account_sid: String,
    /// The account's token.
    pub auth_token: Secret,
    /// The number that sends and calls, in E.164.
    pub from: String,
    /// The API.
    pub url: Url,
}

/// Mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// `smtps://user:password@host:465` or `smtp://…`; may hold a password.
    pub url: Secret,
    /// The sender's address.
    pub from: String,
}

/// Push messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ntfy {
    /// The server.
    pub url: Url,
}

/// The public status page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuspage {
    /// The page.
    pub page_id: String,
    /// May publish on it.
    pub api_key: Secret,
    /// The API.
    pub url: Url,
    /// Which component stands for which service.
    pub components: BTreeMap<ServiceId, String>,
}

/// Where tickets are filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tickets {
    /// Issues on GitHub.
    Github {
        /// `owner/name`.
        repo: String,
        /// May write issues.
        token: Secret,
        /// The API.
        url: Url,
    },
    /// Issues in Jira.
    Jira {
        /// Its base address.
        url: Url,
        /// The project's key.
        project: String,
        /// Who files.
        user: String,
        /// That user's API token.
        token: Secret,
    },
    /// A JSON request to an address of yours.
    Webhook {
        /// The address.
        url: Url,
    },
}

/// Reads `prometheus`.
pub(super) fn prometheus(root: &Section<'_>) -> Option<Prometheus> {
    let section = root.optional("prometheus")?.section()?;
    let url = section.required_url("url");
    section.finish();
    Some(Prometheus { url: url? })
}

/// Reads `pagerduty`.
pub(super) fn pagerduty(root: &Section<'_>) -> Option<PagerDuty> {
    let section = root.optional("pagerduty")?.section()?;
    let routing_key = section.required_secret("routing_key");
    let webhook_secret = section.optional_secret("webhook_secret");
    let severities = match section.optional("severities").and_then(Value::one_or_more) {
        Some(values) => values.into_iter().filter_map(|value| value.read(value::severity)).collect(),
        None => vec![Severity::P1, Severity::P2],
    };
    let url = section.url_or("url", "https://events.pagerduty.com");
    section.finish();
    Some(PagerDuty { routing_key: routing_key?, webhook_secret, severities, url: url? })
}

/// Reads `twilio`.
pub(super) fn twilio(root: &Section<'_>) -> Option<Twilio> {
    let section = root.optional("twilio")?.section()?;
    let account_sid = section.required("account_sid").and_then(Value::text);
    let auth_token = section.required_secret("auth_token");
    let from = section.required("from").and_then(|value| value.read(value::phone));
    let url = section.url_or("url", "https://api.twilio.com");
    section.finish();
    Some(Twilio { account_sid: account_sid?, auth_token: auth_token?, from: from?, url: url? })
}

/// Reads `smtp`, whose URL may hold a password.
pub(super) fn smtp(root: &Section<'_>) -> Option<Smtp> {
    let section = root.optional("smtp")?.section()?;
    let url = section.required_secret("url").filter(|url| {
        let is_smtp = Url::parse(url.expose())
            .is_ok_and(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
        if !is_smtp {
            let wrong = Wrong::new("this is not an SMTP URL", "write it as smtps://user:password@host:465");
            section.reader().fault(Some(section.line_of("url")), &section.path_of("url"), wrong);
        }
        is_smtp
    });
    let from = section.required("from").and_then(|value| value.read(value::email));
    section.finish();
    Some(Smtp { url: url?, from: from? })
}

/// Reads `ntfy`.
pub(super) fn ntfy(root: &Section<'_>) -> Option<Ntfy> {
    let usual = "https://ntfy.sh";
    let Some(value) = root.optional("ntfy") else { return Url::parse(usual).ok().map(|url| Ntfy { url }) };
    let section = value.section()?;
    let url = section.url_or("url", usual);
    section.finish();
    Some(Ntfy { url: url? })
}

/// Reads `statuspage`.
pub(super) fn statuspage(root: &Section<'_>) -> Option<Statuspage> {
    let section = root.optional("statuspage")?.section()?;
    let page_id = section.required("page_id").and_then(Value::text);
    let api_key = section.required_secret("api_key");
    let url = section.url_or("url", "https://api.statuspage.io");
    let mut components = BTreeMap::new();
    for (service, value) in section.optional("components").and_then(Value::entries).into_iter().flatten() {
        if let Err(wrong) = section.reader().check_name(Namespace::Services, &service) {
            value.fault(wrong.what, wrong.fix);
        }
        if let Some(component) = value.text() {
            components.insert(ServiceId(service), component);
        }
    }
    section.finish();
    Some(Statuspage { page_id: page_id?, api_key: api_key?, url: url?, components })
}

/// Reads `tickets`.
pub(super) fn tickets(root: &Section<'_>) -> Option<Tickets> {
    let section = root.optional("tickets")?.section()?;
    let places: Vec<Tickets> = [
        section.optional("github").and_then(github),
        section.optional("jira").and_then(jira),
        section.optional("webhook").and_then(webhook),
    ]
    .into_iter()
    .flatten()
    .collect();
    let n_given = ["github", "jira", "webhook"].into_iter().filter(|place| section.mentions(place)).count();
    if n_given != 1 {
        section.fault("tickets are filed in one place", "give one of `github`, `jira` and `webhook`");
    }
    section.finish();
    places.into_iter().next()
}

fn github(value: Value<'_>) -> Option<Tickets> {
    let section = value.section()?;
    let repo = section.required("repo").and_then(|value| {
        value.read(|word| {
            let parts: Vec<&str> = word.split('/').collect();
            let is_repo = matches!(parts.as_slice(), [owner, name] if !owner.is_empty() && !name.is_empty());
            let refused = || Wrong::new(format!("`{word}` is not a repository"), "write owner/name");
            is_repo.then(|| word.to_owned()).ok_or_else(refused)
        })
    });
    let token = section.required_secret("token");
    let url = section.url_or("url", "https://api.github.com");
    section.finish();
    Some(Tickets::Github { repo: repo?, token: token?, url: url? })
}

fn jira(value: Value<'_>) -> Option<Tickets> {
    let section = value.section()?;
    let url = section.required_url("url");
    let project = section.required("project").and_then(Value::text);
    let user = section.required("user").and_then(Value::text);
    let token = section.required_secret("token");
    section.finish();
    Some(Tickets::Jira { url: url?, project: project?, user: user?, token: token? })
}

fn webhook(value: Value<'_>) -> Option<Tickets> {
    let section = value.section()?;
    let url = section.required_url("url");
    section.finish();
    Some(Tickets::Webhook { url: url? })
}
