//! Whoever was away answers again: what waits to be tried again goes on at once, and so in order.
//!
//! It must never make due what waits for a time of its own, nor ask somebody who still fails all the time.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::Engine;
use super::outbox::PAGE_RETRY_MAX;
use crate::domain::people::ContactMethod;
use crate::store::outbox;

/// When what waits to be tried again was last made due before its time: seldom, or whoever still fails would be asked all the time.
#[derive(Default)]
pub(super) struct Hurry(Mutex<Option<DateTime<Utc>>>);

impl Hurry {
    /// How seldom.
    const EVERY: TimeDelta = TimeDelta::seconds(5);

    /// Whether it is worth it at `now` (wire time); then the next time is a while away.
    pub fn is_worth_it(&self, now: DateTime<Utc>) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is = last.is_none_or(|last| Self::EVERY <= (now - last).abs());
        if is {
            *last = Some(now);
        }
        is
    }
}

impl Engine {
    /// Something that failed before was taken: whoever failed then answers again. What waits to be tried again need not wait any
    /// longer, so that it comes in order and not each at the end of a wait of its own.
    pub(super) async fn others_go_on(&self, method: ContactMethod) {
        let now = self.clocks.wire.now();
        if !self.nudges.hurry.is_worth_it(now) {
            return;
        }
        let until = now + PAGE_RETRY_MAX;
        let hurried = self
            .db
            .write("hurry", move |tx| Box::pin(async move { outbox::hurry(tx, method, now, until).await }))
            .await;
        match hurried {
            Ok(0) => {}
            Ok(n) => {
                tracing::info!(n, "somebody answers again: what waited to be tried again goes on");
                self.nudges.outbox.want_any();
            }
            // It comes later, by itself.
            Err(error) => tracing::debug!(%error, "what waits to be tried again was not hurried"),
        }
    }
}
