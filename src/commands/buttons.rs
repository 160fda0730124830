//! The buttons of the bot's messages: their `action_id`, and the incident and epoch in their `value`.

use super::About;
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
    /// Somebody is at work on it.
    StillOn,
    /// It is not over after all.
    Reopen,
    /// Show the runbook.
    Runbook,
    /// Show the post-mortem.
    Postmortem,
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
        Self::StillOn,
        Self::Reopen,
        Self::Runbook,
        Self::Postmortem,
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
            Self::StillOn => "still_on",
            Self::Reopen => "reopen",
            Self::Runbook => "runbook",
            Self::Postmortem => "postmortem",
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
            Self::StillOn => "Still on it",
            Self::Reopen => "Reopen",
            Self::Runbook => "Runbook",
            Self::Postmortem => "Post-mortem",
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
            Self::StillOn => About::StillOn,
            Self::Reopen => About::Reopen,
            Self::Runbook => About::Runbook,
            Self::Postmortem => About::Postmortem,
        }
    }

    /// The button with this `action_id`.
    pub fn of_action(action_id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|button| button.action_id() == action_id)
    }
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
