//! Alertmanager as a partner that is asked things: what fires, what is silenced, and to silence something.

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use crate::domain::alert::Labels;
use crate::domain::reconcile::Member;
use crate::ids::{SilenceId, SourceId};

/// Why something asked of a source was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// No address of the source is configured.
    #[error("no address of it is configured")]
    NoAddress,
    /// No member answers, or none is well; it is worth trying again, and may have been done all the same.
    #[error("{why}")]
    NotNow {
        /// Why, in words without secrets.
        why: String,
    },
    /// It does not want to.
    #[error("{why}")]
    Refused {
        /// Why, in its own words.
        why: String,
    },
    /// There is no such silence, or it is over.
    #[error("there is no such silence any more")]
    Gone,
}

/// A silence to be made. Times UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSilence {
    /// What an alert must have to be silenced: these labels with exactly these values.
    pub labels: Labels,
    /// From when on.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// Who makes it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// What the members of a source answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// The whole answers.
    pub members: Vec<Member>,
    /// Why the others gave none, in words without secrets.
    pub faults: Vec<String>,
}

/// The Alertmanagers that send us alerts and can be asked.
pub trait Alertmanagers: Send + Sync {
    /// Whether an address of this source is configured.
    fn knows(&self, source: &SourceId) -> bool;

    /// Asks every member what fires and what is silenced. Never waits longer than about five seconds.
    fn look<'a>(&'a self, source: &'a SourceId) -> BoxFuture<'a, Look>;

    /// Makes a silence at the first member that answers.
    fn silence<'a>(
        &'a self,
        source: &'a SourceId,
        silence: &'a NewSilence,
    ) -> BoxFuture<'a, Result<SilenceId, NotDone>>;

    /// Has a silence last until then; it may have another name afterwards.
    fn extend<'a>(
        &'a self,
        source: &'a SourceId,
        id: &'a SilenceId,
        until: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<SilenceId, NotDone>>;

    /// Ends a silence.
    fn expire<'a>(&'a self, source: &'a SourceId, id: &'a SilenceId) -> BoxFuture<'a, Result<(), NotDone>>;
}

/// Calls an address while all is well.
pub trait Ping: Send + Sync {
    /// Calls it once.
    ///
    /// # Errors
    /// Why it did not answer, in words without secrets.
    fn ping(&self) -> BoxFuture<'_, Result<(), String>>;
}
