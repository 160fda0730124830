//! Restrictions: the hours of the week to which a rotation is confined. Outside of all of them it puts nobody on call.
//!
//! Wall clock of the schedule's zone, on the days when the clock jumps too; hours that the clock skips altogether are none.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::wall_clock::instant;

/// How far to look for the next edge: a week, and one more because the clock may have skipped the only hours.
const DAYS_AHEAD: usize = 16;

/// Hours of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// The days on which they begin; at least one.
    pub days: Vec<Weekday>,
    /// The beginning, wall clock.
    pub from: NaiveTime,
    /// The end, wall clock: of the next day when it is not after `from`.
    pub to: NaiveTime,
}

/// Whether a rotation puts somebody on call at `at`: always, when nothing restricts it.
pub(super) fn allow(restrictions: &[Restriction], zone: Tz, at: DateTime<Utc>) -> bool {
    let holds = |restriction| {
        let mut begun = spans_around(restriction, zone, at).take_while(|span| span.begins <= at);
        begun.any(|span| at < span.ends)
    };
    restrictions.is_empty() || restrictions.iter().any(holds)
}

/// The first instant after `at`, UTC, at which one of them begins or ends, whether or not another goes on. `None` when nothing
/// restricts.
pub(super) fn next_edge(restrictions: &[Restriction], zone: Tz, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let edge = |restriction| {
        let begins = spans_around(restriction, zone, at).map(|span| span.begins).find(|edge| at < *edge);
        let ends = spans_around(restriction, zone, at).map(|span| span.ends).find(|edge| at < *edge);
        begins.into_iter().chain(ends).min()
    };
    restrictions.iter().filter_map(edge).min()
}

/// `[begins, ends)`, never empty.
struct Span {
    begins: DateTime<Utc>,
    ends: DateTime<Utc>,
}

/// The spans of one restriction from shortly before `at` on, in order.
fn spans_around(restriction: &Restriction, zone: Tz, at: DateTime<Utc>) -> impl Iterator<Item = Span> {
    // No zone is more than a day from UTC, and what began the day before may go on.
    let first = at.date_naive().checked_sub_days(Days::new(3)).unwrap_or(NaiveDate::MIN);
    let Restriction { days, from, to } = restriction;
    first.iter_days().take(3 + DAYS_AHEAD).filter(|day| days.contains(&day.weekday())).filter_map(
        move |day| {
            let last = if to <= from { day.succ_opt()? } else { day };
            let begins = instant(zone, day.and_time(*from))?;
            let ends = instant(zone, last.and_time(*to))?;
            (begins < ends).then_some(Span { begins, ends })
        },
    )
}
