//! The `email` contact method: a mail through an SMTP server.
//!
//! The server's address may hold a password, and replies name mailboxes: neither is ever printed. A server that would send
//! the password in the clear does not get it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::errands::{self, Asked, discreet};
use crate::domain::people::ContactMethod;
use crate::ports::{Errand, Perform, Performed, Receipt};
use crate::words::alarm::{self, Alarm};

/// How long the whole conversation with the server may take.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// The mail cannot be sent by this server.
#[derive(Debug, thiserror::Error)]
pub enum NoMail {
    /// The server's address is none.
    #[error("`smtp.url` cannot be used; write it as smtps://user:password@host:465")]
    Server,
    /// The sender's address is none.
    #[error("`smtp.from` is not a mail address")]
    Sender,
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// The server did not answer to the end: the mail may have arrived.
    #[error("the mail server did not answer in time")]
    NoAnswer,
    /// There is no conversation with the server.
    #[error("cannot talk to the mail server ({why}); check `smtp.url` and that its host is up")]
    Connection {
        /// What went wrong.
        why: String,
    },
    /// The server does not take it now.
    #[error("the mail server does not take it now: {said}; it is tried again")]
    Busy {
        /// Its own words.
        said: String,
    },
    /// The server does not take it.
    #[error("the mail server refuses it: {said}")]
    Refused {
        /// Its own words.
        said: String,
    },
}

impl From<MailFault> for Performed {
    fn from(fault: MailFault) -> Self {
        let why = fault.to_string();
        match fault {
            // A conversation that broke may have been over.
            MailFault::NoAnswer | MailFault::Connection { .. } => {
                Self::TryAgain { after: None, why, in_doubt: true }
            }
            MailFault::Busy { .. } => Self::TryAgain { after: None, why, in_doubt: false },
            MailFault::Refused { .. } => Self::Refused { why },
        }
    }
}

/// Sends mail through one server.
pub struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    answer_within: Duration,
}

impl Email {
    /// A sender by the server at `url`. The whole of a sending takes no longer than `answer_within`; the service uses
    /// `ANSWER_WITHIN`.
    ///
    /// # Errors
    /// When one of the addresses is none.
    pub fn new(url: &str, from: &str, answer_within: Duration) -> Result<Self, NoMail> {
        super::install_tls();
        let address: Address = from.parse().map_err(|_| NoMail::Sender)?;
        let url = with_tls(url).ok_or(NoMail::Server)?;
        // The library's error may repeat the address.
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str()).map_err(|_| NoMail::Server)?;
        Ok(Self {
            transport: builder.timeout(Some(answer_within)).build(),
            from: Mailbox::new(Some("Don't Panic".to_owned()), address),
            answer_within,
        })
    }

    async fn send(&self, errand: &Errand) -> Performed {
        let refused = |why: &str| Performed::Refused { why: why.to_owned() };
        let asked = match errands::read(errand, ContactMethod::Email) {
            Ok(asked) => asked,
            Err(why) => return refused(why),
        };
        let to = asked.person.and_then(|person| person.email.as_deref());
        let Some(to) = to else { return refused("the person has no `email`; add one under `people`") };
        let Ok(to) = to.parse::<Address>() else {
            return refused("the person's `email` is not a mail address that can be written to");
        };
        let id = message_id(&asked, &self.from);
        let Ok(mail) = self.mail(&asked, to, &id) else { return refused("the mail cannot be put together") };
        match self.hand_over(mail).await {
            Ok(()) => Performed::Done(Receipt::Accepted { provider_id: Some(id) }),
            Err(fault) => fault.into(),
        }
    }

    async fn hand_over(&self, mail: Message) -> Result<(), MailFault> {
        match tokio::time::timeout(self.answer_within, self.transport.send(mail)).await {
            Err(_elapsed) => Err(MailFault::NoAnswer),
            Ok(Ok(_taken)) => Ok(()),
            Ok(Err(error)) => Err(fault(&error)),
        }
    }

    fn mail(&self, asked: &Asked<'_>, to: Address, id: &str) -> Result<Message, lettre::error::Error> {
        let thread = thread_id(&asked.alarm, &self.from);
        let mut mail = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(alarm::subject(&asked.alarm))
            .message_id(Some(id.to_owned()))
            .header(Automatic)
            .header(Urgent);
        if let Some(thread) = thread {
            mail = mail.in_reply_to(thread.clone()).references(thread);
        }
        let paragraphs = alarm::letter(&asked.alarm, asked.person);
        let (text, html) = (text(&asked.alarm, &paragraphs), html(&asked.alarm, &paragraphs));
        mail.multipart(MultiPart::alternative_plain_html(text, html))
    }
}

impl Perform for Email {
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed> {
        self.send(errand).boxed()
    }
}

/// The server's address with what it takes to be safe: a password only goes through TLS, and TLS is used where it is offered.
fn with_tls(url: &str) -> Option<Url> {
    let mut url = Url::parse(url).ok()?;
    let says_so = url.query_pairs().any(|(name, _)| name == "tls");
    if url.scheme() == "smtp" && !says_so {
        let tls = if url.password().is_some() { "required" } else { "opportunistic" };
        url.query_pairs_mut().append_pair("tls", tls);
    }
    Some(url)
}

fn fault(error: &smtp::Error) -> MailFault {
    let said = || {
        let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        match error.status() {
            Some(code) => discreet(&format!("{code} {words}")),
            None => discreet(&words),
        }
    };
    if error.is_permanent() {
        MailFault::Refused { said: said() }
    } else if error.is_transient() {
        MailFault::Busy { said: said() }
    } else if error.is_timeout() {
        MailFault::NoAnswer
    } else {
        let kind = if error.is_tls() { "tls: " } else { "" };
        MailFault::Connection { why: format!("{kind}{}", said()) }
    }
}

/// The mail's own name, another one for each sending: what an admin looks for in the server's log.
fn message_id(asked: &Asked<'_>, from: &Mailbox) -> String {
    named(&format!("{}\n{}\n{}", asked.id, asked.n_before, begun(&asked.alarm)), from)
}

/// The name that all mails about one incident refer to, so that they are shown together.
fn thread_id(alarm: &Alarm<'_>, from: &Mailbox) -> Option<String> {
    match alarm {
        Alarm::Page { view, .. } => {
            Some(named(&format!("thread\n{}\n{}", view.incident.id, begun(alarm)), from))
        }
        Alarm::Digest { .. } | Alarm::Test { .. } => None,
    }
}

/// When that began, in milliseconds: numbers begin again in another installation, and mail servers drop a name they know.
fn begun(alarm: &Alarm<'_>) -> i64 {
    let began = match alarm {
        Alarm::Page { view, .. } => Some(view.incident.opened_at),
        Alarm::Digest { several, .. } => several.views.first().map(|view| view.incident.opened_at),
        Alarm::Test { .. } => None,
    };
    began.map_or(0, |at| at.timestamp_millis())
}

fn named(what: &str, from: &Mailbox) -> String {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(what));
    format!("<{}@{}>", hash.get(..24).unwrap_or_default(), from.email.domain())
}

fn text(alarm: &Alarm<'_>, paragraphs: &[String]) -> String {
    let mut parts: Vec<String> = paragraphs.to_vec();
    if let Some(url) = alarm.ack_url() {
        parts.insert(1.min(parts.len()), format!("{}: {url}\n{}", alarm::ACKNOWLEDGE, alarm::ABOUT_THE_LINK));
    }
    parts.extend(alarm.page_url().map(|url| format!("{}: {url}", alarm::OPEN)));
    parts.join("\n\n")
}

fn html(alarm: &Alarm<'_>, paragraphs: &[String]) -> String {
    const BUTTON: &str = "display:inline-block;padding:12px 20px;border-radius:6px;background:#1a5fb4;color:#ffffff;\
                          text-decoration:none;font-weight:bold";
    let link = |url: &Url, label: &str, style: &str| {
        let style = if style.is_empty() { String::new() } else { format!(" style=\"{style}\"") };
        format!("<a href=\"{}\"{style}>{label}</a>", escaped(url.as_str()))
    };
    let mut parts: Vec<String> = paragraphs
        .iter()
        .map(|paragraph| format!("<p>{}</p>", escaped(paragraph).replace('\n', "<br>\n")))
        .collect();
    if let Some(url) = alarm.ack_url() {
        let button = link(url, alarm::ACKNOWLEDGE, BUTTON);
        parts.insert(
            1.min(parts.len()),
            format!("<p>{button}</p>\n<p><small>{}</small></p>", alarm::ABOUT_THE_LINK),
        );
    }
    parts.extend(alarm.page_url().map(|url| format!("<p>{}</p>", link(url, alarm::OPEN, ""))));
    format!("<!doctype html>\n<html><body>\n{}\n</body></html>\n", parts.join("\n"))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

/// No human wrote it, so no program should answer it.
#[derive(Clone)]
struct Automatic;

/// It is read before others.
#[derive(Clone)]
struct Urgent;

impl Header for Automatic {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Header for Urgent {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Importance")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "high".to_owned())
    }
}

#[cfg(test)]
mod tests;
