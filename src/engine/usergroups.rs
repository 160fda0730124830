//! User groups that mirror the primary of a schedule: set when it changes, and never emptied.
//!
//! Who is the primary follows from the schedule; a row says whom the group was last set to, so it is set once for each change,
//! whoever restarts and however many processes there are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Engine;
use super::workers::Progress;
use crate::domain::effect::Effect;
use crate::domain::on_call;
use crate::ids::{ScheduleId, SlackUserId};
use crate::store::{StoreError, usergroups};

/// Whom each group is known to be set to, so that the database is asked only when that changes.
#[derive(Default)]
pub(super) struct Known(Mutex<BTreeMap<ScheduleId, SlackUserId>>);

impl Known {
    fn is(&self, schedule: &ScheduleId, user: &SlackUserId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(schedule) == Some(user)
    }

    fn note(&self, schedule: &ScheduleId, user: SlackUserId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(schedule.clone(), user);
    }
}

impl Engine {
    /// Asks for every user group to hold the primary of its schedule. One whom Slack does not know leaves it as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tick_usergroups(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let (now, rota, mut progress) = (self.now(), self.rota(), Progress::None);
        let house = self.settings.house.clone();
        for schedule in house.schedules.values() {
            let Some(group) = schedule.usergroup.clone() else { continue };
            let primary = on_call::who(schedule, rota.overrides(), now).primary;
            let person = primary.and_then(|primary| house.people.get(&primary));
            let Some(user) = person.and_then(|person| person.slack.clone()) else { continue };
            if self.usergroups.is(&schedule.id, &user) {
                continue;
            }
            let (engine, id, holds) = (self.clone(), schedule.id.clone(), user.clone());
            let job = self.db.write("user group", move |tx| {
                Box::pin(async move {
                    let is_news = usergroups::set(tx, &id, &group, &holds).await?;
                    if is_news {
                        let effect = Effect::SetUsergroup { schedule: id, group, user: holds };
                        engine.post(tx, None, &[effect]).await?;
                    }
                    Ok::<_, StoreError>(is_news)
                })
            });
            if job.await? {
                progress = Progress::Some;
                self.nudges.outbox.want_any();
            }
            self.usergroups.note(&schedule.id, user);
        }
        Ok(progress)
    }
}
