//! What somebody sees who acknowledges by a link: plain text, which the page escapes.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::web::Refused;
use crate::ids::{IncidentId, PersonId};

/// The one button.
pub const BUTTON: &str = "Acknowledge";

/// As whom, and what the button does.
pub fn as_whom(person: &PersonId) -> String {
    format!("You acknowledge as {person}: you have it, and nobody else is woken.")
}

/// It is done, or was before.
pub fn done(person: &PersonId, is_theirs: bool) -> String {
    if is_theirs {
        format!("You have it, {person}. Nobody else is woken for it.")
    } else {
        "Somebody has it already: there is nothing for you to acknowledge.".to_owned()
    }
}

/// What was acknowledged has changed since the page was opened.
pub const CHANGED: &str = "This has changed since you opened the page. Look again before you acknowledge.";

/// Why a link acknowledges nothing. `command` is the slash command for incidents.
pub fn refused(why: Refused, command: &str) -> String {
    let what = match why {
        Refused::Unsigned => "This link was not made by Don't Panic, or not for you.",
        Refused::Expired => "This link has expired: links acknowledge for 24 hours.",
    };
    format!("{what} Type {command} list in Slack to see what is open.")
}

/// The incident has ended.
pub fn ended(id: IncidentId, at: Option<DateTime<Utc>>, goes_on: Option<IncidentId>, zone: Tz) -> String {
    if let Some(into) = goes_on {
        return format!("{id} is part of {into} now. Acknowledge that one.");
    }
    match at {
        Some(at) => {
            format!(
                "{id} ended at {}. There is nothing to acknowledge.",
                at.with_timezone(&zone).format("%H:%M")
            )
        }
        None => format!("This link was made before {id} ended and came back. Use the link of a newer page."),
    }
}
