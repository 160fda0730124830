//! `completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::terminal::Terminal;
use super::{Cli, Ending};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which shell
    shell: Shell,
}

pub(super) fn run(terminal: &mut Terminal<'_>, args: &Args) -> Ending {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dontpanic", &mut script);
    terminal.print(String::from_utf8_lossy(&script));
    Ending::Fine
}
