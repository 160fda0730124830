//! The sentences of a draft. Each names the event that it rests on.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::Part;
use super::facts::{AckTarget, Answer, Basis, Event, EventKind, Facts, PageFact, PageOutcome, Question, Seq};
use super::markdown::escape;
use crate::domain::span::humane;

/// What stands where there is no fact.
const NOTHING: &str = "Nothing recorded.";

/// The generated text of one section.
pub(super) fn section(part: Part, facts: &Facts) -> String {
    match part {
        Part::Summary => summary(facts),
        Part::Timeline => timeline(facts),
        Part::RootCause => root_cause(facts),
        Part::Impact => impact(facts),
        Part::WhatWentWell => list(went_well(facts)),
        Part::WhatWentWrong => list(went_wrong(facts)),
        Part::ActionItems => list(action_items(facts)),
        Part::LessonsLearned => NOTHING.to_owned(),
    }
}

/// A list of statements, or that there are none.
fn list(statements: Vec<String>) -> String {
    if statements.is_empty() {
        return NOTHING.to_owned();
    }
    statements.iter().map(|statement| format!("- {statement}")).collect::<Vec<_>>().join("\n")
}

fn titled(title: &str, statements: Vec<String>) -> String {
    if statements.is_empty() {
        format!("{title}: {NOTHING}")
    } else {
        format!("{title}:\n\n{}", list(statements))
    }
}

/// A reference to an event.
fn cite(seq: Seq) -> String {
    format!("[#{seq}]")
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S").to_string()
}

fn summary(facts: &Facts) -> String {
    let incident = &facts.incident;
    let opened = cite(incident.opened_seq);
    let reason = Some(escape(&incident.severity_reason)).filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let because = match &incident.severity_by {
        Some(human) => format!("set by {}{reason}", escape(human)),
        None => format!("by the rule “{}”{reason}", escape(&incident.severity_rule)),
    };
    let mut lines = vec![format!(
        "{}: {}, {} {because} {}",
        incident.id,
        escape(&incident.title),
        incident.severity,
        cite(incident.severity_seq),
    )];
    let or_unknown = |text: Option<&str>| text.map_or_else(|| "not recorded".to_owned(), escape);
    lines.push(format!(
        "Service: {}; environment: {}; channel: {}",
        or_unknown(incident.service.as_ref().map(crate::ids::ServiceId::as_str)),
        or_unknown(incident.env.as_deref()),
        or_unknown(incident.channel.as_deref()),
    ));
    if let Some(alert) = facts.first_alert() {
        lines.push(format!(
            "Began: {}, with {} {}",
            stamp(incident.started_at),
            escape(&alert.name),
            cite(alert.seq)
        ));
    }
    lines.push(format!("Received: {} {opened}", stamp(incident.opened_at)));
    lines.push(match &incident.acked {
        Some(acked) => {
            format!("Acknowledged: {} by {} {}", stamp(acked.at), escape(&acked.by), cite(acked.seq))
        }
        None => {
            match incident.resolved.as_ref().and_then(|resolved| resolved.by.as_ref().zip(Some(resolved))) {
                Some((by, resolved)) => {
                    format!(
                        "Acknowledged: by nobody before {} resolved it {}",
                        escape(by),
                        cite(resolved.seq)
                    )
                }
                None => "Acknowledged: by nobody".to_owned(),
            }
        }
    });
    lines.push(match &incident.resolved {
        Some(resolved) => {
            let by = resolved
                .by
                .as_deref()
                .map_or_else(|| "by itself".to_owned(), |by| format!("by {}", escape(by)));
            format!("Resolved: {} {by}, {} {}", stamp(resolved.at), escape(&resolved.how), cite(resolved.seq))
        }
        None => "Resolved: not yet".to_owned(),
    });
    lines.extend(measures(facts));
    let severities = facts.in_order().into_iter().filter(|event| event.kind == EventKind::Severity);
    lines.extend(severities.map(|event| format!("Severity changed: {}", told(event))));
    list(lines)
}

/// MTTA and MTTR, with what they are measured from.
fn measures(facts: &Facts) -> Vec<String> {
    let incident = &facts.incident;
    let mut lines = Vec::new();
    if let (Some(span), Some(acked)) = (facts.time_to_acknowledge(), &incident.acked) {
        let from_to = format!("{}, {}", cite(incident.opened_seq), cite(acked.seq));
        lines.push(format!("MTTA (received to acknowledged): {} {from_to}", humane(span)));
    }
    if let (Some(span), Some(resolved)) = (facts.time_to_resolve(), &incident.resolved) {
        let from = facts.first_alert().map_or(incident.opened_seq, |alert| alert.seq);
        let from_to = format!("{}, {}", cite(from), cite(resolved.seq));
        lines.push(if span < Duration::zero() {
            format!("MTTR: not measurable, the recorded end is before the start {from_to}")
        } else {
            format!(
                "MTTR (first alert's start to last alert's end, or the resolve): {} {from_to}",
                humane(span)
            )
        });
    }
    lines
}

/// `03:12:40, alice: text [#8]`.
fn told(event: &Event) -> String {
    let who = event.actor.as_deref().unwrap_or(&event.source);
    format!("{}, {}: {} {}", time(event.at), escape(who), escape(&event.text), cite(event.seq))
}

fn timeline(facts: &Facts) -> String {
    let pages = titled("Pages", in_ledger_order(facts).into_iter().map(page_line).collect());
    format!("{}\n\n{pages}", events(facts).trim_end())
}

/// Every event, with the silences between them.
fn events(facts: &Facts) -> String {
    let events = facts.in_order();
    if events.is_empty() {
        return NOTHING.to_owned();
    }
    let gaps: BTreeMap<Seq, Duration> = facts.gaps().iter().map(|gap| (gap.before.0, gap.span())).collect();
    let mut text = String::new();
    let mut day = None;
    for event in events {
        if let Some(span) = gaps.get(&event.seq) {
            push_line(&mut text, &format!("- *{} without a recorded event*", humane(*span)));
        }
        if day.replace(event.at.date_naive()) != Some(event.at.date_naive()) {
            let gap = if text.is_empty() { "" } else { "\n" };
            push_line(&mut text, &format!("{gap}**{}**\n", event.at.date_naive()));
        }
        push_line(&mut text, &format!("- {}", told(event)));
    }
    text
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// No event says what a cause is; what people noted and how it ended is what there is to start from.
fn root_cause(facts: &Facts) -> String {
    let notes =
        facts.in_order().into_iter().filter(|event| event.kind == EventKind::Note).map(told).collect();
    format!("Cause: {NOTHING}\n\n{}", titled("What was seen and tried", notes))
}

fn impact(facts: &Facts) -> String {
    let incident = &facts.incident;
    let lasted = match (facts.time_to_resolve(), &incident.resolved) {
        (Some(span), Some(resolved)) if span >= Duration::zero() => {
            format!("Lasted {} {}, {}", humane(span), cite(incident.opened_seq), cite(resolved.seq))
        }
        (Some(_), Some(resolved)) => {
            format!(
                "How long it lasted is not measurable {}, {}",
                cite(incident.opened_seq),
                cite(resolved.seq)
            )
        }
        (None, _) | (_, None) => format!("Not over yet {}", cite(incident.opened_seq)),
    };
    format!(
        "{}\n\n{}\n\n{}",
        list(vec![lasted, format!("Users affected: {NOTHING}"), format!("Revenue: {NOTHING}")]),
        titled("Error budget", budgets(facts)),
        titled("Alerts", alerts(facts)),
    )
}

fn budgets(facts: &Facts) -> Vec<String> {
    let line = |budget: &super::BudgetFact| {
        let basis = match budget.basis {
            Basis::SliQuery => "measured by its SLI query",
            Basis::Duration => "estimated from the duration",
        };
        let (objective, policy) = (escape(&budget.objective), escape(&budget.policy));
        format!(
            "{objective}: {:.1} % used, {basis}; policy: {policy} {}",
            budget.used_percent,
            cite(budget.seq)
        )
    };
    facts.budgets.iter().map(line).collect()
}

/// One line for each (name, service), in the order in which they began.
fn alerts(facts: &Facts) -> Vec<String> {
    let mut kinds: BTreeMap<(&str, Option<&str>), Vec<&super::AlertFact>> = BTreeMap::new();
    for alert in &facts.alerts {
        kinds.entry((&alert.name, alert.service.as_deref())).or_default().push(alert);
    }
    let mut lines: Vec<_> = kinds
        .into_iter()
        .filter_map(|((name, service), alerts)| {
            let first = alerts.iter().min_by_key(|alert| (alert.starts_at, alert.seq))?;
            let ends: Option<Vec<_>> = alerts.iter().map(|alert| alert.ends_at).collect();
            let end = ends.and_then(|ends| ends.into_iter().max());
            let service = service.map(|service| format!(", {}", escape(service))).unwrap_or_default();
            let count = if alerts.len() > 1 { format!(", {} alerts", alerts.len()) } else { String::new() };
            let line = format!("{}{service}{count}", escape(name));
            let until = end.map_or_else(|| "no end recorded".to_owned(), |end| format!("to {}", stamp(end)));
            Some((first.starts_at, format!("{line}: {} {until} {}", stamp(first.starts_at), cite(first.seq))))
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

fn went_well(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(acked), Some(AckTarget { severity, target, missed: None })) =
        (&facts.incident.acked, facts.ack_target)
    {
        let (after, target) = (humane(acked.after), humane(target));
        lines.push(format!(
            "Acknowledged within the target of {severity} ({target}): after {after} {}",
            cite(acked.seq)
        ));
    }
    let answered = in_ledger_order(facts)
        .into_iter()
        .filter(|page| {
            matches!(page.outcome, PageOutcome::Acknowledged { .. } | PageOutcome::AnsweredByResolve { .. })
        })
        .map(page_line);
    lines.extend(answered);
    lines.extend(feedback(facts, Answer::Yes));
    lines
}

fn went_wrong(facts: &Facts) -> Vec<String> {
    let mut lines: Vec<_> = ack_missed(facts).into_iter().collect();
    let unanswered = in_ledger_order(facts).into_iter().filter(|page| match page.outcome {
        PageOutcome::Failed { .. } | PageOutcome::Accepted | PageOutcome::Sent => true,
        PageOutcome::Due
        | PageOutcome::Acknowledged { .. }
        | PageOutcome::AnsweredByResolve { .. }
        | PageOutcome::Superseded => false,
    });
    lines.extend(unanswered.map(page_line));
    lines.extend(facts.gaps().iter().map(|gap| {
        let span = humane(gap.span());
        let (from, to) = (time(gap.after.1), time(gap.before.1));
        let events = format!("{}, {}", cite(gap.after.0), cite(gap.before.0));
        format!("{span} without a recorded event, {from} to {to} {events}")
    }));
    lines.extend(feedback(facts, Answer::No));
    lines
}

fn ack_missed(facts: &Facts) -> Option<String> {
    let AckTarget { severity, target, missed } = facts.ack_target?;
    let target = format!("the target of {severity} ({})", humane(target));
    let incident = &facts.incident;
    match (&incident.acked, missed) {
        (Some(acked), Some(missed)) => {
            let after = humane(acked.after);
            let events = format!("{}, {}", cite(missed), cite(acked.seq));
            Some(format!("Acknowledged after {target}: after {after} {events}"))
        }
        (Some(_), None) => None,
        (None, Some(missed)) => Some(format!("Acknowledged by nobody within {target} {}", cite(missed))),
        // Whoever ended it in time had it in time.
        (None, None) if incident.resolved.as_ref().is_some_and(|resolved| resolved.by.is_some()) => None,
        (None, None) => Some(format!("Acknowledged by nobody {}", cite(incident.opened_seq))),
    }
}

fn in_ledger_order(facts: &Facts) -> Vec<&PageFact> {
    let mut pages: Vec<_> = facts.pages.iter().collect();
    pages.sort_by_key(|page| (page.due_at, page.round, page.step, page.seq));
    pages
}

/// Who was paged, when, by what, and what became of it.
fn page_line(page: &PageFact) -> String {
    let when =
        page.sent_at.map_or_else(|| format!("due {}", time(page.due_at)), |at| format!("sent {}", time(at)));
    let became = match &page.outcome {
        PageOutcome::Due => "not sent".to_owned(),
        PageOutcome::Sent => "no provider has accepted it".to_owned(),
        PageOutcome::Accepted => "accepted by the provider, not answered".to_owned(),
        PageOutcome::Acknowledged { at } => format!("acknowledged {}", time(*at)),
        PageOutcome::AnsweredByResolve { at } => format!("answered by resolving {}", time(*at)),
        PageOutcome::Failed { why } => format!("failed: {}", escape(why)),
        PageOutcome::Superseded => "no longer needed".to_owned(),
    };
    let place = match page.round {
        0 => "beside the ladder".to_owned(),
        round => format!("round {round}, step {}", page.step),
    };
    format!(
        "Page to {} by {}, {when} ({place}): {became} {}",
        escape(page.person.as_str()),
        page.method,
        cite(page.seq),
    )
}

fn feedback(facts: &Facts, answer: Answer) -> Vec<String> {
    let of_answer = facts.feedback.iter().filter(|feedback| feedback.answer == answer);
    of_answer
        .map(|feedback| {
            let said = match (feedback.question, answer) {
                (Question::RunbookHelped, Answer::Yes) => "the runbook helped",
                (Question::RunbookHelped, Answer::No) => "the runbook did not help",
                (Question::PageNeeded, Answer::Yes) => "the page was needed",
                (Question::PageNeeded, Answer::No) => "the page was not needed",
            };
            format!("{} said: {said} {}", escape(&feedback.by), cite(feedback.seq))
        })
        .collect()
}

fn action_items(facts: &Facts) -> Vec<String> {
    let line = |item: &super::ActionItem| {
        let mark = if item.done_at.is_some() { "x" } else { " " };
        let owner = item.owner.as_deref().map_or_else(|| "nobody yet".to_owned(), escape);
        let due = item.due.map_or_else(|| "no date".to_owned(), |due| due.to_string());
        format!("[{mark}] {}; owner: {owner}; due: {due} {}", escape(&item.text), cite(item.seq))
    };
    facts.action_items.iter().map(line).collect()
}
