//! What becomes of an effect that was claimed, as it is written down.

use chrono::{DateTime, Utc};

use crate::ids::IncidentId;
use crate::ports::Shown;
use crate::store::outbox::Claimed;
use crate::store::{StoreError, Tx, outbox};

/// What becomes of a claimed effect.
#[derive(Debug, Clone)]
pub(super) struct Settlement {
    id: i64,
    attempt: i64,
    fate: Fate,
    seen: Seen,
}

/// What messages of an incident show since an errand sent them: a hash by place, or that nobody knows.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Vec<(IncidentId, String, Option<String>)>);

impl Seen {
    /// What they show since it was performed.
    pub fn of(incident: Option<IncidentId>, shown: &Shown) -> Self {
        let since = shown.since().into_iter();
        Self(incident.map_or(vec![], |id| since.map(|(place, hash)| (id, place, hash)).collect()))
    }

    /// Writes it down.
    pub async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for (incident, place, hash) in &self.0 {
            outbox::show(tx, *incident, place, hash.as_deref()).await?;
        }
        Ok(())
    }
}

/// What is done with it.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// It is over.
    Done,
    /// It is tried again. When the attempt is in doubt, it may have done it all the same.
    Retry { due: DateTime<Utc>, why: String, in_doubt: bool },
    /// It was not tried: its turn comes later.
    GivenBack { due: DateTime<Utc> },
}

impl Settlement {
    /// Of this effect.
    pub fn new(claimed: &Claimed, fate: Fate, seen: Seen) -> Self {
        Self { id: claimed.id, attempt: claimed.attempt, fate, seen }
    }

    pub fn done(claimed: &Claimed) -> Self {
        Self::new(claimed, Fate::Done, Seen::default())
    }

    pub fn given_back(claimed: &Claimed, due: DateTime<Utc>) -> Self {
        Self::new(claimed, Fate::GivenBack { due }, Seen::default())
    }

    pub fn retry(claimed: &Claimed, due: DateTime<Utc>, why: String, in_doubt: bool) -> Self {
        Self::new(claimed, Fate::Retry { due, why, in_doubt }, Seen::default())
    }

    /// Writes several down.
    pub async fn write_all(tx: &mut Tx, settlements: &[&Self]) -> Result<(), StoreError> {
        let is_plain = |settlement: &&Self| {
            settlement.attempt == 1 && settlement.seen.0.is_empty() && matches!(settlement.fate, Fate::Done)
        };
        let (done, others): (Vec<&Self>, Vec<&Self>) = settlements.iter().copied().partition(is_plain);
        let done: Vec<i64> = done.iter().map(|done| done.id).collect();
        outbox::done_at_once(tx, &done).await?;
        for settlement in others {
            settlement.write(tx).await?;
        }
        Ok(())
    }

    /// Writes it down.
    pub async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        self.seen.write(tx).await?;
        match &self.fate {
            // Somebody else may have performed it too, when the lease had ended.
            Fate::Done => outbox::done(tx, self.id, self.attempt).await.map(drop),
            Fate::Retry { due, why, in_doubt } => {
                outbox::retry(tx, self.id, self.attempt, *due, why, *in_doubt).await
            }
            Fate::GivenBack { due } => outbox::give_back(tx, self.id, self.attempt, *due).await,
        }
    }
}
