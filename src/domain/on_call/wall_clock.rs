//! From wall-clock time to instants, on the days when the clock jumps too.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// The first instant at which the wall clock shows `local` or later.
///
/// A time that the clock skips is the first instant behind the gap, even when a whole day is skipped; a time that comes
/// twice is the first of the two. So a later wall-clock time is never an earlier instant. `None` only at the ends of the
/// calendar, some 260 000 years from now.
pub fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => GapInfo::new(&local, &zone)?.end.map(|at| at.to_utc()),
    }
}
