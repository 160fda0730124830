//! The queue that all writers of a database share.

use tokio::sync::{Mutex, mpsc, watch};

use super::job::Queued;

pub(in crate::store) type Waiting = Box<dyn Queued>;

/// How many jobs may wait before callers are turned away.
pub(in crate::store) const CAPACITY: usize = 4096;

/// The receiving side of the queue.
pub(in crate::store) struct Queue {
    jobs: Mutex<mpsc::Receiver<Waiting>>,
    closing: watch::Receiver<bool>,
}

impl Queue {
    /// `closing` turning true, or its sender going away, ends the queue after what waits in it.
    pub fn new(jobs: mpsc::Receiver<Waiting>, closing: watch::Receiver<bool>) -> Self {
        Self { jobs: Mutex::new(jobs), closing }
    }

    /// Waits for a job; `None` when the queue has ended.
    pub async fn next(&self) -> Option<Waiting> {
        let mut closing = self.closing.clone();
        let mut jobs = self.jobs.lock().await;
        loop {
            let job = tokio::select! {
                biased;
                job = jobs.recv() => job,
                () = ended(&mut closing) => {
                    jobs.close();
                    jobs.recv().await
                }
            }?;
            if !job.given_up() {
                return Some(job);
            }
        }
    }

    /// The next job that waits now. A lock that is held means another writer is waiting for work, so there is none.
    pub fn at_once(&self) -> Option<Waiting> {
        let mut jobs = self.jobs.try_lock().ok()?;
        std::iter::from_fn(|| jobs.try_recv().ok()).find(|job| !job.given_up())
    }
}

/// Returns when the database is being closed, in words or by being dropped.
async fn ended(closing: &mut watch::Receiver<bool>) {
    let _either = closing.wait_for(|closing| *closing).await;
}
