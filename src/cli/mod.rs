//! The command line: one file per command, each thin: read arguments, ask the room that knows, print.
//!
//! Answers go to standard output, faults to standard error. The process ends with 0 when all is well, 1 when something
//! failed or a hole was found, 2 when the command or the configuration cannot be used.

mod backup;
mod check;
mod completions;
mod demo;
mod explain;
mod house;
mod incident;
mod on_call;
mod postmortem;
mod runbook;
mod serve;
mod server;
mod slack_manifest;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::slack_manifest::manifest;
use self::terminal::Terminal;

/// Takes alerts, pages until a human answers, keeps the timeline and drafts the post-mortem.
#[derive(Debug, Parser)]
#[command(name = "dontpanic", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rehearse on this machine: the whole service with a Slack workspace of its own
    Demo(demo::Args),
    /// Run the service
    Serve(serve::Args),
    /// Check the configuration, schedules, runbooks and templates
    Check(check::Args),
    /// Show what would happen for an alert: severity and why, channel, runbook, who is paged when
    Explain(explain::Args),
    /// Show who is on call
    #[command(subcommand)]
    Oncall(on_call::Command),
    /// Look at incidents and act on them
    #[command(subcommand)]
    Incident(incident::Command),
    /// Print the post-mortem of an incident as Markdown
    Postmortem(postmortem::Args),
    /// Work on runbooks
    #[command(subcommand)]
    Runbook(runbook::Command),
    /// Copy the database into a file while the service runs
    Backup(backup::Args),
    /// Print the manifest to create the Slack app from
    SlackManifest(slack_manifest::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// All is well.
    Fine,
    /// It failed, or found a hole.
    Failed,
    /// The command or the configuration cannot be used.
    Unusable,
}

impl Ending {
    const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Unusable => 2,
        }
    }
}

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// What was asked for cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] crate::config::Faults),
    /// It was tried, and failed.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl Failure {
    const fn ending(&self) -> Ending {
        match self {
            Self::Usage(_) | Self::Config(_) => Ending::Unusable,
            Self::Other(_) => Ending::Failed,
        }
    }
}

/// Runs the command that the arguments name (the first one is the program).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    Terminal::of_this_process(|terminal| ExitCode::from(run_on(terminal, arguments).code()))
}

fn run_on(terminal: &mut Terminal<'_>, arguments: impl IntoIterator<Item = OsString>) -> Ending {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(answer) => {
            let ending = if answer.exit_code() == 0 { Ending::Fine } else { Ending::Unusable };
            match ending {
                Ending::Fine => terminal.print(answer.render()),
                Ending::Failed | Ending::Unusable => terminal.complain(answer.render()),
            }
            return ending;
        }
    };
    let ended = match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => serve::run(terminal, &args),
        Command::Check(args) => check::run(terminal, &args),
        Command::Explain(args) => explain::run(terminal, &args),
        Command::Oncall(command) => on_call::run(terminal, &command),
        Command::Incident(command) => incident::run(terminal, &command),
        Command::Postmortem(args) => postmortem::run(terminal, &args),
        Command::Runbook(command) => runbook::run(terminal, &command),
        Command::Backup(args) => backup::run(terminal, &args),
        Command::SlackManifest(args) => slack_manifest::run(terminal, &args),
        Command::Completions(args) => Ok(completions::run(terminal, &args)),
    };
    ended.unwrap_or_else(|failure| {
        terminal.complain(format_args!("{failure}\n"));
        failure.ending()
    })
}

#[cfg(test)]
mod tests;
