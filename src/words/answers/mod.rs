//! Answers to the person who typed or clicked: short, and always something.

mod ended;
mod outcomes;

use chrono::{DateTime, Utc};
use url::Url;

use crate::commands::{INCIDENT, Misunderstood, ONCALL, Word};
use crate::domain::effect::{Choice, Form};
use crate::domain::house::House;
use crate::domain::incident::{Actor, Incident, State, next_page_at};
use crate::domain::on_call::{Roster, Shift};
use crate::domain::runbook::Part;
use crate::ids::{ChannelId, IncidentId, PersonId, ScheduleId};
use crate::ports::View;
use crate::words::counted::counted;
use crate::words::mrkdwn::{clip, date, escape, escape_with_code, link};
use crate::words::saying::{InSlack, PRIVATE, channel, runbook_name};
use crate::words::timeline::Voice as _;

pub use ended::{reopened, show_with_ways, with_way_on};
pub use outcomes::{
    NotPaged, acknowledged, appointed, changed, channel_wanted, declared, declined, escalated, kept_open,
    noted, paged, published, resolved, snoozed, still_on, updated,
};
pub(in crate::words) use outcomes::{choice, refused, said};

/// The longest answer.
pub(in crate::words) const LONGEST: usize = 3000;

/// An answer: the text, as mrkdwn, and the buttons under it. An empty text is no answer: what is seen says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The words.
    pub text: String,
    /// The buttons.
    pub choices: Vec<Choice>,
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self { text, choices: vec![] }
    }
}

/// A form that could not be taken: what is wrong in it.
pub fn misfilled(faults: impl Iterator<Item = String>) -> String {
    let faults: Vec<String> = faults.map(|fault| escape(&fault)).collect();
    clip(&format!("Nothing was changed. {}", faults.join(" ")), LONGEST)
}

/// Somebody as Slack shows them.
pub fn who(actor: &Actor, house: &House) -> String {
    InSlack(house).actor(actor)
}

/// A person of the configuration as Slack shows them.
pub fn person(id: &PersonId, house: &House) -> String {
    InSlack(house).person(id)
}

pub(in crate::words) fn name(incident: &Incident) -> String {
    format!("*{}* {}", incident.id, clip(&escape(&incident.title), 150))
}

/// Where an incident stands, in one line.
pub fn state(incident: &Incident, house: &House) -> String {
    let severity = incident.severity();
    match &incident.state {
        State::Triggered => {
            let silenced = incident.muted().map(|muted| format!(", silenced until {}", date(muted.until)));
            format!("{severity}, not acknowledged{}", silenced.unwrap_or_default())
        }
        State::Acknowledged(ack) => {
            format!("{severity}, acknowledged by {} {}", who(&ack.by, house), date(ack.at))
        }
        State::Monitoring { since, .. } => format!("{severity}, alerts clear since {}", date(*since)),
        State::Resolved { at, by } | State::Closed { at, by } => {
            if let Some(into) = incident.merged_into {
                return format!("{severity}, merged into {into} {} by {}", date(*at), who(by, house));
            }
            let firing = if incident.n_firing > 0 { ", still firing" } else { "" };
            format!("{severity}, resolved {} by {}{firing}", date(*at), who(by, house))
        }
    }
}

/// One incident in two lines.
pub fn show(incident: &Incident, house: &House) -> String {
    let channel = channel(&incident.room).map(|channel| format!(" · {channel}")).unwrap_or_default();
    let next = next_page_at(incident, house).map(|due| format!(" · next page {}", date(due)));
    format!("{}{channel}\n{}{}", name(incident), state(incident, house), next.unwrap_or_default())
}

/// The same, with a link to its page.
fn show_with_page(incident: &Incident, house: &House, page: Option<&Url>) -> String {
    let page = page.map(|url| format!("\n{}", link(url, "Timeline and pages")));
    format!("{}{}", show(incident, house), page.unwrap_or_default())
}

/// Open incidents, those that were resolved by hand and still fire, and those whose post-mortem is awaited.
pub fn list(
    open: &[Incident],
    still_firing: &[Incident],
    awaited: &[Incident],
    house: &House,
    now: DateTime<Utc>,
    reader: &Actor,
) -> String {
    let line = |incident: &Incident| {
        if incident.is_open_to(reader) { show(incident, house) } else { private_line(incident) }
    };
    let mut lines: Vec<String> = open.iter().map(line).collect();
    if open.is_empty() {
        lines.push("No open incidents.".to_owned());
    }
    if !still_firing.is_empty() {
        lines.push("*Resolved, still firing*".to_owned());
        lines.extend(still_firing.iter().map(line));
    }
    let awaited: Vec<&Incident> = awaited.iter().filter(|incident| incident.is_open_to(reader)).collect();
    if !awaited.is_empty() {
        lines.push("*Post-mortems*".to_owned());
        lines.extend(awaited.into_iter().filter_map(|incident| super::review::one(incident, now)));
    }
    clip(&lines.join("\n"), LONGEST)
}

/// What those whom a private incident does not concern may know of it.
fn private_line(incident: &Incident) -> String {
    format!("*{}* {PRIVATE}\n{}, {}", incident.id, incident.severity(), incident.state.name())
}

/// Somebody asks for more than they may know.
pub fn private(id: IncidentId) -> String {
    format!("{id} is private: only those whom it concerns can do that, or do it in its channel.")
}

/// Who is on call now.
pub fn who_is_on_call(rosters: &[(&ScheduleId, Roster)], house: &House) -> String {
    let line = |(schedule, roster): &(&ScheduleId, Roster)| {
        let named = |id: Option<&PersonId>| id.map_or_else(|| "nobody".to_owned(), |id| person(id, house));
        let (primary, secondary) = (named(roster.primary.as_ref()), named(roster.secondary.as_ref()));
        let until = date(roster.until);
        if roster.primary.is_none() {
            return format!("*{}*: nobody (until {until})", escape(schedule.as_str()));
        }
        format!("*{}*: {primary}, then {secondary} (until {until})", escape(schedule.as_str()))
    };
    clip(&rosters.iter().map(line).collect::<Vec<_>>().join("\n"), LONGEST)
}

/// Who is on call from shift to shift; times with nobody are seen between the others.
pub fn coming_shifts(schedules: &[(&ScheduleId, Vec<Shift>)], weeks: u32, house: &House) -> String {
    let named = |id: Option<&PersonId>| id.map_or_else(|| "nobody".to_owned(), |id| person(id, house));
    let line = |shift: &Shift| {
        let (primary, secondary) = (named(shift.primary.as_ref()), named(shift.secondary.as_ref()));
        format!("{} to {}: {primary}, then {secondary}", date(shift.start), date(shift.end))
    };
    let block = |(schedule, shifts): &(&ScheduleId, Vec<Shift>)| {
        let mut lines: Vec<String> =
            shifts.iter().filter(|shift| shift.primary.is_some()).map(line).collect();
        if lines.is_empty() {
            lines.push("nobody is on call".to_owned());
        }
        format!("*{}*, {}\n{}", escape(schedule.as_str()), counted(weeks, "week", "weeks"), lines.join("\n"))
    };
    clip(&schedules.iter().map(block).collect::<Vec<_>>().join("\n\n"), LONGEST)
}

/// No schedule has this name.
pub fn unknown_schedule(name: &ScheduleId, house: &House) -> String {
    let known: Vec<String> = house.schedules.keys().map(|id| format!("`{}`", escape(id.as_str()))).collect();
    let text = format!("There is no schedule `{}`. There is {}.", escape(name.as_str()), known.join(", "));
    clip(&text, LONGEST)
}

fn commands(slash: &str, table: &[Word]) -> String {
    let line = |command: &Word| format!("`{slash} {}`  {}", command.usage, command.help);
    table.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What `/incident` can do.
pub fn help(slash: &str) -> String {
    format!(
        "{}\nIn an incident's channel they mean that incident; elsewhere name it: `{slash} INC-42 ack`.",
        commands(slash, INCIDENT)
    )
}

/// What `/oncall` can do.
pub fn oncall_help(slash: &str) -> String {
    commands(slash, ONCALL)
}

/// The words were not understood.
pub fn misunderstood(why: &Misunderstood, slash: &str) -> String {
    let said = escape_with_code(&sentence_case(&why.to_string()));
    let stop = if said.ends_with('?') { "" } else { "." };
    clip(&format!("{said}{stop} Type `{slash} help` for everything."), LONGEST)
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What to type when a form cannot be shown; `slash` is the command about incidents, `oncall` the one about schedules.
pub fn instead_of_form(form: &Form, slash: &str, oncall: &str) -> String {
    match form {
        Form::Declare { .. } => {
            format!("Say how bad it is and what it is: `{slash} declare P2 checkout is slow`.")
        }
        Form::Severity { incident, .. } => {
            format!("Say how bad it is: `{slash} {incident} severity P2 only one region`.")
        }
        Form::Update { incident } => {
            format!("Say how it goes: `{slash} {incident} update half of the customers are back`.")
        }
        Form::Silence { incident, .. } => {
            format!("Say for how long, and why: `{slash} {incident} silence 2h new disk is on its way`.")
        }
        Form::Postmortem { incident } | Form::Section { incident, .. } => {
            format!(
                "The form did not open. Press *Edit* again, or type `{slash} {incident} postmortem` for a fresh button."
            )
        }
        Form::Resolve { incident, .. } => {
            format!("Say what resolved it: `{slash} {incident} resolve rolled back 4.2`.")
        }
        Form::Override { .. } => format!(
            "Say who, from when and until when: `{oncall} override @bob 2026-11-20T18:00 2026-11-21T08:00`."
        ),
    }
}

/// It is not clear which incident is meant.
pub fn which_incident(slash: &str) -> String {
    format!(
        "Which incident? Type it in the incident's channel, or name it: `{slash} INC-42 ack`. `{slash} list` shows them."
    )
}

/// There is no such incident.
pub fn unknown_incident(id: IncidentId) -> String {
    format!("There is no {id}.")
}

/// Nobody of that name is in the configuration.
pub fn unknown_person(name: &str) -> String {
    format!("{} is not in Don't Panic's configuration, so I cannot page them.", named(name))
}

/// Nobody of that name is in the configuration, so they cannot lead.
pub fn unknown_commander(name: &str) -> String {
    format!("{} is not in Don't Panic's configuration, so they cannot be the commander.", named(name))
}

/// Somebody who is not known, as they were named.
fn named(name: &str) -> String {
    if name.starts_with("<@") { name.to_owned() } else { format!("`{}`", escape(name)) }
}

/// A button asks back about something that is too long ago to be known.
pub fn question_forgotten(id: IncidentId) -> String {
    format!("That question is too old, so {id} was *not* resolved. Please say again what resolved it.")
}

/// A user group was named where one person is meant: a page is one person's to answer.
pub fn names_a_group(handle: &str, house: &House) -> String {
    let known: Vec<String> = house.schedules.keys().map(|id| format!("`{}`", escape(id.as_str()))).collect();
    let text = format!(
        "`@{}` is a user group, and a page is for one person, who answers it. Name a person, or the schedule whose primary \
         you want: {}.",
        escape(handle),
        known.join(", ")
    );
    clip(&text, LONGEST)
}

/// Neither somebody nor a schedule has this name.
pub fn unknown_target(name: &str, house: &House) -> String {
    let known: Vec<String> = house.schedules.keys().map(|id| format!("`{}`", escape(id.as_str()))).collect();
    let text =
        format!("{} There is no such schedule either, only {}.", unknown_person(name), known.join(", "));
    clip(&text, LONGEST)
}

/// A button of another release.
pub fn unknown_button() -> String {
    "I do not know this button any more. The incident's card has the present ones.".to_owned()
}

/// What somebody did was kept, and could not be done.
pub fn given_up() -> String {
    "Something went wrong on my side, so this was *not* done. Please do it again, or use the API or `dontpanic` on the server."
        .to_owned()
}

/// The runbook in an answer: what it is called, where it is, and its two working sections.
pub fn runbook(view: &View) -> String {
    let id = view.incident.id;
    let Some((runbook, name)) = view.runbook.as_ref().and_then(|ours| Some((ours, runbook_name(ours)?)))
    else {
        return format!(
            "No runbook is known for {id}. Put one into the runbooks folder, or `runbook_url` on the alert."
        );
    };
    let opening = format!("*Runbook:* {name}");
    // Half of the room is for making it good, or what finding out leaves of it.
    let room = LONGEST.saturating_sub(opening.encode_utf16().count() + 2);
    let resolution_in_full = section(Part::Resolution, &runbook.resolution, room);
    let for_resolution = resolution_in_full.encode_utf16().count().min(room / 2);
    let diagnosis = section(Part::Diagnosis, &runbook.diagnosis, room - for_resolution);
    let left = room - diagnosis.encode_utf16().count();
    let resolution = section(Part::Resolution, &runbook.resolution, left);
    let parts = [opening, diagnosis, resolution];
    clip(
        &parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n"),
        LONGEST,
    )
}

/// A section of a runbook: as many whole steps as there is room for, and how many are missing.
fn section(part: Part, steps: &[String], room: usize) -> String {
    let numbered = steps.iter().zip(1..).map(|(step, n)| format!("{n}. {}", escape_with_code(step.trim())));
    let numbered: Vec<String> = numbered.collect();
    let shown = |n: usize| {
        let mut lines = vec![format!("*{}*", part.heading())];
        lines.extend(numbered.iter().take(n).cloned());
        match numbered.len() - n {
            0 => {}
            more => lines.push(format!("and {}", counted(more, "more step", "more steps"))),
        }
        lines.join("\n")
    };
    if steps.is_empty() {
        return String::new();
    }
    let fits = (0..=numbered.len()).rev().map(shown).find(|text| text.encode_utf16().count() <= room);
    fits.unwrap_or_default()
}

/// Where the post-mortem is shown.
pub fn postmortem(incident: &Incident, place: Option<&ChannelId>, is_drafted: bool) -> String {
    match (is_drafted, place) {
        (false, _) => format!("{} has no post-mortem yet.", incident.id),
        (true, Some(channel)) => format!("The post-mortem of {} is in <#{channel}>.", incident.id),
        (true, None) => format!("Read it with `dontpanic postmortem {}`.", incident.id),
    }
}
