//! When a schedule is open: one span for each working day, from the instant of opening up to that of closing.
//!
//! A day whose hours the clock skips altogether has none.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;

use super::BusinessHours;
use super::wall_clock::instant;

/// How far to look for the next span: a week, and one more because the clock may have skipped the only working day.
const DAYS_AHEAD: usize = 16;

/// Whether `at` is in business hours.
pub fn is_open(hours: &BusinessHours, zone: Tz, at: DateTime<Utc>) -> bool {
    spans_around(hours, zone, at).any(|span| span.opens <= at && at < span.closes)
}

/// The first opening after `at`, UTC. `None` when there are no business hours at all: no days, or closing not after opening.
pub fn next_opening(hours: &BusinessHours, zone: Tz, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    spans_around(hours, zone, at).map(|span| span.opens).find(|opens| at < *opens)
}

/// The first closing after `at`, UTC: of this day when open, else of the next one. `None` as for [`next_opening`].
pub fn next_closing(hours: &BusinessHours, zone: Tz, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    spans_around(hours, zone, at).map(|span| span.closes).find(|closes| at < *closes)
}

/// `[opens, closes)`, never empty.
struct Span {
    opens: DateTime<Utc>,
    closes: DateTime<Utc>,
}

/// The spans from shortly before `at` on, in order.
fn spans_around(hours: &BusinessHours, zone: Tz, at: DateTime<Utc>) -> impl Iterator<Item = Span> {
    // No zone is more than a day from UTC, and no gap is longer than a day.
    let first = at.date_naive().checked_sub_days(Days::new(2)).unwrap_or(NaiveDate::MIN);
    first.iter_days().take(2 + DAYS_AHEAD).filter(|day| hours.days.contains(&day.weekday())).filter_map(
        move |day| {
            let opens = instant(zone, day.and_time(hours.from))?;
            let closes = instant(zone, day.and_time(hours.to))?;
            (opens < closes).then_some(Span { opens, closes })
        },
    )
}
