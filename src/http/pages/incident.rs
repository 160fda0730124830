//! One incident as its page shows it: every value a plain text, which the template escapes.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::grafana::Place;
use crate::domain::incident::timeline::What;
use crate::engine::reading::Told;
use crate::ports::View;
use crate::words::mrkdwn::{self, plain};
use crate::words::web;

/// The page's values.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    id: String,
    title: String,
    severity: &'static str,
    state: &'static str,
    standing: String,
    next: Option<String>,
    facts: Vec<Fact>,
    alerts: Vec<Alert>,
    more_alerts: u32,
    links: Vec<Link>,
    events: Vec<Event>,
    pages: Vec<Page>,
    /// The post-mortem as Markdown, when there is one.
    postmortem: Option<String>,
    zone: String,
    now: Time,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

/// An instant for people, and for programs.
#[derive(Debug, Serialize)]
struct Time {
    shown: String,
    exact: String,
}

#[derive(Debug, Serialize)]
struct Alert {
    is_firing: bool,
    name: String,
    labels: String,
}

#[derive(Debug, Serialize)]
struct Link {
    label: String,
    url: String,
}

#[derive(Debug, Serialize)]
struct Event {
    at: Time,
    text: String,
}

#[derive(Debug, Serialize)]
struct Page {
    at: Time,
    person: String,
    method: &'static str,
    outcome: String,
    is_trouble: bool,
}

impl Shown {
    /// The incident as `view` has it, with its timeline and its post-mortem's Markdown.
    pub fn of(view: &View, told: &[Told], postmortem: Option<&str>) -> Self {
        let incident = &view.incident;
        let zone = view.house.timezone;
        let time = |at: DateTime<Utc>| Time {
            shown: at.with_timezone(&zone).format("%-d %b %H:%M:%S").to_string(),
            exact: at.to_rfc3339(),
        };
        let facts = web::facts(view).into_iter().map(|(name, value)| Fact { name, value: plain(&value) });
        let alerts = view.children.iter().map(|child| Alert {
            is_firing: child.alert.is_firing(),
            name: plain(child.alert.name().unwrap_or("Alert without a name")),
            labels: plain(&web::details(&child.alert)),
        });
        let n_shown = u32::try_from(view.children.len()).unwrap_or(u32::MAX);
        // What became of each page stands in the ledger.
        let is_told = |told: &&Told| {
            !matches!(
                told.entry.what,
                What::PageSent(_)
                    | What::PageAccepted(_)
                    | What::PageFailed { .. }
                    | What::PageCarried { .. }
            )
        };
        let events = told.iter().rev().filter(is_told);
        Self {
            id: incident.id.to_string(),
            title: plain(&incident.title),
            severity: incident.severity().as_str(),
            state: incident.state.name(),
            standing: plain(&web::standing(view)),
            next: web::next(view),
            facts: facts.collect(),
            alerts: alerts.collect(),
            more_alerts: incident.n_alerts.saturating_sub(n_shown),
            links: links(view),
            events: events.map(|told| Event { at: time(told.entry.at), text: plain(&told.text) }).collect(),
            pages: view
                .pages
                .iter()
                .rev()
                .map(|page| Page {
                    at: time(page.sent.unwrap_or(page.due)),
                    person: page.person.to_string(),
                    method: page.method.as_str(),
                    outcome: plain(&web::outcome(view, page)),
                    is_trouble: page.acked.is_none() && page.failed.is_some(),
                })
                .collect(),
            postmortem: postmortem.map(|markdown| without_marks(&plain(markdown))),
            zone: format!("{} ({})", zone.name(), view.now.with_timezone(&zone).format("%Z")),
            now: time(view.now),
        }
    }
}

/// Where the work goes on.
fn links(view: &View) -> Vec<Link> {
    let channel = view.incident.room.channel.as_ref();
    let channel = channel.map(|channel| format!("https://slack.com/app_redirect?channel={}", channel.id));
    let runbook = view.runbook.as_ref().and_then(|runbook| runbook.url.clone());
    let dashboard = view.dashboards.first().map(|dashboard| dashboard.url.clone());
    let sender: Vec<(&str, &str)> = view
        .grafana_places()
        .into_iter()
        .filter(|(_, url)| dashboard.as_deref() != Some(*url))
        .map(|(place, url)| (place.label(), url))
        .collect();
    let has_two = sender.iter().any(|(label, _)| *label == Place::Dashboard.label());
    let title = view.dashboards.first().map(|dashboard| dashboard.title.trim()).filter(|_| has_two);
    let named = title.map_or_else(|| "Dashboard".to_owned(), |title| format!("Dashboard {}", plain(title)));
    let goes_on = view.goes_on.as_ref().and_then(|goes_on| goes_on.page_url.clone());
    let goes_on = goes_on.map(String::from);
    let there = view.goes_on.as_ref().map_or_else(String::new, |goes_on| format!("Go to {}", goes_on.id));
    let all = [
        (there.as_str(), goes_on),
        ("Open channel", channel),
        ("Runbook", runbook),
        (named.as_str(), dashboard),
        ("Source", view.source_url.clone()),
    ];
    let link = |(label, address): (&str, Option<String>)| {
        Some(Link { label: label.to_owned(), url: mrkdwn::button_url(&address?)?.into() })
    };
    let sender = sender.into_iter().map(|(label, url)| (label, Some(url.to_owned())));
    all.into_iter().chain(sender).filter_map(link).collect()
}

/// Markdown for readers: without the comments between which it is generated.
fn without_marks(markdown: &str) -> String {
    let is_mark = |line: &&str| line.trim().starts_with("<!--") && line.trim().ends_with("-->");
    let lines: Vec<&str> = markdown.lines().filter(|line| !is_mark(line)).collect();
    lines.join("\n").trim().to_owned()
}
