//! A copy of a SQLite database while a process works with it: whole and consistent, and for its owner alone.
//!
//! The copy is one read transaction of the database's own, so nobody who writes waits for it. On PostgreSQL the server has better
//! means.

use std::fs::{File, remove_file};
use std::io;
use std::path::{Path, PathBuf};

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions as _, Connection as _};
use url::Url;

use super::private;

/// The one statement that only SQLite knows.
const COPY: &str = "VACUUM INTO $1";
/// Whether every page of the copy can be read.
const CHECK: &str = "PRAGMA quick_check(1)";
/// For both: others may be at work.
const GREETING: &str = "PRAGMA busy_timeout = 5000";

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum NoBackup {
    /// There is nothing to copy.
    #[error("there is no database at {}", .0.display())]
    NoDatabase(PathBuf),
    /// Nothing is overwritten.
    #[error("{} is there already; name a new file, nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// The place cannot be used.
    #[error("{} cannot be written: {why}", path.display())]
    Place {
        /// Where.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The database refuses.
    #[error("the database cannot be copied: {0}")]
    Database(#[from] sqlx::Error),
    /// The copy is not whole.
    #[error("the copy is not whole: {0}")]
    Broken(String),
}

/// Copies the database into a file that is not there yet, and reads the copy once. Whatever fails, no half copy is left.
///
/// # Errors
/// Why there is no copy.
pub async fn backup(database: &Path, into: &Path) -> Result<(), NoBackup> {
    if !database.is_file() {
        return Err(NoBackup::NoDatabase(database.to_owned()));
    }
    let place = |why| NoBackup::Place { path: into.to_owned(), why };
    // SQLite fills an empty file, and it keeps the mode.
    let file = private::create_new(into).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => NoBackup::Exists(into.to_owned()),
        _ => place(error),
    })?;
    let copied = match copy(database, into).await {
        Ok(()) => synced(&file, into).map_err(place),
        Err(error) => Err(error),
    };
    if copied.is_err()
        && let Err(error) = remove_file(into)
    {
        tracing::warn!(file = %into.display(), error = %error, "half a copy is left behind");
    }
    copied
}

async fn copy(database: &Path, into: &Path) -> Result<(), NoBackup> {
    sqlx::any::install_default_drivers();
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "its path is no text");
    let place = |why| NoBackup::Place { path: into.to_owned(), why };
    let path = std::path::absolute(into).map_err(place)?;
    let path = path.to_str().ok_or_else(|| place(invalid()))?;
    let mut connection = connect(database, "rw").await?;
    sqlx::query(COPY).bind(path).execute(&mut connection).await?;
    connection.close().await?;
    let mut connection = connect(into, "ro").await?;
    let (said,): (String,) = sqlx::query_as(CHECK).fetch_one(&mut connection).await?;
    connection.close().await?;
    if said == "ok" { Ok(()) } else { Err(NoBackup::Broken(said)) }
}

async fn connect(file: &Path, mode: &str) -> Result<AnyConnection, NoBackup> {
    let place = |why: io::Error| NoBackup::Place { path: file.to_owned(), why };
    let path = std::path::absolute(file).map_err(place)?;
    let address = Url::from_file_path(&path)
        .map_err(|()| place(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file's path")))?;
    let options: AnyConnectOptions = format!("sqlite:{}?mode={mode}", address.path()).parse()?;
    let mut connection = options.disable_statement_logging().connect().await?;
    sqlx::raw_sql(GREETING).execute(&mut connection).await?;
    Ok(connection)
}

/// The copy, and that it is there, outlive a power cut.
fn synced(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
