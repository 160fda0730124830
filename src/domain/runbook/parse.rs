//! From a text to a runbook, with remarks on everything that a reader at night would stumble over.

use chrono::{Days, NaiveDate};

use super::markdown::{self, Kind, Line, Steps};
use super::{Field, Lint, Part, Runbook, Section, front};
use crate::ids::RunbookId;

/// A runbook wants to be read again within this many days.
pub const REVIEW_EVERY: Days = Days::new(365);

/// A runbook's file, taken apart.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file name without `.md`.
    pub id: &'a str,
    /// The front matter; `None` when the file has none, or none that could be read.
    pub front: Option<&'a [Field]>,
    /// The Markdown under the front matter.
    pub body: &'a str,
    /// The line of the file on which the body begins, counted from 1.
    pub body_line: usize,
}

/// What came of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The runbook; `None` when the text has none of the seven sections.
    pub runbook: Option<Runbook>,
    /// What is wrong, in the order of the lines.
    pub lints: Vec<Lint>,
}

/// Reads a runbook. `today` tells whether its review is too old.
pub fn parse(source: Source<'_>, today: NaiveDate) -> Parsed {
    let mut lints = Vec::new();
    let front = front::read(source.front.unwrap_or_default(), &mut lints);
    lints.extend(review(front.reviewed, today));
    let sections = sections(source, &mut lints);
    lints.sort();
    let runbook = (!sections.is_empty()).then(|| Runbook {
        id: RunbookId::from(source.id),
        title: front
            .title
            .or_else(|| markdown::title(source.body).map(str::to_owned))
            .unwrap_or_else(|| source.id.to_owned()),
        alerts: front.alerts,
        services: front.services,
        variables: front.variables,
        owner: front.owner,
        reviewed: front.reviewed.map(|(_, date)| date),
        sections,
    });
    Parsed { runbook, lints }
}

/// What to say about the date of the last review, when there is one.
fn review(reviewed: Option<(usize, NaiveDate)>, today: NaiveDate) -> Option<Lint> {
    let (line, date) = reviewed?;
    if date > today {
        return Some(Lint { line, what: format!("front matter: reviewed: {date} is in the future") });
    }
    let is_old = date.checked_add_days(REVIEW_EVERY).is_some_and(|until| until < today);
    let what =
        format!("front matter: reviewed: {date} is more than a year ago; read it again and renew the date");
    is_old.then_some(Lint { line, what })
}

/// A section being read.
struct Reading<'a> {
    part: Part,
    line: usize,
    lines: Vec<Line<'a>>,
}

fn sections(source: Source<'_>, lints: &mut Vec<Lint>) -> Vec<Section> {
    let (lines, unclosed) = markdown::lines(source.body);
    let line_of = |line: &Line<'_>| source.body_line + line.index;
    if let Some(index) = unclosed {
        let what = "code fence is never closed; everything after it is read as code".to_owned();
        lints.push(Lint { line: source.body_line + index, what });
    }
    let mut readings: Vec<Reading<'_>> = Vec::new();
    let mut is_inside = false;
    for line in &lines {
        if let Kind::Heading(2, title) = line.kind {
            is_inside = match heading(title, line_of(line), &readings) {
                Ok(part) => {
                    readings.push(Reading { part, line: line_of(line), lines: Vec::new() });
                    true
                }
                Err(lint) => {
                    lints.push(lint);
                    false
                }
            };
        } else if let Some(reading) = readings.last_mut().filter(|_| is_inside) {
            reading.lines.push(*line);
        }
    }
    order(&readings, source.body_line, lints);
    for reading in &readings {
        lints.extend(contents(reading, source.body_line));
    }
    readings.into_iter().map(section).collect()
}

/// Which section a heading begins; a lint when it begins none that counts.
fn heading(title: &str, line: usize, so_far: &[Reading<'_>]) -> Result<Part, Lint> {
    let refused = |what: String| Lint { line, what };
    let known = || Part::ALL.map(Part::heading).join(", ");
    let part = Part::of_heading(title)
        .ok_or_else(|| refused(format!("section `{title}` is none of the seven; they are {}", known())))?;
    match so_far.iter().find(|reading| reading.part == part) {
        Some(first) => {
            Err(refused(format!("section `{part}` is here twice; the first is on line {}", first.line)))
        }
        None => Ok(part),
    }
}

/// Missing sections, and the ones that stand in the wrong place.
fn order(readings: &[Reading<'_>], body_line: usize, lints: &mut Vec<Lint>) {
    for part in Part::ALL {
        if !readings.iter().any(|reading| reading.part == part) {
            lints.push(Lint { line: body_line, what: format!("section `## {part}` is missing") });
        }
    }
    for (before, after) in readings.iter().zip(readings.iter().skip(1)) {
        if after.part < before.part {
            let what = format!("section `{}` must stand before `{}`", after.part, before.part);
            lints.push(Lint { line: after.line, what });
        }
    }
}

/// Remarks on what a section holds.
fn contents(reading: &Reading<'_>, body_line: usize) -> Vec<Lint> {
    let part = reading.part;
    let has_text = |line: &Line<'_>| matches!(line.kind, Kind::Text | Kind::Fence);
    if !reading.lines.iter().any(has_text) {
        return vec![Lint { line: reading.line, what: format!("section `{part}` is empty") }];
    }
    if !part.has_steps() {
        return Vec::new();
    }
    match markdown::steps(&joined(reading)) {
        Steps::Numbered(_) => reading
            .lines
            .iter()
            .filter(|line| line.kind == Kind::Text && markdown::is_bullet(line.text))
            .map(|line| Lint {
                line: body_line + line.index,
                what: format!(
                    "step in `{part}` has no number, and the others have; write `1. …`, or it is left out of the page"
                ),
            })
            .collect(),
        Steps::Bulleted(steps) if !steps.is_empty() => vec![],
        Steps::Bulleted(_) => {
            let what = format!("section `{part}` has no step; write `1. …`");
            vec![Lint { line: reading.line, what }]
        }
    }
}

fn joined(reading: &Reading<'_>) -> String {
    reading.lines.iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
}

fn section(reading: Reading<'_>) -> Section {
    Section { part: reading.part, text: joined(&reading).trim_matches(['\n', '\r']).trim_end().to_owned() }
}
