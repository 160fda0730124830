//! What is to be done after an incident: written down, listed, done.

use std::sync::Arc;

use chrono::NaiveDate;

use super::Question;
use crate::commands::Who;
use crate::domain::action_item::LONGEST;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Command, Outcome};
use crate::engine::Engine;
use crate::engine::handle::Settles;
use crate::engine::people::Caller;
use crate::ids::IncidentId;
use crate::store::StoreError;
use crate::words::{actions, answers};

impl Engine {
    pub(super) async fn add_action(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        id: IncidentId,
        owner: Who,
        due: NaiveDate,
        text: String,
    ) -> Result<(), StoreError> {
        let owner = match self.find_person(&owner) {
            Ok(owner) => owner,
            Err(unknown) => return self.say(question, actions::no_such_owner(&unknown)).await,
        };
        let today = self.now().with_timezone(&self.zone_of(&caller.user).await?).date_naive();
        if due < today {
            return self.say(question, actions::past(due, today, &self.settings.incident_command)).await;
        }
        let length = text.chars().count();
        if length > LONGEST {
            return self.say(question, actions::too_long(length)).await;
        }
        let command = Command::AddAction { by: caller.actor(), owner, due, text };
        let on_behalf = self.on_behalf(question, actions::added);
        self.carry_out(id, command, Origin::Slack, Settles::Letter(on_behalf)).await.map(drop)
    }

    pub(super) async fn complete_action(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        id: IncidentId,
        n: u32,
    ) -> Result<(), StoreError> {
        let command = Command::CompleteAction { by: caller.actor(), n };
        let words = move |outcome: &Outcome, house: &_| actions::completed(n, outcome, house);
        let on_behalf = self.on_behalf(question, words);
        self.carry_out(id, command, Origin::Slack, Settles::Letter(on_behalf)).await.map(drop)
    }

    pub(super) async fn list_actions(
        self: &Arc<Self>,
        question: Question,
        id: IncidentId,
    ) -> Result<(), StoreError> {
        let said = match self.incident(id).await? {
            Some(incident) => {
                let (house, slash) = (&self.settings.house, &self.settings.incident_command);
                actions::list(&incident, house, slash, self.now())
            }
            None => answers::unknown_incident(id).into(),
        };
        let answer = question.reply(said.text, said.choices);
        self.answer_letter(question.letter, answer).await
    }
}
