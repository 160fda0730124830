//! What fires: one line for each alert, with what tells it from the others.

use std::collections::BTreeSet;

use super::{PHRASE, clock, line};
use crate::domain::alert::{Alert, AlertStatus};
use crate::domain::incident::child::Child;
use crate::ports::View;
use crate::words::{grafana, mrkdwn, storm};

/// So many alerts are named one by one.
const NAMED: usize = 5;
/// So many labels tell one alert from another.
const TELLING: usize = 4;
/// So much of a label's value is shown.
const VALUE: usize = 60;
/// So much of what was measured is shown.
const MEASURED: usize = 160;
/// So much of the description is shown.
const DESCRIPTION: usize = 400;
/// Labels that the message says elsewhere, or that say nothing about the trouble.
const SAID_ELSEWHERE: [&str; 7] =
    ["alertname", "severity", "priority", "env", "environment", "prometheus", "monitor"];

/// The alerts, firing ones first, at most five, and how many more there are. Empty when there is none.
pub fn fires(view: &View) -> String {
    let incident = &view.incident;
    if let Some(storm) = &incident.storm {
        let is_late = incident.state.ack().is_some() && storm.n_waiting > 0;
        let late = is_late.then(|| format!("\n{}.", storm::joined_since(storm)));
        return format!("{}{}", storm::by_service(storm), late.unwrap_or_default());
    }
    if view.children.is_empty() {
        return String::new();
    }
    let telling = telling_labels(view);
    let mut lines: Vec<String> =
        view.children.iter().take(NAMED).map(|child| one(view, child, &telling)).collect();
    let named = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    let more = incident.n_alerts.saturating_sub(named);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    if incident.n_truncated() > 0 {
        lines.push(format!("and {} that the sender left out", incident.n_truncated()));
    }
    let count = match (incident.n_firing, incident.n_alerts) {
        (0, _) => "*Fired*".to_owned(),
        (1, 1) => "*Fires*".to_owned(),
        (firing, all) if firing == all => format!("*Fires* ({firing})"),
        (firing, all) => format!("*Fires* ({firing} of {all})"),
    };
    format!("{count}\n{}", lines.join("\n"))
}

/// What the first alert says about itself.
pub fn description(view: &View) -> Option<String> {
    let child = view.children.first()?;
    let text = ["description", "message"].into_iter().find_map(|name| child.alert.annotations.get(name))?;
    let text = line(text, DESCRIPTION);
    (!text.is_empty()).then_some(text)
}

fn one(view: &View, child: &Child, telling: &BTreeSet<&str>) -> String {
    let alert = &child.alert;
    let name = alert.name().map_or_else(|| "Alert without a name".to_owned(), |name| line(name, PHRASE));
    let mut parts = vec![name];
    if let Some(summary) = own_summary(view, alert) {
        parts.push(summary);
    }
    let measured = grafana::measured(alert).filter(|_| alert.is_firing());
    parts.extend(measured.map(|text| line(&text, MEASURED)));
    let labels = alert.labels.iter().filter(|(name, _)| telling.contains(name.as_str()));
    parts.extend(
        labels.take(TELLING).map(|(name, value)| format!("{}={}", line(name, VALUE), line(value, VALUE))),
    );
    let words = parts.join(" · ");
    if let Some(end) = child.doubted {
        return format!("• {words} · resolved {}, not believed: monitoring is lost", clock(end));
    }
    match (alert.status, alert.ends_at) {
        (AlertStatus::Firing, _) if alert.starts_at == view.incident.started_at => format!("• {words}"),
        (AlertStatus::Firing, _) => format!("• {words} · since {}", mrkdwn::date(alert.starts_at)),
        (AlertStatus::Resolved, Some(end)) => format!("◦ {words} · cleared {}", clock(end)),
        (AlertStatus::Resolved, None) => format!("◦ {words} · cleared"),
    }
}

/// The alert's summary, unless the title says it already.
fn own_summary(view: &View, alert: &Alert) -> Option<String> {
    let summary = alert.annotations.get("summary")?;
    let is_title = summary.split_whitespace().eq(view.incident.title.split_whitespace());
    let text = line(summary, PHRASE);
    (!is_title && !text.is_empty()).then_some(text)
}

/// The labels in which the alerts differ; all that is not said elsewhere when there is only one alert.
fn telling_labels(view: &View) -> BTreeSet<&str> {
    let all: BTreeSet<&str> =
        view.children.iter().flat_map(|child| child.alert.labels.keys().map(String::as_str)).collect();
    let differs = |name: &str| {
        let mut values = view.children.iter().map(|child| child.alert.labels.get(name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let says_service = |name: &str| {
        let shown = view.incident.service_shown.as_ref();
        view.children.iter().all(|child| child.alert.labels.get(name) == shown)
    };
    let only_one = view.children.len() == 1;
    all.into_iter()
        .filter(|name| !SAID_ELSEWHERE.contains(name))
        .filter(|name| if only_one { !says_service(name) } else { differs(name) })
        .collect()
}
