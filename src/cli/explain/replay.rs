//! `explain --replay 30d`: which recorded incidents the rules of now would judge otherwise. Nothing is changed.

use std::collections::BTreeMap;
use std::fmt::Display;

use anyhow::Context as _;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::server::{Ask, Asking, Request};
use super::super::terminal::{Terminal, plain, table};
use super::super::{Ending, Failure};
use crate::config::{self, Config};
use crate::domain::matcher::Matcher;
use crate::domain::replay::{Recorded, Verdict, is_judged, judge_again};
use crate::domain::severity::Severity;
use crate::http::api::judgement::Judgement;
use crate::ids::{IncidentId, SourceId};
use crate::words::counted::counted;

/// So many incidents are listed at a time.
const AT_ONCE: u32 = 200;

/// Reads the span of time that is replayed.
pub(super) fn span(word: &str) -> Result<Duration, String> {
    let span = config::span(word.trim())?;
    if span > Duration::zero() { Ok(span) } else { Err("write how far to go back, as 30d".to_owned()) }
}

/// An incident as it is listed.
#[derive(Debug, Deserialize)]
struct Listed {
    id: IncidentId,
    opened_at: DateTime<Utc>,
    parent: Option<IncidentId>,
    private: bool,
    alerts_total: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Page {
    incidents: Vec<Listed>,
    next_cursor: Option<IncidentId>,
}

/// An incident that would be judged otherwise.
#[derive(Debug, Serialize)]
struct Changed {
    incident: IncidentId,
    opened_at: DateTime<Utc>,
    then: Verdict,
    now: Verdict,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Replayed {
    since: DateTime<Utc>,
    /// How many incidents were judged again.
    judged: usize,
    /// How many were not opened by rules: declared by people, merged into others, storms, lost heartbeats.
    without_rules: usize,
    /// How many private ones may not be read with this token.
    unreadable: usize,
    /// Newest first.
    changed: Vec<Changed>,
}

pub(super) fn run(
    terminal: &mut Terminal<'_>,
    ask: &Ask,
    back: Duration,
    is_json: bool,
) -> Result<Ending, Failure> {
    let config = ask.file.load(terminal)?.config;
    let since = terminal.now.checked_sub_signed(back).context("that is further back than time goes")?;
    let mut asking = ask.begin(terminal)?;
    let replayed = replay(terminal, &mut asking, &config, since);
    asking.end();
    let replayed = replayed?;
    if is_json {
        terminal.json(&replayed);
    } else {
        print(terminal, &replayed, &config);
    }
    Ok(Ending::Fine)
}

fn replay(
    terminal: &Terminal<'_>,
    asking: &mut Asking,
    config: &Config,
    since: DateTime<Utc>,
) -> Result<Replayed, Failure> {
    let heartbeats: BTreeMap<SourceId, Vec<Matcher>> = config
        .alertmanagers
        .iter()
        .map(|(source, settings)| (source.clone(), settings.heartbeat.matchers.clone()))
        .collect();
    let mut replayed = Replayed { since, judged: 0, without_rules: 0, unreadable: 0, changed: vec![] };
    let mut cursor = String::new();
    loop {
        let page = Request::Get(format!("incidents?state=all&limit={AT_ONCE}{cursor}"));
        let page: Page = read(asking.ask(terminal, &page)?)?;
        let is_reached = page.incidents.iter().any(|listed| listed.opened_at < since);
        for listed in page.incidents.into_iter().filter(|listed| listed.opened_at >= since) {
            if listed.private && listed.alerts_total.is_none() {
                replayed.unreadable += 1;
                continue;
            }
            let judgement = Request::Get(format!("incidents/{}/judgement", listed.id));
            let judgement: Judgement = read(asking.ask(terminal, &judgement)?)?;
            match compared(&listed, judgement, config, &heartbeats) {
                None => replayed.without_rules += 1,
                Some((then, now)) => {
                    replayed.judged += 1;
                    if now.differs_from(&then) {
                        let Listed { id: incident, opened_at, .. } = listed;
                        replayed.changed.push(Changed { incident, opened_at, then, now });
                    }
                }
            }
        }
        match page.next_cursor.filter(|_| !is_reached) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(replayed),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(answer: Value) -> Result<T, Failure> {
    let read = serde_json::from_value(answer);
    Ok(read.context("the server answers in another way than this program reads; are they of one release?")?)
}

/// What was judged then and what would be judged now; `None` when no rule decided then.
fn compared(
    listed: &Listed,
    judgement: Judgement,
    config: &Config,
    heartbeats: &BTreeMap<SourceId, Vec<Matcher>>,
) -> Option<(Verdict, Verdict)> {
    let Judgement { opened_at, severity, rule, reason, service, overridden, ladders, alerts } = judgement;
    let recorded: Vec<Recorded> = alerts
        .into_iter()
        .filter(|judged| is_judged(&judged.source))
        .map(|judged| Recorded { source: judged.source, alert: judged.alert, service: judged.service })
        .collect();
    if recorded.is_empty() {
        return None;
    }
    let mut now = judge_again(&recorded, service.as_ref(), opened_at, &config.house, heartbeats);
    let mut then = Verdict {
        severity: Some(severity),
        rule,
        reason,
        services: recorded.iter().filter_map(|one| one.service.clone()).collect(),
        schedules: ladders.iter().map(|ladder| ladder.schedule.clone()).collect(),
        policies: ladders.into_iter().map(|ladder| ladder.policy).collect(),
    };
    // Whom a human's word paged, or nobody because an umbrella did, says nothing about the rules.
    if overridden || listed.parent.is_some() {
        for verdict in [&mut then, &mut now] {
            verdict.schedules.clear();
            verdict.policies.clear();
        }
    }
    Some((then, now))
}

fn print(terminal: &mut Terminal<'_>, replayed: &Replayed, config: &Config) {
    let zone = config.house.timezone;
    let rows: Vec<Vec<String>> = replayed
        .changed
        .iter()
        .map(|Changed { incident, opened_at, then, now }| {
            let when = opened_at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z").to_string();
            let severity = arrow(&word(then.severity), &word(now.severity));
            let also = [
                differing("service", &then.services, &now.services),
                differing("schedule", &then.schedules, &now.schedules),
                differing("policy", &then.policies, &now.policies),
            ];
            let also: Vec<String> = also.into_iter().flatten().collect();
            let rule = arrow(&plain(&then.rule), &plain(&now.rule));
            vec![incident.to_string(), when, severity, rule, also.join(", "), plain(&now.reason)]
        })
        .collect();
    if !rows.is_empty() {
        terminal.print(table(&["INCIDENT", "WHEN", "SEVERITY", "RULE", "ALSO", "REASON NOW"], &rows));
        terminal.line("");
    }
    let since = replayed.since.to_rfc3339_opts(SecondsFormat::Secs, true);
    let of = replayed.judged;
    let counted = match (rows.len(), of) {
        (_, 0) => format!("no incident since {since} was judged by rules"),
        (0, 1) => format!("the only incident since {since} would be judged the same"),
        (0, of) => {
            format!("all {} since {since} would be judged the same", counted(of, "incident", "incidents"))
        }
        (n, of) => {
            format!("{n} of {} since {since} would be judged otherwise", counted(of, "incident", "incidents"))
        }
    };
    let mut notes = vec![];
    if replayed.without_rules > 0 {
        notes.push(format!("{} without alerts that rules judge", replayed.without_rules));
    }
    if replayed.unreadable > 0 {
        notes.push(format!("{} private, not readable with this token", replayed.unreadable));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" (left out: {})", notes.join(", ")) };
    terminal.line(format_args!("{counted}{notes}"));
}

fn word(severity: Option<Severity>) -> String {
    severity.map_or_else(|| "opens nothing".to_owned(), |severity| severity.to_string())
}

fn arrow(then: &str, now: &str) -> String {
    if then == now { now.to_owned() } else { format!("{then} → {now}") }
}

fn differing<'a, T: Display + PartialEq + 'a>(
    what: &str,
    then: impl IntoIterator<Item = &'a T> + Copy,
    now: impl IntoIterator<Item = &'a T> + Copy,
) -> Option<String> {
    let all = |of: &mut dyn Iterator<Item = &'a T>| {
        let words: Vec<String> = of.map(|word| plain(&word.to_string())).collect();
        if words.is_empty() { "none".to_owned() } else { words.join("+") }
    };
    let (then, now) = (all(&mut then.into_iter()), all(&mut now.into_iter()));
    (then != now).then(|| format!("{what} {then} → {now}"))
}
