//! Messages as text alone, for when Slack does not take their looks: what is typed in the place of a click.

use crate::commands::buttons::{self, Typed};
use crate::words::mrkdwn::escape;

/// What the slash commands are called here.
#[derive(Debug, Clone, Copy)]
pub struct Slashes<'a> {
    /// The one about incidents.
    pub incident: &'a str,
    /// The one about schedules.
    pub oncall: &'a str,
}

/// What to type instead of clicking a button of this label (finished text); `None` when nothing can be typed.
pub fn instead_of_button(label: &str, action_id: &str, value: &str, slashes: Slashes<'_>) -> Option<String> {
    Some(match buttons::typed(action_id, value)? {
        Typed::Incident(incident, words) => {
            format!("{label}: `{} {incident} {words}`", escape(slashes.incident))
        }
        Typed::OnCall(words) => format!("{label}: `{} {words}`", escape(slashes.oncall)),
    })
}

/// Under what could not be shown: every message has at least something to go on with.
pub fn nothing_to_show(command: &str) -> String {
    format!("Slack does not show this message. `{} list` tells what is open.", escape(command))
}
