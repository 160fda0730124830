//! An incident as it may be shown: everything a message could need, read at the time it is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use crate::domain::escalation::Target;
use crate::domain::grafana::Place;
use crate::domain::house::{Dashboard, House};
use crate::domain::incident::child::Child;
use crate::domain::incident::timeline::{Entry, Origin};
use crate::domain::incident::{Channel, Facts, Incident, Next, Room, as_whom};
use crate::domain::on_call::Override;
use crate::domain::page::Page;
use crate::domain::people::Person;
use crate::domain::postmortem::{Part, Section};
use crate::ids::{ChannelId, IncidentId, PersonId, SlackUserId};

/// The runbook as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookView {
    /// Its title; a runbook that is only a link has none that we know.
    pub title: Option<String>,
    /// Where the alert itself says it can be read.
    pub url: Option<String>,
    /// Whether what is read there is something else than the runbook whose title and steps these are.
    pub is_elsewhere: bool,
    /// The first Diagnosis steps, as plain text with code in backticks, what the alert knows filled in.
    pub diagnosis: Vec<String>,
    /// The first Resolution steps, likewise.
    pub resolution: Vec<String>,
}

/// The incident that one which was merged away is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoesOn {
    /// Which.
    pub id: IncidentId,
    /// Where it is talked about, once that is open.
    pub channel: Option<Channel>,
    /// Whether a channel was asked for.
    pub channel_wanted: bool,
    /// A fresh signed link to its page, when this service has a public address.
    pub page_url: Option<Url>,
}

impl From<Incident> for GoesOn {
    fn from(incident: Incident) -> Self {
        let Room { channel, channel_wanted, .. } = incident.room;
        Self { id: incident.id, channel, channel_wanted, page_url: None }
    }
}

/// The post-mortem as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostmortemView {
    /// The whole of it.
    pub markdown: String,
    /// The eight sections.
    pub sections: Vec<Section>,
    /// How often each section was written by people; one that is absent never was.
    pub revisions: BTreeMap<Part, i64>,
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
    /// The timeline event that the effect is about.
    pub entry: Option<Entry>,
    /// The incidents whose pages are folded into pages of this one, each with the row that is, in the order in which they came.
    pub folded: Vec<View>,
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
    /// Who has taken which span of which schedule.
    pub overrides: Arc<[Override]>,
    /// The post-mortem, when the effect is about it.
    pub postmortem: Option<PostmortemView>,
    /// A fresh signed link to the incident's page, when this service has a public address. Whoever holds it may read the page.
    pub page_url: Option<Url>,
    /// When the effect is a page: a signed link by which its addressee acknowledges, when this service has a public address.
    /// Whoever holds it can acknowledge as them.
    pub ack_url: Option<Url>,
    /// When the effect tells PagerDuty: what PagerDuty knows the incident by.
    pub pagerduty_key: Option<String>,
    /// What it is part of, when it was merged away.
    pub goes_on: Option<Box<GoesOn>>,
    /// Channels that incidents own, by id, among those that could be mistaken for this incident's.
    pub owned_channels: BTreeMap<ChannelId, String>,
}

impl View {
    /// Where a Grafana that sent the alerts shows the first one of which it says so; the addresses as they were sent.
    pub fn grafana_places(&self) -> Vec<(Place, &str)> {
        let places =
            |child: &'_ Child| Place::ALL.into_iter().any(|place| place.address(&child.alert).is_some());
        let Some(child) = self.children.iter().find(|child| places(child)) else { return vec![] };
        Place::ALL.into_iter().filter_map(|place| Some((place, place.address(&child.alert)?))).collect()
    }

    /// The ledger row of a page.
    pub fn page(&self, id: &crate::ids::PageId) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == *id)
    }

    /// As whom the addressee of a page is on the step that paged them; `None` when no ladder did, or nothing says.
    pub fn as_whom(&self, page: &Page) -> Option<Target> {
        let facts = Facts {
            now: page.due,
            house: &self.house,
            overrides: &self.overrides,
            origin: Origin::Timer,
            umbrella: None,
        };
        as_whom(&self.incident, &facts, page.cause.schedule()?, page.step, &page.person)
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
