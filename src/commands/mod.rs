//! What people ask in Slack: the text after a slash command, and the buttons, read into an [`Ask`].
//!
//! Pure: reads words, looks nothing up and does nothing. Help, parsing and suggestions come from one table.

pub mod buttons;
mod parse;

pub use parse::{parse_incident, parse_oncall};

use crate::domain::severity::Severity;
use crate::ids::{IncidentId, SlackUserId};

/// Somebody, as named in a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A mention.
    Slack(SlackUserId),
    /// A name: the key under `people`, with or without `@`.
    Name(String),
}

/// What is asked about one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Take it.
    Acknowledge,
    /// Change its severity.
    Severity {
        /// To what.
        to: Severity,
        /// Why.
        reason: Option<String>,
    },
    /// Write something down.
    Note(String),
    /// Get more help.
    Escalate(Option<Who>),
    /// It is over.
    Resolve {
        /// What to remember of it.
        summary: Option<String>,
    },
    /// It is over although alerts still fire.
    ResolveAnyway,
    /// It is not over.
    Reopen,
    /// The alerts are clear, but it is not over.
    KeepOpen,
    /// Open a channel for it.
    OpenChannel,
    /// Show what to do about it.
    Runbook,
    /// Show its post-mortem.
    Postmortem,
    /// The post-mortem is done.
    PublishPostmortem,
    /// No post-mortem is needed, for this reason.
    DeclinePostmortem(String),
    /// Show what it is.
    Show,
}

impl About {
    /// Whether it takes more than responding: others rely on what it changes.
    pub const fn changes_what_others_rely_on(&self) -> bool {
        matches!(self, Self::Severity { .. } | Self::PublishPostmortem | Self::DeclinePostmortem(_))
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
    /// Who is on call now.
    WhoIsOnCall,
    /// What can be asked.
    Help,
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
}

/// One command as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// The word.
    pub name: &'static str,
    /// The word and what follows it.
    pub usage: &'static str,
    /// What it does, in a few words.
    pub help: &'static str,
}

const fn described(name: &'static str, usage: &'static str, help: &'static str) -> Described {
    Described { name, usage, help }
}

/// The words of `/incident`, in the order of help.
pub const INCIDENT: &[Described] = &[
    described("declare", "declare [P1-P4] title", "open an incident"),
    described("ack", "ack", "take it: paging stops"),
    described("severity", "severity P2 [reason]", "change how bad it is"),
    described("note", "note text", "write it on the timeline"),
    described("escalate", "escalate [@person]", "page the next step, or one person, now"),
    described("runbook", "runbook", "what to do about it"),
    described("keep-open", "keep-open", "do not resolve by itself when the alerts are clear"),
    described("resolve", "resolve [summary]", "it is over"),
    described("reopen", "reopen", "it is not over after all"),
    described(
        "postmortem",
        "postmortem [publish | decline reason]",
        "show the draft, publish it, or say why there is none",
    ),
    described("show", "show", "what it is and who has it"),
    described("list", "list", "open incidents"),
    described("help", "help", "this text"),
];

/// The words of `/oncall`, in the order of help.
pub const ONCALL: &[Described] =
    &[described("now", "now", "who is on call"), described("help", "help", "this text")];
