//! The post-mortem's draft as a message: its Markdown turned into what Slack shows, cut where it gets too long.

use chrono::{DateTime, Utc};

use super::kit::{self, Look, SECTION, actions, context, section};
use crate::adapters::slack::Message;
use crate::commands::buttons::Button;
use crate::ports::View;
use crate::words::{mrkdwn, review};

/// So many characters of the draft are shown.
const SHOWN: usize = 12_000;
/// And so many of one section in the form that it is written in.
const SHOWN_IN_FORM: usize = 6_000;

/// The draft, how far it is, where to read the whole of it, and the way to write in it.
pub fn postmortem(view: &View, markdown: &str) -> Message {
    let incident = &view.incident;
    let text = review::notification(view);
    let (paragraphs, whole) = paragraphs(markdown);
    let note = if whole { "The whole draft" } else { "*Cut here.* The whole draft" };
    let note = format!("{note}: `dontpanic postmortem {}`", incident.id);
    let edit = actions([kit::ask(Button::EditPostmortem, incident, Look::Plain)]);
    let end = [context(&review::standing(view)), context(&note), edit];
    let blocks = paragraphs.iter().map(|paragraph| section(paragraph)).chain(end).flatten();
    kit::message(&text, blocks)
}

/// In place of a draft that is shown again further down.
pub fn postmortem_moved(view: &View) -> Message {
    let text = review::moved(view.incident.id);
    kit::message(&text, context(&text))
}

/// To whoever is to write it.
pub fn review_due(view: &View, due_at: DateTime<Utc>) -> Message {
    let text = review::reminder(view, due_at);
    let edit = actions([kit::ask(Button::EditPostmortem, &view.incident, Look::Plain)]);
    kit::message(&text, section(&text).into_iter().chain(edit))
}

/// A generated part of a draft in pieces that each fit a section, and whether they are all of it.
pub(super) fn generated(markdown: &str) -> (Vec<String>, bool) {
    pieces(markdown, SHOWN_IN_FORM)
}

/// The draft in pieces that each fit a section, and whether they are all of it.
fn paragraphs(markdown: &str) -> (Vec<String>, bool) {
    pieces(markdown, SHOWN)
}

fn pieces(markdown: &str, limit: usize) -> (Vec<String>, bool) {
    let mut pieces: Vec<String> = Vec::new();
    let mut shown = 0;
    for line in shown_lines(markdown) {
        let line = mrkdwn::clip(&line, SECTION);
        let length = line.encode_utf16().count() + 1;
        if shown + length > limit {
            return (pieces, false);
        }
        shown += length;
        match pieces.last_mut() {
            Some(piece) if piece.encode_utf16().count() + length <= SECTION => {
                piece.push('\n');
                piece.push_str(&line);
            }
            Some(_) | None => pieces.push(line),
        }
    }
    (pieces, true)
}

/// The lines a reader should see, in Slack's markup: without comments, headings bold, never two blank ones together.
fn shown_lines(markdown: &str) -> impl Iterator<Item = String> {
    let is_mark = |line: &str| line.starts_with("<!--") && line.ends_with("-->");
    let mut was_blank = true;
    let shown = markdown.lines().filter(move |line| !is_mark(line.trim())).filter(move |line| {
        let is_second = was_blank && line.trim().is_empty();
        was_blank = line.trim().is_empty();
        !is_second
    });
    shown.map(|line| {
        let plain = mrkdwn::escape(&unescaped(line)).replace("**", "*");
        let title = plain.trim_start_matches('#');
        if title.len() < plain.len() && title.starts_with(' ') {
            format!("*{}*", title.trim())
        } else if let Some(item) = plain.strip_prefix("- ") {
            format!("• {item}")
        } else {
            plain
        }
    })
}

/// Markdown's escapes as the characters they stand for.
fn unescaped(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.next_if(char::is_ascii_punctuation) } else { None };
        plain.push(escaped.unwrap_or(character));
    }
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
