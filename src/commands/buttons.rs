//! The buttons of the bot's messages: their `action_id`, and the incident and epoch in their `value`.

use chrono::{DateTime, Duration, Utc};

use super::{About, on_call};
use crate::domain::incident::command::WhileFiring;
use crate::domain::postmortem::{Answer, Question};
use crate::ids::IncidentId;

/// A button that asks for something. (Buttons that only open a link ask for nothing.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Take it.
    Acknowledge,
    /// Take everything that a message names.
    AcknowledgeAll,
    /// Page the next step now.
    Escalate,
    /// Open a channel for an incident that has none.
    OpenChannel,
    /// It is over.
    Resolve,
    /// It is over; a form asks what resolved it.
    ResolveWithSummary,
    /// It is over although alerts still fire.
    ResolveAnyway,
    /// The alerts are clear, but it is not over.
    KeepOpen,
    /// Somebody is at work on it.
    StillOn,
    /// It is not over after all.
    Reopen,
    /// Show the runbook.
    Runbook,
    /// Show the post-mortem.
    Postmortem,
    /// Choose what to silence.
    Silence,
    /// Write in the post-mortem.
    EditPostmortem,
}

/// The `action_id` of the button that declares an incident; it is about none.
pub const DECLARE: &str = "declare";
/// What the `action_id` of a button that only opens a link begins with.
pub const LINK: &str = "link";

impl Button {
    /// Each of them.
    pub const ALL: [Self; 14] = [
        Self::Acknowledge,
        Self::AcknowledgeAll,
        Self::Escalate,
        Self::OpenChannel,
        Self::Resolve,
        Self::ResolveWithSummary,
        Self::ResolveAnyway,
        Self::KeepOpen,
        Self::StillOn,
        Self::Reopen,
        Self::Runbook,
        Self::Postmortem,
        Self::Silence,
        Self::EditPostmortem,
    ];

    /// Its `action_id`.
    pub const fn action_id(self) -> &'static str {
        match self {
            Self::Acknowledge => "ack",
            Self::AcknowledgeAll => "ack_all",
            Self::Escalate => "escalate",
            Self::OpenChannel => "open_channel",
            Self::Resolve => "resolve",
            Self::ResolveWithSummary => "resolve_with_summary",
            Self::ResolveAnyway => "resolve_anyway",
            Self::KeepOpen => "keep_open",
            Self::StillOn => "still_on",
            Self::Reopen => "reopen",
            Self::Runbook => "runbook",
            Self::Postmortem => "postmortem",
            Self::Silence => "silence",
            Self::EditPostmortem => "edit_postmortem",
        }
    }

    /// What it says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Acknowledge => "Acknowledge",
            Self::AcknowledgeAll => "Acknowledge all",
            Self::Escalate => "Escalate",
            Self::OpenChannel => "Open channel",
            Self::Resolve => "Resolve",
            Self::ResolveWithSummary => "Resolve with summary…",
            Self::ResolveAnyway => "Resolve",
            Self::KeepOpen => "Keep open",
            Self::StillOn => "Still on it",
            Self::Reopen => "Reopen",
            Self::Runbook => "Runbook",
            Self::Postmortem => "Post-mortem",
            Self::Silence => "Silence…",
            Self::EditPostmortem => "Edit",
        }
    }

    /// What it asks for.
    pub const fn about(self) -> About {
        match self {
            Self::Acknowledge => About::Acknowledge,
            Self::AcknowledgeAll => About::AcknowledgeAll(Vec::new()),
            Self::Escalate => About::Escalate(None),
            Self::OpenChannel => About::OpenChannel,
            Self::Resolve => About::Resolve { summary: None, while_firing: WhileFiring::Ask },
            Self::ResolveWithSummary => About::ResolveForm,
            Self::ResolveAnyway => About::ResolveAnyway { asked_in: None },
            Self::KeepOpen => About::KeepOpen,
            Self::StillOn => About::StillOn,
            Self::Reopen => About::Reopen,
            Self::Runbook => About::Runbook,
            Self::Postmortem => About::Postmortem,
            Self::Silence => About::SilenceForm,
            Self::EditPostmortem => About::EditPostmortem(None),
        }
    }

    /// What can be typed about an incident instead of clicking it; `None` when another button stands for the same, or nothing does.
    pub const fn typed(self) -> Option<&'static str> {
        match self {
            Self::Acknowledge | Self::AcknowledgeAll => Some("ack"),
            Self::Escalate => Some("escalate"),
            Self::Resolve => Some("resolve"),
            Self::KeepOpen => Some("keep-open"),
            Self::StillOn => Some("note still on it"),
            Self::Reopen => Some("reopen"),
            Self::Runbook => Some("runbook"),
            Self::Postmortem | Self::EditPostmortem => Some("postmortem"),
            Self::Silence => Some("silence 2h"),
            Self::OpenChannel | Self::ResolveWithSummary | Self::ResolveAnyway => None,
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
    let (incident, n) = value.split_once('/')?;
    Some((incident.parse().ok()?, n.parse().ok()?))
}

/// What can be typed instead of clicking a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// These words about this incident.
    Incident(IncidentId, String),
    /// These words about schedules.
    OnCall(String),
}

/// What can be typed instead of clicking a button, whatever button it is; `None` when nothing can.
pub fn typed(action_id: &str, value: &str) -> Option<Typed> {
    let about = |incident, words: &str| Some(Typed::Incident(incident, words.to_owned()));
    if let Some(words) = on_call::typed(action_id, value) {
        return Some(Typed::OnCall(words));
    }
    if let Some((incident, _)) = read_done(action_id, value) {
        return about(incident, "action");
    }
    if let Some((incident, _)) = SilenceButton::read(action_id, value) {
        return about(incident, "silence");
    }
    if let Some((question, answer)) = read_feedback(action_id) {
        return about(read_value(value)?.incident, &feedback_typed(question, answer));
    }
    about(read_value(value)?.incident, Button::of_action(action_id)?.typed()?)
}

/// What the `action_id` of a button begins with that answers a question.
const FEEDBACK: &str = "feedback";

const fn question_word(question: Question) -> &'static str {
    match question {
        Question::RunbookHelped => "runbook",
        Question::PageNeeded => "page",
    }
}

const fn answer_word(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
    }
}

/// The `action_id` of the button that gives this answer to this question. Its `value` is as of other buttons; it never goes stale.
pub fn feedback_action(question: Question, answer: Answer) -> String {
    format!("{FEEDBACK}_{}_{}", question_word(question), answer_word(answer))
}

/// The words that give the same answer.
fn feedback_typed(question: Question, answer: Answer) -> String {
    format!("{FEEDBACK} {} {}", question_word(question), answer_word(answer))
}

fn every_feedback() -> impl Iterator<Item = (Question, Answer)> {
    let all = [Question::RunbookHelped, Question::PageNeeded].into_iter();
    all.flat_map(|question| [(question, Answer::Yes), (question, Answer::No)])
}

/// Which answer to which question a button gives; `None` when it is for something else.
pub fn read_feedback(action_id: &str) -> Option<(Question, Answer)> {
    every_feedback().find(|(question, answer)| feedback_action(*question, *answer) == action_id)
}

/// Which answer to which question these words give: `runbook yes`.
pub(super) fn read_feedback_words(rest: &str) -> Option<(Question, Answer)> {
    let words: Vec<String> = rest.split_whitespace().map(str::to_lowercase).collect();
    let [question, answer] = words.as_slice() else { return None };
    every_feedback().find(|(asked, given)| question_word(*asked) == question && answer_word(*given) == answer)
}

/// The `value` of a button: which incident, and the epoch it was shown in.
pub fn value(incident: IncidentId, epoch: u32) -> String {
    format!("{incident}/{epoch}")
}

/// So many incidents a button takes at most besides the first: Slack takes no longer `value`.
pub const TAKEN_TOGETHER: usize = 100;

/// The same `value` for a button that takes several: which others, whatever else the message names by then.
pub fn value_with(incident: IncidentId, epoch: u32, others: &[IncidentId]) -> String {
    let others: Vec<String> = others.iter().map(|other| other.0.to_string()).collect();
    format!("{}/{}", value(incident, epoch), others.join(","))
}

/// The others that such a button takes; what is no number of an incident is left out.
pub fn read_others(rest: Option<&str>) -> Vec<IncidentId> {
    let numbers = rest.unwrap_or_default().split(',').filter_map(|number| number.parse().ok());
    numbers.take(TAKEN_TOGETHER).map(IncidentId).collect()
}

/// The same `value` for a button that asks back: the letter of Slack's in which it was asked says the rest, however long
/// that is.
pub fn asked_in(value: &str, letter: &str) -> String {
    format!("{value}/{letter}")
}

/// What a button's `value` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Which incident it is about.
    pub incident: IncidentId,
    /// The epoch it was shown in.
    pub epoch: u32,
    /// The letter about which it asks back, or the others that it takes.
    pub asked_in: Option<String>,
}

/// Reads a button's `value`.
pub fn read_value(value: &str) -> Option<Shown> {
    let (incident, rest) = value.split_once('/')?;
    let (epoch, letter) = rest.split_once('/').map_or((rest, None), |(epoch, letter)| (epoch, Some(letter)));
    let asked_in = letter.map(str::to_owned);
    Some(Shown { incident: incident.parse().ok()?, epoch: epoch.parse().ok()?, asked_in })
}

/// A button of one silence. Its value holds the end of the silence as it was shown, so that two clicks extend it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceButton {
    /// It lasts an hour longer.
    Extend,
    /// It ends.
    Expire,
}

impl SilenceButton {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Extend, Self::Expire];

    /// What its `action_id` begins with.
    pub const fn action_id(self) -> &'static str {
        match self {
            Self::Extend => "extend_silence",
            Self::Expire => "expire_silence",
        }
    }

    /// What it says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Extend => "Extend 1h",
            Self::Expire => "Expire",
        }
    }

    /// Its `value`: whose silence, which, and until when it lasts.
    pub fn value(incident: IncidentId, n: u32, until: DateTime<Utc>) -> String {
        format!("{incident}/{n}/{}", until.timestamp())
    }

    /// Reads what a click asks for; `None` when this is no such button.
    pub fn read(action_id: &str, value: &str) -> Option<(IncidentId, About)> {
        let button = Self::ALL.into_iter().find(|button| action_id.starts_with(button.action_id()))?;
        let mut parts = value.splitn(3, '/');
        let (incident, n, until) = (parts.next()?, parts.next()?, parts.next()?);
        let (incident, n) = (incident.parse().ok()?, n.parse().ok()?);
        let until = DateTime::from_timestamp(until.parse().ok()?, 0)?;
        Some((
            incident,
            match button {
                Self::Extend => {
                    About::ExtendSilence { n, until: until.checked_add_signed(Duration::hours(1))? }
                }
                Self::Expire => About::ExpireSilence { n },
            },
        ))
    }
}
