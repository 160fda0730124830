//! What the engine needs from outside, as traits: adapters implement them, the engine calls them.
//!
//! A port is given everything it may show in a [`View`]; it never sees the store. It is called outside of any
//! transaction, at least once for each effect, and says plainly what became of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::effect::{Effect, OpenForm};
use crate::domain::incident::{Channel, Loss, Message, Uninvited};
use crate::domain::people::Person;
use crate::ids::{ChannelId, MessageTs, PersonId, SlackUserId};

mod alertmanager;
mod home;
mod view;

pub use alertmanager::{Alertmanagers, Look, NewSilence, NotDone, Ping};
pub use home::{Board, Home, OnCall};
pub use view::{GoesOn, PostmortemView, RunbookView, View};

/// One effect to be performed, with everything it may show.
#[derive(Debug, Clone)]
pub struct Errand {
    /// What to do.
    pub effect: Effect,
    /// What the effect is about, as it is now.
    pub about: About,
    /// Which attempt this is, from 1. From the second on, the outcome of an earlier one may be unknown.
    pub attempt: i64,
    /// How many earlier attempts may have done it, for all anybody knows; those that are known to have done nothing do not count.
    pub in_doubt: i64,
    /// When the first attempt began, wire time.
    pub began_at: DateTime<Utc>,
    /// What the incident's messages show already.
    pub shown: Arc<Shown>,
}

/// What messages showed when they were last sent, and what was sent since: what has not changed is not sent again. Only
/// hashes are kept.
#[derive(Debug, Default)]
pub struct Shown {
    before: BTreeMap<String, String>,
    since: Mutex<BTreeMap<String, Option<String>>>,
    plain: Mutex<Option<String>>,
}

impl Shown {
    /// What was shown, a hash by place, as it was written down.
    pub fn new(before: BTreeMap<String, String>) -> Self {
        Self { before, ..Self::default() }
    }

    /// Whether this is what the place shows.
    pub fn is(&self, place: &str, hash: &str) -> bool {
        match self.notes().get(place) {
            Some(since) => since.as_deref() == Some(hash),
            None => self.before.get(place).is_some_and(|before| before == hash),
        }
    }

    /// The place shows this now; `None`: nobody knows what it shows.
    pub fn note(&self, place: String, hash: Option<String>) {
        self.notes().insert(place, hash);
    }

    /// What is to be written down.
    pub fn since(&self) -> BTreeMap<String, Option<String>> {
        self.notes().clone()
    }

    /// A message is shown as plain text, because its looks were refused for this reason, in words without secrets.
    pub fn note_plain(&self, why: String) {
        *self.plain.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    /// Why a message is shown as plain text, if one is.
    pub fn plain(&self) -> Option<String> {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn notes(&self) -> MutexGuard<'_, BTreeMap<String, Option<String>>> {
        // Each note is whole, so a panic elsewhere does not spoil them.
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many errands of one sort can be performed now, and when more can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The sort: errands of one sort share a pace.
    pub sort: &'static str,
    /// So many need not wait.
    pub free: u32,
    /// When the next can be performed, wire time, when none can now.
    pub again_at: Option<DateTime<Utc>>,
}

impl Pace {
    /// As many as there are.
    pub const UNBOUND: Self = Self { sort: "", free: u32::MAX, again_at: None };
}

/// What an effect is about.
#[derive(Debug, Clone)]
pub enum About {
    /// No incident.
    Nothing,
    /// One incident.
    Incident(Box<View>),
    /// Several incidents that one person is told of together.
    Several(Several),
    /// What somebody sees in their App Home.
    Home(Box<Home>),
    /// One person who is to be reached, and no incident.
    Person(Box<Person>),
}

impl About {
    /// The incident, when it is about one.
    pub fn incident(&self) -> Option<&View> {
        match self {
            Self::Incident(view) => Some(view),
            Self::Nothing | Self::Several(_) | Self::Home(_) | Self::Person(_) => None,
        }
    }
}

/// Several incidents that one person is told of together.
#[derive(Debug, Clone)]
pub struct Several {
    /// Who is told.
    pub person: PersonId,
    /// The incidents, the worst first; the ledger of each holds only the row that this is about.
    pub views: Vec<View>,
    /// The message that tells it already and is to be brought up to date.
    pub message: Option<Message>,
}

/// What became of an errand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Performed {
    /// It is done, and this is the proof.
    Done(Receipt),
    /// It is not done, or nobody knows; it is worth trying again.
    TryAgain {
        /// Not before so much time has passed, when the other side said so.
        after: Option<Duration>,
        /// Why, in words without secrets.
        why: String,
        /// Whether it may be done all the same: nobody has said that it is not.
        in_doubt: bool,
    },
    /// Its turn has not come: what it asks for is taken at a certain pace. Nothing went wrong and nothing is unknown.
    Wait {
        /// How long the turn is away, as far as can be known.
        after: Duration,
        /// Why, in words without secrets.
        why: String,
    },
    /// What it needs is not there yet, and is expected. Nothing went wrong, but each time counts: nobody expects it for ever.
    NotYet {
        /// What is expected.
        why: String,
    },
    /// It is not done and never will be.
    Refused {
        /// Why, in words without secrets.
        why: String,
    },
}

/// The proof that an errand is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// There is nothing to remember.
    Nothing,
    /// A provider took a page.
    Accepted {
        /// The provider's name for it; for Slack `channel/ts`.
        provider_id: Option<String>,
    },
    /// A channel was opened.
    Opened(Channel),
    /// A channel was to be opened again and is not, nor another in its place; that is for good.
    NotOpened {
        /// Why, in words without secrets.
        why: String,
    },
    /// A channel is archived.
    Archived(ChannelId),
    /// A channel was to be archived and is not; that is for good.
    NotArchived {
        /// Why, in words without secrets.
        why: String,
    },
    /// People were brought in, but for these.
    Uninvited(Vec<Uninvited>),
    /// Nothing was done, because something of the incident's is not there any more: it is to be mended first.
    Lost(Lost),
    /// Nothing was done: the channel is being opened again, and this comes behind that.
    Behind,
    /// A message was posted.
    Posted(Message),
    /// A form is open that is still to be filled.
    Form(OpenForm),
    /// A canvas was made: Slack's id for it.
    Canvas(String),
}

/// What is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The incident's channel cannot be used.
    Channel(ChannelId, Loss),
    /// A message that is kept up to date is gone.
    Message(Message),
}

/// Performs effects on the outside world.
pub trait Perform: Send + Sync {
    /// Performs one errand. Never waits longer than about ten seconds; a page never longer than three.
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed>;

    /// The pace of effects of this name: who knows it claims no more than can be performed.
    fn pace(&self, _kind: &str) -> Pace {
        Pace::UNBOUND
    }
}

/// A user of the Slack workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlackUser {
    /// Their id.
    pub id: SlackUserId,
    /// The name people know them by.
    pub name: String,
    /// What they are to this workspace.
    pub kind: SlackUserKind,
    /// Their zone's IANA name.
    pub tz: Option<String>,
}

/// What somebody is to the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlackUserKind {
    /// A full member of the home workspace.
    Member,
    /// A guest of any sort.
    Guest,
    /// An app.
    Bot,
    /// Somebody of another workspace.
    Foreign,
    /// Somebody whose account is closed.
    Deactivated,
    /// Slack knows nobody of this id.
    Nobody,
}

/// The directory has no answer now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("slack cannot be asked who this is: {why}")]
pub struct Unanswered {
    /// Why, in words without secrets.
    pub why: String,
}

/// Who is who.
pub trait Directory: Send + Sync {
    /// What Slack says about a user.
    fn user<'a>(&'a self, id: &'a SlackUserId) -> BoxFuture<'a, Result<SlackUser, Unanswered>>;
}

/// A message of a conversation, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who wrote it; some apps have no user.
    pub author: Option<SlackUserId>,
    /// Whether the bot itself wrote it.
    pub is_ours: bool,
    /// The head of the thread it is in.
    pub thread: Option<MessageTs>,
    /// What it says, as Slack writes it.
    pub text: String,
    /// Its latest edit; later ones are greater.
    pub edited: Option<MessageTs>,
}

/// Why a message cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMessage {
    /// There is no such message.
    #[error("there is no such message")]
    Gone,
    /// Slack does not let the bot read it.
    #[error("slack does not show the message: {why}")]
    Refused {
        /// Why, in words without secrets.
        why: String,
    },
    /// It is worth trying again.
    #[error("slack cannot be asked what the message says: {why}")]
    NotNow {
        /// Why, in words without secrets.
        why: String,
    },
}

/// What people have written.
pub trait Conversation: Send + Sync {
    /// What Slack says about a message.
    fn message<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Said, NoMessage>>;
}

/// Why there is no address to listen at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSocket {
    /// Slack says no, and will until somebody changes the app's settings.
    #[error("{why}")]
    Refused {
        /// Why, in words without secrets.
        why: String,
    },
    /// It is worth trying again.
    #[error("{why}")]
    TryAgain {
        /// Not before so much time has passed, when Slack said so.
        after: Option<Duration>,
        /// Why, in words without secrets.
        why: String,
    },
}

/// Where Slack may be listened to.
pub trait OpenSocket: Send + Sync {
    /// The address of a new connection. It holds a ticket that is good once: never to be logged.
    fn open(&self) -> BoxFuture<'_, Result<Url, NoSocket>>;
}

#[cfg(test)]
pub(crate) mod tests;
