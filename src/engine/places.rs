//! What people do with an incident's channel, card and announcement in Slack is told to the incident.

use std::sync::Arc;

use super::Engine;
use super::handle::{OnBehalf, Settles};
use crate::commands::places::Change;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command, Incident, Message};
use crate::ids::{ChannelId, SlackUserId};
use crate::store::inbox::Letter;
use crate::store::{StoreError, incidents};

impl Engine {
    /// Tells the incident whose place it is, if it is one's.
    pub(super) async fn place_changed(
        self: &Arc<Self>,
        letter: Letter,
        change: Change,
    ) -> Result<(), StoreError> {
        let by = |user: Option<SlackUserId>| user.map_or(Actor::Bot, |user| self.actor_of(&user));
        let (incident, command) = match change {
            Change::Lost { by: user, channel, loss } => {
                (self.at_channel(&channel).await?, Command::ChannelLost { by: by(user), channel, loss })
            }
            Change::Back { by: user, channel } => {
                (self.at_channel(&channel).await?, Command::ChannelBack { by: by(user), channel })
            }
            Change::Renamed { channel, name } => {
                (self.at_channel(&channel).await?, Command::ChannelRenamed { channel, name })
            }
            Change::Deleted { message } => {
                (self.that_shows(&message).await?, Command::MessageLost { message })
            }
        };
        let Some(incident) = incident else { return self.answer_letter(letter, vec![]).await };
        let on_behalf = OnBehalf { letter, epoch: None, answer: Arc::new(|_| vec![]), also: vec![] };
        self.carry_out(incident.id, command, Origin::Slack, Settles::Letter(on_behalf)).await.map(drop)
    }

    async fn at_channel(&self, channel: &ChannelId) -> Result<Option<Incident>, StoreError> {
        let channel = channel.clone();
        let found = self.db.read("at channel", move |tx| {
            Box::pin(async move { incidents::find_by_channel(tx, &channel).await })
        });
        Ok(found.await?.map(|found| found.incident))
    }

    /// The incident whose card or announcement this is.
    async fn that_shows(&self, message: &Message) -> Result<Option<Incident>, StoreError> {
        let announcement = message.clone();
        let found = self.db.read("announced by", move |tx| {
            Box::pin(async move { incidents::find_by_thread(tx, &announcement).await })
        });
        if let Some(announced) = found.await? {
            return Ok(Some(announced.incident));
        }
        let in_channel = self.at_channel(&message.channel).await?;
        Ok(in_channel.filter(|incident| incident.room.card.as_ref() == Some(message)))
    }
}
