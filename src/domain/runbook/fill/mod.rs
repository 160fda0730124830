//! Fills what an alert knows into the commands of a runbook, so that they can be pasted at 3 a.m.
//!
//! A runbook declares its names in the front matter: `variables: [NS=namespace, SVC=service|app]` says that `$NS` stands for the
//! alert's label `namespace`, and `$SVC` for `service` or else `app`. Only code is filled. A label is text from outside: what a
//! shell would not take for one plain word is quoted, and what cannot be quoted where it stands is never filled in. A name
//! that the alert does not know becomes a placeholder such as `<namespace>`, which no shell takes for a value.

/// A name in a runbook's commands, and the labels that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name, without `$`.
    pub name: String,
    /// The labels, the most telling first; at least one.
    pub labels: Vec<String>,
}

impl Variable {
    /// Reads `NAME=label`, or `NAME=label|other`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` does not name a label; write it as NS=namespace or SVC=service|app");
        let (name, labels) = text.split_once('=').ok_or_else(wrong)?;
        let labels: Vec<String> = labels.split('|').map(|label| label.trim().to_owned()).collect();
        let name = name.trim().trim_start_matches('$');
        let is_name = name.starts_with(begins_name) && name.chars().all(is_in_name);
        let are_labels = labels.iter().all(|label| !label.is_empty() && label.chars().all(is_in_name));
        if is_name && are_labels { Ok(Self { name: name.to_owned(), labels }) } else { Err(wrong()) }
    }
}

fn begins_name(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

fn is_in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The longest value that is filled in.
const LONGEST: usize = 253;

/// A step as plain text (see `first_steps`) with its declared variables filled in, in code only.
pub(super) fn fill<'a>(
    step: &str,
    variables: &[Variable],
    known: &dyn Fn(&str) -> Option<&'a str>,
) -> String {
    let value = |name: &str| {
        let variable = variables.iter().find(|variable| variable.name == name)?;
        let value = variable.labels.iter().find_map(|label| known(label).filter(|value| !value.is_empty()));
        let label = variable.labels.first().map(String::as_str).unwrap_or_default();
        Some(Known { value, label: label.to_owned() })
    };
    let mut is_fenced = false;
    let mut fenced = Quote::None;
    let lines = step.split('\n').map(|line| {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
            fenced = Quote::None;
            line.to_owned()
        } else if is_fenced {
            code(line, &mut fenced, &value)
        } else {
            let pieces = line.split('`').enumerate().map(|(n, piece)| {
                if n % 2 == 1 { code(piece, &mut Quote::None, &value) } else { piece.to_owned() }
            });
            pieces.collect::<Vec<_>>().join("`")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a declared name stands for.
struct Known<'a> {
    value: Option<&'a str>,
    /// What the placeholder says.
    label: String,
}

/// Whether a place in code is inside quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    In(char),
}

/// One piece of code with its names replaced.
fn code<'a>(text: &str, quote: &mut Quote, value: &dyn Fn(&str) -> Option<Known<'a>>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some((name, after)) = reference(rest)
            && let Some(known) = value(name)
        {
            out.push_str(&known.word(*quote));
            rest = after;
            continue;
        }
        match (character, *quote) {
            ('\\', quoted) if quoted != Quote::In('\'') => {
                // Whatever it escapes is no quote.
                let escaped: String = rest.chars().take(2).collect();
                rest = rest.get(escaped.len()..).unwrap_or_default();
                out.push_str(&escaped);
                continue;
            }
            ('\'' | '"', Quote::None) => *quote = Quote::In(character),
            (closing, Quote::In(opening)) if closing == opening => *quote = Quote::None,
            _ => {}
        }
        out.push(character);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    out
}

/// The name of `$NAME` or `${NAME}` at the beginning of a text, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let after = text.strip_prefix('$')?;
    let (inner, is_braced) = after.strip_prefix('{').map_or((after, false), |inner| (inner, true));
    let end = inner.find(|character| !is_in_name(character)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at_checked(end)?;
    let rest = if is_braced { rest.strip_prefix('}')? } else { rest };
    name.starts_with(begins_name).then_some((name, rest))
}

impl Known<'_> {
    /// The value as it may stand there, or the placeholder.
    fn word(&self, quote: Quote) -> String {
        let placeholder = || format!("<{}>", self.label);
        // A word that begins like an option would be one, whatever its quotes.
        let usable = self.value.filter(|value| !value.starts_with('-') && value.chars().count() <= LONGEST);
        match usable {
            Some(value) if value.chars().all(is_plain) => value.to_owned(),
            Some(value) if quote == Quote::None && !value.contains(|c: char| c == '`' || c.is_control()) => {
                format!("'{}'", value.replace('\'', r"'\''"))
            }
            Some(_) | None => placeholder(),
        }
    }
}

/// Characters that mean nothing to a shell, in quotes or out of them.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._:/@%+,-".contains(character)
}

#[cfg(test)]
mod tests;
