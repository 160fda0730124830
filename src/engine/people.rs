//! Who asks, and what they may.
//!
//! Full members of the home workspace respond; people of the configuration may also change what others rely on; admins may
//! do everything; guests, people of other workspaces and apps nothing, whatever the configuration says. Every refusal is said.

use chrono_tz::Tz;

use super::Engine;
use crate::commands::Right;
use crate::domain::incident::Actor;
use crate::ids::{PersonId, SlackUserId};
use crate::ports::{SlackUserKind, Unanswered};
use crate::store::StoreError;

/// Why somebody may not. The text is for them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// They are not a full member.
    #[error("Only full members of this workspace can do that. Ask somebody of the on-call team.")]
    NotAMember,
    /// They are in the configuration, and not a full member.
    #[error(
        "You are in Don't Panic's configuration, but Slack says that you are not a full member of this workspace, so nothing was \
         changed. Ask somebody of the on-call team, and an admin to put it right."
    )]
    NoMemberAnyMore,
    /// They are not in the configuration.
    #[error(
        "Only people in Don't Panic's configuration can do that. Ask an admin to add you under `people`."
    )]
    NotConfigured,
    /// Slack cannot be asked who they are.
    #[error("Slack could not tell me who you are just now. Please try again.")]
    Unknown,
}

/// Somebody who asks in Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Their Slack user.
    pub user: SlackUserId,
    /// Their key in the configuration, if they are in it.
    pub person: Option<PersonId>,
}

impl Caller {
    /// How the timeline names them.
    pub fn actor(&self) -> Actor {
        match &self.person {
            Some(person) => Actor::Person(person.clone()),
            None => Actor::Slack(self.user.clone()),
        }
    }
}

impl Engine {
    /// The person with this Slack user.
    pub fn person_of(&self, user: &SlackUserId) -> Option<&PersonId> {
        let people = self.settings.house.people.values();
        people.into_iter().find(|person| person.slack.as_ref() == Some(user)).map(|person| &person.id)
    }

    /// Lets somebody in, or says why not. Being in the configuration makes nobody a member: who has become a guest or has left may
    /// nothing. While nobody knows what they are, people of the configuration may act, so that they can acknowledge while Slack
    /// answers nothing; or answers that there is nobody of this id, which contradicts that it has just told of what they did.
    pub(super) async fn admit(
        &self,
        user: &SlackUserId,
        right: Right,
    ) -> Result<Result<Caller, Denied>, StoreError> {
        let Some(person) = self.person_of(user).cloned() else { return self.admit_other(user, right).await };
        Ok(match self.standing_of(user).await? {
            None | Some(SlackUserKind::Member | SlackUserKind::Nobody) => {
                Ok(Caller { user: user.clone(), person: Some(person) })
            }
            Some(
                SlackUserKind::Guest
                | SlackUserKind::Bot
                | SlackUserKind::Foreign
                | SlackUserKind::Deactivated,
            ) => Err(Denied::NoMemberAnyMore),
        })
    }

    /// The same for somebody who is not in the configuration: nothing is known of them but what Slack says.
    async fn admit_other(
        &self,
        user: &SlackUserId,
        right: Right,
    ) -> Result<Result<Caller, Denied>, StoreError> {
        let kind = match self.who_is(user).await? {
            Ok(known) => known.kind,
            Err(Unanswered { why }) => {
                tracing::warn!(error = %why, "somebody was turned away because slack could not say who they are");
                return Ok(Err(Denied::Unknown));
            }
        };
        Ok(match (kind, right) {
            (SlackUserKind::Member, Right::Respond) => Ok(Caller { user: user.clone(), person: None }),
            (SlackUserKind::Member, Right::Change) => Err(Denied::NotConfigured),
            (
                SlackUserKind::Guest
                | SlackUserKind::Bot
                | SlackUserKind::Foreign
                | SlackUserKind::Deactivated
                | SlackUserKind::Nobody,
                Right::Respond | Right::Change,
            ) => Err(Denied::NotAMember),
        })
    }

    /// The zone in which somebody types times: what Slack says, else what the configuration says.
    pub(super) async fn zone_of(&self, user: &SlackUserId) -> Result<Tz, StoreError> {
        let known = self.who_is(user).await?.ok().and_then(|known| known.tz);
        let house = &self.settings.house;
        let configured = || self.person_of(user).and_then(|person| house.people.get(person)?.timezone);
        let zone = known.and_then(|zone| zone.parse().ok()).or_else(configured);
        Ok(zone.unwrap_or(house.timezone))
    }
}
