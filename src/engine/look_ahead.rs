//! The weekly look ahead: each person hears of their own shifts, once a week, whoever restarts and however many processes there
//! are.
//!
//! When it is due follows from the calendar; a row says which week each person was told of, and another one what. After a
//! standstill only the latest week is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::Engine;
use crate::domain::compensation::zone_of;
use crate::domain::effect::Effect;
use crate::domain::look_ahead::{self, Told, look};
use crate::domain::people::Person;
use crate::ids::{PersonId, SlackUserId};
use crate::store::{StoreError, Tx, remembered};
use crate::words;

/// Which week each person was last told of: the Monday as a date, so that later ones are greater.
const WEEK: &str = "look ahead";
/// What they were told.
const TOLD: &str = "looked ahead";

/// The weeks that this process knows to be told, so that the database is asked only when there is a new one.
#[derive(Default)]
pub(super) struct Weeks(Mutex<BTreeMap<PersonId, DateTime<Utc>>>);

impl Weeks {
    fn is_known(&self, person: &PersonId, at: DateTime<Utc>) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(person).is_some_and(|known| at <= *known)
    }

    fn note(&self, due: &[Due]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(due.iter().map(|due| (due.person.clone(), due.at)));
    }
}

/// Somebody is to be told.
#[derive(Debug, Clone)]
struct Due {
    person: PersonId,
    user: SlackUserId,
    /// When the week began, UTC.
    at: DateTime<Utc>,
    /// The same as a date of theirs.
    week: String,
}

impl Engine {
    fn due_to_look_ahead(&self) -> Vec<Due> {
        let (house, now) = (&self.settings.house, self.now());
        let due = |person: &Person| {
            let zone = zone_of(house, &person.id);
            let at = look_ahead::latest(zone, now);
            let week = at.with_timezone(&zone).format("%Y-%m-%d").to_string();
            Some(Due { person: person.id.clone(), user: person.slack.clone()?, at, week })
        };
        let people = house.people.values().filter_map(due);
        people.filter(|due| !self.weeks.is_known(&due.person, due.at)).collect()
    }

    /// Whether a week has begun for somebody, and this process has not looked whether they were told.
    pub(super) fn has_untold_weeks(&self) -> bool {
        !self.due_to_look_ahead().is_empty()
    }

    /// When the next week begins for anybody, story time.
    pub(super) fn next_week(&self) -> Option<DateTime<Utc>> {
        let (house, now) = (&self.settings.house, self.now());
        let people = house.people.values().filter(|person| person.slack.is_some());
        people.map(|person| look_ahead::next(zone_of(house, &person.id), now)).min()
    }

    /// Whether this process told anybody.
    pub(super) async fn look_ahead(self: &Arc<Self>) -> Result<bool, StoreError> {
        let due = self.due_to_look_ahead();
        if due.is_empty() {
            return Ok(false);
        }
        let (engine, people) = (self.clone(), due.clone());
        let job = self.db.write("look ahead", move |tx| {
            Box::pin(async move {
                let effects = engine.look_ahead_in(tx, &people).await?;
                engine.post(tx, None, &effects).await?;
                Ok::<_, StoreError>(!effects.is_empty())
            })
        });
        let has_told = job.await?;
        self.weeks.note(&due);
        if has_told {
            self.after_commit(vec![]);
        }
        Ok(has_told)
    }

    async fn look_ahead_in(&self, tx: &mut Tx, due: &[Due]) -> Result<Vec<Effect>, StoreError> {
        let (now, wire, rota) = (self.now(), self.clocks.wire.now(), self.rota());
        let weeks: BTreeMap<String, String> = remembered::all(tx, WEEK).await?.into_iter().collect();
        let told: BTreeMap<String, String> = remembered::all(tx, TOLD).await?.into_iter().collect();
        let mut effects = vec![];
        for Due { person, user, week, .. } in due {
            let last = weeks.get(person.as_str());
            // A process whose clock is behind has nothing to add.
            if last.is_some_and(|last| week <= last) {
                continue;
            }
            let name = person.as_str();
            if !remembered::becomes(tx, (WEEK, name), week, wire, DateTime::UNIX_EPOCH).await? {
                continue;
            }
            let before = told.get(name).and_then(|text| read(text));
            let look = look(&self.settings.house, rota.overrides(), person, before.as_ref(), now);
            if let Some(text) = written(&look.told) {
                remembered::becomes(tx, (TOLD, name), &text, wire, DateTime::UNIX_EPOCH).await?;
            }
            // Whoever is seen for the first time hears of it from the next week on.
            if last.is_some() && !look.is_empty() {
                let text = words::look_ahead::look_ahead(&look);
                effects.push(Effect::Tell { user: user.clone(), text, choices: vec![] });
            }
        }
        Ok(effects)
    }
}

fn written(told: &Told) -> Option<String> {
    let written = serde_json::to_string(told);
    written.inspect_err(|error| tracing::error!(error = %error, "shifts cannot be written down")).ok()
}

fn read(text: &str) -> Option<Told> {
    let read = serde_json::from_str(text);
    read.inspect_err(|error| tracing::error!(error = %error, "shifts that were told cannot be read")).ok()
}
