//! What is said to whoever wants a message on the timeline.

use crate::domain::incident::{Message, Outcome};

/// Why a message is not on the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKept {
    /// No incident is talked about there.
    NoIncident,
    /// The bot wrote it.
    Ours,
    /// It is gone.
    Gone,
    /// It has no text.
    NoWords,
    /// Nobody knows who wrote it.
    NoAuthor,
    /// Slack does not show it to the bot.
    Hidden,
}

/// After a message was put on the timeline, or was there before.
pub fn kept(outcome: &Outcome, message: &Message) -> String {
    match outcome {
        Outcome::Done(handled) => {
            let was_there = handled.before.noted.iter().any(|noted| noted.message == *message);
            let id = handled.incident.id;
            if was_there {
                format!("That message is on the timeline of {id} already.")
            } else {
                format!("That message is on the timeline of {id} now. Edits are followed.")
            }
        }
        Outcome::Refused(refusal, _) => format!("Not added: {refusal}."),
        Outcome::Unknown(id) => format!("There is no {id}."),
    }
}

/// Why a message is not on the timeline, and what to do instead. `command` is the slash command about incidents.
pub fn not_kept(why: NotKept, command: &str) -> String {
    match why {
        NotKept::NoIncident => format!(
            "No incident is talked about here. Use it in an incident's channel or thread, or type `{command} INC-1 note …`."
        ),
        NotKept::Ours => "I wrote that myself; the timeline has what it tells.".to_owned(),
        NotKept::Gone => "That message is gone, so it is *not* on the timeline.".to_owned(),
        NotKept::NoWords => {
            format!(
                "That message has no text, so it is *not* on the timeline. Say what it shows: `{command} note …`."
            )
        }
        NotKept::NoAuthor => {
            format!(
                "Slack does not say who wrote that, so it is *not* on the timeline. Write it yourself: `{command} note …`."
            )
        }
        NotKept::Hidden => format!(
            "Slack does not show me that message, so it is *not* on the timeline. Invite me to this channel, or type \
             `{command} note …`."
        ),
    }
}
