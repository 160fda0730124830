//! `check`: everything that can be known to be wrong before the first alert.
//!
//! Faults make the file unusable. Holes are times or people for whom a page would reach nobody. The rest is advice.

use std::collections::BTreeMap;

use chrono::Duration;

use super::house::ConfigFile;
use super::server::{Ask, overrides};
use super::terminal::{Terminal, plain};
use super::{Ending, Failure};
use crate::config::{Config, NoteKind, Reference};
use crate::documents::Documents;
use crate::domain::on_call;
use crate::ids::{PersonId, ScheduleId};

/// How far the schedules are walked.
const DAYS_AHEAD: i64 = 90;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) fn run(terminal: &mut Terminal<'_>, args: &Args) -> Result<Ending, Failure> {
    let loaded = args.file.load(terminal)?;
    let config = &loaded.config;
    for note in &loaded.notes {
        let weight = match note.kind {
            NoteKind::Hole => "hole",
            NoteKind::Missing => "missing",
            NoteKind::Advice => "advice",
            NoteKind::NotYetInUse => "not yet in use",
        };
        terminal.line(format_args!("{weight}: {note}"));
    }
    let today = terminal.now.date_naive();
    let documents = Documents::load(&config.runbooks_dir, &config.postmortems.templates, today);
    for remark in &documents.remarks {
        terminal.line(format_args!("advice: {remark}"));
    }
    let unknown =
        loaded.runbooks.iter().filter(|named| documents.runbook(&named.name.as_str().into()).is_none());
    let unknown: Vec<_> = unknown.collect();
    for named in &unknown {
        let (file, Reference { line, key, name }) = (args.file.config.display(), named);
        let known: Vec<&str> = documents.runbook_names().collect();
        let fix = match known.as_slice() {
            [] => "put it into the runbooks folder".to_owned(),
            known => format!("put it into the runbooks folder, or use one of {}", known.join(", ")),
        };
        terminal.line(format_args!("missing: {file}:{line}: {key}: there is no runbook `{name}`; {fix}"));
    }
    let n_missing = loaded.notes.iter().filter(|note| note.kind == NoteKind::Missing).count() + unknown.len();
    let overrides = overrides(terminal, &Ask::from(&args.file), config).unwrap_or_else(|why| {
        terminal.line(format_args!("advice: overrides made in Slack are left out: {}", plain(&why)));
        vec![]
    });
    let holes = holes(config, &overrides, terminal);
    for hole in &holes {
        terminal.line(format_args!("hole: {}: {hole}", args.file.config.display()));
    }
    let n_holes = holes.len() + loaded.notes.iter().filter(|note| note.kind == NoteKind::Hole).count();
    if n_holes > 0 {
        terminal.line(format_args!("{n_holes} holes: a page could reach nobody"));
        return Ok(Ending::Failed);
    }
    if n_missing > 0 {
        let things = if n_missing == 1 { "1 thing is" } else { &format!("{n_missing} things are") };
        terminal.line(format_args!("{things} named and not there; the service would do without"));
        return Ok(Ending::Failed);
    }
    terminal.line(plain(&summary(config)));
    Ok(Ending::Fine)
}

/// What is there, when all is well.
fn summary(config: &Config) -> String {
    let house = &config.house;
    format!(
        "fine: no schedule has a hole in the next {DAYS_AHEAD} days (people: {}, schedules: {}, services: {}, \
         severity rules: {}, sources of alerts: {})",
        house.people.len(),
        house.schedules.len(),
        house.services.len(),
        house.severity_rules.len(),
        config.alertmanagers.len(),
    )
}

/// Why a shift would reach nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    Nobody,
    Unreachable(PersonId),
}

/// The shifts of the coming days in which a page to the primary reaches nobody: one line per schedule and reason.
fn holes(config: &Config, overrides: &[on_call::Override], terminal: &Terminal<'_>) -> Vec<String> {
    let (from, to) = (terminal.now, terminal.now + Duration::days(DAYS_AHEAD));
    let mut found: BTreeMap<(&ScheduleId, Gap), Vec<on_call::Shift>> = BTreeMap::new();
    for (id, schedule) in &config.house.schedules {
        for shift in on_call::shifts(schedule, overrides, from, to) {
            let gap = match &shift.primary {
                None => Gap::Nobody,
                Some(person) => {
                    let known = config.house.people.get(person);
                    if known.is_some_and(|person| !person.working_methods().is_empty()) {
                        continue;
                    }
                    Gap::Unreachable(person.clone())
                }
            };
            found.entry((id, gap)).or_default().push(shift);
        }
    }
    let sentence = |((schedule, gap), shifts): ((&ScheduleId, Gap), Vec<on_call::Shift>)| {
        let what = match gap {
            Gap::Nobody => "nobody is on call".to_owned(),
            Gap::Unreachable(person) => {
                format!("{person} is on call and has no contact method that works")
            }
        };
        let zone =
            config.house.schedules.get(schedule).map_or(config.house.timezone, |schedule| schedule.timezone);
        let first = shifts.first().map(|shift| {
            let at = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
            format!(", first from {} to {}", at(shift.start), at(shift.end))
        });
        let (times, first) = (shifts.len(), first.unwrap_or_default());
        format!("schedules.{schedule}: {what}: {times} shifts in the next {DAYS_AHEAD} days{first}")
    };
    found.into_iter().map(sentence).collect()
}
