//! Deliveries that wait at the same time are looked up and stored together: most of what a delivery costs is paid once.
//!
//! Whoever hands in a delivery while nobody is taking begins to take; whoever comes meanwhile waits for the next lot. A lot
//! that fails is taken apart, so only the culprit fails.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::Engine;
use super::ingest::{Ingested, Taken};
use crate::domain::incident::child::Report;
use crate::domain::triage::Judged;
use crate::ids::{Fingerprint, SourceId};
use crate::store::StoreError;

/// So many deliveries are taken together at most.
const LOT: usize = 64;
/// How often a delivery is looked at anew because an incident changed under it.
const ATTEMPTS: u32 = 8;

/// A delivery, and whoever waits for it to be durable.
struct Waiting {
    judged: Arc<Judged>,
    answer: oneshot::Sender<Result<Ingested, StoreError>>,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    is_being_taken: bool,
}

/// The deliveries that wait.
#[derive(Default)]
pub(super) struct Intake(Mutex<Line>);

impl Intake {
    fn line(&self) -> MutexGuard<'_, Line> {
        // Whoever panicked left a whole line behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a delivery at the end of the line. Whether somebody must begin to take.
    fn enter(&self, delivery: Waiting) -> bool {
        let mut line = self.line();
        line.waiting.push_back(delivery);
        !std::mem::replace(&mut line.is_being_taken, true)
    }

    /// The first deliveries in the line that are about different groups and different alerts: two groups of one alert may
    /// have one incident, so they are not looked up side by side. None when the line is empty, and then nobody is taking any
    /// more. Whoever has given up is not waited for.
    fn next_lot(&self) -> Option<Vec<Waiting>> {
        let mut line = self.line();
        let (mut lot, mut later, mut keys) = (vec![], VecDeque::new(), HashSet::new());
        let mut alerts: HashSet<(SourceId, Fingerprint)> = HashSet::new();
        for delivery in line.waiting.drain(..).filter(|delivery| !delivery.answer.is_closed()) {
            if lot.len() == LOT {
                later.push_back(delivery);
                continue;
            }
            let judged = &delivery.judged;
            let alert = |report: &Report| (judged.key.source.clone(), report.alert.fingerprint.clone());
            let about: Vec<_> = judged.reports.iter().map(alert).collect();
            let is_apart = about.iter().all(|alert| !alerts.contains(alert));
            if is_apart && keys.insert(judged.key.clone()) {
                alerts.extend(about);
                lot.push(delivery);
            } else {
                later.push_back(delivery);
            }
        }
        line.waiting = later;
        line.is_being_taken = !lot.is_empty();
        line.is_being_taken.then_some(lot)
    }
}

impl Engine {
    /// Puts a delivery in the line and answers when what it changes is durable.
    pub(super) async fn hand_in(self: &Arc<Self>, judged: Judged) -> Result<Ingested, StoreError> {
        let (answer, durable) = oneshot::channel();
        if self.intake.enter(Waiting { judged: Arc::new(judged), answer }) {
            let engine = self.clone();
            tokio::spawn(async move { engine.take_what_waits().await });
        }
        durable.await.unwrap_or_else(|_gone| {
            Err(StoreError::Unavailable { why: "nobody takes deliveries any more".to_owned() })
        })
    }

    async fn take_what_waits(self: &Arc<Self>) {
        while let Some(lot) = self.intake.next_lot() {
            let judged = lot.iter().map(|waiting| waiting.judged.clone()).collect();
            match self.take_lot(judged).await {
                Ok(ingested) => {
                    for (waiting, ingested) in lot.into_iter().zip(ingested) {
                        // Whoever has gone meanwhile will send it again.
                        let _gone = waiting.answer.send(Ok(ingested));
                    }
                }
                Err(error @ StoreError::Unavailable { .. }) => {
                    for waiting in lot {
                        let _gone = waiting.answer.send(Err(error.clone()));
                    }
                }
                Err(_because_of_one_of_them) => {
                    for waiting in lot {
                        let _gone = waiting.answer.send(self.take_alone(waiting.judged).await);
                    }
                }
            }
        }
    }

    async fn take_alone(self: &Arc<Self>, judged: Arc<Judged>) -> Result<Ingested, StoreError> {
        let mut attempt = 1;
        loop {
            match self.take_lot([judged.clone()].into()).await {
                Err(StoreError::Stale | StoreError::Conflict { .. }) if attempt < ATTEMPTS => attempt += 1,
                taken => return taken?.pop().ok_or(StoreError::Missing),
            }
        }
    }

    /// Takes a lot in one transaction; its pages leave.
    async fn take_lot(self: &Arc<Self>, lot: Arc<[Arc<Judged>]>) -> Result<Vec<Ingested>, StoreError> {
        let engine = self.clone();
        let taken: Taken =
            self.db.write("ingest", move |tx| Box::pin(async move { engine.take(tx, &lot).await })).await?;
        if taken.ingested.iter().any(|ingested| *ingested != Ingested::NothingNew) {
            self.after_commit(taken.leased);
        }
        Ok(taken.ingested)
    }
}
