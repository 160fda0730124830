//! Performs effects in Slack: which calls an effect needs, and what their answers mean for it.
//!
//! Every effect may come twice, and after an attempt of unknown outcome; what exists already is found again or left as it
//! is. Nothing here decides what should happen.

mod canvas;
mod channel;
mod house_channel;
mod looks;
mod once;
mod outcome;
mod page;
mod room;
mod shown;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use self::house_channel::HouseChannel;
use self::once::Once;
use self::outcome::Failure;
use super::{Identity, Message, Method, OpenedView, SlackClient, SlackFault, To, Urgency, blocks};
use crate::domain::effect::{Choice, Effect, Form, OpenForm, ReplyTo, Warning};
use crate::domain::incident as domain;
use crate::ids::{ScheduleId, SlackUserId};
use crate::ports::{About, Errand, Pace, Perform, Performed, Receipt, Shown, View};
use crate::words;
use crate::words::plain::Slashes;

/// Whoever had a form open has closed it, or chosen something else in it.
const IS_CLOSED: [&str; 3] = ["hash_conflict", "not_found", "view_not_found"];

/// What the bot's places and commands are called in this house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The channel that hears of every incident: a name without `#`, or an id.
    pub announce_channel: String,
    /// The channel that hears of trouble with the service itself: a name without `#`, or an id.
    pub admin_channel: String,
    /// The slash command about incidents, with the slash.
    pub incident_command: String,
    /// The slash command about schedules, with the slash.
    pub oncall_command: String,
    /// The services that can be chosen in forms.
    pub services: Vec<String>,
    /// The schedules that can be chosen in forms.
    pub schedules: Vec<String>,
}

/// Performs effects with one bot's client.
pub struct SlackPerformer {
    client: SlackClient,
    /// The bot itself, asked for once.
    identity: OnceCell<Identity>,
    announcements: HouseChannel,
    admins: HouseChannel,
    incident_command: String,
    oncall_command: String,
    choices: blocks::Choosable,
    disliked: looks::Disliked,
}

impl SlackPerformer {
    /// A performer that speaks with this client. Asks nothing yet.
    pub fn new(client: SlackClient, names: Names) -> Self {
        Self {
            client,
            identity: OnceCell::new(),
            announcements: HouseChannel::new("slack.announce_channel", names.announce_channel),
            admins: HouseChannel::new("slack.admin_channel", names.admin_channel),
            incident_command: names.incident_command,
            oncall_command: names.oncall_command,
            choices: blocks::Choosable { services: names.services, schedules: names.schedules },
            disliked: looks::Disliked::default(),
        }
    }

    async fn outcome(&self, errand: &Errand) -> Result<Receipt, Failure> {
        let shown = &*errand.shown;
        let view = || errand.about.incident().ok_or(Failure::NO_INCIDENT);
        match &errand.effect {
            Effect::Page { page, repeat, .. } => {
                let once = Once::of(errand, format!("page/{page}/{repeat}"));
                self.page(view()?, page, page::sending(*repeat, errand), &once, shown).await
            }
            Effect::PageDigest { repeat, .. } => match &errand.about {
                About::Several(several) => self.digest(several, page::sending(*repeat, errand), shown).await,
                About::Incident(_) | About::Nothing | About::Home(_) | About::Person(_) => {
                    Err(Failure::NO_INCIDENT)
                }
            },
            Effect::RefreshDigest { .. } => match &errand.about {
                About::Several(several) => self.refresh_digest(several, shown).await,
                About::Incident(view) => self.refresh_rows(view, &view.pages, shown).await,
                About::Nothing | About::Home(_) | About::Person(_) => Ok(Receipt::Nothing),
            },
            Effect::RefreshPages => self.refresh_pages(view()?, shown).await,
            Effect::Announce => {
                let view = view()?;
                let once = Once::of(errand, format!("{}/announcement", view.incident.id));
                self.announce(view, shown, &once).await
            }
            Effect::RefreshAnnouncement => self.refresh_announcement(view()?, shown).await,
            Effect::Shout { what } => self.shout(view()?, *what, shown).await,
            Effect::OpenChannel => self.open_channel(view()?, errand.attempt, errand.began_at).await,
            Effect::ArchiveChannel => self.archive_channel(view()?).await,
            Effect::PostCard => {
                let view = view()?;
                let once = Once::of(errand, format!("{}/card", view.incident.id));
                self.post_card(view, shown, &once).await
            }
            Effect::PinCard => self.pin_card(view()?).await,
            Effect::RefreshCard => self.refresh_card(view()?, shown).await,
            Effect::SetTopic => self.set_topic(view()?, shown).await,
            Effect::Bookmark => self.bookmark(view()?).await,
            Effect::Invite { people } => self.invite(view()?, people).await,
            Effect::BringOver { from } => self.bring_over(view()?, from).await,
            Effect::Say { seq, place } => {
                let view = view()?;
                let once = Once::of(errand, format!("{}/{seq}/{place:?}", view.incident.id));
                self.say(view, *place, &once, shown).await
            }
            Effect::RefreshTold { seq } => self.refresh_told(view()?, *seq, shown).await,
            Effect::RemindOwner { item } => {
                let view = view()?;
                let once = Once::of(errand, format!("{}/reminder/{item}", view.incident.id));
                self.remind_owner(view, *item, &once, shown).await
            }
            Effect::React { message } => self.react(message).await,
            Effect::SharePostmortem { place } => {
                let view = view()?;
                let once = Once::of(errand, format!("{}/postmortem", view.incident.id));
                self.share_postmortem(view, *place, &once, shown).await
            }
            Effect::AskFeedback { place } => {
                let view = view()?;
                let once = Once::of(errand, format!("{}/feedback", view.incident.id));
                self.ask_feedback(view, *place, &once, shown).await
            }
            Effect::RefreshFeedback => self.refresh_feedback(view()?, shown).await,
            Effect::RefreshPostmortem => self.refresh_postmortem(view()?, shown).await,
            Effect::CopyToCanvas { canvas } => {
                let in_doubt = errand.in_doubt > 0;
                self.copy_to_canvas(view()?, canvas.as_deref(), in_doubt, shown).await
            }
            Effect::RemindReviewer { person } => self.remind_reviewer(view()?, person, shown).await,
            Effect::TellAdmins { what } => self.tell_admins(errand.about.incident(), what, shown).await,
            Effect::Answer { to, text, choices } => self.answer(to, text, choices, shown).await,
            Effect::OpenForm { to, trigger, form } => {
                self.open_form(errand.about.incident(), to, (trigger, form), shown).await
            }
            Effect::UpdateForm { to, open, form } => self.update_form(view()?, to, open, form).await,
            Effect::Tell { user, text, choices } => self.tell(user, text, choices, shown).await,
            Effect::AskSwap { user, text, choices, .. } => {
                let posted = self.tell_in(user, text, choices, shown).await?;
                Ok(Receipt::Posted(domain::Message { channel: posted.channel, ts: posted.ts }))
            }
            Effect::Reword { message, text, .. } => self.reword(message, text, shown).await,
            Effect::TellTeam { text } => self.tell_team(text, shown).await,
            Effect::SetUsergroup { schedule, group, user } => self.set_usergroup(schedule, group, user).await,
            Effect::TestPage { id, schedule, .. } => {
                self.test_page(&errand.about, *id, schedule.as_ref(), shown).await
            }
            Effect::PublishHome { user } => self.publish_home(user, &errand.about).await,
            Effect::Silence { .. }
            | Effect::ExtendSilence { .. }
            | Effect::ExpireSilence { .. }
            | Effect::TellPagerDuty { .. }
            | Effect::HangUp { .. }
            | Effect::DraftPostmortem
            | Effect::CopyPostmortem => Err(Failure::refused("this is not done in slack")),
        }
    }

    async fn tell_admins(
        &self,
        view: Option<&View>,
        what: &Warning,
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let message = blocks::one_line(&words::admin::warning(what, view));
        self.post_to_house(&self.admins, &message, shown).await?;
        Ok(Receipt::Nothing)
    }

    /// The same, once.
    async fn post_once_to_house(
        &self,
        house: &HouseChannel,
        message: &Message,
        once: &Once,
        shown: &Shown,
    ) -> Result<super::Posted, Failure> {
        let channel = house.id(&self.client).await?;
        let posted = self.post_once(To::Channel(&channel), message, once, shown).await;
        posted.map_err(|fault| house.failure(&fault))
    }

    async fn tell_team(&self, text: &str, shown: &Shown) -> Result<Receipt, Failure> {
        self.post_to_house(&self.announcements, &blocks::one_line(text), shown).await?;
        Ok(Receipt::Nothing)
    }

    /// Lets a user group hold one person. A group is never emptied.
    async fn set_usergroup(
        &self,
        schedule: &ScheduleId,
        group: &str,
        user: &SlackUserId,
    ) -> Result<Receipt, Failure> {
        let name = group.trim_start_matches('@');
        let groups = self.client.list_usergroups().await?;
        let found = groups.into_iter().find(|known| known.id == name || known.handle == name);
        let Some(found) = found else {
            let why = format!(
                "there is no user group `{name}`; create it in slack or change `schedules.{schedule}.usergroup`"
            );
            return Err(Failure::Final { why: why.into() });
        };
        self.client.set_usergroup(&found.id, user).await?;
        Ok(Receipt::Nothing)
    }

    /// Posts in a channel of the house, and forgets where that is when it is no more.
    async fn post_to_house(
        &self,
        house: &HouseChannel,
        message: &Message,
        shown: &Shown,
    ) -> Result<super::Posted, Failure> {
        let channel = house.id(&self.client).await?;
        let posted = self.post(To::Channel(&channel), message, Urgency::Ordinary, None, shown).await;
        posted.map_err(|fault| house.failure(&fault))
    }

    /// Tells somebody something directly.
    async fn tell(
        &self,
        user: &SlackUserId,
        text: &str,
        choices: &[Choice],
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        self.tell_in(user, text, choices, shown).await?;
        Ok(Receipt::Nothing)
    }

    /// The same; the message that says it.
    async fn tell_in(
        &self,
        user: &SlackUserId,
        text: &str,
        choices: &[Choice],
        shown: &Shown,
    ) -> Result<super::Posted, SlackFault> {
        let message = blocks::answer(text, choices);
        self.post(To::Person(user), &message, Urgency::Ordinary, None, shown).await
    }

    /// Puts other words in the place of a message; one that can no longer be edited is let be.
    async fn reword(&self, message: &domain::Message, text: &str, shown: &Shown) -> Result<Receipt, Failure> {
        let posted = super::Posted { channel: message.channel.clone(), ts: message.ts.clone() };
        match self.replace(&posted, &blocks::one_line(text), shown).await {
            Err(fault) if fault.code().is_some_and(|code| page::BEYOND_EDITING.contains(&code)) => {
                tracing::info!(error = %fault, "a message of ours is left as it is");
                Ok(Receipt::Nothing)
            }
            replaced => Ok(replaced.map(|()| Receipt::Nothing)?),
        }
    }

    /// Answers where the question came from; when that way is closed, directly.
    async fn answer(
        &self,
        to: &ReplyTo,
        text: &str,
        choices: &[Choice],
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let message = blocks::answer(text, choices);
        if let Some(url) = to.response_url.as_deref().and_then(|url| Url::parse(url).ok()) {
            match self.respond(&url, &message, shown).await {
                Ok(()) => return Ok(Receipt::Nothing),
                Err(fault) if fault.is_retryable() && fault.outcome_unknown() => return Err(fault.into()),
                Err(fault) => tracing::info!(error = %fault, "an answer takes another way"),
            }
        }
        // What was clicked in the App Home has no channel.
        if to.channel.as_str() != to.user.as_str() {
            match self.show_only(&to.channel, &to.user, &message, shown).await {
                Ok(()) => return Ok(Receipt::Nothing),
                Err(fault) if fault.is_retryable() => return Err(fault.into()),
                Err(_not_in_the_channel) => {}
            }
        }
        self.post(To::Person(&to.user), &message, Urgency::Ordinary, None, shown).await?;
        Ok(Receipt::Nothing)
    }

    /// Shows a form; when Slack does not, says what to type instead. Its leave is short, so this is not tried twice.
    async fn open_form(
        &self,
        view: Option<&View>,
        to: &ReplyTo,
        (trigger, form): (&str, &Form),
        shown: &Shown,
    ) -> Result<Receipt, Failure> {
        let modal = blocks::form(form, view, &to.channel, &self.choices);
        let modal = modal.and_then(|modal| serde_json::to_value(modal).ok());
        let Some(modal) = modal else { return Err(Failure::refused("this form cannot be shown")) };
        let opened = match form {
            Form::Override { .. } => self.open_in_steps(trigger, form, &modal).await,
            Form::Declare { .. }
            | Form::Severity { .. }
            | Form::Update { .. }
            | Form::Silence { .. }
            | Form::Resolve { .. }
            | Form::Postmortem { .. }
            | Form::Section { .. } => self.client.views_open(trigger, &modal).await,
        };
        match opened {
            Ok(opened) => Ok(Receipt::Form(OpenForm { view: opened.id, hash: opened.hash })),
            Err(fault) => {
                tracing::warn!(error = %fault, "a form could not be shown");
                let text =
                    words::answers::instead_of_form(form, &self.incident_command, &self.oncall_command);
                self.answer(to, &text, &[], shown).await
            }
        }
    }

    /// Shows that something comes while Slack's leave lasts, and then the form: pickers take Slack its time.
    async fn open_in_steps(
        &self,
        trigger: &str,
        form: &Form,
        modal: &Value,
    ) -> Result<OpenedView, SlackFault> {
        let opened = self.client.views_open(trigger, &blocks::loading(form)).await?;
        self.client.views_update(&opened, modal).await
    }

    /// Shows something else in a form that is open; one that was closed, or has changed since, is let be.
    async fn update_form(
        &self,
        view: &View,
        to: &ReplyTo,
        open: &OpenForm,
        form: &Form,
    ) -> Result<Receipt, Failure> {
        let modal = blocks::form(form, Some(view), &to.channel, &self.choices);
        let modal = modal.and_then(|modal| serde_json::to_value(modal).ok());
        let Some(modal) = modal else { return Err(Failure::refused("this form cannot be shown")) };
        let opened = OpenedView { id: open.view.clone(), hash: open.hash.clone() };
        match self.client.views_update(&opened, &modal).await {
            Err(fault) if fault.code().is_some_and(|code| IS_CLOSED.contains(&code)) => {
                tracing::info!(error = %fault, "a form is left as it is");
                Ok(Receipt::Nothing)
            }
            updated => updated.map(|_opened| Receipt::Nothing).map_err(Failure::from),
        }
    }

    /// Shows somebody their App Home.
    async fn publish_home(&self, user: &SlackUserId, about: &About) -> Result<Receipt, Failure> {
        let About::Home(home) = about else {
            return Err(Failure::refused("nobody said what the home shows"));
        };
        let view = serde_json::to_value(blocks::home(home));
        let view = view.map_err(|_unwritable| Failure::refused("this home cannot be shown"))?;
        self.client.publish_home(user, &view).await?;
        Ok(Receipt::Nothing)
    }

    fn slashes(&self) -> Slashes<'_> {
        Slashes { incident: &self.incident_command, oncall: &self.oncall_command }
    }

    async fn identity(&self) -> Result<&Identity, SlackFault> {
        self.identity.get_or_try_init(|| self.client.auth_test()).await
    }
}

impl Perform for SlackPerformer {
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed> {
        self.outcome(errand).map(|outcome| outcome.map_or_else(Performed::from, Performed::Done)).boxed()
    }

    fn pace(&self, kind: &str) -> Pace {
        let (sort, method, channel) = match kind {
            "open_channel" => ("channels", Method::CreateChannel, None),
            "announce" | "shout" | "tell_team" => {
                ("announcements", Method::PostMessage, self.announcements.known())
            }
            "tell_admins" => ("admins", Method::PostMessage, self.admins.known()),
            "post_card" | "say" | "share_postmortem" | "tell" | "ask_swap" | "remind_owner"
            | "remind_reviewer" | "ask_feedback" => ("messages", Method::PostMessage, None),
            "refresh_card"
            | "refresh_announcement"
            | "refresh_pages"
            | "refresh_told"
            | "reword"
            | "refresh_postmortem"
            | "refresh_feedback" => ("edits", Method::UpdateMessage, None),
            "archive_channel" => ("archivings", Method::Archive, None),
            "set_topic" => ("topics", Method::SetTopic, None),
            "react" => ("reactions", Method::AddReaction, None),
            "pin_card" => ("pins", Method::Pin, None),
            "copy_to_canvas" => ("canvases", Method::EditCanvas, None),
            "bookmark" => ("bookmarks", Method::AddBookmark, None),
            "publish_home" => ("homes", Method::PublishView, None),
            "invite" | "bring_over" => ("invitations", Method::Invite, None),
            _ => return Pace::UNBOUND,
        };
        match self.client.free(method, channel) {
            Ok(free) => Pace { sort, free, again_at: None },
            Err(at) => Pace { sort, free: 0, again_at: Some(at) },
        }
    }
}

#[cfg(test)]
mod tests;
