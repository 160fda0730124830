//! `runbook lint`: what is wrong with the runbooks of a folder.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::config::Config;
use crate::documents::runbooks;
use crate::words::counted::counted;

/// Where the configuration is when nobody says.
const USUAL_CONFIG: &str = "dontpanic.yaml";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what is wrong with the runbooks, as file:line: what
    Lint {
        /// The folder with the runbooks [default: `runbooks.dir` of the configuration, `runbooks` without one; the shipped runbooks
        /// when there is no such folder]
        dir: Option<PathBuf>,
        /// The configuration file [default: dontpanic.yaml, if there is one]
        #[arg(short, long, value_name = "FILE", conflicts_with = "dir")]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(terminal: &mut Terminal<'_>, command: &Command) -> Result<Ending, Failure> {
    let Command::Lint { dir, config } = command;
    let (folder, is_named) = match (dir, config) {
        (Some(dir), _) => (dir.clone(), true),
        (None, Some(file)) => (configured(terminal, file)?, false),
        (None, None) if Path::new(USUAL_CONFIG).exists() => {
            (configured(terminal, Path::new(USUAL_CONFIG))?, false)
        }
        (None, None) => (PathBuf::from("runbooks"), false),
    };
    let today = terminal.now.date_naive();
    let shelf = if folder.is_dir() {
        runbooks::load(&folder, today)
    } else if is_named {
        let folder = folder.display();
        return Err(Failure::Usage(format!("{folder} is not a folder; name the one with the runbooks")));
    } else {
        let folder = folder.display();
        terminal.line(format_args!("there is no folder {folder}, so these are the shipped runbooks"));
        runbooks::shipped(today)
    };
    for remark in &shelf.remarks {
        terminal.line(remark);
    }
    let n_runbooks = shelf.runbooks.len();
    if shelf.remarks.is_empty() {
        let read = counted(n_runbooks, "runbook", "runbooks");
        terminal.line(format_args!("{read}, nothing to remark"));
        return Ok(Ending::Fine);
    }
    Ok(Ending::Failed)
}

/// The folder that the configuration names.
fn configured(terminal: &Terminal<'_>, file: &Path) -> Result<PathBuf, Failure> {
    Ok(Config::load(file, terminal.environment)?.config.runbooks_dir)
}
