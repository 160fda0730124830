//! `explain alert.json`: a dry run. Everything is decided as the service would, and nothing is stored or sent.

mod replay;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, Duration, FixedOffset, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::server::{Ask, overrides};
use super::terminal::{Terminal, instant, plain, table};
use super::{Ending, Failure};
use crate::config::Config;
use crate::documents::Documents;
use crate::domain::house::House;
use crate::domain::incident::child::KnownChildren;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Command, Decision, Facts, Incident, Opening, RunbookRef, decide, open};
use crate::domain::on_call::Override;
use crate::domain::page::PageChange;
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::domain::{naming, triage};
use crate::http::alertmanager::payload::{self, Parsed};
use crate::ids::{IncidentId, PersonId, SourceId};

/// More due times than any round has.
const MAX_WAKES: usize = 10_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An alert as JSON: `{"labels": …, "annotations": …}`, a list of them as Alertmanager's API gives it, or a whole webhook
    /// body; `-` is standard input
    #[arg(value_name = "ALERT.JSON", required_unless_present = "replay")]
    file: Option<PathBuf>,
    /// Instead: which incidents of this last span would be judged otherwise by the rules of this configuration. `min_firing`
    /// counts all alerts of an incident; what opened nothing is not recorded
    #[arg(long, value_name = "30d", value_parser = replay::span, conflicts_with_all = ["file", "at", "source"])]
    replay: Option<Duration>,
    /// As if it fired then, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<DateTime<FixedOffset>>,
    /// As if this source sent it [default: main, or the only one]
    #[arg(long)]
    source: Option<String>,
    /// For programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: Ask,
}

/// What would happen.
#[derive(Debug, PartialEq, Serialize)]
struct Explanation {
    /// `None` when it would open nothing.
    severity: Option<Severity>,
    rule: Option<String>,
    reason: String,
    /// The channel that would open at once, when its name is free.
    channel: Option<String>,
    service: Option<String>,
    /// The runbook's name, or the address of one elsewhere.
    runbook: Option<String>,
    /// One full round; then it begins again, until somebody acknowledges.
    pages: Vec<Planned>,
}

/// One person who would be paged.
#[derive(Debug, PartialEq, Serialize)]
struct Planned {
    at: DateTime<Utc>,
    step: u32,
    person: PersonId,
    /// In the order in which they would be tried.
    methods: Vec<ContactMethod>,
}

pub(super) fn run(terminal: &mut Terminal<'_>, args: &Args) -> Result<Ending, Failure> {
    let Some(file) = &args.file else {
        // One of the two was given, says the command line.
        return replay::run(terminal, &args.ask, args.replay.unwrap_or_default(), args.json);
    };
    let config = args.ask.file.load(terminal)?.config;
    let now = args.at.map_or(terminal.now, |at| at.to_utc());
    let (name, text) = text_of(file)?;
    let source = source(&config, args.source.as_deref())?;
    let parsed = read(&text, source, now).map_err(|why| Failure::Usage(format!("{name}: {why}")))?;
    let documents = Documents::load(&config.runbooks_dir, &config.postmortems.templates, now.date_naive());
    let overrides = overrides(terminal, &args.ask, &config).unwrap_or_else(|why| {
        terminal.complain(format_args!("overrides made in Slack are left out: {}\n", plain(&why)));
        vec![]
    });
    let explanation = explain(&config, &documents, &overrides, parsed, now);
    if args.json {
        terminal.json(&explanation);
    } else {
        print(terminal, &explanation, &config.house);
    }
    Ok(Ending::Fine)
}

/// What a file holds, and what to call it.
fn text_of(file: &Path) -> Result<(String, Vec<u8>), Failure> {
    let is_input = file == Path::new("-");
    let name = if is_input { "standard input".to_owned() } else { file.display().to_string() };
    if file.is_dir() {
        return Err(Failure::Usage(format!("{name} is a folder; name one of its files")));
    }
    let text = if is_input {
        let mut text = vec![];
        std::io::stdin().read_to_end(&mut text).map(|_n| text)
    } else {
        std::fs::read(file)
    };
    let text = text.with_context(|| format!("cannot read {name}"));
    Ok((name, text.map_err(|error| Failure::Usage(format!("{error:#}")))?))
}

/// Who is taken to be the sender.
fn source(config: &Config, named: Option<&str>) -> Result<SourceId, Failure> {
    let known = || config.alertmanagers.keys();
    match named {
        Some(name) => known().find(|source| source.as_str() == name).cloned().ok_or_else(|| {
            let known: Vec<&str> = known().map(SourceId::as_str).collect();
            Failure::Usage(format!("there is no source `{name}`; there are {}", known.join(", ")))
        }),
        None => Ok(known()
            .find(|source| source.as_str() == "main")
            .or_else(|| known().next())
            .cloned()
            .unwrap_or_else(|| SourceId::from("main"))),
    }
}

/// A webhook body as it is; a single alert, or a list of them, as a delivery of its own. Alerts fire since `now` unless they say
/// otherwise.
fn read(text: &[u8], source: SourceId, now: DateTime<Utc>) -> Result<Parsed, String> {
    let body: Value = serde_json::from_slice(text).map_err(|error| format!("this is not JSON: {error}"))?;
    let has_labels = |alert: &Value| alert.get("labels").is_some();
    let body = match body {
        Value::Array(alerts) if !alerts.is_empty() && alerts.iter().all(has_labels) => delivery_of(alerts),
        alert if alert.get("alerts").is_none() && has_labels(&alert) => delivery_of(vec![alert]),
        body if body.get("alerts").is_some() => body,
        _ => {
            return Err("this is neither an alert, with `labels`, nor a list of alerts nor a webhook body, with `alerts`"
                .to_owned());
        }
    };
    payload::parse(body.to_string().as_bytes(), source, now).map_err(|rejection| rejection.to_string())
}

/// Alerts as a sender would deliver them. In Alertmanager's API the status says what is done with one, and all of them fire.
fn delivery_of(mut alerts: Vec<Value>) -> Value {
    for alert in alerts.iter_mut().filter_map(Value::as_object_mut) {
        let status = alert.entry("status").or_insert_with(|| json!("firing"));
        if status.get("state").is_some() {
            *status = json!("firing");
        }
    }
    json!({ "alerts": alerts })
}

fn explain(
    config: &Config,
    documents: &Documents,
    overrides: &[Override],
    parsed: Parsed,
    now: DateTime<Utc>,
) -> Explanation {
    let house = &config.house;
    let heartbeat = config.alertmanagers.get(&parsed.group.source).map(|source| &source.heartbeat.matchers);
    let n_firing = parsed.group.alerts.iter().filter(|alert| alert.is_firing()).count();
    let matchers = heartbeat.map(Vec::as_slice).unwrap_or_default();
    let judged = triage::judge(parsed.group, parsed.undated, house, matchers, now);
    let opening = judged.opening(house, None, &KnownChildren::default(), now, |worst| {
        let service = worst.service.as_ref().and_then(|id| house.services.get(id));
        documents.runbook_for(&worst.alert, service)
    });
    let Some(opening) = opening else {
        let reason = match n_firing {
            0 => "nothing in it fires: it opens no incident",
            _ if judged.beats.is_empty() => "its severity is none: it opens no incident",
            _ if judged.beats.len() < n_firing => {
                "what fires is a heartbeat, and alerts whose severity is none: it opens no incident"
            }
            _ => "what fires is a heartbeat, of which only the absence is an incident: it opens none",
        };
        return Explanation {
            severity: None,
            rule: None,
            reason: reason.to_owned(),
            channel: None,
            service: None,
            runbook: None,
            pages: vec![],
        };
    };
    let (incident, pages) = rehearse(house, overrides, opening, now);
    let date = incident.opened_at.with_timezone(&house.timezone).date_naive();
    let channel =
        incident.room.channel_wanted.then(|| naming::channel_name(date, &incident.short_name, None));
    Explanation {
        severity: Some(incident.severity()),
        rule: Some(incident.assessment.rule.clone()),
        reason: incident.assessment.reason.clone(),
        channel,
        service: incident.service.map(|service| service.0).or(incident.service_shown),
        runbook: incident.runbook.map(|runbook| match runbook {
            RunbookRef::Ours { id, .. } => id.0,
            RunbookRef::Link(url) => url,
        }),
        pages,
    }
}

/// Opens the incident and lets its time pass while nobody answers, until the second round begins everywhere.
fn rehearse(
    house: &House,
    overrides: &[Override],
    opening: Opening,
    now: DateTime<Utc>,
) -> (Incident, Vec<Planned>) {
    let facts = |now| Facts { now, house, overrides, origin: Origin::Timer, umbrella: None };
    let first = open(IncidentId(1), opening, &facts(now));
    let mut pages = BTreeMap::new();
    note_pages(&first, &mut pages);
    let opened = first.next.clone();
    let mut incident = first.next;
    for _ in 0..MAX_WAKES {
        let in_first_round = incident.ladders.iter().any(|ladder| ladder.round == 1);
        let Some(due) = incident.wake_at().filter(|_| in_first_round) else { break };
        // Nothing refuses to wake; if it did, there would be nothing more to show.
        let Ok(decision) = decide(&incident, Command::Wake, &facts(due)) else { break };
        note_pages(&decision, &mut pages);
        incident = decision.next;
    }
    (opened, pages.into_values().collect())
}

/// Remembers who is paged by a decision, once for each walk through their methods, first round only.
fn note_pages(decision: &Decision, pages: &mut BTreeMap<u32, Planned>) {
    for change in &decision.pages {
        let PageChange::New(page) = change else { continue };
        if page.round > 1 {
            continue;
        }
        let walk = decision.next.walks.iter().find(|walk| walk.n == page.walk);
        pages.entry(page.walk).or_insert_with(|| Planned {
            at: page.due,
            step: page.step,
            person: page.person.clone(),
            methods: walk.map_or_else(|| vec![page.method], |walk| walk.methods.clone()),
        });
    }
}

fn print(terminal: &mut Terminal<'_>, explanation: &Explanation, house: &House) {
    let Some(severity) = explanation.severity else {
        terminal.line(&explanation.reason);
        return;
    };
    let rule = explanation.rule.as_deref().unwrap_or_default();
    terminal.line(format_args!("{severity}  {}: {}", plain(rule), plain(&explanation.reason)));
    let channel = explanation.channel.as_ref().map(|channel| format!("#{channel}"));
    let facts = [("channel", &channel), ("service", &explanation.service), ("runbook", &explanation.runbook)];
    for (name, value) in facts {
        terminal.line(format_args!("  {name}  {}", plain(value.as_deref().unwrap_or("none"))));
    }
    if explanation.pages.is_empty() {
        terminal.line("\nNobody is paged.");
        return;
    }
    let rows: Vec<Vec<String>> = explanation
        .pages
        .iter()
        .map(|page| {
            let at = page.at.with_timezone(&house.timezone).format("%a %Y-%m-%d %H:%M:%S %Z").to_string();
            let methods: Vec<&str> = page.methods.iter().map(|method| method.as_str()).collect();
            vec![at, page.step.to_string(), page.person.to_string(), methods.join(", then ")]
        })
        .collect();
    terminal.line("");
    terminal.print(table(&["AT", "STEP", "PERSON", "BY"], &rows));
    terminal.line("\nThen the next round begins, until somebody acknowledges.");
}
