//! `serve`: the service itself, until it is told to stop.

use anyhow::Context;

use super::house::ConfigFile;
use super::terminal::{Terminal, variable};
use super::{Ending, Failure};
use crate::app::{self, Source};
use crate::telemetry::start_logging;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) fn run(terminal: &Terminal<'_>, args: &Args) -> Result<Ending, Failure> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let entered = runtime.enter();
    // Before anything else: SIGHUP must never end the process.
    let source = Source::new(args.file.config.clone(), variable).context("cannot listen to signals")?;
    drop(entered);
    let loaded = args.file.load(terminal)?;
    start_logging(&loaded.config.log).context("cannot start logging")?;
    for note in &loaded.notes {
        tracing::warn!(note = %note, "worth knowing about the configuration");
    }
    let served = runtime.block_on(app::serve(loaded, source));
    // A name that is being looked up for a connection nobody waits for any more would hold the process up.
    runtime.shutdown_background();
    served?;
    Ok(Ending::Fine)
}
