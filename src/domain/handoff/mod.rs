//! What is handed over with the pager: what is open, what the last days were like, which alerts make noise, which silences end soon
//! and what should have been done by now.
//!
//! A further section of the note is a field of [`Note`], read where the note is made and said in the words' room.

mod hands;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::action_item::{ActionItem, Standing, standing};
use super::house::House;
use super::incident::Incident;
use crate::ids::{IncidentId, PersonId, ScheduleId};

pub use hands::Hands;

/// So far back the note looks.
pub const LOOKS_BACK: Duration = Duration::days(7);
/// So far ahead silences are looked at.
pub const LOOKS_AHEAD: Duration = Duration::days(7);
/// An alert with fewer beginnings than this makes no noise.
const NOISY_FROM: u32 = 2;
/// So many noisy alerts are named.
const NOISY_ALERTS: usize = 5;

/// What the next primary should know.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Of which schedule.
    pub schedule: ScheduleId,
    /// Who hands over.
    pub outgoing: Option<PersonId>,
    /// Who takes over.
    pub incoming: Option<PersonId>,
    /// Until when they are on call, UTC.
    pub until: DateTime<Utc>,
    /// Open incidents, the worst first.
    pub open: Vec<Incident>,
    /// Incidents that were opened in the last days and are over, the newest first.
    pub over: Vec<Incident>,
    /// The alerts that began most often in the last days.
    pub noisy: Vec<Noise>,
    /// Silences that end in the coming days, the first to end first.
    pub expiring: Vec<Expiring>,
    /// Action items that should be done by now, the oldest first.
    pub overdue: Vec<Overdue>,
}

/// What a silence, or an action item, is about, as everybody may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Which incident.
    pub incident: IncidentId,
    /// Its title; `None` when it is private.
    pub title: Option<String>,
}

/// A silence that ends soon: what it keeps quiet may be heard again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    /// What it keeps quiet.
    pub source: Source,
    /// When it ends, UTC.
    pub until: DateTime<Utc>,
    /// Who asked for it, as stored.
    pub by: String,
}

/// An action item that should be done by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// What it comes from.
    pub source: Source,
    /// What was to be done.
    pub item: ActionItem,
}

/// What a note is made of: of any schedule and age.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// Incidents.
    pub incidents: Vec<Incident>,
    /// Silences that have not ended, each with its incident, until when (UTC), and by whom.
    pub silences: Vec<(Incident, DateTime<Utc>, String)>,
    /// Action items that are not done, each with its incident.
    pub actions: Vec<(Incident, ActionItem)>,
}

/// An alert that makes noise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noise {
    /// Its name.
    pub alertname: String,
    /// The service, as shown.
    pub service: Option<String>,
    /// Who owns the service.
    pub owner: Option<String>,
    /// How many incidents began with it.
    pub n_incidents: u32,
    /// How often it began anew in them.
    pub n_flaps: u32,
    /// Whether nobody acknowledged any of them.
    pub is_ignored: bool,
}

/// The note of a schedule at `now`. What was merged away is told of by the one that goes on.
pub fn note(
    house: &House,
    schedule: &ScheduleId,
    hands: Hands,
    material: Material,
    now: DateTime<Utc>,
) -> Note {
    let Material { incidents, silences, actions } = material;
    let is_theirs = |incident: &Incident| {
        let climbs = incident.ladders.iter().any(|ladder| ladder.schedule == *schedule);
        climbs || incident.ladders.is_empty() && incident.schedule(house) == schedule
    };
    let is_its_own = |incident: &Incident| incident.merged_into.is_none() && incident.umbrella.is_none();
    let is_recent = |incident: &Incident| now - LOOKS_BACK <= incident.opened_at;
    let theirs: Vec<Incident> = incidents.into_iter().filter(is_its_own).filter(is_theirs).collect();
    // The note is read by everybody; that a private incident is there is all that it tells of one.
    let is_told = |incident: &&Incident| is_recent(incident) && !incident.privacy.is_private();
    let noisy = noise(house, theirs.iter().filter(is_told));
    let (mut open, mut over): (Vec<Incident>, Vec<Incident>) =
        theirs.into_iter().partition(|incident| incident.state.is_open());
    over.retain(is_recent);
    open.sort_by_key(|incident| (incident.severity(), incident.id));
    over.sort_by_key(|incident| std::cmp::Reverse(incident.id));
    let ends_soon = |until: DateTime<Utc>| now < until && until <= now + LOOKS_AHEAD;
    let mut expiring: Vec<Expiring> = silences
        .into_iter()
        .filter(|(incident, until, _)| is_theirs(incident) && ends_soon(*until))
        .map(|(incident, until, by)| Expiring { source: Source::of(&incident), until, by })
        .collect();
    expiring.sort_by_key(|expiring| (expiring.until, expiring.source.incident));
    // What was silenced in several parts is one thing to its readers.
    expiring.dedup();
    let is_late = |item: &ActionItem| {
        let zone = house.people.get(&item.owner).and_then(|person| person.timezone).unwrap_or(house.timezone);
        let today = now.with_timezone(&zone).date_naive();
        item.done.is_none() && matches!(standing(item.due, today), Standing::Late(_))
    };
    let mut overdue: Vec<Overdue> = actions
        .into_iter()
        .filter(|(incident, item)| is_theirs(incident) && is_late(item))
        .map(|(incident, item)| Overdue { source: Source::of(&incident), item })
        .collect();
    overdue.sort_by_key(|overdue| (overdue.item.due, overdue.source.incident, overdue.item.n));
    let Hands { outgoing, incoming, until } = hands;
    Note { schedule: schedule.clone(), outgoing, incoming, until, open, over, noisy, expiring, overdue }
}

impl Source {
    fn of(incident: &Incident) -> Self {
        let title = (!incident.privacy.is_private()).then(|| incident.title.clone());
        Self { incident: incident.id, title }
    }
}

fn noise<'a>(house: &House, incidents: impl Iterator<Item = &'a Incident>) -> Vec<Noise> {
    let mut found: BTreeMap<(&str, Option<&str>), Noise> = BTreeMap::new();
    for incident in incidents {
        let Some(alertname) = incident.alertname.as_deref() else { continue };
        let service = incident.service_shown.as_deref();
        let noise = found.entry((alertname, service)).or_insert_with(|| Noise {
            alertname: alertname.to_owned(),
            service: service.map(ToOwned::to_owned),
            owner: incident
                .service
                .as_ref()
                .and_then(|id| house.services.get(id))
                .and_then(|service| service.owner.clone()),
            n_incidents: 0,
            n_flaps: 0,
            is_ignored: true,
        });
        noise.n_incidents += 1;
        noise.n_flaps += incident.n_flaps;
        noise.is_ignored &= incident.first_ack.is_none();
    }
    let mut noisy: Vec<Noise> = found.into_values().collect();
    noisy.retain(|noise| NOISY_FROM <= noise.n_incidents + noise.n_flaps);
    noisy.sort_by_key(|noise| std::cmp::Reverse(noise.n_incidents + noise.n_flaps));
    noisy.truncate(NOISY_ALERTS);
    noisy
}
