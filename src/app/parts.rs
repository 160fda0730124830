//! The parts of which a service is made: those that a process has once, and those that each configuration has of its own.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use tokio::sync::watch;

use crate::adapters::alertmanager::{self, AlertmanagerApi};
use crate::adapters::email::{self, Email};
use crate::adapters::ntfy::{self, Ntfy};
use crate::adapters::ping::Pinger;
use crate::adapters::slack::conversation::SlackConversation;
use crate::adapters::slack::directory::SlackDirectory;
use crate::adapters::slack::perform::{Names, SlackPerformer};
use crate::adapters::slack::{Patience, SlackClient};
use crate::adapters::twilio::{self, Account, Twilio};
use crate::adapters::unconfigured::Unconfigured;
use crate::adapters::webhook::{ANSWER_WITHIN, Webhook, WebhookPerformer};
use crate::clock::Clocks;
use crate::config::Config;
use crate::documents::Documents;
use crate::engine::{Engine, InForce, Ports, Settings};
use crate::http::Web;
use crate::http::alertmanager::body::Reader;
use crate::inbound::slack::http::SlackHttp;
use crate::inbound::slack::signature::SigningSecret;
use crate::ports::Perform;
use crate::telemetry::Metrics;

/// What a process has once, whatever its configuration: budgets and paces are among it.
#[derive(Clone)]
pub(super) struct Parts {
    /// Both times.
    pub clocks: Clocks,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Slack's Web API, with its pace.
    pub slack: SlackClient,
    bodies: Reader,
    stopping: watch::Receiver<bool>,
}

impl Parts {
    /// Everything that a process has once.
    ///
    /// # Errors
    /// When the client for Slack cannot be made.
    pub fn new(config: &Config, clocks: Clocks, stopping: watch::Receiver<bool>) -> anyhow::Result<Self> {
        let metrics = Arc::new(Metrics::default());
        let counted = metrics.clone();
        let slack = SlackClient::new(
            &config.slack.api_url,
            config.slack.bot_token.expose().to_owned(),
            clocks.wire.clone(),
            Patience::default(),
            Arc::new(move |method, result| counted.slack_call(method, result)),
        )
        .context("cannot set up the slack client")?;
        Ok(Self { clocks, metrics, slack, bodies: Reader::default(), stopping })
    }

    /// The documents of a configuration, as they are now.
    pub fn documents(&self, config: &Config) -> Documents {
        let today = self.clocks.story.now().date_naive();
        Documents::load(&config.runbooks_dir, &config.postmortems.templates, today)
    }

    /// The outside world as a configuration knows it.
    ///
    /// # Errors
    /// When a client for it cannot be made.
    pub fn ports(&self, config: &Config) -> anyhow::Result<Ports> {
        let names = Names {
            announce_channel: config.slack.announce_channel.clone(),
            admin_channel: config.slack.admin_channel.clone(),
            incident_command: config.slack.commands.incident.clone(),
            oncall_command: config.slack.commands.oncall.clone(),
            schedules: config.house.schedules.keys().map(ToString::to_string).collect(),
            services: config.house.services.keys().map(ToString::to_string).collect(),
        };
        let webhook = Webhook::new(ANSWER_WITHIN).context("cannot set up the webhook client")?;
        let members = config.alertmanagers.iter().map(|(id, source)| (id.clone(), source.urls.clone()));
        let alertmanagers = AlertmanagerApi::new(members.collect(), alertmanager::ANSWER_WITHIN)
            .context("cannot set up the client for alertmanager")?;
        let pinger = config.heartbeat_ping.clone().map(Pinger::new).transpose();
        let pinger = pinger.context("cannot set up the client for heartbeat_ping")?;
        let ntfy = Ntfy::new(config.ntfy.url.clone(), ntfy::ANSWER_WITHIN)
            .context("cannot set up the ntfy client")?;
        let (sms, voice) = phones(config)?;
        Ok(Ports {
            slack: Arc::new(SlackPerformer::new(self.slack.clone(), names)),
            webhook: Arc::new(WebhookPerformer::new(webhook)),
            email: mail(config)?,
            ntfy: Arc::new(ntfy),
            sms,
            voice,
            directory: Arc::new(SlackDirectory::new(self.slack.clone())),
            conversation: Arc::new(SlackConversation::new(self.slack.clone())),
            alertmanagers: Arc::new(alertmanagers),
            ping: match pinger {
                Some(pinger) => Some(Arc::new(pinger)),
                None => None,
            },
        })
    }

    /// Every route of a configuration, Slack's included.
    pub fn router(&self, config: &Config, engine: Arc<Engine>, in_force: &Arc<InForce>) -> Router {
        let web = Web::new(config, engine, self.metrics.clone(), self.bodies.clone(), self.stopping.clone());
        let router = web.router();
        let Some(secret) = config.slack.mode.signing_secret() else { return router };
        let secret = SigningSecret::new(secret.expose().to_owned());
        router.merge(SlackHttp::new(secret, self.clocks.wire.clone(), in_force.clone()).router())
    }
}

fn mail(config: &Config) -> anyhow::Result<Arc<dyn Perform>> {
    let Some(smtp) = &config.smtp else { return Ok(Arc::new(Unconfigured::new("smtp"))) };
    let email =
        Email::new(smtp.url.expose(), &smtp.from, email::ANSWER_WITHIN).context("cannot set up mail")?;
    Ok(Arc::new(email))
}

/// Text messages and calls.
fn phones(config: &Config) -> anyhow::Result<(Arc<dyn Perform>, Arc<dyn Perform>)> {
    let Some(of) = &config.twilio else {
        return Ok((Arc::new(Unconfigured::new("twilio")), Arc::new(Unconfigured::new("twilio"))));
    };
    let account = Account {
        api: of.url.clone(),
        sid: of.account_sid.clone(),
        token: of.auth_token.expose().to_owned(),
        from: of.from.clone(),
        public_url: Settings::of(config).public_url,
    };
    let sms = Twilio::sms(account.clone(), twilio::ANSWER_WITHIN).context("cannot set up sms")?;
    let voice = Twilio::voice(account, twilio::ANSWER_WITHIN).context("cannot set up calls")?;
    Ok((Arc::new(sms), Arc::new(voice)))
}
