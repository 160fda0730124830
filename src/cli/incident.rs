//! `incident list|show|ack|note|resolve`.

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::server::{Ask, Request};
use super::terminal::{Terminal, plain, table, to_the_second};
use super::{Ending, Failure};
use crate::ids::IncidentId;
use crate::words::counted::counted;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List open incidents, newest first
    List {
        /// Ended ones too
        #[arg(long)]
        all: bool,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        /// For programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        ask: Ask,
    },
    /// Show one incident with its timeline
    Show {
        /// Which
        #[arg(value_name = "INC-42")]
        incident: IncidentId,
        /// For programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        ask: Ask,
    },
    /// Take an incident: nobody else is paged
    Ack {
        /// Which
        #[arg(value_name = "INC-42")]
        incident: IncidentId,
        #[command(flatten)]
        act: Act,
    },
    /// Write something on the timeline
    Note {
        /// Which
        #[arg(value_name = "INC-42")]
        incident: IncidentId,
        /// What
        #[arg(required = true)]
        text: Vec<String>,
        #[command(flatten)]
        act: Act,
    },
    /// End an incident, also while its alerts fire
    Resolve {
        /// Which
        #[arg(value_name = "INC-42")]
        incident: IncidentId,
        /// What was done about it
        #[arg(long)]
        summary: Option<String>,
        #[command(flatten)]
        act: Act,
    },
}

/// What every act takes.
#[derive(Debug, clap::Args)]
pub(super) struct Act {
    /// Who acts, by their key under `people` [default: the token]
    #[arg(long)]
    person: Option<String>,
    /// For programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: Ask,
}

pub(super) fn run(terminal: &mut Terminal<'_>, command: &Command) -> Result<Ending, Failure> {
    match command {
        Command::List { all, limit, json, ask } => {
            let state = if *all { "all" } else { "open" };
            let listed =
                ask.ask(terminal, &Request::Get(format!("incidents?state={state}&limit={limit}")))?;
            if *json {
                terminal.json(&listed);
            } else {
                print_list(terminal, &listed);
            }
        }
        Command::Show { incident, json, ask } => {
            let shown = ask.ask(terminal, &Request::Get(format!("incidents/{incident}")))?;
            if *json {
                terminal.json(&shown);
            } else {
                let timeline = Request::Get(format!("incidents/{incident}/timeline"));
                let timeline = ask.ask(terminal, &timeline)?;
                print_one(terminal, &shown);
                print_timeline(terminal, &timeline);
            }
        }
        Command::Ack { incident, act } => act.send(terminal, *incident, "ack", None)?,
        Command::Note { incident, text, act } => {
            act.send(terminal, *incident, "note", Some(("text", text.join(" "))))?;
        }
        Command::Resolve { incident, summary, act } => {
            act.send(terminal, *incident, "resolve", summary.clone().map(|summary| ("summary", summary)))?;
        }
    }
    Ok(Ending::Fine)
}

impl Act {
    fn send(
        &self,
        terminal: &mut Terminal<'_>,
        incident: IncidentId,
        what: &str,
        words: Option<(&str, String)>,
    ) -> Result<(), Failure> {
        let person = self.person.iter().map(|person| ("person", person.clone()));
        let body: Map<String, Value> =
            person.chain(words).map(|(field, text)| (field.to_owned(), json!(text))).collect();
        let request = Request::Post(format!("incidents/{incident}/{what}"), Value::Object(body));
        let answer = self.ask.ask(terminal, &request)?;
        if self.json {
            terminal.json(&answer);
        } else {
            print_one(terminal, &answer);
        }
        Ok(())
    }
}

/// A field as a word; nothing when it is absent or `null`.
fn word(of: &Value, field: &str) -> String {
    match of.get(field) {
        Some(Value::String(text)) => plain(text),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// A field as an instant.
fn time(of: &Value, field: &str) -> String {
    to_the_second(&word(of, field))
}

fn each<'a>(of: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    of.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn print_list(terminal: &mut Terminal<'_>, listed: &Value) {
    let row = |incident: &Value| {
        let [id, severity, state, acked_by, title] =
            ["id", "severity", "state", "acked_by", "title"].map(|field| word(incident, field));
        vec![id, severity, state, time(incident, "opened_at"), acked_by, title]
    };
    let rows: Vec<Vec<String>> = each(listed, "incidents").map(row).collect();
    if rows.is_empty() {
        terminal.line("no incidents");
    } else {
        terminal.print(table(&["INCIDENT", "SEVERITY", "STATE", "OPENED", "ACKED BY", "TITLE"], &rows));
    }
}

fn print_one(terminal: &mut Terminal<'_>, incident: &Value) {
    let (id, severity, title) = (word(incident, "id"), word(incident, "severity"), word(incident, "title"));
    terminal.line(format_args!("{id}  {severity}  {title}"));
    let firing = each(incident, "alerts").filter(|alert| word(alert, "status") == "firing").count();
    let acked = match word(incident, "acked_by") {
        by if by.is_empty() => "by nobody".to_owned(),
        by => format!("by {by} at {}", time(incident, "acked_at")),
    };
    let channel = incident.get("channel").map(|channel| word(channel, "name")).unwrap_or_default();
    let rows = [
        ("state", word(incident, "state")),
        ("why", format!("{}: {}", word(incident, "severity_rule"), word(incident, "severity_reason"))),
        ("service", word(incident, "service")),
        ("opened", time(incident, "opened_at")),
        ("acked", acked),
        ("resolved", time(incident, "resolved_at")),
        ("channel", if channel.is_empty() { channel } else { format!("#{channel}") }),
        ("firing", format!("{firing} of {}", counted(each(incident, "alerts").count(), "alert", "alerts"))),
    ];
    for (name, text) in rows.iter().filter(|(_, text)| !text.is_empty()) {
        terminal.line(format_args!("  {name:<9} {text}"));
    }
}

/// The API tells the newest first; people read from the beginning.
fn print_timeline(terminal: &mut Terminal<'_>, timeline: &Value) {
    terminal.line("");
    let events: Vec<&Value> = each(timeline, "events").collect();
    for event in events.into_iter().rev() {
        terminal.line(format_args!("  {}  {}", time(event, "at"), word(event, "text")));
    }
}
