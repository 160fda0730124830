//! Drafts the post-mortem from what was recorded, and keeps it beside what humans write.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use tokio::io::AsyncWriteExt as _;

use super::Engine;
use super::evidence::{ack_target, first, why_so_severe};
use super::handle::Settles;
use super::outbox::Settlement;
use crate::domain::incident::child::Child;
use crate::domain::incident::timeline::{Entry, Origin, What};
use crate::domain::incident::{Actor, Command, Incident, Review, State};
use crate::domain::page::Page;
use crate::domain::postmortem::{
    self, Acknowledgement, AlertFact, Draft, Event, EventKind, Facts, IncidentFact, PageFact, PageOutcome,
    Part, Resolution, Section,
};
use crate::ids::IncidentId;
use crate::ports::{Performed, Receipt};
use crate::store::timeline::Told;
use crate::store::{StoreError, Tx, alerts, incidents, pages, postmortems, timeline};

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
}

/// A draft to be stored, and the effect that is done with it.
#[derive(Debug, Clone)]
pub(super) struct Drafted {
    at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    body: String,
    settlement: Option<Settlement>,
}

impl Drafted {
    /// Writes it down.
    pub async fn write(&self, tx: &mut Tx, id: IncidentId) -> Result<(), StoreError> {
        postmortems::save(tx, id, self.at, self.due_at, &self.body).await?;
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
        let (at, due_at) = (self.now(), self.due_at(&recorded.incident));
        let drafted = Drafted { at, due_at, body, settlement };
        if is_first {
            let settles = Settles::Draft(drafted);
            return self.carry_out(id, Command::PostmortemDrafted, Origin::Timer, settles).await.map(drop);
        }
        let written =
            self.db.write("draft", move |tx| Box::pin(async move { drafted.write(tx, id).await })).await;
        self.nudges.outbox.want_any();
        written
    }

    fn due_at(&self, incident: &Incident) -> Option<DateTime<Utc>> {
        let resolved = incident.resolved_at()?;
        let acked = incident.first_ack.as_ref().map(|ack| ack.at);
        let is_due = postmortem::is_due(incident.severity(), acked, resolved - incident.opened_at);
        self.settings.postmortem_due_after.filter(|_| is_due).map(|after| resolved + after)
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
        for (slug, human) in &stored.human {
            if let Some(part) = Part::of_slug(slug) {
                draft = draft.with_human(part, human);
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
            due_at: stored.due_at,
            markdown,
            sections: draft.sections,
        }))
    }

    /// Stores what a human wrote in one section. Whether there is such a post-mortem.
    pub async fn write_postmortem(
        self: &Arc<Self>,
        id: IncidentId,
        part: Part,
        human: String,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let (now, actor, engine) = (self.now(), actor.to_string(), self.clone());
        let is_there = self
            .db
            .write("postmortem text", move |tx| {
                Box::pin(async move {
                    if postmortems::read(tx, id).await?.is_none() {
                        return Ok::<_, StoreError>(false);
                    }
                    postmortems::write(tx, id, part.slug(), &human, &actor, now).await?;
                    let copy = [crate::domain::effect::Effect::CopyPostmortem];
                    engine.post(tx, Some(id), &copy).await.map(|()| true)
                })
            })
            .await?;
        self.after_commit(vec![]);
        Ok(is_there)
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
            incident: incident_fact(incident, told),
            alerts: children.iter().map(|child| alert_fact(child, told)).collect(),
            events: told.iter().map(event).collect(),
            pages: pages.iter().map(|page| page_fact(page, told)).collect(),
            action_items: vec![],
            budgets: vec![],
            feedback: vec![],
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

/// The number of the last event that is so, or of the last of all.
fn last(told: &[Told], is: impl Fn(&What) -> bool) -> i64 {
    let found = told.iter().rev().find(|told| is(&told.entry.what)).or(told.last());
    found.map_or(1, |told| told.entry.seq)
}

fn person(actor: &Actor) -> Option<String> {
    match actor {
        Actor::Bot => None,
        Actor::Person(_) | Actor::Slack(_) | Actor::Token(_) | Actor::Source(_) => Some(actor.to_string()),
    }
}

fn incident_fact(incident: &Incident, told: &[Told]) -> IncidentFact {
    let resolved = incident.resolved_at().map(|at| {
        let seq = last(told, |what| matches!(what, What::Resolved { .. }));
        let by = match &incident.state {
            State::Resolved { by, .. } | State::Closed { by, .. } => person(by),
            State::Triggered | State::Acknowledged(_) | State::Monitoring { .. } => None,
        };
        let how = incident.summary.clone().unwrap_or_else(|| match by {
            Some(_) => "no summary was given".to_owned(),
            None => "the alerts were clear".to_owned(),
        });
        Resolution { at, by, how, seq }
    });
    let severity = why_so_severe(incident, told);
    let service = incident.service.clone().or_else(|| incident.service_shown.clone().map(Into::into));
    IncidentFact {
        id: incident.id,
        title: incident.title.clone(),
        severity: incident.severity(),
        severity_rule: severity.rule,
        severity_reason: severity.reason,
        severity_by: severity.by,
        severity_seq: severity.seq,
        service,
        env: incident.env().map(str::to_owned),
        channel: incident.room.channel.as_ref().map(|channel| channel.name.clone()),
        opened_at: incident.opened_at,
        opened_seq: first(told, |what| matches!(what, What::IncidentOpened { .. })),
        acked: incident.first_ack.as_ref().map(|ack| {
            let seq = first(told, |what| matches!(what, What::Acked { .. }));
            let after = told.iter().find_map(|told| match told.entry.what {
                What::Acked { after_seconds, .. } => Some(Duration::seconds(after_seconds)),
                _ => None,
            });
            let after = after.unwrap_or(ack.at - incident.opened_at);
            Acknowledgement { at: ack.at, by: ack.by.to_string(), after, seq }
        }),
        resolved,
    }
}

fn alert_fact(child: &Child, told: &[Told]) -> AlertFact {
    let alert = &child.alert;
    let is_this = |what: &What| match what {
        What::AlertFiring { fingerprint, .. } | What::Flap { fingerprint, .. } => {
            *fingerprint == alert.fingerprint
        }
        _ => false,
    };
    AlertFact {
        name: alert.name().unwrap_or("(no name)").to_owned(),
        service: child.service.as_ref().map(ToString::to_string),
        starts_at: alert.starts_at,
        ends_at: alert.ends_at,
        seq: first(told, is_this),
    }
}

fn event(told: &Told) -> Event {
    let kind = match told.entry.what {
        What::Note { .. } | What::MessageNoted { text: Some(_), .. } => EventKind::Note,
        What::SeverityChanged { .. } => EventKind::Severity,
        _ => EventKind::Other,
    };
    let text = match &told.entry.what {
        What::Note { text } | What::MessageNoted { text: Some(text), .. } => text.clone(),
        _ => told.text.clone(),
    };
    Event {
        seq: told.entry.seq,
        at: told.entry.at,
        kind,
        source: told.entry.origin.as_str().to_owned(),
        actor: person(&told.entry.actor),
        text,
    }
}

fn page_fact(page: &Page, told: &[Told]) -> PageFact {
    let is_this = |what: &What| match what {
        What::PageSent(paged) | What::PageAccepted(paged) | What::PageFailed { paged, .. } => {
            paged.page == page.id
        }
        _ => false,
    };
    let resolved_by_them = |at: DateTime<Utc>| {
        let by_them = |entry: &Entry| entry.at == at && entry.actor.person() == Some(&page.person);
        let did =
            |is: fn(&What) -> bool| told.iter().any(|told| by_them(&told.entry) && is(&told.entry.what));
        did(|what| matches!(what, What::Resolved { .. })) && !did(|what| matches!(what, What::Acked { .. }))
    };
    let outcome = match page {
        Page { acked: Some(at), .. } if resolved_by_them(*at) => PageOutcome::AnsweredByResolve { at: *at },
        Page { acked: Some(at), .. } => PageOutcome::Acknowledged { at: *at },
        Page { accepted: Some(_), .. } => PageOutcome::Accepted,
        Page { failed: Some(_), error, .. } => {
            PageOutcome::Failed { why: error.clone().unwrap_or_else(|| "no reason recorded".to_owned()) }
        }
        Page { superseded: Some(_), .. } => PageOutcome::Superseded,
        Page { sent: Some(_), .. } => PageOutcome::Sent,
        _ => PageOutcome::Due,
    };
    PageFact {
        seq: last(told, is_this),
        person: page.person.clone(),
        method: page.method,
        round: page.round,
        step: page.step,
        due_at: page.due,
        sent_at: page.sent,
        outcome,
    }
}
