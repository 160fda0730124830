//! Things to do outside, as data: written in the same transaction as the state that asks for them.
//!
//! An effect says *what* to do, never the words of it: whoever performs it looks at the incident as it is then, so edits
//! coalesce and nothing stale is sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::incident::pagerduty::EventAction;
use super::incident::{Actor, Message};
use super::page::Digest;
use super::people::ContactMethod;
use super::silence::Wish;
use crate::ids::{ChannelId, IncidentId, PageId, PersonId, ScheduleId, SlackUserId};

pub use super::form::{Form, OpenForm};
pub use super::lane::Lane;
pub use super::warning::Warning;

/// What everybody in the announcement channel is told by a message of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shout {
    /// This round of the ladder passed unanswered.
    Unanswered(u32),
    /// It has become so bad that it takes everybody.
    AllHands,
}

/// One thing to do outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Wake somebody: one ledger row.
    Page {
        /// Which row.
        page: PageId,
        /// By what: pages by different methods do not wait for each other.
        method: ContactMethod,
        /// 0 for the first sending, then the number of the repeat.
        repeat: u32,
    },
    /// Wake somebody once about every incident that waited for the opening: the ledger rows of this digest and method.
    PageDigest {
        /// Which digest.
        digest: Digest,
        /// By which method.
        method: ContactMethod,
        /// 0 for the first sending, then the number of the repeat.
        repeat: u32,
    },
    /// Bring every sent direct message of the incident up to date.
    RefreshPages,
    /// Bring the direct messages of a digest up to date.
    RefreshDigest {
        /// Which digest.
        digest: Digest,
    },
    /// End the call of a page that nobody needs any more, if it still rings.
    HangUp {
        /// Which row.
        page: PageId,
    },
    /// Post the line in the announcement channel.
    Announce,
    /// Bring that line up to date.
    RefreshAnnouncement,
    /// Tell the announcement channel what its line cannot tell, because an edit calls nobody.
    Shout {
        /// What.
        what: Shout,
    },
    /// Open the incident's channel: the first one, or again, or another in its place.
    OpenChannel,
    /// Archive the channel of an incident that is closed.
    ArchiveChannel,
    /// Post the card in the channel. Asked for together with the channel, so that nothing said meanwhile comes before it.
    PostCard,
    /// Pin the card.
    PinCard,
    /// Bring the card up to date.
    RefreshCard,
    /// Bring the channel's topic up to date.
    SetTopic,
    /// Put runbook and dashboards on the channel's bookmark bar.
    Bookmark,
    /// Bring people into the channel.
    Invite {
        /// Whom.
        people: Vec<PersonId>,
    },
    /// Bring whoever is in another channel into this one.
    BringOver {
        /// Which.
        from: ChannelId,
    },
    /// Say one timeline event.
    Say {
        /// The event's number in the incident's timeline.
        seq: i64,
        /// Where.
        place: Place,
    },
    /// Bring the message that says an event up to date.
    RefreshTold {
        /// The event's number in the incident's timeline.
        seq: i64,
    },
    /// Remind the owner of an action item, unless it is done by now.
    RemindOwner {
        /// Its number inside the incident.
        item: u32,
    },
    /// Remind somebody of a post-mortem, unless it is published or declined by now.
    RemindReviewer {
        /// Whom.
        person: PersonId,
    },
    /// Ask whoever had the incident how it went.
    AskFeedback {
        /// Where.
        place: Place,
    },
    /// Bring these questions up to date.
    RefreshFeedback,
    /// Show under a message that it is on the timeline.
    React {
        /// Which message.
        message: Message,
    },
    /// Tell the admin channel something that needs a human.
    TellAdmins {
        /// What.
        what: Warning,
    },
    /// Draft, or redraft, the post-mortem from the recorded facts.
    DraftPostmortem,
    /// Show the draft.
    SharePostmortem {
        /// Where.
        place: Place,
    },
    /// Bring the messages that show the draft up to date.
    RefreshPostmortem,
    /// Write the copy of the post-mortem on disk.
    CopyPostmortem,
    /// Bring the copy in the channel's canvas up to date.
    CopyToCanvas {
        /// The canvas, when there is one of ours; whoever performs it finds out.
        canvas: Option<String>,
    },
    /// Answer the person who typed or clicked.
    Answer {
        /// Where.
        to: ReplyTo,
        /// What, as mrkdwn that is already escaped.
        text: String,
        /// The buttons under it.
        choices: Vec<Choice>,
    },
    /// Tell one person something, directly.
    Tell {
        /// Whom.
        user: SlackUserId,
        /// What, as mrkdwn that is already escaped.
        text: String,
        /// The buttons under it.
        choices: Vec<Choice>,
    },
    /// Ask one person whether they exchange shifts.
    AskSwap {
        /// Which question.
        id: i64,
        /// Whom.
        user: SlackUserId,
        /// What, as mrkdwn that is already escaped.
        text: String,
        /// The buttons under it.
        choices: Vec<Choice>,
    },
    /// Put other words in the place of a message to one person, without buttons.
    Reword {
        /// Whom.
        user: SlackUserId,
        /// Which message.
        message: Message,
        /// What it says from now on, as mrkdwn that is already escaped.
        text: String,
    },
    /// Tell the whole team something, in the announcement channel.
    TellTeam {
        /// What, as mrkdwn that is already escaped.
        text: String,
    },
    /// Tell PagerDuty, which watches beside the ladder.
    TellPagerDuty {
        /// What.
        event: EventAction,
    },
    /// Let the user group of a schedule hold one person.
    SetUsergroup {
        /// Of which schedule.
        schedule: ScheduleId,
        /// The group: a handle without `@`, or an id.
        group: String,
        /// Whom.
        user: SlackUserId,
    },
    /// Send somebody a test page by one method, once.
    TestPage {
        /// Which test page.
        id: i64,
        /// Whom.
        person: PersonId,
        /// By which schedule they have come on call; `None` when they asked for it.
        schedule: Option<ScheduleId>,
        /// By what.
        method: ContactMethod,
    },
    /// Show somebody their App Home as it is now.
    PublishHome {
        /// Whose.
        user: SlackUserId,
    },
    /// Silence alerts of the incident in Alertmanager.
    Silence {
        /// What somebody asked for.
        wish: Wish,
        /// Where they are answered.
        to: ReplyTo,
    },
    /// Have a silence last until then.
    ExtendSilence {
        /// Which of the incident's silences.
        n: u32,
        /// Until when, UTC.
        until: DateTime<Utc>,
        /// Who wants it.
        by: Actor,
        /// Where they are answered.
        to: ReplyTo,
    },
    /// End a silence.
    ExpireSilence {
        /// Which of the incident's silences.
        n: u32,
        /// Who wants it.
        by: Actor,
        /// Where they are answered.
        to: ReplyTo,
    },
    /// Show the person who typed or clicked a form to fill in.
    OpenForm {
        /// Where to answer when it cannot be shown.
        to: ReplyTo,
        /// Slack's leave to show one form within three seconds.
        trigger: String,
        /// Which form.
        form: Form,
    },
    /// Show something else in a form that somebody has open.
    UpdateForm {
        /// Where answers go.
        to: ReplyTo,
        /// What they have open.
        open: OpenForm,
        /// What it shows from now on.
        form: Form,
    },
}

/// Where an incident is talked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In its channel, open already or about to be.
    Channel,
    /// In the thread under its announcement.
    Thread,
}

/// Where an answer to one person goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTo {
    /// What identifies the question, so that answers to different questions do not wait for each other.
    pub question: String,
    /// Slack's address for answers; good for five uses in half an hour. Secret: never logged.
    pub response_url: Option<String>,
    /// Where the question was asked.
    pub channel: ChannelId,
    /// Who asked.
    pub user: SlackUserId,
}

/// A button under an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What it says.
    pub label: String,
    /// The button's `action_id`.
    pub action: String,
    /// The button's `value`.
    pub value: String,
}

impl Effect {
    /// The variant's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Page { .. } => "page",
            Self::PageDigest { .. } => "page_digest",
            Self::RefreshDigest { .. } => "refresh_digest",
            Self::RefreshPages => "refresh_pages",
            Self::HangUp { .. } => "hang_up",
            Self::Announce => "announce",
            Self::RefreshAnnouncement => "refresh_announcement",
            Self::Shout { .. } => "shout",
            Self::OpenChannel => "open_channel",
            Self::ArchiveChannel => "archive_channel",
            Self::PostCard => "post_card",
            Self::PinCard => "pin_card",
            Self::RefreshCard => "refresh_card",
            Self::SetTopic => "set_topic",
            Self::Bookmark => "bookmark",
            Self::Invite { .. } => "invite",
            Self::BringOver { .. } => "bring_over",
            Self::Say { .. } => "say",
            Self::RefreshTold { .. } => "refresh_told",
            Self::RemindOwner { .. } => "remind_owner",
            Self::RemindReviewer { .. } => "remind_reviewer",
            Self::AskFeedback { .. } => "ask_feedback",
            Self::RefreshFeedback => "refresh_feedback",
            Self::React { .. } => "react",
            Self::TellAdmins { .. } => "tell_admins",
            Self::DraftPostmortem => "draft_postmortem",
            Self::SharePostmortem { .. } => "share_postmortem",
            Self::RefreshPostmortem => "refresh_postmortem",
            Self::CopyPostmortem => "copy_postmortem",
            Self::CopyToCanvas { .. } => "copy_to_canvas",
            Self::Answer { .. } => "answer",
            Self::Silence { .. } => "silence",
            Self::ExtendSilence { .. } => "extend_silence",
            Self::ExpireSilence { .. } => "expire_silence",
            Self::OpenForm { .. } => "open_form",
            Self::UpdateForm { .. } => "update_form",
            Self::PublishHome { .. } => "publish_home",
            Self::Tell { .. } => "tell",
            Self::AskSwap { .. } => "ask_swap",
            Self::Reword { .. } => "reword",
            Self::TellTeam { .. } => "tell_team",
            Self::TellPagerDuty { .. } => "tell_pagerduty",
            Self::SetUsergroup { .. } => "set_usergroup",
            Self::TestPage { .. } => "test_page",
        }
    }

    /// The contact method of a page that leaves by itself.
    pub const fn method(&self) -> Option<ContactMethod> {
        match self {
            Self::Page { method, .. } => Some(*method),
            _ => None,
        }
    }

    /// Whether it is owed although the channel is lost: it is done in the next one, or in the thread. What only shows how things
    /// stand is asked for anew with each channel.
    pub const fn is_owed(&self) -> bool {
        matches!(
            self,
            Self::Say { .. }
                | Self::SharePostmortem { .. }
                | Self::AskFeedback { .. }
                | Self::RemindOwner { .. }
        )
    }

    /// Where it queues, when it is about that incident.
    pub fn lane(&self, incident: IncidentId) -> Lane {
        match self {
            Self::Page { page, .. } => Lane::Page(page.clone()),
            Self::PageDigest { digest, method, repeat } => Lane::Digest(digest.clone(), *method, *repeat),
            Self::RefreshDigest { digest } => Lane::DigestMessages(digest.clone()),
            Self::RefreshPages => Lane::DirectMessages(incident),
            Self::HangUp { page } => Lane::Call(page.clone()),
            Self::RefreshTold { seq } => Lane::Told(incident, *seq),
            Self::RemindOwner { item } => Lane::Reminder(incident, *item),
            Self::RemindReviewer { .. } => Lane::Reviewer(incident),
            Self::RefreshFeedback => Lane::Feedback(incident),
            Self::React { message } => Lane::Sign(message.clone()),
            Self::Silence { .. } | Self::ExtendSilence { .. } | Self::ExpireSilence { .. } => {
                Lane::Silences(incident)
            }
            Self::TellAdmins { .. } => Lane::Admins,
            Self::DraftPostmortem | Self::CopyPostmortem => Lane::Postmortem(incident),
            Self::RefreshPostmortem => Lane::Drafts(incident),
            Self::CopyToCanvas { .. } => Lane::Canvas(incident),
            Self::Answer { to, .. } | Self::OpenForm { to, .. } | Self::UpdateForm { to, .. } => {
                Lane::Answer(to.question.clone())
            }
            Self::PublishHome { user } => Lane::Home(user.clone()),
            Self::Tell { user, .. } | Self::AskSwap { user, .. } | Self::Reword { user, .. } => {
                Lane::Person(user.clone())
            }
            Self::TellTeam { .. } => Lane::Team,
            Self::TellPagerDuty { .. } => Lane::PagerDuty(incident),
            Self::SetUsergroup { schedule, .. } => Lane::Usergroup(schedule.clone()),
            Self::TestPage { id, method, .. } => Lane::TestPage(*id, *method),
            Self::OpenChannel
            | Self::ArchiveChannel
            | Self::PostCard
            | Self::Say { place: Place::Channel, .. }
            | Self::AskFeedback { place: Place::Channel }
            | Self::SharePostmortem { place: Place::Channel } => Lane::Room(incident),
            Self::Announce
            | Self::RefreshAnnouncement
            | Self::Shout { .. }
            | Self::Say { place: Place::Thread, .. }
            | Self::AskFeedback { place: Place::Thread }
            | Self::SharePostmortem { place: Place::Thread } => Lane::Announcement(incident),
            Self::RefreshCard => Lane::Card(incident),
            Self::Invite { .. } | Self::BringOver { .. } => Lane::Guests(incident),
            Self::PinCard | Self::SetTopic | Self::Bookmark => Lane::Furniture(incident),
        }
    }

    /// The names of all but pages, which wait for nobody.
    pub const DECORATION: [&'static str; 43] = [
        "refresh_pages",
        "hang_up",
        "announce",
        "refresh_announcement",
        "shout",
        "open_channel",
        "archive_channel",
        "post_card",
        "pin_card",
        "refresh_card",
        "set_topic",
        "bookmark",
        "invite",
        "bring_over",
        "say",
        "refresh_told",
        "remind_owner",
        "remind_reviewer",
        "ask_feedback",
        "refresh_feedback",
        "react",
        "tell_admins",
        "draft_postmortem",
        "share_postmortem",
        "refresh_postmortem",
        "copy_postmortem",
        "copy_to_canvas",
        "answer",
        "open_form",
        "silence",
        "extend_silence",
        "expire_silence",
        "update_form",
        "publish_home",
        "tell",
        "ask_swap",
        "reword",
        "tell_team",
        "tell_pagerduty",
        "set_usergroup",
        "test_page",
        "page_digest",
        "refresh_digest",
    ];

    /// Whether one waiting effect of this sort is as good as two: it shows the state at the time it is performed.
    pub fn coalesces(&self) -> bool {
        matches!(
            self,
            Self::PageDigest { .. }
                | Self::RefreshDigest { .. }
                | Self::RefreshPages
                | Self::RefreshAnnouncement
                | Self::RefreshCard
                | Self::RefreshTold { .. }
                | Self::RemindOwner { .. }
                | Self::RemindReviewer { .. }
                | Self::RefreshFeedback
                | Self::SetTopic
                | Self::DraftPostmortem
                | Self::SharePostmortem { .. }
                | Self::RefreshPostmortem
                | Self::CopyPostmortem
                | Self::CopyToCanvas { .. }
                | Self::PublishHome { .. }
        )
    }
}
