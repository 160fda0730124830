//! Who is on call at an instant: one resolver for paging, previews, reports and checks.
//!
//! Pure and total: wall clock plus IANA zone in, a roster out, on DST days too. Overrides always beat rotations.
//! A rotation goes round for ever in both directions, so there is a primary before its start as well; nobody is on call outside
//! of its restrictions only.

mod business_hours;
mod overriding;
mod resolver;
mod restrictions;
mod swapping;
mod wall_clock;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, ScheduleId};

pub use business_hours::{is_open, next_closing, next_opening};
pub use overriding::{Change, FARTHEST, Made, Others, Unfit, changes, fit, moved};
pub use resolver::{Turn, latest_handoff, next_handoff, shifts, shifts_since, turn_at, who};
pub use restrictions::Restriction;
pub use swapping::{Between, Exchange, NoExchange, exchange, is_still_theirs};
pub use wall_clock::instant;

/// Opening hours in the schedule's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessHours {
    /// Working days.
    pub days: Vec<Weekday>,
    /// Opening, wall clock.
    pub from: NaiveTime,
    /// Closing, wall clock; after `from`.
    pub to: NaiveTime,
}

/// How often the pager changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Every {
    /// Every so many days, at the handoff time.
    Days(u32),
    /// Every so many weeks, on the handoff day at the handoff time.
    Weeks(u32),
}

/// People taking turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The length of a turn.
    pub every: Every,
    /// The first day of the first person's turn. With weeks, the turn begins on the handoff day on or before it.
    pub start: NaiveDate,
    /// In order of turns; at least one.
    pub people: Vec<PersonId>,
}

/// Who stands behind the primary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecondaryRule {
    /// The next in rotation order after the rostered primary who is not the actual primary.
    Next,
    /// Nobody.
    None,
}

/// An on-call schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The key under `schedules`.
    pub id: ScheduleId,
    /// The zone of every wall-clock time in it.
    pub timezone: Tz,
    /// Opening hours, for severities that page in business hours only.
    pub business_hours: BusinessHours,
    /// The wall-clock time of a handoff.
    pub handoff_time: NaiveTime,
    /// The weekday of a handoff, with weekly rotations.
    pub handoff_day: Weekday,
    /// The turns.
    pub rotation: Rotation,
    /// The hours in which the rotation puts somebody on call, in any of them; none: always.
    pub restrictions: Vec<Restriction>,
    /// Who stands behind the primary.
    pub secondary: SecondaryRule,
    /// The Slack user group that mirrors the primary.
    pub usergroup: Option<String>,
}

impl Schedule {
    /// When the handoff of a day is; `None` beyond the calendar.
    pub fn begins(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        instant(self.timezone, day.and_time(self.handoff_time))
    }

    /// The same time on the wall so many weeks later, also when the clock changes in them; `None` beyond the calendar.
    pub fn weeks_after(&self, from: DateTime<Utc>, weeks: u16) -> Option<DateTime<Utc>> {
        let wall = from.with_timezone(&self.timezone).naive_local();
        instant(self.timezone, wall.checked_add_signed(Duration::weeks(i64::from(weeks)))?)
    }
}

/// A person takes a span of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Which schedule.
    pub schedule: ScheduleId,
    /// Who takes it.
    pub person: PersonId,
    /// From here, UTC.
    pub from: DateTime<Utc>,
    /// Up to but not including here, UTC.
    pub to: DateTime<Utc>,
}

/// Who is reachable at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Who is paged first. `None` outside of the rotation's restrictions, unless somebody has taken that time.
    pub primary: Option<PersonId>,
    /// Who stands behind.
    pub secondary: Option<PersonId>,
    /// Until when this answer holds, UTC: the next handoff, or where an override or a restriction changes it.
    pub until: DateTime<Utc>,
}

/// A span `[start, end)` in which the roster does not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// From here, UTC.
    pub start: DateTime<Utc>,
    /// Up to but not including here, UTC.
    pub end: DateTime<Utc>,
    /// Who is paged first; as in [`Roster`].
    pub primary: Option<PersonId>,
    /// Who stands behind.
    pub secondary: Option<PersonId>,
}

#[cfg(test)]
mod tests;
