//! From text to a matcher. Knows the syntax and every way to get it wrong; compares nothing.

use regex::{Regex, RegexBuilder};

use super::{ANNOTATION, Matcher, Subject, Test};

/// The largest compiled regular expression, in bytes: far above what a list of services needs, far below what hurts.
const REGEX_SIZE: usize = 1 << 20;

/// The text was not a matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a matcher: {fault} (character {at}); write it like {}", .fault.example())]
pub struct MatcherError {
    /// The text that was refused.
    pub text: String,
    /// The character at which reading stopped, from 1.
    pub at: usize,
    /// What is wrong there.
    pub fault: MatcherFault,
}

/// What can be wrong with a matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatcherFault {
    /// Braces around it.
    #[error("leave the braces out, a list has one matcher per item")]
    Braces,
    /// Nothing where the name should be, or `annotation.` with nothing behind.
    #[error("a label name is missing")]
    NoName,
    /// The name is not followed by an operator.
    #[error("one of `=`, `!=`, `=~`, `!~` must follow the name")]
    NoOperator,
    /// The value begins with what looks like the rest of another language's operator.
    #[error("the value begins like an operator, put it in double quotes if that is meant")]
    DoubledOperator,
    /// A quoted name or value has no end.
    #[error("the double quote that begins here is never closed")]
    OpenQuote,
    /// Single quotes or backticks around a value would be part of it.
    #[error("only double quotes can hold a value")]
    WrongQuote,
    /// A double quote in the middle of a value without quotes.
    #[error("a double quote inside a value is written `\\\"`, in double quotes")]
    BareQuote,
    /// A comma, which would begin a second matcher.
    #[error("one matcher only, or put a value with a comma in double quotes")]
    Comma,
    /// Something after a quoted value.
    #[error("nothing may follow the value")]
    Trailing,
    /// The regular expression does not compile.
    #[error("the regular expression does not work, {why}")]
    Regex {
        /// What the compiler says, in a few words.
        why: String,
    },
}

impl MatcherFault {
    /// A matcher that is right, as close to the fault as possible.
    const fn example(&self) -> &'static str {
        match self {
            Self::Braces | Self::NoName | Self::NoOperator | Self::DoubledOperator => {
                r#"severity="critical""#
            }
            Self::OpenQuote | Self::WrongQuote | Self::Trailing => r#"service="svc-ledger""#,
            Self::BareQuote => r#"annotation.summary="disk \"data\" is full""#,
            Self::Comma => r#"service=~"svc-a{1,2}""#,
            Self::Regex { .. } => r#"service=~"svc-.+""#,
        }
    }
}

pub(super) fn matcher(text: &str) -> Result<Matcher, MatcherError> {
    let mut reader = Reader { text, rest: text };
    reader.skip_spaces();
    let name_at = reader.rest;
    let name = reader.name()?;
    let subject = match name.strip_prefix(ANNOTATION) {
        Some("") => return Err(reader.refuse(name_at, MatcherFault::NoName)),
        Some(annotation) => Subject::Annotation(annotation.to_owned()),
        None => Subject::Label(name),
    };
    reader.skip_spaces();
    let operator = reader.operator()?;
    reader.skip_spaces();
    let value_at = reader.rest;
    let value = reader.value()?;
    let compiled =
        |value: &str| anchored(value).map_err(|why| reader.refuse(value_at, MatcherFault::Regex { why }));
    let test = match operator {
        Operator::Equal => Test::Equal(value),
        Operator::NotEqual => Test::NotEqual(value),
        Operator::Matches => Test::Matches(compiled(&value)?),
        Operator::MatchesNot => Test::MatchesNot(compiled(&value)?),
    };
    Ok(Matcher { text: text.trim().to_owned(), subject, test })
}

enum Operator {
    Equal,
    NotEqual,
    Matches,
    MatchesNot,
}

/// Reads from the front; every method that succeeds moves `rest` behind what it has read.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Reader<'_> {
    /// The error whose place is where `from`, a tail of the text, begins.
    fn refuse(&self, from: &str, fault: MatcherFault) -> MatcherError {
        let behind = self.text.chars().count().saturating_sub(from.chars().count());
        MatcherError { text: self.text.chars().take(200).collect(), at: behind + 1, fault }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn name(&mut self) -> Result<String, MatcherError> {
        if self.rest.starts_with('{') {
            return Err(self.refuse(self.rest, MatcherFault::Braces));
        }
        let begin = self.rest;
        let name = if begin.starts_with('"') {
            self.quoted()?
        } else {
            let ends = |c: char| c.is_whitespace() || "{}!=~,\\\"'`".contains(c);
            let (name, rest) = begin.split_at(begin.find(ends).unwrap_or(begin.len()));
            self.rest = rest;
            name.to_owned()
        };
        if name.is_empty() { Err(self.refuse(begin, MatcherFault::NoName)) } else { Ok(name) }
    }

    fn operator(&mut self) -> Result<Operator, MatcherError> {
        let words = [
            ("=~", Operator::Matches),
            ("!~", Operator::MatchesNot),
            ("!=", Operator::NotEqual),
            ("=", Operator::Equal),
        ];
        for (word, operator) in words {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(operator);
            }
        }
        Err(self.refuse(self.rest, MatcherFault::NoOperator))
    }

    fn value(&mut self) -> Result<String, MatcherError> {
        match self.rest.chars().next() {
            Some('"') => {
                let value = self.quoted()?;
                self.skip_spaces();
                match self.rest.chars().next() {
                    None => Ok(value),
                    Some(',') => Err(self.refuse(self.rest, MatcherFault::Comma)),
                    Some(_) => Err(self.refuse(self.rest, MatcherFault::Trailing)),
                }
            }
            Some('=' | '~') => Err(self.refuse(self.rest, MatcherFault::DoubledOperator)),
            Some('\'' | '`') => Err(self.refuse(self.rest, MatcherFault::WrongQuote)),
            _ => self.unquoted(),
        }
    }

    /// What stands between double quotes, with its escapes resolved.
    fn quoted(&mut self) -> Result<String, MatcherError> {
        let begin = self.rest;
        let mut value = String::new();
        let mut chars = begin.chars();
        // The opening quote, which the caller has seen.
        chars.next();
        while let Some(c) = chars.next() {
            match c {
                '"' => {
                    self.rest = chars.as_str();
                    return Ok(value);
                }
                '\\' => match chars.next() {
                    Some(escaped) => unescape(escaped, &mut value),
                    None => break,
                },
                other => value.push(other),
            }
        }
        Err(self.refuse(begin, MatcherFault::OpenQuote))
    }

    /// A value without quotes: the rest of the text without the spaces around it, with the same escapes.
    fn unquoted(&mut self) -> Result<String, MatcherError> {
        let mut value = String::new();
        let mut chars = self.rest.trim_end().char_indices();
        while let Some((at, c)) = chars.next() {
            let fault = match c {
                '"' => MatcherFault::BareQuote,
                ',' => MatcherFault::Comma,
                '\\' => {
                    match chars.next() {
                        Some((_, escaped)) => unescape(escaped, &mut value),
                        // A backslash at the very end stands for itself, as in Alertmanager.
                        None => value.push('\\'),
                    }
                    continue;
                }
                other => {
                    value.push(other);
                    continue;
                }
            };
            return Err(self.refuse(self.rest.get(at..).unwrap_or_default(), fault));
        }
        self.rest = "";
        Ok(value)
    }
}

/// Resolves `\"`, `\\` and `\n`; any other backslash stands for itself, so that `\d` needs no doubling.
fn unescape(escaped: char, value: &mut String) {
    match escaped {
        'n' => value.push('\n'),
        '"' | '\\' => value.push(escaped),
        other => value.extend(['\\', other]),
    }
}

/// Compiles a regular expression that must match the whole value.
fn anchored(pattern: &str) -> Result<Regex, String> {
    let compile = |pattern: &str| {
        RegexBuilder::new(pattern).size_limit(REGEX_SIZE).dfa_size_limit(REGEX_SIZE).build().map_err(
            |error| match error {
                regex::Error::CompiledTooBig(_) => "it is too large, write a shorter one".to_owned(),
                // The compiler draws the pattern with a mark under it; only its last line is a sentence.
                other => {
                    let drawn = other.to_string();
                    let last = drawn.lines().last().unwrap_or_default();
                    last.strip_prefix("error: ").unwrap_or(last).to_owned()
                }
            },
        )
    };
    // On its own first: `a)(b` would be balanced by the anchors and mean something else.
    compile(pattern)?;
    compile(&format!("^(?:{pattern})$"))
}
