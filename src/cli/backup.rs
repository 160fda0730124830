//! `backup`: a copy of the database, whole and consistent, while the service runs.

use std::path::PathBuf;

use anyhow::Context;
use url::Url;

use super::house::ConfigFile;
use super::terminal::{Terminal, plain};
use super::{Ending, Failure};
use crate::config::{Config, DatabaseUrl};
use crate::store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The copy: a file that is not there yet
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(terminal: &mut Terminal<'_>, args: &Args) -> Result<Ending, Failure> {
    let database = match Config::database_of(&args.config.config, terminal.environment)? {
        DatabaseUrl::Sqlite(database) => database,
        DatabaseUrl::Postgres(url) => {
            let shown = without_password(url.expose());
            return Err(Failure::Usage(format!(
                "the database is PostgreSQL, which has its own means. Run (the password in PGPASSWORD, or in ~/.pgpass):\n\n    \
                 pg_dump --format=custom --file={} --dbname={}",
                quoted(&args.file.display().to_string()),
                quoted(&shown),
            )));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    runtime.block_on(store::backup(&database, &args.file)).map_err(anyhow::Error::from)?;
    let bytes = std::fs::metadata(&args.file).map(|about| about.len()).unwrap_or_default();
    let (from, to) = (database.display(), args.file.display());
    terminal.line(plain(&format!("{from} was copied into {to}, {bytes} bytes")));
    terminal.line("To go back to it: stop the service, put the copy in the place of the database, remove what ends in -wal and -shm beside it, start.");
    Ok(Ending::Fine)
}

/// The address without what is secret in it.
fn without_password(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else { return "postgres://…".to_owned() };
    // An address without a host has no password either.
    let _none_to_take = url.set_password(None);
    url.set_query(None);
    url.to_string()
}

/// One word of a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
