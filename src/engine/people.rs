//! Who asks, and what they may.
//!
//! Full members of the home workspace respond; people of the configuration may also change what others rely on; admins may
//! do everything; guests, people of other workspaces and apps nothing. Every refusal is said.

use chrono_tz::Tz;

use super::Engine;
use crate::commands::Right;
use crate::domain::incident::Actor;
use crate::ids::{PersonId, SlackUserId};
use crate::ports::{NoAnswer, SlackUser, SlackUserKind};
use crate::store::{StoreError, notes};

/// How long Slack's word about a user is believed.
const BELIEVED_FOR: chrono::Duration = chrono::Duration::hours(1);

/// Why somebody may not. The text is for them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// They are not a full member.
    #[error("Only full members of this workspace can do that. Ask somebody of the on-call team.")]
    NotAMember,
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

    /// Lets somebody in, or says why not. People of the configuration are known without asking Slack, so that they can
    /// acknowledge while Slack answers nothing.
    pub(super) async fn admit(
        &self,
        user: &SlackUserId,
        right: Right,
    ) -> Result<Result<Caller, Denied>, StoreError> {
        if let Some(person) = self.person_of(user) {
            return Ok(Ok(Caller { user: user.clone(), person: Some(person.clone()) }));
        }
        let kind = match self.who_is(user).await? {
            Ok(known) => known.kind,
            Err(NoAnswer::Unknown) => return Ok(Err(Denied::NotAMember)),
            Err(NoAnswer::Unavailable { why }) => {
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
                | SlackUserKind::Deactivated,
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

    /// What Slack says about a user; remembered for an hour.
    pub(super) async fn who_is(&self, user: &SlackUserId) -> Result<Result<SlackUser, NoAnswer>, StoreError> {
        let now = self.clocks.wire.now();
        let id = user.clone();
        let kept = self
            .db
            .read("who is", move |tx| Box::pin(async move { notes::slack_user(tx, &id).await }))
            .await?;
        let believed = kept.filter(|(_, at)| now - *at <= BELIEVED_FOR);
        if let Some(known) = believed.and_then(|(body, _)| serde_json::from_str(&body).ok()) {
            return Ok(Ok(known));
        }
        let known = match self.ports.directory.user(user).await {
            Ok(known) => known,
            Err(no_answer) => return Ok(Err(no_answer)),
        };
        if let Ok(body) = serde_json::to_string(&known) {
            let id = user.clone();
            self.db
                .write("remember user", move |tx| {
                    Box::pin(async move { notes::remember_slack_user(tx, &id, &body, now).await })
                })
                .await?;
        }
        Ok(Ok(known))
    }
}
