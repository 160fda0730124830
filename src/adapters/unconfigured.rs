//! Stands where a service would that nobody configured: sends nothing, and says which key is missing.

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::ports::{Errand, Perform, Performed};

/// Refuses everything.
pub struct Unconfigured {
    key: &'static str,
}

impl Unconfigured {
    /// For what needs this key of the configuration.
    pub const fn new(key: &'static str) -> Self {
        Self { key }
    }
}

impl Perform for Unconfigured {
    fn perform<'a>(&'a self, _errand: &'a Errand) -> BoxFuture<'a, Performed> {
        let why = format!("there is no `{}` in the configuration", self.key);
        std::future::ready(Performed::Refused { why }).boxed()
    }
}
