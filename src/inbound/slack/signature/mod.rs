//! Proves that a request comes from Slack and is fresh: the `v0` signature.
//!
//! Works on the bytes as they came, before anything reads them.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// How far a request's time may be from ours, in either direction.
const WINDOW: TimeDelta = TimeDelta::seconds(300);
const VERSION: &str = "v0";

/// Slack's signing secret, which never prints itself.
#[derive(Clone)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// Takes the secret from the configuration.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFromSlack {
    /// No signing secret is configured, so nothing can be believed.
    #[error("no signing secret is configured; set `slack.signing_secret`")]
    NoSecret,
    /// A header is missing or not readable.
    #[error("the request has no readable slack signature")]
    Unsigned,
    /// The request's time is too far from ours: a replay, or a clock that is wrong.
    #[error("the request's time is more than five minutes off; check the clock if this goes on")]
    Stale,
    /// The signature is not ours.
    #[error("the signature does not match; check `slack.signing_secret`")]
    Mismatch,
}

/// Checks the headers alone, so that a stranger's body is never read: the time of a request that claims to be signed.
pub fn check_time(timestamp: &str, now: DateTime<Utc>) -> Result<(), NotFromSlack> {
    let sent_at = timestamp
        .parse::<i64>()
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .ok_or(NotFromSlack::Unsigned)?;
    if (now - sent_at).abs() > WINDOW { Err(NotFromSlack::Stale) } else { Ok(()) }
}

/// Checks a request: its headers `X-Slack-Request-Timestamp` and `X-Slack-Signature`, and its body as it came.
pub fn verify(
    secret: &SigningSecret,
    timestamp: &str,
    signature: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), NotFromSlack> {
    check_time(timestamp, now)?;
    let expected = sign(secret, timestamp, body)?;
    if bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
        Ok(())
    } else {
        Err(NotFromSlack::Mismatch)
    }
}

/// The signature Slack would send with this body at this time.
pub fn sign(secret: &SigningSecret, timestamp: &str, body: &[u8]) -> Result<String, NotFromSlack> {
    if secret.0.is_empty() {
        return Err(NotFromSlack::NoSecret);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()).map_err(|_| NotFromSlack::NoSecret)?;
    for part in [VERSION.as_bytes(), b":", timestamp.as_bytes(), b":", body] {
        mac.update(part);
    }
    let digest = mac.finalize().into_bytes();
    Ok(digest.iter().fold(format!("{VERSION}="), |mut hex, byte| {
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _written = write!(hex, "{byte:02x}");
        hex
    }))
}

#[cfg(test)]
mod tests;
