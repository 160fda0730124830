//! Asks Slack where it may be listened to. Neither the app-level token nor an address, which holds a ticket, is ever logged.

use futures::FutureExt;
use futures::future::BoxFuture;
use url::Url;

use super::{SlackClient, SlackFault};
use crate::ports::{NoSocket, OpenSocket};

/// Socket Mode's addresses, for one app.
pub struct SlackSockets {
    client: SlackClient,
    app_token: String,
}

impl SlackSockets {
    /// For the app with this app-level token.
    pub fn new(client: SlackClient, app_token: String) -> Self {
        Self { client, app_token }
    }
}

impl OpenSocket for SlackSockets {
    fn open(&self) -> BoxFuture<'_, Result<Url, NoSocket>> {
        async { self.client.open_socket(&self.app_token).await.map_err(no_socket) }.boxed()
    }
}

fn no_socket(fault: SlackFault) -> NoSocket {
    let why = fault.to_string();
    match fault {
        SlackFault::Refused { .. } if !fault.is_retryable() => NoSocket::Refused { why },
        _ => NoSocket::TryAgain { after: fault.retry_after(), why },
    }
}
