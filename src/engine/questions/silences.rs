//! What is asked about silences.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Duration;

use super::Question;
use crate::domain::effect::Effect;
use crate::domain::incident::command::{Outcome, Refusal};
use crate::domain::incident::{Actor, Incident, may_silence};
use crate::domain::silence::{Which, Wish};
use crate::engine::Engine;
use crate::ids::{IncidentId, SourceId};
use crate::store::StoreError;
use crate::words::{answers, silences};

/// A silence as somebody asks for it.
pub(super) struct Wanted {
    pub by: Actor,
    pub span: Duration,
    pub which: Which,
    pub reason: Option<String>,
}

impl Engine {
    /// Has Alertmanager asked for it, or says at once why it cannot be.
    pub(super) async fn wish_silence(
        self: &Arc<Self>,
        question: Question,
        id: IncidentId,
        wanted: Wanted,
    ) -> Result<(), StoreError> {
        let Wanted { by, span, which, reason } = wanted;
        let Some(incident) = self.incident(id).await? else {
            return self.say(question, answers::unknown_incident(id)).await;
        };
        if let Err(refusal) = may_silence(&incident, span) {
            return self.refuse(question, refusal, incident).await;
        }
        let sources = sources(&incident);
        if !sources.iter().any(|source| self.ports.alertmanagers.knows(source)) {
            return self.say(question, silences::no_address(&sources)).await;
        }
        let asked_at = self.now();
        let wish = Wish { by, which, asked_at, until: asked_at + span, reason };
        let effects = vec![Effect::Silence { wish, to: question.reply_to() }];
        self.answer_letter_about(question.letter, id, effects).await
    }

    pub(super) async fn refuse(
        self: &Arc<Self>,
        question: Question,
        refusal: Refusal,
        incident: Incident,
    ) -> Result<(), StoreError> {
        let outcome = Outcome::Refused(refusal.clone(), Box::new(incident.clone()));
        let said = answers::changed(&outcome, &self.settings.house);
        let slash = &self.settings.incident_command;
        let said = answers::with_way_on(said, Some((&refusal, &incident)), slash);
        let answer = question.reply(said.text, said.choices);
        self.answer_letter(question.letter, answer).await
    }

    pub(super) async fn list_silences(
        self: &Arc<Self>,
        question: Question,
        id: IncidentId,
    ) -> Result<(), StoreError> {
        let Some(incident) = self.incident(id).await? else {
            return self.say(question, answers::unknown_incident(id)).await;
        };
        let (text, choices) = silences::list(&incident, &self.settings.house);
        let answer = question.reply(text, choices);
        self.answer_letter(question.letter, answer).await
    }
}

fn sources(incident: &Incident) -> Vec<SourceId> {
    let sources: BTreeSet<&SourceId> = incident.feeds.iter().map(|feed| &feed.key.source).collect();
    sources.into_iter().cloned().collect()
}
