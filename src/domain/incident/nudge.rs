//! Silence: somebody has a P1 or P2, and nobody is seen at work on it.
//!
//! Whatever people do about the incident is a sign of work. Without one for long enough whoever has it is asked once, where it
//! is talked about; on a P1 without an answer the ladder goes on. Nobody is asked while it is snoozed, clear or silenced.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::ladder::{self, Cue};
use super::timeline::What;
use super::turn::Turn;
use super::{Actor, Command, State};
use crate::domain::severity::Severity;
use crate::ids::PersonId;

/// What is said where an incident is talked about is told to it at most so often; it counts as said that much later, so that
/// nobody is asked too early.
pub const HEARD_EVERY: Duration = Duration::minutes(1);

/// How long nobody has to be asked, or what follows from having asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Quiet {
    /// Whoever has it is asked then, unless somebody is seen at work before.
    Until {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// They were asked, and nobody has been seen at work since.
    Asked {
        /// When the ladder goes on, UTC; `None` when it does not.
        escalates_at: Option<DateTime<Utc>>,
    },
}

impl Quiet {
    /// When something is due.
    pub(super) fn due(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Until { at } => Some(at),
            Self::Asked { escalates_at } => escalates_at,
        }
    }
}

/// Whether a command shows that a human is at work.
pub(super) fn is_work(command: &Command, by: &Actor) -> bool {
    by.is_human() && (command.is_asked() || matches!(command, Command::MessageEdited { .. }))
}

fn is_watched(turn: &Turn<'_>) -> bool {
    matches!(turn.next.state, State::Acknowledged(_))
        && matches!(turn.next.severity(), Severity::P1 | Severity::P2)
        && turn.next.snoozed_until.is_none()
        && turn.next.umbrella.is_none()
        && !turn.next.stands_still()
}

/// At the end of every decision: the silence begins with the acknowledgement, and anew with each sign of work.
pub(super) fn keep(turn: &mut Turn<'_>) {
    let after = turn.facts.house.times.nudge_after.filter(|_| is_watched(turn));
    let Some(after) = after else {
        turn.next.quiet = None;
        return;
    };
    if turn.is_work || turn.next.quiet.is_none() {
        turn.next.quiet = Some(Quiet::Until { at: turn.facts.now + after });
    }
}

/// Something was said where the incident is talked about, now or up to a minute after.
pub(super) fn heard(turn: &mut Turn<'_>) {
    let Some(after) = turn.facts.house.times.nudge_after else { return };
    let (is_known, at) = match turn.next.quiet {
        None => return,
        // Another process has heard something as late as this.
        Some(Quiet::Until { at }) => (at >= turn.facts.now + after, at),
        Some(Quiet::Asked { .. }) => (false, turn.facts.now),
    };
    let at = if is_known { at } else { turn.facts.now + after + HEARD_EVERY };
    turn.next.quiet = Some(Quiet::Until { at });
}

/// Somebody answers that they are at work.
pub(super) fn still_on(turn: &mut Turn<'_>) {
    if matches!(turn.next.quiet, Some(Quiet::Asked { .. })) {
        turn.record(What::StillOnIt);
    }
}

/// What is due.
pub(super) fn wake(turn: &mut Turn<'_>) {
    let now = turn.facts.now;
    // Switched off since.
    if turn.facts.house.times.nudge_after.is_none() {
        return;
    }
    match turn.next.quiet {
        Some(Quiet::Until { at }) if at <= now && is_watched(turn) => {
            let times = &turn.facts.house.times;
            let escalates_at = times.nudge_answer.filter(|_| goes_on(turn)).map(|answer| now + answer);
            turn.next.quiet = Some(Quiet::Asked { escalates_at });
            let quiet_seconds = times.nudge_after.unwrap_or_default().num_seconds();
            turn.record(What::Nudged { asked: asked(turn), quiet_seconds, escalates_at });
        }
        Some(Quiet::Asked { escalates_at: Some(at) }) if at <= now && is_watched(turn) => {
            turn.next.quiet = None;
            ladder::take_ack_back(turn, Cue::Silent);
        }
        Some(Quiet::Until { .. } | Quiet::Asked { .. }) | None => {}
    }
}

/// Whether the ladder goes on when nobody answers.
fn goes_on(turn: &Turn<'_>) -> bool {
    let severity = turn.next.severity();
    let policy = turn.facts.house.policy_for(turn.next.service.as_ref(), severity);
    severity == Severity::P1 && policy.is_some() && !turn.next.ladders.is_empty()
}

/// Whoever has it and whoever leads: the commander, or while nobody was made it, whoever was paged as holding the role.
fn asked(turn: &Turn<'_>) -> Vec<Actor> {
    let acker = turn.next.state.ack().map(|ack| ack.by.clone());
    let leads = |person: &PersonId| turn.next.commander.is_some() || turn.next.paged.contains(person);
    let mut leaders = ladder::commanders(&turn.next, turn.facts);
    leaders.retain(leads);
    let leaders = leaders.into_iter().map(Actor::Person).filter(|leader| Some(leader) != acker.as_ref());
    acker.clone().filter(Actor::is_human).into_iter().chain(leaders).collect()
}
