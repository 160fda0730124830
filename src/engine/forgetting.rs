//! Forgets what is of no use any more, so that nothing but incidents grows without end.
//!
//! Incidents, timelines, ledgers and post-mortems are never forgotten here. What was given up stays long enough for
//! somebody to look at it.

use chrono::Duration;

use super::Engine;
use super::ends::ENDS;
use crate::store::{StoreError, ends, handoffs, homes, inbox, notes, outbox, swaps};

/// How long Slack's deliveries are remembered after they were acted upon, so that a late retry is recognised.
const LETTERS: Duration = Duration::days(1);
/// How long Slack's word about a user is kept. It is believed for an hour, and holds a name.
const USERS: Duration = Duration::days(1);
/// How long dead letters are kept for somebody to look at.
const DEAD_LETTERS: Duration = Duration::days(30);
/// How long effects that were given up are kept for somebody to look at.
const BURIED: Duration = Duration::days(30);
/// How long it is remembered that something was said; longer than anything is kept quiet for.
const SAID: Duration = Duration::days(7);
/// How long somebody's App Home is kept up to date after they last opened it.
const HOMES: Duration = Duration::days(30);
/// How long somebody may take to answer whether they exchange shifts.
const SWAPS: Duration = Duration::days(30);
/// How long test pages are kept.
const TEST_PAGES: Duration = Duration::days(30);
/// How often old things are forgotten.
pub(super) const FORGET_EVERY: Duration = Duration::minutes(10);

impl Engine {
    /// Forgets what is old enough. How many rows there were.
    pub async fn forget(&self) -> Result<u64, StoreError> {
        let (now, story) = (self.clocks.wire.now(), self.now());
        self.db
            .write("forget", move |tx| {
                Box::pin(async move {
                    Ok(inbox::forget(tx, now - LETTERS).await?
                        + outbox::forget_buried(tx, now - BURIED).await?
                        + notes::forget_users(tx, now - USERS).await?
                        + notes::forget_dead_letters(tx, now - DEAD_LETTERS).await?
                        + notes::forget_said(tx, now - SAID).await?
                        + homes::forget(tx, now - HOMES).await?
                        + swaps::forget(tx, now - SWAPS).await?
                        + handoffs::forget(tx, now - TEST_PAGES).await?
                        + ends::forget(tx, story - ENDS).await?)
                })
            })
            .await
    }
}
