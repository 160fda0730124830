//! The incident's channel itself: opened, never twice and never another incident's; archived; and opened again.

use chrono::{DateTime, Utc};

use super::{Failure, SlackPerformer};
use crate::adapters::slack::{Channel as SlackChannel, SlackFault, Visibility};
use crate::domain::incident::{Channel, Door, Loss, Privacy};
use crate::domain::naming;
use crate::ids::{ChannelId, SlackUserId};
use crate::ports::{Lost, Receipt, View};

/// A name that is taken by a channel which cannot be found may be our own of a moment ago; it is looked for so often.
const LOOKS: i64 = 3;

impl SlackPerformer {
    /// Opens the channel: the first one, or the same one again, or another in its place.
    pub(super) async fn open_channel(
        &self,
        view: &View,
        attempt: i64,
        began_at: DateTime<Utc>,
    ) -> Result<Receipt, Failure> {
        let room = &view.incident.room;
        let Some(channel) = &room.channel else {
            // Nobody needs a channel for what goes on in another one; one that an earlier attempt may have opened is found.
            if view.incident.merged_into.is_some() && attempt == 1 {
                return Ok(Receipt::Nothing);
            }
            return self.create(view, attempt, began_at).await;
        };
        match room.door {
            Door::Open | Door::Archiving => return Ok(Receipt::Opened(channel.clone())),
            Door::Shut(_) => return Ok(Receipt::Nothing),
            Door::Reopening(_) => {}
        }
        match self.bring_back(channel).await? {
            Some(channel) => Ok(Receipt::Opened(channel)),
            None => match self.create(view, attempt, began_at).await {
                Err(Failure::Final { why }) => Ok(Receipt::NotOpened { why: why.into_owned() }),
                created => created,
            },
        }
    }

    /// The channel as it was, if Slack gives it back: unarchived, with the bot in it.
    async fn bring_back(&self, channel: &Channel) -> Result<Option<Channel>, Failure> {
        let id = &channel.id;
        let is_back = async {
            let found = self.client.conversation_info(id).await?;
            if found.is_archived {
                self.client.unarchive(id).await?;
            }
            if !found.is_private && (found.is_archived || !found.is_member) {
                self.client.join(id).await?;
            }
            Ok::<_, SlackFault>(found)
        };
        match is_back.await {
            Ok(found) => Ok(Some(Channel { id: found.id, name: found.name })),
            Err(fault) => match Failure::from(fault) {
                // Slack documents that bots can unarchive, and refuses most of them. What it refuses stays as it is.
                Failure::Final { why } => {
                    tracing::info!(channel = %id, why = %why, "the channel cannot be used again");
                    Ok(None)
                }
                later @ (Failure::Passing { .. } | Failure::Waiting { .. } | Failure::NotYet { .. }) => {
                    Err(later)
                }
            },
        }
    }

    /// Archives the channel of an incident that is closed and has not been opened again meanwhile.
    pub(super) async fn archive_channel(&self, view: &View) -> Result<Receipt, Failure> {
        let room = &view.incident.room;
        let Some(channel) = room.channel.as_ref().filter(|_| room.door == Door::Archiving) else {
            return Ok(Receipt::Nothing);
        };
        match self.in_channel(&channel.id, || self.client.archive(&channel.id)).await {
            Ok(Ok(())) => Ok(Receipt::Archived(channel.id.clone())),
            Ok(Err(lost)) => Ok(Receipt::Lost(lost)),
            Err(fault) => match Failure::from(fault) {
                Failure::Final { why } => Ok(Receipt::NotArchived { why: why.into_owned() }),
                later @ (Failure::Passing { .. } | Failure::Waiting { .. } | Failure::NotYet { .. }) => {
                    Err(later)
                }
            },
        }
    }

    /// Does something in an incident's channel. A bot that somebody has taken out of a public one goes back first; what cannot
    /// be done because the channel is not there to be used says what became of it.
    pub(super) async fn in_channel<T, F>(
        &self,
        channel: &ChannelId,
        act: impl Fn() -> F,
    ) -> Result<Result<T, Lost>, SlackFault>
    where
        F: Future<Output = Result<T, SlackFault>>,
    {
        let acted = match act().await {
            Err(fault) if fault.code() == Some("not_in_channel") => match self.client.join(channel).await {
                Ok(()) => act().await,
                Err(fault) if fault.is_retryable() => Err(fault),
                Err(_not_let_in) => Err(fault),
            },
            acted => acted,
        };
        match acted {
            Ok(done) => Ok(Ok(done)),
            Err(fault) => match loss(&fault) {
                Some(loss) => Ok(Err(Lost::Channel(channel.clone(), loss))),
                None => Err(fault),
            },
        }
    }

    /// Creates the channel under the first free name, or finds the one that an earlier attempt has created.
    async fn create(&self, view: &View, attempt: i64, began_at: DateTime<Utc>) -> Result<Receipt, Failure> {
        let visibility = match &view.incident.privacy {
            Privacy::Public => Visibility::Public,
            Privacy::Private { .. } => Visibility::Private,
        };
        let date = view.incident.opened_at.with_timezone(&view.house.timezone).date_naive();
        for name in naming::channel_names(date, &view.incident.short_name) {
            // Slack takes few of these calls; what another incident owns need not be asked for.
            if view.owned_channels.values().any(|owned| *owned == name) {
                continue;
            }
            if attempt > 1
                && let Some(found) = self.client.find_channel(&name, visibility).await?
            {
                if is_ours(&found, &self.identity().await?.user_id, began_at, view) {
                    return Ok(opened(found));
                }
                continue;
            }
            match self.client.create_channel(&name, visibility).await {
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

/// What a refusal says about the channel; `None` when it is about something else.
fn loss(fault: &SlackFault) -> Option<Loss> {
    match fault.code()? {
        "is_archived" | "is_inactive" => Some(Loss::Archived),
        "channel_not_found" => Some(Loss::Deleted),
        "not_in_channel" => Some(Loss::Removed),
        _ => None,
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
