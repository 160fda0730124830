//! What is asked about one incident.

use std::sync::Arc;

use serde_json::Value;

use super::Question;
use super::forms::submitted;
use super::silences::Wanted;
use crate::commands::payload::{Interaction, SlashCommand};
use crate::commands::{About, Ask, Who, parse_incident};
use crate::domain::effect::{Effect, Form};
use crate::domain::house::House;
use crate::domain::incident::command::WhileFiring;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command, Incident, Outcome, next};
use crate::engine::Engine;
use crate::engine::handle::{OnBehalf, Settles};
use crate::engine::inbox::InboundKind;
use crate::engine::people::Caller;
use crate::ids::{ChannelId, IncidentId, PersonId, ScheduleId};
use crate::store::{StoreError, inbox, incidents};
use crate::words::{answers, feedback, folding};

impl Engine {
    pub(super) async fn answer_about(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        named: Option<IncidentId>,
        what: About,
    ) -> Result<(), StoreError> {
        let id = match named {
            Some(id) => Some(id),
            None => self.incident_of_channel(question.channel.as_ref()).await?,
        };
        let Some(id) = id else {
            return self.say(question, answers::which_incident(&self.settings.incident_command)).await;
        };
        let by = caller.actor();
        // People of the configuration may take it: a page must not wait because those whom it concerns sleep. It concerns them
        // from then on, and everybody in it reads that they did.
        let takes_it =
            matches!(what, About::Acknowledge | About::AcknowledgeAll(_)) && caller.person.is_some();
        if !takes_it && self.is_kept_from(&by, question.channel.as_ref(), id).await? {
            return self.say(question, answers::private(id)).await;
        }
        if what.needs_it_whole()
            && let Some(text) = self.goes_on_elsewhere(id).await?
        {
            return self.say(question, text).await;
        }
        let named = match &what {
            About::Escalate(Some(who)) | About::Appoint(Some(who)) => std::slice::from_ref(who),
            About::Page { who, .. } => who.as_slice(),
            _ => &[],
        };
        let group = named.iter().find_map(|who| match who {
            Who::Group(handle) => Some(handle),
            Who::Slack(_) | Who::Name(_) | Who::Me => None,
        });
        if let Some(handle) = group {
            let text = answers::names_a_group(handle, &self.settings.house);
            return self.say(question, text).await;
        }
        let (command, words): (Command, fn(&Outcome, &House) -> answers::Said) = match what {
            About::Acknowledge => (Command::Acknowledge { by }, answers::acknowledged),
            About::AcknowledgeAll(also) => {
                let named = also.clone();
                let words = move |outcome: &Outcome, house: &House| {
                    let mut said = answers::acknowledged(outcome, house);
                    said.text.push_str(&folding::also_taken(&named));
                    said
                };
                let on_behalf = OnBehalf { also, ..self.on_behalf(question, words) };
                let settles = Settles::Letter(on_behalf);
                let command = Command::Acknowledge { by };
                return self.carry_out(id, command, Origin::Slack, settles).await.map(drop);
            }
            About::Severity { to: None, .. } => {
                return self.ask_of_open(question, Form::Severity { incident: id, saw: None }).await;
            }
            About::Severity { to: Some(to), reason, saw } => {
                (Command::SetSeverity { by, to, reason, saw }, answers::changed)
            }
            About::Note(text) => (Command::Note { by, text }, answers::noted),
            About::Escalate(who) => {
                let to = match who.map(|who| self.find_person(&who)) {
                    Some(Err(unknown)) => {
                        return self.say(question, answers::unknown_person(&unknown)).await;
                    }
                    Some(Ok(person)) => Some(person),
                    None => None,
                };
                (Command::Escalate { by, to }, answers::escalated)
            }
            About::Page { who, message } => {
                return self.page_people(question, (id, by), who, message).await;
            }
            About::Appoint(who) => {
                let who = who.unwrap_or_else(|| Who::Slack(question.user.clone()));
                match self.find_person(&who) {
                    Ok(commander) => (Command::Appoint { by, commander }, answers::appointed),
                    Err(unknown) => return self.say(question, answers::unknown_commander(&unknown)).await,
                }
            }
            About::Snooze(span) => (Command::Snooze { by, span }, answers::snoozed),
            About::Merge(into) => return self.merge_as_asked(question, id, into, by).await,
            About::Update(None) => return self.ask_in_form(question, Form::Update { incident: id }).await,
            About::Update(Some(text)) => (Command::Update { by, text }, answers::updated),
            About::Silence { span, which, reason, .. } => {
                return self.wish_silence(question, id, Wanted { by, span, which, reason }).await;
            }
            About::SilenceForm => {
                return self.ask_in_form(question, Form::Silence { incident: id, saw: None }).await;
            }
            About::ResolveForm => {
                return self.ask_of_open(question, Form::Resolve { incident: id, saw: None }).await;
            }
            About::Silences => return self.list_silences(question, id).await,
            About::ExtendSilence { n, until } => {
                let to = question.reply_to();
                let effects = vec![Effect::ExtendSilence { n, until, by, to }];
                return self.answer_letter_about(question.letter, id, effects).await;
            }
            About::ExpireSilence { n } => {
                let to = question.reply_to();
                let effects = vec![Effect::ExpireSilence { n, by, to }];
                return self.answer_letter_about(question.letter, id, effects).await;
            }
            About::Resolve { summary, while_firing } => {
                (Command::Resolve { by, summary, while_firing }, answers::resolved)
            }
            About::ResolveAnyway { asked_in } => {
                let summary = match asked_in {
                    None => None,
                    Some(letter) => match self.summary_in(letter).await? {
                        Some(summary) => summary,
                        None => return self.say(question, answers::question_forgotten(id)).await,
                    },
                };
                let while_firing = WhileFiring::Resolve;
                (Command::Resolve { by, summary, while_firing }, answers::resolved)
            }
            About::Reopen => {
                let engine = self.clone();
                let words = move |outcome: &Outcome, house: &House| {
                    let rota = engine.rota();
                    let facts = engine.facts_now(&rota);
                    let next = match outcome {
                        Outcome::Done(handled) => next(&handled.incident, &facts),
                        Outcome::Refused(..) | Outcome::Unknown(_) => None,
                    };
                    answers::reopened(outcome, next.as_ref(), house)
                };
                let settles = Settles::Letter(self.on_behalf(question, words));
                return self.carry_out(id, Command::Reopen { by }, Origin::Slack, settles).await.map(drop);
            }
            About::StillOn => (Command::StillOn { by }, answers::still_on),
            About::KeepOpen => (Command::KeepOpen { by }, answers::kept_open),
            About::OpenChannel => (Command::WantChannel { by }, answers::channel_wanted),
            About::PublishPostmortem => (Command::PublishPostmortem { by }, answers::published),
            About::DeclinePostmortem(reason) => {
                (Command::DeclinePostmortem { by, reason }, answers::declined)
            }
            About::AddAction { owner, due, text } => {
                return self.add_action(question, caller, id, owner, due, text).await;
            }
            About::ActionDone(n) => return self.complete_action(question, caller, id, n).await,
            About::Feedback { question: asked, answer } => {
                let is_typed = question.letter.kind == InboundKind::Command.as_str();
                let words = if is_typed { feedback::noted } else { feedback::given };
                (Command::GiveFeedback { by, question: asked, answer }, words)
            }
            About::Actions => return self.list_actions(question, id).await,
            About::Runbook => return self.show_runbook(question, id).await,
            About::Postmortem => return self.show_postmortem(question, id).await,
            About::EditPostmortem(None) => {
                return self.edit_postmortem(question, id).await;
            }
            About::EditPostmortem(Some((part, open))) => {
                return self.show_section(question, id, part, open).await;
            }
            About::WritePostmortem { part, revision, text } => {
                return self.write_section(question, caller, (id, part, revision), text).await;
            }
            About::Show => return self.show(question, id).await,
        };
        let on_behalf = self.on_behalf(question, words);
        self.carry_out(id, command, Origin::Slack, Settles::Letter(on_behalf)).await.map(drop)
    }

    /// Whether somebody asks about a private incident that does not concern them, elsewhere than in its channel.
    pub(super) async fn is_kept_from(
        &self,
        who: &Actor,
        asked_in: Option<&ChannelId>,
        id: IncidentId,
    ) -> Result<bool, StoreError> {
        let Some(incident) = self.incident(id).await? else { return Ok(false) };
        let channel = incident.room.channel.as_ref();
        let is_inside = channel.is_some_and(|channel| asked_in == Some(&channel.id));
        Ok(incident.privacy.is_private() && !is_inside && !incident.is_open_to(who))
    }

    /// What was said at a resolve that was asked for in this letter; `None` when the letter is forgotten, or says nothing of
    /// the kind.
    async fn summary_in(&self, letter: String) -> Result<Option<Option<String>>, StoreError> {
        let kept =
            self.db.read("asked", move |tx| Box::pin(async move { inbox::find(tx, &letter).await })).await?;
        let Some((kind, raw)) =
            kept.and_then(|(kind, body)| Some((kind, serde_json::from_str::<Value>(&body).ok()?)))
        else {
            return Ok(None);
        };
        let ask = match kind.as_str() {
            "command" => SlashCommand::read(&raw).ok().and_then(|command| parse_incident(&command.text).ok()),
            "interaction" => {
                let form = match Interaction::read(&raw) {
                    Ok(Interaction::Submitted(form)) => submitted(&form),
                    _ => None,
                };
                // A button that resolves says no word about it.
                let what = About::Resolve { summary: None, while_firing: WhileFiring::Ask };
                let button = Ask::About { incident: None, what };
                match form {
                    Some(form) => form.ask.ok(),
                    None => Some(button),
                }
            }
            _ => None,
        };
        Ok(ask.and_then(|ask| match ask {
            Ask::About { what: About::Resolve { summary, .. }, .. } => Some(summary),
            _ => None,
        }))
    }

    pub(in crate::engine) async fn incident_of_channel(
        &self,
        channel: Option<&ChannelId>,
    ) -> Result<Option<IncidentId>, StoreError> {
        let Some(channel) = channel.cloned() else { return Ok(None) };
        let found = self
            .db
            .read("by channel", move |tx| {
                Box::pin(async move { incidents::find_by_channel(tx, &channel).await })
            })
            .await?;
        Ok(found.map(|found| found.incident.id))
    }

    pub(super) fn find_person(&self, who: &Who) -> Result<PersonId, String> {
        let people = &self.settings.house.people;
        match who {
            Who::Slack(user) => self.person_of(user).cloned().ok_or_else(|| format!("<@{user}>")),
            Who::Group(handle) => Err(format!("@{handle}")),
            Who::Me => Err("me".to_owned()),
            Who::Name(name) => {
                let id = PersonId(name.to_lowercase());
                people.contains_key(&id).then_some(id).ok_or_else(|| name.clone())
            }
        }
    }

    pub(super) fn find_schedule(&self, who: &Who) -> Option<ScheduleId> {
        let Who::Name(name) = who else { return None };
        self.settings.house.schedules.keys().find(|id| id.as_str().eq_ignore_ascii_case(name)).cloned()
    }

    async fn show(self: &Arc<Self>, question: Question, id: IncidentId) -> Result<(), StoreError> {
        let text = match self.incident(id).await? {
            Some(incident) => {
                let page = self.link_to(id).await?;
                let slash = &self.settings.incident_command;
                answers::show_with_ways(&incident, &self.settings.house, page.as_ref(), slash)
            }
            None => answers::unknown_incident(id),
        };
        self.say(question, text).await
    }

    async fn show_runbook(self: &Arc<Self>, question: Question, id: IncidentId) -> Result<(), StoreError> {
        let text = match self.view_with_runbook(id).await? {
            Some(view) => answers::runbook(&view),
            None => answers::unknown_incident(id),
        };
        self.say(question, text).await
    }

    /// One incident as it is now.
    pub async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        let found = self
            .db
            .read("incident", move |tx| Box::pin(async move { incidents::find(tx, id).await }))
            .await?;
        Ok(found.map(|found| found.incident))
    }
}
