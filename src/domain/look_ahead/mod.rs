//! What each person is told once a week: their shifts in the next four weeks, and which of them changed since the last time.
//!
//! On Mondays at ten in the person's own zone: inside the usual working day, and for most people after the usual handoff. One rule
//! for everybody, however many schedules somebody is on.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Days, Duration, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::holes::{Span, spans};
use super::house::House;
use super::on_call::{self, Override, Shift};
use crate::ids::{PersonId, ScheduleId};

/// So far ahead it looks.
pub const AHEAD: Duration = Duration::weeks(4);
/// The hour of the day, on the person's wall clock.
const HOUR: u32 = 10;

/// The latest Monday, ten o'clock, at or before `at` in that zone; UTC.
pub fn latest(zone: Tz, at: DateTime<Utc>) -> DateTime<Utc> {
    let monday = monday(zone, at, 0);
    if monday <= at { monday } else { self::monday(zone, at, -1) }
}

/// The first Monday, ten o'clock, after `at` in that zone; UTC.
pub fn next(zone: Tz, at: DateTime<Utc>) -> DateTime<Utc> {
    let monday = monday(zone, at, 0);
    if at < monday { monday } else { self::monday(zone, at, 1) }
}

/// Ten o'clock on the Monday of the week that holds `at`, so many weeks later.
fn monday(zone: Tz, at: DateTime<Utc>, weeks: i64) -> DateTime<Utc> {
    let today = at.with_timezone(&zone).date_naive();
    let since = Days::new(today.weekday().num_days_from_monday().into());
    let monday = today.checked_sub_days(since).and_then(|day| day.checked_add_signed(Duration::weeks(weeks)));
    let ten = NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default();
    monday.and_then(|day| on_call::instant(zone, day.and_time(ten))).unwrap_or(at)
}

/// As whom somebody is on a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// They are paged first.
    Primary,
    /// They stand behind.
    Secondary,
}

/// Some time on a schedule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stint {
    /// When.
    pub span: Span,
    /// On which schedule.
    pub schedule: ScheduleId,
}

/// What somebody was told last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Until when it looked ahead, UTC.
    pub until: DateTime<Utc>,
    /// When they were to be the primary.
    pub primary: Vec<Stint>,
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAhead {
    /// When they are the primary, in order.
    pub primary: Vec<Stint>,
    /// When they are the secondary, in order.
    pub secondary: Vec<Stint>,
    /// What they have as the primary and had not been told of.
    pub new: Vec<Stint>,
    /// What they had been told of and have not any more.
    pub gone: Vec<Stint>,
    /// What to compare with the next time.
    pub told: Told,
}

impl LookAhead {
    /// Whether there is nothing that they should know.
    pub fn is_empty(&self) -> bool {
        [&self.primary, &self.secondary, &self.new, &self.gone].iter().all(|stints| stints.is_empty())
    }
}

/// What one person is told at `now`, who was told this the last time.
pub fn look(
    house: &House,
    overrides: &[Override],
    person: &PersonId,
    before: Option<&Told>,
    now: DateTime<Utc>,
) -> LookAhead {
    let until = now + AHEAD;
    let (mut primary, mut secondary) = (vec![], vec![]);
    for (id, schedule) in &house.schedules {
        let shifts = on_call::shifts(schedule, overrides, now, until);
        let when = |is_theirs: fn(&Shift) -> &Option<PersonId>| {
            let theirs = shifts.iter().filter(|shift| is_theirs(shift).as_ref() == Some(person));
            let whole =
                spans::merged(theirs.map(|shift| Span { from: shift.start, to: shift.end }).collect());
            whole.into_iter().map(|span| Stint { span, schedule: id.clone() })
        };
        primary.extend(when(|shift| &shift.primary));
        secondary.extend(when(|shift| &shift.secondary));
    }
    primary.sort_unstable();
    secondary.sort_unstable();
    let told = Told { until, primary: primary.clone() };
    let (mut new, mut gone) = (vec![], vec![]);
    if let Some(before) = before {
        // What neither of them could see has not changed.
        let common = Span { from: now, to: before.until.min(until) };
        let stints = before.primary.iter().chain(&primary);
        let schedules: BTreeSet<&ScheduleId> = stints.map(|stint| &stint.schedule).collect();
        for schedule in schedules {
            let on = |stints: &[Stint]| {
                let on = stints.iter().filter(|stint| stint.schedule == *schedule).map(|stint| stint.span);
                spans::both(&spans::merged(on.collect()), &[common])
            };
            let (was, is) = (on(&before.primary), on(&primary));
            let stint = |span| Stint { span, schedule: schedule.clone() };
            new.extend(spans::without(&is, &was).into_iter().map(stint));
            gone.extend(spans::without(&was, &is).into_iter().map(stint));
        }
        new.sort_unstable();
        gone.sort_unstable();
    }
    LookAhead { primary, secondary, new, gone, told }
}

#[cfg(test)]
mod tests;
