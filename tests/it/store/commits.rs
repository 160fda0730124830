//! What waits together is committed together, and nobody pays for a neighbour.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dontpanic::store::{Moment, StoreError};
use futures::future::join_all;

use super::scratch::{ADD, Busy, INSERT, N, ids, insert, open, queued, write};
use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(
    waiting_jobs_share_commits,
    concurrent_increments_lose_nothing,
    only_the_culprit_fails,
    a_refusal_disturbs_nobody,
    a_job_nobody_waits_for_is_dropped,
    what_waits_is_finished_before_closing,
);

async fn waiting_jobs_share_commits(place: TestDatabase) {
    let db = open(&place).await;
    let commits = Arc::new(Mutex::new(Vec::new()));
    let seen = commits.clone();
    db.on_commit(move |moment| {
        if let Moment::After(commit) = moment {
            seen.lock().unwrap().push(commit.jobs);
        }
    });

    let busy = Busy::all_writers(&db, &place).await;
    let before: usize = commits.lock().unwrap().len();
    let names: Vec<String> = (0..100).map(|n| format!("job-{n:03}")).collect();
    let writing = tokio::spawn({
        let (db, names) = (db.clone(), names.clone());
        async move { join_all(names.iter().map(|name| write(&db, name))).await }
    });
    queued(&db, 100).await;
    busy.release().await;
    for written in writing.await.unwrap() {
        written.unwrap();
    }

    assert_eq!(ids(&db).await, names);
    let commits = commits.lock().unwrap()[before..].to_vec();
    assert!(commits.len() <= 50, "100 waiting jobs took {} commits", commits.len());
    assert!(commits.iter().sum::<usize>() >= 100, "every job belongs to a commit: {commits:?}");
}

async fn concurrent_increments_lose_nothing(place: TestDatabase) {
    let db = open(&place).await;
    write(&db, "shared").await.unwrap();
    let adding = (0..200).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            db.write("add", |tx| {
                Box::pin(async move { tx.query(ADD).bind("shared").execute().await?.or_stale() })
            })
            .await
        })
    });
    for added in join_all(adding).await {
        let added: Result<(), StoreError> = added.unwrap();
        added.unwrap();
    }
    let n: Result<(i64,), StoreError> =
        db.read("n", |tx| Box::pin(async move { tx.query(N).bind("shared").one().await })).await;
    assert_eq!(n.unwrap(), (200,));
}

async fn only_the_culprit_fails(place: TestDatabase) {
    let db = open(&place).await;
    write(&db, "taken").await.unwrap();
    let busy = Busy::all_writers(&db, &place).await;

    let (first, refused, panicked, doubled, swallowed, last) = tokio::join!(
        write(&db, "first"),
        db.write("refuses after writing", |tx| {
            Box::pin(async move {
                insert(tx, "refused").await?;
                Err::<(), _>(StoreError::Stale)
            })
        }),
        db.write::<(), StoreError, _>("panics", |tx| {
            Box::pin(async move {
                insert(tx, "panicked").await?;
                panic!("this panic belongs to the test")
            })
        }),
        write(&db, "taken"),
        db.write("swallows a failure", |tx| {
            Box::pin(async move {
                insert(tx, "swallowed").await?;
                let _swallowed = tx.query(INSERT).bind("taken").bind(0_i64).execute().await;
                Ok::<(), StoreError>(())
            })
        }),
        async {
            let written = write(&db, "last");
            let releasing = async {
                queued(&db, 5).await;
                busy.release().await;
            };
            tokio::join!(written, releasing).0
        },
    );

    assert_eq!((first, last), (Ok(()), Ok(())));
    assert_eq!(refused, Err(StoreError::Stale));
    assert_eq!(panicked, Err(StoreError::Panicked { job: "panics" }));
    assert!(matches!(doubled, Err(StoreError::Conflict { .. })), "{doubled:?}");
    assert!(matches!(swallowed, Err(StoreError::Conflict { .. })), "{swallowed:?}");
    assert_eq!(ids(&db).await, ["first", "last", "taken"]);
}

async fn a_refusal_disturbs_nobody(place: TestDatabase) {
    let db = open(&place).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let busy = Busy::all_writers(&db, &place).await;
    let job = |id: &'static str| {
        let (db, runs) = (db.clone(), runs.clone());
        tokio::spawn(async move {
            db.write("look first", move |tx| {
                Box::pin(async move {
                    runs.fetch_add(1, Ordering::SeqCst);
                    let there: Option<(i64,)> = tx.query(N).bind("nobody").optional().await?;
                    if there.is_none() && id == "refused" {
                        return Err(StoreError::Missing);
                    }
                    insert(tx, id).await
                })
            })
            .await
        })
    };
    let jobs = [job("a"), job("refused"), job("b")];
    queued(&db, 3).await;
    busy.release().await;
    let answers: Vec<_> = join_all(jobs).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, [Ok(()), Err(StoreError::Missing), Ok(())]);
    assert_eq!(runs.load(Ordering::SeqCst), 3, "no job ran twice");
}

async fn a_job_nobody_waits_for_is_dropped(place: TestDatabase) {
    let db = open(&place).await;
    let busy = Busy::all_writers(&db, &place).await;
    let given_up = tokio::time::timeout(Duration::from_millis(20), write(&db, "given up")).await;
    assert!(given_up.is_err());
    busy.release().await;
    write(&db, "wanted").await.unwrap();
    assert_eq!(ids(&db).await, ["wanted"]);
}

async fn what_waits_is_finished_before_closing(place: TestDatabase) {
    let db = open(&place).await;
    let busy = Busy::all_writers(&db, &place).await;
    let names: BTreeSet<String> = (0..20).map(|n| n.to_string()).collect();
    let writing = tokio::spawn({
        let (db, names) = (db.clone(), names.clone());
        async move { join_all(names.iter().map(|name| write(&db, name))).await }
    });
    queued(&db, 20).await;
    let closing = tokio::spawn({
        let db = db.clone();
        async move { db.close().await }
    });
    busy.release().await;
    closing.await.unwrap();
    assert!(writing.await.unwrap().iter().all(Result::is_ok));
    assert!(matches!(write(&db, "late").await, Err(StoreError::Unavailable { .. })));
    let again = open(&place).await;
    assert_eq!(ids(&again).await.len(), names.len());
}
