//! Effects are claimed by one worker, in order, and none is dropped for the sake of one that somebody has begun.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use dontpanic::domain::effect::Effect;
use dontpanic::domain::severity::Severity;
use dontpanic::ids::IncidentId;
use dontpanic::store::outbox::{self, Claimed, Entry, Head, Posted};
use dontpanic::store::{Db, StoreError, Tx};
use tokio::sync::Semaphore;

use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(
    worse_incidents_go_first_and_then_older_ones,
    what_waits_for_its_turn_has_not_been_attempted,
    one_that_waits_stands_for_all_of_its_sort,
    a_claim_sees_what_the_last_of_its_sort_was_asked_for,
    one_that_is_being_claimed_stands_for_nobody,
);

/// How long a transaction is held open against another that should wait for it.
const HELD: Duration = Duration::from_millis(200);

fn now() -> DateTime<Utc> {
    "2026-11-20T02:10:00Z".parse().unwrap()
}

fn posted(id: i64, incident: i64, severity: Severity, effect: Effect) -> Posted {
    let incident = IncidentId(incident);
    Posted {
        id,
        lane: effect.lane(incident).name(),
        incident: Some(incident),
        urgency: outbox::urgency(Some(severity)),
        effect,
        due_at: now(),
        entry: Entry::Waiting,
    }
}

fn refresh(id: i64) -> Posted {
    posted(id, 1, Severity::P2, Effect::RefreshCard)
}

async fn heads(tx: &mut Tx, held: &[&str]) -> Result<Vec<Head>, StoreError> {
    outbox::heads(tx, held, now(), 100).await
}

async fn claim(tx: &mut Tx, heads: &[Head]) -> Result<Vec<Claimed>, StoreError> {
    outbox::claim(tx, heads, now(), now() + TimeDelta::seconds(12)).await
}

async fn heads_of(db: &Db) -> Vec<i64> {
    let heads = db.read("heads", |tx| Box::pin(async move { heads(tx, &[]).await })).await.unwrap();
    heads.into_iter().map(|head| head.id).collect()
}

async fn worse_incidents_go_first_and_then_older_ones(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    let told: Result<(), StoreError> = db
        .write("order", |tx| {
            Box::pin(async move {
                let open = |id, n, severity| posted(id, n, severity, Effect::OpenChannel);
                let card = posted(60, 5, Severity::P2, Effect::PostCard);
                let all = [
                    open(10, 1, Severity::P2),
                    open(20, 2, Severity::P3),
                    open(30, 3, Severity::P1),
                    open(40, 4, Severity::P2),
                    open(50, 5, Severity::P2),
                    card,
                ];
                outbox::add(tx, &all).await?;
                let ids = |heads: Vec<Head>| heads.into_iter().map(|head| head.id).collect::<Vec<_>>();
                assert_eq!(ids(heads(tx, &[]).await?), [30, 10, 40, 50, 20]);
                assert_eq!(ids(heads(tx, &["open_channel"]).await?), [0; 0], "nor what stands behind it");
                assert_eq!(outbox::busy(tx, &["open_channel"], now()).await?, 0);
                assert_eq!(outbox::busy(tx, &["open", "channel"], now()).await?, 5);
                Ok(())
            })
        })
        .await;
    assert_eq!(told, Ok(()));
    db.close().await;
}

async fn what_waits_for_its_turn_has_not_been_attempted(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    let told: Result<(), StoreError> = db
        .write("turns", |tx| {
            Box::pin(async move {
                outbox::add(tx, &[posted(1, 1, Severity::P2, Effect::OpenChannel)]).await?;
                for claims in 1..=3 {
                    let seen = heads(tx, &[]).await?;
                    let [first] = <[Claimed; 1]>::try_from(claim(tx, &seen).await?).unwrap();
                    assert_eq!((first.attempt, first.tries, first.began_at), (claims, 1, now()));
                    assert!(claim(tx, &seen).await?.is_empty(), "somebody has it");
                    outbox::give_back(tx, first.id, first.attempt, now()).await?;
                }
                let seen = heads(tx, &[]).await?;
                let [failed] = <[Claimed; 1]>::try_from(claim(tx, &seen).await?).unwrap();
                outbox::retry(tx, failed.id, failed.attempt, now(), "slack is full", false).await?;
                let seen = heads(tx, &[]).await?;
                let [second] = <[Claimed; 1]>::try_from(claim(tx, &seen).await?).unwrap();
                assert_eq!((second.attempt, second.tries, second.in_doubt), (5, 2, 0), "it has missed");
                assert!(!outbox::done(tx, failed.id, failed.attempt).await?, "it has lost the effect");
                outbox::retry(tx, second.id, second.attempt, now(), "slack is silent", true).await?;
                let seen = heads(tx, &[]).await?;
                let [third] = <[Claimed; 1]>::try_from(claim(tx, &seen).await?).unwrap();
                assert_eq!((third.attempt, third.tries, third.in_doubt), (6, 3, 1), "it may be done");
                assert!(outbox::done(tx, third.id, third.attempt).await?);
                Ok(())
            })
        })
        .await;
    assert_eq!(told, Ok(()));
    db.close().await;
}

async fn one_that_waits_stands_for_all_of_its_sort(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    let told: Result<(), StoreError> = db
        .write("once", |tx| {
            Box::pin(async move {
                outbox::add(tx, &[refresh(1), refresh(2)]).await?;
                outbox::add(tx, &[refresh(3)]).await?;
                let seen = heads(tx, &[]).await?;
                assert_eq!(seen.len(), 1);
                let [begun] = <[Claimed; 1]>::try_from(claim(tx, &seen).await?).unwrap();
                outbox::add(tx, &[refresh(4), refresh(5)]).await?;
                assert!(heads(tx, &[]).await?.is_empty(), "it waits behind the one that was begun");
                outbox::done(tx, begun.id, begun.attempt).await?;
                let left: Vec<i64> = heads(tx, &[]).await?.into_iter().map(|head| head.id).collect();
                assert_eq!(left, [4]);
                outbox::add(tx, &[posted(6, 1, Severity::P1, Effect::RefreshCard)]).await?;
                outbox::add(tx, &[posted(7, 2, Severity::P2, Effect::OpenChannel)]).await?;
                let left: Vec<i64> = heads(tx, &[]).await?.into_iter().map(|head| head.id).collect();
                assert_eq!(left, [4, 7], "it has become as urgent as the one it stands for");
                Ok(())
            })
        })
        .await;
    assert_eq!(told, Ok(()));
    db.close().await;
}

/// A transaction that stays open until it is told to end, or a moment has passed.
async fn holds(gate: &Semaphore) {
    let _moment = tokio::time::timeout(HELD, gate.acquire()).await;
}

/// One transaction changes the incident and finds that a refresh waits already; another claims that refresh meanwhile. What
/// it then reads must be the change, since no second refresh follows.
async fn a_claim_sees_what_the_last_of_its_sort_was_asked_for(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    let first: Result<(), StoreError> =
        db.write("first", |tx| Box::pin(async move { outbox::add(tx, &[refresh(1)]).await })).await;
    first.unwrap();
    let seen = db.read("heads", |tx| Box::pin(async move { heads(tx, &[]).await })).await.unwrap();
    let added = Arc::new(Semaphore::new(0));
    let changing = tokio::spawn({
        let (db, added) = (db.clone(), added.clone());
        async move {
            db.write("change", move |tx| {
                Box::pin(async move {
                    outbox::show(tx, IncidentId(1), "the change", Some("is there")).await?;
                    outbox::add(tx, &[refresh(2)]).await?;
                    added.add_permits(1);
                    holds(&Semaphore::new(0)).await;
                    Ok::<(), StoreError>(())
                })
            })
            .await
        }
    });
    added.acquire().await.unwrap().forget();
    let claimed: Result<Vec<Claimed>, StoreError> = db
        .write("claim", move |tx| {
            let seen = seen.clone();
            Box::pin(async move { claim(tx, &seen).await })
        })
        .await;
    let shown =
        db.read("shown", |tx| Box::pin(async move { outbox::shown(tx, IncidentId(1)).await })).await.unwrap();
    assert_eq!(claimed.unwrap().len(), 1);
    assert!(shown.contains_key("the change"), "it was claimed before the change could be read");
    changing.await.unwrap().unwrap();
    db.close().await;
}

/// The other way round: the refresh is being claimed, and reads what was; the change needs one of its own.
async fn one_that_is_being_claimed_stands_for_nobody(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    let first: Result<(), StoreError> =
        db.write("first", |tx| Box::pin(async move { outbox::add(tx, &[refresh(1)]).await })).await;
    first.unwrap();
    let began = Arc::new(Semaphore::new(0));
    let claiming = tokio::spawn({
        let (db, began) = (db.clone(), began.clone());
        async move {
            db.write("claim", move |tx| {
                Box::pin(async move {
                    let seen = heads(tx, &[]).await?;
                    let claimed = claim(tx, &seen).await?;
                    began.add_permits(1);
                    holds(&Semaphore::new(0)).await;
                    Ok::<_, StoreError>(claimed)
                })
            })
            .await
        }
    });
    began.acquire().await.unwrap().forget();
    let change: Result<(), StoreError> =
        db.write("change", |tx| Box::pin(async move { outbox::add(tx, &[refresh(2)]).await })).await;
    change.unwrap();
    let claimed = claiming.await.unwrap().unwrap().remove(0);
    let done: Result<bool, StoreError> = db
        .write("done", move |tx| Box::pin(async move { outbox::done(tx, claimed.id, claimed.attempt).await }))
        .await;
    assert_eq!(done, Ok(true));
    assert_eq!(heads_of(&db).await, [2], "the change is shown");
    db.close().await;
}
