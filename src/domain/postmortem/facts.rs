//! What is recorded about an incident, and the numbers that follow from it.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::GAP;
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::ids::{IncidentId, PersonId, ServiceId};

/// The number of an event in its incident's timeline.
pub type Seq = i64;

/// The facts of one incident. Texts are as recorded, not escaped; times are UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The incident.
    pub incident: IncidentFact,
    /// Its alerts, each as it last was.
    pub alerts: Vec<AlertFact>,
    /// Its timeline, in any order.
    pub events: Vec<Event>,
    /// Its page ledger, in any order.
    pub pages: Vec<PageFact>,
    /// Its action items.
    pub action_items: Vec<ActionItem>,
    /// What it cost in error budget.
    pub budgets: Vec<BudgetFact>,
    /// What responders answered when asked.
    pub feedback: Vec<Feedback>,
    /// How soon somebody should have acknowledged, by what was known then; `None` means no target.
    pub ack_target: Option<AckTarget>,
}

/// How soon somebody should have acknowledged: the target that was in force at the acknowledgement, or at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckTarget {
    /// Of which severity.
    pub severity: Severity,
    /// How soon.
    pub target: Duration,
    /// The event that says it was missed.
    pub missed: Option<Seq>,
}

/// The incident itself.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentFact {
    /// Its number.
    pub id: IncidentId,
    /// What it is called.
    pub title: String,
    /// How bad it is now, or was at the end.
    pub severity: Severity,
    /// The rule that said so, or `override`.
    pub severity_rule: String,
    /// The inputs of the rule, or what that human said; empty when they said nothing.
    pub severity_reason: String,
    /// The human who said so, when it was no rule.
    pub severity_by: Option<String>,
    /// The event of that.
    pub severity_seq: Seq,
    /// The service, if one is known.
    pub service: Option<ServiceId>,
    /// The environment that the alerts named.
    pub env: Option<String>,
    /// Its channel's name, without `#`.
    pub channel: Option<String>,
    /// When it began: the earliest start of an alert as the senders said, or the opening when there is no alert.
    pub started_at: DateTime<Utc>,
    /// When it was received or declared, which is when it opened.
    pub opened_at: DateTime<Utc>,
    /// The event of that.
    pub opened_seq: Seq,
    /// The first acknowledgement.
    pub acked: Option<Acknowledgement>,
    /// The resolve that ended it.
    pub resolved: Option<Resolution>,
}

/// Who took it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When.
    pub at: DateTime<Utc>,
    /// Who, as people call them.
    pub by: String,
    /// How long it had waited for that, since it was last triggered.
    pub after: Duration,
    /// The event.
    pub seq: Seq,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; `None` when it resolved by itself.
    pub by: Option<String>,
    /// In which way, or with which summary.
    pub how: String,
    /// The event.
    pub seq: Seq,
}

/// An alert of the incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertFact {
    /// Its `alertname`.
    pub name: String,
    /// The service that it named.
    pub service: Option<String>,
    /// When it first began, as the sender said; it may have ended and come back since.
    pub starts_at: DateTime<Utc>,
    /// When it ended, as the sender said; `None` while it fires.
    pub ends_at: Option<DateTime<Utc>>,
    /// The event with which it joined.
    pub seq: Seq,
}

/// What an event is about, as far as the draft tells events apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A person wrote down what they saw or tried.
    Note,
    /// The severity rose, fell or was set.
    Severity,
    /// All alerts are clear.
    Clear,
    /// An alert fires, again or another one.
    Fires,
    /// Anything else.
    Other,
}

/// An entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub seq: Seq,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What it is about.
    pub kind: EventKind,
    /// Where it came from (`alertmanager/main`, `slack`).
    pub source: String,
    /// Who did it; `None` for the program itself.
    pub actor: Option<String>,
    /// What it says.
    pub text: String,
}

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageOutcome {
    /// It waits for its time.
    Due,
    /// It left, and no provider has accepted it.
    Sent,
    /// A provider took it; nobody answered.
    Accepted,
    /// The person answered it.
    Acknowledged {
        /// When.
        at: DateTime<Utc>,
    },
    /// The person ended the incident, which answers it.
    AnsweredByResolve {
        /// When.
        at: DateTime<Utc>,
    },
    /// A provider refused it, or did not answer.
    Failed {
        /// What went wrong.
        why: String,
    },
    /// It was no longer needed.
    Superseded,
}

/// A row of the page ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFact {
    /// The last event about it.
    pub seq: Seq,
    /// Whom it was to wake.
    pub person: PersonId,
    /// By what.
    pub method: ContactMethod,
    /// The round of the ladder, from 1.
    pub round: u32,
    /// The step of the ladder, from 1.
    pub step: u32,
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// When it left.
    pub sent_at: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: PageOutcome,
}

/// Something to be done so that it does not happen again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionItem {
    /// The event that recorded it.
    pub seq: Seq,
    /// What.
    pub text: String,
    /// Who.
    pub owner: Option<String>,
    /// Until when.
    pub due: Option<NaiveDate>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
}

/// How a share of an error budget was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Prometheus was asked with the objective's own query.
    SliQuery,
    /// The time that the incident lasted was taken as time without service.
    Duration,
}

/// What an incident cost one objective.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetFact {
    /// The event that recorded it.
    pub seq: Seq,
    /// The objective (`svc-ledger availability 99.9 %`).
    pub objective: String,
    /// The share of the window's budget that this incident used, in percent.
    pub used_percent: f64,
    /// How that is known.
    pub basis: Basis,
    /// The line of the budget policy that applies now.
    pub policy: String,
}

/// What responders are asked at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Did the runbook help?
    RunbookHelped,
    /// Was the page needed?
    PageNeeded,
}

/// What they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Answer {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
        }
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// The event.
    pub seq: Seq,
    /// What was asked.
    pub question: Question,
    /// What was said.
    pub answer: Answer,
    /// By whom.
    pub by: String,
}

/// A time without a recorded event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The event before it, and its time.
    pub after: (Seq, DateTime<Utc>),
    /// The event that ends it, and its time.
    pub before: (Seq, DateTime<Utc>),
}

impl Gap {
    /// How long it was.
    pub fn span(&self) -> Duration {
        self.before.1 - self.after.1
    }
}

impl Facts {
    /// The alert that began first.
    pub fn first_alert(&self) -> Option<&AlertFact> {
        self.alerts.iter().min_by_key(|alert| (alert.starts_at, alert.seq))
    }

    /// When it was over: the last end of an alert when all have ended, else the resolve. `None` while it lasts.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        let ends: Option<Vec<_>> = self.alerts.iter().map(|alert| alert.ends_at).collect();
        let resolved_at = self.incident.resolved.as_ref().map(|resolved| resolved.at)?;
        Some(ends.and_then(|ends| ends.into_iter().max()).unwrap_or(resolved_at))
    }

    /// From receipt to the first acknowledgement.
    pub fn time_to_acknowledge(&self) -> Option<Duration> {
        self.incident.acked.as_ref().map(|acked| acked.at - self.incident.opened_at)
    }

    /// From the earliest start to the end. `None` while it lasts; negative when the sender's times contradict each other.
    pub fn time_to_resolve(&self) -> Option<Duration> {
        self.ended_at().map(|ended_at| ended_at - self.incident.started_at)
    }

    /// The events in the order in which they happened.
    pub fn in_order(&self) -> Vec<&Event> {
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort_by_key(|event| (event.at, event.seq));
        events
    }

    /// The silences of the timeline, from the first event to the resolve. While all is clear there is nothing to record: the time
    /// that passes then until the incident resolves by itself is none.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut is_clear = false;
        let until = self.incident.resolved.as_ref().map(|resolved| resolved.at);
        let events: Vec<_> =
            self.in_order().into_iter().filter(|event| until.is_none_or(|until| event.at <= until)).collect();
        events
            .iter()
            .zip(events.iter().skip(1))
            .filter(|(a, _)| {
                match a.kind {
                    EventKind::Clear => is_clear = true,
                    EventKind::Fires => is_clear = false,
                    EventKind::Note | EventKind::Severity | EventKind::Other => {}
                }
                !is_clear
            })
            .map(|(a, b)| Gap { after: (a.seq, a.at), before: (b.seq, b.at) })
            .filter(|gap| gap.span() > GAP)
            .collect()
    }
}
