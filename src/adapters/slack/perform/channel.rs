//! Opening the incident's channel: never twice, never another incident's.

use chrono::{DateTime, Utc};

use super::{Failure, SlackPerformer};
use crate::adapters::slack::{Channel as SlackChannel, Visibility};
use crate::domain::incident::Channel;
use crate::domain::naming;
use crate::ids::SlackUserId;
use crate::ports::{Receipt, View};

/// A name that is taken by a channel which cannot be found may be our own of a moment ago; it is looked for so often.
const LOOKS: i64 = 3;

impl SlackPerformer {
    /// Opens the channel under the first free name, or finds the one that an earlier attempt has opened.
    pub(super) async fn open_channel(
        &self,
        view: &View,
        attempt: i64,
        began_at: DateTime<Utc>,
    ) -> Result<Receipt, Failure> {
        if let Some(channel) = &view.incident.room.channel {
            return Ok(Receipt::Opened(channel.clone()));
        }
        // Nobody needs a channel for what goes on in another one; one that an earlier attempt may have opened is found.
        if view.incident.merged_into.is_some() && attempt == 1 {
            return Ok(Receipt::Nothing);
        }
        let date = view.incident.opened_at.with_timezone(&view.house.timezone).date_naive();
        for name in naming::channel_names(date, &view.incident.short_name) {
            // Slack takes few of these calls; what another incident owns need not be asked for.
            if view.owned_channels.values().any(|owned| *owned == name) {
                continue;
            }
            if attempt > 1
                && let Some(found) = self.client.find_channel(&name, Visibility::Public).await?
            {
                if is_ours(&found, &self.identity().await?.user_id, began_at, view) {
                    return Ok(opened(found));
                }
                continue;
            }
            match self.client.create_channel(&name, Visibility::Public).await {
                Ok(created) => return Ok(opened(created)),
                Err(fault) if fault.code() == Some("name_taken") => {
                    if (2..=LOOKS).contains(&attempt) {
                        return Err(Failure::passing("a channel of that name cannot be seen yet"));
                    }
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        Err(Failure::refused("too many channels have this incident's name; archive and rename some"))
    }
}

/// Whether an earlier attempt of this incident has created the channel: the bot did, not before the first attempt (Slack
/// tells whole seconds), nobody has archived it, and no incident owns it.
fn is_ours(found: &SlackChannel, bot: &SlackUserId, began_at: DateTime<Utc>, view: &View) -> bool {
    found.creator.as_ref() == Some(bot)
        && found.created >= began_at.timestamp()
        && !found.is_archived
        && !view.owned_channels.contains_key(&found.id)
}

fn opened(channel: SlackChannel) -> Receipt {
    Receipt::Opened(Channel { id: channel.id, name: channel.name })
}
