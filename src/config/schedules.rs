//! `schedules`: who takes turns, when, and in which zone.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;

use super::fault::NoteKind;
use super::reader::{Namespace, Section, Value};
use super::value::{self, Wrong};
use crate::domain::on_call::{BusinessHours, Every, Restriction, Rotation, Schedule, SecondaryRule};
use crate::ids::{PersonId, ScheduleId};

/// Reads `schedules`; `timezone` is the house's own.
pub(super) fn schedules(root: &Section<'_>, timezone: Tz) -> BTreeMap<ScheduleId, Schedule> {
    let Some(value) = root.required("schedules") else { return BTreeMap::new() };
    let entries = value.entries().into_iter().flatten();
    entries
        .filter_map(|(name, value)| {
            let id = ScheduleId(name);
            let schedule = schedule(value.section()?, id.clone(), timezone)?;
            Some((id, schedule))
        })
        .collect()
}

#[derive(Clone, Copy)]
enum Behind {
    Next,
    Nobody,
}

fn schedule(section: Section<'_>, id: ScheduleId, timezone: Tz) -> Option<Schedule> {
    let timezone = section.optional("timezone").map_or(Some(timezone), |value| value.read(value::zone));
    let business_hours = business_hours(section.optional("business_hours").and_then(Value::section));
    let handoff = handoff(section.optional("handoff").and_then(Value::section));
    let rotation = section.required("rotation").and_then(Value::section).and_then(turns);
    let secondary =
        match section.word_or("secondary", &[("next", Behind::Next), ("none", Behind::Nobody)], Behind::Next)
        {
            Behind::Next => SecondaryRule::Next,
            Behind::Nobody => SecondaryRule::None,
        };
    let restrictions = section.optional("restrictions").map_or(Some(vec![]), restrictions);
    let usergroup = section.optional("usergroup").and_then(Value::text);
    if secondary == SecondaryRule::Next
        && rotation.as_ref().is_some_and(|rotation| rotation.people.len() == 1)
    {
        let text = "has one person, so there is no secondary: steps that page the secondary are skipped";
        section.reader().note(
            NoteKind::Advice,
            Some(section.line_of("rotation")),
            &section.path_of("rotation"),
            text,
        );
    }
    section.finish();
    let (handoff_day, handoff_time) = handoff?;
    Some(Schedule {
        id,
        timezone: timezone?,
        business_hours: business_hours?,
        handoff_time,
        handoff_day,
        rotation: rotation?,
        restrictions: restrictions?,
        secondary,
        usergroup,
    })
}

fn business_hours(section: Option<Section<'_>>) -> Option<BusinessHours> {
    let (nine, six) = (NaiveTime::from_hms_opt(9, 0, 0)?, NaiveTime::from_hms_opt(18, 0, 0)?);
    let usual_days = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    let Some(section) = section else { return Some(BusinessHours { days: usual_days, from: nine, to: six }) };
    let days = days(&section);
    let time = |key: &str, usual: NaiveTime| {
        section.optional(key).and_then(|value| value.read(value::time_of_day)).unwrap_or(usual)
    };
    let (from, to) = (time("from", nine), time("to", six));
    if days.as_ref().is_some_and(Vec::is_empty) {
        section.fault(
            "there is no working day",
            "name at least one, or page `always` instead of `business_hours`",
        );
    }
    if to <= from {
        section.fault("`to` is not after `from`", "business hours begin and end on the same day");
    }
    section.finish();
    Some(BusinessHours { days: days.unwrap_or(usual_days), from, to })
}

/// `days`, in the order of the week; `None` when they are not given.
fn days(section: &Section<'_>) -> Option<Vec<Weekday>> {
    let days = section.optional("days").and_then(Value::one_or_more)?;
    let mut days: Vec<Weekday> = days.into_iter().filter_map(|day| day.read(value::weekday)).collect();
    days.sort_by_key(Weekday::num_days_from_monday);
    days.dedup();
    Some(days)
}

/// `None` when one of them cannot be read.
fn restrictions(value: Value<'_>) -> Option<Vec<Restriction>> {
    value.list()?.into_iter().map(|value| restriction(value.section()?)).collect()
}

fn restriction(section: Section<'_>) -> Option<Restriction> {
    let n_faults = section.reader().n_faults();
    let every_day = (0..7).filter_map(|n| Weekday::try_from(n).ok()).collect();
    let days = days(&section).unwrap_or(every_day);
    if days.is_empty() && section.reader().n_faults() == n_faults {
        section.fault("there is no day", "name at least one, or leave `days` out for every day");
    }
    let time = |key: &str| section.required(key).and_then(|value| value.read(value::time_of_day));
    let (from, to) = (time("from"), time("to"));
    section.finish();
    Some(Restriction { days, from: from?, to: to? })
}

fn handoff(section: Option<Section<'_>>) -> Option<(Weekday, NaiveTime)> {
    let usual = (Weekday::Mon, NaiveTime::from_hms_opt(9, 0, 0)?);
    let Some(section) = section else { return Some(usual) };
    let day = section.optional("day").and_then(|value| value.read(value::weekday)).unwrap_or(usual.0);
    let time = section.optional("time").and_then(|value| value.read(value::time_of_day)).unwrap_or(usual.1);
    section.finish();
    Some((day, time))
}

fn turns(section: Section<'_>) -> Option<Rotation> {
    let every = section.optional("every").map_or(Some(Every::Weeks(1)), |value| value.read(turn));
    let start = match section.optional("start") {
        Some(value) => value.read(value::date),
        None => NaiveDate::from_ymd_opt(1970, 1, 5),
    };
    let people = section.required("people").and_then(|value| {
        let (reader, line, path) = (value.reader, value.line, value.path.clone());
        let people = value.one_or_more()?;
        if people.is_empty() {
            reader.fault(Some(line), &path, Wrong::new("nobody takes a turn", "list at least one person"));
            return None;
        }
        Some(people)
    });
    let people: Option<Vec<PersonId>> = people.map(|people| {
        people.into_iter().filter_map(|value| value.name_in(Namespace::People)).map(PersonId).collect()
    });
    if !section.mentions("start") && people.as_ref().is_some_and(|people| people.len() > 1) {
        let text = "is not given, so turns are counted from Monday 1970-01-05; \
                    set it to the first day of the first person's turn";
        section.reader().note(
            NoteKind::Advice,
            Some(section.line_of("start")),
            &section.path_of("start"),
            text,
        );
    }
    section.finish();
    Some(Rotation { every: every?, start: start?, people: people? })
}

/// `1w`, `2w`, `1d`: whole days or weeks, because a turn follows the calendar and not the clock.
fn turn(word: &str) -> Result<Every, Wrong> {
    let refused = || {
        Wrong::new(format!("`{word}` is not the length of a turn"), "write whole days or weeks: 1d, 1w, 2w")
    };
    let (number, unit) = word.split_at_checked(word.len().saturating_sub(1)).ok_or_else(refused)?;
    let number: u32 = number.parse().ok().filter(|n| (1..=520).contains(n)).ok_or_else(refused)?;
    match unit {
        "d" => Ok(Every::Days(number)),
        "w" => Ok(Every::Weeks(number)),
        _ => Err(refused()),
    }
}
