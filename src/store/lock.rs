//! One process per SQLite file.
//!
//! The lock is the operating system's, on a file beside the database: it ends with the process however the process ends,
//! so there is never a stale one to remove.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::StoreError;

/// Holds the database file for this process until it is dropped.
#[derive(Debug)]
pub(super) struct ProcessLock {
    _held: File,
}

impl ProcessLock {
    /// Takes the lock of `database` at once or not at all; creates the lock file when it is missing.
    pub fn take(database: &Path) -> Result<Self, StoreError> {
        let path = beside(database);
        let unusable =
            |error: std::io::Error| StoreError::Unusable { path: path.clone(), why: error.to_string() };
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: database.to_owned() }),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

/// `dontpanic.db` is guarded by `dontpanic.db.lock`.
fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
