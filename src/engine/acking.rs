//! Acknowledging from elsewhere than Slack: by a signed link.
//!
//! Whatever the way, it ends in the same command as a button in Slack does.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::links::AckLink;
use super::{BadLink, Engine, HandleError};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command, Refusal};
use crate::ids::{IncidentId, PersonId};
use crate::ports::View;
use crate::store::StoreError;

/// Why a link acknowledges nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAck {
    /// It was not made by this service, or for somebody it does not know.
    #[error(transparent)]
    Link(#[from] BadLink),
    /// The incident it was made for is over.
    #[error("{id} has ended")]
    Ended {
        /// Which.
        id: IncidentId,
        /// When, UTC, if it did not come back since.
        at: Option<DateTime<Utc>>,
        /// What it is part of, when it was merged away.
        goes_on: Option<IncidentId>,
    },
}

/// What somebody with a link sees.
#[derive(Debug, Clone)]
pub struct Acking {
    /// As whom they acknowledge.
    pub person: PersonId,
    /// The incident as it is now.
    pub view: View,
}

impl Acking {
    /// Whether there is anything left for them to acknowledge.
    pub fn asks(&self) -> bool {
        let incident = &self.view.incident;
        let waits = |page: &crate::domain::page::Page| {
            page.person == self.person && page.acked.is_none() && page.superseded.is_none()
        };
        incident.state.is_open() && (incident.state.ack().is_none() || self.view.pages.iter().any(waits))
    }
}

impl Engine {
    /// What a link shows; nothing is changed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn look_at_ack(self: &Arc<Self>, token: &str) -> Result<Result<Acking, NoAck>, StoreError> {
        let link = match self.link_key().await?.read_ack(token, self.clocks.wire.now()) {
            Ok(link) if self.settings.house.people.contains_key(&link.person) => link,
            Ok(_of_nobody) => return Ok(Err(BadLink::Forged.into())),
            Err(why) => return Ok(Err(why.into())),
        };
        let Some(view) = self.view(link.incident).await? else { return Ok(Err(BadLink::Forged.into())) };
        Ok(match is_over(&view, &link) {
            Some(ended) => Err(ended),
            None => Ok(Acking { person: link.person, view }),
        })
    }

    /// Somebody acknowledges by a link; answers when that is durable. Once more changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ack_by_link(self: &Arc<Self>, token: &str) -> Result<Result<Acking, NoAck>, StoreError> {
        let (id, person) = match self.look_at_ack(token).await? {
            Ok(Acking { person, view }) => (view.incident.id, person),
            Err(no_ack) => return Ok(Err(no_ack)),
        };
        let command = Command::Acknowledge { by: Actor::Person(person) };
        match self.handle(id, command, Origin::Link).await {
            Ok(_) => self.look_at_ack(token).await,
            Err(HandleError::Refused(Refusal::Ended { id, at })) => {
                Ok(Err(NoAck::Ended { id, at: Some(at), goes_on: None }))
            }
            Err(HandleError::Refused(Refusal::Merged { id, into, .. })) => {
                Ok(Err(NoAck::Ended { id, at: None, goes_on: Some(into) }))
            }
            // Nothing else refuses an acknowledgement.
            Err(HandleError::Refused(_) | HandleError::Unknown(_)) => Ok(Err(BadLink::Forged.into())),
            Err(HandleError::Store(error)) => Err(error),
        }
    }
}

fn is_over(view: &View, link: &AckLink) -> Option<NoAck> {
    let incident = &view.incident;
    let ended =
        || NoAck::Ended { id: incident.id, at: incident.resolved_at(), goes_on: incident.merged_into };
    (!incident.state.is_open() || incident.n_reopened != link.n_reopened).then(ended)
}
