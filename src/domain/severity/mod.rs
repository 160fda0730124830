//! How bad is it? Rules over labels give P1 to P4, and always the reason.
//!
//! The house's own rules come first, in order, and the first that matches decides. Then the built-in ones: the words of the
//! `severity` and `priority` labels, telling alert names, a fast-burning error budget; of these the worst decides, unless the
//! word is `none`.
//! Pure: an alert and the house rules in, an assessment out. Nothing is fetched before the first page.

mod built_in;
mod house_rules;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::matcher::Matcher;
use super::service::env_of;

/// How bad it is. The smaller the worse: `P1 < P2` in order, so `min` is the worst of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Critical: the service is down or data is at risk.
    P1,
    /// High: degraded service, high error rate.
    P2,
    /// Medium: slower than it should be.
    P3,
    /// Low: minor, no user impact.
    P4,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 4] = [Self::P1, Self::P2, Self::P3, Self::P4];

    /// `P1`…`P4`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        }
    }

    /// 1 for P1 and so on.
    pub const fn number(self) -> i64 {
        match self {
            Self::P1 => 1,
            Self::P2 => 2,
            Self::P3 => 3,
            Self::P4 => 4,
        }
    }

    /// Reads `P1`…`P4`, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str().eq_ignore_ascii_case(word))
    }

    /// Whether it is worse than another.
    pub fn is_worse_than(self, other: Self) -> bool {
        self < other
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of the house's own severity rules. All conditions that are given must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it is called on the page, the card and the timeline.
    pub name: String,
    /// Conditions over labels, and over annotations as `annotation.x`.
    pub matchers: Vec<Matcher>,
    /// The service's tier must be this.
    pub tier: Option<u8>,
    /// The `env` label must be this, compared without case.
    pub env: Option<String>,
    /// At least so many alerts of the delivery must fire.
    pub min_firing: Option<u32>,
    /// The label or annotation `burn_rate` must be at least this.
    pub min_burn_rate: Option<f64>,
    /// Must (`true`) or must not (`false`) be in the schedule's business hours.
    pub business_hours: Option<bool>,
    /// What it assigns.
    pub severity: Severity,
}

/// What a rule may look at besides the alert itself.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// The tier of the alert's service.
    pub tier: Option<u8>,
    /// How many alerts of the delivery fire.
    pub n_firing: u32,
    /// Whether the schedule is in business hours at `now`.
    pub in_business_hours: bool,
    /// The instant of the assessment.
    pub now: DateTime<Utc>,
}

/// A severity with the rule and the inputs that gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The result.
    pub severity: Severity,
    /// The rule that decided: the name of a configured one, or of a built-in one: `severity label`, `priority label`,
    /// `alertname`, `burn rate`, `unmatched`.
    pub rule: String,
    /// A sentence fragment with the inputs, for people: `severity="critical", env="prod"`.
    pub reason: String,
    /// The `env` value that was seen, if any.
    pub env: Option<String>,
    /// Whether no rule matched, so that P3 is a guess that must be said.
    pub is_unmatched: bool,
}

/// The highest severity of what is not production.
const NON_PRODUCTION_CAP: Severity = Severity::P3;

/// How bad one firing alert is, or `None` when its labels say `none`: it opens nothing.
///
/// A value of `env` in `non_production` caps the result at P3. The cap holds for the house's rules too, except for a rule
/// that says itself which `env` it is for (its `env` key, or a matcher `env=` or `env=~`): that rule is meant.
pub fn assess(
    alert: &Alert,
    rules: &[Rule],
    non_production: &[String],
    circumstances: &Circumstances,
) -> Option<Assessment> {
    let env = env_of(&alert.labels);
    let finding = match rules.iter().find_map(|rule| house_rules::apply(rule, alert, circumstances)) {
        Some(finding) => finding,
        None => built_in::find(alert, circumstances)?,
    };
    let is_capped = finding.severity.is_worse_than(NON_PRODUCTION_CAP)
        && finding.cap == Cap::Holds
        && env.is_some_and(|env| non_production.iter().any(|other| other.trim().eq_ignore_ascii_case(env)));
    let mut inputs = finding.inputs;
    if let Some(env) = env {
        let seen = given("env", env);
        inputs.push(if is_capped { format!("{seen} caps at {NON_PRODUCTION_CAP}") } else { seen });
    }
    if finding.is_unmatched {
        inputs.push(format!("no rule matched, so {} is a guess", finding.severity));
    }
    if inputs.is_empty() {
        inputs.push("holds for every alert".to_owned());
    }
    let severity = if is_capped { NON_PRODUCTION_CAP } else { finding.severity };
    Some(Assessment {
        severity,
        rule: finding.rule,
        reason: inputs.join(", "),
        env: env.map(str::to_owned),
        is_unmatched: finding.is_unmatched,
    })
}

/// The worst of several assessments; of equally bad ones the first, so that the reason shown does not jump about.
pub fn worst(assessments: impl IntoIterator<Item = Assessment>) -> Option<Assessment> {
    assessments.into_iter().min_by_key(|assessment| assessment.severity)
}

/// What one rule found, before the cap.
struct Finding {
    severity: Severity,
    rule: String,
    /// What it looked at besides `env`, each input a fragment for people.
    inputs: Vec<String>,
    cap: Cap,
    is_unmatched: bool,
}

/// Whether the cap of what is not production applies to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cap {
    Holds,
    /// The rule says itself which `env` it is for.
    Overruled,
}

/// The longest value shown in a reason, in characters; annotations can be whole paragraphs.
const SHOWN: usize = 80;

/// `name="value"` in one line, as people know it from Alertmanager.
fn given(name: &str, value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("{name}=\"{shown}\"")
}

/// The word that an alert uses for how bad it is: its `severity` label, else its `priority`.
pub fn word(alert: &Alert) -> Option<&str> {
    let values = ["severity", "priority"].into_iter().filter_map(|label| alert.labels.get(label));
    values.map(|value| value.trim()).find(|value| !value.is_empty())
}

/// The error budget's burn rate that the alert carries: the label `burn_rate`, else the annotation.
fn burn_rate(alert: &Alert) -> Option<f64> {
    [&alert.labels, &alert.annotations]
        .into_iter()
        .filter_map(|texts| texts.get("burn_rate")?.trim().parse().ok())
        .find(|rate: &f64| !rate.is_nan())
}

/// A burn rate for people: at most two decimals.
fn rounded(rate: f64) -> f64 {
    (rate * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
