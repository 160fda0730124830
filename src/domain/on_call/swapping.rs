//! Two people exchange shifts: which ones, and whether they are still theirs when the other agrees.
//!
//! A shift is exchanged whole: everything of one turn that is somebody's, which is several spans when restrictions or what others
//! have taken lie between them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::overriding::{FARTHEST, is_primary_throughout};
use super::{Override, Schedule, Turn, shifts, turn_at, who};
use crate::ids::{PersonId, ScheduleId};

/// `[from, to)`, UTC.
pub type Between = (DateTime<Utc>, DateTime<Utc>);

/// What is exchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// By which schedule.
    pub schedule: ScheduleId,
    /// Who asks.
    pub asker: PersonId,
    /// Who is asked.
    pub other: PersonId,
    /// What the other takes from the asker, in order; never empty.
    pub given: Vec<Between>,
    /// What the asker takes from the other, in order; never empty.
    pub taken: Vec<Between>,
}

impl Exchange {
    /// The overrides that make it so, what is given first.
    pub fn overrides(&self) -> Vec<Override> {
        let taken = |person: &PersonId, (from, to): Between| Override {
            schedule: self.schedule.clone(),
            person: person.clone(),
            from,
            to,
        };
        let given = self.given.iter().map(|span| taken(&self.other, *span));
        given.chain(self.taken.iter().map(|span| taken(&self.asker, *span))).collect()
    }

    /// The exchange as it stands at `now`: of what is given only what is left. `None` when nothing is left, or when what is
    /// taken has begun.
    pub fn from_now(&self, now: DateTime<Utc>) -> Option<Self> {
        let given = left_of(&self.given, now);
        let has_begun = self.taken.first().is_none_or(|first| first.0 < now);
        (!given.is_empty() && !has_begun).then(|| Self { given, ..self.clone() })
    }
}

/// What is left of spans at `now`.
fn left_of(spans: &[Between], now: DateTime<Utc>) -> Vec<Between> {
    spans.iter().map(|(from, to)| ((*from).max(now), *to)).filter(|(from, to)| from < to).collect()
}

/// Why shifts cannot be exchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoExchange {
    /// With oneself.
    Oneself,
    /// The day is over.
    Past,
    /// The asker is not on call then; who is.
    NotTheirs(Option<PersonId>),
    /// The other has no shift to give within a year.
    NothingToTake,
}

/// The asker's shift that holds `at`, or what is left of it, for the other's next one that has not begun.
///
/// # Errors
/// Why they cannot be exchanged.
pub fn exchange(
    schedule: &Schedule,
    overrides: &[Override],
    asker: &PersonId,
    other: &PersonId,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Exchange, NoExchange> {
    if asker == other {
        return Err(NoExchange::Oneself);
    }
    let (until, turn) = (now + FARTHEST, turn_at(schedule, at));
    if turn.ends_at <= now || until <= turn.begins_at {
        return Err(NoExchange::Past);
    }
    let on_call = who(schedule, overrides, at).primary;
    if on_call.as_ref() != Some(asker) {
        return Err(NoExchange::NotTheirs(on_call));
    }
    let given = left_of(&theirs(schedule, overrides, asker, &turn), now);
    if given.is_empty() {
        return Err(NoExchange::Past);
    }
    let next = |turn: &Turn| Some(turn_at(schedule, turn.ends_at)).filter(|next| next.begins_at < until);
    let coming = std::iter::successors(Some(turn_at(schedule, now)), next);
    let theirs = coming.map(|turn| theirs(schedule, overrides, other, &turn));
    let has_not_begun = |spans: &Vec<Between>| spans.first().is_some_and(|first| now <= first.0);
    let taken = theirs.into_iter().find(has_not_begun).ok_or(NoExchange::NothingToTake)?;
    let (asker, other) = (asker.clone(), other.clone());
    Ok(Exchange { schedule: schedule.id.clone(), asker, other, given, taken })
}

/// When somebody is the primary in a turn, in as few spans as can be.
fn theirs(schedule: &Schedule, overrides: &[Override], person: &PersonId, turn: &Turn) -> Vec<Between> {
    let mut spans: Vec<Between> = vec![];
    for shift in shifts(schedule, overrides, turn.begins_at, turn.ends_at) {
        if shift.primary.as_ref() != Some(person) {
            continue;
        }
        match spans.last_mut() {
            Some(last) if last.1 == shift.start => last.1 = shift.end,
            Some(_) | None => spans.push((shift.start, shift.end)),
        }
    }
    spans
}

/// Whether both still have what they would exchange.
pub fn is_still_theirs(schedule: &Schedule, overrides: &[Override], exchange: &Exchange) -> bool {
    let has = |person, spans: &[Between]| {
        spans.iter().all(|span| is_primary_throughout(schedule, overrides, person, *span))
    };
    has(&exchange.asker, &exchange.given) && has(&exchange.other, &exchange.taken)
}
