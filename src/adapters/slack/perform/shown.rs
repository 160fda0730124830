//! What a message shows already is not sent again: Slack lets few edits through, and most of them change nothing.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::SlackPerformer;
use crate::adapters::slack::{Message, Posted, SlackFault};
use crate::ids::ChannelId;
use crate::ports::Shown;

/// The name of a message's place.
pub(super) fn place(posted: &Posted) -> String {
    format!("{}/{}", posted.channel, posted.ts)
}

/// What stands for a message's content.
pub(super) fn fingerprint(message: &Message) -> String {
    hash(&json!([message.text, message.blocks]).to_string())
}

pub(super) fn hash(content: &str) -> String {
    Sha256::digest(content).iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

impl SlackPerformer {
    /// Replaces a message of ours, unless it shows just this.
    pub(super) async fn update(
        &self,
        posted: &Posted,
        message: &Message,
        shown: &Shown,
    ) -> Result<(), SlackFault> {
        let (place, fingerprint) = (place(posted), fingerprint(message));
        if shown.is(&place, &fingerprint) {
            return Ok(());
        }
        let updated = self.replace(posted, message, shown).await;
        note(shown, place, fingerprint, &updated);
        updated
    }

    /// Sets a channel's topic, unless it is just this.
    pub(super) async fn update_topic(
        &self,
        channel: &ChannelId,
        topic: &str,
        shown: &Shown,
    ) -> Result<(), SlackFault> {
        let (place, fingerprint) = (format!("{channel}/topic"), hash(topic));
        if shown.is(&place, &fingerprint) {
            return Ok(());
        }
        let updated = self.client.set_topic(channel, topic).await;
        note(shown, place, fingerprint, &updated);
        updated
    }
}

fn note(shown: &Shown, place: String, fingerprint: String, updated: &Result<(), SlackFault>) {
    match updated {
        Ok(()) => shown.note(place, Some(fingerprint)),
        Err(fault) if fault.outcome_unknown() => shown.note(place, None),
        Err(_it_shows_what_it_did) => {}
    }
}
