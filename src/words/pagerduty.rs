//! What PagerDuty shows of an incident. Everybody there may read it, so a private one has no name and no labels.

use serde_json::{Map, Value, json};

use super::alarm::{place, title};
use super::saying::PRIVATE;
use crate::domain::severity::Severity;
use crate::ports::View;

/// The longest summary, characters.
const LONGEST: usize = 1024;
/// So much of a title is said.
const TITLE: usize = 800;
/// So many alerts are shown,
const ALERTS: usize = 5;
/// so many labels of each,
const LABELS: usize = 30;
/// and so many characters of each value.
const VALUE: usize = 200;
/// What an incident without a service comes from.
const SOURCE: &str = "dontpanic";

/// The first line.
pub fn summary(view: &View) -> String {
    let incident = &view.incident;
    if incident.privacy.is_private() {
        return format!("{} {}: {PRIVATE}", incident.severity(), incident.id);
    }
    let place = place(view).join(", ");
    let place = if place.is_empty() { place } else { format!(" ({place})") };
    clipped(&format!("{} {}: {}{place}", incident.severity(), incident.id, title(view, TITLE)), LONGEST)
}

/// What is affected.
pub fn source(view: &View) -> String {
    let service = view.incident.service_shown.as_deref().filter(|_| !view.incident.privacy.is_private());
    let service = service.map(str::trim).filter(|service| !service.is_empty());
    clipped(service.unwrap_or(SOURCE), VALUE)
}

/// How bad it is, in the four words there are.
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "critical",
        Severity::P2 => "error",
        Severity::P3 => "warning",
        Severity::P4 => "info",
    }
}

/// What else is known.
pub fn details(view: &View) -> Value {
    let incident = &view.incident;
    let plain = json!({ "incident": incident.id.to_string(), "severity": incident.severity().to_string() });
    if incident.privacy.is_private() {
        return plain;
    }
    let alerts = view.children.iter().take(ALERTS).map(|child| {
        let labels = child.alert.labels.iter().take(LABELS);
        labels.map(|(name, value)| (clipped(name, VALUE), clipped(value, VALUE).into())).collect()
    });
    let alerts: Vec<Map<String, Value>> = alerts.collect();
    json!({
        "incident": incident.id.to_string(),
        "severity": incident.severity().to_string(),
        "severity_reason": clipped(&incident.assessment.reason, VALUE),
        "service": incident.service_shown.as_deref().map(|service| clipped(service, VALUE)),
        "env": incident.env().map(|env| clipped(env, VALUE)),
        "alerts_firing": incident.n_firing,
        "labels": alerts,
    })
}

fn clipped(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
