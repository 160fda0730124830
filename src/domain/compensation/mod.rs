//! What being on call is worth: a month of one person, from what really happened.
//!
//! A week on call is worth a flat bonus, pro rata: overrides take from one and give to the other, and hours in which restrictions
//! leave nobody on call are worth nothing to anybody. An incident worked at night is
//! worth a bonus for the night and time off, one at the weekend more time off; whatever is worked at the weekend is no night.
//! Everything is counted on the wall of the person's own zone. All in whole numbers, so that the same month is always worth
//! the same.

mod hours;
mod worked;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::house::House;
use super::on_call::{self, Every, Override, Schedule};
use crate::ids::{IncidentId, PersonId};

pub use worked::{Work, worked};

use hours::{Kind, Piece, pieces};

/// A decimal number with at most two digits after the point, held exactly: `1.5` is 150.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hundredths(pub u32);

/// What being on call is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compensation {
    /// The currency of every amount, as three letters (`EUR`).
    pub currency: String,
    /// For a week on call.
    pub week: Hundredths,
    /// For work at night.
    pub night: NightWork,
    /// For work at the weekend.
    pub weekend: WeekendWork,
}

/// What an incident worked at night is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NightWork {
    /// When the night begins, in the person's own zone.
    pub from: NaiveTime,
    /// When it ends; the next morning when it is before `from`.
    pub to: NaiveTime,
    /// For each night with work.
    pub bonus: Hundredths,
    /// Time off per worked time.
    pub time_off: Hundredths,
}

/// What an incident worked at the weekend is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekendWork {
    /// Time off per worked time.
    pub time_off: Hundredths,
}

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// Reads `2026-11`.
    pub fn read(word: &str) -> Option<Self> {
        let (year, month) = word.split_once('-')?;
        let is_written_so = year.len() == 4 && month.len() == 2;
        let number =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let (year, month): (Option<u32>, Option<u32>) = (number(year), number(month));
        let first = NaiveDate::from_ymd_opt(i32::try_from(year?).ok()?, month?, 1)?;
        is_written_so.then_some(Self(first))
    }

    /// The month that it is at `at`, in that zone.
    pub fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let day = at.with_timezone(&zone).date_naive();
        Self(day.with_day(1).unwrap_or(day))
    }

    /// From its first instant up to that of the next month, in that zone; UTC.
    pub fn span(self, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        let begin = |day: NaiveDate| {
            on_call::instant(zone, day.and_time(NaiveTime::MIN)).unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        let next = self.0.checked_add_months(Months::new(1)).unwrap_or(self.0);
        (begin(self.0), begin(next))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

/// One person's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Who.
    pub person: PersonId,
    /// Weeks on call as the primary, in millionths.
    pub weeks: u64,
    /// What they are worth, in hundredths of the currency.
    pub week_bonus: u64,
    /// Incidents worked at night.
    pub night_incidents: u32,
    /// What the nights are worth, in hundredths of the currency: one bonus for each night with work.
    pub night_bonus: u64,
    /// Incidents worked at the weekend.
    pub weekend_incidents: u32,
    /// Hours off, in hundredths.
    pub time_off: u64,
}

impl Row {
    /// The bonuses together, in hundredths of the currency.
    pub const fn total(&self) -> u64 {
        self.week_bonus + self.night_bonus
    }

    const fn is_empty(&self) -> bool {
        self.weeks == 0 && self.night_incidents == 0 && self.weekend_incidents == 0 && self.time_off == 0
    }
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// Who had taken which span of which schedule.
    pub overrides: &'a [Override],
    /// What was worked, also the day before the month.
    pub works: &'a [Work],
    /// Until when it happened, UTC: what is to come is worth nothing yet.
    pub now: DateTime<Utc>,
}

/// The month of everybody to whom anything is due, by their names.
pub fn report(rules: &Compensation, house: &House, happened: Happened<'_>, month: Month) -> Vec<Row> {
    let row = |person: &PersonId| {
        let zone = zone_of(house, person);
        let (from, to) = month.span(zone);
        let weeks = house
            .schedules
            .values()
            .map(|schedule| weeks(schedule, happened.overrides, person, (from, to.min(happened.now))))
            .sum();
        let worked = happened.works.iter().filter(|work| work.person == *person);
        let pieces: Vec<Piece> = worked.flat_map(|work| pieces(work, &rules.night, zone)).collect();
        let (nights, night_incidents) = nights(&pieces, (from, to));
        let weekend_incidents = first_in(&pieces, (from, to), |kind| matches!(kind, Kind::Weekend));
        let seconds = |is_kind: fn(&Kind) -> bool| together(&pieces, (from, to), is_kind);
        let owed = seconds(|kind| matches!(kind, Kind::Night(_))) * u64::from(rules.night.time_off.0)
            + seconds(|kind| matches!(kind, Kind::Weekend)) * u64::from(rules.weekend.time_off.0);
        Row {
            person: person.clone(),
            weeks,
            week_bonus: rounded(weeks * u64::from(rules.week.0), 1_000_000),
            night_incidents,
            night_bonus: nights * u64::from(rules.night.bonus.0),
            weekend_incidents,
            time_off: rounded(owed, 3600),
        }
    };
    house.people.keys().map(row).filter(|row| !row.is_empty()).collect()
}

/// The zone on whose wall a person's nights are.
pub fn zone_of(house: &House, person: &PersonId) -> Tz {
    let own = house.people.get(person).and_then(|person| person.timezone);
    let takes_turns = |schedule: &&Schedule| schedule.rotation.people.contains(person);
    own.or_else(|| house.schedules.values().find(takes_turns).map(|schedule| schedule.timezone))
        .unwrap_or(house.timezone)
}

/// Half and more counts as one.
const fn rounded(amount: u64, by: u64) -> u64 {
    (amount + by / 2) / by
}

/// Weeks in which somebody was the primary of a schedule, in millionths. A turn is worth as many days as it is meant to have,
/// also when the clock changes in it.
fn weeks(
    schedule: &Schedule,
    overrides: &[Override],
    person: &PersonId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> u64 {
    let days = match schedule.rotation.every {
        Every::Days(n) => i64::from(n.max(1)),
        Every::Weeks(n) => 7 * i64::from(n.max(1)),
    };
    let (mut at, mut sum) = (from, 0_u64);
    while at < to {
        let (roster, turn) = (on_call::who(schedule, overrides, at), on_call::turn_at(schedule, at));
        let end = roster.until.min(to);
        if roster.primary.as_ref() == Some(person) {
            let part = u128::try_from((end - at).num_seconds() * days).unwrap_or_default() * 1_000_000;
            let whole =
                u128::try_from((turn.ends_at - turn.begins_at).num_seconds() * 7).unwrap_or_default().max(1);
            sum += u64::try_from((part + whole / 2) / whole).unwrap_or_default();
        }
        at = end;
    }
    sum
}

/// How many nights had their first work in the span, and how many incidents their first work at night.
fn nights(pieces: &[Piece], span: (DateTime<Utc>, DateTime<Utc>)) -> (u64, u32) {
    let mut begun: BTreeMap<NaiveDate, DateTime<Utc>> = BTreeMap::new();
    for piece in pieces {
        if let Kind::Night(night) = piece.kind {
            begun.entry(night).and_modify(|first| *first = piece.from.min(*first)).or_insert(piece.from);
        }
    }
    let n = begun.values().filter(|first| span.0 <= **first && **first < span.1).count();
    let incidents = first_in(pieces, span, |kind| matches!(kind, Kind::Night(_)));
    (u64::try_from(n).unwrap_or_default(), incidents)
}

/// How many incidents were first worked in such hours in the span.
fn first_in(
    pieces: &[Piece],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    is_kind: impl Fn(&Kind) -> bool,
) -> u32 {
    let mut first: BTreeMap<IncidentId, DateTime<Utc>> = BTreeMap::new();
    for piece in pieces.iter().filter(|piece| is_kind(&piece.kind)) {
        first.entry(piece.incident).and_modify(|at| *at = piece.from.min(*at)).or_insert(piece.from);
    }
    let found: BTreeSet<IncidentId> =
        first.into_iter().filter(|(_, at)| from <= *at && *at < to).map(|(id, _)| id).collect();
    u32::try_from(found.len()).unwrap_or(u32::MAX)
}

/// Seconds worked in such hours in the span; work on two incidents at once is work once.
fn together(
    pieces: &[Piece],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    is_kind: impl Fn(&Kind) -> bool,
) -> u64 {
    let within = pieces.iter().filter(|piece| is_kind(&piece.kind));
    let mut spans: Vec<(DateTime<Utc>, DateTime<Utc>)> =
        within.map(|piece| (piece.from.max(from), piece.to.min(to))).filter(|(from, to)| from < to).collect();
    spans.sort_unstable();
    let (mut sum, mut done) = (0, from);
    for (begin, end) in spans {
        sum += (end - begin.max(done)).num_seconds().max(0);
        done = done.max(end);
    }
    u64::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests;
