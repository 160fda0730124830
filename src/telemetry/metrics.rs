//! Counters and histograms, in the words of the documentation. All names begin with `dontpanic_`.

use std::fmt;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::domain::incident::{Incident, State};
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::ports::Performed;

use super::Rejected;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PageLabels {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: String,
    result: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct IncidentLabels {
    severity: &'static str,
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    kind: String,
    state: String,
}

/// What is read from the database at the time of a scrape.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gauges {
    /// How many incidents there are of each severity and state.
    pub incidents: Vec<(Severity, String, i64)>,
    /// How many effects wait or were given up.
    pub jobs: Vec<(String, String, i64)>,
    /// How long the oldest page waits that no provider has taken, seconds; 0 when none does.
    pub oldest_undelivered_page_seconds: f64,
}

/// The metrics of one process.
pub struct Metrics {
    registry: Registry,
    webhooks_received: Counter,
    webhooks_rejected: Family<Reason, Counter>,
    incidents: Family<IncidentLabels, Gauge>,
    webhook_to_page: Histogram,
    pages: Family<PageLabels, Counter>,
    oldest_undelivered: Gauge<f64, std::sync::atomic::AtomicU64>,
    jobs: Family<JobLabels, Gauge>,
    jobs_done: Family<JobLabels, Counter>,
    slack_calls: Family<CallLabels, Counter>,
    timer_lateness: Histogram,
    time_to_ack: Histogram,
    time_to_resolve: Histogram,
}

fn histogram(buckets: &'static [f64]) -> Histogram {
    Histogram::new(buckets.iter().copied())
}

const FAST: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
const LATENESS: &[f64] = &[0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 600.0];
const HUMAN: &[f64] = &[60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 43200.0, 86400.0];

/// The states of incidents, as they are counted.
const STATES: [&str; 5] = ["triggered", "acknowledged", "monitoring", "resolved", "closed"];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("dontpanic");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The release that runs", build);
        let metrics = Self {
            webhooks_received: Counter::default(),
            webhooks_rejected: Family::default(),
            incidents: Family::default(),
            webhook_to_page: histogram(FAST),
            pages: Family::default(),
            oldest_undelivered: Gauge::default(),
            jobs: Family::default(),
            jobs_done: Family::default(),
            slack_calls: Family::default(),
            timer_lateness: histogram(LATENESS),
            time_to_ack: histogram(HUMAN),
            time_to_resolve: histogram(HUMAN),
            registry: Registry::default(),
        };
        registry.register(
            "webhooks_received",
            "Webhooks answered with 200",
            metrics.webhooks_received.clone(),
        );
        registry.register(
            "webhooks_rejected",
            "Webhooks refused, by reason",
            metrics.webhooks_rejected.clone(),
        );
        registry.register("incidents", "Incidents, by severity and state", metrics.incidents.clone());
        registry.register(
            "webhook_to_page_seconds",
            "From the decision about a webhook that opens an incident to its first page request leaving",
            metrics.webhook_to_page.clone(),
        );
        registry.register("pages", "Pages, by contact method and outcome", metrics.pages.clone());
        registry.register(
            "oldest_undelivered_page_seconds",
            "How long the oldest page waits that no provider has taken",
            metrics.oldest_undelivered.clone(),
        );
        registry.register(
            "jobs",
            "Effects that wait or were given up, by kind and state",
            metrics.jobs.clone(),
        );
        registry.register("jobs_done", "Attempts at effects, by kind and outcome", metrics.jobs_done.clone());
        registry.register("slack_calls", "Calls to Slack, by method and result", metrics.slack_calls.clone());
        registry.register(
            "timer_lateness_seconds",
            "How late due things happened",
            metrics.timer_lateness.clone(),
        );
        registry.register(
            "time_to_ack_seconds",
            "From received to acknowledged",
            metrics.time_to_ack.clone(),
        );
        registry.register(
            "time_to_resolve_seconds",
            "From firing to resolved",
            metrics.time_to_resolve.clone(),
        );
        // A rate needs a value from before the first time.
        for method in ContactMethod::ALL {
            for outcome in ["accepted", "failed"] {
                drop(metrics.pages.get_or_create(&PageLabels { method: method.as_str(), outcome }));
            }
        }
        let posted = CallLabels { method: "chat.postMessage".to_owned(), result: "ok".to_owned() };
        drop(metrics.slack_calls.get_or_create(&posted));
        for reason in Rejected::ALL {
            drop(metrics.webhooks_rejected.get_or_create(&Reason { reason: reason.as_str() }));
        }
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// A webhook was answered with 200.
    pub fn webhook_received(&self) {
        self.webhooks_received.inc();
    }

    /// A webhook was refused.
    pub fn webhook_rejected(&self, reason: Rejected) {
        self.webhooks_rejected.get_or_create(&Reason { reason: reason.as_str() }).inc();
    }

    /// The first page of an incident that a webhook has opened was handed to a provider for the first time, so long after the decision.
    pub fn page_left(&self, after: chrono::Duration) {
        self.webhook_to_page.observe(seconds(after));
    }

    /// What became of a page.
    pub fn page_outcome(&self, method: ContactMethod, outcome: &'static str) {
        self.pages.get_or_create(&PageLabels { method: method.as_str(), outcome }).inc();
    }

    /// What became of an effect.
    pub fn job_done(&self, kind: &'static str, performed: &Performed) {
        let state = match performed {
            Performed::Done(_) => "done",
            Performed::TryAgain { .. } => "retried",
            Performed::Wait { .. } | Performed::NotYet { .. } => "waited",
            Performed::Refused { .. } => "refused",
        };
        self.jobs_done.get_or_create(&JobLabels { kind: kind.to_owned(), state: state.to_owned() }).inc();
    }

    /// Slack answered a call.
    pub fn slack_call(&self, method: &str, result: &str) {
        let labels = CallLabels { method: method.to_owned(), result: result.to_owned() };
        self.slack_calls.get_or_create(&labels).inc();
    }

    /// Something that was due then happened now (story time).
    pub fn timer_fired(&self, due: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        if let Some(due) = due {
            self.timer_lateness.observe(seconds(now - due));
        }
    }

    /// An incident changed.
    pub fn decided(&self, before: Option<&Incident>, next: &Incident) {
        let was_acked = before.is_some_and(|before| before.first_ack.is_some());
        if let (false, Some(ack)) = (was_acked, &next.first_ack) {
            self.time_to_ack.observe(seconds(ack.at - next.opened_at));
        }
        let was_open = before.is_none_or(|before| before.state.is_open());
        if let (true, State::Resolved { at, .. }) = (was_open, &next.state) {
            self.time_to_resolve.observe(seconds(next.last_ended_at.unwrap_or(*at) - next.started_at));
        }
    }

    /// The exposition text, with what was read from the database for it.
    ///
    /// # Errors
    /// Never for a well-formed registry; the encoder's interface allows it.
    pub fn expose(&self, gauges: &Gauges) -> Result<String, fmt::Error> {
        self.incidents.clear();
        // What there is none of is nought, and no gap.
        for (severity, state) in
            Severity::ALL.into_iter().flat_map(|severity| STATES.map(|state| (severity, state)))
        {
            let labels = IncidentLabels { severity: severity.as_str(), state: state.to_owned() };
            self.incidents.get_or_create(&labels).set(0);
        }
        for (severity, state, n) in &gauges.incidents {
            let labels = IncidentLabels { severity: severity.as_str(), state: state.clone() };
            self.incidents.get_or_create(&labels).set(*n);
        }
        self.jobs.clear();
        for state in ["waiting", "buried"] {
            let labels = JobLabels { kind: "page".to_owned(), state: state.to_owned() };
            self.jobs.get_or_create(&labels).set(0);
        }
        for (kind, state, n) in &gauges.jobs {
            self.jobs.get_or_create(&JobLabels { kind: kind.clone(), state: state.clone() }).set(*n);
        }
        self.oldest_undelivered.set(gauges.oldest_undelivered_page_seconds);
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn seconds(span: chrono::Duration) -> f64 {
    span.num_microseconds().map_or(0.0, |micros| micros.max(0) as f64 / 1_000_000.0)
}
