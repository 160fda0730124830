//! Where connections come from, and everything in which SQLite and PostgreSQL differ.
//!
//! The differences are the few words of [`Dialect`]; no statement of any table is among them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions};
use url::Url;

use super::lock::ProcessLock;
use super::{Moment, Places, StoreError, private};

/// How long a new connection may take while the service runs.
const CONNECTING: Duration = Duration::from_secs(3);

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A file, created when missing together with its directory. For one process.
    Sqlite(PathBuf),
    /// An address (`postgres://…`). For any number of replicas.
    Postgres(String),
}

impl fmt::Debug for Target {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

/// The few words in which the databases differ.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Begins a writing transaction shared by several jobs.
    pub begin: &'static str,
    /// Begins a writing transaction of one job that runs again because others were in the way.
    pub begin_alone: &'static str,
    /// How the places of values are written in statements about several rows.
    pub places: Places,
    /// How many jobs may share a transaction.
    pub batch: usize,
    /// Begins a reading transaction that sees one state throughout.
    pub snapshot: &'static str,
    writer: &'static str,
    reader: &'static str,
    migrating: &'static str,
    /// How long the first connection may take, when nobody waits for an answer yet.
    opening: Duration,
    /// How many connections write.
    pub writers: usize,
    readers: u32,
}

/// No memory map: it would be taken down and built up again whenever the file has grown, which costs more than it saves.
/// One writer. It takes the write lock when it begins: one that reads first and writes later may find that it cannot.
static SQLITE: Dialect = Dialect {
    begin: "BEGIN IMMEDIATE",
    begin_alone: "BEGIN IMMEDIATE",
    places: Places::InOrder,
    batch: 128,
    snapshot: "BEGIN",
    writer: "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; \
             PRAGMA journal_size_limit = 67108864",
    reader: "PRAGMA busy_timeout = 2000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; \
             PRAGMA query_only = ON",
    migrating: "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                PRAGMA foreign_keys = ON",
    // Nothing to wait for but a disk that stalls.
    opening: Duration::from_secs(15),
    writers: 1,
    readers: 4,
};

/// Several writers, since the server lets them commit together. Batches hold row locks, so two of them may stand in each
/// other's way: they give up waiting soon and run their jobs alone, in which case a longer wait is right. Every statement has an
/// index for what it looks for. A planner that knows a table as it was before the storm would rather read it whole.
static POSTGRES: Dialect = Dialect {
    begin: "BEGIN",
    begin_alone: "BEGIN; SET LOCAL lock_timeout = '3s'",
    places: Places::Numbered,
    batch: 32,
    snapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    writer: "SET enable_seqscan = off; SET lock_timeout = '250ms'; SET statement_timeout = '8s'; \
             SET idle_in_transaction_session_timeout = '30s'",
    reader: "SET enable_seqscan = off; SET statement_timeout = '8s'; \
             SET idle_in_transaction_session_timeout = '30s'",
    migrating: "SELECT 1",
    opening: CONNECTING,
    writers: 4,
    readers: 8,
};

/// What a connection is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Migrating,
    Writer,
    Reader,
}

impl Dialect {
    /// The words said first on a new connection.
    fn greeting(&self, role: Role) -> &'static str {
        match role {
            Role::Migrating => self.migrating,
            Role::Writer => self.writer,
            Role::Reader => self.reader,
        }
    }

    /// How long a new connection may take.
    const fn patience(&self, role: Role) -> Duration {
        match role {
            Role::Migrating => self.opening,
            Role::Writer | Role::Reader => CONNECTING,
        }
    }
}

/// Where connections come from.
pub(super) struct Source {
    pub dialect: &'static Dialect,
    options: AnyConnectOptions,
    /// Held until the database is closed; none on PostgreSQL.
    lock: Mutex<Option<ProcessLock>>,
    observer: OnceLock<Box<dyn Fn(Moment) + Send + Sync>>,
}

impl Source {
    /// Prepares the place and takes the process lock; connects to nothing yet.
    pub fn new(target: &Target) -> Result<Self, StoreError> {
        let (dialect, options, lock) = match target {
            Target::Sqlite(path) => {
                let path = prepared(path)?;
                (&SQLITE, sqlite_options(&path)?, Some(ProcessLock::take(&path)?))
            }
            Target::Postgres(address) => (&POSTGRES, postgres_options(address)?, None),
        };
        let options = options.disable_statement_logging();
        Ok(Self { dialect, options, lock: Mutex::new(lock), observer: OnceLock::new() })
    }

    /// A new connection, ready for its role.
    pub async fn connect(&self, role: Role) -> Result<AnyConnection, StoreError> {
        let connecting = async {
            let mut connection = self.options.connect().await?;
            sqlx::raw_sql(self.dialect.greeting(role)).execute(&mut connection).await?;
            Ok::<_, sqlx::Error>(connection)
        };
        let patience = self.dialect.patience(role);
        match tokio::time::timeout(patience, connecting).await {
            Ok(connected) => Ok(connected?),
            Err(_elapsed) => Err(StoreError::unavailable(format!("no connection within {patience:?}"))),
        }
    }

    pub fn observed(&self, moment: Moment) {
        if let Some(observer) = self.observer.get() {
            observer(moment);
        }
    }

    /// The first observer stays.
    pub fn observe(&self, observer: impl Fn(Moment) + Send + Sync + 'static) {
        self.observer.get_or_init(|| Box::new(observer));
    }

    /// Whether the process lock is held.
    pub fn is_exclusive(&self) -> bool {
        held(&self.lock).is_some()
    }

    /// Lets another process have the file.
    pub fn release(&self) {
        held(&self.lock).take();
    }

    /// The pool that readers take their snapshots from; it connects when it is asked to.
    pub fn readers(&self) -> AnyPool {
        let greeting = self.dialect.greeting(Role::Reader);
        AnyPoolOptions::new()
            .max_connections(self.dialect.readers)
            .acquire_timeout(CONNECTING)
            .after_connect(move |connection, _about| {
                Box::pin(async move { sqlx::raw_sql(greeting).execute(connection).await.map(drop) })
            })
            .connect_lazy_with(self.options.clone())
    }
}

/// The absolute path of the file, in a directory that exists.
fn prepared(path: &Path) -> Result<PathBuf, StoreError> {
    let unusable =
        |error: std::io::Error| StoreError::Unusable { path: path.to_owned(), why: error.to_string() };
    let path = std::path::absolute(path).map_err(unusable)?;
    if let Some(directory) = path.parent() {
        private::create_folder(directory).map_err(unusable)?;
    }
    // SQLite gives the files beside it the mode of the database.
    private::create(&path).map_err(unusable)?;
    for of in ["", "-wal", "-shm", ".lock"] {
        private::tighten(&private::beside(&path, of)).map_err(unusable)?;
    }
    Ok(path)
}

fn sqlite_options(path: &Path) -> Result<AnyConnectOptions, StoreError> {
    let address = Url::from_file_path(path)
        .map_err(|()| StoreError::Address { why: format!("{} is not a file's path", path.display()) })?;
    Ok(format!("sqlite:{}?mode=rwc", address.path()).parse()?)
}

fn postgres_options(address: &str) -> Result<AnyConnectOptions, StoreError> {
    let options: AnyConnectOptions = address.parse()?;
    match options.database_url.scheme() {
        "postgres" | "postgresql" => Ok(options),
        other => {
            Err(StoreError::Address { why: format!("it begins with `{other}:` instead of `postgres:`") })
        }
    }
}

/// A lock whose holder panicked guards nothing that could be half done here.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
