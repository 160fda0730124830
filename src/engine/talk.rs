//! What people say in an incident's channel, or in the thread under its announcement, and want on its timeline.
//!
//! A message is read from Slack when somebody asks for it, so what is kept is what it says then; from there on it is followed.
//! A reaction or a pin elsewhere, and one on a message of the bot's own, are nobody's business and not answered.

use std::sync::Arc;

use serde_json::Value;

use super::Engine;
use super::handle::{OnBehalf, Settles};
use super::questions::reply_to;
use crate::commands::{Right, people, places, talk};
use crate::domain::effect::Effect;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command, Message, Outcome, Written};
use crate::ids::{ChannelId, IncidentId, MessageTs, SlackUserId};
use crate::ports::{NoMessage, Said};
use crate::store::inbox::Letter;
use crate::store::{StoreError, incidents, timeline};
use crate::words::talk::{NotKept, kept, not_kept};

/// Why a letter could not be acted upon; it is worth trying again.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotActedUpon {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Slack does not say what a message says.
    #[error(transparent)]
    Slack(NoMessage),
}

/// How somebody asks for a message to be kept.
pub(super) enum By {
    /// By a reaction or a pin: the sign under the message is the answer.
    Sign,
    /// From the message's menu: whatever comes of it is said.
    Menu {
        /// Where to answer.
        response_url: Option<String>,
    },
}

/// Somebody asks for a message to be kept.
pub(super) struct Keep {
    /// The letter that says so.
    pub letter: Letter,
    /// Who asks.
    pub user: SlackUserId,
    /// For which message.
    pub message: Message,
    /// In which way.
    pub by: By,
}

impl Keep {
    fn reply(&self, text: String) -> Vec<Effect> {
        let response_url = match &self.by {
            By::Sign => None,
            By::Menu { response_url } => response_url.as_ref(),
        };
        let to = reply_to(&self.letter, &self.user, Some(&self.message.channel), response_url);
        vec![Effect::Answer { to, text, choices: vec![] }]
    }
}

impl Engine {
    /// Acts upon an event.
    pub(super) async fn read_event(
        self: &Arc<Self>,
        letter: Letter,
        raw: &Value,
    ) -> Result<(), NotActedUpon> {
        match talk::read(raw) {
            Some(talk::Talk::Keep { by: user, message }) => {
                self.keep_message(Keep { letter, user, message, by: By::Sign }).await
            }
            Some(talk::Talk::Edited { by, message, text, edited }) => {
                let by = self.actor_of(&by);
                let command = Command::MessageEdited { by, message: message.clone(), text, edited };
                Ok(self.follow(letter, message, command).await?)
            }
            Some(talk::Talk::Deleted { message }) => {
                let command = Command::MessageDeleted { message: message.clone() };
                Ok(self.follow(letter, message, command).await?)
            }
            None => match (places::read(raw), talk::heard(raw)) {
                (Some(change), _) => Ok(self.place_changed(letter, change).await?),
                (None, Some(place)) => Ok(self.read_heard(letter, place).await?),
                (None, None) => match people::changed(raw) {
                    Some(user) => Ok(self.has_changed(letter, &user).await?),
                    None => Ok(self.read_home_event(letter, raw).await?),
                },
            },
        }
    }

    /// Tells the incident that has this message on its timeline, if one has.
    async fn follow(
        self: &Arc<Self>,
        letter: Letter,
        message: Message,
        command: Command,
    ) -> Result<(), StoreError> {
        let has = self
            .db
            .read("that has", move |tx| Box::pin(async move { timeline::that_has(tx, &message).await }));
        let Some(id) = has.await? else { return self.answer_letter(letter, vec![]).await };
        let on_behalf = OnBehalf { letter, epoch: None, answer: Arc::new(|_| vec![]), also: vec![] };
        self.carry_out(id, command, Origin::Slack, Settles::Letter(on_behalf)).await.map(drop)
    }

    /// Puts a message on the timeline of the incident that is talked about where it stands, or says why not.
    pub(super) async fn keep_message(self: &Arc<Self>, keep: Keep) -> Result<(), NotActedUpon> {
        let room = self.incident_of_channel(Some(&keep.message.channel)).await?;
        if room.is_none() && !self.are_announced_in(&keep.message.channel).await? {
            return Ok(self.keep_not(keep, NotKept::NoIncident).await?);
        }
        let said = match self.ports.conversation.message(&keep.message).await {
            Ok(said) => said,
            Err(NoMessage::Gone) => return Ok(self.keep_not(keep, NotKept::Gone).await?),
            Err(NoMessage::Refused { why }) => {
                tracing::warn!(error = %why, "a message that somebody wants on a timeline cannot be read");
                return Ok(self.keep_not(keep, NotKept::Hidden).await?);
            }
            Err(later @ NoMessage::NotNow { .. }) => return Err(NotActedUpon::Slack(later)),
        };
        if said.is_ours {
            return Ok(self.keep_not(keep, NotKept::Ours).await?);
        }
        let id = match room {
            Some(id) => Some(id),
            None => self.incident_of_thread(&keep.message, &said).await?,
        };
        let Some(id) = id else { return Ok(self.keep_not(keep, NotKept::NoIncident).await?) };
        // What is said in the room of an incident that was merged away belongs to the one that goes on.
        let id = self.goes_on_as(id).await?;
        let caller = match self.admit(&keep.user, Right::Respond).await? {
            Ok(caller) => caller,
            Err(denied) => {
                let answer = keep.reply(denied.to_string());
                return Ok(self.answer_letter(keep.letter, answer).await?);
            }
        };
        let written = match self.written(&keep.message, said) {
            Ok(written) => written,
            Err(why) => return Ok(self.keep_not(keep, why).await?),
        };
        let (message, edited) = (written.message.clone(), written.edited.clone());
        let command = Command::NoteMessage { by: caller.actor(), written: Box::new(written) };
        let letter = keep.letter.clone();
        let answer = move |outcome: &Outcome| match &keep.by {
            By::Sign => vec![],
            By::Menu { .. } => keep.reply(kept(outcome, &keep.message)),
        };
        // The letter is settled last: whoever takes it up after a crash notes nothing twice, and looks again.
        let noted = self.carry_out(id, command, Origin::Slack, Settles::Nothing).await?;
        self.catch_up(id, &message, edited).await?;
        Ok(self.answer_letter_about(letter, id, answer(&noted)).await?)
    }

    /// What became of a message between its reading and its noting is told by no event that anybody followed: it is read again.
    async fn catch_up(
        self: &Arc<Self>,
        id: IncidentId,
        message: &Message,
        read: Option<MessageTs>,
    ) -> Result<(), NotActedUpon> {
        let command = match self.ports.conversation.message(message).await {
            Err(NoMessage::Gone) => Command::MessageDeleted { message: message.clone() },
            Err(NoMessage::Refused { why }) => {
                tracing::warn!(error = %why, "a message that was noted cannot be read again");
                return Ok(());
            }
            Err(later @ NoMessage::NotNow { .. }) => return Err(NotActedUpon::Slack(later)),
            Ok(said) => match (said.edited, said.author) {
                (Some(edited), Some(author)) if Some(&edited) != read.as_ref() => Command::MessageEdited {
                    by: self.actor_of(&author),
                    message: message.clone(),
                    text: talk::words(&said.text),
                    edited,
                },
                _ => return Ok(()),
            },
        };
        self.carry_out(id, command, Origin::Slack, Settles::Nothing).await?;
        Ok(())
    }

    /// Settles a wish that comes to nothing.
    async fn keep_not(self: &Arc<Self>, keep: Keep, why: NotKept) -> Result<(), StoreError> {
        let answer = match (&keep.by, why) {
            (By::Sign, NotKept::NoIncident | NotKept::Ours | NotKept::Gone) => vec![],
            (By::Sign, NotKept::NoWords | NotKept::NoAuthor | NotKept::Hidden) | (By::Menu { .. }, _) => {
                keep.reply(not_kept(why, &self.settings.incident_command))
            }
        };
        self.answer_letter(keep.letter, answer).await
    }

    fn written(&self, message: &Message, said: Said) -> Result<Written, NotKept> {
        let author = said.author.as_ref().ok_or(NotKept::NoAuthor)?;
        Ok(Written {
            message: message.clone(),
            author: self.actor_of(author),
            at: talk::posted_at(&message.ts).ok_or(NotKept::Gone)?,
            text: talk::words(&said.text).ok_or(NotKept::NoWords)?,
            edited: said.edited,
        })
    }

    /// How the timeline names a Slack user, whoever that is.
    pub(super) fn actor_of(&self, user: &SlackUserId) -> Actor {
        self.person_of(user)
            .map_or_else(|| Actor::Slack(user.clone()), |person| Actor::Person(person.clone()))
    }

    async fn are_announced_in(&self, channel: &ChannelId) -> Result<bool, StoreError> {
        let channel = channel.clone();
        let read = self.db.read("announced in", move |tx| {
            Box::pin(async move { incidents::are_announced_in(tx, &channel).await })
        });
        read.await
    }

    /// The incident under whose announcement a message stands.
    async fn incident_of_thread(
        &self,
        message: &Message,
        said: &Said,
    ) -> Result<Option<IncidentId>, StoreError> {
        let Some(head) = said.thread.clone() else { return Ok(None) };
        let announcement = Message { channel: message.channel.clone(), ts: head };
        let found = self.db.read("by thread", move |tx| {
            Box::pin(async move { incidents::find_by_thread(tx, &announcement).await })
        });
        Ok(found.await?.map(|found| found.incident.id))
    }
}
