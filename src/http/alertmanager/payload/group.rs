//! The object around the alerts: which group this is, and what its alerts share.

use chrono::{DateTime, Utc};
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::alert::{Dated, Unusable};
use super::alerts::{Alerts, Reading};
use super::loose::{LONGEST, Loosely, Members, Take, Text, members, present};
use super::{Parsed, Rejection};
use crate::domain::alert::{Alert, AlertGroup, Labels};
use crate::ids::{GroupKey, SourceId};

/// Versions whose meaning is known: Alertmanager's and Grafana's.
const KNOWN_VERSIONS: [&str; 2] = ["4", "1"];

/// How much of what the alerts share is kept, bytes.
const ROOM: usize = 1 << 20;

/// Reads the body's one value; `payload` stays `None` when that is no object.
#[derive(Debug)]
pub struct Delivery<'de> {
    /// When the body arrived, UTC.
    pub received_at: DateTime<Utc>,
    /// The object.
    pub payload: Option<RawPayload<'de>>,
}

/// The object's members as they were written, the last of equal names winning. The payload's own `status` is not
/// among them: only each alert's counts.
#[derive(Debug, Default)]
pub struct RawPayload<'de> {
    version: Option<&'de RawValue>,
    receiver: Option<&'de RawValue>,
    group_key: Option<&'de RawValue>,
    external_url: Option<&'de RawValue>,
    truncated_alerts: Option<&'de RawValue>,
    group_labels: Option<Members<'de>>,
    common_labels: Option<Members<'de>>,
    common_annotations: Option<Members<'de>>,
    alerts: Option<Reading>,
}

impl<'de> Take<'de> for Delivery<'de> {
    fn object<A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let raw = self.payload.insert(RawPayload::default());
        while let Some(Text(name)) = object.next_key()? {
            match name.as_ref() {
                "version" => raw.version = Some(object.next_value()?),
                "receiver" => raw.receiver = Some(object.next_value()?),
                "groupKey" => raw.group_key = Some(object.next_value()?),
                "externalURL" => raw.external_url = Some(object.next_value()?),
                "truncatedAlerts" => raw.truncated_alerts = Some(object.next_value()?),
                "groupLabels" => raw.group_labels = members(&mut object)?,
                "commonLabels" => raw.common_labels = members(&mut object)?,
                "commonAnnotations" => raw.common_annotations = members(&mut object)?,
                "alerts" => {
                    let reading = raw.alerts.insert(Reading { received_at: self.received_at, alerts: None });
                    object.next_value_seed(Loosely(reading))?;
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl RawPayload<'_> {
    /// What the delivery says, with what is missing derived and noted.
    ///
    /// # Errors
    /// No alert in it can be used.
    pub fn judge(self, source: SourceId) -> Result<Parsed, Rejection> {
        let alerts = usable(self.alerts)?;
        let n_over_limit = alerts.oddities.over_limit;
        let alerts_notes = alerts.oddities.notes();
        let mut undated = Vec::new();
        let alerts: Vec<Alert> = alerts
            .kept
            .into_iter()
            .map(|(alert, dated)| {
                if dated == Dated::ByArrival {
                    undated.push(alert.fingerprint.clone());
                }
                alert
            })
            .collect();

        let mut notes = Vec::new();
        match self.version.and_then(present) {
            Some(version) if KNOWN_VERSIONS.contains(&version.as_str()) => {}
            Some(version) => {
                let version: String = version.chars().take(40).collect();
                notes.push(format!("payload version `{version}` is unknown, read as Alertmanager's"));
            }
            None => notes.push("no payload version, read as Alertmanager's".to_owned()),
        }
        let receiver = self.receiver.and_then(present).unwrap_or_default();
        let texts = |members: &Members<'_>| members.texts(ROOM).0;
        let group_key = self.group_key.and_then(key).map_or_else(
            || {
                notes.push("no groupKey, derived from receiver and group labels".to_owned());
                let labels = self.group_labels.as_ref().map(texts);
                derived_key(&receiver, &labels.unwrap_or_else(|| shared_name(&alerts)))
            },
            GroupKey,
        );
        let n_cut_by_sender = self.truncated_alerts.and_then(present).map_or(0, |count| {
            count.parse().unwrap_or_else(|_not_a_count| {
                notes.push("truncatedAlerts is not a count, read as 0".to_owned());
                0
            })
        });
        notes.extend(alerts_notes);

        // Whoever writes a body by hand leaves them out, or empty.
        let common_labels = self.common_labels.as_ref().map(texts).filter(|labels| !labels.is_empty());
        let common_labels = common_labels.unwrap_or_else(|| shared(&alerts, |alert| &alert.labels));
        let common_annotations =
            self.common_annotations.as_ref().map(texts).filter(|texts| !texts.is_empty());
        let common_annotations =
            common_annotations.unwrap_or_else(|| shared(&alerts, |alert| &alert.annotations));
        let group = AlertGroup {
            source,
            receiver,
            group_key,
            alerts,
            n_truncated: n_over_limit.saturating_add(n_cut_by_sender),
            common_labels,
            common_annotations,
            external_url: self.external_url.and_then(present),
            notes,
        };
        Ok(Parsed { group, undated })
    }
}

/// The array, when at least one of its alerts can be used.
fn usable(reading: Option<Reading>) -> Result<Alerts, Rejection> {
    let reading = reading.ok_or(Rejection::unusable("alerts", "is missing; send an array of alerts"))?;
    let alerts =
        reading.alerts.ok_or(Rejection::unusable("alerts", "is not an array; send an array of alerts"))?;
    if !alerts.kept.is_empty() {
        return Ok(alerts);
    }
    Err(match alerts.first_unusable {
        None => Rejection::unusable("alerts", "is empty; send at least one alert"),
        Some((index, Unusable::NotAnObject)) => {
            Rejection::unusable(format!("alerts[{index}]"), "is not an object; send one with labels")
        }
        Some((index, Unusable::NoLabels)) => Rejection::unusable(
            format!("alerts[{index}].labels"),
            "holds no label with a value; send an alertname",
        ),
    })
}

/// A group's key. One too long to keep is cut, and what was cut still tells it from another.
fn key(value: &RawValue) -> Option<String> {
    let key = present(value)?;
    if value.get().len() <= LONGEST {
        return Some(key);
    }
    let digest = Sha256::digest(value.get());
    let digits = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
    Some(format!("{key} {digits:016x}"))
}

/// A key in the manner of Alertmanager's, the same for every delivery of the group.
fn derived_key(receiver: &str, group_labels: &Labels) -> GroupKey {
    let labels: Vec<_> = group_labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    GroupKey(format!("{receiver}:{{{}}}", labels.join(", ")))
}

/// Stands in for absent group labels: the `alertname` that all alerts share, because it stays the same when alerts join
/// and leave the group, as few other shared labels do.
fn shared_name(alerts: &[Alert]) -> Labels {
    let mut labels = shared(alerts, |alert| &alert.labels);
    labels.retain(|name, _| name == "alertname");
    labels
}

/// What all alerts say alike.
fn shared(alerts: &[Alert], said: impl Fn(&Alert) -> &Labels) -> Labels {
    let Some((first, others)) = alerts.split_first() else { return Labels::new() };
    let mut shared = said(first).clone();
    for other in others {
        shared.retain(|name, value| said(other).get(name) == Some(value));
    }
    shared
}
