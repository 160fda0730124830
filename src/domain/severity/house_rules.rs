//! The rules that the house wrote itself. Each either decides, with what it looked at, or says nothing.

use super::{Cap, Circumstances, Finding, Rule, burn_rate, given, rounded};
use crate::domain::alert::Alert;
use crate::domain::matcher::Subject;
use crate::domain::service::env_of;

/// What the rule finds, when all its conditions hold.
pub(super) fn apply(rule: &Rule, alert: &Alert, circumstances: &Circumstances) -> Option<Finding> {
    let mut inputs = Vec::new();
    for matcher in &rule.matchers {
        if !matcher.matches(&alert.labels, &alert.annotations) {
            return None;
        }
        let input = match (matcher.subject(), matcher.value(&alert.labels, &alert.annotations)) {
            (subject, "") => format!("no {subject}"),
            // The caller shows it.
            (Subject::Label(name), _) if name == "env" => continue,
            (subject, value) => given(&subject.to_string(), value),
        };
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    if let Some(tier) = rule.tier {
        if circumstances.tier != Some(tier) {
            return None;
        }
        inputs.push(format!("tier {tier}"));
    }
    if let Some(wanted) = &rule.env {
        env_of(&alert.labels).filter(|env| env.eq_ignore_ascii_case(wanted.trim()))?;
    }
    if let Some(least) = rule.min_firing {
        let n_firing = circumstances.n_firing;
        if n_firing < least {
            return None;
        }
        inputs.push(format!("{n_firing} firing ≥ {least}"));
    }
    if let Some(least) = rule.min_burn_rate {
        let rate = burn_rate(alert).filter(|rate| *rate >= least)?;
        inputs.push(format!("burn_rate {} ≥ {least}", rounded(rate)));
    }
    if let Some(wanted) = rule.business_hours {
        if circumstances.in_business_hours != wanted {
            return None;
        }
        inputs.push(if wanted { "in business hours" } else { "outside business hours" }.to_owned());
    }
    Some(Finding {
        severity: rule.severity,
        rule: rule.name.clone(),
        inputs,
        cap: if names_its_env(rule) { Cap::Overruled } else { Cap::Holds },
        is_unmatched: false,
    })
}

/// Whether the rule says which `env` it is for. To say which it is not for (`env!="dev"`) is not enough.
fn names_its_env(rule: &Rule) -> bool {
    rule.env.is_some() || rule.matchers.iter().any(|matcher| matcher.asks_for("env"))
}
