//! The rules that hold in every house, below its own: what the common words of alert authors mean.
//!
//! Several signals may speak at once, for example both the `severity` and the `priority` label: the worst decides, and of
//! equally bad ones the first in the order of this file. `none` opens nothing, whatever the alert is called and however fast it
//! burns: its author has said so. Only another word of theirs, in the other label, is heard above it.

use super::{Cap, Circumstances, Finding, Severity, burn_rate, given, rounded};
use crate::domain::alert::Alert;

/// What one signal says. The order is from worst to mildest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Is(Severity),
    OpensNothing,
}

/// The words of the `severity` and `priority` labels, compared without case.
const WORDS: [(Verdict, &[&str]); 5] = [
    (Verdict::Is(Severity::P1), &["p1", "sev1", "emergency", "disaster"]),
    (Verdict::Is(Severity::P2), &["critical", "high", "error", "page", "p2", "sev2"]),
    (Verdict::Is(Severity::P3), &["warning", "warn", "medium", "p3", "sev3"]),
    (Verdict::Is(Severity::P4), &["info", "low", "p4", "sev4"]),
    (Verdict::OpensNothing, &["none"]),
];

/// The labels that carry such a word, with the name of the rule.
const LABELS: [(&str, &str); 2] = [("severity", "severity label"), ("priority", "priority label")];

/// The ends of alert names that mean the worst. Like every value here they are compared without case: `ledger_outage` is as
/// telling as `LedgerOutage`.
const P1_ENDINGS: [&str; 4] = ["servicedown", "outage", "dataloss", "monitoringdown"];

/// At this burn rate a 30-day error budget loses 2 % within an hour.
const P1_BURN_RATE: f64 = 14.4;

/// The tier whose budget is worth waking everybody.
const P1_TIER: u8 = 1;

/// What an alert gets that no rule knows.
const UNMATCHED: Severity = Severity::P3;

/// One thing that speaks.
struct Signal {
    verdict: Verdict,
    rule: &'static str,
    input: String,
}

/// What the built-in rules say; `None` when the alert is to open nothing.
pub(super) fn find(alert: &Alert, circumstances: &Circumstances) -> Option<Finding> {
    let said = LABELS.into_iter().filter_map(|(label, rule)| word(alert, label, rule));
    let said = said.min_by_key(|signal| signal.verdict);
    if said.as_ref().is_some_and(|signal| signal.verdict == Verdict::OpensNothing) {
        return None;
    }
    let signals = said.into_iter().chain(telling_name(alert)).chain(fast_burn(alert, circumstances));
    let Some(signal) = signals.min_by_key(|signal| signal.verdict) else { return Some(unmatched(alert)) };
    match signal.verdict {
        Verdict::OpensNothing => None,
        Verdict::Is(severity) => Some(Finding {
            severity,
            rule: signal.rule.to_owned(),
            inputs: vec![signal.input],
            cap: Cap::Holds,
            is_unmatched: false,
        }),
    }
}

fn word(alert: &Alert, label: &str, rule: &'static str) -> Option<Signal> {
    let value = alert.labels.get(label)?;
    let (verdict, _) = WORDS
        .into_iter()
        .find(|(_, words)| words.iter().any(|word| word.eq_ignore_ascii_case(value.trim())))?;
    Some(Signal { verdict, rule, input: given(label, value) })
}

fn telling_name(alert: &Alert) -> Option<Signal> {
    let name = alert.name()?;
    let lower = name.trim().to_ascii_lowercase();
    P1_ENDINGS.into_iter().any(|ending| lower.ends_with(ending)).then(|| Signal {
        verdict: Verdict::Is(Severity::P1),
        rule: "alertname",
        input: given("alertname", name),
    })
}

fn fast_burn(alert: &Alert, circumstances: &Circumstances) -> Option<Signal> {
    let rate =
        burn_rate(alert).filter(|rate| *rate >= P1_BURN_RATE && circumstances.tier == Some(P1_TIER))?;
    Some(Signal {
        verdict: Verdict::Is(Severity::P1),
        rule: "burn rate",
        input: format!("burn_rate {} ≥ {P1_BURN_RATE} on a tier-{P1_TIER} service", rounded(rate)),
    })
}

/// A guess that says it is one: somebody should write a rule.
fn unmatched(alert: &Alert) -> Finding {
    let mut inputs: Vec<String> = LABELS
        .into_iter()
        .filter_map(|(label, _)| alert.labels.get(label).map(|value| given(label, value)))
        .collect();
    if inputs.is_empty() {
        inputs.push("no severity or priority label".to_owned());
    }
    Finding { severity: UNMATCHED, rule: "unmatched".to_owned(), inputs, cap: Cap::Holds, is_unmatched: true }
}
