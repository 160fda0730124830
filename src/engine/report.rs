//! What being on call was worth in a month: read off timelines and overrides.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::Engine;
use crate::domain::compensation::{Happened, Month, Row, Work, report, worked, zone_of};
use crate::domain::incident::Actor;
use crate::domain::incident::timeline::Entry;
use crate::ids::{IncidentId, PersonId};
use crate::store::{StoreError, incidents, timeline};

/// No zone is further from UTC, and a night that reaches into the month begins no earlier.
const AROUND: Duration = Duration::days(2);
/// So many timelines are read in one go.
const LOT: usize = 50;

impl Engine {
    /// The month of everybody to whom anything is due, and the currency; `None` when nobody said what being on call is worth.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn compensation(&self, month: Month) -> Result<Option<(String, Vec<Row>)>, StoreError> {
        let Some(rules) = &self.settings.compensation else { return Ok(None) };
        let house = &self.settings.house;
        let spans = house.people.keys().map(|person| month.span(zone_of(house, person)));
        let usual = month.span(house.timezone);
        let (from, to) = spans.fold(usual, |(from, to), span| (from.min(span.0), to.max(span.1)));
        let works = self.works(from - AROUND, to + AROUND).await?;
        let rota = self.rota();
        let happened = Happened { overrides: rota.overrides(), works: &works, now: self.now() };
        Ok(Some((rules.currency.clone(), report(rules, house, happened, month))))
    }

    /// What was worked on incidents that were open at some time in a span.
    async fn works(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Work>, StoreError> {
        let ids = self.db.read("worked on", move |tx| {
            Box::pin(async move { incidents::open_between(tx, from, to).await })
        });
        let ids: Vec<IncidentId> = ids.await?;
        let mut works = vec![];
        for lot in ids.chunks(LOT) {
            let lot: Arc<[IncidentId]> = lot.into();
            let read = self.db.read("worked", move |tx| {
                Box::pin(async move {
                    let mut told = vec![];
                    for id in lot.iter() {
                        told.push((*id, timeline::read(tx, *id).await?));
                    }
                    Ok::<_, StoreError>(told)
                })
            });
            for (id, told) in read.await? {
                let entries: Vec<Entry> = told.into_iter().map(|told| told.entry).collect();
                works.extend(worked(id, &entries, |actor| self.person_behind(actor)));
            }
        }
        Ok(works)
    }

    /// The person of the configuration who did something, as far as that is known.
    fn person_behind(&self, actor: &Actor) -> Option<PersonId> {
        match actor {
            Actor::Person(person) => Some(person.clone()),
            Actor::Slack(user) => self.person_of(user).cloned(),
            Actor::Token(_) | Actor::PagerDuty(_) | Actor::Source(_) | Actor::Bot => None,
        }
    }
}
