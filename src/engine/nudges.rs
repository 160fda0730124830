//! Wakes the workers early, and only those for whom there is something: in a storm, looking costs more than what is found.
//!
//! A nudge is speed, never the guarantee: every worker looks once a second anyway.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::hurry::Hurry;

/// The nudges of all workers.
#[derive(Default)]
pub(super) struct Nudges {
    pub timers: Alarm,
    pub outbox: Wants,
    pub inbox: Notify,
    pub homes: Notify,
    pub sources: Notify,
    pub hurry: Hurry,
}

/// What of the outbox is worth a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Effects of these kinds.
    Kinds(BTreeSet<&'static str>),
    /// Whatever there is.
    Any,
}

impl Wanted {
    /// None of it.
    pub const fn nothing() -> Self {
        Self::Kinds(BTreeSet::new())
    }

    /// This as well.
    pub fn join(&mut self, more: Self) {
        match (&mut *self, more) {
            (Self::Any, _) => {}
            (_, Self::Any) => *self = Self::Any,
            (Self::Kinds(kinds), Self::Kinds(more)) => kinds.extend(more),
        }
    }
}

/// Tells the outbox's worker what has come.
pub(super) struct Wants {
    nudge: Notify,
    wanted: Mutex<Wanted>,
}

impl Default for Wants {
    fn default() -> Self {
        Self { nudge: Notify::new(), wanted: Mutex::new(Wanted::Any) }
    }
}

impl Wants {
    /// Effects of these kinds have come to the head of their lanes.
    pub fn want(&self, more: BTreeSet<&'static str>) {
        if more.is_empty() {
            return;
        }
        self.wanted().join(Wanted::Kinds(more));
        self.nudge.notify_one();
    }

    /// Anything may have come.
    pub fn want_any(&self) {
        *self.wanted() = Wanted::Any;
        self.nudge.notify_one();
    }

    /// Comes back at the next nudge, also one since the last.
    pub fn nudged(&self) -> Notified<'_> {
        self.nudge.notified()
    }

    /// What has come since this was last asked.
    pub fn take(&self) -> Wanted {
        std::mem::replace(&mut *self.wanted(), Wanted::nothing())
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        // A set of words is whole at every instant.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the timers' worker when something is due before it would look by itself.
#[derive(Default)]
pub(super) struct Alarm {
    nudge: Notify,
    /// What it waits for; `None` while it is looking, when anything may matter.
    waits_for: Mutex<Option<DateTime<Utc>>>,
}

impl Alarm {
    /// Something is due then (story time).
    pub fn set(&self, at: Option<DateTime<Utc>>) {
        let waits_for = *self.waits_for();
        if at.is_some_and(|at| waits_for.is_none_or(|waits_for| at < waits_for)) {
            self.nudge.notify_one();
        }
    }

    /// Something may be due.
    pub fn ring(&self) {
        self.nudge.notify_one();
    }

    /// The worker looks now; comes back at the next nudge, also one since the last.
    pub fn look(&self) -> Notified<'_> {
        *self.waits_for() = None;
        self.nudge.notified()
    }

    /// The worker has looked, and waits until then (story time); `None` when nothing is due at all.
    pub fn wait_for(&self, at: Option<DateTime<Utc>>) {
        *self.waits_for() = Some(at.unwrap_or(DateTime::<Utc>::MAX_UTC));
    }

    fn waits_for(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.waits_for.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
