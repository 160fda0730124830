//! What people have written, read when it is wanted: what a message says now, wherever it stands.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use super::{Identity, SlackClient, SlackFault};
use crate::domain::incident::Message;
use crate::ports::{Conversation, NoMessage, Said};

/// Refusals that mean: there is no such message.
const GONE: [&str; 2] = ["channel_not_found", "message_not_found"];

/// The workspace's conversations.
pub struct SlackConversation {
    client: SlackClient,
    /// The bot itself, asked for once.
    bot: OnceCell<Identity>,
}

impl SlackConversation {
    /// Reads with this client. Asks nothing yet.
    pub fn new(client: SlackClient) -> Self {
        Self { client, bot: OnceCell::new() }
    }

    async fn read(&self, message: &Message) -> Result<Said, NoMessage> {
        let found = self.client.message(&message.channel, &message.ts).await.map_err(no_message)?;
        let written = found.ok_or(NoMessage::Gone)?;
        let bot = self.bot.get_or_try_init(|| self.client.auth_test()).await.map_err(no_message)?;
        Ok(Said {
            is_ours: written.user.as_ref() == Some(&bot.user_id),
            author: written.user,
            thread: written.thread_ts,
            text: written.text,
            edited: written.edited.map(|edited| edited.ts),
        })
    }
}

impl Conversation for SlackConversation {
    fn message<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Said, NoMessage>> {
        self.read(message).boxed()
    }
}

fn no_message(fault: SlackFault) -> NoMessage {
    let why = fault.to_string();
    match fault.code() {
        Some(code) if GONE.contains(&code) => NoMessage::Gone,
        _ if fault.is_retryable() => NoMessage::NotNow { why },
        _ => NoMessage::Refused { why },
    }
}
