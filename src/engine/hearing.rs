//! That people are at work: what is said where an incident is talked about, typed or clicked there.
//!
//! A busy channel must not write to the database with every word. Each process lets one message a minute through for each
//! place; the incident reckons with a minute more, so whatever was held back counts all the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::Engine;
use super::handle::{OnBehalf, Settles};
use crate::commands::Right;
use crate::commands::talk::Heard;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Command, HEARD_EVERY, Incident, Message};
use crate::ids::{ChannelId, SlackUserId};
use crate::store::inbox::Letter;
use crate::store::{StoreError, incidents};

/// So many places are remembered before those that no longer matter are forgotten.
const PLACES: usize = 1000;

/// Where something was heard lately, story time.
#[derive(Default)]
pub(super) struct Ears(Mutex<BTreeMap<Heard, DateTime<Utc>>>);

impl Ears {
    /// Whether something that is said there now is to be told; if so, nothing else is for a while.
    pub fn hear(&self, place: &Heard, now: DateTime<Utc>) -> bool {
        let mut lately = self.lately();
        let is_lately = |at: &DateTime<Utc>| (now - *at).abs() < HEARD_EVERY;
        if lately.get(place).is_some_and(is_lately) {
            return false;
        }
        if lately.len() >= PLACES {
            lately.retain(|_, at| is_lately(at));
        }
        lately.insert(place.clone(), now);
        true
    }

    /// What was heard there could not be told.
    pub fn forget(&self, place: &Heard) {
        self.lately().remove(place);
    }

    fn lately(&self) -> MutexGuard<'_, BTreeMap<Heard, DateTime<Utc>>> {
        // Each place is written in one step, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Tells the incident that is talked about there that somebody said something.
    pub(super) async fn read_heard(self: &Arc<Self>, letter: Letter, place: Heard) -> Result<(), StoreError> {
        let found = self.quiet_at(place).await?;
        let Some(incident) = found else { return self.answer_letter(letter, vec![]).await };
        let on_behalf = OnBehalf { letter, epoch: None, answer: Arc::new(|_| vec![]), also: vec![] };
        self.carry_out(incident.id, Command::Heard, Origin::Slack, Settles::Letter(on_behalf)).await.map(drop)
    }

    /// Tells the incident whose channel it is that somebody typed or clicked something there, whatever it was; unless they may do
    /// nothing: who cannot take an incident does not keep it from being asked about.
    pub(super) async fn sees_at_work(
        self: &Arc<Self>,
        channel: ChannelId,
        user: &SlackUserId,
    ) -> Result<(), StoreError> {
        let found = self.quiet_at(Heard { channel, thread: None }).await?;
        let Some(incident) = found else { return Ok(()) };
        if self.admit(user, Right::Respond).await?.is_err() {
            return Ok(());
        }
        self.carry_out(incident.id, Command::Heard, Origin::Slack, Settles::Nothing).await.map(drop)
    }

    /// The incident that is talked about there, if it matters to it that people are at work.
    async fn quiet_at(&self, Heard { channel, thread }: Heard) -> Result<Option<Incident>, StoreError> {
        let read = self.db.read("heard", move |tx| {
            Box::pin(async move {
                let mut found = incidents::find_by_channel(tx, &channel).await?;
                if let (None, Some(ts)) = (&found, thread) {
                    found = incidents::find_by_thread(tx, &Message { channel, ts }).await?;
                }
                // People go on talking where they were when it was merged away.
                while let Some(into) = found.as_ref().and_then(|found| found.incident.merged_into) {
                    found = incidents::find(tx, into).await?;
                }
                Ok::<_, StoreError>(found.map(|found| found.incident))
            })
        });
        Ok(read.await?.filter(|incident| incident.quiet.is_some()))
    }
}
