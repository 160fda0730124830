//! Slack's shortcuts: the global one, and those of a message's menu.

use super::Ask;
use super::forms::LONGEST_TITLE;
use super::text::typed;
use crate::domain::incident::Audience;

/// The `callback_id` of the global shortcut that declares an incident.
pub const DECLARE: &str = "declare_incident";
/// The `callback_id` of the message shortcut that declares an incident from what somebody wrote.
pub const DECLARE_FROM_MESSAGE: &str = "declare_from_message";

/// The `callback_id` of the message shortcut that puts what somebody wrote on the timeline.
pub const ADD_TO_TIMELINE: &str = "add_to_timeline";

/// What a shortcut asks for; `said` is the text of the message that it was chosen on.
pub fn ask(callback_id: &str, said: Option<&str>) -> Option<Ask> {
    let title = match callback_id {
        DECLARE => None,
        DECLARE_FROM_MESSAGE => said.and_then(title),
        _ => return None,
    };
    Some(Ask::Declare { severity: None, title, service: None, audience: Audience::Everybody })
}

/// The first line that says something, as far as a title goes.
fn title(said: &str) -> Option<String> {
    let line = said.lines().find(|line| !line.trim().is_empty())?;
    Some(typed(line)?.chars().take(LONGEST_TITLE).collect())
}

#[cfg(test)]
mod tests;
