//! Who does things: people, scripts, alert sources and the bot itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, SlackUserId, SourceId};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody of the configuration.
    Person(PersonId),
    /// Somebody of the workspace who is not in the configuration.
    Slack(SlackUserId),
    /// The holder of an API token.
    Token(String),
    /// Somebody in PagerDuty, by the name they have there; it may be empty.
    #[serde(rename = "pagerduty")]
    PagerDuty(String),
    /// An alert source.
    Source(SourceId),
    /// The bot itself.
    Bot,
}

impl Actor {
    /// Whether it is somebody who can answer for what they do, and be asked in Slack: not a program.
    pub const fn is_human(&self) -> bool {
        match self {
            Self::Person(_) | Self::Slack(_) => true,
            Self::Token(_) | Self::PagerDuty(_) | Self::Source(_) | Self::Bot => false,
        }
    }

    /// The person, when they are in the configuration.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Slack(_) | Self::Token(_) | Self::PagerDuty(_) | Self::Source(_) | Self::Bot => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "{person}"),
            Self::Slack(user) => write!(f, "slack:{user}"),
            Self::Token(name) => write!(f, "token:{name}"),
            Self::PagerDuty(name) if name.is_empty() => f.write_str("pagerduty"),
            Self::PagerDuty(name) => write!(f, "pagerduty:{name}"),
            Self::Source(source) => write!(f, "alertmanager:{source}"),
            Self::Bot => f.write_str("dontpanic"),
        }
    }
}
