//! Saying something in whatever form Slack takes: with its looks, and else as plain text at once. What a message says matters more
//! than how, so nothing is given up for its looks alone.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use url::Url;

use super::SlackPerformer;
use super::shown::fingerprint;
use crate::adapters::slack::{Audience, Message, Posted, Replaces, SlackFault, To, Urgency, blocks};
use crate::ids::{ChannelId, SlackUserId};
use crate::ports::Shown;

/// So many messages are remembered.
const REMEMBERED: usize = 1000;

/// What Slack did not like the looks of. It goes out as plain text at once when its turn comes again: another attempt with its looks
/// would use up the turn of the text.
#[derive(Debug, Default)]
pub(super) struct Disliked(Mutex<BTreeSet<String>>);

impl Disliked {
    fn add(&self, message: &Message) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(fingerprint(message));
    }

    fn has(&self, message: &Message) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !known.is_empty() && known.contains(&fingerprint(message))
    }
}

impl SlackPerformer {
    /// Posts a message, marked when it must be known again.
    pub(super) async fn post(
        &self,
        to: To<'_>,
        message: &Message,
        urgency: Urgency,
        mark: Option<&str>,
        shown: &Shown,
    ) -> Result<Posted, SlackFault> {
        let post = async |message: &Message| match mark {
            Some(mark) => self.client.post_marked(to, message, urgency, mark).await,
            None => self.client.post_message(to, message, urgency).await,
        };
        if let Some(plain) = self.already_disliked(message) {
            return post(&plain).await;
        }
        let posted = post(message).await;
        match self.plainer(&posted, message, shown) {
            Some(plain) => post(&plain).await,
            None => posted,
        }
    }

    /// Replaces a message of ours.
    pub(super) async fn replace(
        &self,
        posted: &Posted,
        message: &Message,
        shown: &Shown,
    ) -> Result<(), SlackFault> {
        if let Some(plain) = self.already_disliked(message) {
            return self.client.update_message(posted, &plain, Urgency::Ordinary).await;
        }
        let replaced = self.client.update_message(posted, message, Urgency::Ordinary).await;
        match self.plainer(&replaced, message, shown) {
            Some(plain) => self.client.update_message(posted, &plain, Urgency::Ordinary).await,
            None => replaced,
        }
    }

    /// Answers by the address that came with a question.
    pub(super) async fn respond(
        &self,
        url: &Url,
        message: &Message,
        shown: &Shown,
    ) -> Result<(), SlackFault> {
        let (audience, replaces) = (Audience::Ephemeral, Replaces::Nothing);
        let said = self.client.respond(url, message, audience, replaces).await;
        match self.plainer(&said, message, shown) {
            Some(plain) => self.client.respond(url, &plain, audience, replaces).await,
            None => said,
        }
    }

    /// Shows one person something in a channel.
    pub(super) async fn show_only(
        &self,
        channel: &ChannelId,
        user: &SlackUserId,
        message: &Message,
        shown: &Shown,
    ) -> Result<(), SlackFault> {
        let said = self.client.post_ephemeral(channel, user, message).await;
        match self.plainer(&said, message, shown) {
            Some(plain) => self.client.post_ephemeral(channel, user, &plain).await,
            None => said,
        }
    }

    /// The message as plain text, when Slack has refused its looks before.
    fn already_disliked(&self, message: &Message) -> Option<Message> {
        if self.disliked.has(message) { blocks::plain(message, self.slashes()) } else { None }
    }

    /// The message as plain text, when Slack has refused its looks; whoever runs the bot hears why.
    fn plainer<T>(&self, said: &Result<T, SlackFault>, message: &Message, shown: &Shown) -> Option<Message> {
        let fault = said.as_ref().err().filter(|fault| fault.blames_content())?;
        let plain = blocks::plain(message, self.slashes())?;
        self.disliked.add(message);
        tracing::error!(error = %fault, place = fault.place(), "a message goes out again as plain text");
        let place = fault.place().map(|place| format!(" at `{place}`"));
        shown.note_plain(format!("{fault}{}", place.unwrap_or_default()));
        Some(plain)
    }
}
