//! The post-mortem's draft as a message: its Markdown turned into what Slack shows, cut where it gets too long.

use chrono::{DateTime, Utc};

use super::kit::{self, Look, SECTION, actions, context, section};
use crate::adapters::slack::Message;
use crate::commands::buttons::Button;
use crate::ports::View;
use crate::words::{self, mrkdwn, review};

/// So many characters of the draft are shown.
const SHOWN: usize = 12_000;
/// And so many of one section in the form that it is written in.
const SHOWN_IN_FORM: usize = 6_000;

/// The draft, how far it is, where to read the whole of it, and the way to write in it.
pub fn postmortem(view: &View, markdown: &str) -> Message {
    let incident = &view.incident;
    let text = review::notification(view);
    let (paragraphs, whole) = paragraphs(markdown);
    let note = words::web::whole_draft(view);
    let note = if whole { note } else { format!("*Cut here.* {note}") };
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
    in_sections(markdown, SHOWN_IN_FORM)
}

/// The draft in pieces that each fit a section, and whether they are all of it.
fn paragraphs(markdown: &str) -> (Vec<String>, bool) {
    in_sections(markdown, SHOWN)
}

fn in_sections(markdown: &str, limit: usize) -> (Vec<String>, bool) {
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
        let title = line.trim_start_matches('#');
        if title.len() < line.len() && title.starts_with(' ') {
            format!("*{}*", mrkdwn::escape(&plain(title.trim())))
        } else if let Some(item) = line.strip_prefix("- ") {
            format!("• {}", in_slack(item))
        } else {
            in_slack(line)
        }
    })
}

/// A piece of a line of Markdown.
enum Piece {
    Text(String),
    Strong,
    Emphasis,
}

/// A line of Markdown in Slack's markup: strong and emphasised text, and nothing else that could be markup. What the draft
/// quotes from outside is escaped for Markdown, so its asterisks are text here too.
fn in_slack(line: &str) -> String {
    let mut pieces = pieces(line);
    for is_mark in [(|piece: &Piece| matches!(piece, Piece::Strong)) as fn(&Piece) -> bool, |piece| {
        matches!(piece, Piece::Emphasis)
    }] {
        let is_paired = pieces.iter().filter(|piece| is_mark(piece)).count() % 2 == 0;
        if !is_paired && let Some(single) = pieces.iter_mut().rev().find(|piece| is_mark(piece)) {
            let text = if matches!(single, Piece::Strong) { "**" } else { "*" };
            *single = Piece::Text(text.to_owned());
        }
    }
    let shown = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => mrkdwn::escape(&text),
        Piece::Strong => "*".to_owned(),
        Piece::Emphasis => "_".to_owned(),
    });
    shown.collect()
}

fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut text = String::new();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                text.push(character);
                text.extend(characters.next_if(char::is_ascii_punctuation));
            }
            '*' => {
                pieces.push(Piece::Text(plain(&std::mem::take(&mut text))));
                let is_strong = characters.next_if_eq(&'*').is_some();
                pieces.push(if is_strong { Piece::Strong } else { Piece::Emphasis });
            }
            _ => text.push(character),
        }
    }
    pieces.push(Piece::Text(plain(&text)));
    pieces
}

/// Markdown's escapes as the characters they stand for.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.next_if(char::is_ascii_punctuation) } else { None };
        plain.push(escaped.unwrap_or(character));
    }
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
