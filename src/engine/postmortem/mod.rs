//! Drafts the post-mortem from what was recorded, and keeps it beside what humans write.

mod facts;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::io::AsyncWriteExt as _;

use super::Engine;
use super::evidence::ack_target;
use super::handle::Settles;
use super::settlement::Settlement;
use crate::domain::effect::Effect;
use crate::domain::incident::child::Child;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Command, Incident, Review};
use crate::domain::page::Page;
use crate::domain::postmortem::{Draft, Facts, Part, Section};
use crate::ids::IncidentId;
use crate::ports::{Performed, PostmortemView, Receipt};
use crate::store::timeline::Told;
use crate::store::{StoreError, Tx, alerts, incidents, pages, postmortems, timeline};

pub(super) use writing::Clash;

/// So many alerts are named in a post-mortem.
const NAMED_ALERTS: u32 = 200;

/// A post-mortem as it reads now.
#[derive(Debug, Clone, PartialEq)]
pub struct Postmortem {
    /// `draft` until it is published or declined.
    pub state: &'static str,
    /// When it is due, UTC; `None` when it is not.
    pub due_at: Option<DateTime<Utc>>,
    /// The whole of it.
    pub markdown: String,
    /// The eight sections.
    pub sections: Vec<Section>,
    /// Whether it should have been published by now.
    pub is_overdue: bool,
    /// How often each section was written by people.
    pub revisions: BTreeMap<Part, i64>,
}

impl From<Postmortem> for PostmortemView {
    fn from(postmortem: Postmortem) -> Self {
        let Postmortem { markdown, sections, revisions, .. } = postmortem;
        Self { markdown, sections, revisions }
    }
}

/// A draft to be stored, and the effect that is done with it.
#[derive(Debug, Clone)]
pub(super) struct Drafted {
    at: DateTime<Utc>,
    body: String,
    settlement: Option<Settlement>,
}

impl Drafted {
    /// Writes it down.
    pub async fn write(&self, tx: &mut Tx, id: IncidentId) -> Result<(), StoreError> {
        postmortems::save(tx, id, self.at, &self.body).await?;
        match &self.settlement {
            Some(settlement) => settlement.write(tx).await,
            None => Ok(()),
        }
    }
}

struct Recorded {
    incident: Incident,
    told: Vec<Told>,
    children: Vec<Child>,
    pages: Vec<Page>,
    stored: Option<postmortems::Stored>,
}

impl Engine {
    /// Makes the generated parts anew from what is recorded, for an incident that has ended or when asked for. That there
    /// is a draft is told in the transaction that stores the first one.
    pub async fn draft_postmortem(self: &Arc<Self>, id: IncidentId) -> Result<(), StoreError> {
        self.draft_and_settle(id, None).await
    }

    /// The same; the draft, the event that tells of it and the effect that asked for it are one transaction.
    pub(super) async fn draft_and_settle(
        self: &Arc<Self>,
        id: IncidentId,
        settlement: Option<Settlement>,
    ) -> Result<(), StoreError> {
        let Some(recorded) = self.recorded(id).await? else {
            return match settlement {
                Some(settlement) => self.write(settlement).await,
                None => Ok(()),
            };
        };
        let is_first = recorded.stored.is_none();
        let facts = self.facts_of(&recorded);
        let draft = Draft::new(&facts);
        // The draft is stored with its sections only; the Markdown is set anew whenever it is read.
        let body = serde_json::to_string(&draft).map_err(|error| StoreError::Refused {
            why: format!("a draft cannot be written down: {error}"),
        })?;
        let drafted = Drafted { at: self.now(), body, settlement };
        if is_first {
            let settles = Settles::Draft(drafted);
            return self.carry_out(id, Command::PostmortemDrafted, Origin::Timer, settles).await.map(drop);
        }
        // What shows the draft follows it, not the other way round.
        let shown =
            if recorded.incident.room.drafts.is_empty() { None } else { Some(Effect::RefreshPostmortem) };
        let engine = self.clone();
        let written = self.db.write("draft", move |tx| {
            Box::pin(async move {
                drafted.write(tx, id).await?;
                engine.post(tx, Some(id), shown.as_slice()).await
            })
        });
        let written = written.await;
        self.nudges.outbox.want_any();
        written
    }

    /// The post-mortem as it reads now; `None` when none was drafted.
    pub async fn postmortem(&self, id: IncidentId) -> Result<Option<Postmortem>, StoreError> {
        let Some(recorded) = self.recorded(id).await? else { return Ok(None) };
        let Some(stored) = &recorded.stored else { return Ok(None) };
        let facts = self.facts_of(&recorded);
        let corrupt = |error: serde_json::Error| StoreError::Corrupt {
            table: "postmortem".to_owned(),
            id: id.to_string(),
            why: error.to_string(),
        };
        let mut draft: Draft = serde_json::from_str(&stored.body).map_err(corrupt)?;
        let mut revisions = BTreeMap::new();
        for (slug, written) in &stored.human {
            if let Some(part) = Part::of_slug(slug) {
                draft = draft.with_human(part, &written.human);
                revisions.insert(part, written.revision);
            }
        }
        let markdown = self.documents.templates().render(&draft, &facts).unwrap_or_else(|error| {
            tracing::error!(incident.id = %id, error = %error, "the template failed; the sections stand without it");
            plain(&draft)
        });
        Ok(Some(Postmortem {
            state: match recorded.incident.postmortem {
                Review::None | Review::Draft => "draft",
                Review::Published => "published",
                Review::Declined => "declined",
            },
            due_at: recorded.incident.review_due.as_ref().map(|due| due.at),
            is_overdue: recorded.incident.is_review_overdue(self.now()),
            markdown,
            sections: draft.sections,
            revisions,
        }))
    }

    /// Writes the copy on disk. It says that it is a copy, and nobody reads it back.
    pub(super) async fn copy_postmortem(&self, id: IncidentId) -> Result<Performed, StoreError> {
        let Some(postmortem) = self.postmortem(id).await? else {
            return Ok(Performed::Done(Receipt::Nothing));
        };
        let folder = self.settings.postmortems_dir.clone();
        let text = format!(
            "<!-- A copy: changes made here are lost. Edit the post-mortem of {id} in Slack or through the API. -->\n\n{}",
            postmortem.markdown
        );
        let written = async {
            // For the owner alone, as the database is: what people say about an incident is theirs.
            tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).await?;
            let (path, draft) = (folder.join(format!("{id}.md")), folder.join(format!(".{id}.md.new")));
            let mut open = tokio::fs::OpenOptions::new();
            let mut file = open.create(true).truncate(true).write(true).mode(0o600).open(&draft).await?;
            file.write_all(text.as_bytes()).await?;
            file.flush().await?;
            tokio::fs::rename(&draft, &path).await
        };
        Ok(match written.await {
            Ok(()) => Performed::Done(Receipt::Nothing),
            Err(error) => Performed::TryAgain {
                after: None,
                why: format!(
                    "the copy of the post-mortem cannot be written to {}: {error}",
                    folder.display()
                ),
                in_doubt: true,
            },
        })
    }

    async fn recorded(&self, id: IncidentId) -> Result<Option<Recorded>, StoreError> {
        self.db
            .read("recorded", move |tx| {
                Box::pin(async move {
                    match incidents::find(tx, id).await? {
                        Some(found) => read(tx, found.incident).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await
    }

    fn facts_of(&self, recorded: &Recorded) -> Facts {
        let Recorded { incident, told, children, pages, .. } = recorded;
        let house = &self.settings.house;
        Facts {
            incident: facts::incident_fact(incident, told),
            alerts: children.iter().map(|child| facts::alert_fact(child, told)).collect(),
            events: told.iter().map(facts::event).collect(),
            pages: pages.iter().map(|page| facts::page_fact(page, told)).collect(),
            action_items: incident.actions.iter().map(facts::action_fact).collect(),
            budgets: vec![],
            feedback: incident.feedback.iter().map(facts::feedback_fact).collect(),
            ack_target: ack_target(incident, told, |severity| house.means(severity).ack_target),
        }
    }
}

/// Everything that is recorded about an incident.
async fn read(tx: &mut Tx, incident: Incident) -> Result<Recorded, StoreError> {
    let id = incident.id;
    Ok(Recorded {
        incident,
        told: timeline::read(tx, id).await?,
        children: alerts::list(tx, id, NAMED_ALERTS).await?,
        pages: pages::list(tx, id).await?,
        stored: postmortems::read(tx, id).await?,
    })
}

/// The sections one after the other, without a template.
fn plain(draft: &Draft) -> String {
    let section = |section: &Section| format!("## {}\n\n{}\n", section.part, section.block());
    draft.sections.iter().map(section).collect::<Vec<_>>().concat()
}
