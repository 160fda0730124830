//! In what two configurations differ, by the names of keys and things; and what a running process cannot take over.

use std::collections::BTreeMap;

use super::{ApiToken, Config, SlackMode};
use crate::domain::reload::Changed;

/// What is not what it was, part by part, as the file orders them.
pub fn changes(before: &Config, after: &Config) -> Vec<Changed> {
    let (was, is) = (&before.house, &after.house);
    let whole = |part: &str, is_same: bool| (!is_same).then(|| Changed::whole(part));
    let tokens = |config: &Config| {
        let tokens = config.api_tokens.iter().cloned();
        tokens.map(|token: ApiToken| (token.name.clone(), token)).collect::<BTreeMap<_, _>>()
    };
    let (announced, told) = (&before.slack, &after.slack);
    let parts = [
        whole("public_url", before.public_url == after.public_url),
        whole("timezone", was.timezone == is.timezone),
        whole("admins", was.admins == is.admins),
        Changed::among("api_tokens", &tokens(before), &tokens(after)),
        whole("slack.announce_channel", announced.announce_channel == told.announce_channel),
        whole("slack.admin_channel", announced.admin_channel == told.admin_channel),
        whole("slack.commands", announced.commands == told.commands),
        Changed::among("alertmanagers", &before.alertmanagers, &after.alertmanagers),
        whole("heartbeat_ping", before.heartbeat_ping == after.heartbeat_ping),
        whole("prometheus", before.prometheus == after.prometheus),
        whole("service_labels", was.service_labels == is.service_labels),
        whole("non_production", was.non_production == is.non_production),
        whole("default_schedule", was.default_schedule == is.default_schedule),
        whole("incidents", was.times == is.times),
        Changed::among("severities", &was.severities, &is.severities),
        whole("severity_rules", was.severity_rules == is.severity_rules),
        Changed::among("services", &was.services, &is.services),
        Changed::among("people", &was.people, &is.people),
        Changed::among("schedules", &was.schedules, &is.schedules),
        Changed::among("escalation", &was.policies, &is.policies),
        Changed::among("roles", &was.roles, &is.roles),
        whole("compensation", before.compensation == after.compensation),
        whole("pagerduty", before.pagerduty == after.pagerduty),
        whole("twilio", before.twilio == after.twilio),
        whole("smtp", before.smtp == after.smtp),
        whole("ntfy", before.ntfy == after.ntfy),
        whole("statuspage", before.statuspage == after.statuspage),
        whole("tickets", before.tickets == after.tickets),
        whole("runbooks.dir", before.runbooks_dir == after.runbooks_dir),
        whole("postmortems", before.postmortems == after.postmortems),
    ];
    parts.into_iter().flatten().collect()
}

impl Config {
    /// Takes from the running process what it cannot change while it runs, and says which of the keys differ: those need a
    /// restart.
    pub fn keep_from(&mut self, running: &Self) -> Vec<&'static str> {
        let mut differ = vec![];
        let mut keep = |key: &'static str, is_same: bool| {
            if !is_same {
                differ.push(key);
            }
        };
        keep("listen", self.listen == running.listen);
        keep("database", self.database == running.database);
        keep("log", self.log == running.log);
        keep("telemetry", self.telemetry == running.telemetry);
        keep("slack.bot_token", self.slack.bot_token == running.slack.bot_token);
        keep("slack.api_url", self.slack.api_url == running.slack.api_url);
        match (&self.slack.mode, &running.slack.mode) {
            (
                SlackMode::Socket { app_token, signing_secret },
                SlackMode::Socket { app_token: had, signing_secret: signed },
            ) => {
                keep("slack.app_token", app_token == had);
                keep("slack.signing_secret", signing_secret == signed);
            }
            (SlackMode::Http { signing_secret }, SlackMode::Http { signing_secret: signed }) => {
                keep("slack.signing_secret", signing_secret == signed);
            }
            (SlackMode::Socket { .. }, SlackMode::Http { .. })
            | (SlackMode::Http { .. }, SlackMode::Socket { .. }) => keep("slack.mode", false),
        }
        let Self { listen, database, log, telemetry, slack, .. } = running;
        self.listen = *listen;
        self.database = database.clone();
        self.log = *log;
        self.telemetry.clone_from(telemetry);
        self.slack.bot_token = slack.bot_token.clone();
        self.slack.api_url = slack.api_url.clone();
        self.slack.mode = slack.mode.clone();
        differ
    }
}

#[cfg(test)]
mod tests;
