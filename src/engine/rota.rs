//! Who has taken which span of which schedule: a copy in memory, kept true, for every decision.
//!
//! No delivery of alerts waits for a read: decisions use the copy. Whoever changes an override reads the copy anew right after
//! the commit; every other process looks twice a second whether something has changed. So a decision knows of every
//! override that was committed more than about a second before it, on every replica. After each change, and at the start of a
//! process, the incidents that nobody has answered are looked at again: whoever has become the primary is paged at once, and
//! what messages promise is brought up to date. Looking is repeated after a while, for decisions that were on their way.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Duration, Utc};
use tokio::sync::{Mutex, watch};

use super::turning::told;
use super::workers::Progress;
use super::{Engine, InForce};
use crate::domain::effect::Effect;
use crate::domain::house::House;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Command, Facts, Incident, decide, next};
use crate::domain::on_call::{Made, Override};
use crate::ids::IncidentId;
use crate::store::{StoreError, incidents, overrides};

/// How often it is looked whether something has changed.
const LOOK_EVERY: Duration = Duration::milliseconds(500);
/// Decisions that were on their way when the copy was read are committed, or given up, by then.
const LOOK_AGAIN_AFTER: Duration = Duration::seconds(3);
/// So many incidents are looked at in one go.
const LOT: u32 = 100;

/// The overrides at one time. Clones share them.
#[derive(Debug, Clone)]
pub struct Rota {
    revision: i64,
    /// Everything that stands, whoever it names.
    standing: Arc<[Made]>,
    made: Arc<[Made]>,
    overrides: Arc<[Override]>,
}

impl Default for Rota {
    fn default() -> Self {
        Self { revision: -1, standing: Arc::default(), made: Arc::default(), overrides: Arc::default() }
    }
}

impl Rota {
    /// These overrides, in the order in which they were made, as of that change. An override of somebody whom the house does
    /// not know (any more) would leave nobody to page: the rotation counts then.
    fn new(revision: i64, standing: Arc<[Made]>, house: &House) -> Self {
        let is_known = |made: &&Made| house.people.contains_key(&made.taken.person);
        let made: Arc<[Made]> = standing.iter().filter(is_known).cloned().collect();
        let overrides = made.iter().map(|made| made.taken.clone()).collect();
        Self { revision, standing, made, overrides }
    }

    /// Overrides that do not count, because nobody knows whom they name.
    fn of_strangers(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Made> {
        let counts = |made: &Made| self.made.iter().any(|known| known.id == made.id);
        self.standing.iter().filter(move |made| !counts(made) && now < made.taken.to)
    }

    /// What holds, in order.
    pub fn overrides(&self) -> &Arc<[Override]> {
        &self.overrides
    }

    /// The same with who made it.
    pub fn made(&self) -> &[Made] {
        &self.made
    }
}

/// The copy of an engine.
#[derive(Default)]
pub(super) struct Copy(RwLock<Rota>);

impl Copy {
    /// The same overrides as another house knows them.
    pub fn under(rota: &Rota, house: &House) -> Self {
        Self(RwLock::new(Rota::new(rota.revision, rota.standing.clone(), house)))
    }
}

/// What the unanswered incidents were last looked at with.
#[derive(Default)]
pub(super) struct Looked(Mutex<Option<Look>>);

/// Who was on call by which rules.
#[derive(Clone)]
struct Known {
    rota: Rota,
    house: Arc<House>,
}

impl Known {
    fn facts(&self, now: DateTime<Utc>) -> Facts<'_> {
        Facts {
            now,
            house: &self.house,
            overrides: self.rota.overrides(),
            origin: Origin::Timer,
            umbrella: None,
        }
    }
}

struct Look {
    with: Known,
    /// When they are looked at once more, wire time.
    again_at: Option<DateTime<Utc>>,
}

impl Engine {
    /// The overrides as this process knows them.
    pub fn rota(&self) -> Rota {
        // A copy is put in place whole, so a panic elsewhere does not spoil it.
        self.rota.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the copy anew if something has changed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read_rota(&self) -> Result<Progress, StoreError> {
        let (known, house) = (self.rota().revision, self.settings.house.clone());
        let read = self.db.read("overrides", move |tx| {
            Box::pin(async move {
                let revision = overrides::revision(tx).await?;
                if revision == known {
                    return Ok::<_, StoreError>(None);
                }
                let standing = overrides::standing(tx).await?.into();
                Ok(Some(Rota::new(revision, standing, &house)))
            })
        });
        let Some(read) = read.await? else { return Ok(Progress::None) };
        for made in read.of_strangers(self.now()) {
            tracing::warn!(
                oncall.override = made.id.0, person = %made.taken.person,
                "an override does not count: its person is not under `people` any more"
            );
        }
        let mut rota = self.rota.0.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have read a later state meanwhile.
        if rota.revision < read.revision {
            *rota = read;
        }
        Ok(Progress::Some)
    }

    /// Overrides that count under `before` and do not count here, because nobody here knows whom they name.
    pub fn overrides_lost_since(&self, before: &Self) -> Vec<Made> {
        let (rota, counted) = (self.rota(), before.rota());
        let did_count = |made: &&Made| counted.made().iter().any(|known| known.id == made.id);
        rota.of_strangers(self.now()).filter(did_count).cloned().collect()
    }

    /// Keeps the copy true, and lets unanswered incidents look again who is on call when it has changed.
    ///
    /// # Errors
    /// When the database does not answer; what was not looked at is looked at the next time.
    pub async fn tick_rota(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let read = self.read_rota().await?;
        let looked = self.look_again().await?;
        Ok(Progress::of(read == Progress::Some || looked == Progress::Some))
    }

    /// After a commit that changed something.
    pub(super) async fn rota_changed(self: &Arc<Self>) {
        if let Err(error) = self.tick_rota().await {
            tracing::warn!(error = %error, "a change of the overrides is looked at again in a moment");
        }
        self.nudges.homes.notify_one();
    }

    /// Looks at what nobody has answered when the overrides or the house rules have changed since the last time.
    async fn look_again(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let with = Known { rota: self.rota(), house: self.settings.house.clone() };
        let now = self.clocks.wire.now();
        let mut looked = self.looked.0.lock().await;
        let before = match &*looked {
            None => with.clone(),
            Some(last)
                if last.with.rota.revision != with.rota.revision
                    || !Arc::ptr_eq(&last.with.house, &with.house) =>
            {
                last.with.clone()
            }
            Some(Look { again_at: Some(at), .. }) if *at <= now => {
                self.look_at_unanswered(&with, &with).await?;
                *looked = Some(Look { with, again_at: None });
                return Ok(Progress::None);
            }
            Some(_) => return Ok(Progress::None),
        };
        let found = self.look_at_unanswered(&before, &with).await?;
        *looked = Some(Look { with, again_at: Some(now + LOOK_AGAIN_AFTER) });
        Ok(found)
    }

    async fn look_at_unanswered(
        self: &Arc<Self>,
        before: &Known,
        with: &Known,
    ) -> Result<Progress, StoreError> {
        let (mut last, mut found) = (IncidentId(i64::MAX), Progress::None);
        loop {
            let lot = self.db.read("unanswered", move |tx| {
                Box::pin(async move { incidents::list_unanswered(tx, last, LOT).await })
            });
            let lot: Vec<Incident> = lot.await?;
            let Some(oldest) = lot.last() else { return Ok(found) };
            last = oldest.id;
            for incident in lot {
                if self.looks_again(&incident, before, with).await? {
                    found = Progress::Some;
                }
            }
        }
    }

    /// Whether anything followed.
    async fn looks_again(
        self: &Arc<Self>,
        incident: &Incident,
        before: &Known,
        with: &Known,
    ) -> Result<bool, StoreError> {
        let facts = with.facts(self.now());
        let changes = decide(incident, Command::OnCallChanged, &facts)
            .is_ok_and(|decision| decision.next != *incident || !decision.effects.is_empty());
        if changes {
            let woken = self.carry_out(
                incident.id,
                Command::OnCallChanged,
                Origin::Timer,
                super::handle::Settles::Nothing,
            );
            woken.await?;
        }
        let promised = next(incident, &before.facts(facts.now));
        let promises_else = promised != next(incident, &facts);
        if promises_else {
            let (engine, id) = (self.clone(), incident.id);
            let mut effects = vec![Effect::RefreshPages];
            effects.extend(incident.room.card.is_some().then_some(Effect::RefreshCard));
            effects.extend(
                incident.digests.iter().map(|digest| Effect::RefreshDigest { digest: digest.clone() }),
            );
            let job = self.db.write("promises", move |tx| {
                Box::pin(async move { engine.post(tx, Some(id), &effects).await })
            });
            let posted: Result<(), StoreError> = job.await;
            posted?;
            self.nudges.outbox.want_any();
        }
        Ok(changes || promises_else)
    }
}

/// Keeps the copy true, and attends to what follows from schedules alone.
pub(super) async fn run(in_force: &InForce, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let engine = in_force.engine();
        let wire = &engine.clocks.wire;
        if let Err(error) = engine.tick_rota().await {
            tracing::warn!(error = %error, "overrides cannot be looked at; they are looked at again");
        }
        if let Err(error) = engine.tick_handoffs().await {
            tracing::warn!(error = %error, "handoffs cannot be attended to; they are looked at again");
        }
        if let Err(error) = engine.tick_shifts().await {
            tracing::warn!(error = %error, "whose shifts have moved cannot be told; it is told in a moment");
        }
        if let Err(error) = engine.tick_usergroups().await {
            tracing::warn!(error = %error, "user groups cannot be looked at; they are looked at again");
        }
        tokio::select! {
            () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
            () = told(&mut stopped) => {}
        }
    }
}
