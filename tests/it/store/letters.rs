//! A letter is acted upon by whoever holds it, and by nobody whose lease has ended.

use chrono::{DateTime, TimeDelta, Utc};
use dontpanic::store::{Db, StoreError, inbox};

use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(whoever_lost_a_letter_can_keep_nothing_of_it);

async fn whoever_lost_a_letter_can_keep_nothing_of_it(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    let now: DateTime<Utc> = "2026-11-20T02:10:00Z".parse().unwrap();
    let later = now + TimeDelta::seconds(13);
    let lease = TimeDelta::seconds(12);
    let acted: Result<(), StoreError> = db
        .write("two workers", move |tx| {
            Box::pin(async move {
                inbox::keep(tx, "command:1", "command", "{}", now).await?;
                let first = inbox::claim(tx, now, now + lease, 1).await?.remove(0);
                let second = inbox::claim(tx, later, later + lease, 1).await?.remove(0);
                let lost = inbox::done(tx, &first.id, first.attempt, later, None).await;
                assert_eq!(lost, Err(StoreError::Missing));
                inbox::done(tx, &second.id, second.attempt, later, None).await
            })
        })
        .await;
    assert_eq!(acted, Ok(()));
    db.close().await;
}
