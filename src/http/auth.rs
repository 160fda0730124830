//! Who may use the API: bearer tokens with a scope.
//!
//! Must never take a time that depends on how much of a token was right, say which token was nearly right, or write one to
//! a log.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::error::ApiError;
use crate::config::{ApiToken, Scope};

/// The holder of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's name; the timeline says `token:<name>`.
    pub token: String,
    /// What it may do.
    pub scope: Scope,
}

impl Caller {
    /// Lets looks pass with every scope, and everything else with `act` only.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn may(&self, method: &Method) -> Result<(), ApiError> {
        let only_looks = *method == Method::GET || *method == Method::HEAD;
        match self.scope {
            Scope::Act => Ok(()),
            Scope::Read if only_looks => Ok(()),
            Scope::Read => Err(ApiError::Forbidden { token: self.token.clone() }),
        }
    }

    /// Whether they may know what a private incident is about: who may act on incidents may.
    pub const fn knows_private(&self) -> bool {
        match self.scope {
            Scope::Act => true,
            Scope::Read => false,
        }
    }
}

/// Whose token the request carries.
///
/// Every token is compared, and digests are compared rather than words, so that the time taken says nothing.
///
/// # Errors
/// `Unauthorized` when it carries none, several, or one that nobody holds.
pub fn caller(tokens: &[ApiToken], headers: &HeaderMap) -> Result<Caller, ApiError> {
    let given = Sha256::digest(bearer(headers).ok_or(ApiError::Unauthorized)?);
    let (mut found, mut place) = (Choice::from(0), 0_u64);
    for (n, token) in (0_u64..).zip(tokens) {
        let word = token.token.expose().as_bytes();
        let is_this = Sha256::digest(word).ct_eq(&given) & Choice::from(u8::from(!word.is_empty()));
        place.conditional_assign(&n, is_this);
        found |= is_this;
    }
    let token = usize::try_from(place).ok().and_then(|place| tokens.get(place));
    let token = token.filter(|_| found.into()).ok_or(ApiError::Unauthorized)?;
    Ok(Caller { token: token.name.clone(), scope: token.scope })
}

/// The word after `Bearer` in the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, word) = value.as_bytes().trim_ascii().split_at_checked("bearer ".len())?;
    let word = word.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !word.is_empty()).then_some(word)
}
