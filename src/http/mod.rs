//! The edge: what the world sends over HTTP becomes checked values here, or a clear refusal.
//!
//! Nothing here decides about incidents; a handler hands its value to the engine and answers.

pub mod alertmanager;
pub mod api;
pub mod auth;
pub mod calendar;
pub mod error;
pub mod health;
pub mod metrics;
pub mod openapi;
pub mod pages;
pub mod server;
pub mod twilio;
pub mod unwanted;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use tokio::sync::watch;

use self::alertmanager::auth::Credentials;
use self::alertmanager::body::Reader;
use crate::config::{ApiToken, Config, Secret, WebhookAuth};
use crate::engine::Engine;
use crate::ids::SourceId;
use crate::telemetry::Metrics;

/// What the handlers share.
pub struct Web {
    /// The use cases.
    pub engine: Arc<Engine>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who may send alerts.
    pub sources: BTreeMap<SourceId, Credentials>,
    /// Who may use the API.
    pub tokens: Vec<ApiToken>,
    /// Proves that it is Twilio who calls; `None`: nobody does.
    pub twilio: Option<Secret>,
    /// Reads webhook bodies out of one byte budget.
    pub reader: Reader,
    /// Turns true when the process is stopping.
    pub stopping: watch::Receiver<bool>,
}

impl Web {
    /// The edge of a configured service. The reader is the one of the process: its budget outlives a configuration.
    pub fn new(
        config: &Config,
        engine: Arc<Engine>,
        metrics: Arc<Metrics>,
        reader: Reader,
        stopping: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let credentials = |auth: &WebhookAuth| match auth {
            WebhookAuth::Bearer(token) => Credentials::Bearer(token.expose().to_owned()),
            WebhookAuth::Basic { user, password } => {
                Credentials::Basic { user: user.clone(), password: password.expose().to_owned() }
            }
            WebhookAuth::None => Credentials::None,
        };
        let sources = config
            .alertmanagers
            .iter()
            .map(|(name, source)| (name.clone(), credentials(&source.auth)))
            .collect();
        Arc::new(Self {
            engine,
            metrics,
            sources,
            tokens: config.api_tokens.clone(),
            twilio: config.twilio.as_ref().map(|twilio| twilio.auth_token.clone()),
            reader,
            stopping,
        })
    }

    /// All routes of the service, Slack's own excepted.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .merge(alertmanager::router(self.clone()))
            .merge(api::router(self.clone()))
            .merge(calendar::router(self.clone()))
            .merge(health::router(self.clone()))
            .merge(metrics::router(self.clone()))
            .merge(pages::router(self.clone()))
            .merge(twilio::router(self.clone()))
    }
}
