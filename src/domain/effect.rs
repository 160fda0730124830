//! Things to do outside, as data: written in the same transaction as the state that asks for them.
//!
//! An effect says *what* to do, never the words of it: whoever performs it looks at the incident as it is then, so edits
//! coalesce and nothing stale is sent.

use serde::{Deserialize, Serialize};

use super::people::ContactMethod;
use crate::ids::{ChannelId, IncidentId, PageId, PersonId, SlackUserId};

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
    /// Bring every sent direct message of the incident up to date.
    RefreshPages,
    /// Post the line in the announcement channel.
    Announce,
    /// Bring that line up to date.
    RefreshAnnouncement,
    /// Tell the announcement channel that a whole round of the ladder passed unanswered.
    Shout {
        /// The round that passed.
        round: u32,
    },
    /// Open the incident's channel.
    OpenChannel,
    /// Post the card in the channel and pin it.
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
    /// Say one timeline event in the incident's channel or thread.
    Say {
        /// The event's number in the incident's timeline.
        seq: i64,
    },
    /// Tell the admin channel something that needs a human.
    TellAdmins {
        /// What.
        what: Warning,
    },
    /// Draft, or redraft, the post-mortem from the recorded facts.
    DraftPostmortem,
    /// Show the draft in the channel.
    SharePostmortem,
    /// Write the copy of the post-mortem on disk.
    CopyPostmortem,
    /// Answer the person who typed or clicked.
    Answer {
        /// Where.
        to: ReplyTo,
        /// What, as mrkdwn that is already escaped.
        text: String,
        /// The buttons under it.
        choices: Vec<Choice>,
    },
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

/// Something that the people who run the bot must hear of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum Warning {
    /// No severity rule matched this value.
    UnmatchedSeverity {
        /// The `severity` value seen, if any.
        value: Option<String>,
    },
    /// A step of a ladder found nobody who can be reached.
    NobodyToPage {
        /// The schedule's name.
        schedule: String,
        /// The policy's name.
        policy: String,
        /// The step, from 1.
        step: u32,
    },
    /// Every method of a person failed.
    PersonUnreachable {
        /// Whom.
        person: PersonId,
        /// The last error.
        error: String,
    },
    /// A source sends bodies without usable alerts.
    UnusableWebhook {
        /// The source's name.
        source: String,
        /// What is wrong with them.
        why: String,
    },
    /// Slack refuses something for good.
    SlackRefused {
        /// What was to be done.
        what: String,
        /// Slack's reason.
        why: String,
    },
}

/// Effects of one lane are performed in order; lanes do not wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A page waits for nothing.
    Page(PageId),
    /// The channel, card, thread and announcement of one incident.
    Room(IncidentId),
    /// Edits of the direct messages of one incident.
    DirectMessages(IncidentId),
    /// What the people who run the bot are told.
    Admins,
    /// Drafting and copying the post-mortem.
    Postmortem(IncidentId),
    /// The answer to one question.
    Answer(String),
}

impl Lane {
    /// The lane as one word, as stored.
    pub fn name(&self) -> String {
        match self {
            Self::Page(page) => format!("page/{page}"),
            Self::Room(incident) => format!("room/{incident}"),
            Self::DirectMessages(incident) => format!("dm/{incident}"),
            Self::Admins => "admins".to_owned(),
            Self::Postmortem(incident) => format!("postmortem/{incident}"),
            Self::Answer(question) => format!("answer/{question}"),
        }
    }
}

impl Effect {
    /// The variant's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Page { .. } => "page",
            Self::RefreshPages => "refresh_pages",
            Self::Announce => "announce",
            Self::RefreshAnnouncement => "refresh_announcement",
            Self::Shout { .. } => "shout",
            Self::OpenChannel => "open_channel",
            Self::PostCard => "post_card",
            Self::PinCard => "pin_card",
            Self::RefreshCard => "refresh_card",
            Self::SetTopic => "set_topic",
            Self::Bookmark => "bookmark",
            Self::Invite { .. } => "invite",
            Self::Say { .. } => "say",
            Self::TellAdmins { .. } => "tell_admins",
            Self::DraftPostmortem => "draft_postmortem",
            Self::SharePostmortem => "share_postmortem",
            Self::CopyPostmortem => "copy_postmortem",
            Self::Answer { .. } => "answer",
        }
    }

    /// Where it queues, when it is about that incident.
    pub fn lane(&self, incident: IncidentId) -> Lane {
        match self {
            Self::Page { page, .. } => Lane::Page(page.clone()),
            Self::RefreshPages => Lane::DirectMessages(incident),
            Self::TellAdmins { .. } => Lane::Admins,
            Self::DraftPostmortem | Self::CopyPostmortem => Lane::Postmortem(incident),
            Self::Answer { to, .. } => Lane::Answer(to.question.clone()),
            Self::Announce
            | Self::RefreshAnnouncement
            | Self::Shout { .. }
            | Self::OpenChannel
            | Self::PostCard
            | Self::PinCard
            | Self::RefreshCard
            | Self::SetTopic
            | Self::Bookmark
            | Self::Invite { .. }
            | Self::Say { .. }
            | Self::SharePostmortem => Lane::Room(incident),
        }
    }

    /// The contact method of a page.
    pub const fn method(&self) -> Option<ContactMethod> {
        match self {
            Self::Page { method, .. } => Some(*method),
            _ => None,
        }
    }

    /// Whether one waiting effect of this sort is as good as two: it shows the state at the time it is performed.
    pub fn coalesces(&self) -> bool {
        matches!(
            self,
            Self::RefreshPages
                | Self::RefreshAnnouncement
                | Self::RefreshCard
                | Self::SetTopic
                | Self::DraftPostmortem
                | Self::SharePostmortem
                | Self::CopyPostmortem
        )
    }
}
