//! The buttons of the bot's messages: their `action_id`, and the incident and epoch in their `value`.

use super::About;
use crate::domain::postmortem::{Answer, Question};
use crate::ids::IncidentId;

/// A button that asks for something. (Buttons that only open a link ask for nothing.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Take it.
    Acknowledge,
    /// Page the next step now.
    Escalate,
    /// Open a channel for an incident that has none.
    OpenChannel,
    /// It is over.
    Resolve,
    /// It is over although alerts still fire.
    ResolveAnyway,
    /// The alerts are clear, but it is not over.
    KeepOpen,
    /// It is not over after all.
    Reopen,
    /// Show the runbook.
    Runbook,
    /// Show the post-mortem.
    Postmortem,
    /// Write in the post-mortem.
    EditPostmortem,
}

/// The `action_id` of the button that declares an incident; it is about none.
pub const DECLARE: &str = "declare";
/// What the `action_id` of a button that only opens a link begins with.
pub const LINK: &str = "link";

impl Button {
    const ALL: [Self; 10] = [
        Self::Acknowledge,
        Self::Escalate,
        Self::OpenChannel,
        Self::Resolve,
        Self::ResolveAnyway,
        Self::KeepOpen,
        Self::Reopen,
        Self::Runbook,
        Self::Postmortem,
        Self::EditPostmortem,
    ];

    /// Its `action_id`.
    pub const fn action_id(self) -> &'static str {
        match self {
            Self::Acknowledge => "ack",
            Self::Escalate => "escalate",
            Self::OpenChannel => "open_channel",
            Self::Resolve => "resolve",
            Self::ResolveAnyway => "resolve_anyway",
            Self::KeepOpen => "keep_open",
            Self::Reopen => "reopen",
            Self::Runbook => "runbook",
            Self::Postmortem => "postmortem",
            Self::EditPostmortem => "edit_postmortem",
        }
    }

    /// What it says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Acknowledge => "Acknowledge",
            Self::Escalate => "Escalate",
            Self::OpenChannel => "Open channel",
            Self::Resolve => "Resolve",
            Self::ResolveAnyway => "Resolve",
            Self::KeepOpen => "Keep open",
            Self::Reopen => "Reopen",
            Self::Runbook => "Runbook",
            Self::Postmortem => "Post-mortem",
            Self::EditPostmortem => "Edit",
        }
    }

    /// What it asks for.
    pub const fn about(self) -> About {
        match self {
            Self::Acknowledge => About::Acknowledge,
            Self::Escalate => About::Escalate(None),
            Self::OpenChannel => About::OpenChannel,
            Self::Resolve => About::Resolve { summary: None },
            Self::ResolveAnyway => About::ResolveAnyway,
            Self::KeepOpen => About::KeepOpen,
            Self::Reopen => About::Reopen,
            Self::Runbook => About::Runbook,
            Self::Postmortem => About::Postmortem,
            Self::EditPostmortem => About::EditPostmortem(None),
        }
    }

    /// The button with this `action_id`.
    pub fn of_action(action_id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|button| button.action_id() == action_id)
    }
}

/// What the `action_id` of a button begins with that says that an action item is done; its number follows, because several may
/// stand in one row.
const DONE: &str = "action_done";

impl Button {
    /// What the button says that says that an action item is done.
    pub const DONE_LABEL: &str = "Done";
}

/// The `action_id` of the button that says that this action item is done.
pub fn done_action(n: u32) -> String {
    format!("{DONE}_{n}")
}

/// The `value` of that button. It never goes stale: what is done stays done.
pub fn done_value(incident: IncidentId, n: u32) -> String {
    format!("{incident}/{n}")
}

/// Which action item of which incident a button says is done; `None` when it says something else.
pub fn read_done(action_id: &str, value: &str) -> Option<(IncidentId, u32)> {
    action_id.strip_prefix(DONE)?;
    read_value(value)
}

/// What the `action_id` of a button begins with that answers a question.
const FEEDBACK: &str = "feedback";

/// The `action_id` of the button that gives this answer to this question. Its `value` is as of other buttons; it never goes stale.
pub fn feedback_action(question: Question, answer: Answer) -> String {
    let question = match question {
        Question::RunbookHelped => "runbook",
        Question::PageNeeded => "page",
    };
    let answer = match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
    };
    format!("{FEEDBACK}_{question}_{answer}")
}

/// Which answer to which question a button gives; `None` when it is for something else.
pub fn read_feedback(action_id: &str) -> Option<(Question, Answer)> {
    let all = [Question::RunbookHelped, Question::PageNeeded].into_iter();
    let mut all = all.flat_map(|question| [(question, Answer::Yes), (question, Answer::No)]);
    all.find(|(question, answer)| feedback_action(*question, *answer) == action_id)
}

/// The `value` of a button: which incident, and the epoch it was shown in.
pub fn value(incident: IncidentId, epoch: u32) -> String {
    format!("{incident}/{epoch}")
}

/// Reads a button's `value`.
pub fn read_value(value: &str) -> Option<(IncidentId, u32)> {
    let (incident, epoch) = value.split_once('/')?;
    Some((incident.parse().ok()?, epoch.parse().ok()?))
}
