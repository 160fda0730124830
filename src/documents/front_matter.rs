//! The YAML between two `---` lines at the top of a Markdown file, as fields that know their lines.
//!
//! Every scalar is the text written. Anchors and aliases are refused: nobody reads them at night.

use saphyr_parser::{Event, Parser, Span};

use crate::domain::runbook::{Field, Lint, Shape, Value};

/// A Markdown file taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// The fields, or why there are none.
    pub front: Result<Vec<Field>, Lint>,
    /// What follows.
    pub body: &'a str,
    /// The line on which it begins, counted from 1.
    pub body_line: usize,
}

/// The line on which the YAML begins.
const FIRST_LINE: usize = 2;

/// Takes a file apart.
pub(super) fn split(text: &str) -> Split<'_> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let without =
        |what: &str| Split { front: Err(Lint { line: 1, what: what.to_owned() }), body: text, body_line: 1 };
    let is_mark = |line: &str| line.trim_end() == "---";
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| is_mark(line)) else {
        return without("front matter is missing; begin the file with `---`, `title: …`, `---`");
    };
    let (mut n_lines, mut at) = (1, first.len());
    for line in lines {
        n_lines += 1;
        if is_mark(line) {
            let yaml = text.get(first.len()..at).unwrap_or_default();
            let body = text.get(at + line.len()..).unwrap_or_default();
            return Split { front: fields(yaml), body, body_line: n_lines + 1 };
        }
        at += line.len();
    }
    without("front matter is never closed; write `---` on a line of its own after it")
}

/// The next event that is not the parser's own business, or what is wrong.
fn next<'a>(parser: &mut Parser<'a, saphyr_parser::StrInput<'a>>) -> Result<(Event<'a>, usize), Lint> {
    loop {
        match parser.next_event() {
            Some(Ok((Event::Nothing | Event::StreamStart | Event::DocumentStart(_), _))) => {}
            Some(Ok((event, span))) => return Ok((event, line(&span))),
            Some(Err(error)) => {
                let line = error.marker().line() + FIRST_LINE - 1;
                return Err(Lint { line, what: format!("front matter is not YAML: {}", error.info()) });
            }
            None => return Ok((Event::StreamEnd, FIRST_LINE)),
        }
    }
}

fn line(span: &Span) -> usize {
    span.start.line() + FIRST_LINE - 1
}

fn fields(yaml: &str) -> Result<Vec<Field>, Lint> {
    let mut parser = Parser::new_from_str(yaml);
    let refuse = |line, what: &str| Err(Lint { line, what: what.to_owned() });
    match next(&mut parser)? {
        (Event::MappingStart(..), _) => {}
        (_, line) => return refuse(line, "front matter must be `key: value` lines"),
    }
    let mut fields = Vec::new();
    loop {
        match next(&mut parser)? {
            (Event::MappingEnd, _) => break,
            (Event::Scalar(key, ..), line) => {
                fields.push(Field { line, key: key.into_owned(), value: value(&mut parser, 0)? });
            }
            (_, line) => return refuse(line, "front matter: a key must be a word"),
        }
    }
    match next(&mut parser)? {
        (Event::DocumentEnd | Event::StreamEnd, _) => Ok(fields),
        (_, line) => refuse(line, "front matter must be one YAML document"),
    }
}

/// How deep lists may lie in one another: an item of `alerts` is a list in a list.
const DEEPEST: usize = 4;

fn value<'a>(parser: &mut Parser<'a, saphyr_parser::StrInput<'a>>, depth: usize) -> Result<Value, Lint> {
    let (event, line) = next(parser)?;
    if depth > DEEPEST {
        return Err(Lint { line, what: "front matter: nested too deeply".to_owned() });
    }
    let shape = match event {
        Event::Scalar(text, ..) => Shape::Text(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            while !matches!(parser.peek(), Some(Ok((Event::SequenceEnd, _)))) {
                items.push(value(parser, depth + 1)?);
            }
            next(parser)?;
            Shape::List(items)
        }
        Event::MappingStart(..) => {
            while !matches!(parser.peek(), Some(Ok((Event::MappingEnd, _)))) {
                value(parser, depth + 1)?;
            }
            next(parser)?;
            Shape::Mapping
        }
        Event::Alias(_) => return Err(Lint { line, what: "front matter: aliases are not read".to_owned() }),
        Event::Nothing
        | Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentStart(_)
        | Event::DocumentEnd
        | Event::SequenceEnd
        | Event::MappingEnd => {
            return Err(Lint { line, what: "front matter ends in the middle of a value".to_owned() });
        }
    };
    Ok(Value { line, shape })
}
