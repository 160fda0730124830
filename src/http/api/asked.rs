//! What a request asks, read with a sentence for everything that is wrong about it.
//!
//! A field that is not known is refused rather than passed over: a misspelt `summary` would be lost without a word. In
//! texts, U+0000 becomes U+FFFD, because not every database can keep it.

use std::error::Error;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::http::error::ApiError;
use crate::ids::IncidentId;

/// The largest body, bytes.
pub const MAX_BODY: usize = 1 << 20;
/// The longest title, characters.
pub const MAX_TITLE: usize = 300;
/// The longest note or summary, characters.
pub const MAX_TEXT: usize = 10_000;

/// A JSON object out of a body; an empty body is an empty object.
#[derive(Debug)]
pub struct Asked(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body =
            Bytes::from_request(request, state).await.map_err(|refused: BytesRejection| {
                match refused.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
                    _ => ApiError::BadRequest("the body broke off; send it again".to_owned()),
                }
            })?;
        Self::read(&body)
    }
}

/// What stands behind the `?` of an address; names that are not known are refused.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(refused) => {
                let why = refused.source().map_or_else(|| refused.to_string(), ToString::to_string);
                Err(ApiError::BadRequest(format!("the address cannot be read: {why}")))
            }
        }
    }
}

/// The names in an address.
#[derive(Debug)]
pub struct Named<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(names)) => Ok(Self(names)),
            Err(_unreadable) => Err(ApiError::NotFound("there is nothing at this address".to_owned())),
        }
    }
}

impl Asked {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        if body.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(ApiError::BadRequest("the body must be a JSON object".to_owned())),
            Err(error) => Err(ApiError::BadRequest(format!("the body is not JSON: {error}"))),
        }
    }

    /// Refuses fields other than these.
    ///
    /// # Errors
    /// Names the first field that is not known, and those that are.
    pub fn only(self, known: &[&str]) -> Result<Self, ApiError> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(self),
            Some(unknown) => Err(ApiError::BadRequest(format!(
                "`{}` is not known here; known are: {}",
                shortened(unknown),
                known.join(", ")
            ))),
        }
    }

    /// Whether something is so; not when it is absent or `null`.
    ///
    /// # Errors
    /// When it is neither `true` nor `false`.
    pub fn flag(&mut self, name: &str) -> Result<bool, ApiError> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(ApiError::BadRequest(format!("`{name}` must be `true` or `false`"))),
        }
    }

    /// A text of at most `longest` characters; `None` when it is absent, `null` or blank.
    ///
    /// # Errors
    /// When it is not a text, or too long.
    pub fn text(&mut self, name: &str, longest: usize) -> Result<Option<String>, ApiError> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() > longest => {
                Err(ApiError::BadRequest(format!("`{name}` is longer than {longest} characters")))
            }
            Some(Value::String(text)) => {
                Ok(Some(text.replace('\0', "\u{fffd}")).filter(|text| !text.trim().is_empty()))
            }
            Some(_) => Err(ApiError::BadRequest(format!("`{name}` must be a string"))),
        }
    }

    /// A text that must be given, though it may be empty: an empty one says something here.
    ///
    /// # Errors
    /// As [`Self::text`], and when it is missing or `null`.
    pub fn given(&mut self, name: &str, longest: usize) -> Result<String, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => {
                Err(ApiError::BadRequest(format!("`{name}` is needed, a string; an empty one empties it")))
            }
            Some(_) => Ok(self.text(name, longest)?.unwrap_or_default()),
        }
    }

    /// As [`Self::text`], but it must be there.
    ///
    /// # Errors
    /// As there, and when it is missing.
    pub fn needed(&mut self, name: &str, longest: usize) -> Result<String, ApiError> {
        let missing = || ApiError::BadRequest(format!("`{name}` is needed, a string that is not empty"));
        self.text(name, longest)?.ok_or_else(missing)
    }
}

/// The incident that an address names.
///
/// # Errors
/// When it is not an incident's name: there is no such thing.
pub fn incident(word: &str) -> Result<IncidentId, ApiError> {
    word.parse().map_err(|error: crate::ids::NotAnIncidentId| ApiError::NotFound(error.to_string()))
}

/// An instant in RFC 3339. A `+` that was not escaped in the address arrives as a space, and is meant.
///
/// # Errors
/// When it is not one.
pub fn instant(name: &str, text: &str) -> Result<DateTime<Utc>, ApiError> {
    DateTime::parse_from_rfc3339(&text.trim().replace(' ', "+")).map(|at| at.to_utc()).map_err(|_| {
        let text = shortened(text);
        ApiError::BadRequest(format!("`{name}` is `{text}`; write it as 2026-11-22T03:00:00Z"))
    })
}

/// Enough of a wrong word to recognise it by.
pub fn shortened(word: &str) -> String {
    word.chars().take(60).collect()
}
