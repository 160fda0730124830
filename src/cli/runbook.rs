//! `runbook lint`: what is wrong with the runbooks of a folder.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::config::Config;
use crate::documents::runbooks;

/// Where the configuration is when nobody says.
const USUAL_CONFIG: &str = "dontpanic.yaml";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what is wrong with the runbooks, as file:line: what
    Lint {
        /// The folder with the runbooks [default: `runbooks.dir` of the configuration, `runbooks` without one]
        dir: Option<PathBuf>,
        /// The configuration file [default: dontpanic.yaml, if there is one]
        #[arg(short, long, value_name = "FILE", conflicts_with = "dir")]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(terminal: &mut Terminal<'_>, command: &Command) -> Result<Ending, Failure> {
    let Command::Lint { dir, config } = command;
    let dir = &match (dir, config) {
        (Some(dir), _) => dir.clone(),
        (None, Some(file)) => configured(terminal, file)?,
        (None, None) if Path::new(USUAL_CONFIG).exists() => configured(terminal, Path::new(USUAL_CONFIG))?,
        (None, None) => PathBuf::from("runbooks"),
    };
    if !dir.is_dir() {
        return Err(Failure::Usage(format!(
            "{} is not a folder; name the one with the runbooks (without one the shipped runbooks are used)",
            dir.display()
        )));
    }
    let shelf = runbooks::load(dir, terminal.now.date_naive());
    for remark in &shelf.remarks {
        terminal.line(remark);
    }
    let n_runbooks = shelf.runbooks.len();
    if shelf.remarks.is_empty() {
        terminal.line(format_args!("{n_runbooks} runbooks, nothing to remark"));
        return Ok(Ending::Fine);
    }
    Ok(Ending::Failed)
}

/// The folder that the configuration names.
fn configured(terminal: &Terminal<'_>, file: &Path) -> Result<PathBuf, Failure> {
    Ok(Config::load(file, terminal.environment)?.config.runbooks_dir)
}
