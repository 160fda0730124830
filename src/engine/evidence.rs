//! On which events the facts of a post-mortem rest: every statement must be what its event says.

use chrono::Duration;

use crate::domain::incident::timeline::{Entry, What};
use crate::domain::incident::{Actor, Incident};
use crate::domain::postmortem::AckTarget;
use crate::domain::severity::Severity;
use crate::store::timeline::Told;

/// The number of the first event that is so, or of the first of all.
pub(super) fn first(told: &[Told], is: impl Fn(&What) -> bool) -> i64 {
    let found = told.iter().find(|told| is(&told.entry.what)).or(told.first());
    found.map_or(1, |told| told.entry.seq)
}

/// The last event before `until`, in the order of the timeline, that says how bad it is; and how bad that was.
fn last_severity(told: &[Told], until: i64) -> Option<(&Entry, Severity)> {
    let entries = told.iter().map(|told| &told.entry).rev().filter(|entry| entry.seq < until);
    let mut said = entries.filter_map(|entry| match &entry.what {
        What::IncidentOpened { severity, .. } => Some((entry, *severity)),
        What::SeverityChanged { to, .. } => Some((entry, *to)),
        _ => None,
    });
    said.next()
}

/// Why it is as bad as it is.
pub(super) struct WhySoSevere {
    /// The rule, or `override`.
    pub rule: String,
    /// The rule's inputs, or what that human said.
    pub reason: String,
    /// The human, when it was no rule.
    pub by: Option<String>,
    /// The event.
    pub seq: i64,
}

/// Why it is as bad as it is, by the event that made it so.
pub(super) fn why_so_severe(incident: &Incident, told: &[Told]) -> WhySoSevere {
    let why = |rule: &str, reason: &str, by, seq| WhySoSevere {
        rule: rule.to_owned(),
        reason: reason.to_owned(),
        by,
        seq,
    };
    let said = last_severity(told, i64::MAX).filter(|(_, severity)| *severity == incident.severity());
    match said.map(|(entry, _)| (entry, &entry.what)) {
        Some((entry, What::SeverityChanged { rule, reason, .. })) => {
            let by = Some(entry.actor.to_string()).filter(|_| is_a_humans_word(&entry.actor));
            why(rule, reason, by, entry.seq)
        }
        Some((entry, What::IncidentOpened { rule, reason, .. })) => why(rule, reason, None, entry.seq),
        Some(_) | None => {
            let opened = first(told, |what| matches!(what, What::IncidentOpened { .. }));
            why(&incident.assessment.rule, &incident.assessment.reason, None, opened)
        }
    }
}

/// The target that was in force when somebody acknowledged first, or at the end, and the event that says it was missed.
pub(super) fn ack_target(
    incident: &Incident,
    told: &[Told],
    of: impl Fn(Severity) -> Option<Duration>,
) -> Option<AckTarget> {
    let acked = incident.first_ack.is_some().then(|| first(told, |what| matches!(what, What::Acked { .. })));
    let until = acked.unwrap_or(i64::MAX);
    let severity = last_severity(told, until).map_or_else(|| incident.severity(), |(_, severity)| severity);
    let mut before = told.iter().map(|told| &told.entry).rev().filter(|entry| entry.seq < until);
    let missed = before.find_map(|entry| match entry.what {
        What::AckTargetMissed { target_seconds } => Some((entry.seq, Duration::seconds(target_seconds))),
        _ => None,
    });
    // What was missed is what the event says, whatever the configuration says since.
    let target = missed.map(|(_, target)| target).or_else(|| of(severity))?;
    Some(AckTarget { severity, target, missed: missed.map(|(seq, _)| seq) })
}

/// Whether it was people who said so, themselves or by a script of theirs, and not the rules.
const fn is_a_humans_word(actor: &Actor) -> bool {
    match actor {
        Actor::Person(_) | Actor::Slack(_) | Actor::Token(_) | Actor::PagerDuty(_) => true,
        Actor::Source(_) | Actor::Bot => false,
    }
}
