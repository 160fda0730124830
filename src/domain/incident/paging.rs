//! What an incident remembers of its paging: the ladders that climb, and the people who are being woken.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::page::Cause;
use crate::domain::people::ContactMethod;
use crate::ids::{IncidentId, PageId, PersonId, PolicyId, ScheduleId};

/// What a ladder is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Phase {
    /// The next step fires then, UTC.
    Climbing {
        /// When.
        due: DateTime<Utc>,
    },
    /// The alerts are clear; so much of the wait was left.
    Paused {
        /// The remaining wait.
        left: Duration,
    },
    /// Acknowledged, or over.
    Stopped,
}

/// One escalation: the climb through one schedule's policy. Belongs to (incident, schedule).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// Whose primary and secondary its targets mean.
    pub schedule: ScheduleId,
    /// Which policy it climbs.
    pub policy: PolicyId,
    /// The round with which the present climb began: waits stretch from its third on, and nobody is told that an earlier
    /// one passed.
    pub first_round: u32,
    /// The round of the next step, from 1; never used twice in one incident.
    pub round: u32,
    /// The index of the next step, from 0.
    pub next_step: usize,
    /// What it is doing.
    pub phase: Phase,
    /// Whom the latest round paged as the primary.
    pub primaries: Vec<PersonId>,
    /// Until when the primary it has paged is on call, UTC; while it climbs, the next one is paged then. `None` when its
    /// latest round has not come to the primary.
    pub relief_at: Option<DateTime<Utc>>,
}

impl Ladder {
    /// Whether that was its latest step, and an answer to it is waited for. The last step of a policy never is: a round that
    /// reached nobody waits before the next one.
    pub fn waits_for(&self, rung: &Rung) -> bool {
        self.schedule == rung.schedule && (self.round, self.next_step) == (rung.round, rung.step as usize)
    }
}

/// What is known of whether the pages of a walk arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Reach {
    /// Nothing yet, or there are methods left to try.
    Open,
    /// No provider takes any of them at present. If that lasts, they count as not delivered.
    Failing {
        /// Until then they may still be taken, UTC. Stands still while the alerts are clear.
        until: DateTime<Utc>,
        /// Why none was taken, in words.
        error: String,
    },
    /// Some provider took one.
    Taken,
    /// They are not delivered by anything, and the ladder does not wait for an answer to them.
    Nothing,
}

/// One step of one ladder, fired in one round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Whose ladder.
    pub schedule: ScheduleId,
    /// The round, from 1.
    pub round: u32,
    /// The step, from 1.
    pub step: u32,
}

/// One person being paged: a walk through their contact methods until they answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Unique inside the incident.
    pub n: u32,
    /// Who.
    pub person: PersonId,
    /// Why.
    pub cause: Cause,
    /// When it began, or is to begin, UTC.
    pub began_at: DateTime<Utc>,
    /// The round of the ladder that asked first, from 1; 0 when no ladder asked.
    pub round: u32,
    /// Its step, from 1; when no ladder asked, the number of the walk.
    pub step: u32,
    /// The steps of other ladders that wanted the same person while this was going on; and that of the ladder which has
    /// replaced its own.
    pub also: Vec<Rung>,
    /// The methods in the person's order, as they were when the page began.
    pub methods: Vec<ContactMethod>,
    /// How many of them were tried; 0 only while it waits for business hours.
    pub n_tried: usize,
    /// How often the last one was repeated.
    pub n_repeats: u32,
    /// The opening for which the latest method waited, or an earlier one of this walk, UTC: it goes on in digests.
    pub opening: Option<DateTime<Utc>>,
    /// Whether the last method still repeats; the next step of the ladder ends that.
    pub may_repeat: bool,
    /// What is known of whether its pages arrive.
    pub reach: Reach,
    /// The methods by which no provider took it so far.
    pub failed: Vec<ContactMethod>,
    /// Those of them that will not work until somebody mends something.
    pub refused: Vec<ContactMethod>,
    /// When the next method, or the next repeat, is due, UTC. Stands still while the alerts are clear.
    pub next_at: Option<DateTime<Utc>>,
}

impl Walk {
    /// The ledger row of its `index`th method.
    pub fn page_id(&self, incident: IncidentId, method: ContactMethod) -> PageId {
        let lane = self.cause.schedule().map_or("-", ScheduleId::as_str);
        PageId(format!("{incident}/{lane}/{}/{}/{}/{}/{method}", self.round, self.step, self.n, self.person))
    }

    /// The method tried last.
    pub fn method(&self) -> Option<ContactMethod> {
        self.n_tried.checked_sub(1).and_then(|index| self.methods.get(index)).copied()
    }

    /// Whether it stands still while the alerts are clear: only what a human asked for goes on.
    pub fn waits_while_clear(&self) -> bool {
        !matches!(self.cause, Cause::Asked { .. })
    }

    /// The steps of ladders that wait for its answer.
    pub fn rungs(&self) -> impl Iterator<Item = Rung> + '_ {
        let (round, step) = (self.round, self.step);
        let own = self.cause.schedule().map(|schedule| Rung { schedule: schedule.clone(), round, step });
        own.into_iter().chain(self.also.iter().cloned())
    }

    /// Whether there is no method left that was not tried.
    pub fn has_tried_all(&self) -> bool {
        self.n_tried >= self.methods.len()
    }

    /// When it counts as not delivered, UTC, unless some provider takes a page before.
    pub fn gives_up_at(&self) -> Option<DateTime<Utc>> {
        match self.reach {
            Reach::Failing { until, .. } => Some(until),
            Reach::Open | Reach::Taken | Reach::Nothing => None,
        }
    }
}
