//! Calls the address that notices when this service is gone. Whoever knows it can fake it, so it is never printed.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use url::Url;

use super::http_client::{self, NoClient};
use crate::ports::Ping;

/// How long it may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The address, and how it is called.
pub struct Pinger {
    client: reqwest::Client,
    url: Url,
}

impl Pinger {
    /// Calls this address.
    ///
    /// # Errors
    /// When a client cannot be made.
    pub fn new(url: Url) -> Result<Self, NoClient> {
        Ok(Self { client: http_client::client(ANSWER_WITHIN)?, url })
    }
}

impl Ping for Pinger {
    fn ping(&self) -> BoxFuture<'_, Result<(), String>> {
        async move {
            let answer = self.client.get(self.url.clone()).send().await.map_err(|error| {
                let class = if error.is_connect() { "it cannot be reached" } else { "it does not answer" };
                class.to_owned()
            })?;
            let status = answer.status();
            if status.is_success() {
                Ok(())
            } else {
                Err(format!("it answers with http status {}", status.as_u16()))
            }
        }
        .boxed()
    }
}
