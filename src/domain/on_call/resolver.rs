//! The one resolver: who is on call at an instant, and the shifts of a span.
//!
//! A turn begins at the handoff time of its first day and ends where the next one begins. What rotation and overrides say
//! together is a shift; it ends with its turn even when the same person goes on, because a handoff is due there. Outside of its
//! restrictions a rotation puts nobody on call, neither first nor second; an override covers such a time for its person alone.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};

use super::wall_clock::instant;
use super::{Every, Override, Roster, Rotation, Schedule, SecondaryRule, Shift, restrictions};
use crate::ids::PersonId;

/// Who is on call at `at`, and until when.
///
/// Of `overrides`, which may be those of every schedule, the last in the list that covers the instant wins: pass them in
/// the order in which they were made. An override replaces the primary. The secondary is then the next after the rostered
/// primary who is neither the actual primary nor the rostered one, who has just been relieved.
pub fn who(schedule: &Schedule, overrides: &[Override], at: DateTime<Utc>) -> Roster {
    let turn = turn_at(schedule, at);
    let on_duty = duty(schedule, overrides, turn.number, at);
    let later =
        |edge: &DateTime<Utc>| next_edge(schedule, overrides, *edge).filter(|next| *next < turn.ends_at);
    let until = std::iter::successors(later(&at), later)
        .find(|edge| duty(schedule, overrides, turn.number, *edge) != on_duty)
        .unwrap_or(turn.ends_at);
    Roster { primary: on_duty.primary.cloned(), secondary: on_duty.secondary.cloned(), until }
}

/// The shifts that touch `[from, to)`, in order, without gap or overlap. Each is whole: the first may begin before `from`, and
/// the last may end after `to`. A time with nobody is a shift too.
pub fn shifts(
    schedule: &Schedule,
    overrides: &[Override],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<Shift> {
    if to <= from {
        return vec![];
    }
    shifts_since(schedule, overrides, turn_at(schedule, from).begins_at)
        .skip_while(|shift| shift.end <= from)
        .take_while(|shift| shift.start < to)
        .collect()
}

/// The shifts from `at` on, in order, without end; the first begins there.
pub fn shifts_since(
    schedule: &Schedule,
    overrides: &[Override],
    at: DateTime<Utc>,
) -> impl Iterator<Item = Shift> {
    let shift = move |start: DateTime<Utc>| {
        let Roster { primary, secondary, until: end } = who(schedule, overrides, start);
        Shift { start, end, primary, secondary }
    };
    std::iter::successors(Some(shift(at)), move |last| (last.start < last.end).then(|| shift(last.end)))
}

/// The first instant after `at` at which an override or a restriction begins or ends.
fn next_edge(schedule: &Schedule, overrides: &[Override], at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let taken = overrides.iter().filter(|taken| taken.schedule == schedule.id);
    let taken = taken.flat_map(|taken| [taken.from, taken.to]).filter(|edge| at < *edge);
    let restricted = restrictions::next_edge(&schedule.restrictions, schedule.timezone, at);
    taken.chain(restricted).min()
}

/// The latest handoff at or before `at`, UTC: where a turn of the rotation first puts somebody on call. A turn that never does
/// has none. Overrides move nobody's handoff.
pub fn latest_handoff(schedule: &Schedule, at: DateTime<Utc>) -> DateTime<Utc> {
    let now = turn_at(schedule, at);
    let before =
        |turn: &Turn| Some(turn_at(schedule, turn.begins_at.checked_sub_signed(TimeDelta::microseconds(1))?));
    let begun = |turn: Turn| {
        let (restrictions, zone) = (&schedule.restrictions, schedule.timezone);
        let mut edges = std::iter::successors(Some(turn.begins_at), |edge| {
            restrictions::next_edge(restrictions, zone, *edge)
                .filter(|next| *next < turn.ends_at && *next <= at)
        });
        edges.find(|edge| restrictions::allow(restrictions, zone, *edge))
    };
    // A turn has a day at least, and no restriction is further away than the clock can skip it.
    std::iter::successors(Some(now), before).take(16).find_map(begun).unwrap_or(now.begins_at)
}

/// The first handoff of the rotation after `at`. Overrides move nobody's handoff.
pub fn next_handoff(schedule: &Schedule, at: DateTime<Utc>) -> DateTime<Utc> {
    turn_at(schedule, at).ends_at
}

/// One turn of the rotation, whatever overrides say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// 0 is the turn that begins with the rotation; earlier ones count down.
    number: i64,
    /// The handoff with which it begins, UTC.
    pub begins_at: DateTime<Utc>,
    /// The handoff with which it ends, UTC.
    pub ends_at: DateTime<Utc>,
}

/// The turn that holds `at`.
pub fn turn_at(schedule: &Schedule, at: DateTime<Utc>) -> Turn {
    let first_day = first_day(schedule);
    let days = days_in_turn(&schedule.rotation);
    let begins = |number: i64| begin_of_turn(schedule, first_day, days, number);
    // Right but for the hours between the wall clock and UTC, so that a step or two is enough.
    let mut number = at.date_naive().signed_duration_since(first_day).num_days().div_euclid(days);
    while begins(number).is_some_and(|begin| at < begin) {
        number -= 1;
    }
    while begins(number + 1).is_some_and(|begin| begin <= at) {
        number += 1;
    }
    Turn {
        number,
        begins_at: begins(number).unwrap_or(at),
        ends_at: begins(number + 1).unwrap_or(DateTime::<Utc>::MAX_UTC),
    }
}

/// The day on which turn 0 begins.
fn first_day(schedule: &Schedule) -> NaiveDate {
    let start = schedule.rotation.start;
    match schedule.rotation.every {
        Every::Days(_) => start,
        Every::Weeks(_) => {
            let since = start.weekday().days_since(schedule.handoff_day);
            start.checked_sub_days(Days::new(since.into())).unwrap_or(start)
        }
    }
}

/// How many days a turn has; at least one, whatever the configuration says.
fn days_in_turn(rotation: &Rotation) -> i64 {
    match rotation.every {
        Every::Days(n) => i64::from(n.max(1)),
        Every::Weeks(n) => i64::from(n.max(1)) * 7,
    }
}

/// `None` outside the calendar.
fn begin_of_turn(schedule: &Schedule, first_day: NaiveDate, days: i64, number: i64) -> Option<DateTime<Utc>> {
    let day = first_day.checked_add_signed(TimeDelta::try_days(days.checked_mul(number)?)?)?;
    instant(schedule.timezone, day.and_time(schedule.handoff_time))
}

/// Who has which part.
#[derive(PartialEq, Eq)]
struct Duty<'a> {
    primary: Option<&'a PersonId>,
    secondary: Option<&'a PersonId>,
}

fn duty<'a>(schedule: &'a Schedule, overrides: &'a [Override], turn: i64, at: DateTime<Utc>) -> Duty<'a> {
    let people = &schedule.rotation.people;
    let is_on = restrictions::allow(&schedule.restrictions, schedule.timezone, at);
    let place = place_in_rotation(people, turn).filter(|_| is_on);
    let rostered = place.and_then(|place| people.get(place));
    let primary = overrides
        .iter()
        .rfind(|taken| taken.schedule == schedule.id && taken.from <= at && at < taken.to)
        .map(|taken| &taken.person)
        .or(rostered);
    let secondary = match schedule.secondary {
        SecondaryRule::Next => place.and_then(|place| {
            // Somebody who was relieved comes last, but still before nobody.
            let in_order = people.iter().skip(place + 1).chain(people.iter().take(place + 1));
            in_order.map(Some).find(|next| *next != primary).flatten()
        }),
        SecondaryRule::None => None,
    };
    Duty { primary, secondary }
}

/// Whose turn it is, as an index; the rotation goes round backward as well. `None` when there is nobody.
fn place_in_rotation(people: &[PersonId], turn: i64) -> Option<usize> {
    let n_people = i64::try_from(people.len()).ok()?;
    usize::try_from(turn.checked_rem_euclid(n_people)?).ok()
}
