//! `runbook lint`: what is wrong with the runbooks of a folder.

use std::path::PathBuf;

use clap::Subcommand;

use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::documents::runbooks;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what is wrong with the runbooks of a folder, as file:line: what
    Lint {
        /// The folder
        #[arg(default_value = "runbooks")]
        dir: PathBuf,
    },
}

pub(super) fn run(terminal: &mut Terminal<'_>, command: &Command) -> Result<Ending, Failure> {
    let Command::Lint { dir } = command;
    if !dir.is_dir() {
        return Err(Failure::Usage(format!(
            "{} is not a folder; name the one with the runbooks",
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
