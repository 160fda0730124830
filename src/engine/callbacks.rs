//! What a provider says after it took a page: that it arrived, that it never did, and what its reader answered.
//!
//! A provider can be faster than our own note of what it took, says things twice and in any order, and says them to any
//! replica. Each is a fact once; none of them but a human's own act acknowledges.

use std::sync::Arc;

use chrono::Duration;

use super::doors::Leaving;
use super::handle::anew;
use super::save::Change;
use super::{Engine, HandleError};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command, Incident, Refusal, decide};
use crate::domain::page::{Digest, NotArrived, Page};
use crate::domain::people::ContactMethod;
use crate::ids::{IncidentId, PageId, PersonId};
use crate::ports::View;
use crate::store::{StoreError, Tx, incidents, notes, pages};

/// So long a provider's word waits for our own note of what it took, wire time, in steps of this.
const NOTED_WITHIN: u32 = 8;
const STEP: Duration = Duration::milliseconds(250);

/// What a provider says of something it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It has it, and is on its way.
    OnItsWay,
    /// It has arrived, or somebody, or something, has answered.
    Arrived,
    /// It never arrived.
    Lost {
        /// Whether it can be expected to arrive later.
        fault: NotArrived,
        /// Why, in words.
        why: String,
    },
}

/// A fact that was written down.
struct Told {
    before: Incident,
    next: Incident,
    leaving: Vec<Leaving>,
    /// By which method a page was lost, if one was.
    lost: Option<ContactMethod>,
}

/// What a text message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// To acknowledge what waits for whoever sent it.
    Acknowledge,
    /// To acknowledge this one.
    AcknowledgeOne(IncidentId),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Replied {
    /// Nobody of the configuration has that number.
    Stranger,
    /// It was heard before.
    Again,
    /// They have it.
    Acknowledged(Box<Incident>),
    /// It is over.
    Ended(IncidentId),
    /// It is part of another one.
    PartOf(IncidentId, IncidentId),
    /// There is no such incident.
    Unknown(IncidentId),
    /// Nothing waits for them.
    Nothing,
    /// More than one waits: they must say which.
    Which(Vec<Incident>),
}

/// What came of a pressed key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// What they have now.
    pub theirs: Vec<IncidentId>,
    /// Who has some of it already.
    pub by_others: Option<Actor>,
}

/// What a call is about.
#[derive(Debug, Clone)]
pub enum CallAbout {
    /// One or more incidents, with the rows of the ledger for which it rings.
    Pages(Vec<(View, Page)>),
    /// A test page.
    Test,
}

impl Engine {
    /// A provider says what became of what we call `page` and it calls `name`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn provider_says(
        self: &Arc<Self>,
        method: ContactMethod,
        page: &str,
        name: &str,
        fate: Fate,
    ) -> Result<(), StoreError> {
        for row in self.rows_after_noting(method, page, name).await? {
            let is_ours = names(&row).any(|known| known == name);
            if !is_ours && row.accepted.is_none() {
                // We never heard that it was taken; now we do.
                self.tells_fate(&row.id, name, Fate::OnItsWay).await?;
            }
            if fate != Fate::OnItsWay {
                self.tells_fate(&row.id, name, fate.clone()).await?;
            }
        }
        Ok(())
    }

    async fn rows_after_noting(
        &self,
        method: ContactMethod,
        page: &str,
        name: &str,
    ) -> Result<Vec<Page>, StoreError> {
        let wire = &self.clocks.wire;
        for _ in 0..NOTED_WITHIN {
            let rows = self.rows_of(method, page).await?;
            if rows.iter().all(|row| names(row).any(|known| known == name)) {
                return Ok(rows);
            }
            wire.sleep_until(wire.now() + STEP).await;
        }
        self.rows_of(method, page).await
    }

    /// The rows that go by this name to a provider.
    pub(super) async fn rows_of(&self, method: ContactMethod, page: &str) -> Result<Vec<Page>, StoreError> {
        let (id, digest) = (PageId(page.to_owned()), digest_of(page));
        let read = self.db.read("rows of a page", move |tx| {
            Box::pin(async move {
                Ok::<_, StoreError>(match digest {
                    Some(digest) => pages::of_digest(tx, &digest).await?,
                    None => pages::find(tx, &id).await?.into_iter().collect(),
                })
            })
        });
        let rows: Vec<Page> = read.await?;
        Ok(rows.into_iter().filter(|row| row.method == method).collect())
    }

    /// One fact about one row, decided on what the row is then.
    async fn tells_fate(self: &Arc<Self>, id: &PageId, name: &str, fate: Fate) -> Result<(), StoreError> {
        let told = anew(|| {
            let (engine, id, name, fate) = (self.clone(), id.clone(), name.to_owned(), fate.clone());
            self.db.write("provider", move |tx| {
                Box::pin(async move { engine.tell_fate_in(tx, &id, name, fate).await })
            })
        });
        let Some(Told { before, next, leaving, lost }) = told.await? else { return Ok(()) };
        if let Some(method) = lost {
            self.metrics.page_outcome(method, "lost");
        }
        self.metrics.decided(Some(&before), &next);
        self.after_commit(leaving);
        Ok(())
    }

    async fn tell_fate_in(
        &self,
        tx: &mut Tx,
        id: &PageId,
        name: String,
        fate: Fate,
    ) -> Result<Option<Told>, StoreError> {
        let now = self.now();
        let Some(row) = pages::find(tx, id).await? else { return Ok(None) };
        let Some(before) = incidents::find(tx, row.incident).await? else { return Ok(None) };
        // Once more, now that the incident's version is known: whoever tells the same at the same time either stands in the row by
        // now, or makes this one try again.
        let Some(row) = pages::find(tx, id).await? else { return Ok(None) };
        let Some(command) = news(row, name, fate, now) else { return Ok(None) };
        let rota = self.rota();
        let facts = self.facts(&rota, now, Origin::Pager);
        let lost = match &command {
            Command::PageLost { page, .. } => Some(page.method),
            _ => None,
        };
        // No state refuses to hear what became of a page.
        let Ok(decision) = decide(&before.incident, command, &facts) else { return Ok(None) };
        let change = Change { before: Some(&before), decision: &decision };
        let leaving = self.save(tx, &[change], now).await?.leaving;
        Ok(Some(Told { before: before.incident, next: decision.next, leaving, lost }))
    }

    /// What a call is about that we know by this name; `None` when it is about nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn call_about(self: &Arc<Self>, page: &str) -> Result<Option<CallAbout>, StoreError> {
        if page.starts_with("test/") {
            return Ok(Some(CallAbout::Test));
        }
        let mut about = vec![];
        for row in self.rows_of(ContactMethod::Voice, page).await? {
            about.extend(self.view(row.incident).await?.map(|view| (view, row)));
        }
        Ok((!about.is_empty()).then_some(CallAbout::Pages(about)))
    }

    /// A call that the provider calls `name` is over, however it went: there is nothing left to hang up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn call_is_over(&self, name: &str) -> Result<(), StoreError> {
        self.remember_heard(over(name)).await
    }

    /// The latest page that a telephone rings for under this name of the provider's, for a provider that does not say ours.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn page_named(&self, phone: &str, name: &str) -> Result<Option<String>, StoreError> {
        for person in self.with_phone(phone) {
            let rows = self.waiting_for(&person).await?;
            if let Some(row) = rows.iter().rev().find(|row| names(row).any(|known| known == name)) {
                return Ok(Some(row.id.to_string()));
            }
        }
        Ok(None)
    }

    /// Somebody presses a key during a call: they have everything that it was about and nobody else has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ack_by_key(self: &Arc<Self>, page: &str) -> Result<Taken, StoreError> {
        let mut taken = Taken::default();
        for row in self.rows_of(ContactMethod::Voice, page).await? {
            let by = Actor::Person(row.person.clone());
            let command = Command::Acknowledge { by: by.clone() };
            match self.handle(row.incident, command, Origin::Voice).await {
                Ok(handled) => match handled.incident.state.ack() {
                    Some(ack) if ack.by != by => taken.by_others = Some(ack.by.clone()),
                    Some(_) | None => taken.theirs.push(row.incident),
                },
                Err(HandleError::Refused(_) | HandleError::Unknown(_)) => {}
                Err(HandleError::Store(error)) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// Somebody answers by a text message, which the provider calls `name`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn text_says(
        self: &Arc<Self>,
        from: &str,
        name: &str,
        reply: Reply,
    ) -> Result<Replied, StoreError> {
        let what = format!("text message {name}");
        if self.was_heard(&what).await? {
            return Ok(Replied::Again);
        }
        let people = self.with_phone(from);
        let mut waiting: Vec<(PersonId, IncidentId)> = vec![];
        for person in &people {
            for row in self.waiting_for(person).await? {
                if !waiting.iter().any(|(_, known)| *known == row.incident) {
                    waiting.push((person.clone(), row.incident));
                }
            }
        }
        let replied = match (reply, people.first(), waiting.as_slice()) {
            (_, None, _) => Replied::Stranger,
            (Reply::AcknowledgeOne(id), Some(first), waiting) => {
                let theirs = waiting.iter().find(|(_, incident)| *incident == id).map(|(person, _)| person);
                self.ack_by_text(theirs.unwrap_or(first), id).await?
            }
            (Reply::Acknowledge, Some(_), []) => Replied::Nothing,
            (Reply::Acknowledge, Some(_), [(person, id)]) => self.ack_by_text(person, *id).await?,
            (Reply::Acknowledge, Some(_), several) => {
                let mut which = vec![];
                for (_, id) in several {
                    which.extend(self.incident(*id).await?);
                }
                Replied::Which(which)
            }
        };
        // Only now: what could not be stored may come again.
        self.remember_heard(what).await?;
        Ok(replied)
    }

    async fn ack_by_text(self: &Arc<Self>, person: &PersonId, id: IncidentId) -> Result<Replied, StoreError> {
        let by = Actor::Person(person.clone());
        let found = self.incident(id).await?;
        if found.is_some_and(|incident| incident.privacy.is_private() && !incident.is_open_to(&by)) {
            return Ok(Replied::Unknown(id));
        }
        match self.handle(id, Command::Acknowledge { by }, Origin::Sms).await {
            Ok(handled) => Ok(Replied::Acknowledged(Box::new(handled.incident))),
            Err(HandleError::Refused(Refusal::Merged { into, .. })) => Ok(Replied::PartOf(id, into)),
            Err(HandleError::Refused(_)) => Ok(Replied::Ended(id)),
            Err(HandleError::Unknown(id)) => Ok(Replied::Unknown(id)),
            Err(HandleError::Store(error)) => Err(error),
        }
    }

    fn with_phone(&self, phone: &str) -> Vec<PersonId> {
        let people = self.settings.house.people.values();
        people
            .filter(|person| person.phone.as_deref() == Some(phone))
            .map(|person| person.id.clone())
            .collect()
    }

    async fn waiting_for(&self, person: &PersonId) -> Result<Vec<Page>, StoreError> {
        let person = person.clone();
        self.db
            .read("waiting", move |tx| Box::pin(async move { pages::waiting_for(tx, &person).await }))
            .await
    }

    pub(super) async fn was_heard(&self, what: &str) -> Result<bool, StoreError> {
        let what = what.to_owned();
        self.db.read("heard", move |tx| Box::pin(async move { notes::was_said(tx, &what).await })).await
    }

    pub(super) async fn remember_heard(&self, what: String) -> Result<(), StoreError> {
        let now = self.clocks.wire.now();
        let job = self.db.write("hear", move |tx| {
            Box::pin(async move { notes::may_say(tx, &what, now, now).await.map(drop) })
        });
        job.await
    }
}

/// What is remembered of a call that is over.
pub(super) fn over(name: &str) -> String {
    format!("call {name} is over")
}

/// The command that tells it, unless it is no news.
fn news(row: Page, name: String, fate: Fate, now: chrono::DateTime<chrono::Utc>) -> Option<Command> {
    match fate {
        Fate::OnItsWay if row.accepted.is_none() => {
            let sent_at = row.sent.unwrap_or(now);
            Some(Command::PageAccepted { page: Box::new(row), sent_at, provider_id: Some(name) })
        }
        Fate::OnItsWay => None,
        Fate::Arrived if row.delivered.is_none() && row.latest_provider_id() == Some(&name) => {
            Some(Command::PageDelivered { page: Box::new(row) })
        }
        Fate::Arrived => None,
        // Of an earlier sending, said before, or of no interest any more: it is proven that they woke up, or nobody waits for
        // it, and we have hung up ourselves.
        Fate::Lost { fault, .. }
            if row.latest_provider_id() != Some(&name)
                || row.is_lost()
                || row.acked.is_some()
                || fault == NotArrived::Unanswered && row.superseded.is_some() =>
        {
            None
        }
        Fate::Lost { fault, why } => Some(Command::PageLost { page: Box::new(row), fault, error: why }),
    }
}

fn names(row: &Page) -> impl Iterator<Item = &str> {
    row.provider_id.as_deref().unwrap_or_default().split(' ').filter(|name| !name.is_empty())
}

/// The digest that goes by this name to a provider: `digest/<person>/<opening>/<method>`.
fn digest_of(page: &str) -> Option<Digest> {
    let (rest, _method) = page.strip_prefix("digest/")?.rsplit_once('/')?;
    let (person, opening) = rest.rsplit_once('/')?;
    let opening = chrono::DateTime::from_timestamp(opening.parse().ok()?, 0)?;
    Some(Digest { person: person.into(), opening })
}
