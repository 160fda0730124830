//! Which keys are understood but not used in this release.
//!
//! They are accepted so that a complete file loads today. A line of the table goes when its feature comes.

use super::fault::NoteKind;
use super::reader::Reader;
use super::yaml::{Kind, Node};

/// Dotted keys; `*` stands for any name or place in a list.
const NOT_YET_IN_USE: &[&str] =
    &["prometheus", "services.*.slos", "severities.*.ticket", "statuspage", "telemetry", "tickets"];

/// Notes every key of the tree that nothing uses yet.
pub(super) fn note(reader: &Reader<'_>, tree: &Node) {
    for pattern in NOT_YET_IN_USE {
        let segments: Vec<&str> = pattern.split('.').collect();
        walk(reader, tree, &segments, String::new());
    }
}

fn walk(reader: &Reader<'_>, node: &Node, segments: &[&str], path: String) {
    let (Some((segment, rest)), Kind::Map(entries)) = (segments.split_first(), &node.kind) else { return };
    for (key, value) in entries.iter().filter(|(key, _)| *segment == "*" || key.name == *segment) {
        let path = if path.is_empty() { key.name.clone() } else { format!("{path}.{}", key.name) };
        if !rest.is_empty() {
            walk(reader, value, rest, path);
        } else if !value.is_absent() {
            reader.note(NoteKind::NotYetInUse, Some(key.line), &path, "not yet in use");
        }
    }
}
