//! Holes: shifts in which a page to the primary reaches nobody, seen before they come.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::house::House;
use super::on_call::{self, Override, Shift};
use crate::ids::{PersonId, ScheduleId};

/// How far the schedules are walked, in days.
pub const DAYS_AHEAD: i64 = 90;

/// Why a shift would reach nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Gap {
    /// Nobody is on call.
    Nobody,
    /// Whoever is has no contact method that works.
    Unreachable(PersonId),
    /// Whoever is has a Slack user whom Slack does not let be woken, such as one that is deactivated.
    NotInSlack(PersonId, String),
}

/// Shifts of one schedule that would reach nobody for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// Whose.
    pub schedule: ScheduleId,
    /// Why.
    pub gap: Gap,
    /// How many shifts.
    pub shifts: u32,
    /// When the first begins, UTC.
    pub from: DateTime<Utc>,
    /// When the first ends, UTC.
    pub to: DateTime<Utc>,
    /// The schedule's zone.
    pub zone: Tz,
}

impl Hole {
    /// The same for as long as it is the same hole, however time goes on.
    pub fn key(&self) -> String {
        match &self.gap {
            Gap::Nobody => format!("{} nobody", self.schedule),
            Gap::Unreachable(person) => format!("{} unreachable {person}", self.schedule),
            Gap::NotInSlack(person, _) => format!("{} not in slack {person}", self.schedule),
        }
    }
}

/// The holes of the coming days: one for each schedule and reason. `not_in_slack` are people of whom it is known why Slack does
/// not let them be woken; that is a hole where Slack is their only method.
pub fn find(
    house: &House,
    overrides: &[Override],
    not_in_slack: &BTreeMap<PersonId, String>,
    now: DateTime<Utc>,
) -> Vec<Hole> {
    let to = now + Duration::days(DAYS_AHEAD);
    let mut found: BTreeMap<(&ScheduleId, Gap), Vec<Shift>> = BTreeMap::new();
    for (id, schedule) in &house.schedules {
        for shift in on_call::shifts(schedule, overrides, now, to) {
            if let Some(gap) = gap(house, shift.primary.as_ref(), not_in_slack) {
                found.entry((id, gap)).or_default().push(shift);
            }
        }
    }
    let hole = |((schedule, gap), shifts): ((&ScheduleId, Gap), Vec<Shift>)| {
        let first = shifts.first()?;
        Some(Hole {
            schedule: schedule.clone(),
            gap,
            shifts: u32::try_from(shifts.len()).unwrap_or(u32::MAX),
            from: first.start,
            to: first.end,
            zone: house.schedules.get(schedule).map_or(house.timezone, |schedule| schedule.timezone),
        })
    };
    found.into_iter().filter_map(hole).collect()
}

fn gap(house: &House, primary: Option<&PersonId>, not_in_slack: &BTreeMap<PersonId, String>) -> Option<Gap> {
    let Some(person) = primary else { return Some(Gap::Nobody) };
    let methods = house.people.get(person).map(super::people::Person::working_methods).unwrap_or_default();
    if methods.is_empty() {
        return Some(Gap::Unreachable(person.clone()));
    }
    let only_slack = methods.iter().all(|method| *method == super::people::ContactMethod::Slack);
    let why = not_in_slack.get(person).filter(|_| only_slack)?;
    Some(Gap::NotInSlack(person.clone(), why.clone()))
}

#[cfg(test)]
mod tests;
