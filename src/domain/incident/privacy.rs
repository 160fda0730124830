//! Who may know of an incident.

use serde::{Deserialize, Serialize};

use super::{Actor, Incident};

/// Whom whoever declares an incident wants to know of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    #[default]
    Everybody,
    /// Those whom it concerns.
    Concerned,
}

/// Who may know of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// Everybody in the workspace.
    #[default]
    Public,
    /// Those whom it concerns: its channel is private, and what it is called is said nowhere else.
    Private {
        /// Who declared it.
        by: Actor,
    },
}

impl Privacy {
    /// As somebody who declares it wants it.
    pub fn declared(audience: Audience, by: Actor) -> Self {
        match audience {
            Audience::Everybody => Self::Public,
            Audience::Concerned => Self::Private { by },
        }
    }

    /// Whether only some may know of it.
    pub const fn is_private(&self) -> bool {
        matches!(self, Self::Private { .. })
    }
}

impl Incident {
    /// Whether somebody had it, or has something to do about it still.
    fn is_left_with(&self, who: &Actor) -> bool {
        let owns =
            |person| self.reviewer() == Some(person) || self.actions.iter().any(|item| item.owner == *person);
        self.first_ack.as_ref().is_some_and(|ack| ack.by == *who) || who.person().is_some_and(owns)
    }

    /// Whether somebody may read what it is about: anybody, unless it is private; then whoever it concerns and whoever declared
    /// it. Scripts see everything.
    pub fn is_open_to(&self, who: &Actor) -> bool {
        match (&self.privacy, who) {
            (Privacy::Public, _) | (Privacy::Private { .. }, Actor::Token(_)) => true,
            (Privacy::Private { by }, who) => by == who || self.concerns(who) || self.is_left_with(who),
        }
    }
}
