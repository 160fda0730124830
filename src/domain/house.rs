//! The house rules: everything of the configuration that decisions depend on, as plain values.
//!
//! The configuration file is parsed elsewhere; here is only its meaning. A `House` is consistent: every name
//! that one part uses is defined in another.

use std::collections::BTreeMap;

use chrono::Duration;
use chrono_tz::Tz;

use super::escalation::{Policy, Step, Target};
use super::on_call::Schedule;
use super::people::Person;
use super::severity::{Rule, Severity};
use crate::ids::{PersonId, PolicyId, RoleId, RunbookId, ScheduleId, ServiceId};

/// When a severity wakes people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageWhen {
    /// At any hour.
    Always,
    /// In the business hours of the schedule only.
    BusinessHours,
    /// Not at all.
    Never,
}

/// When a severity opens a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelWhen {
    /// At once.
    Auto,
    /// When somebody asks for it; until then the thread under the announcement is the place.
    OnDemand,
    /// Not at all.
    Never,
}

/// What one severity means in this house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeveritySettings {
    /// How soon somebody should have acknowledged; `None` means no target.
    pub ack_target: Option<Duration>,
    /// How long a contact method has before the next one is tried.
    pub contact_interval: Duration,
    /// When it pages.
    pub page: PageWhen,
    /// The escalation policy that it climbs, unless the service names another.
    pub escalation: Option<PolicyId>,
    /// Whether it has a channel.
    pub channel: ChannelWhen,
    /// Whether it is filed as a ticket.
    pub ticket: bool,
}

/// A titled link to a dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// What the button says.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// A service level objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// Its name (`availability`).
    pub name: String,
    /// The target in percent (99.9).
    pub objective: f64,
    /// Over which span.
    pub window: Duration,
    /// A PromQL expression that yields the ratio of good events, if there is one.
    pub sli_query: Option<String>,
}

/// A service that alerts can be about.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The key under `services`.
    pub id: ServiceId,
    /// 1 is the most important.
    pub tier: Option<u8>,
    /// The owning team, as free text.
    pub owner: Option<String>,
    /// Who is on call for it.
    pub schedule: ScheduleId,
    /// Policies of its own, by severity.
    pub escalation: BTreeMap<Severity, PolicyId>,
    /// The runbook to use when neither the alert nor a front matter names one.
    pub runbook: Option<RunbookId>,
    /// Where to look.
    pub dashboards: Vec<Dashboard>,
    /// What it promises.
    pub slos: Vec<Slo>,
}

/// The time limits of an incident's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentTimes {
    /// From "all clear" to resolved. `None`: never by itself.
    pub resolve_after: Option<Duration>,
    /// How long after the resolve a re-fire reopens. `None`: a re-fire always opens a new incident.
    pub reopen_within: Option<Duration>,
    /// New incidents within 60 s on one schedule that make a storm. `None`: there are no storms.
    pub storm_threshold: Option<u32>,
    /// Pages to one person inside this span are folded.
    pub page_bundle: Option<Duration>,
    /// Silence after an acknowledgement before the responder is nudged.
    pub nudge_after: Option<Duration>,
    /// Silence after the nudge before a P1's ladder goes on.
    pub nudge_answer: Option<Duration>,
    /// When the channel is archived.
    pub archive_after: Option<Duration>,
}

/// When post-mortems are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviews {
    /// How long after the resolve. `None`: never.
    pub due_after: Option<Duration>,
    /// When to remind before that, counted from the resolve.
    pub remind_at: Vec<Duration>,
}

/// Everything that decisions depend on.
#[derive(Debug, Clone, PartialEq)]
pub struct House {
    /// The zone of dates in channel names and of what has no zone of its own.
    pub timezone: Tz,
    /// Everybody, by key.
    pub people: BTreeMap<PersonId, Person>,
    /// Who may do everything.
    pub admins: Vec<PersonId>,
    /// On-call schedules.
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// The schedule of alerts whose service is unknown.
    pub default_schedule: ScheduleId,
    /// Escalation policies.
    pub policies: BTreeMap<PolicyId, Policy>,
    /// Roles and who holds them.
    pub roles: BTreeMap<RoleId, Vec<Target>>,
    /// What each severity means; every severity is present.
    pub severities: BTreeMap<Severity, SeveritySettings>,
    /// The severity rules of the configuration, in order; the built-in ones follow them.
    pub severity_rules: Vec<Rule>,
    /// Values of `env` that are not production, compared without case.
    pub non_production: Vec<String>,
    /// Which labels name the service, most telling first.
    pub service_labels: Vec<String>,
    /// The services.
    pub services: BTreeMap<ServiceId, Service>,
    /// Time limits.
    pub times: IncidentTimes,
    /// When post-mortems are due.
    pub reviews: Reviews,
    /// Of which severities PagerDuty hears; none when it is not configured.
    pub pagerduty: Vec<Severity>,
}

/// What a severity means when the configuration does not say: pages at any hour, by no policy of its own.
const UNCONFIGURED: SeveritySettings = SeveritySettings {
    ack_target: None,
    contact_interval: Duration::minutes(3),
    page: PageWhen::Always,
    escalation: None,
    channel: ChannelWhen::Auto,
    ticket: false,
};

impl House {
    /// What a severity means here.
    pub fn means(&self, severity: Severity) -> &SeveritySettings {
        self.severities.get(&severity).unwrap_or(&UNCONFIGURED)
    }

    /// The schedule of a service, or the default one.
    pub fn schedule_of(&self, service: Option<&ServiceId>) -> &ScheduleId {
        service
            .and_then(|id| self.services.get(id))
            .map_or(&self.default_schedule, |service| &service.schedule)
    }

    /// The policy that an incident of this service and severity climbs; `None` when it pages nobody.
    pub fn policy_for(&self, service: Option<&ServiceId>, severity: Severity) -> Option<&Policy> {
        let means = self.means(severity);
        if means.page == PageWhen::Never {
            return None;
        }
        let own = service
            .and_then(|id| self.services.get(id))
            .and_then(|service| service.escalation.get(&severity));
        own.or(means.escalation.as_ref()).and_then(|id| self.policies.get(id))
    }

    /// The steps of a policy that can mean anybody: a step that names only roles which nobody configured is left out.
    pub fn steps(&self, policy: &PolicyId) -> Vec<&Step> {
        let means_somebody = |target: &Target| match target {
            Target::Role(role) => self.roles.contains_key(role),
            Target::Primary | Target::Secondary | Target::Schedule(_) | Target::Person(_) => true,
        };
        let steps = self.policies.get(policy).map(|policy| policy.steps.as_slice()).unwrap_or_default();
        steps.iter().filter(|step| step.page.iter().any(means_somebody)).collect()
    }
}
