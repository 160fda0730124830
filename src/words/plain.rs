//! Messages as text alone, for when Slack does not take their looks: what is typed in the place of a click.

use crate::commands::buttons;
use crate::words::mrkdwn::escape;

/// What to type instead of clicking a button of this label (finished text); `None` when nothing can be typed.
pub fn instead_of_button(label: &str, action_id: &str, value: &str, command: &str) -> Option<String> {
    let (incident, words) = buttons::typed(action_id, value)?;
    Some(format!("{label}: `{} {incident} {words}`", escape(command)))
}

/// Under what could not be shown: every message has at least something to go on with.
pub fn nothing_to_show(command: &str) -> String {
    format!("Slack does not show this message. `{} list` tells what is open.", escape(command))
}
