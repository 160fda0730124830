//! What is wrong with a configuration file, and what is merely worth saying.
//!
//! Faults never carry the value of a secret, a telephone number, a mail address or a URL: any of them may be printed.

use std::fmt;

/// One thing that makes the file unusable, with its place and its remedy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line, counted from 1; absent when the fault is the file itself.
    pub line: Option<usize>,
    /// The dotted path of the key (`slack.bot_token`); empty when no key is concerned.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

/// Every fault of a file, in the order of its lines. At least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults {
    /// The file, as it was named.
    pub file: String,
    /// What is wrong with it.
    pub all: Vec<Fault>,
}

impl Faults {
    /// Each of them: `file:line: key: what; fix`.
    pub fn lines(&self) -> Vec<String> {
        self.to_string().lines().map(str::to_owned).collect()
    }
}

impl fmt::Display for Faults {
    /// One line per fault: `file:line: key: what; fix`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.all.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            place(f, &self.file, fault.line, &fault.key)?;
            write!(f, "{}; {}", fault.what, fault.fix)?;
        }
        Ok(())
    }
}

/// How much a note weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// Somebody who may be paged cannot be reached: `check` fails for it.
    Hole,
    /// It names something that is not there, and the service does without: `check` fails for it.
    Missing,
    /// Legal, but probably not what was meant.
    Advice,
    /// The key is understood, but nothing uses it in this release.
    NotYetInUse,
}

/// Something that a usable file should still have said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it weighs.
    pub kind: NoteKind,
    /// The file, as it was named.
    pub file: String,
    /// The line, counted from 1; absent when the file does not mention the matter.
    pub line: Option<usize>,
    /// The dotted path of the key.
    pub key: String,
    /// What there is to say.
    pub text: String,
}

impl fmt::Display for Note {
    /// `file:line: key: text`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, &self.file, self.line, &self.key)?;
        f.write_str(&self.text)
    }
}

fn place(f: &mut fmt::Formatter<'_>, file: &str, line: Option<usize>, key: &str) -> fmt::Result {
    f.write_str(file)?;
    if let Some(line) = line {
        write!(f, ":{line}")?;
    }
    f.write_str(": ")?;
    if key.is_empty() { Ok(()) } else { write!(f, "{key}: ") }
}
