//! When there is nothing to do, nothing is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use dontpanic::clock::{Clock, ManualClock};
use dontpanic::engine::InForce;
use dontpanic::engine::workers::{Progress, Workers};
use futures::future::BoxFuture;

use super::Alone;
use crate::harness::database::TestDatabase;
use crate::harness::on_both;
use crate::harness::process::{eventually, pause};

on_both!(looking_for_work_writes_nothing, what_will_not_be_woken_keeps_nobody_from_resting);

async fn looking_for_work_writes_nothing(place: TestDatabase) {
    let mut alone = Alone::on(&place).await;
    let commits = Arc::new(AtomicU32::new(0));
    let counted = commits.clone();
    alone.db.on_commit(move |_commit| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let mut outgoing = alone.outgoing.take().unwrap();
    for _ in 0..3 {
        assert_eq!(alone.engine.tick_timers().await, Ok(Progress::None));
        assert_eq!(alone.engine.tick_inbox().await, Ok(Progress::None));
        assert_eq!(alone.engine.tick_outbox().await, Ok(Progress::None));
        assert_eq!(outgoing.tick(&alone.engine).await, Ok(Progress::None));
    }
    assert_eq!(commits.load(Ordering::SeqCst), 0);
}

/// Counts how often it is asked.
struct Counting(ManualClock, AtomicU32);

impl Clock for Counting {
    fn now(&self) -> DateTime<Utc> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.now()
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'_, ()> {
        self.0.sleep_until(at)
    }
}

/// The column says that it is due, and the incident says that it is not.
async fn what_will_not_be_woken_keeps_nobody_from_resting(place: TestDatabase) {
    let at = "2026-11-20T03:00:00Z".parse().unwrap();
    let story = Arc::new(Counting(ManualClock::at(at), AtomicU32::new(0)));
    let mut alone = Alone::with_story(&place, story.clone()).await;
    alone.declares().await;
    alone.spoils("UPDATE incident SET wake_at = 1").await;
    assert_eq!(alone.engine.tick_timers().await, Ok(Progress::None));

    story.1.store(0, Ordering::SeqCst);
    let workers = Workers::start(&InForce::new(alone.engine.clone()), alone.outgoing.take().unwrap());
    let asked = || story.1.load(Ordering::SeqCst);
    eventually("the timers are looked at", Duration::from_secs(30), async || (asked() > 0).then_some(()))
        .await;
    // Wire time stands still, so a loop that rests rests for ever.
    pause(Duration::from_secs(1)).await;
    assert!(asked() < 50, "the clock was asked {} times", asked());
    workers.stop(Duration::from_secs(30)).await;
}
