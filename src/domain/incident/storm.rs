//! The umbrella of a storm, and the incidents it stands for.
//!
//! An incident under an umbrella stays what it is but for paging: it has no ladder, no page and no channel until it leaves. It leaves
//! when it is a P1 or worse than the umbrella, when it fires anew after the umbrella is over, or when a human wants people for it.
//! Whatever is under an umbrella is open only while that is open and pages or asks whoever has it, or after somebody has taken it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::blank::blank;
use super::command::{Facts, Opening};
use super::timeline::What;
use super::turn::{Decision, Turn};
use super::{Actor, Incident, Privacy, State, alerts, ending, latecomers};
use crate::domain::effect::Effect;
use crate::domain::house::House;
use crate::domain::naming;
use crate::domain::severity::{Assessment, Severity};
use crate::ids::{IncidentId, ScheduleId};

/// What the timeline calls the rule of an umbrella's severity.
const RULE: &str = "storm";

/// So many open incidents of each service are named.
const NAMED: usize = 5;

/// How often the umbrella looks at its incidents while the storm rages, and after it.
const LOOK_EVERY: (Duration, Duration) = (Duration::seconds(30), Duration::minutes(1));

/// What an umbrella knows of the incidents under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storm {
    /// The schedule on which it rages.
    pub schedule: ScheduleId,
    /// When it was over, UTC: since then new incidents page by themselves.
    pub over_at: Option<DateTime<Utc>>,
    /// When the umbrella looks at its incidents again, UTC.
    pub look_at: DateTime<Utc>,
    /// The incidents by service, as shown; no service is the empty word.
    pub services: BTreeMap<String, Tally>,
    /// How many of the open ones fire and nobody has taken them.
    pub n_waiting: u32,
    /// How many of these have missed their ack target.
    pub n_overdue: u32,
}

/// The incidents of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many there are.
    pub n: u32,
    /// How many of them are open.
    pub n_open: u32,
    /// The first of those that are open.
    pub open: Vec<IncidentId>,
}

/// An incident under an umbrella, as far as that wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub id: IncidentId,
    /// Its service, as shown; no service is the empty word.
    pub service: String,
    /// Whether it is not over.
    pub is_open: bool,
    /// Whether somebody should take it.
    pub wait: Wait,
}

/// How an incident under an umbrella waits for somebody who takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// It does not: somebody has it, it does not fire, all that fires is silenced, or it is over.
    No,
    /// Nobody has taken it.
    Yes,
    /// Nobody has taken it in time.
    TooLong,
}

impl From<&Incident> for Member {
    fn from(incident: &Incident) -> Self {
        let service = incident.service_shown.clone().unwrap_or_default();
        let wait = match incident.state {
            State::Triggered if incident.muted_since.is_some() => Wait::No,
            State::Triggered if incident.ack_target_missed => Wait::TooLong,
            State::Triggered => Wait::Yes,
            State::Acknowledged(_)
            | State::Monitoring { .. }
            | State::Resolved { .. }
            | State::Closed { .. } => Wait::No,
        };
        Self { id: incident.id, service, is_open: incident.state.is_open(), wait }
    }
}

/// What has come to a storm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The incidents that have joined.
    pub joined: Vec<Member>,
    /// Incidents under it that were over and are open again.
    pub reopened: Vec<Member>,
    /// An incident that pages by itself because it is worse than the umbrella.
    pub above: Option<(Severity, IncidentId)>,
}

/// What an umbrella sees when it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// All incidents under it.
    pub members: Vec<Member>,
    /// When the storm is over, UTC, if nothing more comes; `None` when it is.
    pub ends_at: Option<DateTime<Utc>>,
}

impl Storm {
    /// How many incidents it has had.
    pub fn n_all(&self) -> u32 {
        self.services.values().map(|tally| tally.n).fold(0, u32::saturating_add)
    }

    /// How many of them are open.
    pub fn n_open(&self) -> u32 {
        self.services.values().map(|tally| tally.n_open).fold(0, u32::saturating_add)
    }

    /// The services, the most affected first.
    pub fn by_service(&self) -> Vec<(&str, &Tally)> {
        let mut services: Vec<(&str, &Tally)> =
            self.services.iter().map(|(service, tally)| (service.as_str(), tally)).collect();
        services.sort_by_key(|(service, tally)| {
            (std::cmp::Reverse(tally.n_open), std::cmp::Reverse(tally.n), *service)
        });
        services
    }

    fn counts(&mut self, member: &Member, is_new: bool) {
        self.n_waiting = self.n_waiting.saturating_add(u32::from(member.wait != Wait::No));
        self.n_overdue = self.n_overdue.saturating_add(u32::from(member.wait == Wait::TooLong));
        let tally = self.services.entry(member.service.clone()).or_default();
        tally.n = tally.n.saturating_add(u32::from(is_new));
        if member.is_open {
            tally.n_open = tally.n_open.saturating_add(1).min(tally.n);
            if tally.open.len() < NAMED && !tally.open.contains(&member.id) {
                tally.open.push(member.id);
            }
        }
    }
}

impl Incident {
    /// The schedule it is on: of the storm, or of its service.
    pub fn schedule<'a>(&'a self, house: &'a House) -> &'a ScheduleId {
        self.storm.as_ref().map_or_else(|| house.schedule_of(self.service.as_ref()), |storm| &storm.schedule)
    }
}

/// Opens the umbrella of a storm; `worst` is how bad it is, `joined` are the first incidents under it.
pub fn open_storm(
    id: IncidentId,
    schedule: &ScheduleId,
    worst: Severity,
    joined: &[Member],
    facts: &Facts<'_>,
) -> Decision {
    let mut storm = Storm {
        schedule: schedule.clone(),
        over_at: None,
        look_at: facts.now + LOOK_EVERY.0,
        services: BTreeMap::new(),
        n_waiting: 0,
        n_overdue: 0,
    };
    for member in joined {
        storm.counts(member, true);
    }
    let many = facts.house.times.storm_threshold.map_or_else(|| "Many".to_owned(), |n| n.to_string());
    let opening = Opening {
        title: naming::storm_title(schedule, storm.n_all()),
        short_name: naming::short_name(Some(RULE), Some(schedule.as_str())),
        key: None,
        alertname: None,
        assessment: Assessment {
            severity: worst,
            rule: RULE.to_owned(),
            reason: format!("{many} new incidents within a minute on {schedule}"),
            env: None,
            is_unmatched: false,
        },
        service: None,
        service_shown: None,
        schedules: vec![schedule.clone()],
        reports: vec![],
        ended: vec![],
        n_truncated: 0,
        notes: vec![],
        runbook: None,
        actor: Actor::Bot,
        follows: None,
        privacy: Privacy::Public,
        umbrella: None,
    };
    let mut turn = Turn::begin(blank(id, &opening, facts), Actor::Bot, facts);
    // Nobody declared it, so it ends by itself.
    turn.next.declared_by = None;
    (turn.next.n_firing, turn.next.n_alerts) = (storm.n_open(), storm.n_all());
    turn.next.storm = Some(storm);
    alerts::open(&mut turn, opening);
    turn.open_channel();
    turn.decided(None)
}

/// More incidents have come under it, or something worse pages beside it.
pub(super) fn grew(turn: &mut Turn<'_>, gathered: Gathered) {
    let Some(storm) = &mut turn.next.storm else { return };
    for member in &gathered.joined {
        storm.counts(member, true);
    }
    for member in &gathered.reopened {
        storm.counts(member, false);
    }
    let n_all = storm.n_all();
    if let Ok(n @ 1..) = u32::try_from(gathered.joined.len()) {
        turn.record(What::StormGrew { n, n_all });
    }
    tell_apart(turn);
    latecomers::ask(turn);
    if let Some((severity, because)) = gathered.above {
        rise(turn, severity, because);
    }
}

/// What its title and its counts say follows from its incidents.
fn tell_apart(turn: &mut Turn<'_>) {
    let Some(storm) = &turn.next.storm else { return };
    let (n_all, n_open) = (storm.n_all(), storm.n_open());
    turn.next.title = naming::storm_title(&storm.schedule, n_all);
    (turn.next.n_firing, turn.next.n_alerts) = (n_open, n_all);
}

/// It is as bad as what pages by itself now. That page tells whoever was paged by the umbrella; when nobody was, because it waits
/// for the opening, it waits no longer.
fn rise(turn: &mut Turn<'_>, severity: Severity, because: IncidentId) {
    let from = turn.next.severity();
    let (rule, reason) = (RULE.to_owned(), because.to_string());
    if severity.is_worse_than(turn.next.assessment.severity) {
        turn.next.assessment = Assessment {
            severity,
            rule: rule.clone(),
            reason: reason.clone(),
            env: None,
            is_unmatched: false,
        };
    }
    let to = turn.next.severity();
    if !to.is_worse_than(from) {
        return;
    }
    turn.record(What::SeverityChanged { from, to, rule, reason });
    turn.turn_page();
    if turn.next.paged.is_empty() {
        let schedules = BTreeSet::from([turn.next.schedule(turn.facts.house).clone()]);
        alerts::page_anew(turn, &schedules);
    } else if let Some(policy) = turn.facts.house.policy_for(None, to) {
        for ladder in &mut turn.next.ladders {
            ladder.policy = policy.id.clone();
        }
    }
}

/// The umbrella looks at its incidents: whether the storm is over, and whether any of them is open.
pub(super) fn seen(turn: &mut Turn<'_>, sight: Sight) {
    let now = turn.facts.now;
    if !turn.next.state.is_open() {
        return;
    }
    let opened_at = turn.next.opened_at;
    let Some(storm) = &mut turn.next.storm else { return };
    storm.services.clear();
    (storm.n_waiting, storm.n_overdue) = (0, 0);
    for member in &sight.members {
        storm.counts(member, true);
    }
    let ends_at = sight.ends_at.filter(|at| *at > now);
    let is_over_now = storm.over_at.is_none() && ends_at.is_none();
    let (often, seldom) = LOOK_EVERY;
    storm.look_at = match ends_at {
        Some(at) if storm.over_at.is_none() => at.min(now + often),
        Some(_) | None => now + seldom,
    };
    let (n_all, n_open, n_waiting) = (storm.n_all(), storm.n_open(), storm.n_waiting);
    if is_over_now {
        storm.over_at = Some(now);
        let services = storm.by_service().into_iter().map(|(service, tally)| (service.to_owned(), tally.n));
        let services = services.collect();
        let lasted_seconds = (now - opened_at).num_seconds();
        turn.record(What::StormOver { n_all, n_open, n_waiting, services, lasted_seconds });
    }
    tell_apart(turn);
    latecomers::ask(turn);
    let is_over = turn.next.storm.as_ref().is_some_and(|storm| storm.over_at.is_some());
    if is_over && n_open == 0 && !turn.next.kept_open {
        turn.actor = Actor::Bot;
        ending::end(turn, Actor::Bot, None);
    }
}

/// Whether it is under an umbrella that does not stand for it any more.
pub(super) fn must_leave(turn: &Turn<'_>) -> bool {
    let severity = turn.next.severity();
    let stands_for_it = |umbrella: Severity| severity != Severity::P1 && !severity.is_worse_than(umbrella);
    turn.next.umbrella.is_some() && !turn.facts.umbrella.is_some_and(stands_for_it)
}

/// From now on it pages by itself; whoever lets it leave has it page.
pub(super) fn leave(turn: &mut Turn<'_>) {
    let Some(umbrella) = turn.next.umbrella.take() else { return };
    if turn.next.room.announcement.is_none() {
        turn.effects.push(Effect::Announce);
    }
    turn.record(What::LeftStorm { umbrella });
}

/// The schedules of the services it is about.
pub(super) fn own_schedules(turn: &Turn<'_>) -> BTreeSet<ScheduleId> {
    let house = turn.facts.house;
    let mut schedules: BTreeSet<ScheduleId> =
        turn.next.services.iter().map(|service| house.schedule_of(Some(service)).clone()).collect();
    if schedules.is_empty() {
        schedules.insert(turn.next.schedule(house).clone());
    }
    schedules
}
