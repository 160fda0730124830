//! The configuration a world runs with: a team of five, as YAML whose parts a scenario may replace.

use std::path::Path;

use dontpanic::config::{Config, Faults, Loaded};

use super::pagerduty::{ROUTING_KEY, WEBHOOK_SECRET};
use super::twilio::{ACCOUNT, TOKEN};

/// Who is who: key, Slack user, zone.
pub const CAST: [(&str, &str, &str); 5] = [
    ("alice", "U0A", "Europe/Paris"),
    ("bob", "U0B", "Europe/Paris"),
    ("charlie", "U0C", "America/New_York"),
    ("diana", "U0D", "Europe/Paris"),
    ("eve", "U0E", "Asia/Kolkata"),
];

/// What posts alerts shows this.
pub const WEBHOOK_TOKEN: &str = "a-webhook-token";

/// What a script that uses the API shows.
pub const API_TOKEN: &str = "an-api-token";

/// How Slack reaches the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Signed requests; the scenario moves everything by hand.
    Http,
    /// Socket Mode; the service runs on its own, as it does for its users.
    Socket,
}

/// A configuration in the making: top-level keys and their values.
#[derive(Debug, Clone)]
pub struct House {
    /// How Slack reaches the service.
    pub way: Way,
    /// Whether Slack tells the service what is said and done in its channels. Each scenario that is not about that goes without,
    /// so that nothing happens beside it.
    pub hears: bool,
    /// Where mail is taken.
    pub mail_server: String,
    parts: Vec<(String, String)>,
}

/// The team of five: Alice is primary, Bob next in line, Diana commands, Eve manages.
pub fn house() -> House {
    let people: Vec<String> = CAST
        .iter()
        .map(|(key, user, zone)| {
            format!(
                "  {key}: {{slack: {user}, timezone: {zone}, contact: [slack, webhook], \
                 webhook: \"${{BASE}}/phones/{key}\"}}"
            )
        })
        .collect();
    let schedule = "\n  platform:\n    timezone: Europe/Paris\n    handoff: {day: Mon, time: 09:00}\n    \
                    rotation: {every: 1w, start: 2026-11-16, people: [alice, bob, charlie, diana, eve]}\n    \
                    secondary: next";
    let checkout = "\n  checkout:\n    tier: 1\n    owner: shop\n    schedule: platform\n    \
                    runbook: high-error-rate\n    \
                    dashboards: [{title: Checkout, url: \"https://grafana.example.org/d/checkout\"}]";
    let parts = [
        ("listen", "127.0.0.1:1"),
        ("public_url", "https://dontpanic.example.org"),
        ("timezone", "Europe/Paris"),
        ("database", "sqlite://not-used.db"),
        ("admins", "[alice]"),
        ("api_tokens", "[{name: ci, token: \"${API_TOKEN}\", scope: act}]"),
        ("default_schedule", "platform"),
        // Most stories are about single pages; those that are not say so.
        ("incidents", "{page_bundle: 0s}"),
        ("services", checkout),
        ("people", &format!("\n{}", people.join("\n"))),
        ("schedules", schedule),
        ("roles", "{incident_commander: [person:diana], management: [person:eve]}"),
        ("alertmanagers", "{main: {webhook_token: \"${WEBHOOK_TOKEN}\"}}"),
        ("runbooks", "{dir: \"${DATA}/runbooks\"}"),
        ("postmortems", "{dir: \"${DATA}/postmortems\", templates: \"${DATA}/templates\"}"),
    ];
    let parts = parts.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    House { way: Way::Http, hears: false, mail_server: "smtp://127.0.0.1:1".to_owned(), parts }
}

impl House {
    /// The same with another value for a top-level key.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.parts.retain(|(known, _)| known != key);
        self.parts.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The same with everybody reached by these methods, in this order, and with all that carries them.
    pub fn reached_by(self, methods: &str) -> Self {
        let people: Vec<String> = (1..)
            .zip(CAST)
            .map(|(n, (key, user, zone))| {
                format!(
                    "  {key}: {{slack: {user}, timezone: {zone}, contact: [{methods}], email: {key}@example.org, \
                     ntfy: topic-{key}, phone: +3360000000{n}, webhook: \"${{BASE}}/phones/{key}\"}}"
                )
            })
            .collect();
        self.with("people", &format!("\n{}", people.join("\n")))
            .with("ntfy", "{url: \"${BASE}/ntfy\"}")
            .with(
                "twilio",
                &format!("{{account_sid: {ACCOUNT}, auth_token: {TOKEN}, from: +15005550006, url: \"${{BASE}}/twilio\"}}"),
            )
            .with("smtp", "{url: \"${MAIL}\", from: oncall@example.org}")
    }

    /// The same with PagerDuty beside it.
    pub fn beside_pagerduty(self) -> Self {
        let value = format!(
            "{{routing_key: {ROUTING_KEY}, webhook_secret: {WEBHOOK_SECRET}, url: \"${{BASE}}/pagerduty/\"}}"
        );
        self.with("pagerduty", &value)
    }

    /// The same in a workspace whose app has subscribed to the events of the manifest.
    pub fn that_hears(mut self) -> Self {
        self.hears = true;
        self
    }

    /// The same with an Alertmanager of so many members that can be asked what fires.
    pub fn with_partner(self, members: usize) -> Self {
        let urls: Vec<String> = (0..members).map(|n| format!("\"${{BASE}}/am/{n}\"")).collect();
        let urls = urls.join(", ");
        self.with(
            "alertmanagers",
            &format!("{{main: {{webhook_token: \"${{WEBHOOK_TOKEN}}\", url: [{urls}]}}}}"),
        )
    }

    /// The same on Slack's sockets.
    pub fn on_sockets(mut self) -> Self {
        self.way = Way::Socket;
        self
    }

    /// Reads it as the program would. `base` is where this world's outside is served.
    pub fn read(&self, base: &str, folder: &Path) -> Loaded {
        match self.try_read(base, folder) {
            Ok(loaded) => loaded,
            Err(faults) => panic!("the house is faulty:\n{faults}\n{}", self.text(base)),
        }
    }

    /// The same, for one that may be faulty.
    pub fn try_read(&self, base: &str, folder: &Path) -> Result<Loaded, Faults> {
        let variable = |name: &str| match name {
            "BASE" => Some(base.to_owned()),
            "MAIL" => Some(self.mail_server.clone()),
            "DATA" => Some(folder.display().to_string()),
            "API_TOKEN" => Some(API_TOKEN.to_owned()),
            "WEBHOOK_TOKEN" => Some(WEBHOOK_TOKEN.to_owned()),
            _ => None,
        };
        Config::read(self.text(base).as_bytes(), &folder.join("dontpanic.yaml"), &variable)
    }

    fn text(&self, base: &str) -> String {
        let mode = match self.way {
            Way::Http => "http",
            Way::Socket => "socket",
        };
        let slack = format!(
            "slack: {{mode: {mode}, bot_token: xoxb-workspace-bot, app_token: xapp-workspace-app, \
             signing_secret: workspace-signing-secret, api_url: \"{base}/api\", \
             announce_channel: incidents, admin_channel: dontpanic-admin}}"
        );
        let lines: Vec<String> = self.parts.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!("{}\n{slack}\n", lines.join("\n"))
    }
}
