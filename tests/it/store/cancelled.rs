//! Whoever reads may be dropped at any time, and leaves nothing behind for the next reader.

use std::time::Duration;

use dontpanic::store::{Db, StoreError, Target};
use futures::future::join_all;
use sqlx::{Connection, PgConnection};

use super::scratch::{N, ids, open, write};
use crate::harness::database::TestDatabase;
use crate::harness::on_both;
use crate::harness::process::{eventually, pause};

on_both!(readers_that_are_dropped_halfway_leave_nothing_behind);

/// Sooner than the server itself ends transactions in which nothing happens, which takes 30 s.
const ENDED_WITHIN: Duration = Duration::from_secs(15);
/// More than there are connections to read with.
const READERS: usize = 12;

async fn read(db: &Db, id: &'static str) -> Result<Option<(i64,)>, StoreError> {
    db.read("n", move |tx| {
        Box::pin(async move {
            for _ in 0..3 {
                tx.query(N).bind(id).optional::<(i64,)>().await?;
            }
            tx.query(N).bind(id).optional().await
        })
    })
    .await
}

/// The server's own word, asked for from beside: asking through the readers would use what they left.
async fn no_transaction_is_left_open(address: &str) {
    let mut beside = PgConnection::connect(address).await.unwrap();
    eventually("no transaction is open", ENDED_WITHIN, async || {
        let open = sqlx::query_scalar(
            "SELECT COUNT(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
        );
        let open: i64 = open.fetch_one(&mut beside).await.unwrap();
        (open == 0).then_some(())
    })
    .await;
    beside.close().await.unwrap();
}

async fn readers_that_are_dropped_halfway_leave_nothing_behind(place: TestDatabase) {
    let db = open(&place).await;
    let mut completed = 0;
    for (round, id) in ["a", "b", "c", "d", "e", "f", "g", "h"].into_iter().enumerate() {
        // Each is dropped a little later than the one before: between any two steps of a read.
        for micros in (0..60).map(|step| step * 40) {
            let dropped = async {
                if micros > 0 {
                    pause(Duration::from_micros(micros)).await;
                }
                for _ in 0..micros % 7 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                read = read(&db, id) => {
                    read.unwrap();
                    completed += 1;
                }
                () = dropped => {}
            }
        }
        if let Target::Postgres(address) = place.target() {
            no_transaction_is_left_open(address).await;
        }
        write(&db, id).await.unwrap();
        let seen = join_all((0..READERS).map(|_| read(&db, id))).await;
        assert!(seen.iter().all(|seen| *seen == Ok(Some((0,)))), "somebody reads in the past: {seen:?}");
        assert_eq!(ids(&db).await.len(), round + 1);
    }
    assert!(completed < 8 * 60, "none was dropped");
    db.close().await;
}
