//! `${NAME}` and `${NAME:-default}` inside single values, and `$$` for a dollar.
//!
//! The replacement happens after the file is parsed, so a value can never become structure. To the YAML parser a reference
//! would be a mapping in braces; the [`Shield`] hides references from it.

use super::value::Wrong;

/// Where values of `${NAME}` come from.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Private use characters that stand around the number of a hidden piece of text.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// The pieces of a file that the YAML parser must not see.
pub(super) struct Shield {
    hidden: Vec<String>,
}

impl Shield {
    /// Replaces every reference with a placeholder. Lines stay where they are.
    pub(super) fn over(text: &str) -> (Self, String) {
        let mut hidden = Vec::new();
        let mut shielded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['$', OPEN]) {
            let (before, from) = rest.split_at(at);
            shielded.push_str(before);
            let length = match from.chars().next() {
                Some(OPEN) => OPEN.len_utf8(),
                _ if from.starts_with("$$") => 2,
                _ => reference_length(from).unwrap_or(1),
            };
            let (piece, after) = from.split_at(length);
            if piece.starts_with("${") || piece.starts_with(OPEN) {
                shielded.extend([OPEN.to_string(), hidden.len().to_string(), CLOSE.to_string()]);
                hidden.push(piece.to_owned());
            } else {
                shielded.push_str(piece);
            }
            rest = after;
        }
        shielded.push_str(rest);
        (Self { hidden }, shielded)
    }

    /// Puts the hidden pieces back.
    pub(super) fn lift(&self, text: &str) -> String {
        let mut lifted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            lifted.push_str(before);
            let piece = after
                .split_once(CLOSE)
                .and_then(|(number, after)| Some((self.hidden.get(number.parse::<usize>().ok()?)?, after)));
            if let Some((piece, after)) = piece {
                lifted.push_str(piece);
                rest = after;
            } else {
                lifted.push(OPEN);
                rest = after;
            }
        }
        lifted.push_str(rest);
        lifted
    }
}

/// The length of a well-formed reference at the start of the text. What has quotes or a backslash is left to YAML.
fn reference_length(from: &str) -> Option<usize> {
    let inner = from.strip_prefix("${")?;
    let end = inner.find(['}', '\n', '"', '\'', '\\'])?;
    let (inner, close) = inner.split_at(end);
    (close.starts_with('}') && Reference::parse(inner).is_some()).then_some(end + 3)
}

/// What stands between `${` and `}`.
struct Reference<'a> {
    name: &'a str,
    default: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn parse(inner: &'a str) -> Option<Self> {
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        is_name.then_some(Self { name, default })
    }
}

/// The text with its references replaced. A variable that is empty counts as unset where a default is given.
pub(super) fn expand(text: &str, environment: Environment<'_>) -> Result<String, Wrong> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            expanded.push('$');
            after
        } else if let Some(inner) = after.strip_prefix('{') {
            let malformed = || {
                Wrong::new("a `${` is not followed by a variable's name and `}`", "write `$$` for a dollar")
            };
            let (inner, after) = inner.split_once('}').ok_or_else(malformed)?;
            let Reference { name, default } = Reference::parse(inner).ok_or_else(malformed)?;
            let value = match default {
                Some(default) => {
                    environment(name).filter(|v| !v.is_empty()).unwrap_or_else(|| default.to_owned())
                }
                None => environment(name).ok_or_else(|| {
                    Wrong::new(
                        format!("the environment variable {name} is not set"),
                        format!("set it, or give a default: ${{{name}:-…}}"),
                    )
                })?,
            };
            expanded.push_str(&value);
            after
        } else {
            expanded.push('$');
            after
        };
    }
    expanded.push_str(rest);
    Ok(expanded)
}
