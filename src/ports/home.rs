//! What somebody sees in their App Home.

use std::sync::Arc;

use super::View;
use crate::domain::house::House;
use crate::domain::incident::Incident;
use crate::domain::on_call::Roster;
use chrono::{DateTime, Utc};

use crate::domain::action_item::ActionItem;
use crate::ids::{IncidentId, ScheduleId};

/// One person's App Home at one instant.
#[derive(Debug, Clone)]
pub enum Home {
    /// They may see what is going on.
    Open(Board),
    /// They may not.
    Closed {
        /// What they are told instead.
        why: String,
    },
}

/// What is going on, for one person.
#[derive(Debug, Clone)]
pub struct Board {
    /// The house rules, for names.
    pub house: Arc<House>,
    /// Who is on call, by schedule.
    pub on_call: Vec<OnCall>,
    /// Their own open incidents, the worst first; without ledger and surroundings.
    pub mine: Vec<View>,
    /// Open incidents of others, likewise; there may be more of them.
    pub others: Vec<View>,
    /// How many incidents are open.
    pub n_open: usize,
    /// Their own action items that are not done, the earliest due first.
    pub actions: Vec<(IncidentId, ActionItem)>,
    /// Ended incidents whose post-mortem they are to write, the oldest first.
    pub reviews: Vec<Incident>,
    /// The instant, story time.
    pub now: DateTime<Utc>,
}

/// Who is on call by one schedule.
#[derive(Debug, Clone)]
pub struct OnCall {
    /// Which schedule.
    pub schedule: ScheduleId,
    /// Now, and until when.
    pub now: Roster,
    /// From then on.
    pub next: Roster,
}
