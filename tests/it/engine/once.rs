//! What happens once is told and counted once.

use std::sync::Arc;

use dontpanic::domain::incident::timeline::Origin;
use dontpanic::domain::incident::{Actor, Command};
use dontpanic::store::{StoreError, Target};
use futures::future::join_all;
use tokio::sync::Semaphore;

use super::Alone;
use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(a_decision_that_is_made_again_is_counted_once, a_draft_and_the_word_of_it_are_one);

fn acknowledge() -> Command {
    Command::Acknowledge { by: Actor::Token("test".to_owned()) }
}

/// A neighbour in the same transaction fails, so all of it is rolled back and done again.
async fn a_decision_that_is_made_again_is_counted_once(place: TestDatabase) {
    let alone = Alone::on(&place).await;
    let incidents = [alone.declares().await, alone.declares().await];
    let writers = match place.target() {
        Target::Sqlite(_) => 1,
        Target::Postgres(_) => 4,
    };
    let (release, running) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let busy = (0..writers).map(|_| {
        let (release, running) = (release.clone(), running.clone());
        alone.db.write("busy", move |_tx| {
            Box::pin(async move {
                running.add_permits(1);
                release.acquire().await.unwrap().forget();
                Ok::<(), StoreError>(())
            })
        })
    });
    let refusing = alone.db.write("refuses after writing", |tx| {
        Box::pin(async move {
            tx.query("UPDATE counter SET n = n + 1").execute().await?.any();
            Err::<(), _>(StoreError::Missing)
        })
    });
    let acknowledging =
        incidents.map(|incident| alone.engine.handle(incident.id, acknowledge(), Origin::Api));
    let (busy, acknowledged, refused, ()) = tokio::join!(
        join_all(busy),
        async {
            running.acquire_many(writers).await.unwrap().forget();
            join_all(acknowledging).await
        },
        async {
            while alone.db.waiting() < 2 {
                tokio::task::yield_now().await;
            }
            refusing.await
        },
        async {
            while alone.db.waiting() < 3 {
                tokio::task::yield_now().await;
            }
            release.add_permits(100);
        },
    );
    assert!(busy.iter().all(Result::is_ok) && acknowledged.iter().all(Result::is_ok));
    assert_eq!(refused, Err(StoreError::Missing));
    let text = alone.engine.exposition().await.unwrap();
    assert!(text.contains("dontpanic_time_to_ack_seconds_count 2\n"), "{text}");
}

async fn a_draft_and_the_word_of_it_are_one(place: TestDatabase) {
    let alone = Alone::on(&place).await;
    let id = alone.declares().await.id;
    // In the way of the next event.
    alone
        .spoils(
            "INSERT INTO event (incident, seq, at, kind, text, body) \
             SELECT incident, MAX(seq) + 1, 0, 'note', '', '' FROM event GROUP BY incident",
        )
        .await;
    // A draft that reads what it cannot understand fails as well, so the row is there only for those who write.
    let failed = alone.engine.draft_postmortem(id).await;
    assert!(failed.is_err(), "{failed:?}");
    assert_eq!(alone.number("SELECT COUNT(*) AS n FROM postmortem").await, 0, "all or nothing");

    alone.spoils("DELETE FROM event WHERE body = ''").await;
    for _ in 0..2 {
        alone.engine.draft_postmortem(id).await.unwrap();
    }
    assert_eq!(alone.number("SELECT COUNT(*) AS n FROM postmortem").await, 1);
    let told = "SELECT COUNT(*) AS n FROM event WHERE kind = 'postmortem_drafted'";
    assert_eq!(alone.number(told).await, 1);
}
