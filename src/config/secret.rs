//! Words that must never be printed.
//!
//! A [`Secret`] has no `Display` and no `Serialize`, and its `Debug` hides it, so it can reach a log, a fault or the
//! database only where somebody wrote `expose`.

use std::fmt;

use subtle::ConstantTimeEq;

/// A token, key or password of the configuration.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Hides a word.
    pub fn new(word: impl Into<Box<str>>) -> Self {
        Self(word.into())
    }

    /// The word itself, for the one place that sends or compares it. Compare in constant time.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// For seeing whether the file gives another one; the time it takes says nothing.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
