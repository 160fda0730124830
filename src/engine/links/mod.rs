//! Links to the pages of this service: whoever holds one may read one incident's page for twelve hours, or acknowledge one
//! incident for a day.
//!
//! The key is made at the first start and kept in the database, so a link works on every replica and after a restart. A link
//! never says what it does not open: an incident that does not exist looks like a forged link.

mod ack;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use url::Url;

use super::Engine;
use crate::ids::IncidentId;
use crate::store::{StoreError, keys};

pub use ack::{ACKS_FOR, AckLink};

/// How long a link works, wire time.
pub const WORKS_FOR: Duration = Duration::hours(12);
/// Seconds.
const HOUR: i64 = 3600;
/// What the key is called in the database.
const NAME: &str = "links";
/// What is signed begins so: a signature is good for pages and for nothing else.
const PURPOSE: &str = "incident page";
/// And so, when it is the secret of a calendar.
const CALENDAR: &str = "calendar";
/// And so, when it tells one installation from another; nobody is let in by that.
const INSTALLATION: &str = "installation";
/// So many characters of it are enough.
const INSTALLATION_LENGTH: usize = 12;

/// Why a link opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It was not made by this service for this incident.
    #[error("the link is not signed by this service")]
    Forged,
    /// It worked once.
    #[error("the link has expired")]
    Expired,
}

/// The key that links are signed with. Never prints itself.
#[derive(Clone)]
pub struct LinkKey(Vec<u8>);

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

impl LinkKey {
    /// From its text in the database.
    pub fn new(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// The secret in the address of a calendar: the same for as long as the key is.
    pub fn calendar_secret(&self, calendar: &str) -> String {
        self.sign(&format!("{CALENDAR}\n{calendar}"))
    }

    /// What tells this installation from others where several are known: the same on every replica, for as long as the key is.
    pub fn installation(&self) -> String {
        self.sign(INSTALLATION).chars().take(INSTALLATION_LENGTH).collect()
    }

    fn sign(&self, signed: &str) -> String {
        // HMAC takes a key of any length.
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map(|mac| mac.chain_update(signed.as_bytes()));
        mac.map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())).unwrap_or_default()
    }

    /// What proves that this service lets the holder read the page of an incident until then (unix seconds).
    fn signature(&self, incident: IncidentId, until: i64) -> String {
        self.sign(&format!("{PURPOSE}\n{incident}\n{until}"))
    }

    /// A link below `base` (no slash at its end) to the page of an incident. `None` when `base` is no address. It ends at the last
    /// full hour before its time is over, so that a message that shows it does not differ from one second to the next.
    pub fn link(&self, base: &str, incident: IncidentId, now: DateTime<Utc>) -> Option<Url> {
        let until = (now + WORKS_FOR).timestamp();
        let until = until - until.rem_euclid(HOUR);
        let signature = self.signature(incident, until);
        Url::parse(&format!("{base}/incidents/{incident}?until={until}&signature={signature}")).ok()
    }

    /// Whether a link opens the page of an incident at `now` (wire time).
    ///
    /// # Errors
    /// Why it does not.
    pub fn opens(
        &self,
        incident: IncidentId,
        until: &str,
        signature: &str,
        now: DateTime<Utc>,
    ) -> Result<(), BadLink> {
        let until: i64 = until.parse().map_err(|_| BadLink::Forged)?;
        let expected = self.signature(incident, until);
        let is_ours = !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
        match (is_ours, until > now.timestamp()) {
            (false, _) => Err(BadLink::Forged),
            (true, false) => Err(BadLink::Expired),
            (true, true) => Ok(()),
        }
    }
}

impl Engine {
    /// The key of this service's links, made when there is none yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn link_key(&self) -> Result<&LinkKey, StoreError> {
        let make = async || {
            let proposed = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
            let job = self
                .db
                .write("link key", move |tx| Box::pin(async move { keys::keep(tx, NAME, &proposed).await }));
            job.await.map(|text: String| LinkKey::new(&text))
        };
        self.link_key.get_or_try_init(make).await
    }

    /// A fresh link to the page of an incident; `None` when this service has no public address.
    ///
    /// # Errors
    /// When the key cannot be had.
    pub async fn link_to(&self, incident: IncidentId) -> Result<Option<Url>, StoreError> {
        let Some(base) = self.settings.public_url.as_deref() else { return Ok(None) };
        let key = self.link_key().await?;
        Ok(key.link(base, incident, self.clocks.wire.now()))
    }
}

#[cfg(test)]
mod tests;
