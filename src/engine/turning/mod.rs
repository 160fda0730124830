//! Keeps the workers' loops turning: a loop that panics or ends of its own accord is noticed, said, and begun again.
//!
//! What a loop works on lies in the database, so beginning again loses nothing. A loop that falls again and again is
//! *stuck*: it is still begun anew, but the process says that it does not turn, so that somebody restarts it.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::clock::Clock;

/// A loop that has turned this long is taken to be well again.
const WELL_AFTER: Duration = Duration::minutes(1);
/// A loop that has fallen so often, each time before it was well again, is stuck.
const TOO_OFTEN: u32 = 3;
/// The pause before a loop is begun again.
const PAUSE: Duration = Duration::seconds(1);

/// A loop that is to turn for as long as the process lives.
pub trait Turns: Send {
    /// What it is called in the log and by `/health/live`.
    fn name(&self) -> String;

    /// Turns until it is told to stop, and finishes what is in flight. Called again after a panic: what must outlive one
    /// belongs into `self`.
    fn turn(&mut self, stopped: watch::Receiver<bool>) -> BoxFuture<'_, ()>;
}

/// How often a loop fell lately.
#[derive(Debug, Clone, Copy)]
struct Falls {
    n: u32,
    last: DateTime<Utc>,
}

/// How the loops of this process fare.
#[derive(Default)]
pub struct Loops(Mutex<BTreeMap<String, Falls>>);

impl Loops {
    /// The loops that fall again and again, at `now` (wire time).
    pub fn stuck(&self, now: DateTime<Utc>) -> Vec<String> {
        let falls = self.falls();
        let stuck = falls.iter().filter(|(_, falls)| falls.n >= TOO_OFTEN && now - falls.last < WELL_AFTER);
        stuck.map(|(name, _)| name.clone()).collect()
    }

    /// A loop that had turned since `began` has fallen.
    fn fell(&self, name: &str, began: DateTime<Utc>, now: DateTime<Utc>) {
        let mut falls = self.falls();
        let before = falls.get(name).map_or(0, |falls| falls.n);
        let n = if now - began >= WELL_AFTER { 1 } else { before.saturating_add(1) };
        falls.insert(name.to_owned(), Falls { n, last: now });
    }

    fn falls(&self) -> MutexGuard<'_, BTreeMap<String, Falls>> {
        // Whoever panicked left a whole map behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns a loop until it is told to stop, whatever happens to it meanwhile. `clock` is wire time.
pub async fn keep_turning(
    loops: Arc<Loops>,
    clock: Arc<dyn Clock>,
    mut turns: Box<dyn Turns>,
    mut stopped: watch::Receiver<bool>,
) {
    let name = turns.name();
    loop {
        let began = clock.now();
        let was_told = *stopped.borrow();
        match caught(turns.turn(stopped.clone())).await {
            Ok(()) if *stopped.borrow() => break,
            Ok(()) => tracing::error!(worker = %name, "a worker ended of its own accord; it begins again"),
            Err(panic) => {
                tracing::error!(worker = %name, error = %panic, "a worker panicked; it begins again");
            }
        }
        if was_told {
            // It was begun again only to finish what was in flight.
            break;
        }
        loops.fell(&name, began, clock.now());
        tokio::select! {
            () = clock.sleep_until(clock.now() + PAUSE) => {}
            () = told(&mut stopped) => {}
        }
    }
}

/// Comes back when the process is to stop, or when nobody is left to say so.
pub(super) async fn told(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// A panic, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("panicked: {0}")]
pub struct Panicked(String);

/// Does some work; a panic in it is an error.
///
/// # Errors
/// When it panicked.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| Panicked(words(&*panic)))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().map(|words| (*words).to_owned());
    literal.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}

#[cfg(test)]
mod tests;
