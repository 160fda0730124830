//! Runbooks from a folder, or the shipped ones when there is none.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::{Remark, front_matter, read_folder};
use crate::domain::runbook::{self, Parsed, Runbook, Source};

/// The shipped runbooks: name and text.
pub const SHIPPED: [(&str, &str); 6] = [
    ("high-cpu-memory", include_str!("../../runbooks/high-cpu-memory.md")),
    ("high-error-rate", include_str!("../../runbooks/high-error-rate.md")),
    ("high-response-time", include_str!("../../runbooks/high-response-time.md")),
    ("monitoring-down", include_str!("../../runbooks/monitoring-down.md")),
    ("pod-crash-looping", include_str!("../../runbooks/pod-crash-looping.md")),
    ("service-down", include_str!("../../runbooks/service-down.md")),
];

/// The runbooks that can be used, by name, and what is wrong with them and with the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shelf {
    /// The runbooks, in the order of their ids.
    pub runbooks: Vec<Runbook>,
    /// What there is to remark, by file and line.
    pub remarks: Vec<Remark>,
}

/// The runbooks of a folder; the shipped ones when there is no such folder. `today` is for the age of reviews.
pub fn load(folder: &Path, today: NaiveDate) -> Shelf {
    let Some((documents, remarks)) = read_folder(folder, ".md") else { return shipped(today) };
    let mut shelf = Shelf { runbooks: Vec::new(), remarks };
    for document in documents {
        shelf.add(document.path, read(&document.name, &document.text, today));
    }
    shelf.remarks.sort();
    shelf
}

/// The shipped runbooks.
pub fn shipped(today: NaiveDate) -> Shelf {
    let mut shelf = Shelf::default();
    for (name, text) in SHIPPED {
        shelf.add(PathBuf::from(format!("runbooks/{name}.md")), read(name, text, today));
    }
    shelf
}

impl Shelf {
    fn add(&mut self, file: PathBuf, parsed: Parsed) {
        self.runbooks.extend(parsed.runbook);
        let remarks = parsed.lints.into_iter().map(|lint| Remark {
            file: file.clone(),
            line: lint.line,
            what: lint.what,
        });
        self.remarks.extend(remarks);
    }
}

/// Reads one runbook. `name` is the file name without `.md`.
pub fn read(name: &str, text: &str, today: NaiveDate) -> Parsed {
    let split = front_matter::split(text);
    let source =
        Source { id: name, front: split.front.as_deref().ok(), body: split.body, body_line: split.body_line };
    let mut parsed = runbook::parse(source, today);
    if let Err(lint) = split.front {
        parsed.lints.insert(0, lint);
    }
    parsed
}
