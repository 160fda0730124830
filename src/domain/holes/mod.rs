//! Holes: times in which a page would reach nobody, seen before they come.
//!
//! Walks every way that an alert can take: service → severity → schedule → step of the policy → person → contact method. Each hole
//! is told once, with all the times at which it is open.

mod routes;
pub(super) mod spans;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::house::House;
use super::on_call::{self, Override, Shift};
use super::people::{ContactMethod, Person};
use super::severity::Severity;
use crate::ids::{PersonId, PolicyId, ScheduleId};

use routes::Routes;

pub use spans::Span;

/// How far the schedules are walked, in days.
pub const DAYS_AHEAD: i64 = 90;

/// Where somebody should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Post {
    /// The primary of a schedule.
    Primary(ScheduleId),
    /// The secondary of a schedule that some step pages.
    Secondary(ScheduleId),
    /// Whom steps name, by themselves or by a role: the policies and their steps, from 1.
    Named(Vec<(PolicyId, u32)>),
    /// Whomever a step of a policy means, from 1, when alerts of a schedule climb it.
    Step(PolicyId, u32, ScheduleId),
    /// Whomever any step of a policy means, when alerts of a schedule climb it.
    Policy(PolicyId, ScheduleId),
    /// Whomever a severity that pages should wake.
    Severity(Severity),
}

/// Why nobody would be reached there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Gap {
    /// There is nobody.
    Nobody,
    /// Whoever is has no contact method that works.
    Unreachable(PersonId),
    /// Whoever is has a Slack user whom Slack does not let be woken, such as one that is deactivated.
    NotInSlack(PersonId, String),
}

/// How much a hole weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Somebody who should be reached would not be.
    Hole,
    /// It was meant so: a step is skipped at once, because the schedule never has a secondary.
    Advice,
}

/// A post that would reach nobody for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// Where.
    pub post: Post,
    /// Why.
    pub gap: Gap,
    /// When, in order, within the coming days; never empty.
    pub spans: Vec<Span>,
    /// The zone in which people read these times.
    pub zone: Tz,
}

impl Hole {
    /// The same for as long as it is the same hole, however time goes on.
    pub fn key(&self) -> String {
        let post = match &self.post {
            Post::Primary(schedule) => schedule.to_string(),
            Post::Secondary(schedule) => format!("{schedule} secondary"),
            Post::Named(_) => "named".to_owned(),
            Post::Step(policy, step, schedule) => format!("step {step} of {policy} for {schedule}"),
            Post::Policy(policy, schedule) => format!("{policy} for {schedule}"),
            Post::Severity(severity) => severity.to_string(),
        };
        match &self.gap {
            Gap::Nobody => format!("{post} nobody"),
            Gap::Unreachable(person) => format!("{post} unreachable {person}"),
            Gap::NotInSlack(person, _) => format!("{post} not in slack {person}"),
        }
    }

    /// How much it weighs.
    pub const fn weight(&self) -> Weight {
        match self.post {
            Post::Step(..) => Weight::Advice,
            Post::Primary(_) | Post::Secondary(_) | Post::Named(_) | Post::Policy(..) | Post::Severity(_) => {
                Weight::Hole
            }
        }
    }
}

/// What is walked through.
struct Walk<'a> {
    house: &'a House,
    not_in_slack: &'a BTreeMap<PersonId, String>,
    /// The shifts of every schedule, cut to the coming days.
    shifts: BTreeMap<&'a ScheduleId, Vec<Shift>>,
    ahead: Span,
    found: BTreeMap<(Post, Gap), Vec<Span>>,
}

/// The holes of the coming days: one for each post and reason. `not_in_slack` are people of whom it is known why Slack does
/// not let them be woken; that is a hole where Slack is their only method.
pub fn find(
    house: &House,
    overrides: &[Override],
    not_in_slack: &BTreeMap<PersonId, String>,
    now: DateTime<Utc>,
) -> Vec<Hole> {
    let ahead = Span { from: now, to: now + Duration::days(DAYS_AHEAD) };
    let cut =
        |shift: Shift| Shift { start: shift.start.max(ahead.from), end: shift.end.min(ahead.to), ..shift };
    let shifts = house.schedules.iter().map(|(id, schedule)| {
        let shifts = on_call::shifts(schedule, overrides, ahead.from, ahead.to);
        (id, shifts.into_iter().map(cut).collect())
    });
    let shifts = shifts.collect();
    let mut walk = Walk { house, not_in_slack, shifts, ahead, found: BTreeMap::new() };
    let routes = Routes::of(house);
    walk.rosters(&routes.seconded(house));
    walk.named(&routes);
    walk.ladders(&routes);
    let zone = |post: &Post| {
        let schedule = match post {
            Post::Primary(schedule)
            | Post::Secondary(schedule)
            | Post::Step(_, _, schedule)
            | Post::Policy(_, schedule) => house.schedules.get(schedule),
            Post::Named(_) | Post::Severity(_) => None,
        };
        schedule.map_or(house.timezone, |schedule| schedule.timezone)
    };
    let hole = |((post, gap), spans): ((Post, Gap), Vec<Span>)| {
        let (zone, spans) = (zone(&post), spans::merged(spans));
        Hole { post, gap, spans, zone }
    };
    walk.found.into_iter().map(hole).filter(|hole| !hole.spans.is_empty()).collect()
}

impl Walk<'_> {
    /// Who is on call, and who stands behind where some step pages them.
    fn rosters(&mut self, seconded: &BTreeSet<ScheduleId>) {
        let mut found = vec![];
        for (schedule, shifts) in &self.shifts {
            for Shift { start, end, primary, secondary } in shifts {
                let span = Span { from: *start, to: *end };
                let gap = primary.as_ref().map_or(Some(Gap::Nobody), |person| self.gap(person));
                found.extend(gap.map(|gap| (Post::Primary((*schedule).clone()), gap, span)));
                let behind = secondary.as_ref().filter(|_| seconded.contains(*schedule));
                let gap = behind.and_then(|person| self.gap(person));
                found.extend(gap.map(|gap| (Post::Secondary((*schedule).clone()), gap, span)));
            }
        }
        for (post, gap, span) in found {
            self.found.entry((post, gap)).or_default().push(span);
        }
    }

    /// Whom steps name.
    fn named(&mut self, routes: &Routes) {
        for (person, by) in routes.named(self.house) {
            if let Some(gap) = self.gap(&person) {
                self.found.insert((Post::Named(by.into_iter().collect()), gap), vec![self.ahead]);
            }
        }
    }

    /// Steps, and whole policies, that mean nobody.
    fn ladders(&mut self, routes: &Routes) {
        for (schedule, policy) in &routes.climbed {
            let steps = self.house.steps(policy);
            let empty: Vec<Vec<Span>> =
                steps.iter().map(|step| self.empty_in_all(schedule, &step.page, true)).collect();
            let all = empty.iter().cloned().reduce(|all, empty| spans::both(&all, &empty));
            let mut all = all.unwrap_or_else(|| vec![self.ahead]);
            if !routes.at_any_hour.contains(&(schedule.clone(), policy.clone())) {
                // Whatever waits for the opening needs nobody before it.
                all = spans::both(&all, &self.open(schedule));
            }
            for ((n, spans), step) in (1..).zip(&empty).zip(steps) {
                // That nobody is on call is a hole of its own, and that the whole policy means nobody says it of every step.
                let spans = spans::without(spans, &self.unmanned(schedule, &step.page));
                if !spans.is_empty() && all.is_empty() {
                    let post = Post::Step(policy.clone(), n, schedule.clone());
                    self.found.insert((post, Gap::Nobody), spans);
                }
            }
            if !all.is_empty() {
                self.found.insert((Post::Policy(policy.clone(), schedule.clone()), Gap::Nobody), all);
            }
        }
        for severity in &routes.unled {
            self.found.insert((Post::Severity(*severity), Gap::Nobody), vec![self.ahead]);
        }
    }

    /// Why nobody would be reached, when that is somebody's post.
    fn gap(&self, person: &PersonId) -> Option<Gap> {
        let methods = self.house.people.get(person).map(Person::working_methods).unwrap_or_default();
        if methods.is_empty() {
            return Some(Gap::Unreachable(person.clone()));
        }
        let only_slack = methods.iter().all(|method| *method == ContactMethod::Slack);
        let why = self.not_in_slack.get(person).filter(|_| only_slack)?;
        Some(Gap::NotInSlack(person.clone(), why.clone()))
    }
}

#[cfg(test)]
mod tests;
