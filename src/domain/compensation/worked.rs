//! Who worked on an incident and when, read off its timeline.
//!
//! Whoever has acknowledged it works from then to the resolve; everybody else, and whoever gave it back, from their first action
//! to their last. What is done after the resolve, such as the post-mortem, is office work. Less than a quarter of an hour is
//! a quarter of an hour.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::domain::incident::Actor;
use crate::domain::incident::timeline::{ClimbReason, Entry, What};
use crate::ids::{IncidentId, PersonId};

/// The shortest work.
const AT_LEAST: Duration = Duration::minutes(15);

/// A stretch of work of one person on one incident, `[from, to)`, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Who.
    pub person: PersonId,
    /// On what.
    pub incident: IncidentId,
    /// From here.
    pub from: DateTime<Utc>,
    /// Up to but not including here.
    pub to: DateTime<Utc>,
}

/// The work on an incident, out of its whole timeline; `who` knows people by what they did.
pub fn worked(
    incident: IncidentId,
    timeline: &[Entry],
    who: impl Fn(&Actor) -> Option<PersonId>,
) -> Vec<Work> {
    let (mut found, mut now) = (vec![], None::<Stretch>);
    for entry in timeline {
        let person = who(&entry.actor);
        match &entry.what {
            What::IncidentOpened { .. } | What::Reopened { .. } => {
                now = Some(Stretch { since: entry.at, ..Stretch::default() });
            }
            _ => {}
        }
        let Some(stretch) = &mut now else { continue };
        if let Some(person) = person.clone() {
            stretch.acts(person, entry.at);
        }
        match &entry.what {
            What::Acked { .. } => stretch.holder = person,
            // Given back, snoozed, or risen above what was acknowledged: whoever had it is free again.
            What::Escalated { why: ClimbReason::PagedAlready, .. } => {}
            What::Escalated { .. } | What::SnoozeOver => stretch.is_given_back(entry.at),
            What::Snoozed { .. } => stretch.holder = None,
            What::SeverityChanged { from, to, .. } if to.is_worse_than(*from) => {
                stretch.is_given_back(entry.at);
            }
            // What was merged away is worked on in the incident that goes on.
            What::Resolved { .. } | What::MergedInto { .. } => found
                .extend(now.take().into_iter().flat_map(|stretch| stretch.ends(incident, Some(entry.at)))),
            _ => {}
        }
    }
    found.extend(now.into_iter().flat_map(|stretch| stretch.ends(incident, None)));
    found
}

/// An incident from its opening, or reopening, to its resolve or merge.
#[derive(Default)]
struct Stretch {
    since: DateTime<Utc>,
    acted: BTreeMap<PersonId, (DateTime<Utc>, DateTime<Utc>)>,
    holder: Option<PersonId>,
}

impl Stretch {
    /// What is dated before the opening was said before anybody knew of an incident.
    fn acts(&mut self, person: PersonId, at: DateTime<Utc>) {
        let at = at.max(self.since);
        let acted = self.acted.entry(person).or_insert((at, at));
        *acted = (acted.0.min(at), acted.1.max(at));
    }

    fn is_given_back(&mut self, at: DateTime<Utc>) {
        if let Some(holder) = self.holder.take() {
            self.acts(holder, at);
        }
    }

    fn ends(self, incident: IncidentId, at: Option<DateTime<Utc>>) -> impl Iterator<Item = Work> {
        let holder = self.holder;
        self.acted.into_iter().map(move |(person, (from, last))| {
            let has_it = holder.as_ref() == Some(&person);
            let to = at.filter(|_| has_it).unwrap_or(last).max(from + AT_LEAST);
            Work { person, incident, from, to }
        })
    }
}
