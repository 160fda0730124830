//! Logs go to standard error, as JSON or for reading.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::config::{Log, LogFormat};

/// Sends this process's logs to standard error from now on. Libraries are heard only when they warn.
///
/// # Errors
/// When the level is not one.
pub fn start_logging(log: &Log) -> Result<(), ParseError> {
    let filter = EnvFilter::try_new(format!("warn,dontpanic={}", log.level))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A subscriber that is there already (a test's) stays.
    let _already_set = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Pretty => builder.with_target(false).try_init(),
    };
    Ok(())
}
