//! What a decision may look at besides the incident itself.

use chrono::{DateTime, Utc};

use super::timeline::Origin;
use crate::domain::house::House;
use crate::domain::on_call::{self, Override, Roster};
use crate::domain::severity::Severity;
use crate::ids::ScheduleId;

/// What a decision may look at besides the incident itself.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The instant of the decision, UTC (story time).
    pub now: DateTime<Utc>,
    /// The house rules.
    pub house: &'a House,
    /// Who has taken which span of which schedule.
    pub overrides: &'a [Override],
    /// Through which door the command came.
    pub origin: Origin,
    /// How bad the open umbrella of a storm is that stands for the incident; `None` when none does, or it is over.
    pub umbrella: Option<Severity>,
}

impl Facts<'_> {
    /// Who is on call now on that schedule; `None` for an unknown one.
    pub fn roster(&self, schedule: &ScheduleId) -> Option<Roster> {
        self.house.schedules.get(schedule).map(|schedule| on_call::who(schedule, self.overrides, self.now))
    }
}
