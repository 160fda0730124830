//! Reading typed sections out of the tree, collecting every fault on the way.
//!
//! Nothing here stops at a fault: a value that cannot be read is reported and then absent, and whoever asked goes on with
//! its default, because the file is refused as a whole in the end. A fault is reported once, where it is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Reference;
use super::environment::{Environment, expand};
use super::fault::{Fault, Faults, Note, NoteKind};
pub(super) use super::section::Section;
use super::value::{Wrong, closest, either};
use super::yaml::{Key, Kind, Node};

/// Things that are defined in one part of the file and named in others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Namespace {
    People,
    Schedules,
    Escalation,
    Roles,
    Services,
}

impl Namespace {
    pub(super) const ALL: [Self; 5] =
        [Self::People, Self::Schedules, Self::Escalation, Self::Roles, Self::Services];

    /// The key that defines them.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Schedules => "schedules",
            Self::Escalation => "escalation",
            Self::Roles => "roles",
            Self::Services => "services",
        }
    }
}

/// One reading of one file.
pub(super) struct Reader<'a> {
    file: String,
    dir: PathBuf,
    environment: Environment<'a>,
    names: BTreeMap<Namespace, BTreeSet<String>>,
    faults: RefCell<Vec<Fault>>,
    notes: RefCell<Vec<Note>>,
    runbooks: RefCell<Vec<Reference>>,
    secret_files: RefCell<Vec<PathBuf>>,
}

impl<'a> Reader<'a> {
    /// Reads `file`, whose relative paths are relative to its folder.
    pub(super) fn new(file: &Path, environment: Environment<'a>) -> Self {
        Self {
            file: file.display().to_string(),
            dir: file.parent().map(Path::to_path_buf).unwrap_or_default(),
            environment,
            names: BTreeMap::new(),
            faults: RefCell::default(),
            notes: RefCell::default(),
            runbooks: RefCell::default(),
            secret_files: RefCell::default(),
        }
    }

    /// Makes names known that the file, or the program, defines.
    pub(super) fn define(&mut self, namespace: Namespace, names: impl Iterator<Item = String>) {
        self.names.entry(namespace).or_default().extend(names);
    }

    /// Whether a name is defined.
    pub(super) fn knows(&self, namespace: Namespace, name: &str) -> bool {
        self.names.get(&namespace).is_some_and(|names| names.contains(name))
    }

    /// Why a name is refused, if it is.
    pub(super) fn check_name(&self, namespace: Namespace, name: &str) -> Result<(), Wrong> {
        if self.knows(namespace, name) {
            return Ok(());
        }
        let known = || self.names.get(&namespace).into_iter().flatten().map(String::as_str);
        let fix = match closest(name, known()) {
            Some(similar) => format!("did you mean {similar}?"),
            None if known().next().is_some() && known().count() <= 8 => {
                format!("add it there, or use {}", either(known()))
            }
            None => "add it there".to_owned(),
        };
        Err(Wrong::new(format!("`{name}` is not defined under `{}`", namespace.key()), fix))
    }

    /// A path of the file, made relative to the file's folder.
    pub(super) fn path(&self, word: &str) -> PathBuf {
        self.dir.join(word)
    }

    /// Reports a fault.
    pub(super) fn fault(&self, line: Option<usize>, key: &str, wrong: Wrong) {
        self.faults.borrow_mut().push(Fault { line, key: key.to_owned(), what: wrong.what, fix: wrong.fix });
    }

    /// How many faults there are so far: a value that is absent without a new one was not given.
    pub(super) fn n_faults(&self) -> usize {
        self.faults.borrow().len()
    }

    /// Keeps a note.
    pub(super) fn note(&self, kind: NoteKind, line: Option<usize>, key: &str, text: impl Into<String>) {
        let (file, key, text) = (self.file.clone(), key.to_owned(), text.into());
        self.notes.borrow_mut().push(Note { kind, file, line, key, text });
    }

    /// Keeps where a runbook is named.
    pub(super) fn names_runbook(&self, line: usize, key: &str, name: &str) {
        let reference = Reference { line, key: key.to_owned(), name: name.to_owned() };
        self.runbooks.borrow_mut().push(reference);
    }

    /// Where runbooks are named.
    pub(super) fn take_runbooks(&self) -> Vec<Reference> {
        self.runbooks.take()
    }

    /// Keeps which file holds a secret.
    pub(super) fn keeps_secret_in(&self, file: PathBuf) {
        self.secret_files.borrow_mut().push(file);
    }

    /// The files that hold secrets.
    pub(super) fn take_secret_files(&self) -> Vec<PathBuf> {
        self.secret_files.take()
    }

    /// The whole file as a section.
    pub(super) fn root(&'a self, tree: &'a Node) -> Option<Section<'a>> {
        let value =
            Value { reader: self, line: 1, path: String::new(), content: self.content(tree, "").ok()?? };
        value.section()
    }

    /// What was read and what was noted, or every fault, in the order of the lines.
    pub(super) fn finish<T>(self, whole: Option<T>) -> Result<(T, Vec<Note>), Faults> {
        let mut faults = self.faults.into_inner();
        match whole {
            Some(whole) if faults.is_empty() => {
                let mut notes = self.notes.into_inner();
                notes.sort_by(|a, b| (a.line, &a.key).cmp(&(b.line, &b.key)));
                Ok((whole, notes))
            }
            _ => {
                if faults.is_empty() {
                    let Wrong { what, fix } =
                        Wrong::new("is incomplete", "compare it with dontpanic.example.yaml");
                    faults.push(Fault { line: None, key: String::new(), what, fix });
                }
                faults.sort();
                faults.dedup();
                Err(Faults { file: self.file, all: faults })
            }
        }
    }

    /// What a node holds: `Ok(None)` when nothing, `Err` when a fault was reported.
    pub(super) fn content(&self, node: &'a Node, path: &str) -> Result<Option<Content<'a>>, Reported> {
        if node.is_absent() {
            return Ok(None);
        }
        match &node.kind {
            Kind::List(items) => Ok(Some(Content::List(items))),
            Kind::Map(entries) => Ok(Some(Content::Map(entries))),
            Kind::Scalar { text, .. } => match expand(text, self.environment) {
                Ok(text) if text.trim().is_empty() => Ok(None),
                Ok(text) => Ok(Some(Content::Text(text))),
                Err(wrong) => {
                    self.fault(Some(node.line), path, wrong);
                    Err(Reported)
                }
            },
        }
    }
}

/// A fault was reported; there is nothing to add.
pub(super) struct Reported;

/// What a value holds, with its references replaced.
pub(super) enum Content<'a> {
    Nothing,
    Text(String),
    List(&'a [Node]),
    Map(&'a [(Key, Node)]),
}

/// A value at its place.
pub(super) struct Value<'a> {
    pub reader: &'a Reader<'a>,
    pub line: usize,
    pub path: String,
    pub content: Content<'a>,
}

impl<'a> Value<'a> {
    /// Reports a fault of this value.
    pub(super) fn fault(&self, what: impl Into<String>, fix: impl Into<String>) {
        self.reader.fault(Some(self.line), &self.path, Wrong::new(what, fix));
    }

    /// A single word or text.
    pub(super) fn text(self) -> Option<String> {
        match self.content {
            Content::Text(text) => Some(text),
            Content::Nothing => {
                self.fault("is empty", "give it a value, or remove the key");
                None
            }
            Content::List(_) | Content::Map(_) => {
                self.fault("must be a single value", "remove the brackets or the keys below it");
                None
            }
        }
    }

    /// A single word, read as something.
    pub(super) fn read<T>(self, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let (reader, line, path) = (self.reader, self.line, self.path.clone());
        let text = self.text()?;
        read(text.trim()).map_err(|wrong| reader.fault(Some(line), &path, wrong)).ok()
    }

    /// The name of something that another part of the file defines.
    pub(super) fn name_in(self, namespace: Namespace) -> Option<String> {
        let reader = self.reader;
        self.read(|word| reader.check_name(namespace, word).map(|()| word.to_owned()))
    }

    /// A mapping with known keys.
    pub(super) fn section(self) -> Option<Section<'a>> {
        let entries: &'a [(Key, Node)] = match self.content {
            Content::Map(entries) => entries,
            Content::Nothing => &[],
            Content::Text(_) | Content::List(_) => {
                self.fault("must have keys below it", "write `key: value` lines, indented, or {key: value}");
                return None;
            }
        };
        Some(Section::open(self.reader, self.line, self.path, entries))
    }

    /// A mapping whose keys are names of the file's own. Every entry is a value, if an empty one.
    pub(super) fn entries(self) -> Option<Vec<(String, Value<'a>)>> {
        Some(self.section()?.into_entries())
    }

    /// A list. An item that is empty is a fault.
    pub(super) fn list(self) -> Option<Vec<Value<'a>>> {
        let items = match self.content {
            Content::List(items) => items,
            Content::Nothing => return Some(Vec::new()),
            Content::Text(_) | Content::Map(_) => {
                self.fault("must be a list", "write it in brackets: [a, b]");
                return None;
            }
        };
        let values = items.iter().enumerate().filter_map(|(n, node)| {
            let path = format!("{}[{n}]", self.path);
            let content = self.reader.content(node, &path).ok()?;
            if content.is_none() {
                let wrong = Wrong::new("is empty", "remove the item, or write it out");
                self.reader.fault(Some(node.line), &path, wrong);
            }
            Some(Value { reader: self.reader, line: node.line, path, content: content? })
        });
        Some(values.collect())
    }

    /// A list, or a single value that stands for a list of one.
    pub(super) fn one_or_more(self) -> Option<Vec<Value<'a>>> {
        if matches!(self.content, Content::Text(_)) { Some(vec![self]) } else { self.list() }
    }
}
