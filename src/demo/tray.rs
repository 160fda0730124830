//! Recorded real alerts, ready to be fired again with the times of now.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;

/// One recording in the tray.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Recording {
    /// How it is asked for.
    pub name: &'static str,
    /// What the button says.
    pub title: &'static str,
    /// The severity it will be given.
    pub severity_hint: &'static str,
    /// One sentence about it.
    pub about: &'static str,
    #[serde(skip)]
    body: &'static str,
}

macro_rules! recorded {
    ($file:literal) => {
        include_str!(concat!("../../tests/data/alertmanager/", $file))
    };
}

/// The tray, in the order shown.
pub const TRAY: &[Recording] = &[
    Recording {
        name: "high-error-rate",
        title: "High error rate on checkout",
        severity_hint: "P2",
        about: "One request in eight fails: primary, and the secondary after 15 minutes.",
        body: recorded!("flap/01-firing.json"),
    },
    Recording {
        name: "service-down",
        title: "Checkout is down",
        severity_hint: "P1",
        about: "All hands: the primary and the incident commander at once.",
        body: include_str!("recordings/service-down.json"),
    },
    Recording {
        name: "pod-crash-looping",
        title: "Three pods crash-looping",
        severity_hint: "P2",
        about: "Three alerts in one group are one incident and one page.",
        body: recorded!("prometheus-rules/01-firing.json"),
    },
    Recording {
        name: "high-response-time",
        title: "Slow responses",
        severity_hint: "P3",
        about: "A warning: a thread under its announcement, paged in business hours only.",
        body: recorded!("prometheus-rules/03-firing.json"),
    },
    Recording {
        name: "many",
        title: "500 alerts at once",
        severity_hint: "P2",
        about: "One group of five hundred pods.",
        body: recorded!("many/01-firing.json"),
    },
    Recording {
        name: "hostile-text",
        title: "An alert that shouts",
        severity_hint: "P2",
        about: "Its text tries to notify the whole workspace and to disguise a link. It stays text.",
        body: recorded!("mrkdwn/01-firing.json"),
    },
    Recording {
        name: "unicode",
        title: "Every script there is",
        severity_hint: "P2",
        about: "Emoji, right-to-left, combining marks.",
        body: recorded!("unicode/01-firing.json"),
    },
    Recording {
        name: "watchdog",
        title: "Watchdog",
        severity_hint: "none",
        about: "The heartbeat of the alerting pipeline: it opens nothing.",
        body: recorded!("watchdog/01-firing.json"),
    },
];

/// The recording of that name.
pub fn find(name: &str) -> Option<&'static Recording> {
    TRAY.iter().find(|recording| recording.name == name)
}

/// Whether a recording is sent as firing or as resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Play {
    /// Its alerts begin.
    Firing,
    /// Its alerts end.
    Resolved,
}

/// When each alert of the rehearsal last began, so that its end belongs to its beginning.
pub type Begun = BTreeMap<String, DateTime<Utc>>;

impl Recording {
    /// The recorded body with the times of now. An alert that fires already keeps its beginning.
    ///
    /// # Errors
    /// When the recording is not a webhook body, which a test rules out.
    pub fn body_at(
        &self,
        now: DateTime<Utc>,
        play: Play,
        begun: &mut Begun,
    ) -> Result<String, serde_json::Error> {
        let mut body: Value = serde_json::from_str(self.body)?;
        let stamp = |at: DateTime<Utc>| Value::String(at.to_rfc3339_opts(SecondsFormat::Millis, true));
        let status = |play: Play| match play {
            Play::Firing => "firing",
            Play::Resolved => "resolved",
        };
        body["status"] = status(play).into();
        for alert in body.get_mut("alerts").and_then(Value::as_array_mut).into_iter().flatten() {
            let fingerprint = alert.get("fingerprint").and_then(Value::as_str).unwrap_or_default().to_owned();
            let start = *begun.entry(fingerprint.clone()).or_insert(now - Duration::seconds(20));
            alert["status"] = status(play).into();
            alert["startsAt"] = stamp(start);
            if play == Play::Resolved {
                alert["endsAt"] = stamp(now);
                begun.remove(&fingerprint);
            }
        }
        Ok(body.to_string())
    }
}
