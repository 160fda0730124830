//! Two processes on one PostgreSQL.

use std::time::Duration;

use reqwest::StatusCode;

use crate::harness::database::TestDatabase;
use crate::harness::process::surroundings::{Answers, Rules, Surroundings, firing};
use crate::harness::process::{PATIENCE, eventually};

/// A dead replica's work is taken over by then.
const TAKEN_OVER: Duration = Duration::from_secs(45);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_webhook_at_both_is_one_incident_and_one_page() {
    let around = Surroundings::new(TestDatabase::postgres().await, Rules::default()).await;
    let (one, other) = tokio::join!(around.bot(), around.bot());
    for n in 0..20 {
        let alert = firing("LedgerDown", &n.to_string());
        let (at_one, at_other) = tokio::join!(one.receives(&alert), other.receives(&alert));
        assert_eq!((at_one.unwrap(), at_other.unwrap()), (StatusCode::OK, StatusCode::OK));
    }
    eventually("all pages leave", PATIENCE, async || {
        (around.pagers.rings("alice").len() >= 20).then_some(())
    })
    .await;
    let (at_one, at_other) = (one.settled_incidents().await, other.settled_incidents().await);
    assert_eq!(at_one.len(), 20);
    assert_eq!(at_one, at_other, "both tell the same");
    assert_eq!(around.pagers.rings("alice").len(), 20, "one page each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_replica_is_replaced_by_the_other() {
    let around = Surroundings::new(TestDatabase::postgres().await, Rules::default()).await;
    let (one, other) = tokio::join!(around.bot(), around.bot());
    around.pagers.answer(Answers::Held);
    assert_eq!(one.receives(&firing("LedgerDown", "a")).await.unwrap(), StatusCode::OK);
    around.pagers.rings_within("alice", PATIENCE).await;
    one.kill().await;
    around.pagers.answer(Answers::AtOnce);

    assert_eq!(
        other.receives(&firing("LedgerDown", "b")).await.unwrap(),
        StatusCode::OK,
        "alerts are taken at once"
    );
    let rings = eventually("the other sends the page that was on its way", TAKEN_OVER, async || {
        let rings = around.pagers.rings("alice");
        rings.iter().any(|ring| ring.page["incident"] == "INC-1" && ring.is_repeat()).then_some(rings)
    })
    .await;
    assert_eq!(rings.iter().filter(|ring| ring.page["incident"] == "INC-2").count(), 1);
    eventually("both incidents have their channel", TAKEN_OVER, async || {
        (around.incident_channels().len() == 2).then_some(())
    })
    .await;
}
