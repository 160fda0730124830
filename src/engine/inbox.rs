//! What Slack tells us: kept before it is acknowledged, acted upon after, and given up only with a word to whoever sent it.
//!
//! A letter that fails, by an error or a panic, is tried again after a wait that grows. After the last attempt it is a
//! dead letter: kept for somebody to look at, said to the people who run the service, and answered.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::questions::home::is_home_opened;
use super::questions::reply_to;
use super::save::LEASE;
use super::turning::{caught, told};
use super::workers::{LOOK_EVERY, Progress};
use super::{Engine, InForce};
use crate::commands::payload::{Interaction, SlashCommand};
use crate::commands::talk::{self, Talk};
use crate::commands::{people, places};
use crate::domain::effect::{Effect, Lane, Warning};
use crate::store::inbox::{self, Letter};
use crate::store::outbox::{Entry, Posted};
use crate::store::{StoreError, notes, outbox};
use crate::words::answers;

/// How many letters are acted upon at once.
const MAX_LETTERS: usize = 64;
/// How many letters are claimed in one go.
const LETTER_BATCH: u32 = 32;
/// So often a letter is tried before it is given up. With the waits between, that takes about two minutes.
const MOST_ATTEMPTS: i64 = 8;
/// So much of a dead letter is kept, bytes.
const KEPT_BYTES: usize = 64 * 1024;
/// What is secret in a letter and of no use to whoever looks at a dead one.
const SECRETS: [&str; 3] = ["response_url", "response_urls", "trigger_id"];
/// Where an event holds the words of a message.
const MESSAGES: [&str; 5] = ["text", "blocks", "message", "previous_message", "attachments"];
/// The people who run the service hear of dead letters at most so often; the log names each.
const TOLD_EVERY: Duration = Duration::hours(1);

/// What kind of thing came in; each has its own shape in [`crate::commands::payload`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundKind {
    /// A slash command.
    Command,
    /// A click, a shortcut or a modal.
    Interaction,
    /// An event of the Events API.
    Event,
}

impl InboundKind {
    /// The kind as one word, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Interaction => "interaction",
            Self::Event => "event",
        }
    }
}

/// One thing that came in from Slack.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// Its kind.
    pub kind: InboundKind,
    /// The same for every delivery of the same thing, over either way in.
    pub dedup_key: String,
    /// The payload as Slack sent it, without the tokens Slack puts in.
    pub raw: Value,
    /// When it arrived, in wire time.
    pub received_at: DateTime<Utc>,
}

/// What became of a thing handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored and will be worked on.
    New,
    /// It had been stored before.
    Seen,
    /// Nothing follows from it, so it was not stored.
    NotWanted,
    /// It is a form with something wrong in it, and was not stored: the words belong at these fields.
    Misfilled(BTreeMap<&'static str, String>),
}

impl Accepted {
    /// What goes with the acknowledgement.
    pub fn answer(self) -> Option<Value> {
        match self {
            Self::New | Self::Seen | Self::NotWanted => None,
            Self::Misfilled(faults) => Some(json!({ "response_action": "errors", "errors": faults })),
        }
    }
}

/// It could not be stored, so it must not be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store cannot take it now; slack will send it again")]
pub struct Unavailable;

/// Where things are handed over: once this has said `Accepted`, the thing survives a crash.
pub trait Accept: Send + Sync {
    /// Stores the thing, once for every key.
    fn accept(&self, inbound: Inbound) -> BoxFuture<'_, Result<Accepted, Unavailable>>;

    /// Slack will hand nothing over until somebody changes the app's settings: those who can are told, seldom.
    fn unheard(&self, why: &'static str) -> BoxFuture<'_, ()>;
}

impl Accept for Engine {
    fn accept(&self, inbound: Inbound) -> BoxFuture<'_, Result<Accepted, Unavailable>> {
        Box::pin(async move {
            let Inbound { kind, dedup_key, raw, received_at } = inbound;
            // Most of what is said and done in channels is nobody's business here.
            let (mut raw, mut place) = (raw, None);
            let is_wanted =
                || talk::read(&raw).is_some() || places::read(&raw).is_some() || is_home_opened(&raw);
            if let Some(user) = people::changed(&raw).filter(|_| kind == InboundKind::Event) {
                match self.is_known(&user).await {
                    Ok(true) => raw = people::without_profile(&user),
                    Ok(false) => return Ok(Accepted::NotWanted),
                    Err(error) => {
                        tracing::error!(error = %error, "whether somebody is known could not be read");
                        return Err(Unavailable);
                    }
                }
            } else if kind == InboundKind::Event && !is_wanted() {
                // That people talk matters once a minute, and what they say not at all.
                place = talk::heard(&raw).filter(|place| self.ears.hear(place, self.now()));
                if place.is_none() {
                    return Ok(Accepted::NotWanted);
                }
                raw = talk::without_words(raw);
            }
            if let Some(faults) = self.faults_of(kind, &raw).await {
                return Ok(Accepted::Misfilled(faults));
            }
            let body = raw.to_string();
            let kept = self.db.write("keep", move |tx| {
                Box::pin(async move { inbox::keep(tx, &dedup_key, kind.as_str(), &body, received_at).await })
            });
            match kept.await {
                Ok(is_new) => {
                    self.nudges.inbox.notify_one();
                    Ok(if is_new { Accepted::New } else { Accepted::Seen })
                }
                Err(error) => {
                    let error: StoreError = error;
                    if let Some(place) = &place {
                        self.ears.forget(place);
                    }
                    tracing::error!(error = %error, "what slack sent could not be kept");
                    Err(Unavailable)
                }
            }
        })
    }

    fn unheard(&self, why: &'static str) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Err(error) = self.tell_unheard(why).await {
                tracing::error!(error = %error, "that slack is not heard could not be told");
            }
        })
    }
}

impl Engine {
    async fn tell_unheard(&self, why: &'static str) -> Result<(), StoreError> {
        let (now, id) = (self.clocks.wire.now(), self.next_id());
        let tell = Effect::TellAdmins { what: Warning::SlackUnheard { why: why.to_owned() } };
        let posted = Posted {
            id,
            lane: Lane::Admins.name(),
            incident: None,
            urgency: 0,
            effect: tell,
            due_at: now,
            entry: Entry::Waiting,
        };
        self.db
            .write("unheard", move |tx| {
                let posted = posted.clone();
                Box::pin(async move {
                    if notes::may_say(tx, "slack is not heard", now, now - TOLD_EVERY).await? {
                        outbox::add(tx, &[posted]).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.nudges.outbox.want_any();
        Ok(())
    }

    /// Leases what Slack told us and nobody acts upon. Looking costs no writer's time.
    async fn claim_letters(&self) -> Result<Vec<Letter>, StoreError> {
        let now = self.clocks.wire.now();
        let is_claimable = self
            .db
            .read("letter", move |tx| Box::pin(async move { inbox::is_claimable(tx, now).await }))
            .await?;
        if !is_claimable {
            return Ok(vec![]);
        }
        self.db
            .write("letters", move |tx| {
                Box::pin(async move { inbox::claim(tx, now, now + LEASE, LETTER_BATCH).await })
            })
            .await
    }

    /// Acts upon what Slack told us, and comes back when all of it is done: for tests and the demo's clock.
    pub async fn tick_inbox(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let letters = self.claim_letters().await?;
        let progress = Progress::of(!letters.is_empty());
        let mut reading: FuturesUnordered<_> =
            letters.into_iter().map(|letter| self.attend_to(letter)).collect();
        let mut first_fault = None;
        while let Some(read) = reading.next().await {
            // The others are read all the same; this one comes again when its lease ends.
            first_fault = first_fault.or(read.err());
        }
        first_fault.map_or(Ok(progress), Err)
    }

    /// Acts upon one letter. When that fails, it is written down when to try again, or that it is given up; the error is
    /// that this could not be written down either.
    async fn attend_to(self: &Arc<Self>, letter: Letter) -> Result<(), StoreError> {
        let why = if letter.attempt > MOST_ATTEMPTS {
            "no attempt lived to tell what went wrong".to_owned()
        } else {
            match caught(Box::pin(self.read_letter(letter.clone()))).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(panic) => panic.to_string(),
            }
        };
        let (kind, attempt) = (letter.kind.as_str(), letter.attempt);
        if attempt >= MOST_ATTEMPTS {
            // The id may hold a trigger: not for the log.
            tracing::error!(letter.kind = kind, error = %why, "what slack told us is given up");
            return self.give_up(letter, why).await;
        }
        tracing::warn!(
            letter.kind = kind, letter.attempt = attempt, error = %why,
            "what slack told us could not be acted upon; it is tried again"
        );
        let again_at = self.clocks.wire.now() + wait_after(attempt);
        self.db
            .write("letter failed", move |tx| {
                Box::pin(async move { inbox::retry(tx, &letter.id, attempt, again_at, &why).await })
            })
            .await
    }

    /// Makes a dead letter of it, all or nothing: kept, settled, said and answered.
    async fn give_up(self: &Arc<Self>, letter: Letter, why: String) -> Result<(), StoreError> {
        let answer = answer_of(&letter);
        let engine = self.clone();
        self.db
            .write("give up", move |tx| {
                Box::pin(async move {
                    let now = engine.clocks.wire.now();
                    inbox::done(tx, &letter.id, letter.attempt, now, Some(&why)).await?;
                    if holds_a_message(&letter) {
                        inbox::blank(tx, &letter.id).await?;
                    }
                    let (source, kept) = (format!("slack/{}", letter.kind), kept(&letter.body));
                    notes::dead_letter(tx, engine.next_id(), &source, now, &why, &kept).await?;
                    let mut effects = answer;
                    if notes::may_say(tx, "dead letter from slack", now, now - TOLD_EVERY).await? {
                        let what = Warning::LetterGivenUp { what: letter.kind.clone(), why };
                        effects.push(Effect::TellAdmins { what });
                    }
                    engine.post(tx, None, &effects).await
                })
            })
            .await?;
        self.after_commit(vec![]);
        Ok(())
    }
}

/// How long a letter rests after its attempt: doubling from a second.
fn wait_after(attempt: i64) -> Duration {
    let doublings = u32::try_from((attempt - 1).clamp(0, 6)).unwrap_or_default();
    Duration::seconds(1 << doublings)
}

/// The answer to whoever sent a letter that is given up; none when it does not say who that was.
fn answer_of(letter: &Letter) -> Vec<Effect> {
    // What is in the letter may be the very thing that panics.
    let read = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let raw: Value = serde_json::from_str(&letter.body).ok()?;
        let (user, channel, address) = match letter.kind.as_str() {
            "command" => {
                let command = SlashCommand::read(&raw).ok()?;
                (command.user_id, command.channel_id, command.response_url)
            }
            "interaction" => match Interaction::read(&raw).ok()? {
                Interaction::Actions(actions) => {
                    let action = actions.into_iter().next()?;
                    (action.user.id, action.channel_id, action.response_url)
                }
                Interaction::Shortcut(shortcut) => {
                    let channel = shortcut.on.map(|message| message.channel_id);
                    (shortcut.user.id, channel, shortcut.response_url)
                }
                Interaction::Submitted(_) | Interaction::Other { .. } => return None,
            },
            "event" => {
                let Talk::Keep { by, message } = talk::read(&raw)? else { return None };
                (by, Some(message.channel), None)
            }
            _ => return None,
        };
        let address = address.map(|url| url.to_string());
        let to = reply_to(letter, &user, channel.as_ref(), address.as_ref());
        Some(vec![Effect::Answer { to, text: answers::given_up(), choices: vec![] }])
    }));
    read.ok().flatten().unwrap_or_default()
}

/// Whether a letter brings a message that somebody wrote to others, or wrote once: what it says is theirs, and is kept only
/// while it must be acted upon. What people say to us (a command, a form) is another matter, and so is a click: the message it
/// brings is ours, and a question that is asked back is looked up in it.
pub(super) fn holds_a_message(letter: &Letter) -> bool {
    let is_of_menu = || {
        let raw: Option<Value> = serde_json::from_str(&letter.body).ok();
        raw.is_some_and(|raw| raw.get("type").and_then(Value::as_str) == Some("message_action"))
    };
    match letter.kind.as_str() {
        "event" => true,
        "interaction" => is_of_menu(),
        _ => false,
    }
}

/// What is kept of a dead letter: no more than somebody can look at, no secrets, and no words of a message.
fn kept(body: &str) -> String {
    let mut kept = match serde_json::from_str(body) {
        Ok(Value::Object(mut fields)) => {
            for secret in SECRETS {
                fields.remove(secret);
            }
            fields.remove("message");
            if let Some(event) = fields.get_mut("event").and_then(Value::as_object_mut) {
                for message in MESSAGES {
                    event.remove(message);
                }
            }
            Value::Object(fields).to_string()
        }
        Ok(_) | Err(_) => body.to_owned(),
    };
    kept.truncate(kept.floor_char_boundary(KEPT_BYTES));
    kept
}

/// Acts upon what Slack told us, up to `MAX_LETTERS` at once: an acknowledgement never waits behind somebody whom Slack must
/// be asked about.
pub(super) async fn run(in_force: &InForce, letters: &mut JoinSet<()>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let engine = in_force.engine();
        let wire = &engine.clocks.wire;
        let nudged = engine.nudges.inbox.notified();
        let mut found = 0;
        if letters.len() < MAX_LETTERS {
            match engine.claim_letters().await {
                Ok(claimed) => {
                    found = claimed.len();
                    for letter in claimed {
                        let engine = engine.clone();
                        letters.spawn(async move {
                            if let Err(error) = Box::pin(engine.attend_to(letter)).await {
                                // It comes again when its lease ends.
                                tracing::error!(error = %error, "what became of a letter could not be stored");
                            }
                        });
                    }
                }
                Err(error) => tracing::error!(error = %error, "the inbox cannot be read"),
            }
        }
        if found > 0 {
            continue;
        }
        tokio::select! {
            () = nudged => {}
            () = wire.sleep_until(wire.now() + LOOK_EVERY) => {}
            Some(_) = letters.join_next() => {}
            () = told(&mut stopped) => {}
        }
    }
    while letters.join_next().await.is_some() {}
}
