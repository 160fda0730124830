//! What an incident was judged from, and how: enough to ask what other rules would have made of it.
//!
//! The command line reads what is written here, so both sides share these shapes.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::asked::{self, Named};
use super::incidents::may_know;
use crate::domain::alert::Alert;
use crate::domain::incident::child::Child;
use crate::domain::severity::Severity;
use crate::engine::Engine;
use crate::engine::reading::Record;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::ids::{PolicyId, ScheduleId, ServiceId, SourceId};

/// What an incident was judged from, and how.
#[derive(Debug, Serialize, Deserialize)]
pub struct Judgement {
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// The worst that rules have said, whatever people said since.
    pub severity: Severity,
    /// The rule that decided.
    pub rule: String,
    /// With which inputs.
    pub reason: String,
    /// The configured service that it is about.
    pub service: Option<ServiceId>,
    /// Whether a human has set its severity.
    pub overridden: bool,
    /// Which policy is climbed on which schedule.
    pub ladders: Vec<Ladder>,
    /// All its alerts, firing ones first.
    pub alerts: Vec<JudgedAlert>,
}

/// A climb through an escalation policy.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ladder {
    /// The schedule that its steps mean.
    pub schedule: ScheduleId,
    /// The policy.
    pub policy: PolicyId,
}

/// An alert as it was last received, with what the rules said of it alone.
#[derive(Debug, Serialize, Deserialize)]
pub struct JudgedAlert {
    /// Who sent it.
    pub source: SourceId,
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
    /// How bad it was by itself.
    pub severity: Severity,
    /// The rule that decided.
    pub rule: String,
    /// The configured service that it was about.
    pub service: Option<ServiceId>,
}

impl From<Record> for Judgement {
    fn from(record: Record) -> Self {
        let Record { incident, alerts } = record;
        let judged = |child: Child| JudgedAlert {
            source: child.source,
            alert: child.alert,
            severity: child.assessment.severity,
            rule: child.assessment.rule,
            service: child.service,
        };
        Self {
            opened_at: incident.opened_at,
            severity: incident.assessment.severity,
            rule: incident.assessment.rule,
            reason: incident.assessment.reason,
            overridden: incident.severity_override.is_some(),
            service: incident.service,
            ladders: incident
                .ladders
                .into_iter()
                .map(|ladder| Ladder { schedule: ladder.schedule, policy: ladder.policy })
                .collect(),
            alerts: alerts.into_iter().map(judged).collect(),
        }
    }
}

/// `GET incidents/INC-1/judgement`.
pub(super) async fn show(
    State(engine): State<Arc<Engine>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
) -> Result<Json<Judgement>, ApiError> {
    let id = asked::incident(&id)?;
    may_know(&engine, &caller, id).await?;
    let record = engine.record(id).await?.ok_or(ApiError::no_incident(id))?;
    Ok(Json(record.into()))
}
