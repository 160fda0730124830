//! What a sender said, read tolerantly: Alertmanager, Grafana, or anything that posts an object with `alerts`.
//!
//! One usable alert in a body is enough to take it, because refusing it would mean a page not sent. What is missing is
//! derived in a fixed way, so that the same body is the same alerts again, and said in the group's notes. Must never
//! panic, follow depth with stack, keep what is beyond the limit in memory, or trust the payload's own `status`.

mod alert;
mod alerts;
mod fingerprint;
mod group;
mod loose;
mod oddities;

use std::borrow::Cow;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::de::DeserializeSeed;

use self::group::Delivery;
use self::loose::Loosely;
use crate::domain::alert::AlertGroup;
use crate::ids::{Fingerprint, SourceId};

pub use self::alerts::MAX_ALERTS;
pub use self::fingerprint::fingerprint;

/// The longest body in which bytes that are not UTF-8 are replaced, which takes up to three times its memory.
const LONGEST_TO_MEND: usize = 8 << 20;

/// A body that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What was said.
    pub group: AlertGroup,
    /// The alerts whose `starts_at` is only the time of arrival. For a child already known that is no new beginning:
    /// a sender that never dates its alerts must not look like one that flaps.
    pub undated: Vec<Fingerprint>,
}

/// A body that cannot be used, and what its sender should change.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// It is broken off, or not JSON at all.
    #[error("the body is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON, but holds no alert that could be acted on; worth keeping for a person to look at.
    #[error("`{field}` {why}")]
    Unusable {
        /// The member at fault, as a path (`alerts[0].labels`); `body` for the whole.
        field: String,
        /// What is wrong with it and what is wanted.
        why: &'static str,
    },
}

impl Rejection {
    /// Always 400: the same bytes will not be better next time.
    pub fn status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn unusable(field: impl Into<String>, why: &'static str) -> Self {
        Self::Unusable { field: field.into(), why }
    }
}

/// Reads one delivery of `source`, which arrived at `received_at` (UTC).
///
/// # Errors
/// Not JSON, or without any usable alert.
pub fn parse(body: &[u8], source: SourceId, received_at: DateTime<Utc>) -> Result<Parsed, Rejection> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.len() > LONGEST_TO_MEND && std::str::from_utf8(body).is_err() {
        return Err(Rejection::NotJson(serde::de::Error::custom("it is not UTF-8")));
    }
    let json = String::from_utf8_lossy(body);
    let mut delivery = Delivery { received_at, payload: None };
    let mut reader = serde_json::Deserializer::from_str(&json);
    Loosely(&mut delivery)
        .deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(Rejection::NotJson)?;

    let payload = delivery.payload;
    let payload =
        payload.ok_or_else(|| Rejection::unusable("body", "is not an object; send one with `alerts`"))?;
    let mut parsed = payload.judge(source)?;
    if let Cow::Owned(_) = json {
        parsed.group.notes.push("bytes that are not UTF-8 were replaced".to_owned());
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests;
