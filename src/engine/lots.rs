//! What waits at the same time is looked up and stored together: most of what one costs is then paid once.
//!
//! Whoever hands in something while nobody is taking begins to take; whoever comes meanwhile waits for the next lot. A lot
//! that fails is taken apart, so only the culprit fails.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::handle::anew;
use super::turning::caught;
use crate::store::StoreError;

/// So many are taken together at most.
const LOT: usize = 64;

/// One that waits, and whoever waits for it to be durable.
struct Waiting<K, T, R> {
    keys: Vec<K>,
    item: Arc<T>,
    answer: oneshot::Sender<Result<R, StoreError>>,
}

struct Line<K, T, R> {
    waiting: VecDeque<Waiting<K, T, R>>,
    is_being_taken: bool,
}

/// A line of those that wait. What shares a key is never in the same lot.
pub(super) struct Lots<K, T, R>(Mutex<Line<K, T, R>>);

/// Takes a lot in one transaction, and answers for each in order.
pub(super) type Take<T, R> =
    Arc<dyn Fn(Arc<[Arc<T>]>) -> BoxFuture<'static, Result<Vec<R>, StoreError>> + Send + Sync>;

impl<K, T, R> Default for Lots<K, T, R> {
    fn default() -> Self {
        Self(Mutex::new(Line { waiting: VecDeque::new(), is_being_taken: false }))
    }
}

impl<K, T, R> Lots<K, T, R>
where
    K: Hash + Eq + Clone + Send + 'static,
    T: Send + Sync + 'static,
    R: Send + 'static,
{
    fn line(&self) -> MutexGuard<'_, Line<K, T, R>> {
        // Whoever panicked left a whole line behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts one at the end of the line and answers when what it changes is durable.
    pub async fn hand_in(self: &Arc<Self>, keys: Vec<K>, item: T, take: Take<T, R>) -> Result<R, StoreError> {
        let (answer, durable) = oneshot::channel();
        if self.enter(Waiting { keys, item: Arc::new(item), answer }) {
            let lots = self.clone();
            tokio::spawn(async move {
                // Whoever waited in the lot that panicked is refused, and asks again; the others' turn comes.
                while let Err(panic) = caught(lots.take_what_waits(&take)).await {
                    tracing::error!(error = %panic, "taking what waits together panicked");
                }
            });
        }
        durable.await.unwrap_or_else(|_gone| {
            Err(StoreError::Unavailable { why: "nobody takes what waits any more".to_owned() })
        })
    }

    /// Whether somebody must begin to take.
    fn enter(&self, one: Waiting<K, T, R>) -> bool {
        let mut line = self.line();
        line.waiting.push_back(one);
        !std::mem::replace(&mut line.is_being_taken, true)
    }

    /// The first in the line that share no key; none when the line is empty, and then nobody is taking any more.
    /// Whoever has given up is not waited for.
    fn next_lot(&self) -> Option<Vec<Waiting<K, T, R>>> {
        let mut line = self.line();
        let (mut lot, mut later, mut keys) = (vec![], VecDeque::new(), HashSet::new());
        for one in line.waiting.drain(..).filter(|one| !one.answer.is_closed()) {
            let is_free = one.keys.iter().all(|key| !keys.contains(key));
            // Nobody is taken before somebody of the same key who came earlier.
            keys.extend(one.keys.iter().cloned());
            if lot.len() < LOT && is_free {
                lot.push(one);
            } else {
                later.push_back(one);
            }
        }
        line.waiting = later;
        line.is_being_taken = !lot.is_empty();
        line.is_being_taken.then_some(lot)
    }

    async fn take_what_waits(&self, take: &Take<T, R>) {
        while let Some(lot) = self.next_lot() {
            match take(lot.iter().map(|one| one.item.clone()).collect()).await {
                Ok(taken) => {
                    for (one, taken) in lot.into_iter().zip(taken) {
                        // Whoever has gone meanwhile will ask again.
                        let _gone = one.answer.send(Ok(taken));
                    }
                }
                Err(error @ StoreError::Unavailable { .. }) => {
                    for one in lot {
                        let _gone = one.answer.send(Err(error.clone()));
                    }
                }
                Err(_because_of_one_of_them) => {
                    for one in lot {
                        let _gone = one.answer.send(take_alone(take, one.item).await);
                    }
                }
            }
        }
    }
}

async fn take_alone<T, R>(take: &Take<T, R>, item: Arc<T>) -> Result<R, StoreError> {
    anew(|| take([item.clone()].into())).await?.pop().ok_or(StoreError::Missing)
}
