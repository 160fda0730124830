//! Points in time as people type them: `2026-11-20`, `2026-11-20T18:00`, `now`, `+2h`.

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::text::span;
use crate::domain::on_call;

/// A point in time, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Now.
    Now,
    /// So long after now, or after where a span begins.
    After(Duration),
    /// A day, on the wall of whoever typed it.
    Day(NaiveDate),
    /// A day and a time, likewise.
    Local(NaiveDateTime),
    /// An instant; its zone was typed.
    At(DateTime<Utc>),
}

impl When {
    /// Reads one word.
    pub fn read(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("now") {
            return Some(Self::Now);
        }
        if let Some(later) = word.strip_prefix('+') {
            return span(later).map(Self::After);
        }
        if let Ok(day) = NaiveDate::parse_from_str(word, "%Y-%m-%d") {
            return Some(Self::Day(day));
        }
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
        if let Some(local) = local.iter().find_map(|form| NaiveDateTime::parse_from_str(word, form).ok()) {
            return Some(Self::Local(local));
        }
        DateTime::parse_from_rfc3339(word).ok().map(|at| Self::At(at.to_utc()))
    }

    /// The instant, for somebody in that zone; a day is its midnight, and a while is counted from `from`. `None` beyond the
    /// calendar.
    pub fn instant(self, zone: Tz, now: DateTime<Utc>, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Now => Some(now),
            Self::After(later) => from.checked_add_signed(later),
            Self::Day(day) => on_call::instant(zone, day.and_time(NaiveTime::MIN)),
            Self::Local(local) => on_call::instant(zone, local),
            Self::At(at) => Some(at),
        }
    }

    /// The instants that may be meant when somebody asks what is at that time: of a day its noon, its last moment and its
    /// first one.
    pub fn instants_within(self, zone: Tz, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let Self::Day(day) = self else { return self.instant(zone, now, now).into_iter().collect() };
        let noon =
            NaiveTime::from_hms_opt(12, 0, 0).and_then(|noon| on_call::instant(zone, day.and_time(noon)));
        let next =
            day.checked_add_days(Days::new(1)).and_then(|next| Self::Day(next).instant(zone, now, now));
        let last = next.map(|next| next - Duration::microseconds(1));
        [noon, last, self.instant(zone, now, now)].into_iter().flatten().collect()
    }
}
