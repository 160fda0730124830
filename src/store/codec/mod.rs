//! How values lie in columns: text, whole numbers and doubles, the types both databases share.
//!
//! Times are `BIGINT` microseconds since 1970 UTC, words and ids `TEXT`, documents JSON in `TEXT`. Values go in through
//! [`Storable`] and come out through `sqlx::FromRow` with [`Micros`], [`Text`] and [`Json`] as field types. A value that
//! cannot be understood is an error with its table and row, never a default.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::de::value::{Error as NotOneOf, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};
use sqlx::any::{AnyTypeInfo, AnyValueRef};
use sqlx::error::BoxDynError;
use sqlx::{Any, Decode, Encode, Type};

/// An instant as a column: `BIGINT` microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub DateTime<Utc>);

/// A word as a column: anything whose serde form is a string, such as an enum without data or an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<T>(pub T);

/// A document as a column: JSON in `TEXT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// A stored number that is no instant this program can name.
#[derive(Debug, thiserror::Error)]
#[error("{0} microseconds is not a time")]
struct NotATime(i64);

/// A value meant as a word whose serde form is not a string.
#[derive(Debug, thiserror::Error)]
#[error("only a value that is written as one string can be stored as a word")]
struct NotAWord;

/// The text as both databases can store it: PostgreSQL refuses U+0000, so U+FFFD stands in its place.
pub fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// What can be bound to a parameter of a statement.
pub trait Storable {
    /// The driver's type, which decides the type of the parameter even when it is null.
    type Column: for<'q> Encode<'q, Any> + Type<Any> + 'static;

    /// The value as it lies in the column.
    fn column(self) -> Result<Self::Column, BoxDynError>;
}

impl Storable for &str {
    type Column = String;
    fn column(self) -> Result<String, BoxDynError> {
        Ok(storable(self).into_owned())
    }
}

impl Storable for &String {
    type Column = String;
    fn column(self) -> Result<String, BoxDynError> {
        self.as_str().column()
    }
}

impl Storable for String {
    type Column = String;
    fn column(self) -> Result<String, BoxDynError> {
        if self.contains('\0') { self.as_str().column() } else { Ok(self) }
    }
}

impl Storable for i64 {
    type Column = i64;
    fn column(self) -> Result<i64, BoxDynError> {
        Ok(self)
    }
}

impl Storable for u32 {
    type Column = i64;
    fn column(self) -> Result<i64, BoxDynError> {
        Ok(self.into())
    }
}

impl Storable for usize {
    type Column = i64;
    fn column(self) -> Result<i64, BoxDynError> {
        Ok(self.try_into()?)
    }
}

impl Storable for f64 {
    type Column = f64;
    fn column(self) -> Result<f64, BoxDynError> {
        Ok(self)
    }
}

impl Storable for DateTime<Utc> {
    type Column = i64;
    fn column(self) -> Result<i64, BoxDynError> {
        Ok(self.timestamp_micros())
    }
}

impl Storable for Micros {
    type Column = i64;
    fn column(self) -> Result<i64, BoxDynError> {
        self.0.column()
    }
}

impl<T: Serialize> Storable for Text<T> {
    type Column = String;
    fn column(self) -> Result<String, BoxDynError> {
        match serde_json::to_value(&self.0)? {
            serde_json::Value::String(word) => word.column(),
            _ => Err(NotAWord.into()),
        }
    }
}

impl<T: Serialize> Storable for Json<T> {
    type Column = String;
    fn column(self) -> Result<String, BoxDynError> {
        Ok(serde_json::to_string(&self.0)?)
    }
}

impl<T: Storable> Storable for Option<T> {
    type Column = Option<T::Column>;
    fn column(self) -> Result<Self::Column, BoxDynError> {
        self.map(Storable::column).transpose()
    }
}

impl Type<Any> for Micros {
    fn type_info() -> AnyTypeInfo {
        <i64 as Type<Any>>::type_info()
    }
    fn compatible(column: &AnyTypeInfo) -> bool {
        <i64 as Type<Any>>::compatible(column)
    }
}

impl<'r> Decode<'r, Any> for Micros {
    fn decode(value: AnyValueRef<'r>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<'r, Any>>::decode(value)?;
        Ok(Self(DateTime::from_timestamp_micros(micros).ok_or(NotATime(micros))?))
    }
}

impl<T> Type<Any> for Text<T> {
    fn type_info() -> AnyTypeInfo {
        <String as Type<Any>>::type_info()
    }
}

impl<'r, T: Deserialize<'r>> Decode<'r, Any> for Text<T> {
    fn decode(value: AnyValueRef<'r>) -> Result<Self, BoxDynError> {
        let word: StrDeserializer<'_, NotOneOf> =
            <&str as Decode<'r, Any>>::decode(value)?.into_deserializer();
        Ok(Self(T::deserialize(word)?))
    }
}

impl<T> Type<Any> for Json<T> {
    fn type_info() -> AnyTypeInfo {
        <String as Type<Any>>::type_info()
    }
}

impl<'r, T: DeserializeOwned> Decode<'r, Any> for Json<T> {
    fn decode(value: AnyValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(serde_json::from_str(<&str as Decode<'r, Any>>::decode(value)?)?))
    }
}

#[cfg(test)]
mod tests;
