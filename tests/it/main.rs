//! One binary for every test that looks at the program from outside.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says why and ends the test"
)]

mod browser;
mod engine;
mod harness;
mod official;
mod process;
mod scenarios;
mod store;
mod tidy;
