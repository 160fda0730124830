//! Tells somebody outside, every minute, that pages get through; and stops when one does not.

use chrono::Duration;
use tokio::sync::watch;

use super::workers::{Progress, regularly};
use super::{Engine, InForce};
use crate::store::{StoreError, incidents, pages};

/// How often.
const EVERY: Duration = Duration::minutes(1);
/// A page that no provider has taken for so long is one too long.
const TOO_LONG: Duration = Duration::minutes(5);
/// So many of the pages that no provider has taken are looked at.
const LOOKED_AT: u32 = 50;

impl Engine {
    /// Calls the address, if there is one and pages get through.
    pub async fn tick_pings(&self) -> Result<Progress, StoreError> {
        let Some(ping) = &self.ports.ping else { return Ok(Progress::None) };
        if self.is_page_stuck().await? {
            tracing::error!("no provider takes a page for too long: heartbeat_ping is not called");
            return Ok(Progress::None);
        }
        if let Err(why) = ping.ping().await {
            tracing::warn!(error = %why, "heartbeat_ping did not answer");
        }
        Ok(Progress::Some)
    }

    /// Whether somebody who is to be woken could not be for too long.
    async fn is_page_stuck(&self) -> Result<bool, StoreError> {
        let before = self.now() - TOO_LONG;
        self.db
            .read("stuck pages", move |tx| {
                Box::pin(async move {
                    let stuck = pages::untaken(tx, before, LOOKED_AT).await?;
                    let open = incidents::find_all(tx, &stuck.into_iter().collect::<Vec<_>>()).await?;
                    // Nobody is woken for what is clear or silenced.
                    let is_stuck = |incident: &crate::domain::incident::Incident| {
                        incident.state.is_open() && !incident.stands_still()
                    };
                    Ok(open.values().any(|found| is_stuck(&found.incident)))
                })
            })
            .await
    }
}

/// Calls it for as long as the process lives.
pub(super) async fn run(in_force: &InForce, stopped: watch::Receiver<bool>) {
    regularly(in_force, stopped, EVERY, |engine| async move {
        if let Err(error) = engine.tick_pings().await {
            tracing::error!(error = %error, "whether pages get through cannot be seen: heartbeat_ping is not called");
        }
    })
    .await;
}
