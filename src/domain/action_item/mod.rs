//! Action items: what is done so that it does not happen again, by whom, until when, and when the owner is reminded.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::incident::Actor;
use super::on_call::instant;
use crate::ids::PersonId;

/// The most characters of one.
pub const LONGEST: usize = 1000;
/// The most that one incident may have.
pub const MOST: usize = 100;
/// So many days before the due day the owner is reminded for the first time.
const DAYS_BEFORE: u64 = 2;
/// And so many days after it again, and again.
const DAYS_BETWEEN: u64 = 7;
/// At this hour of the owner's day.
const HOUR: u32 = 9;

/// Who did it, and when (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Who said so.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionItem {
    /// Its number inside the incident, from 1.
    pub n: u32,
    /// The event that told of it.
    pub seq: i64,
    /// Who does it.
    pub owner: PersonId,
    /// Until the end of this day, wherever the owner is.
    pub due: NaiveDate,
    /// What.
    pub text: String,
    /// Once it is done.
    pub done: Option<Done>,
    /// When the owner is reminded next, UTC; `None` once it is done.
    pub remind_at: Option<DateTime<Utc>>,
}

/// How far away a due day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// So many days are left.
    Left(i64),
    /// It is today.
    Today,
    /// It was so many days ago.
    Late(i64),
}

/// How far away the due day is on the day `today`.
pub fn standing(due: NaiveDate, today: NaiveDate) -> Standing {
    match (due - today).num_days() {
        0 => Standing::Today,
        left @ 1.. => Standing::Left(left),
        late => Standing::Late(-late),
    }
}

/// The first reminder after `after`: two days before the due day, on it, and every week from then on, at nine in the morning
/// of the owner's zone. `None` only at the end of the calendar.
pub fn next_reminder(due: NaiveDate, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let morning = |day: NaiveDate| instant(zone, day.and_time(NaiveTime::from_hms_opt(HOUR, 0, 0)?));
    let days_late = (after.with_timezone(&zone).date_naive() - due).num_days().max(0).unsigned_abs();
    let weeks = days_late / DAYS_BETWEEN;
    let before = due.checked_sub_days(Days::new(DAYS_BEFORE));
    let weekly = (weeks..=weeks + 1).filter_map(|week| due.checked_add_days(Days::new(week * DAYS_BETWEEN)));
    before.into_iter().chain([due]).chain(weekly).filter_map(morning).find(|at| *at > after)
}

#[cfg(test)]
mod tests;
