//! What the people who run the bot must hear of, as data. It never names what a private incident is about: they all read it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::holes::Hole;
use super::reload::{Refused, Reloaded};
use crate::ids::{PersonId, SourceId};

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
    /// The hours of a schedule have ended under a ladder that nobody has answered, and nobody is on call by it now.
    NobodyRelieves {
        /// The schedule's name.
        schedule: String,
        /// Whom the ladder has paged as on call.
        paged: Vec<PersonId>,
        /// Whom it pages next; empty when that is nobody.
        next: Vec<PersonId>,
        /// When, UTC, if it goes on at all.
        at: Option<DateTime<Utc>>,
    },
    /// The schedule of an open incident's ladder is no longer configured.
    ScheduleGone {
        /// The schedule's name.
        schedule: String,
        /// The one by which the ladder goes on.
        instead: String,
    },
    /// Every method of a person failed.
    PersonUnreachable {
        /// Whom.
        person: PersonId,
        /// The last error.
        error: String,
    },
    /// Somebody of the configuration is no member of the workspace.
    NoMember {
        /// Who.
        person: PersonId,
        /// What Slack says they are (`a guest`).
        slack_says: String,
    },
    /// A source sends bodies without usable alerts.
    UnusableWebhook {
        /// The source's name.
        source: String,
        /// What is wrong with them.
        why: String,
    },
    /// Something that somebody did in Slack could not be acted upon.
    LetterGivenUp {
        /// What it was: `command`, `interaction` or `event`.
        what: String,
        /// What went wrong the last time.
        why: String,
    },
    /// Somebody has taken the bot out of an incident's private channel.
    RemovedFromChannel,
    /// Slack hands nothing over any more: commands and buttons do not work.
    SlackUnheard {
        /// Why, and what to do about it.
        why: String,
    },
    /// Whoever came on call has not confirmed that a test page reached them.
    TestPageUnconfirmed {
        /// Who.
        person: PersonId,
        /// The schedule's name.
        schedule: String,
        /// What became of it by each method, in short.
        tried: String,
    },
    /// An Alertmanager gives no whole answer.
    AlertmanagerSilent {
        /// The source's name.
        source: SourceId,
        /// What is wrong.
        why: String,
    },
    /// A heartbeat comes too seldom to be relied on.
    HeartbeatTooSlow {
        /// The source's name.
        source: SourceId,
        /// Within how many seconds it is to come.
        timeout_seconds: i64,
    },
    /// A configuration was read anew and is in force.
    ConfigReloaded(Reloaded),
    /// A configuration that was read anew cannot be used.
    ConfigRefused(Refused),
    /// Pages ahead would reach nobody, and it is the first time that this is said.
    HolesFound {
        /// Which.
        holes: Vec<Hole>,
    },
    /// Slack lets the post-mortem not be copied into a canvas.
    NoCanvas {
        /// Its reason.
        why: String,
    },
    /// PagerDuty takes no event.
    PagerDutyRefused {
        /// Its reason.
        why: String,
    },
    /// Slack takes a message only as plain text.
    PlainText {
        /// What was to be done.
        what: String,
        /// Slack's reason.
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
