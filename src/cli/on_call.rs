//! `oncall now|schedule|report|ical`.

use anyhow::{Context, anyhow};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use clap::Subcommand;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::server::{Ask, Request, has_no_database, overrides};
use super::terminal::{Terminal, instant, table, to_the_second};
use super::{Ending, Failure};
use crate::domain::compensation::Month;
use crate::domain::house::House;
use crate::domain::on_call::{self, Schedule};
use crate::http::api::compensation::Compensation;
use crate::http::api::shapes::{OnCall, Shifts};
use crate::ids::{PersonId, ScheduleId};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show who is on call at an instant
    Now {
        /// Which schedule [default: the default one]
        #[arg(long)]
        schedule: Option<String>,
        /// When, RFC 3339 [default: now]
        #[arg(long, value_name = "TIME", value_parser = instant)]
        at: Option<DateTime<chrono::FixedOffset>>,
        /// For programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        ask: Ask,
    },
    /// Show the shifts of the coming weeks, each whole, with the overrides of the running server
    Schedule {
        /// Which schedule [default: the default one]
        #[arg(long)]
        schedule: Option<String>,
        /// The first day, from its handoff time on, in the schedule's zone [default: now]
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// How many weeks
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=520))]
        weeks: u16,
        /// For programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        ask: Ask,
    },
    /// Show what being on call was worth in a month, from what really happened
    Report {
        /// Which month, as 2026-11 [default: this one]
        #[arg(value_name = "MONTH", conflicts_with = "named", value_parser = month)]
        month: Option<Month>,
        /// The same
        #[arg(long = "month", value_name = "MONTH", value_parser = month)]
        named: Option<Month>,
        /// For spreadsheets
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// For programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        ask: Ask,
    },
    /// Show the secret addresses of the calendars, per schedule and per person
    Ical {
        /// For programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        ask: Ask,
    },
}

/// Prints where the calendars are.
fn calendars(terminal: &mut Terminal<'_>, answer: &Value) {
    let calendars = answer.get("calendars").and_then(Value::as_array).cloned().unwrap_or_default();
    let word = |calendar: &Value, field: &str| calendar.get(field).and_then(Value::as_str).map(str::to_owned);
    let rows: Vec<Vec<String>> = calendars
        .iter()
        .map(|calendar| {
            let (kind, name) = match word(calendar, "schedule") {
                Some(schedule) => ("schedule", schedule),
                None => ("person", word(calendar, "person").unwrap_or_default()),
            };
            let address = word(calendar, "url").or_else(|| word(calendar, "path")).unwrap_or_default();
            vec![kind.to_owned(), name, address]
        })
        .collect();
    terminal.print(table(&["OF", "NAME", "ADDRESS"], &rows));
}

/// Who is on call, as the API answers it: by the configuration alone while no server has ever run with it.
fn now(
    terminal: &Terminal<'_>,
    schedule: Option<&String>,
    at: Option<DateTime<Utc>>,
    ask: &Ask,
) -> Result<Value, Failure> {
    if let Ok(loaded) = ask.file.load(terminal)
        && has_no_database(ask, &loaded.config)
    {
        let house = &loaded.config.house;
        let (id, rotation) = find(house, schedule)?;
        let at = at.unwrap_or(terminal.now);
        let answer = OnCall::new(id, at, on_call::who(rotation, &[], at));
        return Ok(serde_json::to_value(answer).context("the answer cannot be written")?);
    }
    let mut question = form_urlencoded::Serializer::new(String::new());
    if let Some(schedule) = schedule {
        question.append_pair("schedule", schedule);
    }
    if let Some(at) = at {
        question.append_pair("at", &at.to_rfc3339());
    }
    ask.ask(terminal, &Request::Get(format!("oncall?{}", question.finish())))
}

/// The shifts as the server that was named has them.
fn shifts_there(
    terminal: &Terminal<'_>,
    schedule: Option<&String>,
    from: Option<NaiveDate>,
    weeks: u16,
    ask: &Ask,
) -> Result<Shifts, Failure> {
    let mut question = form_urlencoded::Serializer::new(String::new());
    question.append_pair("weeks", &weeks.to_string());
    if let Some(schedule) = schedule {
        question.append_pair("schedule", schedule);
    }
    if let Some(from) = from {
        question.append_pair("from", &from.to_string());
    }
    let answer = ask.ask(terminal, &Request::Get(format!("oncall/shifts?{}", question.finish())))?;
    Ok(serde_json::from_value(answer).context("the shifts make no sense")?)
}

/// A month, as 2026-11.
fn month(word: &str) -> Result<Month, String> {
    Month::read(word).ok_or_else(|| "write the month as 2026-11".to_owned())
}

/// A schedule by its name, or the default one.
fn find<'h>(house: &'h House, name: Option<&String>) -> Result<(ScheduleId, &'h Schedule), Failure> {
    let id = name.cloned().map_or_else(|| house.default_schedule.clone(), ScheduleId);
    if let Some(schedule) = house.schedules.get(&id) {
        return Ok((id, schedule));
    }
    let known: Vec<&str> = house.schedules.keys().map(ScheduleId::as_str).collect();
    Err(Failure::Usage(format!("there is no schedule `{id}`; there are {}", known.join(", "))))
}

pub(super) fn run(terminal: &mut Terminal<'_>, command: &Command) -> Result<Ending, Failure> {
    match command {
        Command::Now { schedule, at, json, ask } => {
            let answer = now(terminal, schedule.as_ref(), at.map(|at| at.to_utc()), ask)?;
            if *json {
                terminal.json(&answer);
            } else {
                let fields = ["schedule", "primary", "secondary", "until"];
                let row = fields.map(|field| {
                    to_the_second(answer.get(field).and_then(Value::as_str).unwrap_or("nobody"))
                });
                terminal.print(table(&["SCHEDULE", "PRIMARY", "SECONDARY", "UNTIL"], &[row.to_vec()]));
            }
        }
        Command::Report { month, named, csv, json, ask } => {
            let month = month.or(*named);
            let mut question = form_urlencoded::Serializer::new(String::new());
            if let Some(month) = month {
                question.append_pair("month", &month.to_string());
            }
            let path = format!("oncall/report?{}", question.finish());
            let answer = ask.ask(terminal, &Request::Get(path))?;
            if *json {
                terminal.json(&answer);
                return Ok(Ending::Fine);
            }
            let report: Compensation = serde_json::from_value(answer).context("the report makes no sense")?;
            if *csv {
                terminal.print(report.csv());
            } else {
                terminal.print(table(&Compensation::COLUMNS, &report.rows()));
            }
        }
        Command::Ical { json, ask } => {
            let answer = ask.ask(terminal, &Request::Get("oncall/ical".to_owned()))?;
            if *json {
                terminal.json(&answer);
            } else {
                calendars(terminal, &answer);
            }
        }
        Command::Schedule { schedule, from, weeks, json, ask } => {
            let Shifts { schedule: id, timezone: zone, mut shifts } = if ask.names_a_server() {
                shifts_there(terminal, schedule.as_ref(), *from, *weeks, ask)?
            } else {
                let config = ask.file.load(terminal)?.config;
                let (id, schedule) = find(&config.house, schedule.as_ref())?;
                // A day on call begins at its handoff.
                let from = from.map_or(Some(terminal.now), |day| schedule.begins(day));
                let (from, to) = from
                    .and_then(|from| Some((from, schedule.weeks_after(from, *weeks)?)))
                    .ok_or_else(|| Failure::Usage("these weeks are beyond the calendar".to_owned()))?;
                let overrides = overrides(terminal, ask, &config).map_err(|why| anyhow!(why))?;
                let shifts = on_call::shifts(schedule, &overrides, from, to);
                Shifts { schedule: id, timezone: schedule.timezone, shifts }
            };
            // Times with nobody are seen between the others; `check` reports them.
            shifts.retain(|shift| shift.primary.is_some());
            if *json {
                terminal.json(&json!({ "shifts": shifts }));
            } else {
                let rows: Vec<Vec<String>> = shifts
                    .iter()
                    .map(|shift| {
                        let (start, end) = (local(shift.start, zone), local(shift.end, zone));
                        vec![start, end, name(shift.primary.as_ref()), name(shift.secondary.as_ref())]
                    })
                    .collect();
                terminal.line(format_args!("{id}, times in {zone}"));
                terminal.print(table(&["FROM", "TO", "PRIMARY", "SECONDARY"], &rows));
            }
        }
    }
    Ok(Ending::Fine)
}

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string()
}

fn name(person: Option<&PersonId>) -> String {
    person.map_or_else(|| "nobody".to_owned(), ToString::to_string)
}
