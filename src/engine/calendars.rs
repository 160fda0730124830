//! Calendars of who is on call, for other programs: each at a secret address.
//!
//! An address is a signature of whose calendar it is, with the key that links are signed with. So nothing is stored for it, it is
//! the same on every replica and after a restart, and nobody who does not know it can find out whether it exists.

use chrono::Duration;
use subtle::ConstantTimeEq;
use url::Url;

use super::Engine;
use crate::domain::on_call::{Shift, shifts};
use crate::ids::ScheduleId;
use crate::store::StoreError;
use crate::words::calendar::Whose;

/// So far back a calendar reaches.
const BACK: Duration = Duration::days(30);
/// And so far ahead.
const AHEAD: Duration = Duration::days(90);

/// One calendar and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Whose it is.
    pub whose: Whose,
    /// The path on this service; a secret.
    pub path: String,
    /// The whole address; `None` when this service has no public one.
    pub url: Option<Url>,
}

impl Engine {
    /// Every calendar: of each schedule, then of each person who takes turns or may be put on call.
    ///
    /// # Errors
    /// When the key cannot be had.
    pub async fn calendars(&self) -> Result<Vec<Address>, StoreError> {
        let house = &self.settings.house;
        let schedules = house.schedules.keys().cloned().map(Whose::Schedule);
        let everybody = schedules.chain(house.people.keys().cloned().map(Whose::Person));
        let key = self.link_key().await?;
        let base = self.settings.public_url.as_deref();
        let address = |whose: Whose| {
            let path = format!("/calendar/{}.ics", key.calendar_secret(&name(&whose)));
            let url = base.and_then(|base| Url::parse(&format!("{base}{path}")).ok());
            Address { whose, path, url }
        };
        Ok(everybody.map(address).collect())
    }

    /// Whose calendar has this secret; `None` when none has.
    ///
    /// # Errors
    /// When the key cannot be had.
    pub async fn calendar_at(&self, secret: &str) -> Result<Option<Whose>, StoreError> {
        let path = format!("/calendar/{secret}.ics");
        let mut found = None;
        // All are compared, so that the time taken tells nothing.
        for Address { whose, path: known, .. } in self.calendars().await? {
            if bool::from(known.as_bytes().ct_eq(path.as_bytes())) {
                found = Some(whose);
            }
        }
        Ok(found)
    }

    /// What stands in a calendar now, in order: only times with somebody.
    pub fn calendar_shifts(&self, whose: &Whose) -> Vec<(ScheduleId, Shift)> {
        let (now, rota) = (self.now(), self.rota());
        let is_theirs = |schedule: &ScheduleId, shift: &Shift| match whose {
            Whose::Schedule(asked) => asked == schedule && shift.primary.is_some(),
            Whose::Person(person) => [&shift.primary, &shift.secondary].contains(&&Some(person.clone())),
        };
        let all = self.settings.house.schedules.values().flat_map(|schedule| {
            let found = shifts(schedule, rota.overrides(), now - BACK, now + AHEAD);
            found.into_iter().map(|shift| (schedule.id.clone(), shift))
        });
        let mut found: Vec<(ScheduleId, Shift)> =
            all.filter(|(schedule, shift)| is_theirs(schedule, shift)).collect();
        found.sort_by_key(|(_, shift)| shift.start);
        found
    }
}

/// What is signed for a calendar: a schedule and a person may have the same name.
fn name(whose: &Whose) -> String {
    match whose {
        Whose::Schedule(schedule) => format!("schedule/{schedule}"),
        Whose::Person(person) => format!("person/{person}"),
    }
}
