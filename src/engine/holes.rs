//! The nightly look ahead: times in which pages would reach nobody are told to the people who run the service, each hole once.
//!
//! A hole that was mended and comes back is told again. Every process looks; the first one to see a hole tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Days, NaiveTime, Utc};
use tokio::sync::watch;

use super::turning::told;
use super::workers::{LOOK_EVERY, Progress};
use super::{Engine, InForce};
use crate::domain::effect::{Effect, Warning};
use crate::domain::holes;
use crate::domain::on_call;
use crate::domain::people::{ContactMethod, Person};
use crate::ids::PersonId;
use crate::ports::{SlackUserKind, Unanswered};
use crate::store::{StoreError, remembered};

/// Holes that have been told.
const HOLE: &str = "hole";

/// When the next look is due, story time; `None` until the first turn.
#[derive(Default)]
pub(super) struct Nightly(Mutex<Option<DateTime<Utc>>>);

impl Nightly {
    fn at(&self) -> Option<DateTime<Utc>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, at: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }
}

impl Engine {
    /// Looks ahead when the night has come, three in the morning by the house's clock.
    ///
    /// # Errors
    /// When the database does not answer; it is done the next time.
    pub async fn tick_nightly(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let now = self.now();
        let is_due = self.nightly.at().map(|at| at <= now);
        if is_due == Some(false) {
            return Ok(Progress::None);
        }
        let told = if is_due == Some(true) { self.tell_of_holes().await? } else { Progress::None };
        self.nightly.set(self.night_after(now));
        Ok(told)
    }

    /// When it looks ahead the next time, story time.
    pub(super) fn next_nightly(&self) -> Option<DateTime<Utc>> {
        self.nightly.at()
    }

    fn night_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let zone = self.settings.house.timezone;
        let today = now.with_timezone(&zone).date_naive();
        let three = NaiveTime::from_hms_opt(3, 0, 0).unwrap_or_default();
        let nights = (0..3).filter_map(|days| {
            on_call::instant(zone, today.checked_add_days(Days::new(days))?.and_time(three))
        });
        nights.into_iter().find(|night| now < *night).unwrap_or(now + chrono::Duration::days(1))
    }

    /// Looks ahead now; holes that nobody has been told of are told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tell_of_holes(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let (not_in_slack, is_whole) = self.not_in_slack().await;
        let rota = self.rota();
        let mut found = holes::find(&self.settings.house, rota.overrides(), &not_in_slack, self.now());
        // What was meant so is nobody's worry at night.
        found.retain(|hole| hole.weight() == holes::Weight::Hole);
        let engine = self.clone();
        let told = self.db.write("holes", move |tx| {
            Box::pin(async move {
                let now = engine.clocks.wire.now();
                let mut news = vec![];
                for hole in &found {
                    let key = hole.key();
                    if remembered::becomes(tx, (HOLE, &key), "", now, DateTime::UNIX_EPOCH).await? {
                        news.push(hole.clone());
                    }
                }
                let open: BTreeSet<String> = found.iter().map(holes::Hole::key).collect();
                for (key, _) in remembered::all(tx, HOLE).await? {
                    // While Slack cannot be asked, nobody knows that a hole is mended.
                    if is_whole && !open.contains(&key) {
                        remembered::forget(tx, HOLE, &key).await?;
                    }
                }
                let has_news = !news.is_empty();
                if has_news {
                    let what = Warning::HolesFound { holes: news };
                    engine.post(tx, None, &[Effect::TellAdmins { what }]).await?;
                }
                Ok::<_, StoreError>(has_news)
            })
        });
        let has_news = told.await?;
        self.nudges.outbox.want_any();
        Ok(Progress::of(has_news))
    }

    /// Of those whom only Slack could wake, whom it would not, and why; and whether Slack could be asked about everybody.
    async fn not_in_slack(&self) -> (BTreeMap<PersonId, String>, bool) {
        let (mut found, mut is_whole) = (BTreeMap::new(), true);
        let only_slack = |person: &&Person| person.working_methods() == [ContactMethod::Slack];
        for person in self.settings.house.people.values().filter(only_slack) {
            let Some(user) = &person.slack else { continue };
            let why = match self.ports.directory.user(user).await {
                Ok(known) => match known.kind {
                    SlackUserKind::Member | SlackUserKind::Guest | SlackUserKind::Foreign => continue,
                    SlackUserKind::Deactivated => format!("slack has deactivated {user}"),
                    SlackUserKind::Bot => format!("{user} is an app in slack"),
                    SlackUserKind::Nobody => format!("slack knows nobody of the id {user}"),
                },
                Err(Unanswered { why }) => {
                    tracing::warn!(person = %person.id, error = %why, "slack cannot be asked about somebody");
                    is_whole = false;
                    continue;
                }
            };
            found.insert(person.id.clone(), why);
        }
        (found, is_whole)
    }
}

/// Looks ahead every night.
pub(super) async fn run(in_force: &InForce, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let engine = in_force.engine();
        let wire = &engine.clocks.wire;
        if let Err(error) = engine.tick_nightly().await {
            tracing::warn!(error = %error, "the days ahead cannot be looked at; they are looked at again");
        }
        tokio::select! {
            () = engine.comes(engine.next_nightly()) => {}
            () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
            () = told(&mut stopped) => {}
        }
    }
}
