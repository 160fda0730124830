//! What people do in PagerDuty: it ends in the same commands as a button in Slack does.

use std::sync::Arc;

use super::{Engine, HandleError};
use crate::domain::incident::command::WhileFiring;
use crate::domain::incident::pagerduty::{dedup_key, incident_of};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command, Refusal};
use crate::ids::IncidentId;
use crate::store::StoreError;

/// What became of an incident in PagerDuty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Somebody there has it.
    Acknowledged,
    /// Somebody there ended it.
    Resolved,
}

impl Engine {
    /// What PagerDuty knows an incident by.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pagerduty_key(&self, id: IncidentId) -> Result<String, StoreError> {
        Ok(dedup_key(&self.link_key().await?.installation(), id))
    }

    /// The incident that PagerDuty knows by this; `None` when it is another installation's, or somebody else's altogether.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn known_to_pagerduty(&self, key: &str) -> Result<Option<IncidentId>, StoreError> {
        Ok(incident_of(&self.link_key().await?.installation(), key))
    }

    /// PagerDuty says what somebody by this name did there, in an event of this id. Answers when that is durable; the same event
    /// once more changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pagerduty_says(
        self: &Arc<Self>,
        event: &str,
        id: IncidentId,
        said: Said,
        who: String,
    ) -> Result<(), StoreError> {
        let what = format!("pagerduty event {event}");
        if self.was_heard(&what).await? {
            return Ok(());
        }
        let by = Actor::PagerDuty(who);
        let acknowledge = Command::Acknowledge { by: by.clone() };
        let mut handled = match said {
            Said::Acknowledged => self.handle(id, acknowledge.clone(), Origin::PagerDuty).await,
            Said::Resolved => {
                let resolve = Command::Resolve { by, summary: None, while_firing: WhileFiring::Ask };
                self.handle(id, resolve, Origin::PagerDuty).await
            }
        };
        // Nobody there sees what fires: they have it.
        if let Err(HandleError::Refused(Refusal::StillFiring { .. })) = handled {
            handled = self.handle(id, acknowledge, Origin::PagerDuty).await;
        }
        match handled {
            Ok(_) | Err(HandleError::Refused(_) | HandleError::Unknown(_)) => {}
            Err(HandleError::Store(error)) => return Err(error),
        }
        // Only now: what could not be stored may come again.
        self.remember_heard(what).await
    }
}
