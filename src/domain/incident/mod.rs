//! The incident: the work of people on one problem, from the first alert to the post-mortem.
//!
//! [`decide`] is the whole machine: an incident, a command and the facts in; the next incident and everything that
//! follows from it out, as data. It never acts, never waits and never asks the time. Its timers are not kept beside it but
//! derived from its state ([`Incident::wake_at`]), so an unacknowledged ladder cannot be left without one.

pub mod child;
pub mod command;
pub mod pagerduty;
pub mod timeline;

mod actions;
mod actor;
mod alerts;
mod blank;
mod calls;
mod cue;
mod delivery;
mod due;
mod ending;
mod facts;
mod feedback;
mod folding;
mod helpers;
mod hours;
mod hush;
mod ladder;
mod latecomers;
mod merging;
mod nudge;
mod outcome;
mod paging;
mod people;
mod privacy;
mod refusal;
mod review;
mod room;
mod rungs;
mod seen;
mod silences;
mod snooze;
mod storm;
mod talk;
mod turn;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use self::pagerduty::EventAction;
use super::action_item::ActionItem;
use super::page::Digest;
use super::severity::{Assessment, Severity};
use crate::ids::{GroupKey, IncidentId, PersonId, RunbookId, ServiceId, SilenceId, SourceId};

pub use actor::Actor;
pub use command::{Command, Delivery, Ends, Facts, Handled, Merged, Opening, Outcome, Refusal};
pub use feedback::Given;
pub use folding::{Carries, Ring, carries, fold, may_carry, rings};
pub use ladder::{Next, as_whom, next, next_page_at};
pub use latecomers::takes_storm;
pub use merging::{Absorbed, Merge, Side, merge};
pub use nudge::{HEARD_EVERY, Quiet};
pub use paging::{Ladder, Phase, Reach, Rung, Walk};
pub use privacy::{Audience, Privacy};
pub use review::ReviewDue;
pub use room::{Called, Channel, Door, Left, Loss, Message, Room, Uninvited};
pub use silences::{Muted, Silence, Silenced, may_silence};
pub use storm::{Gathered, Member, Sight, Storm, Tally, Wait, open_storm};
pub use talk::{Noted, Written};
pub use turn::{Decision, decide, open};

/// Who took the incident, and when (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

/// Where an incident is in its life. What a state needs to know is inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Nobody has taken it; ladders climb.
    Triggered,
    /// Somebody works on it.
    Acknowledged(Ack),
    /// The alerts are clear; it resolves by itself unless somebody wants it open.
    Monitoring {
        /// Since when, UTC.
        since: DateTime<Utc>,
        /// Who had taken it before it cleared; `None` if nobody had.
        acked: Option<Ack>,
        /// When it resolves by itself, UTC; `None` when it does not.
        resolves_at: Option<DateTime<Utc>>,
    },
    /// Over.
    Resolved {
        /// When, UTC.
        at: DateTime<Utc>,
        /// By whom; the bot when it resolved by itself.
        by: Actor,
    },
    /// Over, and its post-mortem is published, declined or not due.
    Closed {
        /// When it was resolved, UTC.
        at: DateTime<Utc>,
        /// By whom.
        by: Actor,
    },
}

impl State {
    /// The state's name in the API and in Slack.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Acknowledged(_) => "acknowledged",
            Self::Monitoring { .. } => "monitoring",
            Self::Resolved { .. } => "resolved",
            Self::Closed { .. } => "closed",
        }
    }

    /// Whether it is not over.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Triggered | Self::Acknowledged(_) | Self::Monitoring { .. })
    }

    /// Who has it now, if anybody.
    pub const fn ack(&self) -> Option<&Ack> {
        match self {
            Self::Acknowledged(ack) => Some(ack),
            Self::Monitoring { acked, .. } => acked.as_ref(),
            Self::Triggered | Self::Resolved { .. } | Self::Closed { .. } => None,
        }
    }
}

/// A human's word about the severity, which beats the rules until they see something worse than that human saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityOverride {
    /// What they chose.
    pub severity: Severity,
    /// Who.
    pub by: Actor,
    /// Why, in their words.
    pub reason: Option<String>,
    /// What the rules said at that time.
    pub seen: Severity,
}

/// Which group of alerts feeds the incident. Unique among open incidents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertKey {
    /// The alert source.
    pub source: SourceId,
    /// The sender's receiver.
    pub receiver: String,
    /// The sender's group.
    pub group_key: GroupKey,
}

/// How far the post-mortem is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// There is none.
    #[default]
    None,
    /// It is drafted; people write in it.
    Draft,
    /// People say that it is done.
    Published,
    /// The commander says that none is needed.
    Declined,
}

/// A group that feeds the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Which.
    pub key: AlertKey,
    /// How many alerts its latest delivery left out.
    pub n_truncated: u64,
}

/// Where the runbook is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunbookRef {
    /// One of ours.
    Ours {
        /// Which.
        id: RunbookId,
        /// Where the alert itself says it can be read.
        link: Option<String>,
    },
    /// A page elsewhere.
    Link(String),
}

/// The work of people on one problem. All times UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// What it is called.
    pub title: String,
    /// The slug in its channel's name.
    pub short_name: String,
    /// The `alertname` it began with; `None` when a human declared it.
    pub alertname: Option<String>,
    /// Who declared it; `None` when alerts began it. What a human has declared never ends by itself.
    pub declared_by: Option<Actor>,
    /// The groups that feed it, of one source or, after a merge, of several.
    pub feeds: Vec<Feed>,
    /// The worst that the rules have said.
    pub assessment: Assessment,
    /// What a human said instead.
    pub severity_override: Option<SeverityOverride>,
    /// The configured service it is about.
    pub service: Option<ServiceId>,
    /// The configured services that its alerts have been about.
    pub services: BTreeSet<ServiceId>,
    /// The service as shown: the configured one, or the label's value.
    pub service_shown: Option<String>,
    /// Where it is in its life.
    pub state: State,
    /// Rises with every change that makes an older button wrong.
    pub epoch: u32,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it last became unacknowledged: at its opening, a reopening or a rise, or when the acknowledgement was given back.
    pub triggered_at: DateTime<Utc>,
    /// The earliest beginning of its alerts.
    pub started_at: DateTime<Utc>,
    /// The first acknowledgement of all.
    pub first_ack: Option<Ack>,
    /// Who has it, or had it last: stays when the acknowledgement is given back and when the incident ends.
    pub last_ack: Option<Ack>,
    /// The latest end of its alerts.
    pub last_ended_at: Option<DateTime<Utc>>,
    /// What was said at the resolve.
    pub summary: Option<String>,
    /// How far its post-mortem is.
    pub postmortem: Review,
    /// When its post-mortem is due, and what was said of that; `None` when it is not.
    pub review_due: Option<ReviewDue>,
    /// Over, and no post-mortem is due: when it closes by itself.
    pub closes_at: Option<DateTime<Utc>>,
    /// Closed: when its channel is archived.
    pub archives_at: Option<DateTime<Utc>>,
    /// Resolved by hand while alerts fired: when somebody is asked about those that still do.
    pub ask_firing_at: Option<DateTime<Utc>>,
    /// When the ack target of the present trigger passes; `None` once acknowledged, missed or without a target.
    /// Stands still while the alerts are clear.
    pub ack_due: Option<DateTime<Utc>>,
    /// Whether a target was missed.
    pub ack_target_missed: bool,
    /// How many targets were missed, of all triggers.
    pub n_ack_targets_missed: u32,
    /// The escalations.
    pub ladders: Vec<Ladder>,
    /// The people being paged.
    pub walks: Vec<Walk>,
    /// The number of the latest walk.
    pub n_walks: u32,
    /// Everybody who was ever paged about it, in order.
    pub paged: Vec<PersonId>,
    /// The digests that tell of it.
    pub digests: Vec<Digest>,
    /// The incidents into whose pages some of its own are folded: their messages tell of it.
    pub carried_by: BTreeSet<IncidentId>,
    /// The acker was paged because the alert is back, more has joined the storm, or their snooze is over: the ladder goes on then unless they answer.
    /// Stands still while the alerts are clear.
    pub back_due: Option<DateTime<Utc>>,
    /// When the acker was last paged for that.
    pub back_paged_at: Option<DateTime<Utc>>,
    /// When people were last paged, or are to be paged, because a service joined; or more incidents, if it is a storm's umbrella,
    /// and of that when they last took it.
    pub joined_paged: BTreeMap<PersonId, DateTime<Utc>>,
    /// Who leads.
    pub commander: Option<PersonId>,
    /// Taken, but only until then: whoever snoozed it is paged again. Does nothing while the alerts are clear.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Who snoozed it last.
    pub snoozed_by: Option<Actor>,
    /// Taken, and how long nobody has been seen at work; `None` when that does not matter.
    pub quiet: Option<Quiet>,
    /// What people have silenced from here, for as long as it lasts.
    pub silences: Vec<Silence>,
    /// How many silences people have asked for.
    pub n_silences: u32,
    /// How many of its firing alerts each source silences, by whomever.
    pub silenced: BTreeMap<SourceId, Silenced>,
    /// Since when all that fires is silenced, UTC: ladders stand still.
    pub muted_since: Option<DateTime<Utc>>,
    /// Silences in spite of which somebody wanted people to be woken.
    pub heard_anyway: BTreeSet<SilenceId>,
    /// How many of its alerts fire.
    pub n_firing: u32,
    /// How many alerts it has had.
    pub n_alerts: u32,
    /// How many new beginnings of known alerts it has seen.
    pub n_flaps: u32,
    /// How often it was opened again after its end.
    pub n_reopened: u32,
    /// How many timeline events it has.
    pub n_events: i64,
    /// The messages of Slack that are on its timeline, in the order in which they came to it.
    pub noted: Vec<Noted>,
    /// Whether a human wants it open although the alerts are clear.
    pub kept_open: bool,
    /// The alerts were clear when more people were asked for, and nothing has fired since: whoever takes it watches again.
    pub was_clear: bool,
    /// What to do about it.
    pub runbook: Option<RunbookRef>,
    /// Who may know of it.
    pub privacy: Privacy,
    /// What it has in Slack.
    pub room: Room,
    /// The ended incident of the same alerts, if there was one.
    pub follows: Option<IncidentId>,
    /// It is part of this one since people merged it; then it is closed, and nothing feeds it.
    pub merged_into: Option<IncidentId>,
    /// The incidents that were merged into it, in that order.
    pub absorbed: Vec<Absorbed>,
    /// It is the umbrella of a storm.
    pub storm: Option<Storm>,
    /// This umbrella stands for it: it pages nobody and has no channel of its own.
    pub umbrella: Option<IncidentId>,
    /// What is to be done so that it does not happen again, in the order in which it was written down.
    pub actions: Vec<ActionItem>,
    /// What PagerDuty was told last, or said itself; `None` when it never heard of it.
    pub pagerduty: Option<EventAction>,
    /// Who was asked last how it went.
    pub feedback_from: Option<Actor>,
    /// What people answered, the latest last.
    pub feedback: Vec<Given>,
}

impl Incident {
    /// The severity that counts: a human's word, unless the rules have since seen something worse than that human saw.
    pub fn severity(&self) -> Severity {
        match &self.severity_override {
            None => self.assessment.severity,
            Some(human) if self.assessment.severity.is_worse_than(human.seen) => {
                human.severity.min(self.assessment.severity)
            }
            Some(human) => human.severity,
        }
    }

    /// Whether a human declared it.
    pub fn is_declared(&self) -> bool {
        self.declared_by.is_some()
    }

    /// How many alerts nobody here can see: what the latest deliveries of its groups left out.
    pub fn n_truncated(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.n_truncated).fold(0, u64::saturating_add)
    }

    /// What a group is to it, if that feeds it.
    pub fn feed(&self, key: &AlertKey) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.key == *key)
    }

    /// The environment, as labelled.
    pub fn env(&self) -> Option<&str> {
        self.assessment.env.as_deref()
    }

    /// When it was resolved, UTC.
    pub fn resolved_at(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            State::Resolved { at, .. } | State::Closed { at, .. } => Some(*at),
            State::Triggered | State::Acknowledged(_) | State::Monitoring { .. } => None,
        }
    }

    /// Since when its alerts are clear, UTC, while it is open.
    pub(crate) fn clear_since(&self) -> Option<DateTime<Utc>> {
        match self.state {
            State::Monitoring { since, .. } => Some(since),
            State::Triggered | State::Acknowledged(_) | State::Resolved { .. } | State::Closed { .. } => None,
        }
    }

    /// The walks that do not stand still.
    pub(crate) fn walks_going_on(&self) -> impl Iterator<Item = &Walk> {
        let stands_still = self.stands_still();
        self.walks.iter().filter(move |walk| !(stands_still && walk.waits_while_clear()))
    }

    /// The next instant, UTC, at which something is due by itself. Derived, never stored beside the state.
    pub fn wake_at(&self) -> Option<DateTime<Utc>> {
        let reminders = self.actions.iter().filter_map(|item| item.remind_at);
        let asides = reminders.chain(self.silence_due());
        if !self.state.is_open() {
            let closing = self.closes_at.into_iter().chain(self.ask_firing_at).chain(self.archives_at);
            return asides.chain(closing).chain(self.review_wake_at()).min();
        }
        let walks = self.walks_going_on().flat_map(|walk| walk.next_at.into_iter().chain(walk.gives_up_at()));
        let walks = walks.chain(asides);
        if let State::Monitoring { resolves_at, .. } = &self.state {
            return walks.chain(*resolves_at).min();
        }
        if self.muted_since.is_some() {
            return walks.min();
        }
        let climbs = self.ladders.iter().filter_map(|ladder| match ladder.phase {
            Phase::Climbing { due } => Some(ladder.relief_at.map_or(due, |relief| relief.min(due))),
            Phase::Paused { .. } | Phase::Stopped => None,
        });
        let asks = self.quiet.and_then(Quiet::due);
        let looks = self.storm.as_ref().map(|storm| storm.look_at);
        climbs
            .chain(looks)
            .chain(walks)
            .chain(self.ack_due)
            .chain(self.back_due)
            .chain(self.snoozed_until)
            .chain(asks)
            .min()
    }
}

#[cfg(test)]
mod tests;
