//! The outside world: one folder or file per service, each turning a wish into a request and an answer into a class of
//! outcome (done, try again, refused).
//!
//! Nothing here decides anything, opens a database or reads the machine's clock; nothing here logs a token, a URL that
//! may hold a secret, or a body.
//!
//! A new adapter, in five steps: say in its `//!` what it is for and what it must never do; give every call a time limit
//! (`http_client`); sort every answer into accepted, try again, refused, and "may have happened all the same"; let a
//! fault print what to do and nothing secret; test it against a local server that answers, refuses, hangs and hangs up.

pub mod alertmanager;
pub mod email;
mod errands;
pub mod http_client;
pub mod ntfy;
pub mod ping;
pub mod slack;
pub mod twilio;
pub mod unconfigured;
pub mod webhook;

/// Installs the process's one TLS provider. Call it first in `main` and in every test that talks HTTP; calling it again
/// changes nothing.
pub fn install_tls() {
    // An error only says that a provider is there already, which is what was asked for.
    let _already_there = rustls::crypto::ring::default_provider().install_default();
}
