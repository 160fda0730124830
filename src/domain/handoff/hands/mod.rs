//! Who hands over to whom, over the times in which restrictions leave nobody on call.

use chrono::{DateTime, Duration, Utc};

use crate::domain::on_call::{self, Override, Schedule, Shift};
use crate::ids::PersonId;

/// So far back, and so far beyond the present turn, somebody is looked for who was on call, or will be: restrictions come again
/// every week, and the clock may skip one of them.
const LOOKS: Duration = Duration::days(17);

/// Who hands over to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hands {
    /// Who had the pager.
    pub outgoing: Option<PersonId>,
    /// Who has it next.
    pub incoming: Option<PersonId>,
    /// Until when, UTC.
    pub until: DateTime<Utc>,
}

impl Hands {
    /// At a handoff.
    pub fn at(schedule: &Schedule, overrides: &[Override], at: DateTime<Utc>) -> Self {
        let outgoing = last_before(schedule, overrides, at);
        let first = on_call::who(schedule, overrides, at);
        let until = stint_end(schedule, overrides, first.primary.as_ref(), at);
        Self { outgoing, incoming: first.primary, until }
    }

    /// At the next change after `now`, when somebody comes on call.
    pub fn next(schedule: &Schedule, overrides: &[Override], now: DateTime<Utc>) -> Self {
        let roster = on_call::who(schedule, overrides, now);
        let outgoing = roster.primary.or_else(|| last_before(schedule, overrides, now));
        let turn_ends = on_call::turn_at(schedule, now).ends_at;
        let horizon = turn_ends.checked_add_signed(LOOKS).unwrap_or(turn_ends);
        let is_change = |shift: &Shift| {
            shift.primary.is_some() && (shift.primary != outgoing || turn_ends <= shift.start)
        };
        let next = on_call::shifts_since(schedule, overrides, roster.until)
            .take_while(|shift| shift.start < horizon)
            .find(is_change);
        match next {
            Some(Shift { start, primary, .. }) => {
                let until = stint_end(schedule, overrides, primary.as_ref(), start);
                Self { outgoing, incoming: primary, until }
            }
            None => Self { outgoing, incoming: None, until: roster.until },
        }
    }
}

/// Who was the last primary before `at`.
fn last_before(schedule: &Schedule, overrides: &[Override], at: DateTime<Utc>) -> Option<PersonId> {
    let just_before = at.checked_sub_signed(Duration::microseconds(1))?;
    let from = on_call::who(schedule, overrides, just_before).primary.map_or(LOOKS, |_| Duration::zero());
    let shifts = on_call::shifts(schedule, overrides, just_before.checked_sub_signed(from)?, at);
    shifts.into_iter().rev().find_map(|shift| shift.primary)
}

/// Until when somebody who is the primary at `at` is that, over times with nobody and up to the end of the turn.
fn stint_end(
    schedule: &Schedule,
    overrides: &[Override],
    person: Option<&PersonId>,
    at: DateTime<Utc>,
) -> DateTime<Utc> {
    let turn_ends = on_call::turn_at(schedule, at).ends_at;
    on_call::shifts_since(schedule, overrides, at)
        .take_while(|shift| shift.start < turn_ends)
        .take_while(|shift| shift.primary.is_none() || shift.primary.as_ref() == person)
        .filter(|shift| shift.primary.as_ref() == person)
        .last()
        .map_or(at, |shift| shift.end)
}

#[cfg(test)]
mod tests;
