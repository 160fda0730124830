//! The configuration file as every command names it.

use std::path::PathBuf;

use super::Failure;
use super::terminal::Terminal;
use crate::config::{Config, Loaded};

/// Where the configuration is.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ConfigFile {
    /// The configuration file
    #[arg(short, long, value_name = "FILE", default_value = "dontpanic.yaml")]
    pub config: PathBuf,
}

impl ConfigFile {
    /// Reads it.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn load(&self, terminal: &Terminal<'_>) -> Result<Loaded, Failure> {
        Ok(Config::load(&self.config, terminal.environment)?)
    }
}
