//! Alertmanager's matcher syntax: `name="value"`, `!=`, `=~`, `!~`.
//!
//! Regular expressions are anchored at both ends, as Alertmanager anchors them, and limited in size. A missing label is
//! the empty string. What Alertmanager would read in a way nobody means (`a=b,c=d` as one value, `a='b'` with the quotes
//! as part of it) is refused here: a matcher that quietly matches nothing is worse than one that fails the check.

mod parse;

use std::fmt;

use regex::Regex;

use super::alert::Labels;
pub use parse::{MatcherError, MatcherFault};

/// The name prefix that makes a matcher look at annotations instead of labels.
const ANNOTATION: &str = "annotation.";

/// What a matcher looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A label.
    Label(String),
    /// An annotation, written `annotation.x`.
    Annotation(String),
}

impl Subject {
    /// Its value; empty when it is missing.
    fn value<'a>(&self, labels: &'a Labels, annotations: &'a Labels) -> &'a str {
        match self {
            Self::Label(name) => labels.get(name),
            Self::Annotation(name) => annotations.get(name),
        }
        .map_or("", String::as_str)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(name) => f.write_str(name),
            Self::Annotation(name) => write!(f, "{ANNOTATION}{name}"),
        }
    }
}

/// How a matcher compares.
#[derive(Debug, Clone)]
enum Test {
    Equal(String),
    NotEqual(String),
    Matches(Regex),
    MatchesNot(Regex),
}

/// One condition over a label, or over an annotation as `annotation.x`.
///
/// Two matchers are equal when they are written alike.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// As it was written, for messages.
    text: String,
    subject: Subject,
    test: Test,
}

impl Matcher {
    /// Reads one matcher: `severity="critical"`, `service=~"svc-.+"`, `"a name with spaces" != x`.
    ///
    /// # Errors
    /// Says what is wrong, at which character, and shows a matcher that is right.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        parse::matcher(text)
    }

    /// The matcher `alertname="name"`, which is what a bare name in a runbook's front matter means.
    pub fn alertname(name: &str) -> Self {
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        Self {
            text: format!("alertname=\"{escaped}\""),
            subject: Subject::Label("alertname".to_owned()),
            test: Test::Equal(name.to_owned()),
        }
    }

    /// Whether the condition holds.
    pub fn matches(&self, labels: &Labels, annotations: &Labels) -> bool {
        let value = self.value(labels, annotations);
        match &self.test {
            Test::Equal(wanted) => value == wanted,
            Test::NotEqual(unwanted) => value != unwanted,
            Test::Matches(regex) => regex.is_match(value),
            Test::MatchesNot(regex) => !regex.is_match(value),
        }
    }

    /// The label and the one value that it takes, when it is of that sort.
    pub fn exact(&self) -> Option<(&str, &str)> {
        match (&self.subject, &self.test) {
            (Subject::Label(label), Test::Equal(value)) => Some((label, value)),
            (
                Subject::Label(_) | Subject::Annotation(_),
                Test::Equal(_) | Test::NotEqual(_) | Test::Matches(_) | Test::MatchesNot(_),
            ) => None,
        }
    }

    /// What it looks at.
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The value that it compares; empty when it is missing.
    pub fn value<'a>(&self, labels: &'a Labels, annotations: &'a Labels) -> &'a str {
        self.subject.value(labels, annotations)
    }

    /// Whether it says which values of this label are meant (`=`, `=~`), and not only which are not.
    pub fn asks_for(&self, label: &str) -> bool {
        matches!(&self.subject, Subject::Label(name) if name == label)
            && matches!(self.test, Test::Equal(_) | Test::Matches(_))
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
