//! Reads an incident and its surroundings as they may be shown, on one snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Engine;
use crate::domain::effect::Effect;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Incident, RunbookRef, next};
use crate::domain::naming;
use crate::domain::page::Page;
use crate::domain::runbook::Part;
use crate::ids::{ChannelId, IncidentId};
use crate::ports::{RunbookView, View};
use crate::store::{StoreError, alerts, incidents, pages, timeline};

/// So many alerts are shown at most; the rest are counted.
const SHOWN_ALERTS: u32 = 20;
/// So many earlier incidents are shown.
const SHOWN_ALIKE: u32 = 3;
/// So many steps of a runbook's section stand in a message.
const SHOWN_STEPS: usize = 2;

impl Engine {
    /// The view an effect needs; `None` when it is about no incident, or about one that does not exist.
    pub(super) async fn view_for(
        &self,
        incident: Option<IncidentId>,
        effect: &Effect,
    ) -> Result<Option<View>, StoreError> {
        let Some(id) = incident else { return Ok(None) };
        let seq = if let Effect::Say { seq } = effect { Some(*seq) } else { None };
        let wants_alike = matches!(effect, Effect::Page { .. } | Effect::RefreshPages);
        let wants_channels = matches!(effect, Effect::OpenChannel);
        let (children, pages, entry, alike, owned, incident) = {
            let engine_zone = self.settings.house.timezone;
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
                    let entry = match seq {
                        Some(seq) => timeline::one(tx, id, seq).await?.map(|told| (told.entry, told.text)),
                        None => None,
                    };
                    let alike = if wants_alike {
                        incidents::alike(tx, &incident, SHOWN_ALIKE).await?
                    } else {
                        vec![]
                    };
                    let mut owned: BTreeMap<ChannelId, String> = BTreeMap::new();
                    if wants_channels {
                        let date = incident.opened_at.with_timezone(&engine_zone).date_naive();
                        let stem = naming::channel_name(date, &incident.short_name, None);
                        owned = incidents::channels_named_like(tx, &stem).await?;
                    }
                    Ok(Some((children, pages, entry, alike, owned, incident)))
                })
            });
            match read.await? {
                Some(found) => found,
                None => return Ok(None),
            }
        };
        let postmortem = match effect {
            Effect::SharePostmortem => self.postmortem(id).await?.map(|postmortem| postmortem.markdown),
            _ => None,
        };
        let now = self.now();
        Ok(Some(View {
            now,
            house: self.settings.house.clone(),
            source_url: children.iter().find_map(|child| child.alert.generator_url.clone()),
            children,
            pages,
            entry,
            alike,
            runbook: self.runbook_view(&incident),
            dashboards: self.dashboards(&incident),
            next: next(&incident, &self.facts(now, Origin::Timer)),
            postmortem,
            public_url: self.settings.public_url.clone(),
            owned_channels: owned,
            incident,
        }))
    }

    /// An incident with one row of its ledger and nothing of its surroundings: enough for a line about it.
    pub(super) fn bare_view(&self, incident: Incident, row: Page) -> View {
        View {
            now: self.now(),
            house: self.settings.house.clone(),
            incident,
            children: vec![],
            pages: vec![row],
            entry: None,
            alike: vec![],
            runbook: None,
            dashboards: vec![],
            source_url: None,
            next: None,
            postmortem: None,
            public_url: self.settings.public_url.clone(),
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

    /// The incident's runbook as it may be shown.
    pub(super) fn runbook_view(&self, incident: &Incident) -> Option<RunbookView> {
        match incident.runbook.as_ref()? {
            RunbookRef::Link(url) => Some(RunbookView {
                title: "Runbook".to_owned(),
                url: Some(url.clone()),
                diagnosis: vec![],
                resolution: vec![],
            }),
            RunbookRef::Ours { id, link } => {
                let runbook = self.documents.runbook(id)?;
                Some(RunbookView {
                    title: runbook.title.clone(),
                    url: link.clone(),
                    diagnosis: runbook.first_steps(Part::Diagnosis, SHOWN_STEPS),
                    resolution: runbook.first_steps(Part::Resolution, SHOWN_STEPS),
                })
            }
        }
    }
}
