//! What a source says about silences.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Silenced;
use crate::ids::{SilenceId, SourceId};

/// Whether anything of an incident is silenced.
#[derive(Debug, Clone, PartialEq)]
pub enum Hush {
    /// Nothing is.
    Nothing,
    /// So much.
    Part(Silenced),
}

/// What a poll of one source says about the silences that concern an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct SilenceNews {
    /// The source.
    pub source: SourceId,
    /// When the poll began, UTC.
    pub begun_at: DateTime<Utc>,
    /// How much of the incident is silenced there; `None` when that cannot be said.
    pub silenced: Option<Hush>,
    /// The silences that were made from here and are in force, with their ends, UTC.
    pub ours: BTreeMap<SilenceId, DateTime<Utc>>,
}
