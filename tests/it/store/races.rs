//! What two processes do at the very same moment: one of them does it, and the other one knows.
//!
//! On PostgreSQL the two have a database handle each, as two replicas do; a SQLite file has one handle, which two tasks use.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use dontpanic::domain::effect::{Effect, Warning};
use dontpanic::ids::IncidentId;
use dontpanic::store::outbox::{Claimed, Entry, Posted};
use dontpanic::store::{Db, StoreError, Target, inbox, incidents, outbox};
use futures::future::join_all;

use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(an_effect_is_claimed_by_one, a_letter_is_kept_once_and_claimed_by_one, no_number_is_given_out_twice,);

/// So often both try.
const ROUNDS: i64 = 20;
const LEASE: TimeDelta = TimeDelta::seconds(12);

async fn both(place: &TestDatabase) -> [Db; 2] {
    let one = Db::open(place.target()).await.unwrap();
    let other = match place.target() {
        Target::Sqlite(_) => one.clone(),
        Target::Postgres(_) => Db::open(place.target()).await.unwrap(),
    };
    [one, other]
}

fn now() -> DateTime<Utc> {
    "2026-11-20T02:10:00Z".parse().unwrap()
}

async fn claims(db: &Db) -> Vec<Claimed> {
    let claimed: Result<_, StoreError> = db
        .write("claim", |tx| {
            Box::pin(async move {
                let heads = outbox::heads(tx, &[], now(), 100).await?;
                outbox::claim(tx, &heads, now(), now() + LEASE).await
            })
        })
        .await;
    claimed.unwrap()
}

async fn an_effect_is_claimed_by_one(place: TestDatabase) {
    let dbs = both(&place).await;
    for round in 0..ROUNDS {
        let posted: Vec<Posted> = (0..10)
            .map(|n| Posted {
                id: round * 10 + n,
                lane: format!("lane/{round}/{}", n / 2),
                incident: None,
                urgency: outbox::urgency(None),
                effect: Effect::TellAdmins { what: Warning::UnmatchedSeverity { value: None } },
                due_at: now(),
                entry: Entry::Waiting,
            })
            .collect();
        let added: Result<(), StoreError> =
            dbs[0].write("add", move |tx| Box::pin(async move { outbox::add(tx, &posted).await })).await;
        added.unwrap();
        let claimed = join_all([claims(&dbs[0]), claims(&dbs[1]), claims(&dbs[1])]).await.concat();
        let mut ids: Vec<i64> = claimed.iter().map(|claimed| claimed.id).collect();
        ids.sort_unstable();
        let heads: Vec<i64> = (0..5).map(|lane| round * 10 + lane * 2).collect();
        assert_eq!(ids, heads, "the head of each lane, once");
        let settled = claimed.iter().map(|claimed| async {
            let (id, attempt) = (claimed.id, claimed.attempt);
            let done = [&dbs[0], &dbs[1]].map(|db| async move {
                let done: Result<bool, StoreError> = db
                    .write("done", move |tx| Box::pin(async move { outbox::done(tx, id, attempt).await }))
                    .await;
                done.unwrap()
            });
            join_all(done).await.into_iter().filter(|done| *done).count()
        });
        assert_eq!(join_all(settled).await, [1; 5], "each is settled once");
        let rest: Vec<Claimed> = claims(&dbs[1]).await;
        assert_eq!(rest.len(), 5, "the second of each lane comes after the first");
        for claimed in rest {
            let (id, attempt) = (claimed.id, claimed.attempt);
            let done: Result<bool, StoreError> = dbs[0]
                .write("done", move |tx| Box::pin(async move { outbox::done(tx, id, attempt).await }))
                .await;
            assert_eq!(done, Ok(true));
        }
    }
}

async fn a_letter_is_kept_once_and_claimed_by_one(place: TestDatabase) {
    let dbs = both(&place).await;
    for round in 0..ROUNDS {
        let keeping = [0, 1, 0, 1].map(|which: usize| {
            let id = format!("command:{round}");
            dbs[which].write("keep", move |tx| {
                Box::pin(async move { inbox::keep(tx, &id, "command", "{}", now()).await })
            })
        });
        let kept: Vec<Result<bool, StoreError>> = join_all(keeping).await;
        assert_eq!(kept.iter().filter(|kept| **kept == Ok(true)).count(), 1, "{kept:?}");
        assert_eq!(kept.iter().filter(|kept| **kept == Ok(false)).count(), 3, "{kept:?}");
        let claiming = [0, 1].map(|which: usize| {
            dbs[which].write("letters", |tx| {
                Box::pin(async move { inbox::claim(tx, now(), now() + LEASE, 10).await })
            })
        });
        let claimed: Vec<Result<Vec<inbox::Letter>, StoreError>> = join_all(claiming).await;
        let claimed: Vec<inbox::Letter> = claimed.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        let (id, attempt) = (claimed[0].id.clone(), claimed[0].attempt);
        let done: Result<(), StoreError> = dbs[0]
            .write("done", move |tx| {
                Box::pin(async move { inbox::done(tx, &id, attempt, now(), None).await })
            })
            .await;
        done.unwrap();
    }
}

async fn no_number_is_given_out_twice(place: TestDatabase) {
    let dbs = both(&place).await;
    let taking = (0..60).map(|n: usize| {
        let db = &dbs[n % 2];
        db.write("numbers", |tx| {
            Box::pin(
                async move { Ok::<Vec<IncidentId>, StoreError>(incidents::next_ids(tx, 3).await?.collect()) },
            )
        })
    });
    let taken: Vec<i64> =
        join_all(taking).await.into_iter().flat_map(Result::unwrap).map(|id| id.0).collect();
    let distinct: BTreeSet<i64> = taken.iter().copied().collect();
    assert_eq!(distinct.len(), 180, "{taken:?}");
}
