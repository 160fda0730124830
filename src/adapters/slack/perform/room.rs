//! The incident's places: the announcement, the channel with its card, topic and bookmarks, and what is said there.

use std::time::Duration;

use super::once::Once;
use super::page::BEYOND_EDITING;
use super::shown::{self, fingerprint};
use super::{Failure, SlackPerformer};
use crate::adapters::slack::{Message as Content, Posted, SlackFault, To, Uninvited, Urgency, blocks};
use crate::domain::effect::{Place, Shout};
use crate::domain::incident::timeline::What;
use crate::domain::incident::{self as domain, Actor, Channel, Door, Message};
use crate::ids::{ChannelId, PersonId, SlackUserId};
use crate::ports::{GoesOn, Lost, Receipt, Shown, View};
use crate::words;
use crate::words::announcement::Posting;
use crate::words::mrkdwn;

/// The emoji under a message that is on the timeline.
const ON_TIMELINE: &str = "white_check_mark";
/// Refusals that are about the message, and will not change.
const BEYOND_REACTING: [&str; 6] = [
    "is_archived",
    "message_not_found",
    "not_reactable",
    "thread_locked",
    "too_many_emoji",
    "too_many_reactions",
];
/// The most bookmarks worth having.
const BOOKMARKS: usize = 10;

impl SlackPerformer {
    pub(super) async fn announce(&self, view: &View, shown: &Shown, once: &Once) -> Result<Receipt, Failure> {
        if let Some(announcement) = &view.incident.room.announcement {
            let edited = self.edit(announcement, &blocks::announcement(view, Posting::Edit), shown).await?;
            return Ok(edited.unwrap_or_else(|| Receipt::Posted(announcement.clone())));
        }
        let message = blocks::announcement(view, Posting::First);
        Ok(receipt(
            self.post_once_to_house(&self.announcements, &message, once, shown).await?,
            &message,
            shown,
        ))
    }

    pub(super) async fn refresh_announcement(&self, view: &View, shown: &Shown) -> Result<Receipt, Failure> {
        let Some(announcement) = &view.incident.room.announcement else { return Ok(Receipt::Nothing) };
        let edited = self.edit(announcement, &blocks::announcement(view, Posting::Edit), shown).await?;
        Ok(edited.unwrap_or(Receipt::Nothing))
    }

    pub(super) async fn shout(&self, view: &View, what: Shout, shown: &Shown) -> Result<Receipt, Failure> {
        self.post_to_house(&self.announcements, &blocks::shout(view, what), shown).await?;
        Ok(Receipt::Nothing)
    }

    /// Posts the card. Without a channel there is no place for it: that Slack refused one has been said.
    pub(super) async fn post_card(
        &self,
        view: &View,
        shown: &Shown,
        once: &Once,
    ) -> Result<Receipt, Failure> {
        let card = blocks::card(view);
        let room = &view.incident.room;
        if matches!(room.door, Door::Reopening(_)) {
            // With the reopening another one was asked for.
            return Ok(Receipt::Nothing);
        }
        if let Some(posted) = &room.card {
            let edited = self.edit(posted, &card, shown).await?;
            return Ok(edited.unwrap_or_else(|| Receipt::Posted(posted.clone())));
        }
        let Some(channel) = room.usable() else { return Ok(Receipt::Nothing) };
        let post = || self.post_once(To::Channel(&channel.id), &card, once, shown);
        Ok(match self.in_channel(&channel.id, post).await? {
            Ok(posted) => receipt(posted, &card, shown),
            Err(lost) => Receipt::Lost(lost),
        })
    }

    pub(super) async fn pin_card(&self, view: &View) -> Result<Receipt, Failure> {
        let room = &view.incident.room;
        let (Some(card), Some(channel)) = (&room.card, room.usable()) else { return Ok(Receipt::Nothing) };
        let posted = at(card);
        match self.in_channel(&channel.id, || self.client.pin(&posted)).await {
            Err(fault) if fault.code() == Some(NO_MESSAGE) => Ok(Receipt::Lost(Lost::Message(card.clone()))),
            pinned => Ok(nothing_or_lost(pinned?)),
        }
    }

    pub(super) async fn refresh_card(&self, view: &View, shown: &Shown) -> Result<Receipt, Failure> {
        let room = &view.incident.room;
        let Some(card) = room.card.as_ref().filter(|_| room.usable().is_some()) else {
            return Ok(Receipt::Nothing);
        };
        Ok(self.edit(card, &blocks::card(view), shown).await?.unwrap_or(Receipt::Nothing))
    }

    pub(super) async fn set_topic(&self, view: &View, shown: &Shown) -> Result<Receipt, Failure> {
        let Some(channel) = usable(view)? else { return Ok(Receipt::Nothing) };
        let topic = words::topic::topic(&view.incident);
        let update = || self.update_topic(&channel.id, &topic, shown);
        Ok(nothing_or_lost(self.in_channel(&channel.id, update).await?))
    }

    /// Adds the bookmarks that are missing. A workspace that has none to give does without.
    pub(super) async fn bookmark(&self, view: &View) -> Result<Receipt, Failure> {
        let Some(channel) = usable(view)? else { return Ok(Receipt::Nothing) };
        match self.add_bookmarks(view, channel).await {
            Ok(()) => Ok(Receipt::Nothing),
            Err(fault) => match Failure::from(fault) {
                Failure::Final { why } => {
                    tracing::warn!(incident.id = %view.incident.id, error = %why, "no bookmarks");
                    Ok(Receipt::Nothing)
                }
                later @ (Failure::Passing { .. } | Failure::Waiting { .. } | Failure::NotYet { .. }) => {
                    Err(later)
                }
            },
        }
    }

    async fn add_bookmarks(&self, view: &View, channel: &Channel) -> Result<(), SlackFault> {
        let wanted: Vec<_> = bookmarks(view);
        if wanted.is_empty() {
            return Ok(());
        }
        let there = self.client.list_bookmarks(&channel.id).await?;
        for (title, url) in wanted {
            let is_there = there.iter().any(|bookmark| {
                bookmark.link.as_deref().and_then(mrkdwn::button_url).is_some_and(|there| there == url)
            });
            if !is_there {
                self.client.add_bookmark(&channel.id, &title, &url).await?;
            }
        }
        Ok(())
    }

    /// Invites people; one who cannot come keeps nobody else out and fails nothing.
    pub(super) async fn invite(&self, view: &View, people: &[PersonId]) -> Result<Receipt, Failure> {
        let Some(channel) = usable(view)? else { return Ok(Receipt::Nothing) };
        let users: Vec<SlackUserId> = people.iter().filter_map(|id| view.slack_id(id)).cloned().collect();
        self.bring(view, channel, &users).await
    }

    /// Invites whoever is in another channel; one whose members cannot be seen brings nobody.
    pub(super) async fn bring_over(&self, view: &View, from: &ChannelId) -> Result<Receipt, Failure> {
        let Some(channel) = usable(view)? else { return Ok(Receipt::Nothing) };
        let members = match self.client.members(from).await {
            Ok(members) => members,
            Err(fault) if fault.is_retryable() => return Err(fault.into()),
            Err(fault) => {
                tracing::warn!(
                    incident.id = %view.incident.id, error = %fault, "nobody is brought over from another channel"
                );
                return Ok(Receipt::Nothing);
            }
        };
        let bot = &self.identity().await?.user_id;
        let users: Vec<SlackUserId> = members.into_iter().filter(|member| member != bot).collect();
        self.bring(view, channel, &users).await
    }

    async fn bring(&self, view: &View, channel: &Channel, users: &[SlackUserId]) -> Result<Receipt, Failure> {
        if users.is_empty() {
            return Ok(Receipt::Nothing);
        }
        let invite = || self.client.invite(&channel.id, users);
        let uninvited = match self.in_channel(&channel.id, invite).await? {
            Ok(uninvited) => uninvited,
            Err(lost) => return Ok(Receipt::Lost(lost)),
        };
        if uninvited.is_empty() {
            return Ok(Receipt::Nothing);
        }
        let who = |out: Uninvited| {
            tracing::info!(
                incident.id = %view.incident.id, reason = %out.code, "somebody could not be invited to the channel"
            );
            let person = view.house.people.keys().find(|id| view.slack_id(id) == Some(&out.user))?;
            Some(domain::Uninvited { person: person.clone(), code: out.code })
        };
        Ok(Receipt::Uninvited(uninvited.into_iter().filter_map(who).collect()))
    }

    pub(super) async fn say(
        &self,
        view: &View,
        place: Place,
        once: &Once,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let entry = view.entry.as_ref().ok_or(Failure::refused("there is no such event"))?;
        let message = blocks::event(view, entry);
        let room = &view.incident.room;
        match (&entry.what, view.goes_on.as_deref()) {
            (What::Nudged { asked, .. }, _) if room.channel.is_none() && room.announcement.is_none() => {
                // Before the incident has a place, whoever has it is asked directly.
                if let Some(user) = asked.iter().find_map(|actor| slack_user(view, actor)) {
                    self.post(To::Person(&user), &message, Urgency::Ordinary, None, shown).await?;
                    return Ok(Receipt::Nothing);
                }
            }
            (What::MergedInto { .. }, Some(GoesOn { channel: None, channel_wanted: true, .. }))
                if once.attempt() <= LOOKS =>
            {
                // Its channel is about to open; people want the link.
                let why = "what it was merged into has no channel yet".to_owned();
                return Err(Failure::Waiting { after: LOOK_AGAIN, why });
            }
            _ => {}
        }
        match self.post_in(place, view, &message, (once, shown)).await? {
            Ok(_said) if !entry.what.is_kept_true() => Ok(Receipt::Nothing),
            posted => Ok(kept(posted, &message, shown)),
        }
    }

    /// Brings the message that says an event up to date.
    pub(super) async fn refresh_told(
        &self,
        view: &View,
        seq: i64,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        if let (Some(told), Some(entry)) = (view.incident.room.told.get(&seq), &view.entry) {
            let edited = self.edit_there(told, view, &blocks::event(view, entry), shown).await?;
            return Ok(edited.unwrap_or(Receipt::Nothing));
        }
        Ok(Receipt::Nothing)
    }

    /// Reminds whoever owns an action item; one without direct messages where everybody reads it.
    pub(super) async fn remind_owner(
        &self,
        view: &View,
        n: u32,
        once: &Once,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let Some(item) = view.incident.action(n).filter(|item| item.done.is_none()) else {
            return Ok(Receipt::Nothing);
        };
        if let Some(user) = view.slack_id(&item.owner) {
            let message = blocks::reminder(view, item, &words::actions::reminder(view, item));
            self.post(To::Person(user), &message, Urgency::Ordinary, None, shown).await?;
            return Ok(Receipt::Nothing);
        }
        let message = blocks::reminder(view, item, &words::actions::reminder_to_all(view, item));
        match self.post_in(view.incident.place(), view, &message, (once, shown)).await? {
            Ok(_said) => Ok(Receipt::Nothing),
            // Nothing of its own lane opens the channel.
            Err(Receipt::Behind) => Err(Failure::passing("the channel is being opened again")),
            Err(instead) => Ok(instead),
        }
    }

    /// Shows that a message is on the timeline. One that takes no sign is let be: the timeline has it all the same.
    pub(super) async fn react(&self, message: &Message) -> Result<Receipt, Failure> {
        match self.client.add_reaction(&message.channel, &message.ts, ON_TIMELINE).await {
            Err(fault) if fault.code().is_some_and(|code| BEYOND_REACTING.contains(&code)) => {
                tracing::info!(error = %fault, "a message on the timeline goes without a sign");
                Ok(Receipt::Nothing)
            }
            reacted => reacted.map(|()| Receipt::Nothing).map_err(Failure::from),
        }
    }

    pub(super) async fn share_postmortem(
        &self,
        view: &View,
        place: Place,
        once: &Once,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let draft = view.postmortem.as_ref().ok_or(Failure::refused("there is no post-mortem"))?;
        let message = blocks::postmortem(view, &draft.markdown);
        Ok(kept(self.post_in(place, view, &message, (once, shown)).await?, &message, shown))
    }

    /// Brings the message that shows the draft up to date; those before it say where it is.
    pub(super) async fn refresh_postmortem(&self, view: &View, shown: &Shown) -> Result<Receipt, Failure> {
        let Some((latest, earlier)) = view.incident.room.drafts.split_last() else {
            return Ok(Receipt::Nothing);
        };
        let draft = view.postmortem.as_ref().ok_or(Failure::refused("there is no post-mortem"))?;
        let mut lost =
            self.edit_there(latest, view, &blocks::postmortem(view, &draft.markdown), shown).await?;
        for moved in earlier {
            lost = self.edit_there(moved, view, &blocks::postmortem_moved(view), shown).await?.or(lost);
        }
        Ok(lost.unwrap_or(Receipt::Nothing))
    }

    /// Reminds whoever writes the post-mortem; the channel was told as well, so one without direct messages is.
    pub(super) async fn remind_reviewer(
        &self,
        view: &View,
        person: &PersonId,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        if let (Some(user), Some(due_at)) = (view.slack_id(person), view.incident.awaited_at()) {
            let message = blocks::review_due(view, due_at);
            self.post(To::Person(user), &message, Urgency::Ordinary, None, shown).await?;
        }
        Ok(Receipt::Nothing)
    }

    /// Asks whoever had the incident how it went.
    pub(super) async fn ask_feedback(
        &self,
        view: &View,
        place: Place,
        once: &Once,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let message = blocks::feedback(view);
        Ok(kept(self.post_in(place, view, &message, (once, shown)).await?, &message, shown))
    }

    pub(super) async fn refresh_feedback(&self, view: &View, shown: &Shown) -> Result<Receipt, Failure> {
        let Some(asked) = &view.incident.room.feedback else { return Ok(Receipt::Nothing) };
        let edited = self.edit_there(asked, view, &blocks::feedback(view), shown).await?;
        Ok(edited.unwrap_or(Receipt::Nothing))
    }

    /// Posts where the incident is talked about; when there is no such place, in the other one. The inner error is what to do
    /// instead.
    async fn post_in(
        &self,
        place: Place,
        view: &View,
        message: &Content,
        (once, shown): (&Once, &Shown),
    ) -> Result<Result<Option<Posted>, Receipt>, Failure> {
        let room = &view.incident.room;
        if place == Place::Channel && matches!(room.door, Door::Reopening(_)) {
            return Ok(Err(Receipt::Behind));
        }
        let channel = room.usable();
        let thread = room.announcement.as_ref();
        // A thread is read by everybody: of a private incident nothing is said there. Its timeline has it.
        if view.incident.privacy.is_private() && (place == Place::Thread || channel.is_none()) {
            return Ok(Ok(None));
        }
        match (place, channel, thread) {
            (Place::Channel, Some(channel), _) | (Place::Thread, Some(channel), None) => {
                let post = || self.post_once(To::Channel(&channel.id), message, once, shown);
                let posted = self.in_channel(&channel.id, post).await?;
                Ok(posted.map(Some).map_err(Receipt::Lost))
            }
            (Place::Channel, None, Some(line)) | (Place::Thread, _, Some(line)) => {
                let to = To::Thread(&line.channel, &line.ts);
                match self.post_once(to, message, once, shown).await {
                    Err(fault) if fault.code().is_some_and(|code| NO_THREAD.contains(&code)) => {
                        Ok(Err(Receipt::Lost(Lost::Message(line.clone()))))
                    }
                    posted => Ok(Ok(Some(posted?))),
                }
            }
            // Slack refused the channel, and the announcement has a lane of its own: it may be on its way.
            (Place::Channel | Place::Thread, None, None) if once.attempt() <= LOOKS => {
                Err(Failure::NotYet { why: "the incident has no place yet" })
            }
            (Place::Channel | Place::Thread, None, None) => {
                Err(Failure::refused("the incident has neither a channel nor an announcement"))
            }
        }
    }

    /// The same with one of many messages, which stays as it is while its channel cannot be used.
    async fn edit_there(
        &self,
        message: &Message,
        view: &View,
        content: &Content,
        shown: &Shown,
    ) -> Result<Option<Receipt>, Failure> {
        let room = &view.incident.room;
        let is_there = room.channel.as_ref().is_some_and(|channel| channel.id == message.channel);
        if is_there && room.usable().is_none() {
            return Ok(None);
        }
        self.edit(message, content, shown).await
    }

    /// Replaces a message of ours; one that can no longer be edited is let be. What is not there any more is told.
    async fn edit(
        &self,
        message: &Message,
        content: &Content,
        shown: &Shown,
    ) -> Result<Option<Receipt>, Failure> {
        match self.update(&at(message), content, shown).await {
            Err(fault) if fault.code().is_some_and(|code| GONE.contains(&code)) => {
                Ok(Some(Receipt::Lost(Lost::Message(message.clone()))))
            }
            Err(fault) if fault.code().is_some_and(|code| BEYOND_EDITING.contains(&code)) => {
                tracing::info!(error = %fault, "a message of ours is left as it is");
                Ok(None)
            }
            edited => Ok(edited.map(|()| None)?),
        }
    }
}

/// How long it is waited for a channel that is about to open.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

fn nothing_or_lost<T>(done: Result<T, Lost>) -> Receipt {
    match done {
        Ok(_done) => Receipt::Nothing,
        Err(lost) => Receipt::Lost(lost),
    }
}

/// What became of a message that is kept up to date.
fn kept(posted: Result<Option<Posted>, Receipt>, content: &Content, shown: &Shown) -> Receipt {
    match posted {
        Ok(Some(posted)) => receipt(posted, content, shown),
        Ok(None) => Receipt::Nothing,
        Err(instead) => instead,
    }
}

/// Slack's words for a message that is not there, or whose channel is not.
const GONE: [&str; 2] = ["channel_not_found", NO_MESSAGE];
/// Slack's word for a message that is not there.
const NO_MESSAGE: &str = "message_not_found";
/// Slack's words for a thread whose head is not there.
const NO_THREAD: [&str; 3] = ["cannot_reply_to_message", "message_not_found", "thread_not_found"];

/// What has no place is looked at so often.
const LOOKS: i64 = 6;

/// The channel, if it can be used. What there is to do in one that cannot is asked for again when it is open.
fn usable(view: &View) -> Result<Option<&Channel>, Failure> {
    let room = &view.incident.room;
    if room.channel.is_none() { Err(Failure::NO_CHANNEL) } else { Ok(room.usable()) }
}

fn slack_user(view: &View, actor: &Actor) -> Option<SlackUserId> {
    match actor {
        Actor::Person(person) => view.slack_id(person).cloned(),
        Actor::Slack(user) => Some(user.clone()),
        Actor::Token(_) | Actor::PagerDuty(_) | Actor::Source(_) | Actor::Bot => None,
    }
}

fn at(message: &Message) -> Posted {
    Posted { channel: message.channel.clone(), ts: message.ts.clone() }
}

fn receipt(posted: Posted, content: &Content, shown: &Shown) -> Receipt {
    shown.note(shown::place(&posted), Some(fingerprint(content)));
    Receipt::Posted(Message { channel: posted.channel, ts: posted.ts })
}

/// Runbook and dashboards, under names that fit.
fn bookmarks(view: &View) -> Vec<(String, url::Url)> {
    let runbook = view.runbook.iter().filter_map(|runbook| Some(("Runbook", runbook.url.as_deref()?)));
    let dashboards =
        view.dashboards.iter().map(|dashboard| (dashboard.title.as_str(), dashboard.url.as_str()));
    runbook
        .chain(dashboards)
        .filter_map(|(title, address)| {
            Some((words::saying::line(title, TITLE), mrkdwn::button_url(address)?))
        })
        .map(|(title, url)| (if title.is_empty() { "Dashboard".to_owned() } else { title }, url))
        .take(BOOKMARKS)
        .collect()
}

/// So much of a bookmark's name is shown.
const TITLE: usize = 100;
