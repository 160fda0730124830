//! What may be looked at from outside: incidents, timelines, ledgers, rosters and the figures of a scrape.
//!
//! Each answer is read on one snapshot. Nothing here changes anything.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use super::{Engine, Ports};
use crate::domain::incident::child::Child;
use crate::domain::incident::{Incident, Message};
use crate::domain::on_call::{self, Roster, Shift};
use crate::domain::page::Page;
use crate::ids::{IncidentId, ScheduleId, SilenceId, SlackUserId, SourceId};
use crate::ports::{
    Alertmanagers, Conversation, Directory, Errand, Look, NewSilence, NoMessage, NotDone, Perform, Performed,
    Said, SlackUser, Unanswered,
};
use crate::store::{StoreError, alerts, incidents, outbox, pages, timeline};
use crate::telemetry::Gauges;

pub use crate::store::incidents::Which;
pub use crate::store::timeline::Told;

/// So many alerts of one incident are read in a list of incidents.
pub const LISTED_ALERTS: u32 = 100;
/// So many alerts are read of one incident that was asked for: all that a delivery can bring.
const ALL_ALERTS: u32 = 5000;

/// An incident and its alerts, firing ones first.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The incident.
    pub incident: Incident,
    /// Its alerts.
    pub alerts: Vec<Child>,
}

impl Engine {
    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.db.answers().await
    }

    /// One incident; `None` when there is none of that number.
    pub async fn record(&self, id: IncidentId) -> Result<Option<Record>, StoreError> {
        self.db
            .read("record", move |tx| {
                Box::pin(async move {
                    let Some(found) = incidents::find(tx, id).await? else {
                        return Ok::<_, StoreError>(None);
                    };
                    let alerts = alerts::list(tx, id, ALL_ALERTS).await?;
                    Ok(Some(Record { incident: found.incident, alerts }))
                })
            })
            .await
    }

    /// At most `limit` incidents below number `before`, newest first, each with at most [`LISTED_ALERTS`] alerts.
    pub async fn records(
        &self,
        which: Which,
        before: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let before = before.unwrap_or(IncidentId(i64::MAX));
        self.db
            .read("records", move |tx| {
                Box::pin(async move {
                    let mut records = vec![];
                    for incident in incidents::list(tx, which, before, limit).await? {
                        let alerts = alerts::list(tx, incident.id, LISTED_ALERTS).await?;
                        records.push(Record { incident, alerts });
                    }
                    Ok::<_, StoreError>(records)
                })
            })
            .await
    }

    /// The timeline of an incident, in order; `None` when there is no such incident.
    pub async fn timeline(&self, id: IncidentId) -> Result<Option<Vec<Told>>, StoreError> {
        self.db
            .read("timeline", move |tx| {
                Box::pin(async move {
                    match incidents::find(tx, id).await? {
                        Some(_) => timeline::read(tx, id).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await
    }

    /// The page ledger of an incident, in order; `None` when there is no such incident.
    pub async fn ledger(&self, id: IncidentId) -> Result<Option<Vec<Page>>, StoreError> {
        self.db
            .read("ledger", move |tx| {
                Box::pin(async move {
                    match incidents::find(tx, id).await? {
                        Some(_) => pages::list(tx, id).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await
    }

    /// Who is on call at `at`; `None` for an unknown schedule.
    pub fn roster(&self, schedule: &ScheduleId, at: DateTime<Utc>) -> Option<Roster> {
        self.settings
            .house
            .schedules
            .get(schedule)
            .map(|schedule| on_call::who(schedule, self.rota().overrides(), at))
    }

    /// The shifts of a schedule in `[from, to)`; `None` for an unknown one.
    pub fn shifts(
        &self,
        schedule: &ScheduleId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Option<Vec<Shift>> {
        self.settings
            .house
            .schedules
            .get(schedule)
            .map(|schedule| on_call::shifts(schedule, self.rota().overrides(), from, to))
    }

    /// The exposition text of this process's metrics. Figures that the database did not give are left out, or `NaN`, and
    /// never shown as nought: a scrape must not look healthy because nobody could look.
    ///
    /// # Errors
    /// When the text cannot be written.
    pub async fn exposition(&self) -> Result<String, std::fmt::Error> {
        let gauges = self.gauges().await.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "a scrape goes without the figures of the database");
            Gauges { oldest_undelivered_page_seconds: f64::NAN, ..Gauges::default() }
        });
        self.metrics.expose(&gauges)
    }

    async fn gauges(&self) -> Result<Gauges, StoreError> {
        let now = self.now();
        self.db
            .read("gauges", move |tx| {
                Box::pin(async move {
                    let oldest = pages::oldest_undelivered(tx).await?;
                    let waited = oldest.map_or(0, |due| (now - due).num_milliseconds().max(0));
                    Ok(Gauges {
                        incidents: incidents::census(tx).await?,
                        jobs: outbox::census(tx).await?,
                        oldest_undelivered_page_seconds: waited as f64 / 1000.0,
                    })
                })
            })
            .await
    }
}

/// Reaches nobody and says so.
struct Nobody;

/// Why nothing is performed.
const ONLY_LOOKS: &str = "this process only looks";

impl Perform for Nobody {
    fn perform<'a>(&'a self, _errand: &'a Errand) -> BoxFuture<'a, Performed> {
        Box::pin(async { Performed::TryAgain { after: None, why: ONLY_LOOKS.to_owned(), in_doubt: false } })
    }
}

impl Directory for Nobody {
    fn user<'a>(&'a self, _id: &'a SlackUserId) -> BoxFuture<'a, Result<SlackUser, Unanswered>> {
        Box::pin(async { Err(Unanswered { why: ONLY_LOOKS.to_owned() }) })
    }
}

impl Conversation for Nobody {
    fn message<'a>(&'a self, _message: &'a Message) -> BoxFuture<'a, Result<Said, NoMessage>> {
        Box::pin(async { Err(NoMessage::NotNow { why: ONLY_LOOKS.to_owned() }) })
    }
}

impl Alertmanagers for Nobody {
    fn knows(&self, _source: &SourceId) -> bool {
        false
    }

    fn look<'a>(&'a self, _source: &'a SourceId) -> BoxFuture<'a, Look> {
        Box::pin(async { Look::default() })
    }

    fn silence<'a>(
        &'a self,
        _source: &'a SourceId,
        _silence: &'a NewSilence,
    ) -> BoxFuture<'a, Result<SilenceId, NotDone>> {
        Box::pin(async { Err(NotDone::NoAddress) })
    }

    fn extend<'a>(
        &'a self,
        _source: &'a SourceId,
        _id: &'a SilenceId,
        _until: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<SilenceId, NotDone>> {
        Box::pin(async { Err(NotDone::NoAddress) })
    }

    fn expire<'a>(&'a self, _source: &'a SourceId, _id: &'a SilenceId) -> BoxFuture<'a, Result<(), NotDone>> {
        Box::pin(async { Err(NotDone::NoAddress) })
    }
}

impl Ports {
    /// The ports of a process that only looks: nothing leaves it.
    pub fn to_nobody() -> Self {
        let nobody = Arc::new(Nobody);
        Self {
            slack: nobody.clone(),
            webhook: nobody.clone(),
            email: nobody.clone(),
            ntfy: nobody.clone(),
            sms: nobody.clone(),
            voice: nobody.clone(),
            directory: nobody.clone(),
            conversation: nobody.clone(),
            alertmanagers: nobody,
            pagerduty: None,
            ping: None,
        }
    }
}
