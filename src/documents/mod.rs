//! Documents that belong to the team: runbooks and post-mortem templates, read from their folders.
//!
//! A faulty document never hides the good ones: it is remarked on, and what can be used of it is used. The shipped
//! documents are part of the program, for when there is no folder. Nothing here decides which document is the right one.

mod front_matter;
pub mod runbooks;
pub mod templates;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use self::templates::Templates;
use crate::domain::alert::Alert;
use crate::domain::house::Service;
use crate::domain::incident::RunbookRef;
use crate::domain::reload::Changed;
use crate::domain::runbook::{self, Runbook};
use crate::ids::RunbookId;

/// A remark on a line of a document, printed as `file:line: what`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The file, as it was asked for.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

impl Remark {
    /// Whether it is on a template: one with a fault is not used at all, a runbook with faults as far as it goes.
    pub fn is_on_template(&self) -> bool {
        self.file.to_str().is_some_and(|file| file.ends_with(".md.hbs"))
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// The team's documents as they were when they were read.
pub struct Documents {
    runbooks: Vec<Runbook>,
    templates: Templates,
    /// What is wrong with documents that could not be used, or not wholly.
    pub remarks: Vec<Remark>,
}

impl Documents {
    /// Loads both folders; a folder that does not exist is replaced by what is shipped. `today` dates the reviews.
    pub fn load(runbooks: &Path, templates: &Path, today: NaiveDate) -> Self {
        let shelf = runbooks::load(runbooks, today);
        let loaded = templates::load(templates);
        let remarks = shelf.remarks.into_iter().chain(loaded.remarks).collect();
        Self { runbooks: shelf.runbooks, templates: loaded.templates, remarks }
    }

    /// The same, with what has become unusable since `before` as it was then: somebody may be half way through an edit, and the
    /// remark on it stays.
    #[must_use]
    pub fn keeping(mut self, before: &Self) -> Self {
        let Self { runbooks, templates, remarks } = &mut self;
        // A remark that is on no document is on the folder.
        let is_on = |name: &str, ending: &str| {
            remarks.iter().any(|remark| {
                let file = remark.file.file_name().and_then(|file| file.to_str()).unwrap_or_default();
                file == format!("{name}{ending}") || remark.file.extension().is_none()
            })
        };
        for runbook in &before.runbooks {
            let is_there = runbooks.iter().any(|known| known.id == runbook.id);
            if !is_there && is_on(runbook.id.as_str(), ".md") {
                runbooks.push(runbook.clone());
            }
        }
        runbooks.sort_by(|a, b| a.id.cmp(&b.id));
        for (name, text) in before.templates.texts() {
            if is_on(name, ".md.hbs") {
                templates.restore(name, text);
            }
        }
        self
    }

    /// What is not what it was, by name.
    pub fn changes_since(&self, before: &Self) -> Vec<Changed> {
        let shelf = |documents: &Self| -> BTreeMap<RunbookId, Runbook> {
            documents.runbooks.iter().map(|runbook| (runbook.id.clone(), runbook.clone())).collect()
        };
        let runbooks = Changed::among("runbooks", &shelf(before), &shelf(self));
        let templates =
            Changed::among("post-mortem templates", before.templates.texts(), self.templates.texts());
        runbooks.into_iter().chain(templates).collect()
    }

    /// The runbook of that name.
    pub fn runbook(&self, id: &RunbookId) -> Option<&Runbook> {
        self.runbooks.iter().find(|runbook| runbook.id == *id)
    }

    /// The names of the runbooks.
    pub fn runbook_names(&self) -> impl Iterator<Item = &str> {
        self.runbooks.iter().map(|runbook| runbook.id.as_str())
    }

    /// Where to read what to do about an alert.
    pub fn runbook_for(&self, alert: &Alert, service: Option<&Service>) -> Option<RunbookRef> {
        let found = runbook::find(&self.runbooks, alert, service)?;
        let link = found.link.map(str::to_owned);
        match found.runbook {
            Some((runbook, _)) => Some(RunbookRef::Ours { id: runbook.id.clone(), link }),
            None => link.map(RunbookRef::Link),
        }
    }

    /// Everything that counts in them, as one text.
    pub fn digest(&self) -> String {
        format!("{:?} {:?}", self.runbooks, self.templates.texts())
    }

    /// The post-mortem templates.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }
}

/// The longest document that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// A document as it lies in a folder.
struct Document {
    path: PathBuf,
    /// The file name without the ending that was asked for.
    name: String,
    text: String,
}

/// The documents of a folder, by name; a file that cannot be read becomes a remark. `None` when there is no such folder.
///
/// Hidden files are passed over: a mounted ConfigMap keeps its machinery in them, and its documents are links.
fn read_folder(folder: &Path, ending: &str) -> Option<(Vec<Document>, Vec<Remark>)> {
    let remark = |file: &Path, what: String| Remark { file: file.to_owned(), line: 1, what };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            let what = format!("the folder cannot be read: {error}");
            return Some((Vec::new(), vec![remark(folder, what)]));
        }
    };
    let (mut documents, mut remarks) = (Vec::new(), Vec::new());
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(error) => {
                remarks.push(remark(folder, format!("the folder cannot be listed to its end: {error}")));
                continue;
            }
        };
        let Some(name) = name_of(&path, ending) else { continue };
        match read_text(&path) {
            Ok(Some(text)) => documents.push(Document { path, name, text }),
            Ok(None) => {}
            Err(error) => remarks.push(remark(&path, format!("cannot be read: {error}"))),
        }
    }
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    remarks.sort();
    Some((documents, remarks))
}

/// The name of a document with that ending; `None` for hidden files, other endings, and the folder's own README.
fn name_of(path: &Path, ending: &str) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(ending)?;
    let is_passed_over = name.is_empty() || name.starts_with('.') || name.eq_ignore_ascii_case("readme");
    (!is_passed_over).then(|| name.to_owned())
}

/// A file's text; `None` when it is not a file at all.
fn read_text(path: &Path) -> io::Result<Option<String>> {
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Ok(None);
    }
    if about.len() > LONGEST {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is longer than {LONGEST} bytes"),
        ));
    }
    fs::read_to_string(path).map(Some)
}

#[cfg(test)]
mod tests;
