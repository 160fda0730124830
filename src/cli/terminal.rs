//! What a command has around it: two streams, the environment, the time. Tests bring their own.

use std::fmt::Display;
use std::io::{self, Write};

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;

use crate::clock::{Clock, SystemClock};

/// Reads an instant that somebody typed.
///
/// # Errors
/// How it is written.
pub(super) fn instant(word: &str) -> Result<DateTime<FixedOffset>, String> {
    let wrong = |_| "write it with its zone, as 2026-11-22T03:00:00Z or 2026-11-22T04:00:00+01:00".to_owned();
    DateTime::parse_from_rfc3339(word.trim()).map_err(wrong)
}

/// A variable of this process's environment.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment for every command")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The surroundings of one command.
pub(super) struct Terminal<'a> {
    /// For answers.
    pub out: &'a mut dyn Write,
    /// For faults.
    pub err: &'a mut dyn Write,
    /// The environment's variables, by name.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// When the command was given.
    pub now: DateTime<Utc>,
}

impl Terminal<'_> {
    /// With the streams, the environment and the time of this process.
    pub fn of_this_process<T>(run: impl FnOnce(&mut Terminal<'_>) -> T) -> T {
        // Not locked: logs are written to the same streams by other threads.
        let (mut out, mut err) = (io::stdout(), io::stderr());
        run(&mut Terminal { out: &mut out, err: &mut err, environment: &variable, now: SystemClock.now() })
    }

    /// Writes an answer as it is. A reader who has gone away (`| head`) is no fault.
    pub fn print(&mut self, text: impl Display) {
        let _reader_gone = write!(self.out, "{text}").and_then(|()| self.out.flush());
    }

    /// Writes one line of an answer.
    pub fn line(&mut self, text: impl Display) {
        self.print(format_args!("{text}\n"));
    }

    /// Writes an answer for a program.
    pub fn json(&mut self, answer: &impl Serialize) {
        match serde_json::to_string_pretty(answer) {
            Ok(text) => self.line(text),
            Err(error) => self.complain(format_args!("the answer cannot be written as json: {error}\n")),
        }
    }

    /// Writes a fault as it is.
    pub fn complain(&mut self, text: impl Display) {
        let _reader_gone = write!(self.err, "{text}").and_then(|()| self.err.flush());
    }
}

/// Columns under headings, each as wide as it needs to be, ready to be printed.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let all = || std::iter::once(&headings).chain(rows);
    let width = |column: usize| {
        all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    all().map(line).collect()
}

/// Outside text on one line of a terminal: no control character gets through.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// An instant of the API to the second, which is enough for a reader; what is no instant stays as it is.
pub(super) fn to_the_second(text: &str) -> String {
    DateTime::parse_from_rfc3339(text).map_or_else(
        |_not_an_instant| plain(text),
        |at| at.to_utc().format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}
