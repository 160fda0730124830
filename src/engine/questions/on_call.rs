//! Who is on call, now and in the weeks to come.

use chrono::Duration;

use crate::domain::incident::timeline::Origin;
use crate::domain::on_call;
use crate::engine::Engine;
use crate::ids::ScheduleId;
use crate::words::answers;

/// So many weeks are shown when nobody says how many.
const WEEKS: u32 = 4;

impl Engine {
    pub(super) fn who_is_on_call(&self) -> String {
        let facts = self.facts(self.now(), Origin::Slack);
        let rosters: Vec<_> = self
            .settings
            .house
            .schedules
            .keys()
            .filter_map(|schedule| Some((schedule, facts.roster(schedule)?)))
            .collect();
        answers::who_is_on_call(&rosters, &self.settings.house)
    }

    /// The shifts of one schedule, or of all, for so many weeks from now.
    pub(super) fn coming_shifts(&self, schedule: Option<&ScheduleId>, weeks: Option<u32>) -> String {
        let house = &self.settings.house;
        let is_asked =
            |id: &ScheduleId| schedule.is_none_or(|asked| asked.as_str().eq_ignore_ascii_case(id.as_str()));
        let (from, weeks) = (self.now(), weeks.unwrap_or(WEEKS));
        let until = from + Duration::weeks(i64::from(weeks));
        let shifts: Vec<_> = house
            .schedules
            .iter()
            .filter(|(id, _)| is_asked(id))
            .map(|(id, schedule)| (id, on_call::shifts(schedule, &[], from, until)))
            .collect();
        match schedule {
            Some(unknown) if shifts.is_empty() => answers::unknown_schedule(unknown, house),
            _ => answers::coming_shifts(&shifts, weeks, house),
        }
    }
}
