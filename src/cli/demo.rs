//! `demo`: a whole rehearsal on one machine.

use anyhow::Context;

use super::{Ending, Failure};
use crate::config::{Log, LogFormat};
use crate::demo::{self, Announce};
use crate::telemetry::start_logging;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The port on this machine; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Print one line of JSON with all addresses, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Ending, Failure> {
    let announce = if args.json { Announce::Json } else { Announce::Words };
    start_logging(&Log { format: LogFormat::Pretty, level: tracing::Level::WARN })
        .context("cannot start logging")?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(demo::run(args.port, announce))?;
    Ok(Ending::Fine)
}
