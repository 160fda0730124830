//! What people are to the workspace, by what Slack says: asked ahead for those of the configuration, so that no acknowledgement
//! has to wait for Slack, and remembered.
//!
//! What Slack said last stands until it says something else, or for a day. Whom it says to be no member is told to the people who
//! run the service, once; they are paged all the same.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use tokio::sync::watch;

use super::workers::{LOOK_EVERY, Progress, regularly};
use super::{Engine, InForce};
use crate::domain::effect::{Effect, Warning};
use crate::ids::SlackUserId;
use crate::ports::{SlackUser, SlackUserKind, Unanswered};
use crate::store::inbox::Letter;
use crate::store::{StoreError, notes, remembered};
use crate::words;

/// How long Slack's word about a user is believed without asking again.
const BELIEVED_FOR: Duration = Duration::hours(1);
/// How often it is looked whose word is too old, and how soon again when Slack did not answer or many are left.
const LOOKED_EVERY: Duration = Duration::minutes(5);
const LOOKED_AGAIN: Duration = Duration::minutes(1);
/// So many are asked about in one go: strangers who act must be asked about at the same pace.
const ASKED_IN_ONE_GO: usize = 20;
/// Before somebody is refused on an old word, Slack is asked anew; a word this young is not old.
const STILL_YOUNG: Duration = Duration::minutes(1);
/// And is waited for so long.
const WAITED: std::time::Duration = std::time::Duration::from_secs(1);
/// People of whom it was told that they are no members.
const NO_MEMBER: &str = "no member";

/// When it is looked next whose word is too old, wire time.
#[derive(Default)]
pub(super) struct Acquainted(Mutex<Option<DateTime<Utc>>>);

impl Acquainted {
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|at| at <= now)
    }

    fn again_at(&self, at: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }
}

/// Slack's last word about somebody, and when that was, wire time.
struct Word {
    said: SlackUser,
    at: DateTime<Utc>,
}

impl Engine {
    /// What somebody of the configuration is; `None` while nobody knows. Nobody waits for Slack, but for a moment whoever would be
    /// refused: they may have become a member since.
    pub(super) async fn standing_of(&self, user: &SlackUserId) -> Result<Option<SlackUserKind>, StoreError> {
        let Some(Word { said, at }) = self.last_word(user).await? else { return Ok(None) };
        let is_young = self.clocks.wire.now() - at < STILL_YOUNG;
        if said.kind == SlackUserKind::Member || is_young {
            return Ok(Some(said.kind));
        }
        // An answer that comes too late is remembered for the next time, unless nobody is left to wait for it.
        let anew = tokio::time::timeout(WAITED, self.ask_who(user)).await;
        let anew = anew.ok().transpose()?.and_then(Result::ok);
        Ok(Some(anew.map_or(said.kind, |said| said.kind)))
    }

    /// What Slack says about a user; remembered for an hour.
    pub(super) async fn who_is(
        &self,
        user: &SlackUserId,
    ) -> Result<Result<SlackUser, Unanswered>, StoreError> {
        match self.last_word(user).await? {
            Some(Word { said, at }) if self.clocks.wire.now() - at <= BELIEVED_FOR => Ok(Ok(said)),
            Some(_) | None => self.ask_who(user).await,
        }
    }

    async fn last_word(&self, user: &SlackUserId) -> Result<Option<Word>, StoreError> {
        let id = user.clone();
        let kept = self
            .db
            .read("last word", move |tx| Box::pin(async move { notes::slack_user(tx, &id).await }))
            .await?;
        Ok(kept.and_then(|(body, at)| Some(Word { said: serde_json::from_str(&body).ok()?, at })))
    }

    /// Asks Slack about a user, and remembers the answer.
    async fn ask_who(&self, user: &SlackUserId) -> Result<Result<SlackUser, Unanswered>, StoreError> {
        let now = self.clocks.wire.now();
        let said = match self.ports.directory.user(user).await {
            Ok(said) => said,
            Err(unanswered) => return Ok(Err(unanswered)),
        };
        let Ok(body) = serde_json::to_string(&said) else { return Ok(Ok(said)) };
        let id = user.clone();
        self.db
            .write("remember user", move |tx| {
                Box::pin(async move { notes::remember_slack_user(tx, &id, &body, now).await })
            })
            .await?;
        Ok(Ok(said))
    }

    /// The same about somebody of the configuration: that they are no member is told to the people who run the service.
    async fn asks_after(
        self: &Arc<Self>,
        user: &SlackUserId,
    ) -> Result<Result<SlackUser, Unanswered>, StoreError> {
        let said = match self.ask_who(user).await? {
            Ok(said) => said,
            Err(unanswered) => return Ok(Err(unanswered)),
        };
        let Some(person) = self.person_of(user).cloned() else { return Ok(Ok(said)) };
        let (engine, now) = (self.clone(), self.clocks.wire.now());
        let slack_says = words::people::standing(said.kind);
        let told = self.db.write("no member", move |tx| {
            Box::pin(async move {
                let name = person.as_str();
                let Some(slack_says) = slack_says else {
                    return remembered::forget(tx, NO_MEMBER, name).await.map(|_| false);
                };
                let since = DateTime::UNIX_EPOCH;
                let is_news = remembered::becomes(tx, (NO_MEMBER, name), slack_says, now, since).await?;
                if is_news {
                    let what = Warning::NoMember { person, slack_says: slack_says.to_owned() };
                    engine.post(tx, None, &[Effect::TellAdmins { what }]).await?;
                }
                Ok::<_, StoreError>(is_news)
            })
        });
        if told.await? {
            self.nudges.outbox.want_any();
        }
        Ok(Ok(said))
    }

    /// Whether it matters that something about a user has changed: they are of the configuration, or asked lately.
    pub(super) async fn is_known(&self, user: &SlackUserId) -> Result<bool, StoreError> {
        Ok(self.person_of(user).is_some() || self.last_word(user).await?.is_some())
    }

    /// Something about a user has changed: Slack is asked what they are now. When it does not say, it is asked again a moment later.
    pub(super) async fn has_changed(
        self: &Arc<Self>,
        letter: Letter,
        user: &SlackUserId,
    ) -> Result<(), StoreError> {
        if let Err(Unanswered { why }) = self.asks_after(user).await? {
            tracing::info!(error = %why, "what somebody has become is asked again");
            if let Some(Word { said, .. }) = self.last_word(user).await?
                && let Ok(body) = serde_json::to_string(&said)
            {
                let (id, long_ago) = (user.clone(), self.clocks.wire.now() - BELIEVED_FOR * 2);
                let doubted = self.db.write("doubt user", move |tx| {
                    Box::pin(async move { notes::remember_slack_user(tx, &id, &body, long_ago).await })
                });
                let doubted: Result<(), StoreError> = doubted.await;
                doubted?;
            }
            self.acquainted.again_at(self.clocks.wire.now() + LOOKED_AGAIN);
        }
        self.answer_letter(letter, vec![]).await
    }

    /// Asks Slack about people of the configuration of whom it said nothing lately.
    ///
    /// # Errors
    /// When the database does not answer; they are asked about a moment later.
    pub async fn tick_standing(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let now = self.clocks.wire.now();
        if !self.acquainted.is_due(now) {
            return Ok(Progress::None);
        }
        let people = self.settings.house.people.values();
        let mut old: Vec<(DateTime<Utc>, SlackUserId)> = vec![];
        for user in people.filter_map(|person| person.slack.clone()) {
            let at = self.last_word(&user).await?.map_or(DateTime::UNIX_EPOCH, |word| word.at);
            if now - at >= BELIEVED_FOR {
                old.push((at, user));
            }
        }
        old.sort();
        let mut wait = if old.len() > ASKED_IN_ONE_GO { LOOKED_AGAIN } else { LOOKED_EVERY };
        for (_, user) in old.iter().take(ASKED_IN_ONE_GO) {
            if let Err(Unanswered { why }) = self.asks_after(user).await? {
                tracing::debug!(error = %why, "who somebody is, is asked again");
                wait = LOOKED_AGAIN;
                break;
            }
        }
        self.acquainted.again_at(now + wait);
        Ok(Progress::of(!old.is_empty()))
    }
}

/// Keeps acquainted with the people of the configuration.
pub(super) async fn run(in_force: &InForce, stopped: watch::Receiver<bool>) {
    regularly(in_force, stopped, LOOK_EVERY, |engine| async move {
        if let Err(error) = engine.tick_standing().await {
            tracing::warn!(error = %error, "who people are cannot be looked at; it is looked at again");
        }
    })
    .await;
}
