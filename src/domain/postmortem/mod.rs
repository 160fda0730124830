//! The post-mortem draft: recorded facts, set in eight sections, beside what people write.
//!
//! Nothing is invented: every statement rests on an event of the timeline and names it (`[#12]`), and where nothing is
//! recorded the draft says so. Generated and human text are kept apart, so that drafting again never touches a person's words.

mod facts;
mod generate;
pub mod markdown;

use std::fmt;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

pub use self::facts::{
    AckTarget, Acknowledgement, ActionItem, AlertFact, Answer, Basis, BudgetFact, Event, EventKind, Facts,
    Feedback, Gap, IncidentFact, PageFact, PageOutcome, Question, Resolution, Seq,
};
use super::severity::Severity;

/// How long after the resolve the document should be published.
pub const DUE_WITHIN: Duration = Duration::hours(48);

/// An incident that nobody acknowledged needs a post-mortem when it lasted longer than this.
pub const LONG_ENOUGH: Duration = Duration::minutes(15);

/// A silence of the timeline longer than this is shown.
pub const GAP: Duration = Duration::minutes(10);

/// Whether a post-mortem is due: a P1 or P2 that a human acknowledged, or that lasted over 15 minutes.
pub fn is_due(severity: Severity, acked_at: Option<DateTime<Utc>>, lasted: Duration) -> bool {
    matches!(severity, Severity::P1 | Severity::P2) && (acked_at.is_some() || lasted > LONG_ENOUGH)
}

/// The eight sections, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What happened, in a few lines.
    Summary,
    /// Every event, in UTC.
    Timeline,
    /// What made it possible.
    RootCause,
    /// What users, revenue and error budgets felt.
    Impact,
    /// What to keep.
    WhatWentWell,
    /// What to change.
    WhatWentWrong,
    /// Who does what until when.
    ActionItems,
    /// What others should know.
    LessonsLearned,
}

impl Part {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::Summary,
        Self::Timeline,
        Self::RootCause,
        Self::Impact,
        Self::WhatWentWell,
        Self::WhatWentWrong,
        Self::ActionItems,
        Self::LessonsLearned,
    ];

    /// Its heading.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Timeline => "Timeline (UTC)",
            Self::RootCause => "Root Cause",
            Self::Impact => "Impact",
            Self::WhatWentWell => "What Went Well",
            Self::WhatWentWrong => "What Went Wrong",
            Self::ActionItems => "Action Items",
            Self::LessonsLearned => "Lessons Learned",
        }
    }

    /// Its name in templates, marks and addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Timeline => "timeline",
            Self::RootCause => "root-cause",
            Self::Impact => "impact",
            Self::WhatWentWell => "what-went-well",
            Self::WhatWentWrong => "what-went-wrong",
            Self::ActionItems => "action-items",
            Self::LessonsLearned => "lessons-learned",
        }
    }

    /// The part of that slug.
    pub fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.slug() == slug)
    }

    /// What to ask the people who write it.
    pub const fn prompt(self) -> &'static str {
        match self {
            Self::Summary => "What happened, in two sentences that somebody outside the team understands?",
            Self::Timeline => "What happened that no event above shows, and when?",
            Self::RootCause => {
                "What made it possible? Ask why until the answer is something that can be changed."
            }
            Self::Impact => "How many users felt it, and how? What did it cost?",
            Self::WhatWentWell => "What helped, and should be kept?",
            Self::WhatWentWrong => "What made it longer or harder than it had to be?",
            Self::ActionItems => "What will be done, by whom, until when?",
            Self::LessonsLearned => "What should other teams know?",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One section: what was generated, and what people wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Which of the eight.
    pub part: Part,
    /// Markdown from recorded facts; replaced whenever the draft is made again.
    pub generated: String,
    /// Markdown from people; never touched by the program.
    pub human: Option<String>,
}

impl Section {
    /// The section as Markdown: the generated text between its marks, then what people wrote, or a question to them.
    pub fn block(&self) -> String {
        let slug = self.part.slug();
        let human = match self.human.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => markdown::without_marks(text),
            None => format!("<!-- {} -->", self.part.prompt()),
        };
        let generated = self.generated.trim();
        format!("<!-- generated:{slug} -->\n\n{generated}\n\n<!-- /generated:{slug} -->\n\n{human}")
    }
}

/// A post-mortem: the eight sections in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Always all of them.
    pub sections: Vec<Section>,
}

impl Draft {
    /// A draft from the facts alone.
    pub fn new(facts: &Facts) -> Self {
        let section = |part| Section { part, generated: generate::section(part, facts), human: None };
        Self { sections: Part::ALL.into_iter().map(section).collect() }
    }

    /// The same draft from newer facts: generated text is replaced, human text stays as it is.
    #[must_use]
    pub fn refreshed(&self, facts: &Facts) -> Self {
        let mut fresh = Self::new(facts);
        for section in &mut fresh.sections {
            section.human = self.section(section.part).and_then(|old| old.human.clone());
        }
        fresh
    }

    /// The same draft with a person's text in one section; an empty text takes theirs away.
    #[must_use]
    pub fn with_human(mut self, part: Part, text: &str) -> Self {
        if let Some(section) = self.sections.iter_mut().find(|section| section.part == part) {
            section.human = (!text.trim().is_empty()).then(|| text.to_owned());
        }
        self
    }

    /// One section.
    pub fn section(&self, part: Part) -> Option<&Section> {
        self.sections.iter().find(|section| section.part == part)
    }
}

#[cfg(test)]
pub(crate) mod tests;
