//! Group commit: what waits together is committed together.
//!
//! A writer takes a job, begins a transaction and runs it and every further job that waits, up to a number and a time,
//! then commits once and answers all. There is no savepoint per job: when a job has to be undone, the whole transaction
//! is rolled back and its jobs run again one by one, so only the culprit fails. A job that refuses before it has changed
//! anything undoes nothing.
//!
//! A writer must never answer `Ok` before the commit, and never leave a caller without an answer: every wait for the
//! database has a limit, and a broken connection is replaced.

mod job;
mod line;
mod queue;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::job::{Queued, Verdict};
use self::line::Line;
use super::source::Source;
use super::{StoreError, Tx};

pub(super) use self::job::Job;
pub(super) use self::queue::{CAPACITY, Queue, Waiting};

/// How long a batch may gather before it is committed.
const GATHERING: Duration = Duration::from_millis(10);

/// How long one job may take before its connection is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a job that met other writers is run in all, when it runs alone.
const ATTEMPTS: u32 = 5;

/// The wait after the first such meeting; it doubles each time.
const BACK_OFF: Duration = Duration::from_millis(5);

/// What was measured of one commit.
#[derive(Debug, Clone, Copy)]
pub struct Commit {
    /// How many jobs it answered.
    pub jobs: usize,
    /// From the first job taken to the last job run.
    pub ran_for: Duration,
    /// The commit itself.
    pub committed_for: Duration,
}

/// A point in the life of a commit, at which an observer is called.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// The jobs have run; their commit is about to be asked for.
    Before,
    /// They are durable; nobody has been told yet.
    After(Commit),
}

/// Why a batch was not committed.
enum Setback {
    /// The transaction is rolled back; its jobs may run again, each alone.
    Split,
    /// The transaction is lost, perhaps during its commit: its jobs must not run again.
    Lost(StoreError),
    /// There is no connection to be had: whoever waits is better off knowing.
    Unreachable(StoreError),
}

/// One connection that writes.
pub(super) struct Writer {
    queue: Arc<Queue>,
    line: Line,
}

impl Writer {
    pub(super) fn new(source: Arc<Source>, queue: Arc<Queue>) -> Self {
        Self { queue, line: Line::new(source) }
    }

    /// Works until the queue has ended.
    pub(super) async fn work(mut self) {
        while let Some(first) = self.queue.next().await {
            let mut jobs = vec![first];
            match self.together(&mut jobs).await {
                Ok(()) => jobs.into_iter().for_each(Queued::answer),
                Err(Setback::Split) => self.one_by_one(jobs).await,
                Err(Setback::Lost(error)) => fail(jobs, &error),
                Err(Setback::Unreachable(error)) => self.turn_away(jobs, &error),
            }
        }
        self.line.close().await;
    }

    /// Runs the one job of `jobs` and what waits behind it in one transaction; every job taken stands in `jobs` then.
    async fn together(&mut self, jobs: &mut Vec<Waiting>) -> Result<(), Setback> {
        let started = Instant::now();
        let dialect = self.line.dialect();
        let tx = self.line.begin(dialect.begin).await.map_err(Setback::Unreachable)?;
        while let Some(job) = jobs.last_mut() {
            let verdict = run(job, tx).await;
            match verdict {
                Ok(Verdict::Keep | Verdict::Refused) => {}
                Ok(Verdict::Undo) => {
                    let met_others = matches!(tx.failure(), Some(StoreError::Contended { .. }));
                    self.line.roll_back().await;
                    // Alone in its transaction, the job has had its say.
                    return if jobs.len() == 1 && !met_others { Ok(()) } else { Err(Setback::Split) };
                }
                Err(error) => {
                    self.line.hang_up();
                    return Err(Setback::Lost(error));
                }
            }
            if jobs.len() >= dialect.batch || started.elapsed() >= GATHERING {
                break;
            }
            match self.queue.at_once() {
                Some(job) => jobs.push(job),
                None => break,
            }
        }
        match self.line.commit(jobs.len(), started).await {
            Err(StoreError::Contended { .. }) => Err(Setback::Split),
            Err(error) => Err(Setback::Lost(error)),
            Ok(()) => Ok(()),
        }
    }

    /// Runs each job in a transaction of its own.
    async fn one_by_one(&mut self, jobs: Vec<Waiting>) {
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            if let Err(error) = self.alone(job).await {
                return self.turn_away(jobs, &error);
            }
        }
    }

    /// Runs one job in its own transaction and answers it; the error is that there is no connection for the next one.
    async fn alone(&mut self, mut job: Waiting) -> Result<(), StoreError> {
        let mut attempt = 1;
        while !job.given_up() {
            let started = Instant::now();
            let tx = match self.line.begin(self.line.dialect().begin_alone).await {
                Ok(tx) => tx,
                Err(error) => {
                    job.fail(error.clone());
                    return Err(error);
                }
            };
            let met_others = match run(&mut job, tx).await {
                Ok(Verdict::Keep) => match self.line.commit(1, started).await {
                    Ok(()) => None,
                    Err(error @ StoreError::Contended { .. }) => Some(error),
                    Err(error) => {
                        job.fail(error);
                        return Ok(());
                    }
                },
                Ok(Verdict::Refused | Verdict::Undo) => {
                    let failure = tx.failure().cloned();
                    self.line.roll_back().await;
                    failure.filter(|failure| matches!(failure, StoreError::Contended { .. }))
                }
                Err(error) => {
                    self.line.hang_up();
                    job.fail(error);
                    return Ok(());
                }
            };
            match met_others {
                None => {
                    job.answer();
                    return Ok(());
                }
                Some(error) if attempt == ATTEMPTS => {
                    job.fail(error);
                    return Ok(());
                }
                Some(_met) => back_off(attempt).await,
            }
            attempt += 1;
        }
        Ok(())
    }

    /// Fails `jobs` and everything that waits.
    fn turn_away(&self, jobs: impl IntoIterator<Item = Waiting>, error: &StoreError) {
        fail(jobs, error);
        fail(std::iter::from_fn(|| self.queue.at_once()), error);
    }
}

fn fail(jobs: impl IntoIterator<Item = Waiting>, error: &StoreError) {
    jobs.into_iter().for_each(|job| job.fail(error.clone()));
}

/// Runs a job within the limit; the error is that it took too long, so the state of the connection is unknown.
async fn run(job: &mut Waiting, tx: &mut Tx) -> Result<Verdict, StoreError> {
    let name = job.name();
    tokio::time::timeout(PATIENCE, job.run(tx)).await.map_err(|_elapsed| {
        StoreError::unavailable(format!("the job `{name}` took longer than {PATIENCE:?}"))
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the wait is for another connection, which no clock of ours moves"
)]
async fn back_off(attempt: u32) {
    tokio::time::sleep(BACK_OFF * 2_u32.saturating_pow(attempt - 1)).await;
}
