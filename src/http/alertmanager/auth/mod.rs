//! Who may send: the webhook's bearer token or basic password, checked before a byte of the body is read.
//!
//! Must never say which part of a credential was wrong, take a time that depends on how much of it was right, or
//! write one to a log.

use std::fmt;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What a sender must present.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `Authorization: Bearer <token>`.
    Bearer(String),
    /// `Authorization: Basic <base64 of user:password>`.
    Basic {
        /// The user name; it holds no colon.
        user: String,
        /// The password; an empty one lets nobody in.
        password: String,
    },
    /// Nothing: whoever reaches the port may send. Only ever chosen by name in the configuration.
    None,
}

/// Names the scheme and never the secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer(…)",
            Self::Basic { .. } => "Basic(…)",
            Self::None => "None",
        })
    }
}

/// The sender is not who it should be; answered with 401 and [`Unauthorized::challenge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthorized {
    /// The webhook wants a bearer token.
    #[error("send `Authorization: Bearer` with this source's webhook_token")]
    Bearer,
    /// The webhook wants a user and a password.
    #[error("send `Authorization: Basic` with this source's webhook_basic user and password")]
    Basic,
}

impl Unauthorized {
    /// Always 401.
    pub fn status(self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }

    /// The value of the `WWW-Authenticate` header that belongs to a 401.
    pub fn challenge(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer realm=\"webhook\"",
            Self::Basic => "Basic realm=\"webhook\", charset=\"UTF-8\"",
        }
    }
}

/// Whether the headers carry the wanted credentials.
///
/// # Errors
/// The scheme that is wanted, when it is missing, given twice, or wrong.
pub fn check(wanted: &Credentials, headers: &HeaderMap) -> Result<(), Unauthorized> {
    match wanted {
        Credentials::None => Ok(()),
        Credentials::Bearer(token) => presented(headers, "bearer")
            .filter(|given| !token.is_empty() && same(token.as_bytes(), given))
            .map_or(Err(Unauthorized::Bearer), |_| Ok(())),
        Credentials::Basic { user, password } => presented(headers, "basic")
            .and_then(|text| STANDARD.decode(text).ok())
            .filter(|given| !password.is_empty() && same(format!("{user}:{password}").as_bytes(), given))
            .map_or(Err(Unauthorized::Basic), |_| Ok(())),
    }
}

/// What follows the scheme in the one `Authorization` header.
fn presented<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h [u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (named, rest) = value.as_bytes().trim_ascii().split_at_checked(scheme.len())?;
    let spaced = rest.first() == Some(&b' ');
    (spaced && named.eq_ignore_ascii_case(scheme.as_bytes())).then(|| rest.trim_ascii())
}

/// Compares digests, so that neither content nor length shows in the time it takes.
fn same(wanted: &[u8], given: &[u8]) -> bool {
    Sha256::digest(wanted).ct_eq(&Sha256::digest(given)).into()
}

#[cfg(test)]
mod tests;
