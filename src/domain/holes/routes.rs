//! The ways that alerts can take: from services and severities to schedules and policies, and whom the steps mean.

use std::collections::{BTreeMap, BTreeSet};

use super::{Span, Walk, spans};
use crate::domain::escalation::Target;
use crate::domain::house::{House, PageWhen};
use crate::domain::on_call;
use crate::domain::severity::Severity;
use crate::ids::{PersonId, PolicyId, ScheduleId};

/// The ways that alerts can take.
pub(super) struct Routes {
    /// Which schedules climb which policies.
    pub climbed: BTreeSet<(ScheduleId, PolicyId)>,
    /// Which of them also outside of business hours.
    pub at_any_hour: BTreeSet<(ScheduleId, PolicyId)>,
    /// Severities that page, and no policy says whom.
    pub unled: BTreeSet<Severity>,
}

impl Routes {
    /// Of every service, and of what names none.
    pub fn of(house: &House) -> Self {
        let mut routes =
            Self { climbed: BTreeSet::new(), at_any_hour: BTreeSet::new(), unled: BTreeSet::new() };
        let services = std::iter::once(None).chain(house.services.keys().map(Some));
        for service in services {
            for severity in Severity::ALL {
                let page = house.means(severity).page;
                if page == PageWhen::Never {
                    continue;
                }
                match house.policy_for(service, severity) {
                    Some(policy) => {
                        let route = (house.schedule_of(service).clone(), policy.id.clone());
                        if page == PageWhen::Always {
                            routes.at_any_hour.insert(route.clone());
                        }
                        routes.climbed.insert(route);
                    }
                    None => {
                        routes.unled.insert(severity);
                    }
                }
            }
        }
        routes
    }

    /// Every step that can be climbed, with whom it pages; the roles followed.
    fn steps<'a>(
        &'a self,
        house: &'a House,
    ) -> impl Iterator<Item = (&'a ScheduleId, &'a PolicyId, u32, &'a Target)> {
        self.climbed.iter().flat_map(move |(schedule, policy)| {
            let steps = (1..).zip(house.steps(policy));
            steps.flat_map(move |(n, step)| {
                let targets = step.page.iter().flat_map(move |target| match target {
                    Target::Role(role) => house.roles.get(role).map(Vec::as_slice).unwrap_or_default(),
                    other => std::slice::from_ref(other),
                });
                targets.map(move |target| (schedule, policy, n, target))
            })
        })
    }

    /// The schedules whose secondary some step pages.
    pub fn seconded(&self, house: &House) -> BTreeSet<ScheduleId> {
        let steps = self.steps(house).filter(|(.., target)| **target == Target::Secondary);
        steps.map(|(schedule, ..)| schedule.clone()).collect()
    }

    /// Whom steps name, by themselves or by a role, and which ones.
    pub fn named(&self, house: &House) -> BTreeMap<PersonId, BTreeSet<(PolicyId, u32)>> {
        let mut named: BTreeMap<PersonId, BTreeSet<(PolicyId, u32)>> = BTreeMap::new();
        for (_, policy, n, target) in self.steps(house) {
            if let Target::Person(person) = target {
                named.entry(person.clone()).or_default().insert((policy.clone(), n));
            }
        }
        named
    }
}

impl Walk<'_> {
    /// When all of these targets mean nobody. A role does not hold a role.
    pub(super) fn empty_in_all(
        &self,
        schedule: &ScheduleId,
        targets: &[Target],
        follows_roles: bool,
    ) -> Vec<Span> {
        let mut common = vec![self.ahead];
        for target in targets {
            let empty = match target {
                Target::Primary => self.empty(schedule, |shift| shift.primary.is_none()),
                Target::Secondary => self.empty(schedule, |shift| shift.secondary.is_none()),
                Target::Schedule(other) => self.empty(other, |shift| shift.primary.is_none()),
                Target::Person(_) => vec![],
                Target::Role(role) if follows_roles => {
                    let holders = self.house.roles.get(role).map(Vec::as_slice).unwrap_or_default();
                    self.empty_in_all(schedule, holders, false)
                }
                Target::Role(_) => vec![self.ahead],
            };
            common = spans::both(&common, &empty);
        }
        common
    }

    /// When nobody is on call by the schedule, or by one that these targets name.
    pub(super) fn unmanned(&self, schedule: &ScheduleId, targets: &[Target]) -> Vec<Span> {
        let targets = targets.iter().flat_map(|target| match target {
            Target::Role(role) => self.house.roles.get(role).map(Vec::as_slice).unwrap_or_default(),
            other => std::slice::from_ref(other),
        });
        let named = targets.filter_map(|target| match target {
            Target::Schedule(other) => Some(other),
            Target::Primary | Target::Secondary | Target::Person(_) | Target::Role(_) => None,
        });
        let schedules = named.chain([schedule]);
        spans::merged(schedules.flat_map(|one| self.empty(one, |shift| shift.primary.is_none())).collect())
    }

    /// When the schedule is open; all the time when it has no business hours.
    pub(super) fn open(&self, schedule: &ScheduleId) -> Vec<Span> {
        let Some(schedule) = self.house.schedules.get(schedule) else { return vec![self.ahead] };
        let (hours, zone) = (&schedule.business_hours, schedule.timezone);
        if on_call::next_opening(hours, zone, self.ahead.from).is_none() {
            return vec![self.ahead];
        }
        let (mut at, mut open) = (self.ahead.from, vec![]);
        while at < self.ahead.to {
            let from = if on_call::is_open(hours, zone, at) {
                Some(at)
            } else {
                on_call::next_opening(hours, zone, at)
            };
            let Some(from) = from.filter(|from| *from < self.ahead.to) else { break };
            let to =
                on_call::next_closing(hours, zone, from).map_or(self.ahead.to, |to| to.min(self.ahead.to));
            open.push(Span { from, to });
            at = to;
        }
        spans::merged(open)
    }

    fn empty(&self, schedule: &ScheduleId, is_empty: impl Fn(&on_call::Shift) -> bool) -> Vec<Span> {
        match self.shifts.get(schedule) {
            Some(shifts) => {
                let empty = shifts.iter().filter(|shift| is_empty(shift));
                spans::merged(empty.map(|shift| Span { from: shift.start, to: shift.end }).collect())
            }
            None => vec![self.ahead],
        }
    }
}
