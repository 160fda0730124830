//! What an incident has in Slack, and what becomes of it there: its channel is opened, archived when all is done, opened again
//! when the incident is, and replaced when Slack or a human leaves no other way.
//!
//! One channel is in use at a time. What is said while it cannot be used goes behind its reopening, or, when there is none, into
//! the thread under the announcement.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::timeline::What;
use super::turn::Turn;
use super::{Actor, Incident, Privacy, State};
use crate::domain::effect::{Effect, Place, Shout, Warning};
use crate::domain::severity::Severity;
use crate::ids::{ChannelId, MessageTs, PersonId};

/// A Slack channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its name, without `#`.
    pub name: String,
}

/// A Slack message that the bot keeps up to date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Where.
    pub channel: ChannelId,
    /// Which.
    pub ts: MessageTs,
}

/// Why a channel cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// It is archived.
    Archived,
    /// There is no such channel any more.
    Deleted,
    /// The bot is not in it any more, and cannot come back by itself.
    Removed,
    /// It could not be opened again, and no other in its place.
    Refused,
}

/// A channel that an incident had, and why it has it no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Which.
    pub channel: Channel,
    /// Why.
    pub loss: Loss,
}

/// Somebody whom Slack does not let into the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uninvited {
    /// Who.
    pub person: PersonId,
    /// Slack's word for the reason (`user_is_restricted`).
    pub code: String,
}

/// Whether the channel can be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// It can, as soon as there is one.
    #[default]
    Open,
    /// It can; the last word in it is said, and then it is archived.
    Archiving,
    /// It cannot, for this reason; it is being opened again, or another in its place.
    Reopening(Loss),
    /// It cannot, and nobody is doing anything about that.
    Shut(Loss),
}

/// Whether the announcement called everybody who is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Called {
    /// It did not.
    #[default]
    Never,
    /// The line that is there did when it appeared.
    InThisLine,
    /// A line before it did, which was deleted.
    InAnEarlierLine,
}

/// What the incident has in Slack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Whether a channel was asked for (it opens as soon as Slack allows).
    pub channel_wanted: bool,
    /// The channel, once open.
    pub channel: Option<Channel>,
    /// Whether that can be used.
    pub door: Door,
    /// The channels it had before, the oldest first.
    pub former: Vec<Channel>,
    /// The pinned card.
    pub card: Option<Message>,
    /// The line in the announcement channel; its thread is the place of incidents without a channel.
    pub announcement: Option<Message>,
    /// Whether that line called everybody when it appeared.
    pub called: Called,
    /// Those of whom it was said that Slack does not let them in.
    pub kept_out: Vec<PersonId>,
    /// The messages that say an event and are kept up to date, by the event's number.
    pub told: BTreeMap<i64, Message>,
    /// The messages that show the post-mortem's draft; only the latest shows all of it.
    pub drafts: Vec<Message>,
    /// The questions to whoever had it, when they were last asked.
    pub feedback: Option<Message>,
}

impl Room {
    /// The channel, if it can be used.
    pub fn usable(&self) -> Option<&Channel> {
        self.channel.as_ref().filter(|_| matches!(self.door, Door::Open | Door::Archiving))
    }
}

impl Incident {
    /// Where it is talked about.
    pub fn place(&self) -> Place {
        match self.room.door {
            Door::Shut(_) => Place::Thread,
            Door::Open | Door::Archiving | Door::Reopening(_) if self.room.channel_wanted => Place::Channel,
            Door::Open | Door::Archiving | Door::Reopening(_) => Place::Thread,
        }
    }

    /// Everybody who is to be in its channel.
    fn company(&self) -> Vec<PersonId> {
        let acks = self.state.ack().into_iter().chain(&self.first_ack);
        let ackers = acks.filter_map(|ack| ack.by.person());
        let declared_by = match &self.privacy {
            Privacy::Private { by } => by.person(),
            Privacy::Public => self.declared_by.as_ref().and_then(Actor::person),
        };
        self.paged.iter().chain(ackers).chain(&self.commander).chain(declared_by).cloned().collect()
    }
}

impl Turn<'_> {
    /// Asks for the channel, unless that was done. Its card comes right behind it, before anything that is said there.
    pub fn open_channel(&mut self) {
        let room = &mut self.next.room;
        match room.door {
            Door::Open | Door::Reopening(_) if room.channel_wanted => return,
            Door::Open | Door::Reopening(_) => {}
            Door::Archiving => room.door = Door::Reopening(Loss::Archived),
            Door::Shut(loss) => room.door = Door::Reopening(loss),
        }
        room.channel_wanted = true;
        self.effects.extend([Effect::OpenChannel, Effect::PostCard]);
    }

    /// Brings people into the channel, if there is one to bring them into.
    pub fn invite(&mut self, mut people: Vec<PersonId>) {
        people.sort();
        people.dedup();
        if self.next.room.usable().is_some() && !people.is_empty() {
            self.effects.push(Effect::Invite { people });
        }
    }
}

/// It is open again, so its channel is needed again.
pub(super) fn reopened(turn: &mut Turn<'_>) {
    turn.next.archives_at = None;
    if turn.next.room.channel_wanted {
        turn.open_channel();
    }
}

/// A channel is open: the first one, the same one again, or another in its place.
pub(super) fn opened(turn: &mut Turn<'_>, channel: Channel) {
    let loss = match turn.next.room.door {
        Door::Reopening(loss) | Door::Shut(loss) => loss,
        // The one that is in use stays so.
        Door::Open | Door::Archiving if turn.next.room.channel.is_some() => return,
        Door::Open | Door::Archiving => Loss::Archived,
    };
    turn.next.room.door = Door::Open;
    let before = turn.next.room.channel.replace(channel.clone());
    let Channel { id, name } = channel;
    match before {
        Some(before) if before.id == id => {
            turn.record(What::ChannelBack { channel: id, name });
            if turn.next.room.card.is_some() {
                turn.effects.push(Effect::PinCard);
            }
        }
        Some(before) => {
            turn.next.room.former.retain(|former| former.id != id);
            turn.next.room.former.push(before.clone());
            turn.next.room.card = None;
            let instead_of = Some(Left { channel: before, loss });
            turn.record(What::ChannelOpened { channel: id, name, instead_of });
            // Those who only follow it hear of it where they do.
            let seq = turn.next.n_events;
            turn.effects.push(Effect::Say { seq, place: Place::Thread });
        }
        None => turn.record(What::ChannelOpened { channel: id, name, instead_of: None }),
    }
    let mut company = turn.next.company();
    company.extend(turn.next.absorbed.iter().flat_map(|absorbed| absorbed.people.clone()));
    turn.invite(company);
    let rooms = turn.next.absorbed.iter().filter_map(|absorbed| absorbed.channel.clone());
    let guests: Vec<Effect> = rooms.map(|from| Effect::BringOver { from }).collect();
    turn.effects.extend(guests);
    turn.effects.extend([Effect::SetTopic, Effect::Bookmark]);
}

/// The channel cannot be used any more. While the incident is open, that is mended.
pub(super) fn lost(turn: &mut Turn<'_>, channel: &ChannelId, loss: Loss) {
    let room = &mut turn.next.room;
    let Some(channel) = room.channel.clone().filter(|current| current.id == *channel) else { return };
    // To a bot that is not in a private channel, Slack says that there is none.
    let may_be_there = loss == Loss::Deleted && turn.actor == Actor::Bot && turn.next.privacy.is_private();
    let loss = if may_be_there { Loss::Removed } else { loss };
    let room = &mut turn.next.room;
    match room.door {
        Door::Reopening(_) | Door::Shut(_) => return,
        Door::Archiving => {
            room.door = Door::Shut(loss);
            return;
        }
        Door::Open => {}
    }
    room.door = Door::Shut(loss);
    turn.next.archives_at = None;
    let Channel { id, name } = channel;
    turn.record(What::ChannelLost { channel: id, name, loss });
    if !turn.next.state.is_open() {
        return;
    }
    if loss == Loss::Removed && turn.next.privacy.is_private() {
        turn.effects.push(Effect::TellAdmins { what: Warning::RemovedFromChannel });
    } else {
        turn.open_channel();
    }
}

/// The channel could not be opened again, nor another in its place: the incident goes on in the thread.
pub(super) fn not_opened(turn: &mut Turn<'_>, why: String) {
    if !matches!(turn.next.room.door, Door::Reopening(_)) {
        return;
    }
    turn.next.room.door = Door::Shut(Loss::Refused);
    if let Some(Channel { id, name }) = turn.next.room.channel.clone() {
        turn.record(What::ChannelLost { channel: id, name, loss: Loss::Refused });
    }
    let what = Warning::SlackRefused { what: Effect::OpenChannel.name().to_owned(), why };
    turn.effects.push(Effect::TellAdmins { what });
}

/// A human has opened the door again: the channel is not archived any more, or the bot was brought back in.
pub(super) fn back(turn: &mut Turn<'_>, channel: &ChannelId) {
    let room = &turn.next.room;
    let is_ours = room.channel.as_ref().is_some_and(|current| current.id == *channel);
    if is_ours && matches!(room.door, Door::Shut(_)) {
        turn.open_channel();
    }
}

/// A human has given the channel another name.
pub(super) fn renamed(turn: &mut Turn<'_>, channel: &ChannelId, to: String) {
    let Some(current) = turn.next.room.channel.as_mut().filter(|current| current.id == *channel) else {
        return;
    };
    if current.name != to {
        let from = std::mem::replace(&mut current.name, to.clone());
        turn.record(What::ChannelRenamed { channel: channel.clone(), from, to });
    }
}

/// The channel is archived, as was wanted. If the incident was opened again meanwhile, so is the channel.
pub(super) fn archived(turn: &mut Turn<'_>, channel: &ChannelId) {
    match turn.next.room.door {
        Door::Archiving => turn.next.room.door = Door::Shut(Loss::Archived),
        Door::Open => lost(turn, channel, Loss::Archived),
        Door::Reopening(_) | Door::Shut(_) => {}
    }
}

/// It stays as it is, because Slack does not let the bot archive it.
pub(super) fn not_archived(turn: &mut Turn<'_>, why: String) {
    if turn.next.room.door == Door::Archiving {
        turn.next.room.door = Door::Open;
        let what = Warning::SlackRefused { what: Effect::ArchiveChannel.name().to_owned(), why };
        turn.effects.push(Effect::TellAdmins { what });
    }
}

/// A message that is kept up to date was deleted: it is posted anew.
pub(super) fn message_lost(turn: &mut Turn<'_>, message: &Message) {
    let room = &mut turn.next.room;
    if room.card.as_ref() == Some(message) {
        room.card = None;
        if room.usable().is_some() {
            turn.effects.push(Effect::PostCard);
        }
    } else if room.announcement.as_ref() == Some(message) {
        room.announcement = None;
        turn.effects.push(Effect::Announce);
    } else {
        room.drafts.retain(|draft| draft != message);
        room.told.retain(|_, told| told != message);
        room.feedback.take_if(|asked| asked == message);
    }
}

/// Slack does not let people into the channel; that is said once of each.
pub(super) fn not_invited(turn: &mut Turn<'_>, uninvited: Vec<Uninvited>) {
    for Uninvited { person, code } in uninvited {
        if !turn.next.room.kept_out.contains(&person) {
            turn.next.room.kept_out.push(person.clone());
            turn.record(What::NotInvited { person, code });
        }
    }
}

/// The line in the announcement channel is there.
pub(super) fn announced(turn: &mut Turn<'_>, message: Message, called: bool) {
    let room = &mut turn.next.room;
    room.announcement = Some(message);
    room.called = match room.called {
        Called::InThisLine | Called::InAnEarlierLine => Called::InAnEarlierLine,
        Called::Never if called => Called::InThisLine,
        Called::Never => Called::Never,
    };
    turn.effects.push(Effect::RefreshAnnouncement);
}

/// A P1 calls everybody once. Its line calls when it appears; what becomes a P1 below its line calls by a message of its own,
/// because an edit calls nobody.
pub(super) fn call_all_hands(turn: &mut Turn<'_>) {
    let incident = &mut turn.next;
    let is_uncalled = incident.room.called == Called::Never && incident.room.announcement.is_some();
    if incident.severity() == Severity::P1 && incident.state.is_open() && is_uncalled {
        incident.room.called = Called::InAnEarlierLine;
        turn.effects.push(Effect::Shout { what: Shout::AllHands });
    }
}

/// When the channel of an incident that closes now is archived, given since when it has nothing to wait for.
pub(super) fn archiving_time(turn: &Turn<'_>, done_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let after = turn.facts.house.times.archive_after?;
    turn.next.room.channel_wanted.then(|| (done_at + after).max(turn.facts.now))
}

/// The channel of a closed incident has been quiet for long enough: a last word, and it is archived.
pub(super) fn archive(turn: &mut Turn<'_>) {
    let is_closed = matches!(turn.next.state, State::Closed { .. });
    let Some(channel) = turn.next.room.channel.clone().filter(|_| is_closed) else { return };
    if turn.next.room.door == Door::Open {
        turn.record(What::ChannelArchived { channel: channel.id, name: channel.name });
        turn.next.room.door = Door::Archiving;
        turn.effects.push(Effect::ArchiveChannel);
    }
}
