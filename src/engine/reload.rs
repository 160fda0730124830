//! What is told of a configuration that was read anew: what came of it to the people who run the service, and to everybody whose
//! shifts have moved where they are now.
//!
//! Every process reads its own copy of the file. Of those that read the same, the first one tells.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::workers::Progress;
use crate::domain::effect::{Effect, Warning};
use crate::domain::holes::DAYS_AHEAD;
use crate::domain::on_call::{self, Change, Override, Schedule};
use crate::ids::{PersonId, ScheduleId, SlackUserId};
use crate::store::{StoreError, Tx, remembered};
use crate::words::on_call as words;

/// Processes read a file that was changed within so long of each other.
const READ_WITHIN: Duration = Duration::minutes(10);
/// The last word about the configuration.
const WORD: (&str, &str) = ("configuration", "told");
/// Schedules as those on them know them.
const SCHEDULE: &str = "schedule";

/// Whether this engine has compared its schedules with what those on them know.
#[derive(Default)]
pub(super) struct Compared(AtomicBool);

/// A schedule as those on it know it.
#[derive(Serialize, Deserialize)]
struct Known {
    schedule: Schedule,
    /// Who they are in Slack: whoever has left the configuration can be told still.
    users: BTreeMap<PersonId, SlackUserId>,
}

impl Engine {
    /// Tells what came of a configuration that was read anew, unless another process told the same just now. `digest` is the
    /// same for the same outcome.
    ///
    /// # Errors
    /// When the database does not answer; nothing is told then.
    pub async fn tell_of_reload(self: &Arc<Self>, what: Warning, digest: String) -> Result<bool, StoreError> {
        let engine = self.clone();
        let told = self.db.write("reload", move |tx| {
            Box::pin(async move {
                let now = engine.clocks.wire.now();
                let is_first = remembered::becomes(tx, WORD, &digest, now, now - READ_WITHIN).await?;
                if is_first {
                    engine.post(tx, None, &[Effect::TellAdmins { what }]).await?;
                }
                Ok::<_, StoreError>(is_first)
            })
        });
        let is_first = told.await?;
        self.nudges.outbox.want_any();
        Ok(is_first)
    }

    /// Tells everybody whose shifts have moved since they last heard of their schedule, once for each configuration.
    ///
    /// # Errors
    /// When the database does not answer; it is done the next time.
    pub async fn tick_shifts(self: &Arc<Self>) -> Result<Progress, StoreError> {
        if self.compared.0.load(Ordering::Relaxed) {
            return Ok(Progress::None);
        }
        let engine = self.clone();
        let told = self.db.write("moved shifts", move |tx| {
            Box::pin(async move {
                let effects = engine.moved(tx).await?;
                engine.post(tx, None, &effects).await?;
                Ok::<_, StoreError>(!effects.is_empty())
            })
        });
        let has_told = told.await?;
        self.compared.0.store(true, Ordering::Relaxed);
        self.nudges.outbox.want_any();
        Ok(Progress::of(has_told))
    }

    /// Remembers the schedules as they are; what is to be told to whom.
    async fn moved(&self, tx: &mut Tx) -> Result<Vec<Effect>, StoreError> {
        let (house, rota, wire) = (&self.settings.house, self.rota(), self.clocks.wire.now());
        let kept: BTreeMap<ScheduleId, String> =
            remembered::all(tx, SCHEDULE).await?.into_iter().map(|(id, text)| (id.into(), text)).collect();
        let mut effects = vec![];
        for schedule in house.schedules.values() {
            let user = |person: &PersonId| {
                Some((person.clone(), house.people.get(person).and_then(|person| person.slack.clone())?))
            };
            let users = schedule.rotation.people.iter().filter_map(user).collect();
            let Some(text) = text_of(&Known { schedule: schedule.clone(), users }) else { continue };
            let name = (SCHEDULE, schedule.id.as_str());
            // The very first time there is nothing that could have moved.
            if remembered::becomes(tx, name, &text, wire, DateTime::UNIX_EPOCH).await? && !kept.is_empty() {
                let before = kept.get(&schedule.id).and_then(|text| known(text));
                effects.extend(self.tell_moved(
                    &schedule.id,
                    before.as_ref(),
                    Some(schedule),
                    rota.overrides(),
                ));
            }
        }
        for (id, text) in kept.iter().filter(|(id, _)| !house.schedules.contains_key(id)) {
            if remembered::forget(tx, SCHEDULE, id.as_str()).await? {
                effects.extend(self.tell_moved(id, known(text).as_ref(), None, rota.overrides()));
            }
        }
        Ok(effects)
    }

    fn tell_moved(
        &self,
        id: &ScheduleId,
        before: Option<&Known>,
        after: Option<&Schedule>,
        overrides: &[Override],
    ) -> Vec<Effect> {
        let (house, now) = (&self.settings.house, self.now());
        let until = now + Duration::days(DAYS_AHEAD);
        let was = before.map(|known| &known.schedule);
        let user = |person: &PersonId| {
            let known = house.people.get(person).and_then(|person| person.slack.clone());
            known.or_else(|| before.and_then(|before| before.users.get(person).cloned()))
        };
        let mut concerned: BTreeMap<SlackUserId, Vec<(Change, bool)>> = BTreeMap::new();
        for change in on_call::moved(was, after, overrides, now, until) {
            let (had, has) = (change.before.as_ref().and_then(user), change.after.as_ref().and_then(user));
            // The same human may have another name now.
            if had != has {
                for (user, is_theirs) in [(had, false), (has, true)] {
                    let Some(user) = user else { continue };
                    concerned.entry(user).or_default().push((change.clone(), is_theirs));
                }
            }
        }
        let tell = |(user, changes): (SlackUserId, Vec<(Change, bool)>)| Effect::Tell {
            user,
            text: words::moved(id, &changes, house),
            choices: vec![],
        };
        concerned.into_iter().map(tell).collect()
    }
}

fn text_of(known: &Known) -> Option<String> {
    let written = serde_json::to_string(known);
    written.inspect_err(|error| tracing::error!(error = %error, "a schedule cannot be written down")).ok()
}

fn known(text: &str) -> Option<Known> {
    let read = serde_json::from_str(text);
    read.inspect_err(|error| tracing::error!(error = %error, "a schedule of before cannot be read")).ok()
}
