//! As much Markdown as runbooks need: headings, code fences, steps.
//!
//! Line by line and forgiving; a text that is not quite Markdown gives odd lines, never a panic.

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// `## Title`: how many `#`, and the title.
    Heading(usize, &'a str),
    /// The opening or the closing line of a code fence.
    Fence,
    /// A line inside a fence, or of an HTML comment.
    Opaque,
    /// Nothing but spaces.
    Blank,
    /// Anything else.
    Text,
}

/// One line with its meaning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Counted from 0 inside the text given.
    pub index: usize,
    pub text: &'a str,
    pub kind: Kind<'a>,
}

/// What is open at the end of a line.
#[derive(Clone, Copy)]
enum Open {
    Nothing,
    Fence { mark: char, width: usize, line: usize },
    Comment,
}

/// The lines of a text, and the line of a fence that is never closed.
pub(super) fn lines(text: &str) -> (Vec<Line<'_>>, Option<usize>) {
    let mut open = Open::Nothing;
    let mut lines = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let (kind, next) = kind(text, index, open);
        open = next;
        lines.push(Line { index, text, kind });
    }
    let unclosed = match open {
        Open::Fence { line, .. } => Some(line),
        Open::Nothing | Open::Comment => None,
    };
    (lines, unclosed)
}

fn kind(text: &str, line: usize, open: Open) -> (Kind<'_>, Open) {
    let trimmed = text.trim_start();
    match open {
        Open::Fence { mark, width, .. } => match fence(trimmed) {
            Some((m, w, "")) if m == mark && w >= width => (Kind::Fence, Open::Nothing),
            _ => (Kind::Opaque, open),
        },
        Open::Comment => (Kind::Opaque, if text.contains("-->") { Open::Nothing } else { open }),
        Open::Nothing => {
            if let Some((mark, width, _)) = fence(trimmed) {
                return (Kind::Fence, Open::Fence { mark, width, line });
            }
            if let Some(comment) = trimmed.strip_prefix("<!--") {
                let next = if comment.contains("-->") { Open::Nothing } else { Open::Comment };
                return (Kind::Opaque, next);
            }
            (plain_kind(text, trimmed), Open::Nothing)
        }
    }
}

fn plain_kind<'a>(text: &'a str, trimmed: &'a str) -> Kind<'a> {
    if trimmed.is_empty() {
        return Kind::Blank;
    }
    let title = trimmed.trim_start_matches('#');
    let level = trimmed.len() - title.len();
    let is_heading =
        (1..=6).contains(&level) && indent(text) <= 3 && (title.is_empty() || title.starts_with([' ', '\t']));
    if is_heading { Kind::Heading(level, title.trim().trim_end_matches('#').trim_end()) } else { Kind::Text }
}

/// The mark, its length and what follows, when a line opens or closes a fence.
fn fence(trimmed: &str) -> Option<(char, usize, &str)> {
    let mark = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = trimmed.trim_start_matches(mark);
    let width = trimmed.len() - rest.len();
    (width >= 3 && !(mark == '`' && rest.contains('`'))).then_some((mark, width, rest.trim()))
}

/// How far a line is indented; a tab counts as four.
fn indent(text: &str) -> usize {
    text.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// The text after `1. ` or `1) ` and the column where it begins, when a line begins a numbered item.
fn numbered(text: &str) -> Option<(usize, &str)> {
    let trimmed = text.trim_start();
    let rest = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    let n_digits = trimmed.len() - rest.len();
    let item = rest.strip_prefix(['.', ')']).filter(|item| item.starts_with([' ', '\t']))?;
    let is_item = (1..=9).contains(&n_digits) && indent(text) <= 3;
    is_item.then(|| (indent(text) + n_digits + 2, item.trim()))
}

/// The text after `- ` and the column where it begins, when a line begins an item without a number.
fn bulleted(text: &str) -> Option<(usize, &str)> {
    let item =
        text.trim_start().strip_prefix(['-', '*', '+']).filter(|item| item.starts_with([' ', '\t']))?;
    (indent(text) <= 1).then(|| (indent(text) + 2, item.trim()))
}

/// Whether a line begins an item without a number.
pub(super) fn is_bullet(text: &str) -> bool {
    bulleted(text).is_some()
}

/// The first heading of the first level.
pub(super) fn title(text: &str) -> Option<&str> {
    let (lines, _) = lines(text);
    lines.into_iter().find_map(|line| match line.kind {
        Kind::Heading(1, title) => Some(title).filter(|title| !title.is_empty()),
        _ => None,
    })
}

/// The steps of a section. Bullets are steps where nothing has a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Steps {
    /// At least one, in the order of the text.
    Numbered(Vec<String>),
    /// Any number of them.
    Bulleted(Vec<String>),
}

impl Steps {
    /// The Markdown of each, without its number or bullet.
    pub(super) fn texts(self) -> Vec<String> {
        match self {
            Self::Numbered(texts) | Self::Bulleted(texts) => texts,
        }
    }
}

/// The steps of a section's text.
pub(super) fn steps(text: &str) -> Steps {
    let steps = items(text, numbered);
    if steps.is_empty() { Steps::Bulleted(items(text, bulleted)) } else { Steps::Numbered(steps) }
}

/// The Markdown of each item at the outer level that `begins` knows, without its mark and its indentation.
fn items(text: &str, begins: fn(&str) -> Option<(usize, &str)>) -> Vec<String> {
    let (lines, _) = lines(text);
    let mut steps: Vec<String> = Vec::new();
    let mut column = None;
    let mut was_blank = false;
    for line in lines {
        let is_outside = indent(line.text) <= 1;
        match (line.kind, begins(line.text), column) {
            (Kind::Text, Some((start, item)), _)
                if column.is_none_or(|column| indent(line.text) < column) =>
            {
                column = Some(start);
                steps.push(item.to_owned());
            }
            (Kind::Heading(..), _, _) => column = None,
            (Kind::Text, None, Some(_)) if is_outside && (was_blank || is_bullet(line.text)) => column = None,
            (_, _, Some(column)) => {
                if let Some(step) = steps.last_mut() {
                    step.push('\n');
                    step.push_str(dedent(line.text, column));
                }
            }
            (_, _, None) => {}
        }
        was_blank = line.kind == Kind::Blank;
    }
    steps.into_iter().map(|step| step.trim_end().to_owned()).collect()
}

fn dedent(text: &str, column: usize) -> &str {
    let spaces = text.chars().take(column).take_while(|c| *c == ' ').count();
    text.get(spaces..).unwrap_or_default()
}

/// A step as plain text: fences lose their language, the rest loses emphasis and link syntax; code is left alone.
pub(super) fn plain(step: &str) -> String {
    let (lines, _) = lines(step);
    let mut plain = String::with_capacity(step.len());
    let mut was_blank = false;
    for line in lines {
        if line.kind == Kind::Blank {
            was_blank = true;
            continue;
        }
        if !plain.is_empty() {
            plain.push_str(if was_blank && line.kind != Kind::Fence { "\n\n" } else { "\n" });
        }
        was_blank = false;
        match line.kind {
            Kind::Fence => plain.push_str("```"),
            Kind::Text | Kind::Heading(..) => plain.push_str(&unmarked(line.text)),
            Kind::Opaque | Kind::Blank => plain.push_str(line.text),
        }
    }
    plain
}

/// One line without `**` and with `[text](url)` as `text (url)`, except inside backticks.
fn unmarked(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for (n, piece) in line.split('`').enumerate() {
        if n > 0 {
            out.push('`');
        }
        if n % 2 == 1 {
            out.push_str(piece);
        } else {
            out.push_str(&links_spelt_out(&piece.replace("**", "")));
        }
    }
    out
}

fn links_spelt_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, label, url, after)) = next_link(rest) {
        out.push_str(before);
        out.push_str(label);
        out.push_str(" (");
        out.push_str(url);
        out.push(')');
        rest = after;
    }
    out.push_str(rest);
    out
}

fn next_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (head, tail) = text.split_once("](")?;
    let (before, label) = head.rsplit_once('[')?;
    let (url, after) = tail.split_once(')')?;
    Some((before, label, url, after))
}
