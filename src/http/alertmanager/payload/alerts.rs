//! The `alerts` array: each alert judged as it streams by, the first [`MAX_ALERTS`] kept, the rest only counted.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::de::{IgnoredAny, SeqAccess};

use super::alert::{Dated, RawAlert, Room, Unusable};
use super::loose::{Loosely, Take};
use super::oddities::Oddities;
use crate::domain::alert::Alert;
use crate::ids::Fingerprint;

/// How many alerts of one delivery are kept.
pub const MAX_ALERTS: usize = 5000;

/// How much is kept of an alert.
const ROOM: Room = Room { labels: 1 << 20, annotations: 1 << 20 };
/// How much is kept of an alert once [`LOTS`] is kept of those before it: what it is, and not what it says.
const LITTLE_ROOM: Room = Room { labels: 8 << 10, annotations: 0 };
/// So much text of one delivery is a lot, bytes.
const LOTS: usize = 16 << 20;

/// What the array held.
#[derive(Debug, Default)]
pub struct Alerts {
    /// The usable alerts in the order of their first mention, no fingerprint twice.
    pub kept: Vec<(Alert, Dated)>,
    /// What was unusual about them.
    pub oddities: Oddities,
    /// The first element that could not be used: its index, and why.
    pub first_unusable: Option<(usize, Unusable)>,
    /// How much text is kept, bytes.
    n_bytes: usize,
    /// Where in `kept` a fingerprint is.
    places: HashMap<Fingerprint, usize>,
}

/// Reads the member `alerts`. No array: `alerts` stays `None`; of two arrays the last one counts.
#[derive(Debug)]
pub struct Reading {
    /// When the body arrived, UTC.
    pub received_at: DateTime<Utc>,
    /// The array, once it was met.
    pub alerts: Option<Alerts>,
}

impl<'de> Take<'de> for Reading {
    fn array<A: SeqAccess<'de>>(&mut self, mut array: A) -> Result<(), A::Error> {
        let alerts = self.alerts.insert(Alerts::default());
        for index in 0.. {
            if alerts.kept.len() == MAX_ALERTS {
                break;
            }
            let mut element: Option<RawAlert> = None;
            if array.next_element_seed(Loosely(&mut element))?.is_none() {
                return Ok(());
            }
            alerts.add(index, element, self.received_at);
        }
        while array.next_element::<IgnoredAny>()?.is_some() {
            alerts.oddities.over_limit += 1;
        }
        Ok(())
    }
}

impl Alerts {
    fn add(&mut self, index: usize, element: Option<RawAlert<'_>>, received_at: DateTime<Utc>) {
        let element = element.ok_or(Unusable::NotAnObject);
        let room = if self.n_bytes > LOTS { LITTLE_ROOM } else { ROOM };
        match element.and_then(|raw| raw.judge(received_at, room, &mut self.oddities)) {
            Ok((alert, dated)) => {
                let texts = alert.labels.iter().chain(&alert.annotations);
                self.n_bytes += texts.map(|(name, value)| name.len() + value.len()).sum::<usize>();
                self.keep(alert, dated);
            }
            Err(why) => {
                self.oddities.skipped += 1;
                self.first_unusable.get_or_insert((index, why));
            }
        }
    }

    /// The same alert again takes the place of the earlier mention.
    fn keep(&mut self, alert: Alert, dated: Dated) {
        let next = self.kept.len();
        let place = *self.places.entry(alert.fingerprint.clone()).or_insert(next);
        match self.kept.get_mut(place) {
            Some(earlier) => {
                self.oddities.repeated += 1;
                *earlier = (alert, dated);
            }
            None => self.kept.push((alert, dated)),
        }
    }
}
