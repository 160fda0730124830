//! The house's own channels, found by name once.

use std::sync::{Mutex, PoisonError};

use super::Failure;
use crate::adapters::slack::{SlackClient, SlackFault, Visibility};
use crate::ids::ChannelId;

/// Refusals after which the channel is looked for again.
const GONE: [&str; 2] = ["channel_not_found", "is_archived"];

/// A channel that the configuration names.
pub(super) struct HouseChannel {
    /// The key in the configuration.
    key: &'static str,
    /// A name without `#`, or an id.
    name: String,
    id: Mutex<Option<ChannelId>>,
}

impl HouseChannel {
    pub(super) fn new(key: &'static str, name: String) -> Self {
        let name = name.trim_start_matches('#').to_owned();
        let id = is_id(&name).then(|| ChannelId::from(name.as_str()));
        Self { key, name, id: Mutex::new(id) }
    }

    /// Where it is. A public channel is joined when it is found.
    pub(super) async fn id(&self, client: &SlackClient) -> Result<ChannelId, Failure> {
        if let Some(id) = self.known() {
            return Ok(id);
        }
        let found = match client.find_channel(&self.name, Visibility::Public).await? {
            Some(public) => Some(public),
            None => client.find_channel(&self.name, Visibility::Private).await?,
        };
        let found = found.filter(|channel| !channel.is_archived).ok_or_else(|| self.missing())?;
        if !found.is_member && !found.is_private {
            match client.join(&found.id).await {
                Ok(()) => {}
                Err(fault) if fault.is_retryable() => return Err(fault.into()),
                // With `chat:write.public` it can be written in from outside; if not, the post says so.
                Err(fault) => tracing::info!(error = %fault, key = self.key, "cannot join the channel"),
            }
        }
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.id.clone());
        Ok(found.id)
    }

    /// What a failed call in this channel means.
    pub(super) fn failure(&self, fault: &SlackFault) -> Failure {
        let is_gone = fault.code().is_some_and(|code| GONE.contains(&code));
        if !is_gone {
            return fault.clone().into();
        }
        if !is_id(&self.name) {
            *self.id.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.missing()
    }

    /// Where it is, as far as is known yet.
    pub(super) fn known(&self) -> Option<ChannelId> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn missing(&self) -> Failure {
        let Self { key, name, .. } = self;
        let why = format!(
            "there is no open channel `{name}` that the bot can see; create it (a private one: invite the bot) or change `{key}`"
        );
        Failure::Final { why: why.into() }
    }
}

/// Names are lower-case; ids are not.
fn is_id(word: &str) -> bool {
    word.starts_with(['C', 'G']) && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
