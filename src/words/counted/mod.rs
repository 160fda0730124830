//! Numbers of things: the one place that knows that one thing is not several.

use std::fmt::Display;

/// `0 alerts`, `1 alert`, `7 alerts`.
pub fn counted<N: Copy + Display + From<u8> + PartialEq>(n: N, one: &str, several: &str) -> String {
    format!("{n} {}", agreeing(n, one, several))
}

/// The word that goes with so many, without their number.
pub fn agreeing<'w, N: From<u8> + PartialEq>(n: N, one: &'w str, several: &'w str) -> &'w str {
    if n == N::from(1) { one } else { several }
}

#[cfg(test)]
mod tests;
