//! A lost server is an error for those who ask meanwhile, and nothing after it is back.

use dontpanic::store::StoreError;
use futures::future::join_all;

use super::scratch::{ids, open, write};
use crate::harness::database::TestDatabase;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_and_comes_back() {
    let mut place = TestDatabase::postgres_of_its_own();
    let db = open(&place).await;
    write(&db, "before").await.unwrap();
    assert_eq!(ids(&db).await, ["before"]);

    place.is_lost();
    for refused in join_all(["x", "y", "z"].map(|name| write(&db, name))).await {
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    }

    place.is_back();
    join_all(["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| write(&db, name)))
        .await
        .into_iter()
        .for_each(|written| written.unwrap());
    assert_eq!(ids(&db).await.len(), 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_while_idle_are_replaced_unnoticed() {
    let mut place = TestDatabase::postgres_of_its_own();
    let db = open(&place).await;
    write(&db, "before").await.unwrap();
    place.is_lost();
    place.is_back();
    write(&db, "after").await.unwrap();
    assert_eq!(ids(&db).await, ["after", "before"]);
}
