//! Which silences keep exactly these alerts quiet, and no others.
//!
//! Only exact labels, never a pattern. What all of them share is used only when nothing else that is known has it too, and when the
//! name of the alert is among it: what begins to fire later under another name is nothing that anybody has seen.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::alert::Labels;
use super::incident::Actor;
use crate::ids::Fingerprint;

/// The longest silence.
pub const LONGEST: Duration = Duration::days(7);
/// So many silences are made for one wish at most.
pub const MOST: usize = 10;

/// The label that says which rule fires.
const ALERTNAME: &str = "alertname";

/// Which alerts of an incident somebody means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// All that fire.
    All,
    /// One of them, at every source at which it fires.
    One(Fingerprint),
}

/// A silence that somebody asked for. Times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Who.
    pub by: Actor,
    /// Which alerts.
    pub which: Which,
    /// When they asked.
    pub asked_at: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Why.
    pub reason: Option<String>,
}

/// One silence to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The labels that an alert must have, with exactly these values.
    pub labels: Labels,
    /// Those of the wanted alerts that have them.
    pub alerts: Vec<Fingerprint>,
}

/// It would take too many silences.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{n} alerts share no labels that only they have, and more than {MOST} silences are not made at once")]
pub struct TooMany {
    /// How many alerts there are.
    pub n: usize,
}

/// The silences for these alerts; `others` are the labels of every other alert that is known.
///
/// # Errors
/// When one silence cannot do and there are too many alerts for one each.
pub fn plan(wanted: &[(Fingerprint, Labels)], others: &[Labels]) -> Result<Vec<Planned>, TooMany> {
    let all = || wanted.iter().map(|(fingerprint, _)| fingerprint.clone()).collect();
    let shared = shared(wanted);
    let is_theirs_alone = shared.contains_key(ALERTNAME) && !others.iter().any(|other| has(other, &shared));
    if wanted.len() > 1 && is_theirs_alone {
        return Ok(vec![Planned { labels: shared, alerts: all() }]);
    }
    if wanted.len() > MOST {
        return Err(TooMany { n: wanted.len() });
    }
    let one = |(fingerprint, labels): &(Fingerprint, Labels)| Planned {
        labels: told(labels),
        alerts: vec![fingerprint.clone()],
    };
    Ok(wanted.iter().map(one).filter(|planned| !planned.labels.is_empty()).collect())
}

/// Labels with a value: to Alertmanager, one without is none.
fn told(labels: &Labels) -> Labels {
    labels
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn shared(wanted: &[(Fingerprint, Labels)]) -> Labels {
    let Some(((_, first), rest)) = wanted.split_first() else { return Labels::new() };
    let mut shared = told(first);
    shared.retain(|name, value| rest.iter().all(|(_, labels)| labels.get(name) == Some(value)));
    shared
}

fn has(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}

#[cfg(test)]
mod tests;
