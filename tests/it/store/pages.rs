//! Pages are claimed by contact method, the worst first; one that was not begun is as good as new.

use chrono::{DateTime, TimeDelta, Utc};
use dontpanic::domain::effect::Effect;
use dontpanic::domain::people::ContactMethod;
use dontpanic::domain::severity::Severity;
use dontpanic::ids::{IncidentId, PageId};
use dontpanic::store::outbox::{self, Claim, Entry, Posted};
use dontpanic::store::{Db, StoreError};

use crate::harness::database::TestDatabase;
use crate::harness::on_both;

on_both!(the_worst_page_of_a_method_is_claimed_first, a_page_that_was_not_begun_is_no_repeat,);

fn now() -> DateTime<Utc> {
    "2026-11-20T02:10:00Z".parse().unwrap()
}

const LEASE: TimeDelta = TimeDelta::seconds(12);

fn page(n: i64, method: ContactMethod, severity: Severity) -> Posted {
    let incident = IncidentId(n);
    let effect = Effect::Page { page: PageId(format!("INC-{n}/1/{method}")), method, repeat: 0 };
    Posted {
        id: n,
        lane: effect.lane(incident).name(),
        incident: Some(incident),
        urgency: outbox::urgency(Some(severity)),
        effect,
        due_at: now(),
        entry: Entry::Waiting,
    }
}

async fn the_worst_page_of_a_method_is_claimed_first(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    let claimed: Result<Vec<i64>, StoreError> = db
        .write("claims", |tx| {
            Box::pin(async move {
                let posted = [
                    page(1, ContactMethod::Webhook, Severity::P2),
                    page(2, ContactMethod::Slack, Severity::P1),
                    page(3, ContactMethod::Webhook, Severity::P3),
                    page(4, ContactMethod::Webhook, Severity::P1),
                ];
                outbox::add(tx, &posted).await?;
                let by_webhook = Claim::Pages(ContactMethod::Webhook);
                let mut order = vec![];
                while outbox::is_claimable(tx, by_webhook, now()).await? {
                    let claimed = outbox::claim(tx, by_webhook, now(), now() + LEASE, 1).await?;
                    order.extend(claimed.iter().map(|claimed| claimed.id));
                }
                assert!(!outbox::is_claimable(tx, Claim::Errands, now()).await?, "pages are no errands");
                Ok(order)
            })
        })
        .await;
    assert_eq!(claimed, Ok(vec![4, 1, 3]));
    db.close().await;
}

async fn a_page_that_was_not_begun_is_no_repeat(place: TestDatabase) {
    let db = Db::open(place.target()).await.unwrap();
    let attempts: Result<(i64, i64), StoreError> = db
        .write("claims", |tx| {
            Box::pin(async move {
                outbox::add(tx, &[page(1, ContactMethod::Slack, Severity::P2)]).await?;
                let by_slack = Claim::Pages(ContactMethod::Slack);
                let first = outbox::claim(tx, by_slack, now(), now() + LEASE, 1).await?.remove(0);
                outbox::give_back(tx, first.id, first.attempt).await?;
                let second = outbox::claim(tx, by_slack, now(), now() + LEASE, 1).await?.remove(0);
                Ok((first.attempt, second.attempt))
            })
        })
        .await;
    assert_eq!(attempts, Ok((1, 1)));
    db.close().await;
}
