//! Reads an incident and its surroundings as they may be shown, on one snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use url::Url;

use super::Engine;
use super::links::AckLink;
use crate::domain::alert::AlertStatus;
use crate::domain::effect::Effect;
use crate::domain::incident::child::Child;
use crate::domain::incident::timeline::{Entry, Origin};
use crate::domain::incident::{Decision, Incident, RunbookRef, next};
use crate::domain::naming;
use crate::domain::page::{Page, PageChange};
use crate::domain::people::ContactMethod;
use crate::domain::runbook::{self, Part};
use crate::ids::{ChannelId, IncidentId};
use crate::ports::{GoesOn, PostmortemView, RunbookView, View};
use crate::store::{StoreError, Tx, alerts, incidents, pages, timeline};

/// So many alerts are shown at most; the rest are counted.
const SHOWN_ALERTS: u32 = 20;
/// So many earlier incidents are shown.
const SHOWN_ALIKE: u32 = 3;
/// So many steps of a runbook's section stand in a message.
const SHOWN_STEPS: usize = 2;
/// So many of them are read for somebody who asks for the runbook.
const ASKED_STEPS: usize = 20;

/// What of a view stands in the tables of the incident itself. A decision that opens an incident knows all of it, so the
/// first page needs nothing from the database.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    incident: Incident,
    children: Vec<Child>,
    pages: Vec<Page>,
}

impl Shown {
    /// Of an incident that this decision opens.
    pub fn of_new(decision: &Decision) -> Self {
        let mut children = decision.children.clone();
        children.sort_by(|a, b| {
            let firing_first = |child: &Child| child.alert.status != AlertStatus::Firing;
            (firing_first(a), b.alert.starts_at, &a.alert.fingerprint).cmp(&(
                firing_first(b),
                a.alert.starts_at,
                &b.alert.fingerprint,
            ))
        });
        children.truncate(SHOWN_ALERTS as usize);
        let new = |change: &PageChange| match change {
            PageChange::New(page) => Some((**page).clone()),
            _ => None,
        };
        let mut pages: Vec<Page> = decision.pages.iter().filter_map(new).collect();
        pages.sort_by(|a, b| (a.due, a.walk, &a.id).cmp(&(b.due, b.walk, &b.id)));
        Self { incident: decision.next.clone(), children, pages }
    }
}

/// What else a view may need from the database.
#[derive(Debug, Default)]
struct Beside {
    entry: Option<Entry>,
    alike: Vec<Incident>,
    folded: Vec<(Incident, Page)>,
    owned_channels: BTreeMap<ChannelId, String>,
    goes_on: Option<Box<GoesOn>>,
    page_url: Option<Url>,
    ack_url: Option<Url>,
    pagerduty_key: Option<String>,
}

impl Engine {
    /// The view an effect needs; `None` when it is about no incident, or about one that does not exist.
    pub(super) async fn view_for(
        &self,
        incident: Option<IncidentId>,
        effect: &Effect,
    ) -> Result<Option<View>, StoreError> {
        let Some(id) = incident else { return Ok(None) };
        let seq = match effect {
            Effect::Say { seq, .. } | Effect::RefreshTold { seq } => Some(*seq),
            _ => None,
        };
        let wants_alike = shows_alike(effect);
        let wants_channels = matches!(effect, Effect::OpenChannel);
        let wants_folded = matches!(effect, Effect::Page { .. } | Effect::RefreshPages);
        let zone = self.settings.house.timezone;
        let found = {
            // A closed semaphore would be a fault of this program; the database then says what it can bear.
            let _turn = self.showing.acquire().await;
            let read = self.db.read("view", move |tx| {
                Box::pin(async move {
                    let Some(found) = incidents::find(tx, id).await? else {
                        return Ok::<_, StoreError>(None);
                    };
                    let incident = found.incident;
                    let children = alerts::list(tx, id, SHOWN_ALERTS).await?;
                    let pages = pages::list(tx, id).await?;
                    let mut beside = Beside::default();
                    if let Some(seq) = seq {
                        beside.entry = timeline::one(tx, id, seq).await?.map(|told| told.entry);
                    }
                    if let Some(into) = incident.merged_into {
                        beside.goes_on =
                            incidents::find(tx, into).await?.map(|found| Box::new(found.incident.into()));
                    }
                    if wants_alike {
                        beside.alike = incidents::alike(tx, &incident, SHOWN_ALIKE).await?;
                    }
                    if wants_folded {
                        beside.folded = folded(tx, id).await?;
                    }
                    if wants_channels {
                        let date = incident.opened_at.with_timezone(&zone).date_naive();
                        let names: Vec<String> = naming::channel_names(date, &incident.short_name).collect();
                        beside.owned_channels = incidents::channels_named(tx, &names).await?;
                    }
                    Ok(Some((Shown { incident, children, pages }, beside)))
                })
            });
            read.await?
        };
        let Some((shown, mut beside)) = found else { return Ok(None) };
        beside.page_url = self.link_to(id).await?;
        beside.ack_url = self.ack_url(&shown, effect).await?;
        if matches!(effect, Effect::TellPagerDuty { .. }) {
            beside.pagerduty_key = Some(self.pagerduty_key(id).await?);
        }
        if let Some(goes_on) = &mut beside.goes_on {
            goes_on.page_url = self.link_to(goes_on.id).await?;
        }
        let postmortem = match effect {
            Effect::SharePostmortem { .. }
            | Effect::RefreshPostmortem
            | Effect::CopyToCanvas { .. }
            | Effect::UpdateForm { .. } => self.postmortem(id).await?.map(PostmortemView::from),
            _ => None,
        };
        let folded = std::mem::take(&mut beside.folded);
        let mut view = self.view_of(shown, beside, postmortem);
        let of_row = |(incident, page)| self.bare_view(incident, vec![page]);
        view.folded = folded.into_iter().map(of_row).collect();
        Ok(Some(view))
    }

    /// The view of a page of an incident that was opened a moment ago: what happened before is looked up when the message
    /// shows it, and left out when the database cannot say.
    pub(super) async fn view_of_new(&self, shown: &Shown, effect: &Effect) -> View {
        let id = shown.incident.id;
        let page_url = self.link_to(id).await.unwrap_or_else(|error| {
            tracing::warn!(incident.id = %id, error = %error, "a page leaves without a link to the incident's page");
            None
        });
        let ack_url = self.ack_url(shown, effect).await.unwrap_or_else(|error| {
            tracing::warn!(incident.id = %id, error = %error, "a page leaves without a link that acknowledges");
            None
        });
        let mut beside = Beside { page_url, ack_url, ..Beside::default() };
        if shows_alike(effect) {
            let incident = shown.incident.clone();
            let _turn = self.showing.acquire().await;
            let read = self.db.read("alike", move |tx| {
                Box::pin(async move { incidents::alike(tx, &incident, SHOWN_ALIKE).await })
            });
            beside.alike = read.await.unwrap_or_else(|error: StoreError| {
                tracing::warn!(incident.id = %shown.incident.id, error = %error, "a page leaves without earlier incidents");
                vec![]
            });
        }
        self.view_of(shown.clone(), beside, None)
    }

    /// The link by which the addressee of a page acknowledges.
    async fn ack_url(&self, shown: &Shown, effect: &Effect) -> Result<Option<Url>, StoreError> {
        let Effect::Page { page, .. } = effect else { return Ok(None) };
        let Some(row) = shown.pages.iter().find(|row| row.id == *page) else { return Ok(None) };
        self.ack_link(&AckLink::of(&shown.incident, &row.person)).await
    }

    fn view_of(&self, shown: Shown, beside: Beside, postmortem: Option<PostmortemView>) -> View {
        let (now, rota) = (self.now(), self.rota());
        let Shown { incident, children, pages } = shown;
        View {
            now,
            house: self.settings.house.clone(),
            source_url: children.iter().find_map(|child| child.alert.generator_url.clone()),
            runbook: self.runbook_view(&incident, &children, SHOWN_STEPS),
            children,
            pages,
            entry: beside.entry,
            folded: vec![],
            alike: beside.alike,
            dashboards: self.dashboards(&incident),
            next: next(&incident, &self.facts(&rota, now, Origin::Timer)),
            overrides: rota.overrides().clone(),
            postmortem,
            page_url: beside.page_url,
            ack_url: beside.ack_url,
            pagerduty_key: beside.pagerduty_key,
            goes_on: beside.goes_on,
            owned_channels: beside.owned_channels,
            incident,
        }
    }

    /// An incident with these rows of its ledger and nothing of its surroundings: enough for a line about it.
    pub(super) fn bare_view(&self, incident: Incident, pages: Vec<Page>) -> View {
        View {
            now: self.now(),
            house: self.settings.house.clone(),
            incident,
            children: vec![],
            pages,
            entry: None,
            folded: vec![],
            alike: vec![],
            runbook: None,
            dashboards: vec![],
            source_url: None,
            next: None,
            overrides: self.rota().overrides().clone(),
            postmortem: None,
            page_url: None,
            ack_url: None,
            pagerduty_key: None,
            goes_on: None,
            owned_channels: BTreeMap::new(),
        }
    }

    /// The view of an incident outside of any effect.
    pub async fn view(self: &Arc<Self>, id: IncidentId) -> Result<Option<View>, StoreError> {
        self.view_for(Some(id), &Effect::RefreshPages).await
    }

    fn dashboards(&self, incident: &Incident) -> Vec<crate::domain::house::Dashboard> {
        let service = incident.service.as_ref().and_then(|id| self.settings.house.services.get(id));
        service.map(|service| service.dashboards.clone()).unwrap_or_default()
    }

    /// The incident with as much of its runbook as somebody who asks for it wants to read.
    pub(super) async fn view_with_runbook(&self, id: IncidentId) -> Result<Option<View>, StoreError> {
        let view = self.view_for(Some(id), &Effect::RefreshCard).await?;
        Ok(view.map(|view| View {
            runbook: self.runbook_view(&view.incident, &view.children, ASKED_STEPS),
            ..view
        }))
    }

    /// The incident's runbook as it may be shown, with what the first alert knows in its commands.
    fn runbook_view(&self, incident: &Incident, children: &[Child], n_steps: usize) -> Option<RunbookView> {
        match incident.runbook.as_ref()? {
            RunbookRef::Link(url) => Some(RunbookView {
                title: None,
                url: Some(url.clone()),
                is_elsewhere: false,
                diagnosis: vec![],
                resolution: vec![],
            }),
            RunbookRef::Ours { id, link } => {
                let runbook = self.documents.runbook(id)?;
                let labels = children.first().map(|child| &child.alert.labels);
                let service = incident.service_shown.as_deref();
                let known = |label: &str| {
                    let value = labels.and_then(|labels| labels.get(label)).map(String::as_str);
                    value.or(service.filter(|_| label == "service"))
                };
                let steps = |part| runbook.filled_steps(part, n_steps, &known);
                Some(RunbookView {
                    title: Some(runbook.title.clone()),
                    url: link.clone(),
                    is_elsewhere: link.as_deref().is_some_and(|link| !runbook::leads_to(link, id)),
                    diagnosis: steps(Part::Diagnosis),
                    resolution: steps(Part::Resolution),
                })
            }
        }
    }
}

/// What is folded into the pages of an incident, with its incidents.
async fn folded(tx: &mut Tx, id: IncidentId) -> Result<Vec<(Incident, Page)>, StoreError> {
    let rows = pages::folded_into(tx, id).await?;
    let ids: BTreeSet<IncidentId> = rows.iter().map(|row| row.incident).collect();
    let known = incidents::find_all(tx, &Vec::from_iter(ids)).await?;
    let with_incident = |row: Page| Some((known.get(&row.incident)?.incident.clone(), row));
    Ok(rows.into_iter().filter_map(with_incident).collect())
}

/// Whether what is shown names earlier incidents of the same alert.
fn shows_alike(effect: &Effect) -> bool {
    match effect {
        Effect::Page { method, .. } => *method == ContactMethod::Slack,
        Effect::RefreshPages => true,
        _ => false,
    }
}
