//! What waits at the same time is looked up and stored together: most of what one costs is then paid once.
//!
//! Whoever hands in something while nobody is taking begins to take; whoever comes meanwhile waits for the next lot. When a
//! lot is written and others wait by then, they are written in the same transaction: a commit is the dearest part. After a batch
//! of several the next one is begun when as many wait again, or two milliseconds later: under load they come back together, and one
//! lot of all of them costs little more than each of several small ones. Who comes alone waits for nobody. What fails is taken apart,
//! so only the culprit fails.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Notify, oneshot};

use super::handle::anew;
use super::turning::caught;
use crate::store::StoreError;

/// So many are looked up and written side by side at most.
const LOT: usize = 64;
/// No further lot joins a transaction that holds so many.
const ENOUGH: usize = 64;

/// So long those of the last batch are waited for.
const GATHERING: Duration = Duration::from_millis(2);

/// One that waits, and whoever waits for it to be durable.
struct Waiting<K, T, R> {
    keys: Vec<K>,
    item: Arc<T>,
    answer: oneshot::Sender<Result<R, StoreError>>,
}

struct Line<K, T, R> {
    waiting: VecDeque<Waiting<K, T, R>>,
    is_being_taken: bool,
    /// How many are waited for; none when nobody gathers.
    expected: Option<usize>,
}

/// A line of those that wait. What shares a key is never in the same lot.
pub(super) struct Lots<K, T, R> {
    line: Mutex<Line<K, T, R>>,
    /// As many wait as are expected.
    gathered: Notify,
    /// How long is waited for them.
    patience: Duration,
}

/// Takes a batch in one transaction, and answers for each in order.
pub(super) type Take<T, R> =
    Arc<dyn Fn(Arc<Batch<T>>) -> BoxFuture<'static, Result<Vec<R>, StoreError>> + Send + Sync>;

/// Lots of one transaction: more may join while it runs for the first time.
pub(super) struct Batch<T> {
    lots: Mutex<Vec<Lot<T>>>,
    /// The next lot of the line.
    more: Box<dyn Fn() -> Option<Lot<T>> + Send + Sync>,
    has_run: AtomicBool,
}

/// Those of a lot; no two share a key.
pub(super) type Lot<T> = Arc<[Arc<T>]>;

impl<T> Batch<T> {
    fn new(first: Lot<T>, more: impl Fn() -> Option<Lot<T>> + Send + Sync + 'static) -> Self {
        Self { lots: Mutex::new(vec![first]), more: Box::new(more), has_run: AtomicBool::new(false) }
    }

    /// Begins a run of the transaction. The first takes what waits, further ones just what the first took.
    pub fn run(self: &Arc<Self>) -> Run<T> {
        let is_first = !self.has_run.swap(true, Ordering::Relaxed);
        Run { batch: self.clone(), n: 0, is_first }
    }
}

/// One run of a batch's transaction.
pub(super) struct Run<T> {
    batch: Arc<Batch<T>>,
    n: usize,
    is_first: bool,
}

impl<T> Run<T> {
    /// The next lot to be written in this transaction.
    pub fn next_lot(&mut self) -> Option<Lot<T>> {
        let mut lots = held(&self.batch.lots);
        if lots.len() == self.n && self.is_first && lots.iter().map(|lot| lot.len()).sum::<usize>() < ENOUGH {
            lots.extend((self.batch.more)());
        }
        let lot = lots.get(self.n).cloned();
        self.n += 1;
        lot
    }
}

impl<K, T, R> Default for Lots<K, T, R> {
    fn default() -> Self {
        Self::that_wait_for(GATHERING)
    }
}

impl<K, T, R> Lots<K, T, R> {
    /// So long those of the last batch are waited for.
    fn that_wait_for(patience: Duration) -> Self {
        let line = Line { waiting: VecDeque::new(), is_being_taken: false, expected: None };
        Self { line: Mutex::new(line), gathered: Notify::new(), patience }
    }
}

impl<K, T, R> Lots<K, T, R>
where
    K: Hash + Eq + Clone + Send + 'static,
    T: Send + Sync + 'static,
    R: Send + 'static,
{
    fn line(&self) -> MutexGuard<'_, Line<K, T, R>> {
        held(&self.line)
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
        if line.expected == Some(line.waiting.len()) {
            self.gathered.notify_one();
        }
        !std::mem::replace(&mut line.is_being_taken, true)
    }

    /// The first in the line that share no key. Whoever has given up is not waited for.
    fn next_lot(line: &mut Line<K, T, R>) -> Option<Vec<Waiting<K, T, R>>> {
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
        (!lot.is_empty()).then_some(lot)
    }

    /// The first lot of a batch; none when the line is empty, and then nobody is taking any more.
    fn first_lot(&self) -> Option<Vec<Waiting<K, T, R>>> {
        let mut line = self.line();
        let lot = Self::next_lot(&mut line);
        line.is_being_taken = lot.is_some();
        lot
    }

    /// Waits until as many wait as the last batch held, but not for long.
    async fn gather(&self, n_last: usize) {
        if n_last < 2 {
            return;
        }
        let is_short = {
            let mut line = self.line();
            let is_short = line.waiting.len() < n_last;
            line.expected = is_short.then_some(n_last);
            is_short
        };
        if is_short {
            let _all_or_some = tokio::time::timeout(self.patience, self.gathered.notified()).await;
            self.line().expected = None;
        }
    }

    async fn take_what_waits(self: &Arc<Self>, take: &Take<T, R>) {
        let mut n_last = 1;
        loop {
            self.gather(n_last).await;
            let Some(first) = self.first_lot() else { return };
            let first_items = items(&first);
            let waiting = Arc::new(Mutex::new(first));
            let (lots, joined) = (self.clone(), waiting.clone());
            let more = move || {
                let lot = Self::next_lot(&mut lots.line())?;
                let items = items(&lot);
                held(&joined).extend(lot);
                Some(items)
            };
            let taken = take(Arc::new(Batch::new(first_items, more))).await;
            let waiting = std::mem::take(&mut *held(&waiting));
            n_last = waiting.len();
            match taken {
                Ok(taken) => {
                    for (one, taken) in waiting.into_iter().zip(taken) {
                        // Whoever has gone meanwhile will ask again.
                        let _gone = one.answer.send(Ok(taken));
                    }
                }
                Err(error @ StoreError::Unavailable { .. }) => {
                    for one in waiting {
                        let _gone = one.answer.send(Err(error.clone()));
                    }
                }
                Err(_because_of_one_of_them) => {
                    for one in waiting {
                        let _gone = one.answer.send(take_alone(take, one.item).await);
                    }
                }
            }
        }
    }
}

fn items<K, T, R>(lot: &[Waiting<K, T, R>]) -> Lot<T> {
    lot.iter().map(|one| one.item.clone()).collect()
}

async fn take_alone<T: 'static, R>(take: &Take<T, R>, item: Arc<T>) -> Result<R, StoreError> {
    let alone = || Arc::new(Batch::new([item.clone()].into(), || None));
    anew(|| take(alone())).await?.pop().ok_or(StoreError::Missing)
}

/// What is kept under these locks is changed in single steps, so whoever panicked left it whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
