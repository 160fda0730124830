//! Block Kit's rules: what Slack refuses, and what it fills in.
//!
//! The blocks an incident bot uses are checked in depth (texts, counts, ids, unknown fields); of the others only that they
//! exist and belong on the surface.

mod elements;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

/// Where blocks are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    Message,
    Modal,
    Home,
}

impl Surface {
    fn most_blocks(self) -> usize {
        match self {
            Self::Message => 50,
            Self::Modal | Self::Home => 100,
        }
    }
}

/// Blocks that exist but are not looked into, and whether they are for messages, for views, or for both.
const OPAQUE: &[(&str, Where)] = &[
    ("rich_text", Where::Anywhere),
    ("video", Where::Anywhere),
    ("file", Where::Messages),
    ("markdown", Where::Messages),
    ("table", Where::Messages),
    ("task_card", Where::Messages),
    ("plan", Where::Messages),
    ("card", Where::Messages),
    ("carousel", Where::Messages),
    ("container", Where::Messages),
    ("context_actions", Where::Messages),
    ("data_table", Where::Messages),
    ("data_visualization", Where::Messages),
    ("alert", Where::Views),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Anywhere,
    Messages,
    Views,
}

/// Which text objects a place takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    Plain,
    Any,
}

/// Collects what is wrong, each with a pointer to its place.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) messages: Vec<String>,
    block_ids: HashSet<String>,
}

impl Findings {
    pub(crate) fn add(&mut self, at: &str, what: impl std::fmt::Display) {
        self.messages.push(format!("[ERROR] {what} [json-pointer:{at}]"));
    }

    /// A text that may be absent, with at most `most` characters.
    pub(crate) fn short(&mut self, fields: &Map<String, Value>, name: &str, most: usize, at: &str) {
        match fields.get(name) {
            None => {}
            Some(Value::String(text)) if text.chars().count() > most => {
                self.add(&format!("{at}/{name}"), format_args!("must be less than {} characters", most + 1));
            }
            Some(Value::String(_)) => {}
            Some(_) => self.add(&format!("{at}/{name}"), "must be a string"),
        }
    }

    /// Only fields Slack knows.
    pub(crate) fn known(&mut self, fields: &Map<String, Value>, known: &[&str], at: &str) {
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.add(at, format_args!("invalid additional property: {name}"));
        }
    }

    /// A text object of 1 to `most` characters.
    pub(crate) fn text(&mut self, text: &Value, kind: TextKind, most: usize, at: &str) {
        let Some(fields) = text.as_object() else { return self.add(at, "must be an object") };
        let own = match fields.get("type").and_then(Value::as_str) {
            Some("plain_text") => "emoji",
            Some("mrkdwn") if kind == TextKind::Any => "verbatim",
            Some("mrkdwn") => return self.add(&format!("{at}/type"), "must be plain_text"),
            _ => return self.add(&format!("{at}/type"), "must be plain_text or mrkdwn"),
        };
        self.known(fields, &["type", "text", own], at);
        match fields.get("text").and_then(Value::as_str) {
            None => self.add(at, "missing required field: text"),
            Some("") => self.add(&format!("{at}/text"), "must be more than 0 characters"),
            Some(_) => self.short(fields, "text", most, at),
        }
    }

    /// A text object that must be there.
    pub(crate) fn need_text(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        kind: TextKind,
        most: usize,
        at: &str,
    ) {
        match fields.get(name) {
            Some(text) => self.text(text, kind, most, &format!("{at}/{name}")),
            None => self.add(at, format_args!("missing required field: {name}")),
        }
    }

    /// An array that must be there, with a number of items Slack takes.
    pub(crate) fn items<'a>(
        &mut self,
        fields: &'a Map<String, Value>,
        name: &str,
        most: usize,
        at: &str,
    ) -> &'a [Value] {
        let Some(items) = fields.get(name).and_then(Value::as_array) else {
            self.add(at, format_args!("missing required field: {name}"));
            return &[];
        };
        if items.is_empty() {
            self.add(&format!("{at}/{name}"), "no less than 1 items allowed");
        }
        if items.len() > most {
            self.add(&format!("{at}/{name}"), format_args!("no more than {most} items allowed"));
        }
        items
    }

    fn block(&mut self, block: &Value, surface: Surface, at: &str) {
        let Some(fields) = block.as_object() else { return self.add(at, "must be an object") };
        self.short(fields, "block_id", 255, at);
        if let Some(id) = fields.get("block_id").and_then(Value::as_str)
            && !self.block_ids.insert(id.to_owned())
        {
            self.add(&format!("{at}/block_id"), format_args!("`block_id` \"{id}\" already exists"));
        }
        match fields.get("type").and_then(Value::as_str).unwrap_or_default() {
            "divider" => self.known(fields, &["type", "block_id"], at),
            "header" => {
                self.known(fields, &["type", "block_id", "text", "level"], at);
                self.need_text(fields, "text", TextKind::Plain, 150, at);
            }
            "section" => self.section(fields, at),
            "context" => self.context(fields, at),
            "actions" => {
                self.known(fields, &["type", "block_id", "elements"], at);
                let mut ids = HashSet::new();
                for (n, element) in self.items(fields, "elements", 25, at).iter().enumerate() {
                    let at = format!("{at}/elements/{n}");
                    elements::element(self, element, elements::Place::Actions, &at);
                    if let Some(id) = element.get("action_id").and_then(Value::as_str)
                        && !ids.insert(id.to_owned())
                    {
                        self.add(
                            &format!("{at}/action_id"),
                            format_args!("`action_id` \"{id}\" already exists"),
                        );
                    }
                }
            }
            "input" => {
                self.known(
                    fields,
                    &["type", "block_id", "label", "element", "hint", "optional", "dispatch_action"],
                    at,
                );
                self.need_text(fields, "label", TextKind::Plain, 2000, at);
                if let Some(hint) = fields.get("hint") {
                    self.text(hint, TextKind::Plain, 2000, &format!("{at}/hint"));
                }
                match fields.get("element") {
                    Some(element) => {
                        elements::element(
                            self,
                            element,
                            elements::Place::Input(surface),
                            &format!("{at}/element"),
                        );
                    }
                    None => self.add(at, "missing required field: element"),
                }
            }
            "image" => {
                self.known(fields, &["type", "block_id", "image_url", "alt_text", "title", "slack_file"], at);
                elements::image(self, fields, at);
                if let Some(title) = fields.get("title") {
                    self.text(title, TextKind::Plain, 2000, &format!("{at}/title"));
                }
            }
            other => match OPAQUE.iter().find(|(name, _)| *name == other) {
                Some((_, Where::Messages)) if surface != Surface::Message => {
                    self.add(at, format_args!("{other} blocks are not allowed here"));
                }
                Some((_, Where::Views)) if surface == Surface::Message => {
                    self.add(at, format_args!("{other} blocks are not allowed here"));
                }
                Some(_) => {}
                None => self.add(&format!("{at}/type"), format_args!("unsupported type: {other}")),
            },
        }
    }

    fn section(&mut self, fields: &Map<String, Value>, at: &str) {
        self.known(fields, &["type", "block_id", "text", "fields", "accessory", "expand"], at);
        if fields.get("text").is_none() && fields.get("fields").is_none() {
            self.add(at, "must define either `text` or `fields`");
        }
        if let Some(text) = fields.get("text") {
            self.text(text, TextKind::Any, 3000, &format!("{at}/text"));
        }
        if fields.contains_key("fields") {
            for (n, field) in self.items(fields, "fields", 10, at).iter().enumerate() {
                self.text(field, TextKind::Any, 2000, &format!("{at}/fields/{n}"));
            }
        }
        if let Some(accessory) = fields.get("accessory") {
            elements::element(self, accessory, elements::Place::Accessory, &format!("{at}/accessory"));
        }
    }

    fn context(&mut self, fields: &Map<String, Value>, at: &str) {
        self.known(fields, &["type", "block_id", "elements"], at);
        for (n, element) in self.items(fields, "elements", 10, at).iter().enumerate() {
            let at = format!("{at}/elements/{n}");
            match element.as_object() {
                Some(fields) if element["type"] == "image" => elements::image(self, fields, &at),
                _ => self.text(element, TextKind::Any, 3000, &at),
            }
        }
    }
}

/// Everything Slack would refuse in these blocks.
pub(crate) fn check(blocks: &[Value], surface: Surface, root: &str) -> Findings {
    let mut findings = Findings::default();
    if blocks.len() > surface.most_blocks() {
        findings.add(root, format_args!("no more than {} items allowed", surface.most_blocks()));
    }
    for (n, block) in blocks.iter().enumerate() {
        findings.block(block, surface, &format!("{root}/{n}"));
    }
    findings
}

/// The elements of a block that people can act on.
pub(crate) fn interactive(block: &Value) -> Vec<&Value> {
    let listed = match block["type"].as_str() {
        Some("actions") => block["elements"].as_array().map(Vec::as_slice).unwrap_or_default(),
        _ => &[],
    };
    let single = [&block["accessory"], &block["element"]];
    listed
        .iter()
        .chain(single)
        .filter(|element| element.get("type").is_some_and(|kind| kind != "image"))
        .collect()
}

/// Gives every block a `block_id` and every interactive element an `action_id`, as Slack does.
pub(crate) fn fill_ids(blocks: &mut [Value], mut make: impl FnMut() -> String) {
    let mut fill = |value: &mut Value, name: &str| {
        if let Some(fields) = value.as_object_mut() {
            fields.entry(name).or_insert_with(|| json!(make()));
        }
    };
    for block in blocks {
        fill(block, "block_id");
        if block["type"] == "actions"
            && let Some(elements) = block.get_mut("elements").and_then(Value::as_array_mut)
        {
            for element in elements {
                fill(element, "action_id");
            }
        }
        for name in ["accessory", "element"] {
            if let Some(element) = block.get_mut(name).filter(|element| element["type"] != "image") {
                fill(element, "action_id");
            }
        }
    }
}

#[cfg(test)]
mod tests;
