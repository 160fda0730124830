//! What the incident card says: the whole incident at a glance, as it stands.

use crate::domain::incident::State;
use crate::domain::page::Page;
use crate::domain::severity::Severity;
use crate::ports::View;
use crate::words::saying::{self, PHRASE, line};
use crate::words::time::humane;

/// So many rows of the page ledger are shown, the latest.
const ROWS: usize = 12;
/// So much of a provider's error is shown.
const ERROR: usize = 80;

/// What a locked screen shows.
pub fn notification(view: &View) -> String {
    format!(
        "{} · {} · {} · {}",
        view.incident.severity(),
        saying::title(view),
        view.incident.id,
        saying::state(&view.incident)
    )
}

/// The first lines: how bad, what, and where it stands.
pub fn opening(view: &View) -> String {
    [saying::headline(view), saying::whereabouts(view), saying::standing(view)].join("\n")
}

/// The short facts that the first lines do not say, each under its name.
pub fn fields(view: &View) -> Vec<String> {
    let incident = &view.incident;
    let mut fields = vec![];
    let is_storm = incident.storm.is_some();
    if incident.service.is_none() && !is_storm {
        let shown = incident.service_shown.as_deref();
        let shown = shown.map(|service| format!("{} (not configured)", line(service, PHRASE)));
        fields.push(("Service", shown.unwrap_or_else(|| "unknown".to_owned())));
    }
    let schedule = line(incident.schedule(&view.house).as_str(), PHRASE);
    let is_default = if incident.service.is_none() && !is_storm { " (the default)" } else { "" };
    fields.push(("Schedule", format!("{schedule}{is_default}")));
    match &incident.commander {
        Some(person) => fields.push(("Commander", saying::who(view, person))),
        None if incident.severity() == Severity::P1 => fields.push(("Commander", "nobody yet".to_owned())),
        None => {}
    }
    if let Some(target) = ack_target(view) {
        fields.push(("Ack target", target));
    }
    if incident.n_flaps > 0 {
        let times = match incident.n_flaps {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        fields.push(("Came back", times));
    }
    if let Some(due) = super::review::due(incident, view.now) {
        fields.push(("Post-mortem", due));
    }
    let n_open = incident.actions.iter().filter(|item| item.done.is_none()).count();
    if n_open > 0 {
        fields.push(("Action items", format!("{n_open} open of {}", incident.actions.len())));
    }
    if let Some(umbrella) = incident.umbrella {
        fields.push(("Part of the storm", umbrella.to_string()));
    }
    if let Some(follows) = incident.follows {
        fields.push(("Follows", follows.to_string()));
    }
    fields.into_iter().map(|(name, value)| format!("*{name}*\n{value}")).collect()
}

/// When somebody should have it, or that nobody had it in time: once it is over, a fact like any other.
fn ack_target(view: &View) -> Option<String> {
    let incident = &view.incident;
    match (incident.ack_due, &incident.state) {
        (Some(due), State::Triggered) => Some(saying::moment(view, due)),
        (None, State::Triggered) => None,
        _ if incident.ack_target_missed => {
            let target = view.house.means(incident.severity()).ack_target;
            Some(target.map_or_else(|| "missed".to_owned(), |target| format!("missed ({})", humane(target))))
        }
        _ => None,
    }
}

/// The page ledger, a line for each row, oldest first; `None` when nobody was paged.
pub fn ledger(view: &View) -> Option<String> {
    let hidden = view.pages.len().saturating_sub(ROWS);
    let mut lines: Vec<String> = view.pages.iter().skip(hidden).map(|page| row(view, page)).collect();
    if hidden > 0 {
        lines.insert(0, format!("{hidden} earlier ones"));
    }
    (!lines.is_empty()).then(|| format!("*Pages*\n{}", lines.join("\n")))
}

fn row(view: &View, page: &Page) -> String {
    let repeats = match page.repeats {
        0 => String::new(),
        1 => " (repeated)".to_owned(),
        n => format!(" (repeated {n} times)"),
    };
    let at = saying::clock(page.sent.unwrap_or(page.due));
    format!("{at} {} by {}: {}{repeats}", saying::who(view, &page.person), page.method, outcome(page))
}

fn outcome(page: &Page) -> String {
    if let Some(at) = page.acknowledged() {
        return format!("✓ acknowledged {}", saying::clock(at));
    }
    if page.failed.is_some() {
        let error = page.error.as_deref().map_or_else(|| "failed".to_owned(), |error| line(error, ERROR));
        return format!("✗ {error}");
    }
    match (page.accepted, page.delivered) {
        (Some(_), Some(at)) => return format!("✓ delivered {}", saying::clock(at)),
        (Some(_), None) => return "✓ accepted".to_owned(),
        (None, _) => {}
    }
    match (page.superseded, page.sent) {
        (Some(_), _) => "– no longer needed".to_owned(),
        (None, Some(_)) => "… sent, no answer yet".to_owned(),
        (None, None) => "… on its way".to_owned(),
    }
}

/// The runbook in one line; `None` when there is none.
pub fn runbook(view: &View) -> Option<String> {
    let runbook = view.runbook.as_ref()?;
    Some(format!("*Runbook:* {}", saying::runbook_name(runbook)?))
}
