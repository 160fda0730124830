//! Reading JSON whose shape cannot be trusted, without building a tree of it.
//!
//! Every reader here takes whatever value comes: the wanted shape is used as it streams by, any other is passed over.
//! So the only error left is JSON that is broken, and depth costs no stack: what is passed over is skipped by a loop.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::alert::Labels;

/// What uses a value when it has the right shape. A shape that is not overridden is passed over.
pub trait Take<'de>: Sized {
    /// The value is an object; read it to its end.
    fn object<A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    /// The value is an array; read it to its end.
    fn array<A: SeqAccess<'de>>(&mut self, mut array: A) -> Result<(), A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// Reads one value, of any shape, into a [`Take`].
pub struct Loosely<'a, T>(pub &'a mut T);

impl<'de, T: Take<'de>> DeserializeSeed<'de> for Loosely<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de, T: Take<'de>> Visitor<'de> for Loosely<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        self.0.object(object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<(), A::Error> {
        self.0.array(array)
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A member's name, or a string, with what is not text replaced by U+FFFD.
///
/// That is half a surrogate pair (some senders escape one) and U+0000 (no PostgreSQL text can hold it).
pub struct Text<'de>(pub Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(string: D) -> Result<Self, D::Error> {
        string.deserialize_bytes(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(storable(String::from_utf8_lossy(bytes)))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(storable(String::from_utf8_lossy(bytes)).into_owned()))
    }
}

fn storable(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { text }
}

/// A value as text: a string's content, anything else as it was written (`1.10`, `true`, `null`, `[1]`).
pub fn text(value: &RawValue) -> String {
    let json = value.get();
    let string = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match string {
        None => json.to_owned(),
        Some(plain) if !plain.contains('\\') => plain.to_owned(),
        // It was checked while it was skipped, so this reads; were it ever not to, the escaped form is still the truth.
        Some(escaped) => {
            serde_json::from_str::<Text>(json).map_or_else(|_| escaped.to_owned(), |text| text.0.into_owned())
        }
    }
}

/// A text that says something: `null` and the empty string are as good as absent.
pub fn present(value: &RawValue) -> Option<String> {
    match value.get() {
        "null" | "\"\"" => None,
        _ => Some(text(value)),
    }
}

/// The value of the member whose name was just read, as names and texts, the last of equal names winning; `None` when
/// it is no object. Empty texts are kept: for annotations they are a statement.
pub fn texts<'de, A: MapAccess<'de>>(object: &mut A) -> Result<Option<Labels>, A::Error> {
    let mut texts = Texts(None);
    object.next_value_seed(Loosely(&mut texts))?;
    Ok(texts.0)
}

struct Texts(Option<Labels>);

impl<'de> Take<'de> for Texts {
    fn object<A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let texts = self.0.insert(Labels::new());
        while let Some((name, value)) = object.next_entry::<Text, &RawValue>()? {
            texts.insert(name.0.into_owned(), text(value));
        }
        Ok(())
    }
}
