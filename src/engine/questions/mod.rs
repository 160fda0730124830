//! What people ask in Slack: kept before it is acknowledged, acted upon after, answered always.

mod about;
mod on_call;

use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;

use super::Engine;
use super::handle::OnBehalf;
use super::people::Caller;
use crate::commands::buttons::{Button, LINK, read_value};
use crate::commands::{Ask, parse_incident, parse_oncall};
use crate::domain::effect::{Choice, Effect, ReplyTo};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Incident, Opening, Outcome};
use crate::domain::naming;
use crate::domain::severity::{Assessment, Severity};
use crate::ids::{ChannelId, IncidentId, ServiceId, SlackUserId};
use crate::inbound::slack::payload::{BlockAction, Interaction, SlashCommand};
use crate::inbound::slack::{Accept, Accepted, Inbound, InboundKind, Unavailable};
use crate::store::inbox::{self, Letter};
use crate::store::{StoreError, incidents};
use crate::words::answers;

/// How many open incidents a list shows.
const LISTED: u32 = 20;

impl Accept for Engine {
    fn accept(&self, inbound: Inbound) -> BoxFuture<'_, Result<Accepted, Unavailable>> {
        Box::pin(async move {
            let Inbound { kind, dedup_key, raw, received_at } = inbound;
            let kind = match kind {
                InboundKind::Command => "command",
                InboundKind::Interaction => "interaction",
                InboundKind::Event => "event",
            };
            let body = raw.to_string();
            let kept = self.db.write("keep", move |tx| {
                Box::pin(async move { inbox::keep(tx, &dedup_key, kind, &body, received_at).await })
            });
            match kept.await {
                Ok(is_new) => {
                    self.nudges.inbox.notify_one();
                    Ok(if is_new { Accepted::New } else { Accepted::Seen })
                }
                Err(error) => {
                    let error: StoreError = error;
                    tracing::error!(error = %error, "what slack sent could not be kept");
                    Err(Unavailable)
                }
            }
        })
    }
}

/// One thing asked, with everything needed to answer it.
struct Question {
    letter: Letter,
    user: SlackUserId,
    channel: Option<ChannelId>,
    response_url: Option<String>,
    ask: Ask,
    epoch: Option<u32>,
}

impl Question {
    fn reply(&self, text: String, choices: Vec<Choice>) -> Vec<Effect> {
        reply(&self.letter, &self.user, self.channel.as_ref(), self.response_url.as_ref(), text, choices)
    }
}

fn reply(
    letter: &Letter,
    user: &SlackUserId,
    channel: Option<&ChannelId>,
    response_url: Option<&String>,
    text: String,
    choices: Vec<Choice>,
) -> Vec<Effect> {
    let to = ReplyTo {
        question: letter.id.clone(),
        response_url: response_url.cloned(),
        channel: channel.cloned().unwrap_or_else(|| ChannelId(user.to_string())),
        user: user.clone(),
    };
    vec![Effect::Answer { to, text, choices }]
}

impl Engine {
    /// Acts upon one kept delivery, and settles it.
    pub(super) async fn read_letter(self: &Arc<Self>, letter: Letter) -> Result<(), StoreError> {
        let raw: Value = match serde_json::from_str(&letter.body) {
            Ok(raw) => raw,
            Err(error) => {
                tracing::error!(letter.kind = %letter.kind, error = %error, "a kept delivery cannot be read");
                return self.answer_letter(letter, vec![]).await;
            }
        };
        match letter.kind.as_str() {
            "command" => self.read_command(letter, &raw).await,
            "interaction" => self.read_interaction(letter, &raw).await,
            _ => self.answer_letter(letter, vec![]).await,
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
                let (user, channel) = (command.user_id, command.channel_id);
                let question = Question { letter, user, channel, response_url, ask, epoch: None };
                self.answer(question).await
            }
            Err(misunderstood) => {
                let slash =
                    if is_oncall { &self.settings.oncall_command } else { &self.settings.incident_command };
                let text = answers::misunderstood(&misunderstood, slash);
                let channel = command.channel_id.as_ref();
                let answer = reply(&letter, &command.user_id, channel, response_url.as_ref(), text, vec![]);
                self.answer_letter(letter, answer).await
            }
        }
    }

    async fn read_interaction(self: &Arc<Self>, letter: Letter, raw: &Value) -> Result<(), StoreError> {
        let actions = match Interaction::read(raw) {
            Ok(Interaction::Actions(actions)) => actions,
            Ok(Interaction::Submitted(_) | Interaction::Shortcut(_) | Interaction::Other { .. }) => vec![],
            Err(unreadable) => {
                tracing::warn!(error = %unreadable, "an interaction lacks what it needs");
                vec![]
            }
        };
        let Some(action) = actions.into_iter().find(|action| !action.action_id.starts_with(LINK)) else {
            return self.answer_letter(letter, vec![]).await;
        };
        let BlockAction { action_id, value, user, channel_id, response_url, .. } = action;
        let response_url = response_url.map(|url| url.to_string());
        let button = Button::of_action(&action_id);
        let shown = value.as_deref().and_then(read_value);
        let Some((button, (incident, epoch))) = button.zip(shown) else {
            let text = answers::unknown_button();
            let answer = reply(&letter, &user.id, channel_id.as_ref(), response_url.as_ref(), text, vec![]);
            return self.answer_letter(letter, answer).await;
        };
        let ask = Ask::About { incident: Some(incident), what: button.about() };
        let question =
            Question { letter, user: user.id, channel: channel_id, response_url, ask, epoch: Some(epoch) };
        self.answer(question).await
    }

    async fn answer(self: &Arc<Self>, question: Question) -> Result<(), StoreError> {
        let caller = match self.admit(&question.user, question.ask.right()).await? {
            Ok(caller) => caller,
            Err(denied) => {
                let answer = question.reply(denied.to_string(), vec![]);
                return self.answer_letter(question.letter, answer).await;
            }
        };
        match question.ask.clone() {
            Ask::Help => self.say(question, answers::help(&self.settings.incident_command)).await,
            Ask::WhoIsOnCall => {
                let text = self.who_is_on_call();
                self.say(question, text).await
            }
            Ask::OnCallHelp => self.say(question, answers::oncall_help(&self.settings.oncall_command)).await,
            Ask::Schedule { schedule, weeks } => {
                let text = self.coming_shifts(schedule.as_ref(), weeks);
                self.say(question, text).await
            }
            Ask::List => {
                let open = self.open_incidents(LISTED).await?;
                self.say(question, answers::list(&open, &self.settings.house)).await
            }
            Ask::Declare { severity: Some(severity), title: Some(title) } => {
                self.declare_for(question, &caller, severity, title).await
            }
            Ask::Declare { .. } => {
                self.say(question, answers::declare_usage(&self.settings.incident_command)).await
            }
            Ask::About { incident, what } => self.answer_about(question, &caller, incident, what).await,
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
                    incidents::list(tx, incidents::Which::Open, IncidentId(i64::MAX), limit).await
                })
            })
            .await
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

    async fn declare_for(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        severity: Severity,
        title: String,
    ) -> Result<(), StoreError> {
        let opening = self.declaration(severity, title, None, caller.actor());
        let on_behalf = self.on_behalf(question, answers::declared);
        self.declare_on_behalf(opening, Origin::Slack, Some(on_behalf)).await.map(drop)
    }

    /// Opens an incident that a human declares, and answers when it is durable.
    pub async fn declare(
        self: &Arc<Self>,
        severity: Severity,
        title: String,
        service: Option<ServiceId>,
        actor: Actor,
        origin: Origin,
    ) -> Result<Incident, StoreError> {
        let opening = self.declaration(severity, title, service, actor);
        self.declare_on_behalf(opening, origin, None).await
    }

    fn declaration(
        &self,
        severity: Severity,
        title: String,
        service: Option<ServiceId>,
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
            n_truncated: 0,
            notes: vec![],
            runbook: None,
            actor,
            follows: None,
        }
    }

    fn on_behalf(
        &self,
        question: Question,
        words: fn(&Outcome, &crate::domain::house::House) -> answers::Said,
    ) -> OnBehalf {
        let house = self.settings.house.clone();
        let (letter, epoch) = (question.letter.clone(), question.epoch);
        let answer = move |outcome: &Outcome| match words(outcome, &house) {
            answers::Said { text, .. } if text.is_empty() => vec![],
            answers::Said { text, choices } => question.reply(text, choices),
        };
        OnBehalf { letter, epoch, answer: Arc::new(answer) }
    }
}
