//! The shapes of Alertmanager's API v2, as far as they are needed. What it says beyond that is ignored; what it should say and
//! does not makes the whole answer unusable.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::alert::Labels;
use crate::domain::reconcile::{Listed, Listing, Standing};
use crate::ports::NewSilence;

#[derive(Deserialize)]
pub(super) struct Status {
    /// Since when it is up, whatever its name says.
    pub uptime: DateTime<Utc>,
    /// Its configuration.
    #[serde(default)]
    pub config: Option<Settings>,
}

#[derive(Deserialize)]
pub(super) struct Settings {
    /// As YAML.
    pub original: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    fingerprint: String,
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    starts_at: DateTime<Utc>,
    #[serde(rename = "generatorURL", default)]
    generator_url: String,
    status: AlertStatus,
    #[serde(default)]
    receivers: Vec<Receiver>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatus {
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
}

#[derive(Deserialize)]
struct Receiver {
    name: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Matcher {
    name: String,
    value: String,
    is_regex: bool,
    #[serde(default = "yes")]
    is_equal: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Silence {
    pub id: String,
    status: SilenceStatus,
    matchers: Vec<Matcher>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    comment: String,
}

#[derive(Deserialize)]
struct SilenceStatus {
    state: String,
}

/// A silence as it is posted; one with an id replaces that.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Posted {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    matchers: Vec<Matcher>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    created_by: String,
    comment: String,
}

#[derive(Deserialize)]
pub(super) struct Created {
    #[serde(rename = "silenceID")]
    pub id: String,
}

/// What no text of ours may hold, because not every database takes it.
fn clean(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

fn cleaned(labels: Labels) -> Labels {
    labels.into_iter().map(|(name, value)| (clean(name), clean(value))).collect()
}

impl From<Alert> for Listed {
    fn from(alert: Alert) -> Self {
        let standing = match alert.status.state.as_str() {
            "active" => Standing::Active,
            "suppressed" => Standing::Suppressed,
            _ => Standing::Unprocessed,
        };
        Self {
            fingerprint: clean(alert.fingerprint).into(),
            labels: cleaned(alert.labels),
            annotations: cleaned(alert.annotations),
            starts_at: alert.starts_at.trunc_subsecs(6),
            generator_url: Some(clean(alert.generator_url)).filter(|url| !url.is_empty()),
            standing,
            silenced_by: alert.status.silenced_by.into_iter().map(Into::into).collect(),
            receivers: alert.receivers.into_iter().map(|receiver| clean(receiver.name)).collect(),
        }
    }
}

impl From<Silence> for Listing {
    fn from(silence: Silence) -> Self {
        let is_over = silence.is_over();
        let exact = silence.matchers.into_iter().map(|matcher| {
            let is_exact = matcher.is_equal && !matcher.is_regex;
            is_exact.then(|| (clean(matcher.name), clean(matcher.value)))
        });
        Self {
            id: silence.id.into(),
            is_over,
            ends_at: silence.ends_at.trunc_subsecs(6),
            created_by: clean(silence.created_by),
            labels: exact.collect::<Option<BTreeMap<_, _>>>(),
        }
    }
}

impl Silence {
    pub fn is_over(&self) -> bool {
        self.status.state == "expired"
    }

    /// The same until another time. It keeps its name only when it keeps its beginning.
    pub fn until(self, ends_at: DateTime<Utc>) -> Posted {
        let Self { id, matchers, starts_at, created_by, comment, .. } = self;
        Posted { id: Some(id), matchers, starts_at, ends_at, created_by, comment }
    }
}

impl From<&NewSilence> for Posted {
    fn from(silence: &NewSilence) -> Self {
        let exact = |(name, value): (&String, &String)| Matcher {
            name: name.clone(),
            value: value.clone(),
            is_regex: false,
            is_equal: true,
        };
        Self {
            id: None,
            matchers: silence.labels.iter().map(exact).collect(),
            starts_at: silence.starts_at,
            ends_at: silence.ends_at,
            created_by: silence.created_by.clone(),
            comment: silence.comment.clone(),
        }
    }
}
