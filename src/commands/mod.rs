//! What people ask in Slack: the raw payload ([`payload`]), the text after a slash command, and the buttons, read into an
//! [`Ask`].
//!
//! Pure: reads words, looks nothing up and does nothing. Help, parsing and suggestions come from one table.

pub mod buttons;
pub mod forms;
pub mod on_call;
pub mod people;
pub mod places;
pub mod shortcuts;
pub mod talk;

mod nearest;
pub mod payload;
mod registry;
mod text;
mod when;

pub use nearest::nearest_name;
pub use on_call::OnCallAsk;
pub use registry::{INCIDENT, ONCALL, Word, parse_incident, parse_oncall};
pub use when::When;

use chrono::{DateTime, Duration, NaiveDate, Utc};

use crate::domain::effect::OpenForm;
use crate::domain::incident::Audience;
use crate::domain::incident::command::{Saw, WhileFiring};
use crate::domain::postmortem::{Answer, Part, Question};
use crate::domain::severity::Severity;
use crate::domain::silence::Which;
use crate::ids::{IncidentId, ScheduleId, ServiceId, SlackUserId};

/// Somebody, as named in a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A mention.
    Slack(SlackUserId),
    /// A name: the key under `people`, with or without `@`.
    Name(String),
    /// A user group, by its handle without `@`.
    Group(String),
    /// Whoever asks.
    Me,
}

impl Who {
    /// The same when `user` says it.
    fn said_by(self, user: &SlackUserId) -> Self {
        match self {
            Self::Me => Self::Slack(user.clone()),
            who @ (Self::Slack(_) | Self::Name(_) | Self::Group(_)) => who,
        }
    }
}

/// What is asked about one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Take it.
    Acknowledge,
    /// Take it, and with it these others that the same message names.
    AcknowledgeAll(Vec<IncidentId>),
    /// Change its severity.
    Severity {
        /// To what; not said when it is to be chosen in a form.
        to: Option<Severity>,
        /// Why.
        reason: Option<String>,
        /// What whoever asks has seen it to be; not said by who types.
        saw: Option<Severity>,
    },
    /// Write something down.
    Note(String),
    /// Get more help.
    Escalate(Option<Who>),
    /// Wake people, or whoever is on call by a schedule.
    Page {
        /// Whom; at least one.
        who: Vec<Who>,
        /// What to say to them.
        message: Option<String>,
    },
    /// Say who leads; the asker when nobody is named.
    Appoint(Option<Who>),
    /// Take it for so long.
    Snooze(Duration),
    /// Tell those who only follow it; in a form when nothing is said.
    Update(Option<String>),
    /// It is part of this other incident.
    Merge(IncidentId),
    /// Silence its alerts in Alertmanager.
    Silence {
        /// For how long.
        span: Duration,
        /// Which of them.
        which: Which,
        /// Why.
        reason: Option<String>,
        /// What whoever asks has seen to fire; not said by who types.
        saw: Option<Saw>,
    },
    /// Choose in a form what to silence.
    SilenceForm,
    /// Say in a form what resolved it.
    ResolveForm,
    /// Show what is silenced.
    Silences,
    /// Have a silence last until then, UTC.
    ExtendSilence {
        /// Which of the incident's silences.
        n: u32,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// End a silence.
    ExpireSilence {
        /// Which of the incident's silences.
        n: u32,
    },
    /// It is over.
    Resolve {
        /// What to remember of it.
        summary: Option<String>,
        /// What becomes of it while alerts fire.
        while_firing: WhileFiring,
    },
    /// It is over although alerts still fire.
    ResolveAnyway {
        /// The letter in which that was asked first, and what to remember of it.
        asked_in: Option<String>,
    },
    /// It is not over.
    Reopen,
    /// The alerts are clear, but it is not over.
    KeepOpen,
    /// Somebody is at work on it.
    StillOn,
    /// Open a channel for it.
    OpenChannel,
    /// Something is to be done so that it does not happen again.
    AddAction {
        /// By whom.
        owner: Who,
        /// Until the end of this day.
        due: NaiveDate,
        /// What.
        text: String,
    },
    /// Show its action items.
    Actions,
    /// This action item is done.
    ActionDone(u32),
    /// Say how it went.
    Feedback {
        /// To which question.
        question: Question,
        /// What they say.
        answer: Answer,
    },
    /// Show what to do about it.
    Runbook,
    /// Show its post-mortem.
    Postmortem,
    /// Write in its post-mortem; when another section is chosen, in the form that is open.
    EditPostmortem(Option<(Part, OpenForm)>),
    /// Put this text into a section of its post-mortem.
    WritePostmortem {
        /// Which section.
        part: Part,
        /// The revision that the writer saw.
        revision: i64,
        /// The text; empty to take theirs away.
        text: String,
    },
    /// The post-mortem is done.
    PublishPostmortem,
    /// No post-mortem is needed, for this reason.
    DeclinePostmortem(String),
    /// Show what it is.
    Show,
}

impl About {
    /// Whether it is answered without being put to the incident, which says by itself when it is part of another one.
    pub const fn needs_it_whole(&self) -> bool {
        match self {
            Self::Severity { to: None, .. }
            | Self::Update(None)
            | Self::Silence { .. }
            | Self::SilenceForm
            | Self::ResolveForm
            | Self::Silences
            | Self::ExtendSilence { .. }
            | Self::ExpireSilence { .. }
            | Self::Postmortem
            | Self::EditPostmortem(_)
            | Self::WritePostmortem { .. } => true,
            Self::Acknowledge
            | Self::AcknowledgeAll(_)
            | Self::Severity { to: Some(_), .. }
            | Self::Note(_)
            | Self::Escalate(_)
            | Self::Page { .. }
            | Self::Appoint(_)
            | Self::Snooze(_)
            | Self::Update(Some(_))
            | Self::Merge(_)
            | Self::Resolve { .. }
            | Self::ResolveAnyway { .. }
            | Self::Reopen
            | Self::KeepOpen
            | Self::StillOn
            | Self::OpenChannel
            | Self::AddAction { .. }
            | Self::Actions
            | Self::ActionDone(_)
            | Self::Feedback { .. }
            | Self::Runbook
            | Self::PublishPostmortem
            | Self::DeclinePostmortem(_)
            | Self::Show => false,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Open an incident.
    Declare {
        /// How bad it is, when said.
        severity: Option<Severity>,
        /// What it is, when said.
        title: Option<String>,
        /// What is hurt, when said.
        service: Option<ServiceId>,
        /// Who is to know of it.
        audience: Audience,
    },
    /// Something about one incident: the named one, or the one whose channel it is.
    About {
        /// The named one.
        incident: Option<IncidentId>,
        /// What.
        what: About,
    },
    /// Which incidents are open.
    List,
    /// How the last weeks went.
    Stats {
        /// How long a span before now.
        window: Duration,
    },
    /// Who is on call now.
    WhoIsOnCall,
    /// Who is on call in the weeks to come.
    Schedule {
        /// By which schedule; all of them when not said.
        schedule: Option<ScheduleId>,
        /// For how many weeks from now.
        weeks: Option<u32>,
    },
    /// Something about who is on call when.
    OnCall(OnCallAsk),
    /// The command alone: what the incident of the channel is, or else everything that can be typed.
    Here,
    /// What can be asked of `/incident`.
    Help,
    /// What can be asked of `/oncall`.
    OnCallHelp,
}

/// What somebody must be to ask for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// A full member of the home workspace: declare, note, acknowledge, escalate, resolve, look.
    Respond,
    /// In the configuration: change what others rely on.
    Change,
}

impl Ask {
    /// The same when `user` asks: whoever means themselves is named.
    #[must_use]
    pub fn said_by(self, user: &SlackUserId) -> Self {
        let about = |what: About| match what {
            About::Escalate(who) => About::Escalate(who.map(|who| who.said_by(user))),
            About::Appoint(who) => About::Appoint(who.map(|who| who.said_by(user))),
            About::Page { who, message } => {
                About::Page { who: who.into_iter().map(|who| who.said_by(user)).collect(), message }
            }
            About::AddAction { owner, due, text } => {
                About::AddAction { owner: owner.said_by(user), due, text }
            }
            what => what,
        };
        match self {
            Self::About { incident, what } => Self::About { incident, what: about(what) },
            Self::OnCall(OnCallAsk::Override { who, from, to, schedule }) => {
                Self::OnCall(OnCallAsk::Override { who: who.said_by(user), from, to, schedule })
            }
            Self::OnCall(OnCallAsk::Swap { who, at, schedule }) => {
                Self::OnCall(OnCallAsk::Swap { who: who.said_by(user), at, schedule })
            }
            ask => ask,
        }
    }

    /// What somebody must be to ask for it.
    pub fn right(&self) -> Right {
        match self {
            Self::About {
                what:
                    About::Severity { .. }
                    | About::Merge(_)
                    | About::PublishPostmortem
                    | About::DeclinePostmortem(_)
                    | About::Silence { .. }
                    | About::SilenceForm
                    | About::ExtendSilence { .. }
                    | About::ExpireSilence { .. },
                ..
            } => Right::Change,
            Self::OnCall(ask) => ask.right(),
            _ => Right::Respond,
        }
    }
}

/// Why the words are not understood; the text tells the person what to type instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misunderstood {
    /// No command has this name.
    #[error("there is no `{word}`{}", suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    Unknown {
        /// The word.
        word: String,
        /// The nearest command.
        suggestion: Option<&'static str>,
    },
    /// Something is missing or not of its kind.
    #[error("`{name}` is used like this: `{usage}`")]
    Usage {
        /// The command.
        name: &'static str,
        /// How it is used.
        usage: &'static str,
    },
    /// One part of it is not what it should be.
    #[error("{what}; `{name}` is used like this: `{usage}`")]
    Wrong {
        /// The command.
        name: &'static str,
        /// How it is used.
        usage: &'static str,
        /// What is wrong.
        what: String,
    },
}

#[cfg(test)]
mod tests;
