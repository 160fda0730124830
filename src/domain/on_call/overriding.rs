//! Taking a span of a schedule: what may be taken, and what changes by it.
//!
//! Overrides lie on top of each other in the order in which they are made. Nothing in the past is ever changed: what was is
//! what people were paid and paged by.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::{Override, Roster, Schedule, who};
use crate::domain::incident::Actor;
use crate::ids::{OverrideId, PersonId};

/// An override ends no later than this from now.
pub const FARTHEST: Duration = Duration::days(366);
/// Whoever names a beginning that passed no longer ago than this means "from now on".
const FORGIVEN: Duration = Duration::days(1);

/// An override that somebody made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its number.
    pub id: OverrideId,
    /// What it says.
    pub taken: Override,
    /// Who made it.
    pub by: Actor,
    /// When, UTC.
    pub at: DateTime<Utc>,
}

/// What to do about what others have arranged for the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Leave it; whoever asks is told.
    Stand,
    /// Put the new one on top.
    GiveWay,
}

/// Why a span cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It ends before it begins, or lasts no time at all.
    Backwards,
    /// It is over already, or began too long ago.
    Past,
    /// It reaches too far ahead.
    TooFar,
    /// The person is on call then anyway.
    OnCallAnyway,
    /// Somebody else has arranged something else for a part of it.
    Arranged(Box<Made>),
}

/// The span as it is taken: from now on when it began a while ago.
///
/// `made` are the overrides that hold, of every schedule, in the order in which they were made; `by` is who asks.
///
/// # Errors
/// Why it cannot be taken.
pub fn fit(
    schedule: &Schedule,
    made: &[Made],
    wish: &Override,
    by: &Actor,
    others: Others,
    now: DateTime<Utc>,
) -> Result<Override, Unfit> {
    if wish.to <= wish.from {
        return Err(Unfit::Backwards);
    }
    if wish.to <= now || wish.from < now - FORGIVEN {
        return Err(Unfit::Past);
    }
    if now + FARTHEST < wish.to {
        return Err(Unfit::TooFar);
    }
    let taken = Override { from: wish.from.max(now), ..wish.clone() };
    let standing: Vec<Override> = made.iter().map(|made| made.taken.clone()).collect();
    if is_primary_throughout(schedule, &standing, &taken.person, (taken.from, taken.to)) {
        return Err(Unfit::OnCallAnyway);
    }
    let overlaps = |made: &&Made| {
        made.taken.schedule == taken.schedule && made.taken.from < taken.to && taken.from < made.taken.to
    };
    let foreign = made.iter().rev().filter(overlaps).find(|made| made.by != *by);
    match (foreign, others) {
        (Some(foreign), Others::Stand) => Err(Unfit::Arranged(Box::new(foreign.clone()))),
        (Some(_), Others::GiveWay) | (None, _) => Ok(taken),
    }
}

/// Whether one person is the primary at every instant of `[from, to)`.
pub(super) fn is_primary_throughout(
    schedule: &Schedule,
    overrides: &[Override],
    person: &PersonId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> bool {
    let mut at = from;
    while at < to {
        let Roster { primary, until, .. } = who(schedule, overrides, at);
        if primary.as_ref() != Some(person) {
            return false;
        }
        at = until;
    }
    true
}

/// A span in which somebody else is the primary than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// From here, UTC.
    pub from: DateTime<Utc>,
    /// Up to but not including here, UTC.
    pub to: DateTime<Utc>,
    /// Who had been the primary.
    pub before: Option<PersonId>,
    /// Who is now.
    pub after: Option<PersonId>,
}

/// What other overrides change in `[from, to)`, in order; spans that follow each other with the same people are one.
pub fn changes(
    schedule: &Schedule,
    before: &[Override],
    after: &[Override],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<Change> {
    let primary = |overrides: &[Override], at| {
        let Roster { primary, until, .. } = who(schedule, overrides, at);
        (primary, until)
    };
    differences(|at| primary(before, at), |at| primary(after, at), from, to)
}

/// What another schedule of the same name changes in `[from, to)`; `None` is one that is not there. An override holds in both.
pub fn moved(
    before: Option<&Schedule>,
    after: Option<&Schedule>,
    overrides: &[Override],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<Change> {
    let primary =
        |schedule: Option<&Schedule>, at| match schedule.map(|schedule| who(schedule, overrides, at)) {
            Some(Roster { primary, until, .. }) => (primary, until),
            None => (None, to),
        };
    differences(|at| primary(before, at), |at| primary(after, at), from, to)
}

/// Where two tellings of who is the primary, and until when, differ.
fn differences(
    before: impl Fn(DateTime<Utc>) -> (Option<PersonId>, DateTime<Utc>),
    after: impl Fn(DateTime<Utc>) -> (Option<PersonId>, DateTime<Utc>),
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<Change> {
    let mut found: Vec<Change> = vec![];
    let mut at = from;
    while at < to {
        let ((was, was_until), (is, is_until)) = (before(at), after(at));
        let end = was_until.min(is_until).min(to);
        if was != is {
            match found.last_mut() {
                Some(last) if last.to == at && last.before == was && last.after == is => last.to = end,
                Some(_) | None => found.push(Change { from: at, to: end, before: was, after: is }),
            }
        }
        at = end;
    }
    found
}
