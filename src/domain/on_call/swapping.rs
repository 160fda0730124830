//! Two people exchange shifts: which ones, and whether they are still theirs when the other agrees.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::overriding::{FARTHEST, is_primary_throughout};
use super::{Override, Schedule, Shift, shifts, who};
use crate::ids::{PersonId, ScheduleId};

/// What is exchanged. Spans are `[from, to)`, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// By which schedule.
    pub schedule: ScheduleId,
    /// Who asks.
    pub asker: PersonId,
    /// Who is asked.
    pub other: PersonId,
    /// What the other takes from the asker.
    pub given: (DateTime<Utc>, DateTime<Utc>),
    /// What the asker takes from the other.
    pub taken: (DateTime<Utc>, DateTime<Utc>),
}

impl Exchange {
    /// The two overrides that make it so, what is given first.
    pub fn overrides(&self) -> [Override; 2] {
        let taken = |person: &PersonId, (from, to)| Override {
            schedule: self.schedule.clone(),
            person: person.clone(),
            from,
            to,
        };
        [taken(&self.other, self.given), taken(&self.asker, self.taken)]
    }

    /// The exchange as it stands at `now`: of what is given only what is left. `None` when nothing is left, or when what is
    /// taken has begun.
    pub fn from_now(&self, now: DateTime<Utc>) -> Option<Self> {
        let (from, to) = (self.given.0.max(now), self.given.1);
        (from < to && now <= self.taken.0).then(|| Self { given: (from, to), ..self.clone() })
    }
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

/// The asker's shift that holds `at`, or what is left of it, for the other's next one.
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
    let until = now + FARTHEST;
    let holds = |shift: &Shift| shift.start <= at && at < shift.end;
    let given =
        shifts(schedule, overrides, at, at + chrono::Duration::microseconds(1)).into_iter().find(holds);
    let Some(given) = given.filter(|shift| now < shift.end && shift.start < until) else {
        return Err(NoExchange::Past);
    };
    if given.primary.as_ref() != Some(asker) {
        return Err(NoExchange::NotTheirs(who(schedule, overrides, at).primary));
    }
    let is_free = |shift: &Shift| shift.primary.as_ref() == Some(other) && now <= shift.start;
    let taken = shifts(schedule, overrides, now, until).into_iter().find(is_free);
    let taken = taken.ok_or(NoExchange::NothingToTake)?;
    Ok(Exchange {
        schedule: schedule.id.clone(),
        asker: asker.clone(),
        other: other.clone(),
        given: (given.start.max(now), given.end),
        taken: (taken.start, taken.end),
    })
}

/// Whether both still have what they would exchange.
pub fn is_still_theirs(schedule: &Schedule, overrides: &[Override], exchange: &Exchange) -> bool {
    is_primary_throughout(schedule, overrides, &exchange.asker, exchange.given)
        && is_primary_throughout(schedule, overrides, &exchange.other, exchange.taken)
}
