//! A mapping with known keys, and the kinds of values that many sections have.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::Duration;
use url::Url;

use super::fault::NoteKind;
use super::reader::{Content, Reader, Reported, Value};
use super::secret::Secret;
use super::value::{self, Wrong, closest};
use super::yaml::{Key, Kind, Node};

/// A mapping with known keys. Ask for each key, then [`finish`](Self::finish).
pub(super) struct Section<'a> {
    reader: &'a Reader<'a>,
    line: usize,
    path: String,
    entries: &'a [(Key, Node)],
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Section<'a> {
    /// Opens a mapping, and reports keys that are given twice.
    pub(super) fn open(
        reader: &'a Reader<'a>,
        line: usize,
        path: String,
        entries: &'a [(Key, Node)],
    ) -> Self {
        let section = Self { reader, line, path, entries, asked: RefCell::default() };
        section.refuse_duplicates();
        section
    }

    /// Every entry, where keys are names of the file's own. An entry without a value is an empty one.
    pub(super) fn into_entries(self) -> Vec<(String, Value<'a>)> {
        let mut seen = BTreeSet::new();
        let values =
            self.entries.iter().filter(|(key, _)| seen.insert(&key.name)).filter_map(|(key, node)| {
                let path = self.path_of(&key.name);
                if let Err(wrong) = check_key(&key.name) {
                    self.reader.fault(Some(key.line), &path, wrong);
                    return None;
                }
                let content = self.reader.content(node, &path).ok()?.unwrap_or(Content::Nothing);
                Some((
                    key.name.clone(),
                    Value { reader: self.reader, line: line_of(key, node), path, content },
                ))
            });
        values.collect()
    }

    /// The reading it belongs to.
    pub(super) fn reader(&self) -> &'a Reader<'a> {
        self.reader
    }

    /// The line of its key.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The dotted path of one of its keys.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Reports a fault of the section as a whole.
    pub(super) fn fault(&self, what: impl Into<String>, fix: impl Into<String>) {
        self.reader.fault(Some(self.line), &self.path, Wrong::new(what, fix));
    }

    /// Whether the key is written at all, with whatever value.
    pub(super) fn mentions(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The value of a key, unless it is absent or empty.
    pub(super) fn optional(&self, key: &str) -> Option<Value<'a>> {
        self.lookup(key).ok().flatten()
    }

    /// The value of a key that must be there.
    pub(super) fn required(&self, key: &str) -> Option<Value<'a>> {
        let found = self.lookup(key).ok()?;
        if found.is_none() {
            self.missing(key, &format!("add `{key}:` with its value"));
        }
        found
    }

    /// A secret, given here or in the file that `<key>_file` names.
    pub(super) fn optional_secret(&self, key: &str) -> Option<Secret> {
        self.secret(key).ok().flatten()
    }

    /// A secret that must be there.
    pub(super) fn required_secret(&self, key: &str) -> Option<Secret> {
        let found = self.secret(key).ok()?;
        if found.is_none() {
            self.missing(
                key,
                &format!("add `{key}:`, or `{key}_file:` with the path of a file that holds it"),
            );
        }
        found
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.entries.iter().filter(|(key, _)| !asked.contains(&key.name)) {
            let known = || asked.iter().map(String::as_str);
            let fix = match closest(&key.name, known()) {
                Some(similar) => format!("did you mean {similar}?"),
                None if known().count() <= 8 => format!("the keys here are {}", list(known())),
                None => "remove it, or see dontpanic.example.yaml for the keys".to_owned(),
            };
            self.reader.fault(
                Some(key.line),
                &self.path_of(&key.name),
                Wrong::new("is not a known key", fix),
            );
        }
    }

    /// The line of one of its keys, given directly or as a file, or its own.
    pub(super) fn line_of(&self, key: &str) -> usize {
        let found = self.find(key).or_else(|| self.find(&format!("{key}_file")));
        found.map_or(self.line, |(key, _)| key.line)
    }

    /// The line of an entry below one of its keys, if the file has it.
    pub(super) fn line_below(&self, key: &str, name: &str) -> Option<usize> {
        match &self.find(key)?.1.kind {
            Kind::Map(entries) => {
                entries.iter().find(|(entry, _)| entry.name == name).map(|(entry, _)| entry.line)
            }
            Kind::Scalar { .. } | Kind::List(_) => None,
        }
    }

    /// Its own dotted path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A duration; `0s` is `None`, which switches the thing off.
    pub(super) fn span(&self, key: &str, usual: Option<Duration>) -> Option<Duration> {
        match self.optional(key) {
            Some(value) => value.read(value::duration).filter(|span| !span.is_zero()),
            None => usual,
        }
    }

    /// One of a few words.
    pub(super) fn word_or<T: Copy>(&self, key: &str, choices: &[(&str, T)], usual: T) -> T {
        self.optional(key).and_then(|value| value.read(|word| value::one_of(word, choices))).unwrap_or(usual)
    }

    /// An http(s) URL that must be there.
    pub(super) fn required_url(&self, key: &str) -> Option<Url> {
        self.required(key).and_then(|value| value.read(value::web_url))
    }

    /// An http(s) URL that overrides the usual one.
    pub(super) fn url_or(&self, key: &str, usual: &str) -> Option<Url> {
        match self.optional(key) {
            Some(value) => value.read(value::web_url),
            None => Url::parse(usual).ok(),
        }
    }

    /// A path, relative to the file's folder.
    pub(super) fn path_or(&self, key: &str, usual: &str) -> PathBuf {
        let word = self.optional(key).and_then(Value::text);
        self.reader.path(word.as_deref().unwrap_or(usual))
    }

    /// The path of a folder that must be there when it is named; without it, the service does with what is shipped.
    pub(super) fn shipped_folder_or(&self, key: &str, usual: &str) -> PathBuf {
        let path = self.path_or(key, usual);
        if let Some((found, node)) = self.find(key)
            && !node.is_absent()
            && !path.is_dir()
        {
            let text = "there is no such folder, so what is shipped is used; create it, or remove the key";
            self.reader.note(NoteKind::Missing, Some(line_of(found, node)), &self.path_of(key), text);
        }
        path
    }

    fn find(&self, key: &str) -> Option<&'a (Key, Node)> {
        self.entries.iter().find(|(candidate, _)| candidate.name == key)
    }

    fn lookup(&self, key: &str) -> Result<Option<Value<'a>>, Reported> {
        self.asked.borrow_mut().insert(key.to_owned());
        let Some((found, node)) = self.find(key) else { return Ok(None) };
        let path = self.path_of(key);
        let content = self.reader.content(node, &path)?;
        Ok(content.map(|content| Value { reader: self.reader, line: line_of(found, node), path, content }))
    }

    fn missing(&self, key: &str, fix: &str) {
        let (line, what) = match self.find(key) {
            Some((found, _)) => (found.line, "is empty"),
            None => (self.line, "is missing"),
        };
        self.reader.fault(Some(line), &self.path_of(key), Wrong::new(what, fix));
    }

    fn secret(&self, key: &str) -> Result<Option<Secret>, Reported> {
        let file_key = format!("{key}_file");
        let (direct, from_file) = (self.lookup(key)?, self.lookup(&file_key)?);
        match (direct, from_file) {
            (None, None) => Ok(None),
            (Some(_), Some(file)) => {
                file.fault(format!("is given beside `{key}`"), "keep one of the two");
                Err(Reported)
            }
            (Some(value), None) => value.text().map(|text| Some(Secret::new(text))).ok_or(Reported),
            (None, Some(file)) => file.read(|path| self.secret_of_file(path)).map(Some).ok_or(Reported),
        }
    }

    fn secret_of_file(&self, path: &str) -> Result<Secret, Wrong> {
        let path = self.reader.path(path);
        self.reader.keeps_secret_in(path.clone());
        let shown = path.display();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Wrong::new(format!("cannot read {shown}: {error}"), "create the file, or let this user read it")
        })?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(Wrong::new(format!("{shown} is empty"), "write the secret into it"));
        }
        Ok(Secret::new(secret))
    }

    fn refuse_duplicates(&self) {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (key, _) in self.entries {
            if let Some(line) = first.get(key.name.as_str()) {
                let wrong = Wrong::new(format!("is given twice, first on line {line}"), "keep one of them");
                self.reader.fault(Some(key.line), &self.path_of(&key.name), wrong);
            } else {
                first.insert(&key.name, key.line);
            }
        }
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// A name becomes part of ids and commands, so it is one printable word.
fn check_key(name: &str) -> Result<(), Wrong> {
    let is_word = !name.is_empty()
        && name.chars().count() <= 100
        && !name.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_word { Ok(()) } else { Err(Wrong::new("this is not a usable name", "use one word without spaces")) }
}

/// A collection is known by the line of its key, a word by its own.
fn line_of(key: &Key, node: &Node) -> usize {
    match node.kind {
        Kind::Scalar { .. } => node.line,
        Kind::List(_) | Kind::Map(_) => key.line,
    }
}
