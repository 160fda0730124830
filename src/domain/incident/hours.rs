//! Business hours, as far as an incident keeps to them: its severity says whether it does, its schedules when they are open.
//!
//! What an incident that keeps to them waits for, its pages and its ack target alike, stands still while it is closed.

use chrono::{DateTime, Duration, Utc};

use super::turn::Turn;
use super::{Facts, Incident};
use crate::domain::house::{House, PageWhen};
use crate::domain::on_call;
use crate::ids::ScheduleId;

/// A span is counted over at most so many openings; behind them it runs as if nothing ever closed.
const OPENINGS: usize = 400;

/// When the schedule opens after `at`, UTC, if the severity pages in business hours only and it is closed then.
pub(super) fn opens_at(
    incident: &Incident,
    house: &House,
    schedule: &ScheduleId,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let means = house.means(incident.severity());
    let schedules = &house.schedules;
    // A page by a schedule that is no longer configured keeps to the hours of the one that has replaced it.
    let schedule = schedules.get(schedule).or_else(|| schedules.get(&house.default_schedule))?;
    let (hours, zone) = (&schedule.business_hours, schedule.timezone);
    match means.page {
        PageWhen::BusinessHours if !on_call::is_open(hours, zone, at) => {
            on_call::next_opening(hours, zone, at)
        }
        PageWhen::BusinessHours | PageWhen::Always | PageWhen::Never => None,
    }
}

/// Whether the severity pages in business hours only and the schedule opens exactly at that instant.
pub(super) fn is_opening(
    incident: &Incident,
    facts: &Facts<'_>,
    schedule: &ScheduleId,
    at: DateTime<Utc>,
) -> bool {
    let is_closed = |at| opens_at(incident, facts.house, schedule, at).is_some();
    is_closed(at - Duration::milliseconds(1)) && !is_closed(at)
}

/// When the first of the incident's schedules opens after `at`, UTC; `None` when one is open then, or hours do not matter.
pub(super) fn first_opens_at(
    incident: &Incident,
    facts: &Facts<'_>,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    // The umbrella of a storm pages for an incident without any.
    if incident.ladders.is_empty() {
        return opens_at(incident, facts.house, incident.schedule(facts.house), at);
    }
    let openings =
        incident.ladders.iter().map(|ladder| opens_at(incident, facts.house, &ladder.schedule, at));
    openings.min().flatten()
}

/// When all of the incident's schedules that are open at `at` have closed, UTC; `None` when hours do not matter.
fn closes_at(incident: &Incident, facts: &Facts<'_>, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let means = facts.house.means(incident.severity());
    if means.page != PageWhen::BusinessHours {
        return None;
    }
    let closing = |schedule: &ScheduleId| {
        let schedules = &facts.house.schedules;
        let schedule = schedules.get(schedule).or_else(|| schedules.get(&facts.house.default_schedule))?;
        let (hours, zone) = (&schedule.business_hours, schedule.timezone);
        on_call::next_closing(hours, zone, at).filter(|_| on_call::is_open(hours, zone, at))
    };
    if incident.ladders.is_empty() {
        return closing(incident.schedule(facts.house));
    }
    incident.ladders.iter().filter_map(|ladder| closing(&ladder.schedule)).max()
}

/// The instant so long after `since`, UTC, counted only while the incident's schedules are open, if it keeps to their hours.
fn after(incident: &Incident, facts: &Facts<'_>, since: DateTime<Utc>, span: Duration) -> DateTime<Utc> {
    let (mut at, mut left) = (since, span);
    for _ in 0..OPENINGS {
        at = first_opens_at(incident, facts, at).unwrap_or(at);
        match closes_at(incident, facts, at) {
            Some(closing) if closing - at < left => {
                left -= closing - at;
                at = closing;
            }
            Some(_) | None => break,
        }
    }
    at + left
}

/// How long those schedules are open between two instants, UTC; all of that time when hours do not matter.
fn between(incident: &Incident, facts: &Facts<'_>, since: DateTime<Utc>, until: DateTime<Utc>) -> Duration {
    let (mut at, mut open) = (since, Duration::zero());
    for _ in 0..OPENINGS {
        at = first_opens_at(incident, facts, at).unwrap_or(at);
        match closes_at(incident, facts, at) {
            Some(closing) if closing < until => {
                open += closing - at;
                at = closing;
            }
            Some(_) | None => break,
        }
    }
    open + (until - at).max(Duration::zero())
}

/// What was due at `due` (UTC) and has stood still since `since` is due then.
pub(super) fn so_much_later(
    incident: &Incident,
    facts: &Facts<'_>,
    since: DateTime<Utc>,
    due: DateTime<Utc>,
) -> DateTime<Utc> {
    after(incident, facts, facts.now, between(incident, facts, since, due))
}

/// When the ack target passes of what people are told at that instant, or at the opening after it.
pub(super) fn ack_target_from(turn: &Turn<'_>, since: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let target = turn.facts.house.means(turn.next.severity()).ack_target?;
    Some(after(&turn.next, turn.facts, since, target))
}
