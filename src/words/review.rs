//! What is said about a post-mortem: how far it is, when it is due, and that it is late.

use chrono::{DateTime, Utc};

use super::saying;
use crate::domain::incident::{Incident, Review};
use crate::ids::IncidentId;
use crate::ports::View;
use crate::words::mrkdwn::{channel, date};

/// When it is due, or since when it is overdue; `None` when nobody waits for it.
pub fn due(incident: &Incident, now: DateTime<Utc>) -> Option<String> {
    let at = incident.awaited_at()?;
    Some(if at <= now { format!("*overdue* since {}", date(at)) } else { format!("due {}", date(at)) })
}

/// What a locked screen shows of it.
pub fn notification(view: &View) -> String {
    let what = match view.incident.postmortem {
        Review::None | Review::Draft => "Post-mortem draft for",
        Review::Published | Review::Declined => "Post-mortem of",
    };
    format!("{what} {}: {}", view.incident.id, saying::title(view))
}

/// Under the draft: how far it is.
pub fn standing(view: &View) -> String {
    let incident = &view.incident;
    let how_far = match incident.postmortem {
        Review::None | Review::Draft => "Draft",
        Review::Published => "Published",
        Review::Declined => "Declined",
    };
    match due(incident, view.now) {
        Some(due) => format!("{how_far} · {due} · `postmortem publish` when it is done"),
        None => how_far.to_owned(),
    }
}

/// In place of a draft that is shown again.
pub fn moved(incident: IncidentId) -> String {
    format!("The post-mortem of {incident} is shown again further down.")
}

/// To whoever is to write it.
pub fn reminder(view: &View, due_at: DateTime<Utc>) -> String {
    let incident = &view.incident;
    let place = incident.room.channel.as_ref().map(|room| format!(" · {}", channel(&room.id)));
    format!(
        "The post-mortem of *{}* {} is due {}.{}\nWrite it, then `postmortem publish`; or `postmortem decline` with a reason.",
        incident.id,
        saying::title(view),
        date(due_at),
        place.unwrap_or_default()
    )
}

/// One of several that are awaited.
pub fn one(incident: &Incident, now: DateTime<Utc>) -> Option<String> {
    let place = incident.room.channel.as_ref().map(|room| format!(" · {}", channel(&room.id)));
    let title = saying::line(&incident.title, saying::TITLE);
    Some(format!(
        "*{}* {title}{}\npost-mortem {}",
        incident.id,
        place.unwrap_or_default(),
        due(incident, now)?
    ))
}
