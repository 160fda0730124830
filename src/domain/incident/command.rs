//! What may be asked of an incident, what a decision may look at, and why it may refuse.

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::child::Report;
pub use super::delivery::{Delivery, Ends};
pub use super::facts::Facts;
pub use super::hush::{Hush, SilenceNews};
pub use super::outcome::{Handled, Merged, Outcome};
pub use super::refusal::Refusal;
pub use super::seen::{Saw, WhileFiring};
use super::{
    Actor, AlertKey, Channel, Gathered, Loss, Message, Privacy, RunbookRef, Sight, Silence, Uninvited,
    Written,
};
use crate::domain::page::{NotArrived, NotTaken, Page};
use crate::domain::postmortem::{Answer, Question};
use crate::domain::severity::{Assessment, Severity};
use crate::ids::{ChannelId, IncidentId, MessageTs, PersonId, ScheduleId, ServiceId, SilenceId};

/// How an incident begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// What it is called.
    pub title: String,
    /// The slug for its channel.
    pub short_name: String,
    /// The group that feeds it; `None` when a human declares it.
    pub key: Option<AlertKey>,
    /// The `alertname`, when alerts began it.
    pub alertname: Option<String>,
    /// The worst assessment of its alerts, or the declaration.
    pub assessment: Assessment,
    /// The configured service.
    pub service: Option<ServiceId>,
    /// The service as shown.
    pub service_shown: Option<String>,
    /// Whose on-call is paged, one ladder each; at least one.
    pub schedules: Vec<ScheduleId>,
    /// The alerts that fire; empty when a human declares it.
    pub reports: Vec<Report>,
    /// Those of the same delivery that have ended already, none of them among `reports`.
    pub ended: Vec<Report>,
    /// How many alerts the delivery left out.
    pub n_truncated: u64,
    /// What was unusual about the delivery, for the timeline.
    pub notes: Vec<String>,
    /// What to do about it.
    pub runbook: Option<RunbookRef>,
    /// Who opens it.
    pub actor: Actor,
    /// The ended incident of the same alerts.
    pub follows: Option<IncidentId>,
    /// Who may know of it.
    pub privacy: Privacy,
    /// The umbrella of a storm that stands for it.
    pub umbrella: Option<IncidentId>,
}

impl Opening {
    /// How many alerts fire.
    pub fn n_firing(&self) -> u32 {
        u32::try_from(self.reports.len()).unwrap_or(u32::MAX)
    }

    /// How many alerts it has.
    pub fn n_alerts(&self) -> u32 {
        u32::try_from(self.reports.len() + self.ended.len()).unwrap_or(u32::MAX)
    }
}

/// What may be asked of an incident.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Alerts arrived.
    Deliver(Box<Delivery>),
    /// Something is due.
    Wake,
    /// Who is on call, or until when, has changed by something that nobody could foresee.
    OnCallChanged,
    /// A responder takes it.
    Acknowledge {
        /// Who.
        by: Actor,
    },
    /// Somebody answers a page of theirs by a message that is out of date: who has the incident stays as it is.
    AnswerPages {
        /// Who.
        by: Actor,
    },
    /// A human knows better how bad it is.
    SetSeverity {
        /// Who.
        by: Actor,
        /// What they choose.
        to: Severity,
        /// Why.
        reason: Option<String>,
        /// What they saw it to be, if that may be long ago: another severity is not theirs to lower.
        saw: Option<Severity>,
    },
    /// More people are needed now.
    Escalate {
        /// Who asks.
        by: Actor,
        /// This person; or, when absent, the next step of the ladder.
        to: Option<PersonId>,
    },
    /// More people are needed, now.
    Page {
        /// Who asks.
        by: Actor,
        /// Whom.
        whom: Vec<Whom>,
        /// What they want to say to them.
        message: Option<String>,
    },
    /// Somebody leads from now on.
    Appoint {
        /// Who says so.
        by: Actor,
        /// Who leads.
        commander: PersonId,
    },
    /// A responder takes it for a while; then it pages again.
    Snooze {
        /// Who.
        by: Actor,
        /// For how long.
        span: Duration,
    },
    /// How it goes, for those who only follow it.
    Update {
        /// Who.
        by: Actor,
        /// What.
        text: String,
    },
    /// Something worth keeping.
    Note {
        /// Who.
        by: Actor,
        /// What.
        text: String,
    },
    /// What somebody wrote in Slack is worth keeping.
    NoteMessage {
        /// Who thinks so.
        by: Actor,
        /// What was written.
        written: Box<Written>,
    },
    /// A message in Slack was edited; whether it is on the timeline is to be seen.
    MessageEdited {
        /// By whom.
        by: Actor,
        /// Which.
        message: Message,
        /// What it says now; `None` when it says nothing any more.
        text: Option<String>,
        /// Which edit it is.
        edited: MessageTs,
    },
    /// A message in Slack was deleted; likewise.
    MessageDeleted {
        /// Which.
        message: Message,
    },
    /// Something is to be done so that it does not happen again.
    AddAction {
        /// Who says so.
        by: Actor,
        /// Who does it.
        owner: PersonId,
        /// Until the end of this day.
        due: NaiveDate,
        /// What.
        text: String,
    },
    /// An action item is done.
    CompleteAction {
        /// Who says so.
        by: Actor,
        /// Which.
        n: u32,
    },
    /// Somebody says how it went.
    GiveFeedback {
        /// Who.
        by: Actor,
        /// To which question.
        question: Question,
        /// What they say.
        answer: Answer,
    },
    /// A human wants it open although the alerts are clear.
    KeepOpen {
        /// Who.
        by: Actor,
    },
    /// Somebody who was asked says that they are at work on it.
    StillOn {
        /// Who.
        by: Actor,
    },
    /// Something was said where it is talked about: somebody is at work.
    Heard,
    /// A human wants a channel for it.
    WantChannel {
        /// Who.
        by: Actor,
    },
    /// It is over.
    Resolve {
        /// Who.
        by: Actor,
        /// What they say about it.
        summary: Option<String>,
        /// What to do while alerts still fire.
        while_firing: WhileFiring,
    },
    /// It is not over after all.
    Reopen {
        /// Who.
        by: Actor,
    },
    /// The post-mortem is done.
    PublishPostmortem {
        /// Who.
        by: Actor,
    },
    /// No post-mortem is needed.
    DeclinePostmortem {
        /// Who.
        by: Actor,
        /// Why not.
        reason: String,
    },
    /// A provider took a page.
    PageAccepted {
        /// Its row, as it was when it left.
        page: Box<Page>,
        /// When it was handed over, UTC.
        sent_at: DateTime<Utc>,
        /// The provider's name for it.
        provider_id: Option<String>,
    },
    /// A provider did not take a page.
    PageFailed {
        /// Its row, as it was when it left.
        page: Box<Page>,
        /// When it was, or should have been, handed over, UTC.
        sent_at: DateTime<Utc>,
        /// Whether it can be expected to be taken later.
        fault: NotTaken,
        /// Why, in words.
        error: String,
    },
    /// A provider took the page of another incident that a page of this one is folded into.
    PageCarried {
        /// The row of this incident.
        page: Box<Page>,
        /// Whose page rang.
        by: IncidentId,
    },
    /// The page of another incident that a page of this one is folded into reaches nobody for it.
    PageAlone {
        /// The row of this incident.
        page: Box<Page>,
        /// Whose page it was folded into.
        was: IncidentId,
    },
    /// A provider says that a page it took has arrived.
    PageDelivered {
        /// Its row.
        page: Box<Page>,
    },
    /// A provider says that a page it took never arrived.
    PageLost {
        /// Its row.
        page: Box<Page>,
        /// Whether it can be expected to arrive later.
        fault: NotArrived,
        /// Why, in words.
        error: String,
    },
    /// Alertmanager has silenced what somebody asked for.
    SilenceCreated {
        /// What; its number is given here.
        silence: Box<Silence>,
    },
    /// A silence lasts until another time now.
    SilenceExtended {
        /// Who wants it.
        by: Actor,
        /// Which.
        n: u32,
        /// The silences in Alertmanager from now on.
        ids: Vec<SilenceId>,
        /// Until when, UTC.
        until: DateTime<Utc>,
    },
    /// A silence was ended before its time.
    SilenceExpired {
        /// Who wanted it.
        by: Actor,
        /// Which.
        n: u32,
    },
    /// What a poll says about silences.
    SilencesSeen(Box<SilenceNews>),
    /// The channel is open.
    ChannelOpened {
        /// Which.
        channel: Channel,
    },
    /// The channel could not be opened again, nor another in its place.
    ChannelNotOpened {
        /// Why, in words without secrets.
        why: String,
    },
    /// The channel cannot be used any more: Slack told so, or refused something there.
    ChannelLost {
        /// Who did that, as far as is known.
        by: Actor,
        /// Which.
        channel: ChannelId,
        /// What became of it.
        loss: Loss,
    },
    /// The channel was given back: unarchived, or the bot was brought in again.
    ChannelBack {
        /// Who did that.
        by: Actor,
        /// Which.
        channel: ChannelId,
    },
    /// The channel has another name.
    ChannelRenamed {
        /// Which.
        channel: ChannelId,
        /// The name, without `#`.
        name: String,
    },
    /// The channel is archived, as was wanted.
    ChannelArchived {
        /// Which.
        channel: ChannelId,
    },
    /// Slack does not let the bot archive it.
    ChannelNotArchived {
        /// Why, in words without secrets.
        why: String,
    },
    /// Slack does not let people into the channel.
    NotInvited {
        /// Whom, and why not.
        uninvited: Vec<Uninvited>,
    },
    /// A message that the bot keeps up to date is not there any more.
    MessageLost {
        /// Which.
        message: Message,
    },
    /// The card is posted.
    CardPosted {
        /// Where.
        message: Message,
    },
    /// The announcement is posted.
    Announced {
        /// Where.
        message: Message,
        /// Whether it called everybody.
        called: bool,
    },
    /// An event was said, in a message that is kept up to date.
    Told {
        /// Which event.
        seq: i64,
        /// The message.
        message: Message,
    },
    /// Whoever had it was asked how it went.
    FeedbackAsked {
        /// Where.
        message: Message,
    },
    /// The post-mortem's draft is shown.
    PostmortemShown {
        /// Where.
        message: Message,
    },
    /// The post-mortem's draft is stored.
    PostmortemDrafted,
    /// Incidents have joined the storm whose umbrella this is, or something has paged by itself that is worse than all of them.
    StormGrew(Gathered),
    /// What is due in the umbrella of a storm: how its incidents are, and whatever else.
    StormSeen(Sight),
}

impl Command {
    /// Whether somebody asks for it; the others tell what has happened.
    pub const fn is_asked(&self) -> bool {
        match self {
            Self::Acknowledge { .. }
            | Self::AnswerPages { .. }
            | Self::SetSeverity { .. }
            | Self::Escalate { .. }
            | Self::Page { .. }
            | Self::Appoint { .. }
            | Self::Snooze { .. }
            | Self::Update { .. }
            | Self::Note { .. }
            | Self::NoteMessage { .. }
            | Self::AddAction { .. }
            | Self::CompleteAction { .. }
            | Self::GiveFeedback { .. }
            | Self::KeepOpen { .. }
            | Self::StillOn { .. }
            | Self::WantChannel { .. }
            | Self::Resolve { .. }
            | Self::Reopen { .. }
            | Self::PublishPostmortem { .. }
            | Self::DeclinePostmortem { .. }
            | Self::SilenceCreated { .. }
            | Self::SilenceExtended { .. }
            | Self::SilenceExpired { .. } => true,
            Self::Deliver(_)
            | Self::Wake
            | Self::OnCallChanged
            | Self::Heard
            | Self::MessageEdited { .. }
            | Self::MessageDeleted { .. }
            | Self::SilencesSeen(_)
            | Self::PageAccepted { .. }
            | Self::PageFailed { .. }
            | Self::PageCarried { .. }
            | Self::PageAlone { .. }
            | Self::PageDelivered { .. }
            | Self::PageLost { .. }
            | Self::ChannelOpened { .. }
            | Self::ChannelNotOpened { .. }
            | Self::ChannelLost { .. }
            | Self::ChannelBack { .. }
            | Self::ChannelRenamed { .. }
            | Self::ChannelArchived { .. }
            | Self::ChannelNotArchived { .. }
            | Self::NotInvited { .. }
            | Self::MessageLost { .. }
            | Self::CardPosted { .. }
            | Self::Announced { .. }
            | Self::Told { .. }
            | Self::FeedbackAsked { .. }
            | Self::PostmortemShown { .. }
            | Self::StormGrew(_)
            | Self::StormSeen(_)
            | Self::PostmortemDrafted => false,
        }
    }

    /// Whether what was merged away refuses it. What was written down there before stays there, and can be settled.
    pub const fn is_for_what_goes_on(&self) -> bool {
        self.is_asked() && !matches!(self, Self::CompleteAction { .. } | Self::GiveFeedback { .. })
    }
}

/// Whom a human asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// This person.
    Person(PersonId),
    /// Whoever is on call first by this schedule now.
    Primary(ScheduleId),
}
