//! YAML text to a small tree in which everything knows its line.
//!
//! Types are not guessed: every scalar stays the text that was written, so `18:00`, `no`, `0755` and `+336…` mean
//! themselves. Aliases are copied, within bounds, so a small file never becomes a large tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::environment::Shield;
use super::fault::Fault;

/// A larger file is certainly not a configuration.
const MAX_BYTES: usize = 1 << 20;
/// How many values a file may have after its aliases are copied.
const MAX_NODES: usize = 100_000;
/// How deep values may nest; recursion over the tree relies on it.
const MAX_DEPTH: usize = 32;

/// A value and the line it begins on, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub line: usize,
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word, as written.
    Scalar { text: String, style: Style },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file, duplicates included.
    Map(Vec<(Key, Node)>),
}

/// Whether quotes or a block keep a scalar from meaning "nothing".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As is; `~`, `null` and nothing at all mean absent.
    Plain,
    /// In quotes, or a block.
    Quoted,
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub line: usize,
    pub name: String,
}

impl Node {
    /// A mapping without entries, which is what an empty file is.
    fn empty() -> Self {
        Self { line: 1, kind: Kind::Map(Vec::new()) }
    }

    /// Whether it says nothing: `~`, `null`, or no text at all.
    pub(super) fn is_absent(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, style: Style::Plain } if is_nothing(text))
    }

    /// How many values it holds with itself, and how deep they go.
    fn extent(&self) -> (usize, usize) {
        let (nodes, depth) = match &self.kind {
            Kind::Scalar { .. } => (0, 0),
            Kind::List(items) => extent_of(items.iter()),
            Kind::Map(entries) => extent_of(entries.iter().map(|(_, value)| value)),
        };
        (nodes + 1, depth + 1)
    }
}

fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn extent_of<'a>(nodes: impl Iterator<Item = &'a Node>) -> (usize, usize) {
    nodes.map(Node::extent).fold((0, 0), |(nodes, depth), (n, d)| (nodes + n, depth.max(d)))
}

/// Reads one document. The first thing that is not YAML, or not within bounds, ends the reading.
pub(super) fn parse(bytes: &[u8]) -> Result<Node, Fault> {
    if bytes.len() > MAX_BYTES {
        return Err(fault(1, "the file is larger than 1 MiB", "is this the right file?"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        fault(line, "the file is not UTF-8", "save it as UTF-8")
    })?;
    let (shield, text) = Shield::over(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut builder = Builder { shield, open: Vec::new(), anchors: HashMap::new(), n_nodes: 0, root: None };
    for event in Parser::new_from_str(&text) {
        let (event, span) = event.map_err(|error| {
            let what = format!("this is not YAML: {}", error.info());
            fault(
                error.marker().line().max(1),
                &what,
                "indent with spaces, and quote what has special characters",
            )
        })?;
        builder.take(event, span.start.line().max(1))?;
    }
    Ok(builder.root.unwrap_or_else(Node::empty))
}

fn fault(line: usize, what: &str, fix: &str) -> Fault {
    Fault { line: Some(line), key: String::new(), what: what.to_owned(), fix: fix.to_owned() }
}

/// A list or mapping whose end has not come.
struct Open {
    line: usize,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, key: Option<Key> },
}

struct Builder {
    shield: Shield,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    n_nodes: usize,
    root: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Fault> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(fault(line, "a second document begins here", "keep one document, without `---` inside"))
            }
            Event::DocumentStart(_) => Ok(()),
            Event::Alias(anchor) => {
                let Some(mut node) = self.anchors.get(&anchor).cloned() else {
                    return Err(fault(line, "an alias refers to what it is part of", "write the value out"));
                };
                let (nodes, depth) = node.extent();
                self.count(nodes, line)?;
                if self.open.len() + depth > MAX_DEPTH {
                    return Err(too_deep(line));
                }
                if matches!(node.kind, Kind::Scalar { .. }) {
                    node.line = line;
                }
                self.place(node)
            }
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(tag.as_deref(), line)?;
                let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
                self.remember(
                    anchor,
                    Node { line, kind: Kind::Scalar { text: self.shield.lift(&text), style } },
                )
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), line)?;
                self.begin(Open { line, anchor, inside: Inside::List(Vec::new()) })
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), line)?;
                self.begin(Open { line, anchor, inside: Inside::Map { entries: Vec::new(), key: None } })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { line, anchor, inside: Inside::List(items) }) => {
                    self.remember(anchor, Node { line, kind: Kind::List(items) })
                }
                Some(Open { line, anchor, inside: Inside::Map { entries, .. } }) => {
                    self.remember(anchor, Node { line, kind: Kind::Map(entries) })
                }
                None => Ok(()),
            },
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), Fault> {
        if let Some(Open { inside: Inside::Map { key: None, .. }, .. }) = self.open.last() {
            return Err(fault(open.line, "a key is a list or a mapping", "write the key as one word"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(open.line));
        }
        self.open.push(open);
        Ok(())
    }

    /// Keeps an anchored value for its aliases (anchor 0 means none), then puts it where it stands.
    fn remember(&mut self, anchor: usize, node: Node) -> Result<(), Fault> {
        self.count(1, node.line)?;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.place(node)
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Fault> {
        self.n_nodes = self.n_nodes.saturating_add(nodes);
        if self.n_nodes > MAX_NODES {
            return Err(fault(line, "the file has too many values", "use fewer aliases"));
        }
        Ok(())
    }

    fn place(&mut self, node: Node) -> Result<(), Fault> {
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map { entries, key }) => match (key.take(), node) {
                (Some(key), value) => entries.push((key, value)),
                (None, Node { line, kind: Kind::Scalar { text, .. } }) => {
                    *key = Some(Key { line, name: text });
                }
                (None, Node { line, .. }) => {
                    return Err(fault(line, "a key is a list or a mapping", "write the key as one word"));
                }
            },
        }
        Ok(())
    }
}

fn too_deep(line: usize) -> Fault {
    fault(line, "values are nested too deeply", "use fewer brackets")
}

/// Tags change what a value means, and here every scalar is text.
fn refuse_tag(tag: Option<&Tag>, line: usize) -> Result<(), Fault> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() => {
            Err(fault(line, "a value has a tag (`!`)", "remove it, or quote it"))
        }
        _ => Ok(()),
    }
}
