//! What kind of hours somebody worked, cut where the kind changes on their own wall.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use super::{NightWork, Work};
use crate::domain::on_call::instant;
use crate::ids::IncidentId;

/// A kind of hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Saturday or Sunday, whatever the hour.
    Weekend,
    /// A night that began on that day.
    Night(NaiveDate),
    /// Anything else.
    Day,
}

/// A piece of work in hours of one kind, `[from, to)`, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub incident: IncidentId,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub kind: Kind,
}

/// The pieces of a stretch of work, in order.
pub(super) fn pieces(work: &Work, night: &NightWork, zone: Tz) -> Vec<Piece> {
    let (mut found, mut at) = (vec![], work.from);
    while at < work.to {
        let local = at.with_timezone(&zone).naive_local();
        let next_day = local.date().checked_add_days(Days::new(1)).unwrap_or(local.date());
        let edges = [
            local.date().and_time(night.from),
            local.date().and_time(night.to),
            next_day.and_time(NaiveTime::MIN),
        ];
        let edges = edges.into_iter().filter_map(|edge| instant(zone, edge)).filter(|edge| at < *edge);
        let to = edges.min().unwrap_or(work.to).min(work.to);
        let kind = kind(local.date(), local.time(), night);
        found.push(Piece { incident: work.incident, from: at, to, kind });
        at = to;
    }
    found
}

fn kind(day: NaiveDate, time: NaiveTime, night: &NightWork) -> Kind {
    if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        return Kind::Weekend;
    }
    let ends_next_morning = night.to <= night.from;
    let is_evening = night.from <= time && (ends_next_morning || time < night.to);
    let is_morning = ends_next_morning && time < night.to;
    if is_evening {
        Kind::Night(day)
    } else if is_morning {
        Kind::Night(day.checked_sub_days(Days::new(1)).unwrap_or(day))
    } else {
        Kind::Day
    }
}
