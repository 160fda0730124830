//! Runbooks: what to do about an alert, written by the team, found by labels.
//!
//! Pure: texts in, runbooks and remarks on them out. Files and YAML are read elsewhere. A runbook with faults is still
//! used for what it has, because half a runbook at 3 a.m. is better than none; the faults are for the lint.

mod fill;
mod find;
mod front;
mod markdown;
mod parse;

use std::fmt;

use chrono::NaiveDate;

pub use self::fill::Variable;
pub use self::find::{Found, Why, find, leads_to};
pub use self::front::{Field, Shape, Value};
pub use self::parse::{Parsed, REVIEW_EVERY, Source, parse};
use super::matcher::Matcher;
use crate::ids::{RunbookId, ServiceId};

/// The seven sections of a runbook, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What is going on when this runbook is the right one.
    Overview,
    /// What users and the business feel.
    Impact,
    /// What the reader needs before beginning.
    Prerequisites,
    /// How to find out, in numbered steps that change nothing.
    Diagnosis,
    /// How to make it good, in numbered steps, the reversible ones first.
    Resolution,
    /// Whom to call, and when.
    Escalation,
    /// Dashboards, alerts, other runbooks.
    Related,
}

impl Part {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Overview,
        Self::Impact,
        Self::Prerequisites,
        Self::Diagnosis,
        Self::Resolution,
        Self::Escalation,
        Self::Related,
    ];

    /// The heading it stands under.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Impact => "Impact",
            Self::Prerequisites => "Prerequisites",
            Self::Diagnosis => "Diagnosis Steps",
            Self::Resolution => "Resolution Steps",
            Self::Escalation => "Escalation",
            Self::Related => "Related",
        }
    }

    /// The part of that heading, compared without case.
    pub fn of_heading(heading: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.heading().eq_ignore_ascii_case(heading))
    }

    /// Whether its text is a list of numbered steps.
    pub const fn has_steps(self) -> bool {
        matches!(self, Self::Diagnosis | Self::Resolution)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.heading())
    }
}

/// One section as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Which of the seven it is.
    pub part: Part,
    /// Its Markdown, without the heading.
    pub text: String,
}

/// A runbook.
#[derive(Debug, Clone, PartialEq)]
pub struct Runbook {
    /// The file name without `.md`.
    pub id: RunbookId,
    /// What it is called: as the front matter says, else the first `# Heading`, else the id.
    pub title: String,
    /// Which alerts it is for: matchers ANDed inside an item, ORed over items.
    pub alerts: Vec<Vec<Matcher>>,
    /// Which services it is for; empty means any.
    pub services: Vec<ServiceId>,
    /// Names that its commands use for labels of the alert.
    pub variables: Vec<Variable>,
    /// Who keeps it right, as free text.
    pub owner: Option<String>,
    /// When somebody last read it with care.
    pub reviewed: Option<NaiveDate>,
    /// The sections that it has, in the order of the file.
    pub sections: Vec<Section>,
}

impl Runbook {
    /// The Markdown of one section; `None` when the runbook does not have it.
    pub fn section(&self, part: Part) -> Option<&str> {
        self.sections.iter().find(|section| section.part == part).map(|section| section.text.as_str())
    }

    /// The first `n` steps of a section (its numbered items, or its bullets when it has none), without their numbers and without markup: no emphasis, links spelt
    /// out, code kept in backticks. Whoever shows them adds numbers and escapes for the place they land in.
    pub fn first_steps(&self, part: Part, n: usize) -> Vec<String> {
        let text = self.section(part).unwrap_or_default();
        let steps = markdown::steps(text).texts();
        steps.into_iter().take(n).map(|step| markdown::plain(&step)).collect()
    }

    /// The same with what the alert knows in the commands. `known` gives the value of a label.
    pub fn filled_steps<'a>(
        &self,
        part: Part,
        n: usize,
        known: &dyn Fn(&str) -> Option<&'a str>,
    ) -> Vec<String> {
        let steps = self.first_steps(part, n);
        steps.iter().map(|step| fill::fill(step, &self.variables, known)).collect()
    }
}

/// A remark on a runbook's text, for whoever keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    /// The line it is about, counted from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.what)
    }
}

#[cfg(test)]
mod tests;
