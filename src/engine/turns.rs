//! Whose turn it is: effects that have to wait for a pace stay in the outbox, unclaimed, until they can be performed.
//!
//! Whatever may be claimed is claimed in order, and no more of it than the pace lets through. So nothing waits with a lease
//! in its hand, what waits can still be joined by its like, and whoever is first in order has the next turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::Engine;
use super::nudges::Wanted;
use super::save::LEASE;
use crate::domain::effect::Effect;
use crate::domain::people::ContactMethod;
use crate::ports::Pace;
use crate::store::outbox::Claimed;
use crate::store::{StoreError, outbox};

/// How many effects are claimed in one go.
const CLAIM_BATCH: u32 = 16;
/// How many events are on their way to PagerDuty at once.
const TO_PAGERDUTY_AT_ONCE: u32 = 4;
/// How many calls are ended at once.
const CALLS_ENDED_AT_ONCE: u32 = 4;

/// How many effects of each sort this process has claimed and not performed yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Underway(Arc<Mutex<BTreeMap<&'static str, u32>>>);

impl Underway {
    /// Counts one effect until the ticket is dropped.
    pub fn begin(&self, sort: &'static str) -> Ticket {
        *self.counts().entry(sort).or_default() += 1;
        Ticket { underway: self.clone(), sort }
    }

    fn n(&self, sort: &str) -> u32 {
        self.counts().get(sort).copied().unwrap_or_default()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<&'static str, u32>> {
        // A count is changed in one step, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One effect under way.
pub(super) struct Ticket {
    underway: Underway,
    sort: &'static str,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(n) = self.underway.counts().get_mut(self.sort) {
            *n = n.saturating_sub(1);
        }
    }
}

/// What may be claimed at one instant.
pub(super) struct Turns {
    /// The kinds of which none may.
    pub held: Vec<&'static str>,
    /// When the first of them may again, wire time, as far as is known.
    pub again_at: Option<DateTime<Utc>>,
    sorts: BTreeMap<&'static str, &'static str>,
    left: BTreeMap<&'static str, u32>,
}

impl Turns {
    /// Whether one more of this kind may be claimed; if so it counts.
    fn takes(&mut self, kind: &str) -> bool {
        let left = self.sorts.get(kind).and_then(|sort| self.left.get_mut(sort));
        left.is_none_or(|left| {
            let takes = *left > 0;
            *left = left.saturating_sub(1);
            takes
        })
    }
}

/// Whether it is worth a look at the outbox.
pub(super) struct HasTurn {
    /// Something may be claimed at once.
    pub now: bool,
    /// Or then, wire time, as far as is known.
    pub again_at: Option<DateTime<Utc>>,
}

/// What was claimed.
pub struct Claims {
    /// It belongs to this process until its leases end; in the order in which it should be performed.
    pub claimed: Vec<Claimed>,
    /// When more can be claimed, wire time, if something has to wait until then.
    pub again_at: Option<DateTime<Utc>>,
}

impl Engine {
    /// The pace of effects of this name.
    fn pace(&self, kind: &str) -> Pace {
        // Each may hang for as long as it has: while its provider is down, everything else goes on.
        let beside = |sort, free| Pace { sort, free, again_at: None };
        match kind {
            "tell_pagerduty" => beside("pagerduty", TO_PAGERDUTY_AT_ONCE),
            "hang_up" => beside("calls", CALLS_ENDED_AT_ONCE),
            _ => self.ports.slack.pace(kind),
        }
    }

    /// What may be claimed now, besides what is under way.
    pub(super) fn turns(&self, underway: &Underway) -> Turns {
        let mut turns = Turns { held: vec![], again_at: None, sorts: BTreeMap::new(), left: BTreeMap::new() };
        for kind in Effect::DECORATION {
            let pace = self.pace(kind);
            let left = pace.free.saturating_sub(underway.n(pace.sort));
            if left == 0 {
                turns.held.push(kind);
                turns.again_at = turns.again_at.into_iter().chain(pace.again_at).min();
            }
            turns.sorts.insert(kind, pace.sort);
            turns.left.entry(pace.sort).and_modify(|least| *least = left.min(*least)).or_insert(left);
        }
        turns
    }

    /// Whether any of what is wanted may be claimed now, besides what is under way; or else when some of it may.
    pub(super) fn has_turn(&self, wanted: &Wanted, underway: &Underway) -> HasTurn {
        let kinds = match wanted {
            Wanted::Any => return HasTurn { now: true, again_at: None },
            Wanted::Kinds(kinds) if kinds.is_empty() => return HasTurn { now: false, again_at: None },
            Wanted::Kinds(kinds) => kinds,
        };
        let turns = self.turns(underway);
        let now = kinds.iter().any(|kind| !turns.held.contains(kind));
        HasTurn { now, again_at: turns.again_at }
    }

    /// Counts a claimed effect as under way.
    pub(super) fn begins(&self, claimed: &Claimed, underway: &Underway) -> Ticket {
        underway.begin(self.pace(claimed.effect.name()).sort)
    }

    /// Claims effects that are due and whose turn it is; no pages.
    pub(super) async fn claim_errands(&self, underway: &Underway) -> Result<Claims, StoreError> {
        let now = self.clocks.wire.now();
        let mut turns = self.turns(underway);
        let (held, again_at) = (turns.held.clone(), turns.again_at);
        let heads = self.db.read("heads", move |tx| {
            Box::pin(async move { outbox::heads(tx, &held, now, CLAIM_BATCH).await })
        });
        let mut heads = heads.await?;
        heads.retain(|head| turns.takes(&head.kind));
        if heads.is_empty() {
            return Ok(Claims { claimed: vec![], again_at });
        }
        let claimed = self.db.write("claim", move |tx| {
            Box::pin(async move { outbox::claim(tx, &heads, now, now + LEASE).await })
        });
        Ok(Claims { claimed: claimed.await?, again_at })
    }

    /// Leases up to `limit` pages by this method that are due: those for which there was no room, that their first process did
    /// not send, or that are to be tried again.
    pub(super) async fn claim_pages(
        &self,
        method: ContactMethod,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        let now = self.clocks.wire.now();
        let is_claimable = self.db.read("claimable pages", move |tx| {
            Box::pin(async move { outbox::is_page_claimable(tx, method, now).await })
        });
        if !is_claimable.await? {
            return Ok(vec![]);
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        self.db
            .write("claim pages", move |tx| {
                Box::pin(async move { outbox::claim_pages(tx, method, now, now + LEASE, limit).await })
            })
            .await
    }
}
