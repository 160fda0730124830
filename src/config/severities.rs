//! `severities`, `severity_rules` and `non_production`: how bad it is and what that means.

use std::collections::BTreeMap;

use chrono::Duration;

use super::alerting::matcher;
use super::fault::NoteKind;
use super::reader::{Namespace, Section, Value};
use super::value::{self, Wrong};
use crate::domain::house::{ChannelWhen, PageWhen, SeveritySettings};
use crate::domain::severity::{Rule, Severity};
use crate::ids::PolicyId;

/// What a severity means unless the file says otherwise.
fn usual(severity: Severity) -> SeveritySettings {
    let minutes = |n: i64| Duration::minutes(n);
    let settings =
        |ack: i64, contact: i64, page: PageWhen, policy: &str, channel: ChannelWhen| SeveritySettings {
            ack_target: Some(minutes(ack)),
            contact_interval: minutes(contact),
            page,
            escalation: Some(PolicyId::from(policy)),
            channel,
            ticket: false,
        };
    match severity {
        Severity::P1 => settings(5, 1, PageWhen::Always, "critical", ChannelWhen::Auto),
        Severity::P2 => settings(15, 3, PageWhen::Always, "default", ChannelWhen::Auto),
        Severity::P3 => settings(60, 15, PageWhen::BusinessHours, "primary", ChannelWhen::OnDemand),
        Severity::P4 => SeveritySettings {
            ack_target: None,
            contact_interval: minutes(15),
            page: PageWhen::Never,
            escalation: None,
            channel: ChannelWhen::Never,
            ticket: true,
        },
    }
}

/// Reads `severities`. What is not named keeps its default.
pub(super) fn severities(root: &Section<'_>) -> BTreeMap<Severity, SeveritySettings> {
    let section = root.optional("severities").and_then(Value::section);
    let all = Severity::ALL.map(|severity| {
        let written = section.as_ref().and_then(|section| section.optional(severity.as_str())?.section());
        let settings = match written {
            Some(written) => settings(written, usual(severity)),
            None => usual(severity),
        };
        (severity, settings)
    });
    if let Some(section) = section {
        section.finish();
    }
    all.into_iter().collect()
}

fn settings(section: Section<'_>, usual: SeveritySettings) -> SeveritySettings {
    let pages = [
        ("always", PageWhen::Always),
        ("business_hours", PageWhen::BusinessHours),
        ("never", PageWhen::Never),
    ];
    let channels =
        [("auto", ChannelWhen::Auto), ("on_demand", ChannelWhen::OnDemand), ("never", ChannelWhen::Never)];
    let contact_interval = section.optional("contact_interval").and_then(|value| value.read(value::duration));
    let ticket = section.optional("ticket").and_then(|value| value.read(value::truth));
    let n_faults = section.reader().n_faults();
    let escalation = match section.optional("escalation") {
        Some(value) => value.name_in(Namespace::Escalation).map(PolicyId),
        None => usual.escalation,
    };
    let settings = SeveritySettings {
        ack_target: section.span("ack_target", usual.ack_target),
        contact_interval: contact_interval.unwrap_or(usual.contact_interval),
        page: section.word_or("page", &pages, usual.page),
        escalation,
        channel: section.word_or("channel", &channels, usual.channel),
        ticket: ticket.unwrap_or(usual.ticket),
    };
    let climbs_nothing = settings.page != PageWhen::Never && settings.escalation.is_none();
    if climbs_nothing && section.reader().n_faults() == n_faults {
        section.fault("pages, but has no `escalation`", "name a policy, or write `page: never`");
    }
    section.finish();
    settings
}

/// Reads `non_production`.
pub(super) fn non_production(root: &Section<'_>) -> Vec<String> {
    let usual = ["dev", "development", "test", "staging", "qa", "sandbox", "preview"];
    words(root, "non_production", &usual)
}

/// A list of words that replaces the usual ones.
pub(super) fn words(root: &Section<'_>, key: &str, usual: &[&str]) -> Vec<String> {
    match root.optional(key).and_then(Value::one_or_more) {
        Some(values) => values.into_iter().filter_map(Value::text).collect(),
        None => usual.iter().map(|word| (*word).to_owned()).collect(),
    }
}

/// Reads `severity_rules`.
pub(super) fn severity_rules(root: &Section<'_>) -> Vec<Rule> {
    let values = root.optional("severity_rules").and_then(Value::list).unwrap_or_default();
    let n_rules = values.len();
    let rules = values.into_iter().enumerate().filter_map(|(n, value)| {
        let section = value.section()?;
        let rule = rule(&section, n + 1);
        if n + 1 < n_rules && rule.as_ref().is_some_and(is_unconditional) {
            let text = "has no condition, so the rules below it are never reached";
            section.reader().note(NoteKind::Advice, Some(section.line()), section.path(), text);
        }
        section.finish();
        rule
    });
    rules.collect()
}

fn rule(section: &Section<'_>, number: usize) -> Option<Rule> {
    let matchers = section.optional("match").and_then(Value::one_or_more).into_iter().flatten();
    let matchers = matchers.filter_map(|value| value.read(matcher)).collect();
    let name = section.optional("name").and_then(Value::text);
    let min_firing =
        section.optional("min_firing").and_then(|value| value.read(|word| value::whole(word, 1)));
    let min_burn_rate = section.optional("min_burn_rate").and_then(|value| value.read(value::positive));
    let business_hours = section.optional("business_hours").and_then(|value| value.read(value::truth));
    let severity = section.required("severity").and_then(|value| value.read(value::severity));
    Some(Rule {
        name: name.unwrap_or_else(|| format!("rule {number}")),
        matchers,
        tier: section.optional("tier").and_then(|value| value.read(tier)),
        env: section.optional("env").and_then(Value::text),
        min_firing,
        min_burn_rate,
        business_hours,
        severity: severity?,
    })
}

fn is_unconditional(rule: &Rule) -> bool {
    rule.matchers.is_empty()
        && rule.tier.is_none()
        && rule.env.is_none()
        && rule.min_firing.is_none()
        && rule.min_burn_rate.is_none()
        && rule.business_hours.is_none()
}

/// How important a service is; 1 is the most important.
pub(super) fn tier(word: &str) -> Result<u8, Wrong> {
    word.parse().ok().filter(|tier| (1..=9).contains(tier)).ok_or_else(|| {
        Wrong::new(format!("`{word}` is not a tier"), "write a number from 1, the most important, to 9")
    })
}
