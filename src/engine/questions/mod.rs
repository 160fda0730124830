//! What people ask in Slack: read, acted upon, answered always.

mod about;
mod actions;
mod forms;
pub(super) mod home;
mod on_call;
mod paging;
mod postmortem;
mod silences;

use std::sync::Arc;

use serde_json::Value;

use super::Engine;
use super::handle::OnBehalf;
use super::merging::AskedFor;
use super::talk::{By, Keep, NotActedUpon};
use crate::commands::buttons::{
    self, Button, DECLARE, LINK, Shown, SilenceButton, read_done, read_feedback, read_value,
};
use crate::commands::forms::CHOOSE_SECTION;
use crate::commands::payload::{BlockAction, Interaction, Shortcut, SlashCommand};
use crate::commands::{self, About, Ask, parse_incident, parse_oncall, payload, shortcuts};
use crate::domain::effect::{Choice, Effect, Form, ReplyTo};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Audience, Incident, Merged, Message, Opening, Outcome, Privacy};
use crate::domain::naming;
use crate::domain::severity::{Assessment, Severity};
use crate::ids::{ChannelId, IncidentId, ServiceId, SlackUserId};
use crate::store::inbox::Letter;
use crate::store::{StoreError, incidents};
use crate::words::merging::merged;
use crate::words::{answers, stats};

/// How many open incidents a list shows.
const LISTED: u32 = 20;

/// One thing asked, with everything needed to answer it.
#[derive(Clone)]
struct Question {
    letter: Letter,
    user: SlackUserId,
    channel: Option<ChannelId>,
    response_url: Option<String>,
    /// Slack's leave to show a form.
    trigger: Option<String>,
    ask: Ask,
    epoch: Option<u32>,
}

impl Question {
    fn reply_to(&self) -> ReplyTo {
        reply_to(&self.letter, &self.user, self.channel.as_ref(), self.response_url.as_ref())
    }

    fn reply(&self, text: String, choices: Vec<Choice>) -> Vec<Effect> {
        vec![Effect::Answer { to: self.reply_to(), text, choices }]
    }
}

/// Where an answer to whoever sent a letter goes.
pub(super) fn reply_to(
    letter: &Letter,
    user: &SlackUserId,
    channel: Option<&ChannelId>,
    response_url: Option<&String>,
) -> ReplyTo {
    ReplyTo {
        question: letter.id.clone(),
        response_url: response_url.cloned(),
        channel: channel.cloned().unwrap_or_else(|| ChannelId(user.to_string())),
        user: user.clone(),
    }
}

impl Engine {
    /// Acts upon one kept delivery, and settles it.
    pub(super) async fn read_letter(self: &Arc<Self>, letter: Letter) -> Result<(), NotActedUpon> {
        let raw: Value = match serde_json::from_str(&letter.body) {
            Ok(raw) => raw,
            Err(error) => {
                tracing::error!(letter.kind = %letter.kind, error = %error, "a kept delivery cannot be read");
                return Ok(self.answer_letter(letter, vec![]).await?);
            }
        };
        let is_by_hand = matches!(letter.kind.as_str(), "command" | "interaction");
        let place = payload::channel(&raw).zip(payload::user(&raw)).filter(|_| is_by_hand);
        Box::pin(self.act_upon(letter, &raw)).await?;
        // What was done may have been about anything, and in vain: it was done there.
        if let Some((channel, user)) = place
            && let Err(error) = self.sees_at_work(channel, &user).await
        {
            tracing::warn!(error = %error, "an incident is not told that somebody is at work");
        }
        Ok(())
    }

    async fn act_upon(self: &Arc<Self>, letter: Letter, raw: &Value) -> Result<(), NotActedUpon> {
        match letter.kind.as_str() {
            "command" => Ok(self.read_command(letter, raw).await?),
            "interaction" => self.read_interaction(letter, raw).await,
            "event" => self.read_event(letter, raw).await,
            _ => Ok(self.answer_letter(letter, vec![]).await?),
        }
    }

    async fn read_command(self: &Arc<Self>, letter: Letter, raw: &Value) -> Result<(), StoreError> {
        let command = match SlashCommand::read(raw) {
            Ok(command) => command,
            Err(unreadable) => {
                tracing::warn!(error = %unreadable, "a slash command lacks what it needs");
                return self.answer_letter(letter, vec![]).await;
            }
        };
        let is_oncall = command.command == self.settings.oncall_command;
        let parsed = if is_oncall { parse_oncall(&command.text) } else { parse_incident(&command.text) };
        let response_url = command.response_url.as_ref().map(ToString::to_string);
        match parsed {
            Ok(ask) => {
                let (user, channel, trigger) = (command.user_id, command.channel_id, command.trigger_id);
                let question = Question { letter, user, channel, response_url, trigger, ask, epoch: None };
                self.answer(question).await
            }
            Err(misunderstood) => {
                let slash =
                    if is_oncall { &self.settings.oncall_command } else { &self.settings.incident_command };
                let text = answers::misunderstood(&misunderstood, slash);
                let channel = command.channel_id.as_ref();
                let to = reply_to(&letter, &command.user_id, channel, response_url.as_ref());
                self.answer_letter(letter, vec![Effect::Answer { to, text, choices: vec![] }]).await
            }
        }
    }

    async fn read_interaction(self: &Arc<Self>, letter: Letter, raw: &Value) -> Result<(), NotActedUpon> {
        let actions = match Interaction::read(raw) {
            Ok(Interaction::Actions(actions)) => actions,
            Ok(Interaction::Submitted(form)) => return Ok(self.read_form(letter, form).await?),
            Ok(Interaction::Shortcut(shortcut)) => return self.read_shortcut(letter, shortcut).await,
            Ok(Interaction::Other { .. }) => vec![],
            Err(unreadable) => {
                tracing::warn!(error = %unreadable, "an interaction lacks what it needs");
                vec![]
            }
        };
        let Some(action) = actions.into_iter().find(|action| !action.action_id.starts_with(LINK)) else {
            return Ok(self.answer_letter(letter, vec![]).await?);
        };
        if action.action_id == CHOOSE_SECTION {
            return Ok(self.section_chosen(letter, action).await?);
        }
        let BlockAction { action_id, value, user, channel_id, response_url, trigger_id, .. } = action;
        let response_url = response_url.map(|url| url.to_string());
        if action_id == DECLARE {
            let ask =
                Ask::Declare { severity: None, title: None, service: None, audience: Audience::Everybody };
            let (user, channel, trigger) = (user.id, channel_id, trigger_id);
            let question = Question { letter, user, channel, response_url, trigger, ask, epoch: None };
            return Ok(self.answer(question).await?);
        }
        if let Some(ask) = commands::on_call::button(&action_id, value.as_deref()) {
            let (user, channel, ask) = (user.id, channel_id, Ask::OnCall(ask));
            let question =
                Question { letter, user, channel, response_url, trigger: trigger_id, ask, epoch: None };
            return Ok(self.answer(question).await?);
        }
        let asked = value.as_deref().and_then(|value| SilenceButton::read(&action_id, value));
        if let Some((incident, what)) = asked {
            let ask = Ask::About { incident: Some(incident), what };
            let (user, channel, trigger) = (user.id, channel_id, trigger_id);
            let question = Question { letter, user, channel, response_url, trigger, ask, epoch: None };
            return Ok(self.answer(question).await?);
        }
        // What never goes stale: an item that is done, an answer to a question.
        let shown = value.as_deref().and_then(read_value);
        let done = value.as_deref().and_then(|value| read_done(&action_id, value));
        let done = done.map(|(incident, n)| (incident, About::ActionDone(n)));
        let given = read_feedback(&action_id).zip(shown.as_ref());
        let given =
            given.map(|((question, answer), shown)| (shown.incident, About::Feedback { question, answer }));
        if let Some((incident, what)) = done.or(given) {
            let ask = Ask::About { incident: Some(incident), what };
            let (user, channel) = (user.id, channel_id);
            let question =
                Question { letter, user, channel, response_url, trigger: trigger_id, ask, epoch: None };
            return Ok(self.answer(question).await?);
        }
        let button = Button::of_action(&action_id);
        let Some((button, Shown { incident, epoch, asked_in })) = button.zip(shown) else {
            let text = answers::unknown_button();
            let to = reply_to(&letter, &user.id, channel_id.as_ref(), response_url.as_ref());
            let answer = vec![Effect::Answer { to, text, choices: vec![] }];
            return Ok(self.answer_letter(letter, answer).await?);
        };
        let what = match button.about() {
            About::ResolveAnyway { .. } => About::ResolveAnyway { asked_in },
            About::AcknowledgeAll(_) => About::AcknowledgeAll(buttons::read_others(asked_in.as_deref())),
            about => about,
        };
        let ask = Ask::About { incident: Some(incident), what };
        let (user, channel) = (user.id, channel_id);
        let epoch = Some(epoch);
        Ok(self
            .answer(Question { letter, user, channel, response_url, trigger: trigger_id, ask, epoch })
            .await?)
    }

    async fn read_shortcut(self: &Arc<Self>, letter: Letter, shortcut: Shortcut) -> Result<(), NotActedUpon> {
        let response_url = shortcut.response_url.map(|url| url.to_string());
        if let (shortcuts::ADD_TO_TIMELINE, Some(on)) = (shortcut.callback_id.as_str(), &shortcut.on) {
            let message = Message { channel: on.channel_id.clone(), ts: on.ts.clone() };
            let (user, by) = (shortcut.user.id, By::Menu { response_url });
            return self.keep_message(Keep { letter, user, message, by }).await;
        }
        let said = shortcut.on.as_ref().map(|message| message.text.as_str());
        let Some(ask) = shortcuts::ask(&shortcut.callback_id, said) else {
            return Ok(self.answer_letter(letter, vec![]).await?);
        };
        let (user, trigger) = (shortcut.user.id, shortcut.trigger_id);
        let channel = shortcut.on.map(|message| message.channel_id);
        Ok(self.answer(Question { letter, user, channel, response_url, trigger, ask, epoch: None }).await?)
    }

    /// Shows a form, or says what to type when Slack gave no leave to show one.
    async fn ask_in_form(self: &Arc<Self>, question: Question, form: Form) -> Result<(), StoreError> {
        let incident = form.incident();
        let to = question.reply_to();
        let effects = if let Some(trigger) = question.trigger.clone() {
            vec![Effect::OpenForm { to, trigger, form }]
        } else {
            let (incidents, schedules) = (&self.settings.incident_command, &self.settings.oncall_command);
            let text = answers::instead_of_form(&form, incidents, schedules);
            vec![Effect::Answer { to, text, choices: vec![] }]
        };
        match incident {
            Some(incident) => self.answer_letter_about(question.letter, incident, effects).await,
            None => self.answer_letter(question.letter, effects).await,
        }
    }

    async fn answer(self: &Arc<Self>, question: Question) -> Result<(), StoreError> {
        let caller = match self.admit(&question.user, question.ask.right()).await? {
            Ok(caller) => caller,
            Err(denied) => {
                let answer = question.reply(denied.to_string(), vec![]);
                return self.answer_letter(question.letter, answer).await;
            }
        };
        let ask = match question.ask.clone().said_by(&question.user) {
            Ask::Here => match self.incident_of_channel(question.channel.as_ref()).await? {
                Some(id) => Ask::About { incident: Some(id), what: About::Show },
                None => Ask::Help,
            },
            ask => ask,
        };
        match ask {
            Ask::Here | Ask::Help => self.say(question, answers::help(&self.settings.incident_command)).await,
            Ask::WhoIsOnCall => {
                let text = self.who_is_on_call();
                self.say(question, text).await
            }
            Ask::OnCall(ask) => Box::pin(self.answer_on_call(question, &caller, ask)).await,
            Ask::OnCallHelp => self.say(question, answers::oncall_help(&self.settings.oncall_command)).await,
            Ask::Schedule { schedule, weeks } => {
                let text = self.coming_shifts(schedule.as_ref(), weeks);
                self.say(question, text).await
            }
            Ask::Stats { window } => {
                let stats = self.stats(window).await?;
                self.say(question, stats::answer(&stats, &self.settings.house)).await
            }
            Ask::List => {
                let open = self.open_incidents(LISTED).await?;
                let still_firing = self.still_firing(LISTED).await?;
                let awaited = self.awaited(LISTED).await?;
                let (house, now, reader) = (&self.settings.house, self.now(), caller.actor());
                self.say(question, answers::list(&open, &still_firing, &awaited, house, now, &reader)).await
            }
            Ask::Declare { severity: Some(severity), title: Some(title), service, audience } => {
                let opening = self.declaration(severity, title, service, audience, caller.actor());
                let on_behalf = self.on_behalf(question, answers::declared);
                self.declare_on_behalf(opening, Origin::Slack, Some(on_behalf)).await.map(drop)
            }
            Ask::Declare { severity, title, .. } => {
                self.ask_in_form(question, Form::Declare { severity, title }).await
            }
            Ask::About { incident, what } => {
                Box::pin(self.answer_about(question, &caller, incident, what)).await
            }
        }
    }

    async fn say(self: &Arc<Self>, question: Question, text: String) -> Result<(), StoreError> {
        let answer = question.reply(text, vec![]);
        self.answer_letter(question.letter, answer).await
    }

    /// Open incidents, newest first.
    pub async fn open_incidents(&self, limit: u32) -> Result<Vec<Incident>, StoreError> {
        self.db
            .read("open", move |tx| {
                Box::pin(async move {
                    incidents::list(tx, incidents::Which::Leading, IncidentId(i64::MAX), limit).await
                })
            })
            .await
    }

    /// Incidents that are over although their alerts still fire, newest first.
    async fn still_firing(&self, limit: u32) -> Result<Vec<Incident>, StoreError> {
        self.db
            .read("still firing", move |tx| {
                Box::pin(async move {
                    incidents::list(tx, incidents::Which::StillFiring, IncidentId(i64::MAX), limit).await
                })
            })
            .await
    }

    /// Incidents whose post-mortem is awaited, the oldest first.
    async fn awaited(&self, limit: u32) -> Result<Vec<Incident>, StoreError> {
        self.db.read("awaited", move |tx| Box::pin(async move { incidents::awaited(tx, limit).await })).await
    }

    /// All incidents, newest first.
    pub async fn recent_incidents(&self, limit: u32) -> Result<Vec<Incident>, StoreError> {
        self.db
            .read("recent", move |tx| {
                Box::pin(async move {
                    incidents::list(tx, incidents::Which::All, IncidentId(i64::MAX), limit).await
                })
            })
            .await
    }

    /// Opens an incident that a human declares, and answers when it is durable.
    pub async fn declare(
        self: &Arc<Self>,
        severity: Severity,
        title: String,
        service: Option<ServiceId>,
        audience: Audience,
        actor: Actor,
        origin: Origin,
    ) -> Result<Incident, StoreError> {
        let opening = self.declaration(severity, title, service, audience, actor);
        self.declare_on_behalf(opening, origin, None).await
    }

    fn declaration(
        &self,
        severity: Severity,
        title: String,
        service: Option<ServiceId>,
        audience: Audience,
        actor: Actor,
    ) -> Opening {
        let house = &self.settings.house;
        let known = service.clone().filter(|id| house.services.contains_key(id));
        Opening {
            short_name: naming::short_name(Some(&title), None),
            title,
            key: None,
            alertname: None,
            assessment: Assessment {
                severity,
                rule: "declared".to_owned(),
                reason: format!("declared as {severity} by {actor}"),
                env: None,
                is_unmatched: false,
            },
            schedules: vec![house.schedule_of(known.as_ref()).clone()],
            service: known,
            service_shown: service.map(|id| id.to_string()),
            reports: vec![],
            ended: vec![],
            n_truncated: 0,
            notes: vec![],
            runbook: None,
            privacy: Privacy::declared(audience, actor.clone()),
            actor,
            follows: None,
            umbrella: None,
        }
    }

    /// Merges one incident into another, and says what came of it.
    async fn merge_as_asked(
        self: &Arc<Self>,
        question: Question,
        gone: IncidentId,
        into: IncidentId,
        by: Actor,
    ) -> Result<(), StoreError> {
        let (house, letter) = (self.settings.house.clone(), question.letter.clone());
        let slash = self.settings.incident_command.clone();
        let answer = move |outcome: &Merged| {
            let refused = match outcome {
                Merged::Refused(refusal, incident) => Some((refusal, &**incident)),
                Merged::Done { .. } | Merged::Unknown(_) => None,
            };
            let answers::Said { text, choices } =
                answers::with_way_on(merged(outcome, &house), refused, &slash);
            question.reply(text, choices)
        };
        let asked = AskedFor { letter, answer: Arc::new(answer) };
        Box::pin(self.merge(gone, into, by, Origin::Slack, asked)).await.map(drop)
    }

    fn on_behalf(
        &self,
        question: Question,
        words: impl Fn(&Outcome, &crate::domain::house::House) -> answers::Said + Send + Sync + 'static,
    ) -> OnBehalf {
        let house = self.settings.house.clone();
        let (letter, epoch) = (question.letter.clone(), question.epoch);
        let slash = self.settings.incident_command.clone();
        let words = move |outcome: &Outcome| {
            let refused = match outcome {
                Outcome::Refused(refusal, incident) => Some((refusal, &**incident)),
                Outcome::Done(_) | Outcome::Unknown(_) => None,
            };
            answers::with_way_on(words(outcome, &house), refused, &slash)
        };
        let answer = move |outcome: &Outcome| match words(outcome) {
            answers::Said { text, .. } if text.is_empty() => vec![],
            answers::Said { text, mut choices } => {
                let resolve_anyway = Button::ResolveAnyway.action_id();
                for choice in choices.iter_mut().filter(|choice| choice.action == resolve_anyway) {
                    choice.value = buttons::asked_in(&choice.value, &question.letter.id);
                }
                question.reply(text, choices)
            }
        };
        OnBehalf { letter, epoch, answer: Arc::new(answer), also: vec![] }
    }
}
