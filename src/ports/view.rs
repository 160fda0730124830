//! An incident as it may be shown: everything a message could need, read at the time it is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::house::{Dashboard, House};
use crate::domain::incident::child::Child;
use crate::domain::incident::timeline::Entry;
use crate::domain::incident::{Incident, Next};
use crate::domain::page::Page;
use crate::domain::people::Person;
use crate::ids::{ChannelId, PersonId, SlackUserId};

/// The runbook as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookView {
    /// Its title.
    pub title: String,
    /// Where the alert itself says it can be read.
    pub url: Option<String>,
    /// The first Diagnosis steps, as Markdown.
    pub diagnosis: Vec<String>,
    /// The first Resolution steps, as Markdown.
    pub resolution: Vec<String>,
}

/// An incident and its surroundings at one instant.
#[derive(Debug, Clone)]
pub struct View {
    /// The instant, story time.
    pub now: DateTime<Utc>,
    /// The house rules, for names and settings.
    pub house: Arc<House>,
    /// The incident.
    pub incident: Incident,
    /// Its alerts, firing ones first; at most 20 of `incident.n_alerts`.
    pub children: Vec<Child>,
    /// Its page ledger, in order.
    pub pages: Vec<Page>,
    /// The timeline event that the effect is about, with its sentence.
    pub entry: Option<(Entry, String)>,
    /// The latest ended incidents of the same alert and service, newest first; at most 3.
    pub alike: Vec<Incident>,
    /// What to do about it.
    pub runbook: Option<RunbookView>,
    /// The service's dashboards.
    pub dashboards: Vec<Dashboard>,
    /// The page at the sender that explains the first firing alert.
    pub source_url: Option<String>,
    /// Who is paged next unless somebody acknowledges.
    pub next: Option<Next>,
    /// The post-mortem as Markdown, when the effect is about it.
    pub postmortem: Option<String>,
    /// Where the web pages of this service are, when there is a public address; no slash at its end.
    pub public_url: Option<String>,
    /// Channels that incidents own, by id, among those that could be mistaken for this incident's.
    pub owned_channels: BTreeMap<ChannelId, String>,
}

impl View {
    /// The ledger row of a page.
    pub fn page(&self, id: &crate::ids::PageId) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == *id)
    }

    /// A person of the configuration.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.house.people.get(id)
    }

    /// A person's Slack user.
    pub fn slack_id(&self, id: &PersonId) -> Option<&SlackUserId> {
        self.person(id).and_then(|person| person.slack.as_ref())
    }
}
