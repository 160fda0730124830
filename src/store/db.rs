//! Opening the database, and the two doors to it: [`Db::write`] and [`Db::read`].
//!
//! It knows nothing of any table, and nothing of how the two databases differ.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::migrate::Migrator;
use sqlx::{AnyPool, Connection};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::snapshot::Snapshot;
use super::source::{Role, Source, Target, held};
use super::writer::{CAPACITY, Job, Moment, Queue, Waiting, Writer};
use super::{Affected, Places, StoreError, Tx, statements};

statements! {
    /// Asks for nothing but an answer.
    ALIVE = "SELECT 1";
    /// Changes nothing, and is refused where nothing could be changed.
    WRITABLE = "UPDATE counter SET n = n WHERE name = 'none'";
}

/// The one history of both databases.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long one read may take.
const READING: Duration = Duration::from_secs(10);

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Db {
    open: Arc<Open>,
}

struct Open {
    source: Arc<Source>,
    queue: mpsc::Sender<Waiting>,
    closing: watch::Sender<bool>,
    writers: Mutex<Vec<JoinHandle<()>>>,
    readers: AnyPool,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the database and brings it to this release's shape.
    ///
    /// Tries once: whether a server that is not up yet is worth waiting for is the caller's decision.
    ///
    /// # Errors
    /// `Locked` when another process has the SQLite file, `Newer` and `Foreign` when its migrations are not ours,
    /// `Unusable` and `Address` when there is no such place, `Unavailable` otherwise.
    pub async fn open(target: &Target) -> Result<Self, StoreError> {
        Self::open_with(target, &MIGRATIONS).await
    }

    /// Opens the database with other migrations than the product's.
    pub async fn open_with(target: &Target, migrations: &Migrator) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let source = Arc::new(Source::new(target)?);
        migrate(&source, migrations).await?;

        let (queue, jobs) = mpsc::channel(CAPACITY);
        let (closing, closed) = watch::channel(false);
        let jobs = Arc::new(Queue::new(jobs, closed));
        let writers = (0..source.dialect.writers)
            .map(|_| tokio::spawn(writing(source.clone(), jobs.clone())))
            .collect();
        let readers = source.readers();
        Ok(Self { open: Arc::new(Open { source, queue, closing, writers: Mutex::new(writers), readers }) })
    }

    /// Runs `job` in a transaction and answers after it is durable. Jobs that wait at the same time share a commit.
    ///
    /// The job runs again when its transaction had to be rolled back for another's sake, hence `Clone`: captures are
    /// cloned before each run, so large ones belong in an `Arc`. A job does nothing outside its [`Tx`] and never calls
    /// `write` itself. `Err` undoes what the job did, and only that. When the caller goes away before the job has
    /// started, it is dropped; once started it is finished.
    ///
    /// ```ignore
    /// db.write("acknowledge", move |tx| Box::pin(async move { incidents::acknowledge(tx, id, &who, now).await })).await
    /// ```
    ///
    /// # Errors
    /// The job's own, or what [`StoreError`] says of the database.
    pub async fn write<T, E, J>(&self, name: &'static str, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job = Box::new(Job { name, work: job, caller, outcome: None });
        self.open.queue.try_send(job).map_err(|refused| {
            StoreError::unavailable(match refused {
                mpsc::error::TrySendError::Full(_) => "too many writes are waiting",
                mpsc::error::TrySendError::Closed(_) => "it is being closed",
            })
        })?;
        answer.await.unwrap_or_else(|_gone| Err(StoreError::unavailable("the writer has stopped").into()))
    }

    /// Runs `job` on one snapshot of what is committed. It sees no write that is not durable, and cannot write. May be dropped
    /// at any time.
    ///
    /// # Errors
    /// The job's own, or what [`StoreError`] says of the database.
    pub async fn read<T, E, J>(&self, name: &'static str, job: J) -> Result<T, E>
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
        E: From<StoreError>,
    {
        let reading = async {
            let dialect = self.open.source.dialect;
            let snapshot = Snapshot::take(&self.open.readers, dialect.snapshot).await?;
            let mut tx = Tx::reading(snapshot, dialect.places);
            let read = job(&mut tx).await;
            tx.end();
            read
        };
        tokio::time::timeout(READING, reading).await.unwrap_or_else(|_elapsed| {
            Err(StoreError::unavailable(format!("the read `{name}` took longer than {READING:?}")).into())
        })
    }

    /// Whether the database answers, and would take a change: what readiness asks.
    ///
    /// # Errors
    /// `Unavailable` or `Contended` when it does not.
    pub async fn answers(&self) -> Result<(), StoreError> {
        let reads = self
            .read("answers", |tx| Box::pin(async move { tx.query(ALIVE).one::<(i32,)>().await.map(drop) }));
        let writes = self
            .write("would take a change", |tx| Box::pin(async move { tx.query(WRITABLE).execute().await }));
        let ((), Affected(_none)) = tokio::try_join!(reads, writes)?;
        Ok(())
    }

    /// Calls `observer` before and after every commit from now on; the first observer stays. One that panics ends its writer
    /// at that very point, as a crash would: nobody is answered, and what was not committed is undone.
    pub fn on_commit(&self, observer: impl Fn(Moment) + Send + Sync + 'static) {
        self.open.source.observe(observer);
    }

    /// How this database wants the places of values to be written.
    pub fn places(&self) -> Places {
        self.open.source.dialect.places
    }

    /// How many jobs wait for a writer.
    pub fn waiting(&self) -> usize {
        self.open.queue.max_capacity() - self.open.queue.capacity()
    }

    /// Whether no other process can have this database open.
    pub fn is_exclusive(&self) -> bool {
        self.open.source.is_exclusive()
    }

    /// Finishes what waits, turns away what comes, and releases the file.
    pub async fn close(&self) {
        self.open.closing.send_replace(true);
        let writers = std::mem::take(&mut *held(&self.open.writers));
        futures::future::join_all(writers).await;
        self.open.readers.close().await;
        self.open.source.release();
    }
}

/// Keeps one writer at work until the queue has ended. Jobs may panic as they like; a panic beside them costs the batch at
/// hand, whose callers are told, and the connection.
async fn writing(source: Arc<Source>, jobs: Arc<Queue>) {
    let work = || AssertUnwindSafe(Writer::new(source.clone(), jobs.clone()).work()).catch_unwind();
    while work().await.is_err() {
        tracing::error!("a writer of the database panicked; another takes its place");
    }
}

/// Applies what is missing. Replicas that start at the same time wait for each other.
async fn migrate(source: &Source, migrations: &Migrator) -> Result<(), StoreError> {
    let mut connection = source.connect(Role::Migrating).await?;
    let newest = migrations.iter().map(|migration| migration.version).max().unwrap_or_default();
    migrations.run(&mut connection).await.map_err(|error| StoreError::migrating(error, newest))?;
    Ok(connection.close().await?)
}
