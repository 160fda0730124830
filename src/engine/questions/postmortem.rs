//! The post-mortem in Slack: shown, and written in section by section.

use std::sync::Arc;

use super::Question;
use crate::commands::forms::{Back, Faults, Field};
use crate::commands::payload::BlockAction;
use crate::commands::{About, Ask};
use crate::domain::effect::{Effect, Form, OpenForm};
use crate::domain::incident::Review;
use crate::domain::postmortem::Part;
use crate::engine::Engine;
use crate::engine::people::Caller;
use crate::ids::IncidentId;
use crate::store::StoreError;
use crate::store::inbox::Letter;
use crate::words::{answers, forms};

impl Engine {
    pub(super) async fn show_postmortem(
        self: &Arc<Self>,
        question: Question,
        id: IncidentId,
    ) -> Result<(), StoreError> {
        let Some(incident) = self.incident(id).await? else {
            return self.say(question, answers::unknown_incident(id)).await;
        };
        // What people are shown is what is known now; what is published stays as it was read.
        if incident.postmortem != Review::Published || incident.state.is_open() {
            self.draft_postmortem(id).await?;
        }
        let postmortem = self.postmortem(id).await?;
        let place = incident.room.channel.as_ref().map(|channel| &channel.id);
        let place = place.or(incident.room.announcement.as_ref().map(|announcement| &announcement.channel));
        let text = answers::postmortem(&incident, place, postmortem.is_some());
        let mut effects = question.reply(text, vec![]);
        effects.extend(postmortem.map(|_| Effect::SharePostmortem { place: incident.place() }));
        self.answer_letter_about(question.letter, id, effects).await
    }

    /// Opens the form; what stands in it follows, because Slack does not wait for it.
    pub(super) async fn edit_postmortem(
        self: &Arc<Self>,
        question: Question,
        id: IncidentId,
    ) -> Result<(), StoreError> {
        match self.incident(id).await? {
            Some(_) => self.ask_in_form(question, Form::Postmortem { incident: id }).await,
            None => self.say(question, answers::unknown_incident(id)).await,
        }
    }

    /// Somebody chooses another section in the form they have open.
    pub(super) async fn section_chosen(
        self: &Arc<Self>,
        letter: Letter,
        action: BlockAction,
    ) -> Result<(), StoreError> {
        let BlockAction { value, user, view_id, view_hash, private_metadata, .. } = action;
        let back = private_metadata.and_then(|back| serde_json::from_str::<Back>(&back).ok());
        let part = value.as_deref().and_then(Part::of_slug);
        let (Some(back), Some(part), Some(view)) = (back, part, view_id) else {
            tracing::warn!("a choice in a form lacks what it needs");
            return self.answer_letter(letter, vec![]).await;
        };
        let open = OpenForm { view, hash: view_hash.unwrap_or_default() };
        let what = About::EditPostmortem(Some((part, open)));
        let ask = Ask::About { incident: back.form.incident(), what };
        let (response_url, trigger, epoch) = (None, None, None);
        let (user, channel) = (user.id, Some(back.channel));
        self.answer(Question { letter, user, channel, response_url, trigger, ask, epoch }).await
    }

    pub(super) async fn show_section(
        self: &Arc<Self>,
        question: Question,
        id: IncidentId,
        part: Part,
        open: OpenForm,
    ) -> Result<(), StoreError> {
        let form = Form::Section { incident: id, part: Some(part), revision: 0 };
        let shows = Effect::UpdateForm { to: question.reply_to(), open, form };
        self.answer_letter_about(question.letter, id, vec![shows]).await
    }

    pub(super) async fn write_section(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        (id, part, seen): (IncidentId, Part, i64),
        text: String,
    ) -> Result<(), StoreError> {
        let (letter, actor, words) = (question.letter.clone(), caller.actor(), text.clone());
        let answer = move |written: Result<(), &super::super::postmortem::Clash>| {
            let said = match written {
                Ok(()) => forms::section_saved(id, part),
                Err(clash) => forms::section_not_saved(id, part, clash.by.as_deref(), &words),
            };
            question.reply(said, vec![])
        };
        self.rewrite_postmortem(letter, (id, part, seen), (text, actor), answer).await
    }

    /// What is to be said at the field of a form that asks to write over somebody else's words; `None` when it does not. That
    /// it cannot be known now is found out when it is written.
    pub(in crate::engine) async fn clashes_of(&self, ask: Ask) -> Option<Faults> {
        let Ask::About { incident: Some(id), what: About::WritePostmortem { part, revision, text } } = ask
        else {
            return None;
        };
        match self.clashes(id, part, revision, text).await {
            Ok(clash) => {
                let fault = forms::changed_meanwhile(clash?.by.as_deref());
                Some(Faults::from([(Field::Human(part).id(), fault)]))
            }
            Err(error) => {
                tracing::warn!(error = %error, "whether somebody has written there meanwhile is seen later");
                None
            }
        }
    }
}
