//! Lots that join a transaction, and what becomes of each when one of them cannot be stored.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::*;

/// What was tried together, transaction by transaction.
type Tried = Arc<Mutex<Vec<Vec<u32>>>>;

/// A store that takes what `is_bad` does not name. Its first transaction waits between its lots until it is let go on.
fn store(is_bad: fn(u32) -> bool, go_on: Arc<Semaphore>, tried: Tried) -> Take<u32, u32> {
    let n_run = Arc::new(AtomicUsize::new(0));
    Arc::new(move |batch: Arc<Batch<u32>>| {
        let (go_on, tried, n_run) = (go_on.clone(), tried.clone(), n_run.clone());
        Box::pin(async move {
            let is_first = n_run.fetch_add(1, Ordering::Relaxed) == 0;
            let mut all = vec![];
            let mut run = batch.run();
            while let Some(lot) = run.next_lot() {
                all.extend(lot.iter().map(|item| **item));
                if is_first {
                    go_on.acquire().await.unwrap().forget();
                }
            }
            tried.lock().unwrap().push(all.clone());
            if all.iter().any(|item| is_bad(*item)) { Err(StoreError::Missing) } else { Ok(all) }
        })
    })
}

/// Hands in so many, the later ones while the first is being written, and says what became of each.
async fn hand_in_four(is_bad: fn(u32) -> bool) -> (Vec<Result<u32, StoreError>>, Vec<Vec<u32>>) {
    let (lots, tried, go_on) = (Arc::new(Lots::default()), Tried::default(), Arc::new(Semaphore::new(0)));
    let take = store(is_bad, go_on.clone(), tried.clone());
    let hand_in = |item: u32| {
        tokio::spawn({
            let (lots, take) = (lots.clone(), take.clone());
            async move { lots.hand_in(vec![item % 3], item, take).await }
        })
    };
    let mut handed_in = vec![hand_in(0)];
    while !lots.line().waiting.is_empty() || !lots.line().is_being_taken {
        tokio::task::yield_now().await;
    }
    // 3 shares its key with 0, and comes after it.
    for item in [1, 2, 3] {
        handed_in.push(hand_in(item));
        while lots.line().waiting.len() < usize::try_from(item).unwrap() {
            tokio::task::yield_now().await;
        }
    }
    go_on.add_permits(10);
    let mut answers = vec![];
    for one in handed_in {
        answers.push(one.await.unwrap());
    }
    let tried = tried.lock().unwrap().clone();
    (answers, tried)
}

#[tokio::test]
async fn what_waits_joins_the_transaction_at_hand() {
    let (answers, tried) = hand_in_four(|_| false).await;
    assert_eq!(answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(tried, [[0, 1, 2, 3]]);
}

#[tokio::test]
async fn one_that_joined_and_fails_takes_nobody_with_it() {
    let (answers, tried) = hand_in_four(|item| item == 2).await;
    let stored: Vec<Option<u32>> = answers.into_iter().map(Result::ok).collect();
    assert_eq!(stored, [Some(0), Some(1), None, Some(3)]);
    assert_eq!(tried[0], [0, 1, 2, 3]);
    let alone: Vec<&Vec<u32>> = tried[1..].iter().filter(|tried| !tried.contains(&2)).collect();
    assert_eq!(alone, [&vec![0], &vec![1], &vec![3]], "each once, in the order in which they came");
}

type Handed = tokio::task::JoinHandle<Result<u32, StoreError>>;

/// A line in which two have just been taken together, a way to hand in more, and what was tried together.
async fn after_two(patience: Duration) -> (impl Fn(u32) -> Handed, Tried) {
    let (tried, go_on) = (Tried::default(), Arc::new(Semaphore::new(0)));
    let lots: Arc<Lots<u32, u32, u32>> = Arc::new(Lots::that_wait_for(patience));
    let take = store(|_| false, go_on.clone(), tried.clone());
    let hand_in = {
        let lots = lots.clone();
        move |item: u32| {
            let (lots, take) = (lots.clone(), take.clone());
            tokio::spawn(async move { lots.hand_in(vec![item], item, take).await })
        }
    };
    let first = hand_in(0);
    while !lots.line().waiting.is_empty() || !lots.line().is_being_taken {
        tokio::task::yield_now().await;
    }
    let second = hand_in(1);
    while lots.line().waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    go_on.add_permits(10);
    for one in [first, second] {
        one.await.unwrap().unwrap();
    }
    (hand_in, tried)
}

#[tokio::test]
async fn who_came_together_is_expected_together() {
    let (hand_in, tried) = after_two(Duration::from_hours(1)).await;
    let third = hand_in(2);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    for one in [third, hand_in(3)] {
        one.await.unwrap().unwrap();
    }
    assert_eq!(*tried.lock().unwrap(), [[0, 1], [2, 3]], "the third has waited for the fourth");
}

#[tokio::test]
async fn nobody_waits_long_for_whoever_does_not_come_back() {
    let (hand_in, tried) = after_two(Duration::from_millis(1)).await;
    hand_in(2).await.unwrap().unwrap();
    hand_in(3).await.unwrap().unwrap();
    assert_eq!(*tried.lock().unwrap(), [vec![0, 1], vec![2], vec![3]]);
}

#[tokio::test]
async fn who_comes_alone_waits_for_nobody() {
    let lots: Arc<Lots<u32, u32, u32>> = Arc::new(Lots::that_wait_for(Duration::from_hours(1)));
    let take = store(|_| false, Arc::new(Semaphore::new(10)), Tried::default());
    for item in 0..3 {
        assert_eq!(lots.hand_in(vec![0], item, take.clone()).await.unwrap(), item);
    }
}

#[test]
fn a_second_run_takes_just_what_the_first_took() {
    let waiting = Mutex::new(vec![lot(&[3]), lot(&[2])]);
    let batch = Arc::new(Batch::new(lot(&[1]), move || waiting.lock().unwrap().pop()));
    let all = |mut run: Run<u32>| {
        std::iter::from_fn(|| run.next_lot())
            .flat_map(|lot| lot.iter().map(|item| **item).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let mut first = batch.run();
    assert_eq!([first.next_lot(), first.next_lot()].map(|lot| *lot.unwrap()[0]), [1, 2]);
    // It conflicts here, and is run again: whoever comes meanwhile waits for the next transaction.
    assert_eq!(all(batch.run()), [1, 2]);
}

fn lot(items: &[u32]) -> Lot<u32> {
    items.iter().map(|item| Arc::new(*item)).collect()
}
