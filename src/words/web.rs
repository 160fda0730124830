//! What the pages of this service say: plain text, which the page escapes. People are named by their key in the configuration.
//!
//! A page has no script, so it cannot know its reader's zone: times of day are the house's.

use chrono::{DateTime, Utc};

use crate::domain::alert::Alert;
use crate::domain::incident::{Actor, State};
use crate::domain::page::Page;
use crate::ids::IncidentId;
use crate::ports::View;
use crate::words::time::humane;
use crate::words::timeline::{Plain, Voice as _};
use crate::words::{grafana, mrkdwn};

/// So much of what was measured is shown.
const MEASURED: usize = 200;

/// The database did not answer.
pub const UNAVAILABLE: &str = "This page cannot be shown just now: the database does not answer. Try again in a moment; paging does not wait for it.";

/// Why a page is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no link of ours behind it.
    Unsigned,
    /// The link is too old.
    Expired,
}

/// Why a page is not shown, and how to see it. `command` is the slash command for incidents.
pub fn refused(why: Refused, command: &str, id: Option<IncidentId>) -> String {
    let what = match why {
        Refused::Unsigned => "This page opens with a link from Don't Panic only.",
        Refused::Expired => "This link has expired: links work for 12 hours.",
    };
    let id = id.map_or_else(|| "INC-42".to_owned(), |id| id.to_string());
    format!("{what} Type {command} {id} in Slack for a fresh one.")
}

/// There is no such incident any more.
pub fn gone(id: IncidentId) -> String {
    format!("There is no {id}.")
}

/// Where the whole draft of a post-mortem can be read, as mrkdwn: on the incident's page, or else where the service runs.
pub fn whole_draft(view: &View) -> String {
    let id = view.incident.id;
    match &view.page_url {
        Some(url) => {
            let page = mrkdwn::link(url, "the incident's page");
            format!("The whole draft is on {page} (for 12 hours; `show` gives a fresh link).")
        }
        None => {
            format!(
                "The whole draft: `dontpanic postmortem {id}` where the service and its configuration are."
            )
        }
    }
}

/// The time of day, in the house's zone.
fn clock(view: &View, at: DateTime<Utc>) -> String {
    at.with_timezone(&view.house.timezone).format("%H:%M").to_string()
}

/// Where the incident stands, in one sentence.
pub fn standing(view: &View) -> String {
    let incident = &view.incident;
    match &incident.state {
        State::Triggered => "Nobody has acknowledged yet.".to_owned(),
        State::Acknowledged(ack) => {
            format!("Acknowledged by {} at {}.", Plain.actor(&ack.by), clock(view, ack.at))
        }
        State::Monitoring { since, acked, resolves_at } => {
            let who = acked.as_ref().map(|ack| format!(" {} has it.", Plain.actor(&ack.by)));
            let then = match resolves_at {
                Some(at) if !incident.kept_open => format!(" Resolves by itself at {}.", clock(view, *at)),
                Some(_) | None => " Stays open until somebody resolves it.".to_owned(),
            };
            format!("All alerts clear since {}.{}{then}", clock(view, *since), who.unwrap_or_default())
        }
        State::Resolved { at, by } | State::Closed { at, by } => {
            if let Some(into) = incident.merged_into {
                return format!("Merged into {into} by {} at {}.", Plain.actor(by), clock(view, *at));
            }
            let how =
                if *by == Actor::Bot { "by itself".to_owned() } else { format!("by {}", Plain.actor(by)) };
            let summary = incident.summary.as_deref().map(|text| format!(" {text}")).unwrap_or_default();
            let lasted = humane(*at - incident.opened_at);
            format!("Resolved {how} at {} after {lasted}.{summary}", clock(view, *at))
        }
    }
}

/// Who is paged next; `None` when nobody is.
pub fn next(view: &View) -> Option<String> {
    let next = view.next.as_ref().filter(|_| view.incident.state == State::Triggered)?;
    let is_near = (next.at - view.now).abs() < chrono::Duration::hours(12);
    let day = next.at.with_timezone(&view.house.timezone).format("%a %-d %b, ").to_string();
    let day = if is_near { String::new() } else { day };
    Some(format!("Next: pages {} at {day}{}.", Plain.people(&next.people), clock(view, next.at)))
}

/// The short facts, each under its name.
pub fn facts(view: &View) -> Vec<(&'static str, String)> {
    let incident = &view.incident;
    let began = incident.started_at.with_timezone(&view.house.timezone);
    let service = incident.service_shown.clone().map(|service| ("Service", service));
    let env = incident.env().map(|env| ("Environment", env.to_owned()));
    let commander = incident.commander.as_ref().map(|person| ("Commander", Plain.person(person)));
    let why = format!("{} ({})", incident.assessment.rule, incident.assessment.reason);
    let why = match &incident.severity_override {
        Some(human) if human.severity == incident.severity() => {
            let reason = human.reason.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
            format!(
                "set by {}{reason}; the rules say {}: {why}",
                Plain.actor(&human.by),
                incident.assessment.severity
            )
        }
        Some(_) | None => why,
    };
    let missed = incident.ack_target_missed.then(|| ("Ack target", "missed".to_owned()));
    let since = ("Since", began.format("%-d %b %Y %H:%M").to_string());
    let facts = [service, env, Some(since), commander, missed, Some(("Why this severity", why))];
    facts.into_iter().flatten().collect()
}

/// What a firing alert measured, if its sender said so, and its labels in one line, its name left out.
pub fn details(alert: &Alert) -> String {
    let measured = grafana::measured(alert).filter(|_| alert.is_firing());
    let measured = measured.map(|text| mrkdwn::clip_plain(&text, MEASURED));
    let others = alert.labels.iter().filter(|(name, _)| name.as_str() != "alertname");
    let others = others.map(|(name, value)| format!("{name}={value}"));
    measured.into_iter().chain(others).collect::<Vec<_>>().join(" · ")
}

/// What is proven about one attempt to wake somebody.
pub fn outcome(view: &View, page: &Page) -> String {
    let repeats = match page.repeats {
        0 => String::new(),
        n => format!(", sent {} times", n + 1),
    };
    let outcome = match (page.acknowledged(), page.failed, page.accepted, page.superseded, page.sent) {
        (Some(at), ..) => match page.delivered {
            Some(arrived) => {
                format!("delivered at {}, acknowledged at {}", clock(view, arrived), clock(view, at))
            }
            None => format!("acknowledged at {}", clock(view, at)),
        },
        (None, None, Some(_), ..) => match page.delivered {
            Some(at) => format!("delivered at {}", clock(view, at)),
            None => "accepted".to_owned(),
        },
        (None, Some(_), ..) => match &page.error {
            Some(error) => format!("failed: {error}"),
            None => "failed".to_owned(),
        },
        (None, None, None, Some(_), _) => "no longer needed".to_owned(),
        (None, None, None, None, Some(_)) => "sent, no answer yet".to_owned(),
        (None, None, None, None, None) => "on its way".to_owned(),
    };
    format!("{outcome}{repeats}")
}
