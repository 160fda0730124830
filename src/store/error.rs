//! What can go wrong between a job and the disk.
//!
//! The variants are what callers decide by; the driver's own words are kept as text, never the values of a row.

use std::path::PathBuf;

use sqlx::error::ErrorKind;
use sqlx::migrate::MigrateError;

/// Why a job or the opening of the database failed. Cheap to clone, because one failed commit answers many callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or cannot take writes now; the same call may succeed later. When the connection was
    /// lost during the commit itself, the job may have been stored nevertheless: repeat it only if that does no harm.
    #[error("the database is unavailable: {why}")]
    Unavailable {
        /// The driver's words.
        why: String,
    },
    /// Other writers held what this job needed, again and again.
    #[error("other writers were in the way too often: {why}")]
    Contended {
        /// The driver's words.
        why: String,
    },
    /// A unique constraint refused the row: it, or its rival, is there already.
    #[error("a row like this exists already: {what}")]
    Conflict {
        /// The constraint or the columns, as the database names them.
        what: String,
    },
    /// The row changed since it was read; read it again and decide again.
    #[error("the row changed since it was read; read it again")]
    Stale,
    /// There is no such row.
    #[error("there is no such row")]
    Missing,
    /// A stored value cannot be understood.
    #[error("table `{table}`, row `{id}` cannot be understood: {why}")]
    Corrupt {
        /// The table that was read.
        table: String,
        /// The row's `id`, or `?` when the statement does not read it.
        id: String,
        /// The column and what is wrong with it.
        why: String,
    },
    /// The database refused a statement: a constraint other than uniqueness, or a fault in the statement.
    #[error("the database refused a statement: {why}")]
    Refused {
        /// The driver's words.
        why: String,
    },
    /// A job panicked. What it did was rolled back.
    #[error("the job `{job}` panicked and was rolled back")]
    Panicked {
        /// The job's name.
        job: &'static str,
    },
    /// Another process has this SQLite file open.
    #[error("`{}` is in use by another process; stop that one, or use PostgreSQL for several replicas", path.display())]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The file cannot be created or its lock cannot be taken.
    #[error("cannot use `{}` as the database: {why}", path.display())]
    Unusable {
        /// The file or directory at fault.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The address cannot be read as one.
    #[error("the database address is not understood: {why}")]
    Address {
        /// What is wrong with it; never the address itself, which may hold a password.
        why: String,
    },
    /// The database was migrated by a newer release.
    #[error("the database has migration {version}, which this release does not know; start a newer release")]
    Newer {
        /// The unknown migration's number.
        version: i64,
    },
    /// The migrations that were applied are not the ones this release carries.
    #[error("the database does not fit this release: {why}")]
    Foreign {
        /// The driver's words.
        why: String,
    },
}

impl StoreError {
    pub(super) fn unavailable(why: impl ToString) -> Self {
        Self::Unavailable { why: why.to_string() }
    }

    pub(super) fn migrating(error: MigrateError, newest_known: i64) -> Self {
        match error {
            MigrateError::Execute(error) => error.into(),
            MigrateError::VersionMissing(version) if version > newest_known => Self::Newer { version },
            other => Self::Foreign { why: other.to_string() },
        }
    }
}

/// What a database error asks of the caller.
enum Kind {
    Contended,
    Unavailable,
    Refused,
}

/// Sorts the codes of both databases: SQLSTATE has five characters, SQLite's extended result codes are numbers whose low
/// byte is the primary code.
fn kind(code: &str) -> Kind {
    if code.len() == 5 {
        return match code {
            // Serialization failure, deadlock, lock not available in time.
            "40001" | "40P01" | "55P03" => Kind::Contended,
            // A read-only standby; a transaction or a statement cut short by its time limit.
            "25006" | "25P03" | "25P04" | "57014" => Kind::Unavailable,
            // The database takes no connections, is not there, or its password is another one now.
            "55000" | "3D000" => Kind::Unavailable,
            // Connection, authorization, resources, shutdown, system.
            _ if ["08", "28", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
                Kind::Unavailable
            }
            _ => Kind::Refused,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // BUSY, LOCKED.
        Ok(5 | 6) => Kind::Contended,
        // NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB.
        Ok(7..=11 | 13..=15 | 26) => Kind::Unavailable,
        _ => Kind::Refused,
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let why = error.message().to_owned();
                match (error.kind(), error.code().as_deref().map(kind)) {
                    (ErrorKind::UniqueViolation, _) => {
                        Self::Conflict { what: error.constraint().map_or(why, str::to_owned) }
                    }
                    (_, Some(Kind::Contended)) => Self::Contended { why },
                    (_, Some(Kind::Unavailable)) => Self::Unavailable { why },
                    (_, Some(Kind::Refused) | None) => Self::Refused { why },
                }
            }
            sqlx::Error::RowNotFound => Self::Missing,
            sqlx::Error::Configuration(why) => Self::Address { why: why.to_string() },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::unavailable(error),
            other => Self::Refused { why: other.to_string() },
        }
    }
}
