//! Storms: which new incidents join an umbrella, decided in the transaction that opens them, and what umbrella and incidents do to
//! each other afterwards.
//!
//! Whatever comes under an umbrella changes the umbrella in the same transaction, so an umbrella that ends or is taken meanwhile
//! makes one of the two be decided anew: nothing is ever left under an umbrella that nobody answers for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::Engine;
use super::rota::Rota;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{
    Command, Decision, Facts, Gathered, Incident, Member, Opening, Sight, Wait, decide, open_storm,
    takes_storm,
};
use crate::domain::severity::Severity;
use crate::domain::storm::Verdict;
use crate::ids::{IncidentId, ScheduleId};
use crate::store::incidents::Versioned;
use crate::store::{StoreError, Tx, incidents, storms};

/// A decision beside the incident as it was read; `None` for a new one.
pub(super) type Decided = (Option<Versioned>, Decision);

/// The umbrellas that a transaction has to do with.
#[derive(Default)]
pub(super) struct Umbrellas {
    /// Those that there are.
    known: BTreeMap<IncidentId, Versioned>,
    /// What has come to each.
    gathered: BTreeMap<IncidentId, Gathered>,
    /// Those that are opened: on which schedule, and how bad.
    opened: BTreeMap<IncidentId, (ScheduleId, Severity)>,
}

impl Umbrellas {
    /// How bad the umbrella is that stands for an incident, while it is open.
    pub fn over(&self, incident: &Incident) -> Option<Severity> {
        self.severity(incident.umbrella?)
    }

    fn severity(&self, id: IncidentId) -> Option<Severity> {
        if let Some((_, severity)) = self.opened.get(&id) {
            return Some(*severity);
        }
        let above = self.gathered.get(&id).and_then(|gathered| gathered.above);
        let umbrella = &self.known.get(&id)?.incident;
        let severity = umbrella.severity();
        umbrella.state.is_open().then(|| above.map_or(severity, |(above, _)| above.min(severity)))
    }

    /// An incident was decided about: one that is open again is counted by its umbrella, and one that has left it because it has
    /// become worse makes it as bad as itself, so that the next which becomes so bad stays under it.
    pub fn hears(&mut self, before: &Incident, next: &Incident) {
        if let Some(id) = before.umbrella
            && next.umbrella.is_none()
            && next.severity() != Severity::P1
            && self.severity(id).is_some_and(|umbrella| next.severity().is_worse_than(umbrella))
        {
            self.gathered.entry(id).or_default().above = Some((next.severity(), next.id));
        }
        if let Some(id) = next.umbrella
            && !before.state.is_open()
            && next.state.is_open()
        {
            self.gathered.entry(id).or_default().reopened.push(next.into());
        }
    }
}

impl Engine {
    /// The umbrellas of these incidents.
    pub(super) async fn umbrellas_of<'i>(
        &self,
        tx: &mut Tx,
        incidents: impl Iterator<Item = &'i Incident>,
    ) -> Result<Umbrellas, StoreError> {
        let ids: BTreeSet<IncidentId> = incidents.filter_map(|incident| incident.umbrella).collect();
        let mut umbrellas = Umbrellas::default();
        if !ids.is_empty() {
            umbrellas.known = incidents::find_all(tx, &Vec::from_iter(ids)).await?;
        }
        Ok(umbrellas)
    }

    /// Which of these new incidents join the umbrella of a storm. Each has its number already, so no other process opens any
    /// meanwhile. An incident on several schedules pages by itself: not all of them have a storm, or not the same one.
    pub(super) async fn shelter(
        &self,
        tx: &mut Tx,
        openings: &mut [(IncidentId, &mut Opening)],
        umbrellas: &mut Umbrellas,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let schedules: BTreeSet<ScheduleId> =
            openings.iter().flat_map(|(_, opening)| opening.schedules.iter().cloned()).collect();
        let Some(threshold) = self.settings.house.times.storm_threshold else { return Ok(()) };
        if schedules.is_empty() {
            return Ok(());
        }
        let mut watches = storms::read(tx, &Vec::from_iter(&schedules)).await?;
        let raging: Vec<IncidentId> = watches.values().filter_map(|known| known.watch.umbrella).collect();
        if !raging.is_empty() {
            umbrellas.known.extend(incidents::find_all(tx, &raging).await?);
        }
        for (id, opening) in openings {
            let severity = opening.assessment.severity;
            let is_alone = opening.schedules.len() != 1;
            for schedule in opening.schedules.clone() {
                let watch = &mut watches.entry(schedule.clone()).or_default().watch;
                let known = watch.umbrella.and_then(|id| umbrellas.severity(id));
                match watch.sees(severity, now, threshold, known) {
                    Verdict::Alone => {}
                    Verdict::AloneAbove(umbrella) => {
                        let gathered = umbrellas.gathered.entry(umbrella).or_default();
                        gathered.above = Some((severity, *id));
                    }
                    Verdict::Begins(_) | Verdict::Joins(_) if is_alone => {}
                    Verdict::Joins(umbrella) => opening.umbrella = Some(umbrella),
                    Verdict::Begins(worst) => {
                        let umbrella = incidents::next_ids(tx, 1).await?.next().ok_or(StoreError::Missing)?;
                        watch.umbrella = Some(umbrella);
                        umbrellas.opened.insert(umbrella, (schedule, worst));
                        opening.umbrella = Some(umbrella);
                    }
                }
            }
            if let Some(umbrella) = opening.umbrella {
                let service = opening.service_shown.clone().unwrap_or_default();
                let member = Member { id: *id, service, is_open: true, wait: Wait::Yes };
                umbrellas.gathered.entry(umbrella).or_default().joined.push(member);
            }
        }
        for (schedule, known) in &watches {
            storms::write(tx, schedule, known.version, &known.watch).await?;
        }
        Ok(())
    }

    /// What follows for the umbrellas from what has come to them. Those that are opened come first: their pages wait for nothing.
    pub(super) fn gather(&self, umbrellas: Umbrellas, rota: &Rota, now: DateTime<Utc>) -> Vec<Decided> {
        let Umbrellas { known, mut gathered, opened } = umbrellas;
        let facts = self.facts(rota, now, Origin::Alertmanager);
        let mut decided: Vec<Decided> = vec![];
        for (id, (schedule, worst)) in opened {
            let Gathered { joined, above, .. } = gathered.remove(&id).unwrap_or_default();
            let worst = above.map_or(worst, |(above, _)| above.min(worst));
            decided.push((None, open_storm(id, &schedule, worst, &joined, &facts)));
        }
        for (id, gathered) in gathered {
            let Some(before) = known.get(&id) else { continue };
            // What joins a storm is never refused: there is nobody to tell.
            if let Ok(decision) = decide(&before.incident, Command::StormGrew(gathered), &facts) {
                decided.push((Some(before.clone()), decision));
            }
        }
        decided
    }

    /// An umbrella that wakes looks at its incidents. When its storm is over, that is written down, so nothing joins it any more.
    pub(super) async fn sight(
        &self,
        tx: &mut Tx,
        umbrella: &Incident,
        now: DateTime<Utc>,
    ) -> Result<Option<Command>, StoreError> {
        let Some(storm) = umbrella.storm.as_ref().filter(|_| umbrella.state.is_open()) else {
            return Ok(None);
        };
        let mut ends_at = None;
        if let Some(mut known) = storms::read(tx, &[&storm.schedule]).await?.remove(&storm.schedule)
            && known.watch.umbrella == Some(umbrella.id)
        {
            ends_at = known.watch.ends_at().filter(|at| *at > now);
            if ends_at.is_none() {
                known.watch.umbrella = None;
                storms::write(tx, &storm.schedule, known.version, &known.watch).await?;
            }
        }
        let mut members = storms::under(tx, umbrella.id).await?;
        let is_taken = umbrella.state.ack().is_some();
        if is_taken && members.iter().any(|member| member.wait != Wait::No) {
            // Whoever has the storm may be asked about them.
            let open = storms::open_under(tx, umbrella.id).await?;
            let mut open: BTreeMap<IncidentId, Member> =
                open.iter().map(|child| (child.incident.id, Member::from(&child.incident))).collect();
            for member in &mut members {
                if let Some(seen) = open.remove(&member.id) {
                    *member = seen;
                }
            }
        }
        Ok(Some(Command::StormSeen(Sight { members, ends_at })))
    }

    /// What else is decided with an incident: whoever takes or resolves an umbrella takes what is under it, and an umbrella counts
    /// what is open again under it.
    pub(super) async fn follows(
        &self,
        tx: &mut Tx,
        before: &Incident,
        decision: &Decision,
        mut umbrellas: Umbrellas,
        facts: &Facts<'_>,
    ) -> Result<Vec<Decided>, StoreError> {
        let next = &decision.next;
        umbrellas.hears(before, next);
        let mut decided = vec![];
        if !umbrellas.gathered.is_empty() {
            decided.extend(self.gather(umbrellas, &self.rota(), facts.now));
        }
        if let Some(by) = takes_storm(before, decision) {
            for child in storms::open_under(tx, next.id).await? {
                if child.incident.state.ack().is_some() {
                    continue;
                }
                let command = Command::Acknowledge { by: by.clone() };
                if let Ok(decision) = decide(&child.incident, command, facts) {
                    decided.push((Some(child), decision));
                }
            }
        }
        Ok(decided)
    }
}
