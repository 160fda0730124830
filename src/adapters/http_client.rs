//! The one way to get an HTTP client: with a time limit and without redirects.
//!
//! A redirect would carry a body, and perhaps a secret, to a place nobody configured, so an answer of 3xx is an answer.

use std::time::Duration;

/// The client could not be built; the machine's certificates or TLS setup are at fault.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up an https client; check that the system's CA certificates are installed: {source}")]
pub struct NoClient {
    #[from]
    source: reqwest::Error,
}

/// A client whose every request, from connecting to the last byte of the answer, ends within `timeout`.
pub fn client(timeout: Duration) -> Result<reqwest::Client, NoClient> {
    super::install_tls();
    Ok(reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("dontpanic/", env!("CARGO_PKG_VERSION")))
        .build()?)
}
