//! `check`: everything that can be known to be wrong before the first alert.
//!
//! Faults make the file unusable. Holes are times or people for whom a page would reach nobody. The rest is advice.

mod online;

use anyhow::Context;

use super::house::ConfigFile;
use super::server::{Ask, overrides};
use super::terminal::{Terminal, plain};
use super::{Ending, Failure};
use crate::config::{Config, NoteKind, Reference};
use crate::documents::Documents;
use crate::domain::holes::{self, DAYS_AHEAD};
use crate::words;
use crate::words::counted::counted;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
    /// Ask Slack, every Alertmanager and every address as well
    #[arg(long)]
    online: bool,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// A page could reach nobody.
    Hole,
    /// Something is named and not there, or does not work.
    Missing,
    /// Probably not what was meant.
    Advice,
}

impl Weight {
    const fn word(self) -> &'static str {
        match self {
            Self::Hole => "hole",
            Self::Missing => "missing",
            Self::Advice => "advice",
        }
    }
}

/// Something that only the outside could tell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    weight: Weight,
    /// The key of the configuration that it is about.
    key: String,
    /// What is wrong and what to do.
    text: String,
}

impl Finding {
    fn missing(key: impl Into<String>, text: String) -> Self {
        Self { weight: Weight::Missing, key: key.into(), text }
    }
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
        let weight = if remark.is_on_template() { Weight::Missing } else { Weight::Advice };
        terminal.line(format_args!("{}: {remark}", weight.word()));
    }
    let n_templates = documents.remarks.iter().filter(|remark| remark.is_on_template()).count();
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
    let online::Findings { found, not_in_slack } =
        if args.online { outside(config)? } else { online::Findings::default() };
    for Finding { weight, key, text } in &found {
        let file = args.file.config.display();
        terminal.line(format_args!("{}: {file}: {key}: {}", weight.word(), plain(text)));
    }
    let n_found = |weight| found.iter().filter(|finding| finding.weight == weight).count();
    let n_missing = loaded.notes.iter().filter(|note| note.kind == NoteKind::Missing).count()
        + unknown.len()
        + n_templates
        + n_found(Weight::Missing);
    let overrides = overrides(terminal, &Ask::from(&args.file), config).unwrap_or_else(|why| {
        terminal.line(format_args!("advice: overrides made in Slack are left out: {}", plain(&why)));
        vec![]
    });
    let holes = holes::find(&config.house, &overrides, &not_in_slack, terminal.now);
    for hole in &holes {
        let file = args.file.config.display();
        let weight = match hole.weight() {
            holes::Weight::Hole => "hole",
            holes::Weight::Advice => "advice",
        };
        terminal.line(format_args!("{weight}: {file}: {}", plain(&words::holes::sentence(hole))));
    }
    let n_holes = holes.iter().filter(|hole| hole.weight() == holes::Weight::Hole).count()
        + loaded.notes.iter().filter(|note| note.kind == NoteKind::Hole).count()
        + n_found(Weight::Hole);
    if n_holes > 0 {
        let found = counted(n_holes, "hole", "holes");
        terminal.line(format_args!("{found}: a page could reach nobody"));
        return Ok(Ending::Failed);
    }
    if n_missing > 0 {
        let things = counted(n_missing, "thing is", "things are");
        terminal.line(format_args!(
            "{things} named and not there, or not as it has to be; the service would do without"
        ));
        return Ok(Ending::Failed);
    }
    terminal.line(plain(&summary(config)));
    Ok(Ending::Fine)
}

/// What the outside tells.
fn outside(config: &Config) -> anyhow::Result<online::Findings> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("cannot start the runtime")?.block_on(online::findings(config)))
}

/// What is there, when all is well.
fn summary(config: &Config) -> String {
    let house = &config.house;
    format!(
        "fine: no page would reach nobody in the next {DAYS_AHEAD} days (people: {}, schedules: {}, services: {}, \
         severity rules: {}, sources of alerts: {})",
        house.people.len(),
        house.schedules.len(),
        house.services.len(),
        house.severity_rules.len(),
        config.alertmanagers.len(),
    )
}
