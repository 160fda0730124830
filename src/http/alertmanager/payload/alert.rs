//! One element of `alerts`: what was written first, what it means afterwards.

use chrono::{DateTime, Datelike, Utc};
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::fingerprint::fingerprint;
use super::loose::{Members, Take, Text, members, present, text};
use super::oddities::Oddities;
use crate::domain::alert::{Alert, AlertStatus};
use crate::domain::grafana::{self, Place};
use crate::ids::Fingerprint;

/// A sender's fingerprint longer than this is no hash; the labels are hashed instead.
const MAX_FINGERPRINT: usize = 64;

/// Grafana's own members of an alert, and the annotations they are kept as.
const GRAFANA: [(&str, &str); 6] = [
    ("valueString", grafana::VALUE_STRING),
    ("values", grafana::VALUES),
    ("dashboardURL", Place::Dashboard.annotation()),
    ("panelURL", Place::Panel.annotation()),
    ("silenceURL", Place::Silence.annotation()),
    ("imageURL", Place::Image.annotation()),
];

/// How much of an alert is kept, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Of its labels.
    pub labels: usize,
    /// Of its annotations.
    pub annotations: usize,
}

/// Why an element of `alerts` cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// It is not an object.
    NotAnObject,
    /// No label has both a name and a value.
    NoLabels,
}

/// Where an alert's `starts_at` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    /// Its `startsAt`.
    BySender,
    /// The time of arrival, for want of a readable `startsAt`.
    ByArrival,
}

/// An alert's members as they were written; borrowed from the body, the last of equal names winning.
#[derive(Debug, Default)]
pub struct RawAlert<'de> {
    status: Option<&'de RawValue>,
    labels: Members<'de>,
    annotations: Members<'de>,
    starts_at: Option<&'de RawValue>,
    ends_at: Option<&'de RawValue>,
    generator_url: Option<&'de RawValue>,
    fingerprint: Option<&'de RawValue>,
    grafana: Vec<(&'static str, &'de RawValue)>,
}

/// An element that is no object stays `None`.
impl<'de> Take<'de> for Option<RawAlert<'de>> {
    fn object<A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let mut raw = RawAlert::default();
        while let Some(Text(name)) = object.next_key()? {
            match name.as_ref() {
                "status" => raw.status = Some(object.next_value()?),
                "labels" => raw.labels = members(&mut object)?.unwrap_or_default(),
                "annotations" => raw.annotations = members(&mut object)?.unwrap_or_default(),
                "startsAt" => raw.starts_at = Some(object.next_value()?),
                "endsAt" => raw.ends_at = Some(object.next_value()?),
                "generatorURL" => raw.generator_url = Some(object.next_value()?),
                "fingerprint" => raw.fingerprint = Some(object.next_value()?),
                other => match GRAFANA.iter().find(|(member, _)| *member == other) {
                    Some((_, annotation)) => {
                        raw.grafana.retain(|(known, _)| known != annotation);
                        raw.grafana.push((annotation, object.next_value()?));
                    }
                    None => drop(object.next_value::<IgnoredAny>()?),
                },
            }
        }
        *self = Some(raw);
        Ok(())
    }
}

impl RawAlert<'_> {
    /// What the alert says, with what is missing filled in and counted.
    ///
    /// # Errors
    /// It has no label: nothing could tell it from another.
    pub fn judge(
        self,
        received_at: DateTime<Utc>,
        room: Room,
        odd: &mut Oddities,
    ) -> Result<(Alert, Dated), Unusable> {
        let says_something = |name: &String, value: &mut String| !name.is_empty() && !value.is_empty();
        let (mut labels, are_labels_cut) = self.labels.texts(room.labels);
        // As Prometheus has it, a label without a value is no label.
        labels.retain(says_something);
        if labels.is_empty() {
            return Err(Unusable::NoLabels);
        }

        let (mut annotations, are_annotations_cut) = self.annotations.texts(room.annotations);
        for (name, value) in self.grafana {
            if let Some(value) = present(value).filter(|_| room.annotations > 0) {
                annotations.insert(name.to_owned(), value);
            }
        }
        odd.cut += u64::from(are_labels_cut || are_annotations_cut);

        let given = self.fingerprint.and_then(present).filter(|hash| hash.len() <= MAX_FINGERPRINT);
        let fingerprint = given.map_or_else(
            || {
                odd.unhashed += 1;
                if !are_labels_cut {
                    return fingerprint(&labels);
                }
                // What was left out may be all that tells it from another.
                let mut whole = self.labels.whole();
                whole.retain(says_something);
                fingerprint(&whole)
            },
            Fingerprint,
        );

        let ended_at = self.ends_at.and_then(instant);
        let status = self.status.and_then(status).unwrap_or_else(|| {
            odd.unknown_status += 1;
            match ended_at {
                Some(ended_at) if ended_at <= received_at => AlertStatus::Resolved,
                _ => AlertStatus::Firing,
            }
        });

        let started_at = self.starts_at.and_then(instant);
        let dated = started_at.map_or(Dated::ByArrival, |_| Dated::BySender);
        odd.undated += u64::from(dated == Dated::ByArrival);

        let alert = Alert {
            fingerprint,
            status,
            labels,
            annotations,
            starts_at: started_at.unwrap_or(received_at),
            // While an alert fires, `endsAt` is when the sender would give it up, not an end.
            ends_at: ended_at.filter(|_| status == AlertStatus::Resolved),
            generator_url: self.generator_url.and_then(present),
        };
        Ok((alert, dated))
    }
}

fn status(value: &RawValue) -> Option<AlertStatus> {
    let word = text(value);
    [("firing", AlertStatus::Firing), ("resolved", AlertStatus::Resolved)]
        .into_iter()
        .find_map(|(known, status)| word.trim().eq_ignore_ascii_case(known).then_some(status))
}

/// An RFC 3339 time in UTC, cut to whole microseconds, which is what every database keeps: the same text must be the
/// same instant again when it is read back. Go's zero time, in year 1, is absent.
fn instant(value: &RawValue) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text(value).trim()).ok()?;
    DateTime::from_timestamp_micros(time.timestamp_micros()).filter(|time| time.year() > 1)
}
