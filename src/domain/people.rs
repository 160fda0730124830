//! Who can be woken, and how.

use std::fmt;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, SlackUserId};

/// One way to reach a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactMethod {
    /// A direct message in Slack.
    Slack,
    /// A text message through a Twilio-compatible API.
    Sms,
    /// A telephone call through a Twilio-compatible API.
    Voice,
    /// A mail through SMTP.
    Email,
    /// A push message through an ntfy server.
    Ntfy,
    /// A JSON request to the person's own URL.
    Webhook,
}

impl ContactMethod {
    /// Every method, in the order of the documentation.
    pub const ALL: [Self; 6] = [Self::Slack, Self::Sms, Self::Voice, Self::Email, Self::Ntfy, Self::Webhook];

    /// The configuration's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Email => "email",
            Self::Ntfy => "ntfy",
            Self::Webhook => "webhook",
        }
    }

    /// The method of that name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }

    /// Whether it can be expected to wake someone who sleeps.
    pub const fn can_wake(self) -> bool {
        !matches!(self, Self::Slack | Self::Email)
    }
}

impl fmt::Display for ContactMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A person of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The key under `people`.
    pub id: PersonId,
    /// Their Slack user, where page DMs go.
    pub slack: Option<SlackUserId>,
    /// Mail address. Personal data: never logged.
    pub email: Option<String>,
    /// Telephone number in E.164. Personal data: never logged.
    pub phone: Option<String>,
    /// ntfy topic.
    pub ntfy: Option<String>,
    /// Where the `webhook` contact method posts.
    pub webhook: Option<String>,
    /// Their own zone; absent means the zone of the schedule they are on.
    pub timezone: Option<Tz>,
    /// The order in which they want to be reached.
    pub contact: Vec<ContactMethod>,
    /// Those of them that nothing can send here, because their service is not configured.
    pub unsent: Vec<ContactMethod>,
}

impl Person {
    /// Whether they have an address for this method.
    pub fn has_address(&self, method: ContactMethod) -> bool {
        match method {
            ContactMethod::Slack => self.slack.is_some(),
            ContactMethod::Sms | ContactMethod::Voice => self.phone.is_some(),
            ContactMethod::Email => self.email.is_some(),
            ContactMethod::Ntfy => self.ntfy.is_some(),
            ContactMethod::Webhook => self.webhook.is_some(),
        }
    }

    /// The methods that can be tried for this person now: in their order, sent by something, and with an address.
    pub fn working_methods(&self) -> Vec<ContactMethod> {
        let works = |method: &ContactMethod| !self.unsent.contains(method) && self.has_address(*method);
        self.contact.iter().copied().filter(works).collect()
    }
}
