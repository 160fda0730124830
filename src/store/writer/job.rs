//! A job on its way through the queue, with its own types out of sight.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::store::{StoreError, Tx};

/// What a run of a job means for the transaction it ran in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Verdict {
    /// It succeeded; its changes wait for the commit.
    Keep,
    /// It returned an error and changed nothing, so its neighbours need not be disturbed.
    Refused,
    /// It returned an error, or panicked, after it may have changed something: the transaction must be rolled back.
    Undo,
}

/// A job in the queue.
pub(in crate::store) trait Queued: Send {
    /// The name it was handed in under.
    fn name(&self) -> &'static str;
    /// Whether nobody waits for the answer any more.
    fn given_up(&self) -> bool;
    /// Runs the job and keeps its outcome; may be called again after a rollback.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Verdict>;
    /// Hands the outcome of the last run to the caller.
    fn answer(self: Box<Self>);
    /// Hands an error to the caller.
    fn fail(self: Box<Self>, error: StoreError);
}

/// A job and the caller who waits for it.
pub(in crate::store) struct Job<J, T, E> {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) work: J,
    pub(in crate::store) caller: oneshot::Sender<Result<T, E>>,
    pub(in crate::store) outcome: Option<Result<T, E>>,
}

impl<J, T, E> Queued for Job<J, T, E>
where
    J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn given_up(&self) -> bool {
        self.caller.is_closed()
    }

    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Verdict> {
        Box::pin(async move {
            self.outcome = None;
            tx.next_job();
            let (work, lent) = (&mut self.work, &mut *tx);
            let run = async move {
                let work = work.clone();
                work(lent).await
            };
            let ran = AssertUnwindSafe(run).catch_unwind().await;
            let (outcome, verdict) = match (ran, tx.failure()) {
                (Err(_reported_by_the_hook), _) => {
                    (Err(StoreError::Panicked { job: self.name }.into()), Verdict::Undo)
                }
                (Ok(Ok(_swallowed)), Some(failure)) => (Err(failure.clone().into()), Verdict::Undo),
                (Ok(Ok(value)), None) => (Ok(value), Verdict::Keep),
                (Ok(Err(error)), None) if !tx.changed() => (Err(error), Verdict::Refused),
                (Ok(Err(error)), _) => (Err(error), Verdict::Undo),
            };
            self.outcome = Some(outcome);
            verdict
        })
    }

    fn answer(self: Box<Self>) {
        let outcome =
            self.outcome.unwrap_or_else(|| Err(StoreError::unavailable("the job was not run").into()));
        // A caller who left meanwhile does not want to know.
        let _left = self.caller.send(outcome);
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _left = self.caller.send(Err(error.into()));
    }
}
