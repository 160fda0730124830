//! One process per SQLite file.
//!
//! The lock is the operating system's, on a file beside the database: it ends with the process however the process ends,
//! so there is never a stale one to remove.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::{StoreError, private};

/// Holds the database file for this process until it is dropped.
#[derive(Debug)]
pub(super) struct ProcessLock {
    _held: File,
}

impl ProcessLock {
    /// Takes the lock of `database` (`dontpanic.db.lock` beside `dontpanic.db`) at once or not at all; creates the lock file when it is missing.
    pub fn take(database: &Path) -> Result<Self, StoreError> {
        let path = private::beside(database, ".lock");
        let unusable =
            |error: std::io::Error| StoreError::Unusable { path: path.clone(), why: error.to_string() };
        let file = private::create(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: database.to_owned() }),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}
