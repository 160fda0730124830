//! In which queue an effect waits: what is in one lane happens in order, and lanes never wait for each other.

use super::incident::Message;
use super::page::Digest;
use super::people::ContactMethod;
use crate::ids::{IncidentId, PageId, ScheduleId, SlackUserId};

/// Effects of one lane are performed in order; lanes do not wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A page waits for nothing.
    Page(PageId),
    /// The end of a call.
    Call(PageId),
    /// A digest by one method, and each of its repeats.
    Digest(Digest, ContactMethod, u32),
    /// Edits of the direct messages of one digest.
    DigestMessages(Digest),
    /// The channel of one incident: that it opens, its card, and what is said there.
    Room(IncidentId),
    /// The line in the announcement channel, and what is said in the thread under it. The channel does not wait for it.
    Announcement(IncidentId),
    /// Edits of the card.
    Card(IncidentId),
    /// Who is brought into the channel.
    Guests(IncidentId),
    /// Topic, bookmarks and pin of the channel: Slack lets few of them through, and no line waits for them.
    Furniture(IncidentId),
    /// Edits of the direct messages of one incident.
    DirectMessages(IncidentId),
    /// Edits of the message that says one event.
    Told(IncidentId, i64),
    /// Reminders of one action item.
    Reminder(IncidentId, u32),
    /// Reminders of the post-mortem.
    Reviewer(IncidentId),
    /// Edits of the questions to whoever had the incident.
    Feedback(IncidentId),
    /// The sign under one message.
    Sign(Message),
    /// What is asked of Alertmanager about one incident.
    Silences(IncidentId),
    /// What the people who run the bot are told.
    Admins,
    /// Edits of the messages that show the draft.
    Drafts(IncidentId),
    /// Drafting and copying the post-mortem.
    Postmortem(IncidentId),
    /// The copy of the post-mortem in the channel's canvas.
    Canvas(IncidentId),
    /// The answer to one question.
    Answer(String),
    /// The App Home of one person.
    Home(SlackUserId),
    /// What one person is told, in order.
    Person(SlackUserId),
    /// What the whole team is told, in order.
    Team,
    /// What PagerDuty is told of one incident, in order.
    PagerDuty(IncidentId),
    /// The user group of one schedule.
    Usergroup(ScheduleId),
    /// One test page by one method.
    TestPage(i64, ContactMethod),
}

impl Lane {
    /// The lane as one word, as stored.
    pub fn name(&self) -> String {
        match self {
            Self::Page(page) => format!("page/{page}"),
            Self::Call(page) => format!("call/{page}"),
            Self::Digest(Digest { person, opening }, method, repeat) => {
                format!("digest/{person}/{}/{method}/{repeat}", opening.timestamp())
            }
            Self::DigestMessages(Digest { person, opening }) => {
                format!("dm/digest/{person}/{}", opening.timestamp())
            }
            Self::Room(incident) => format!("room/{incident}"),
            Self::Announcement(incident) => format!("announcement/{incident}"),
            Self::Card(incident) => format!("card/{incident}"),
            Self::Guests(incident) => format!("guests/{incident}"),
            Self::Furniture(incident) => format!("furniture/{incident}"),
            Self::DirectMessages(incident) => format!("dm/{incident}"),
            Self::Told(incident, seq) => format!("told/{incident}/{seq}"),
            Self::Reminder(incident, item) => format!("reminder/{incident}/{item}"),
            Self::Reviewer(incident) => format!("reviewer/{incident}"),
            Self::Feedback(incident) => format!("feedback/{incident}"),
            Self::Sign(Message { channel, ts }) => format!("sign/{channel}/{ts}"),
            Self::Silences(incident) => format!("silences/{incident}"),
            Self::Admins => "admins".to_owned(),
            Self::Drafts(incident) => format!("drafts/{incident}"),
            Self::Postmortem(incident) => format!("postmortem/{incident}"),
            Self::Canvas(incident) => format!("canvas/{incident}"),
            Self::Answer(question) => format!("answer/{question}"),
            Self::Home(user) => format!("home/{user}"),
            Self::Person(user) => format!("person/{user}"),
            Self::Team => "team".to_owned(),
            Self::PagerDuty(incident) => format!("pagerduty/{incident}"),
            Self::Usergroup(schedule) => format!("usergroup/{schedule}"),
            Self::TestPage(id, method) => format!("test/{id}/{method}"),
        }
    }
}
