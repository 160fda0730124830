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

/// The longest text that is kept of one value, bytes; a longer one is cut and says so.
pub const LONGEST: usize = 64 * 1024;
/// The longest name that is kept, bytes.
const LONGEST_NAME: usize = 1024;
/// How many names of one object are read; the others are passed over.
const MOST_NAMES: usize = 2000;

/// A value as text: a string's content, anything else as it was written (`1.10`, `true`, `null`, `[1]`). What is longer than
/// [`LONGEST`] is cut before it is copied, and says so.
pub fn text(value: &RawValue) -> String {
    let json = value.get();
    let string = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    if json.len() > LONGEST {
        let kept = prefix(string.unwrap_or(json), LONGEST);
        let kept = if string.is_some() { unescaped(kept) } else { kept.to_owned() };
        return format!("{kept}… (cut here: {} bytes were sent)", json.len());
    }
    string.map_or_else(|| json.to_owned(), unescaped)
}

/// The same text, whole: for what only its whole can tell.
pub fn whole_text(value: &RawValue) -> String {
    let json = value.get();
    let string = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    string.map_or_else(|| json.to_owned(), unescaped)
}

/// What stands between the quotes of a string.
fn unescaped(inner: &str) -> String {
    if !inner.contains('\\') {
        return inner.to_owned();
    }
    // It was checked while it was skipped, so this reads; were it ever not to, the escaped form is still the truth.
    serde_json::from_str::<Text>(&format!("\"{inner}\""))
        .map_or_else(|_| inner.to_owned(), |text| text.0.into_owned())
}

/// At most so many bytes of what stands between quotes, no escape torn apart.
fn prefix(inner: &str, longest: usize) -> &str {
    let cut = inner.get(..inner.floor_char_boundary(longest)).unwrap_or_default();
    let bytes = cut.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let length = match (byte, bytes.get(end + 1)) {
            (b'\\', Some(b'u')) => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
        if end + length > bytes.len() {
            break;
        }
        end += length;
    }
    cut.get(..end).unwrap_or_default()
}

/// A text that says something: `null` and the empty string are as good as absent.
pub fn present(value: &RawValue) -> Option<String> {
    match value.get() {
        "null" | "\"\"" => None,
        _ => Some(text(value)),
    }
}

/// Names and values as they were written; borrowed from the body.
#[derive(Debug, Default)]
pub struct Members<'de> {
    all: Vec<(Cow<'de, str>, &'de RawValue)>,
    /// Whether some were passed over.
    is_cut: bool,
}

impl Members<'_> {
    /// As names and texts, the last of equal names winning, within `room` bytes; and whether anything was left out or cut.
    /// Empty texts are kept: for annotations they are a statement.
    pub fn texts(&self, room: usize) -> (Labels, bool) {
        let (mut texts, mut used, mut is_cut) = (Labels::new(), 0_usize, self.is_cut);
        for (name, value) in &self.all {
            let n = name.len().min(LONGEST_NAME) + value.get().len().min(LONGEST);
            if used + n > room {
                is_cut = true;
                continue;
            }
            used += n;
            is_cut |= name.len() > LONGEST_NAME || value.get().len() > LONGEST;
            let name = name.get(..name.floor_char_boundary(LONGEST_NAME)).unwrap_or_default();
            texts.insert(name.to_owned(), text(value));
        }
        (texts, is_cut)
    }

    /// As names and texts, whole.
    pub fn whole(&self) -> Labels {
        self.all.iter().map(|(name, value)| (name.clone().into_owned(), whole_text(value))).collect()
    }
}

/// The value of the member whose name was just read, as names and values; `None` when it is no object.
pub fn members<'de, A: MapAccess<'de>>(object: &mut A) -> Result<Option<Members<'de>>, A::Error> {
    let mut members = None;
    object.next_value_seed(Loosely(&mut members))?;
    Ok(members)
}

impl<'de> Take<'de> for Option<Members<'de>> {
    fn object<A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let members = self.insert(Members::default());
        while let Some((name, value)) = object.next_entry::<Text, &RawValue>()? {
            if members.all.len() < MOST_NAMES {
                members.all.push((name.0, value));
            } else {
                members.is_cut = true;
            }
        }
        Ok(())
    }
}
