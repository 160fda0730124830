//! Everything that can have happened.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{ClimbReason, End, Paged, ReopenedBy};
use crate::domain::incident::{Actor, Channel, Left, Loss, Message};
use crate::domain::postmortem::{Answer, Question};
use crate::domain::severity::Severity;
use crate::ids::{ChannelId, Fingerprint, IncidentId, PersonId, RoleId, ScheduleId, SourceId};

/// The facts of one event. The variant is the event's kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// An alert began to fire.
    AlertFiring {
        /// Its identity.
        fingerprint: Fingerprint,
        /// Its name.
        alertname: String,
        /// When it began at the sender.
        starts_at: DateTime<Utc>,
        /// How many more began in the same delivery, beyond those listed one by one.
        others: u32,
    },
    /// An alert ended.
    AlertResolved {
        /// Its identity.
        fingerprint: Fingerprint,
        /// Its name.
        alertname: String,
        /// When it ended at the sender.
        ends_at: DateTime<Utc>,
        /// How many more ended in the same delivery, beyond those listed one by one.
        others: u32,
        /// How that is known.
        end: End,
    },
    /// The incident was opened.
    IncidentOpened {
        /// Its title.
        title: String,
        /// Its severity.
        severity: Severity,
        /// The rule that gave it.
        rule: String,
        /// The inputs of the rule.
        reason: String,
        /// The ended incident of the same alerts, if there was one.
        follows: Option<IncidentId>,
    },
    /// The severity changed.
    SeverityChanged {
        /// Before.
        from: Severity,
        /// After.
        to: Severity,
        /// The rule, or `override`.
        rule: String,
        /// Why.
        reason: String,
    },
    /// A page was handed to a provider.
    PageSent(Paged),
    /// The provider took it.
    PageAccepted(Paged),
    /// The provider did not take it.
    PageFailed {
        /// Which page.
        #[serde(flatten)]
        paged: Paged,
        /// Why.
        error: String,
    },
    /// A page rings together with that of another incident.
    PageFolded {
        /// Which page.
        #[serde(flatten)]
        paged: Paged,
        /// Whose page rings.
        into: IncidentId,
    },
    /// The provider took the page of the other incident that it is folded into.
    PageCarried {
        /// Which page.
        #[serde(flatten)]
        paged: Paged,
        /// Whose page rang.
        by: IncidentId,
    },
    /// The page of the other incident does not reach anybody for this one: it rings by itself.
    PageAlone {
        /// Which page.
        #[serde(flatten)]
        paged: Paged,
        /// Whose page it was folded into.
        was: IncidentId,
    },
    /// Nobody acknowledged within the target.
    AckTargetMissed {
        /// The target in seconds.
        target_seconds: i64,
    },
    /// Somebody took it.
    Acked {
        /// Seconds since it last became unacknowledged; when it had been acknowledged already, since the page that this answers.
        after_seconds: i64,
        /// Whether they had been paged.
        was_paged: bool,
        /// Who had it and slept on it; their snooze has ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        took_over_from: Option<Actor>,
    },
    /// The ladder moved on.
    Escalated {
        /// The schedule of the ladder.
        schedule: ScheduleId,
        /// The round now, from 1.
        round: u32,
        /// The step now, from 1.
        step: u32,
        /// Why.
        why: ClimbReason,
        /// Who is paged by it.
        people: Vec<PersonId>,
    },
    /// The schedule of a ladder is no longer configured; whoever is on call by another is paged instead.
    ScheduleGone {
        /// Which.
        schedule: ScheduleId,
        /// By which the ladder goes on.
        instead: ScheduleId,
    },
    /// A human asked for one person.
    AskedFor {
        /// Whom.
        person: PersonId,
        /// What the asker wants to say to them.
        message: Option<String>,
    },
    /// Taken for a while only.
    Snoozed {
        /// Until when, UTC.
        until: DateTime<Utc>,
    },
    /// The while is over.
    SnoozeOver,
    /// Somebody has a role now.
    RoleChanged {
        /// Which.
        role: RoleId,
        /// Who.
        person: PersonId,
    },
    /// How it goes, for those who only follow it.
    StatusUpdate {
        /// What.
        text: String,
    },
    /// Alerts are silenced in Alertmanager, because somebody asked for it here.
    SilenceCreated {
        /// Which silence of this incident, from 1.
        n: u32,
        /// Where.
        source: SourceId,
        /// Until when, UTC.
        until: DateTime<Utc>,
        /// How many alerts it keeps quiet.
        n_alerts: u32,
        /// How many fire.
        n_firing: u32,
        /// Why.
        reason: Option<String>,
    },
    /// A silence that was made here ends at another time.
    SilenceExtended {
        /// Which.
        n: u32,
        /// Until when now, UTC.
        until: DateTime<Utc>,
    },
    /// A silence that was made here ends soon.
    SilenceEnding {
        /// Which.
        n: u32,
        /// When, UTC.
        until: DateTime<Utc>,
        /// How many of its alerts fire.
        n_firing: u32,
    },
    /// A silence that was made here is over.
    SilenceEnded {
        /// Which.
        n: u32,
        /// Whose.
        by: Actor,
        /// How many of its alerts fire.
        n_firing: u32,
        /// Whether somebody ended it before its time.
        is_early: bool,
    },
    /// All that fires is silenced: ladders stand still.
    Muted {
        /// By whom, as they call themselves in Alertmanager.
        by: Vec<String>,
        /// Until when, UTC.
        until: DateTime<Utc>,
    },
    /// Not all that fires is silenced any more: ladders go on.
    Unmuted {
        /// How many alerts fire.
        n_firing: u32,
    },
    /// The incident's channel is open.
    ChannelOpened {
        /// Its id.
        channel: ChannelId,
        /// Its name.
        name: String,
        /// The channel that was in use until then.
        instead_of: Option<Left>,
    },
    /// The incident's channel can be used again.
    ChannelBack {
        /// Its id.
        channel: ChannelId,
        /// Its name.
        name: String,
    },
    /// The incident's channel cannot be used any more.
    ChannelLost {
        /// Its id.
        channel: ChannelId,
        /// Its name.
        name: String,
        /// What became of it.
        loss: Loss,
    },
    /// The incident's channel has another name.
    ChannelRenamed {
        /// Its id.
        channel: ChannelId,
        /// The name before.
        from: String,
        /// The name now.
        to: String,
    },
    /// Slack does not let somebody into the incident's channel.
    NotInvited {
        /// Whom.
        person: PersonId,
        /// Slack's word for the reason.
        code: String,
    },
    /// All is done, and the incident's channel is archived.
    ChannelArchived {
        /// Its id.
        channel: ChannelId,
        /// Its name.
        name: String,
    },
    /// A human wrote something down.
    Note {
        /// What.
        text: String,
    },
    /// What somebody wrote in Slack was put here; the event is dated by the message, and whoever wrote it did it.
    MessageNoted {
        /// Which message.
        message: Message,
        /// Who put it here.
        added_by: Actor,
        /// Its words. They lie beside the event and are read with it; `None` when none are left.
        text: Option<String>,
    },
    /// A message that is here was edited in Slack; its own event has the words.
    MessageEdited {
        /// The message's event.
        event: i64,
    },
    /// A message that is here was deleted in Slack; its own event has no words any more.
    MessageDeleted {
        /// The message's event.
        event: i64,
    },
    /// All alerts are clear.
    Monitoring,
    /// A human wants it to stay open although the alerts are clear.
    KeptOpen,
    /// People see that it is part of another incident; with that it is closed.
    MergedInto {
        /// Which.
        into: IncidentId,
        /// What that is called.
        title: String,
    },
    /// Another incident is part of this one from now on.
    TookIn {
        /// Which.
        incident: IncidentId,
        /// What it is called.
        title: String,
        /// Where it was talked about.
        channel: Option<Channel>,
        /// How many alerts fire in both of them together.
        n_firing: u32,
    },
    /// A storm rages: its umbrella pages for this, and nothing else does.
    JoinedStorm {
        /// The umbrella.
        umbrella: IncidentId,
    },
    /// The umbrella does not stand for it any more: it pages by itself.
    LeftStorm {
        /// The umbrella.
        umbrella: IncidentId,
    },
    /// More incidents have come under this umbrella.
    StormGrew {
        /// How many came now.
        n: u32,
        /// How many there are in all.
        n_all: u32,
    },
    /// New incidents page by themselves again.
    StormOver {
        /// How many incidents it had.
        n_all: u32,
        /// How many of them are open.
        n_open: u32,
        /// How many of these fire and nobody has taken them.
        n_waiting: u32,
        /// The services, the most affected first, with how many incidents each had.
        services: Vec<(String, u32)>,
        /// How long it lasted, in seconds.
        lasted_seconds: i64,
    },
    /// It is over.
    Resolved {
        /// What a human said about it.
        summary: Option<String>,
        /// How many alerts still fired.
        still_firing: u32,
    },
    /// It is open again.
    Reopened {
        /// By what.
        by: ReopenedBy,
    },
    /// A known alert began anew.
    Flap {
        /// Its identity.
        fingerprint: Fingerprint,
        /// Its name.
        alertname: String,
        /// The new beginning.
        starts_at: DateTime<Utc>,
        /// How many flaps this incident has seen.
        n_flaps: u32,
    },
    /// It was resolved by hand, and alerts still fire hours later.
    AskedAboutFiring {
        /// How many.
        n_firing: u32,
        /// Who resolved it.
        resolved_by: Actor,
    },
    /// Nobody was seen at work: whoever has it was asked.
    Nudged {
        /// Whoever has it and whoever leads, as far as they can be asked.
        asked: Vec<Actor>,
        /// How long nobody was seen, seconds.
        quiet_seconds: i64,
        /// When the ladder goes on without an answer, UTC; `None` when it does not.
        escalates_at: Option<DateTime<Utc>>,
    },
    /// Somebody answered that they are at work.
    StillOnIt,
    /// Something is to be done so that it does not happen again.
    ActionAdded {
        /// Its number inside the incident.
        n: u32,
        /// Who does it.
        owner: PersonId,
        /// Until the end of this day.
        due: NaiveDate,
        /// What.
        text: String,
    },
    /// It is done.
    ActionDone {
        /// Its number inside the incident.
        n: u32,
        /// Who was to do it.
        owner: PersonId,
        /// What.
        text: String,
    },
    /// Somebody says how it went.
    RunbookFeedback {
        /// To which question.
        question: Question,
        /// What they say.
        answer: Answer,
    },
    /// The post-mortem was drafted.
    PostmortemDrafted,
    /// The post-mortem is done; with it the incident is closed.
    PostmortemPublished,
    /// No post-mortem is needed; with that the incident is closed.
    PostmortemDeclined {
        /// Why not.
        reason: String,
    },
    /// The post-mortem is awaited: somebody is reminded of it.
    PostmortemAwaited {
        /// Who is to write it, when that is one person.
        person: Option<PersonId>,
        /// When it is due, UTC.
        due_at: DateTime<Utc>,
    },
    /// The post-mortem should have been published by now.
    PostmortemOverdue {
        /// Who is to write it, when that is one person.
        person: Option<PersonId>,
        /// When it was due, UTC.
        due_at: DateTime<Utc>,
    },
    /// It is closed, because no post-mortem is due.
    Closed,
}
