//! Links that acknowledge: one incident, one person, until the incident ends or a day has passed.
//!
//! The token says for whom and for what it was made, and the signature that this service made it. Looking at a link never
//! acknowledges: programs that look through people's mail follow every link in it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::{BadLink, LinkKey};
use crate::domain::incident::Incident;
use crate::engine::Engine;
use crate::ids::{IncidentId, PersonId};
use crate::store::StoreError;

/// How long a link acknowledges, wire time.
pub const ACKS_FOR: Duration = Duration::hours(24);
/// What is signed begins so: a signature is good for acknowledging and for nothing else.
const PURPOSE: &str = "acknowledge";
/// So many characters of the signature are in a link: 128 bits, and short enough for a text message.
const SIGNATURE: usize = 22;

/// What a link stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AckLink {
    /// Which incident it acknowledges.
    pub incident: IncidentId,
    /// How often that had been reopened: a link dies with the incident, also when that comes back.
    pub n_reopened: u32,
    /// As whom.
    pub person: PersonId,
}

impl AckLink {
    /// For this person, and for this incident until it ends.
    pub fn of(incident: &Incident, person: &PersonId) -> Self {
        Self { incident: incident.id, n_reopened: incident.n_reopened, person: person.clone() }
    }

    fn payload(&self, until: i64) -> String {
        let Self { incident, n_reopened, person } = self;
        URL_SAFE_NO_PAD.encode(format!("{}.{n_reopened}.{until}.{person}", incident.0))
    }

    fn parse(payload: &str) -> Option<(Self, i64)> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let mut parts = text.splitn(4, '.');
        let incident = IncidentId(parts.next()?.parse().ok()?);
        let n_reopened = parts.next()?.parse().ok()?;
        let until = parts.next()?.parse().ok()?;
        Some((Self { incident, n_reopened, person: parts.next()?.into() }, until))
    }
}

impl LinkKey {
    fn ack_signature(&self, payload: &str) -> String {
        let mut signature = self.sign(&format!("{PURPOSE}\n{payload}"));
        signature.truncate(SIGNATURE);
        signature
    }

    /// The token of a link made at `now` (wire time).
    pub fn ack_token(&self, link: &AckLink, now: DateTime<Utc>) -> String {
        let payload = link.payload((now + ACKS_FOR).timestamp());
        format!("{payload}.{}", self.ack_signature(&payload))
    }

    /// What a token stands for at `now` (wire time).
    ///
    /// # Errors
    /// Why it stands for nothing.
    pub fn read_ack(&self, token: &str, now: DateTime<Utc>) -> Result<AckLink, BadLink> {
        let (payload, signature) = token.split_once('.').ok_or(BadLink::Forged)?;
        let expected = self.ack_signature(payload);
        let is_ours =
            expected.len() == SIGNATURE && bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
        let (link, until) = AckLink::parse(payload).filter(|_| is_ours).ok_or(BadLink::Forged)?;
        if until > now.timestamp() { Ok(link) } else { Err(BadLink::Expired) }
    }
}

impl Engine {
    /// A fresh link by which somebody acknowledges; `None` when this service has no public address.
    ///
    /// # Errors
    /// When the key cannot be had.
    pub async fn ack_link(&self, link: &AckLink) -> Result<Option<Url>, StoreError> {
        let Some(base) = self.settings.public_url.as_deref() else { return Ok(None) };
        let token = self.link_key().await?.ack_token(link, self.clocks.wire.now());
        Ok(Url::parse(&format!("{base}/ack/{token}")).ok())
    }
}
