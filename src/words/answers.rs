//! Answers to the person who typed or clicked: short, and always something.

use chrono::{DateTime, Utc};
use url::Url;

use super::actions;
use super::mrkdwn::{clip, date, escape, escape_with_code, link};
use super::saying::{InSlack, PRIVATE, channel, runbook_name};
use super::timeline::Voice as _;
use crate::commands::buttons::{Button, value};
use crate::commands::{INCIDENT, Misunderstood, ONCALL, Word};
use crate::domain::effect::{Choice, Form};
use crate::domain::house::House;
use crate::domain::incident::{Actor, Incident, Outcome, Phase, Refusal, State};
use crate::domain::on_call::{Roster, Shift};
use crate::domain::runbook::Part;
use crate::ids::{ChannelId, IncidentId, PersonId, ScheduleId};
use crate::ports::View;

/// The longest answer.
pub(super) const LONGEST: usize = 3000;

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

/// Somebody as Slack shows them.
pub fn who(actor: &Actor, house: &House) -> String {
    InSlack(house).actor(actor)
}

/// A person of the configuration as Slack shows them.
pub fn person(id: &PersonId, house: &House) -> String {
    InSlack(house).person(id)
}

fn name(incident: &Incident) -> String {
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
            let firing = if incident.n_firing > 0 { ", still firing" } else { "" };
            format!("{severity}, resolved {} by {}{firing}", date(*at), who(by, house))
        }
    }
}

/// One incident in two lines.
pub fn show(incident: &Incident, house: &House) -> String {
    let channel = channel(&incident.room).map(|channel| format!(" · {channel}")).unwrap_or_default();
    let next = incident.ladders.iter().find_map(|ladder| match ladder.phase {
        Phase::Climbing { due } => Some(format!(" · next page {}", date(due))),
        Phase::Paused { .. } | Phase::Stopped => None,
    });
    format!("{}{channel}\n{}{}", name(incident), state(incident, house), next.unwrap_or_default())
}

/// The same, with a link to its page.
pub fn show_with_page(incident: &Incident, house: &House, page: Option<&Url>) -> String {
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
        format!("*{}*: {primary}, then {secondary} (until {until})", escape(schedule.as_str()))
    };
    clip(&rosters.iter().map(line).collect::<Vec<_>>().join("\n"), LONGEST)
}

/// Who is on call from shift to shift.
pub fn coming_shifts(schedules: &[(&ScheduleId, Vec<Shift>)], weeks: u32, house: &House) -> String {
    let named = |id: Option<&PersonId>| id.map_or_else(|| "nobody".to_owned(), |id| person(id, house));
    let line = |shift: &Shift| {
        let (primary, secondary) = (named(shift.primary.as_ref()), named(shift.secondary.as_ref()));
        format!("{} to {}: {primary}, then {secondary}", date(shift.start), date(shift.end))
    };
    let block = |(schedule, shifts): &(&ScheduleId, Vec<Shift>)| {
        let lines: Vec<String> = shifts.iter().map(line).collect();
        format!("*{}*, {weeks} weeks\n{}", escape(schedule.as_str()), lines.join("\n"))
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
        Form::Severity { incident } => {
            format!("Say how bad it is: `{slash} {incident} severity P2 only one region`.")
        }
        Form::Update { incident } => {
            format!("Say how it goes: `{slash} {incident} update half of the customers are back`.")
        }
        Form::Silence { incident } => {
            format!("Say for how long, and why: `{slash} {incident} silence 2h new disk is on its way`.")
        }
        Form::Postmortem { incident } | Form::Section { incident, .. } => {
            format!(
                "The form did not open. Press *Edit* again, or type `{slash} {incident} postmortem` for a fresh button."
            )
        }
        Form::Resolve { incident } => {
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

fn refused(refusal: &Refusal, incident: &Incident, house: &House) -> Said {
    match refusal {
        Refusal::Ended { .. } => format!("{} has ended: {}.", incident.id, state(incident, house)).into(),
        Refusal::IsOpen { .. } => format!("{} is open: {}.", incident.id, state(incident, house)).into(),
        Refusal::Outdated { .. } => {
            let choices = match incident.state {
                State::Triggered => vec![choice(Button::Acknowledge, incident)],
                State::Acknowledged(_) | State::Monitoring { .. } => vec![],
                State::Resolved { .. } | State::Closed { .. } => vec![],
            };
            let text = format!(
                "That message is out of date, nothing was changed. {} is now {}.",
                incident.id,
                state(incident, house)
            );
            Said { text, choices }
        }
        Refusal::NotOver { .. } => format!("{} is not over yet. Resolve it first.", incident.id).into(),
        Refusal::NothingToPublish { .. } => {
            format!("{} has no post-mortem yet. `postmortem` drafts one.", incident.id).into()
        }
        Refusal::IsPublished { .. } => {
            format!("The post-mortem of {} is published already.", incident.id).into()
        }
        Refusal::NotCommander { .. } => {
            format!("Only the commander of {} can decline its post-mortem.", incident.id).into()
        }
        Refusal::NoSuchAction { id, n } => actions::none_of_number(*id, *n).into(),
        Refusal::TooManyActions { id } => actions::too_many(*id).into(),
        Refusal::StillFiring { n, .. } => {
            let alerts =
                if *n == 1 { "1 alert still fires".to_owned() } else { format!("{n} alerts still fire") };
            Said {
                text: format!("{alerts} in {}. Resolve it all the same?", incident.id),
                choices: vec![choice(Button::ResolveAnyway, incident)],
            }
        }
        Refusal::NoLadder { severity, .. } => {
            format!("{} is {severity}, which pages nobody. Name somebody: `escalate @person`.", incident.id)
                .into()
        }
        Refusal::NobodyOnCall { schedule } => {
            format!("Nobody is on call by `{}` now, so I paged nobody.", escape(schedule.as_str())).into()
        }
        Refusal::SilenceSpan => super::silences::LONGEST.to_owned().into(),
        Refusal::NothingFires { .. } => super::silences::nothing_fires(incident.id).into(),
        Refusal::SnoozeSpan => "A snooze lasts at most 24 hours. Nothing was changed.".to_owned().into(),
        Refusal::Unreachable { person: id } => {
            format!("{} has no contact method that works, so I cannot page them.", person(id, house)).into()
        }
    }
}

fn choice(button: Button, incident: &Incident) -> Choice {
    Choice {
        label: button.label().to_owned(),
        action: button.action_id().to_owned(),
        value: value(incident.id, incident.epoch),
    }
}

/// The answer to what became of a command: `done` says it when it was carried out, with the incident before and after.
pub(super) fn said(outcome: &Outcome, house: &House, done: impl Fn(&Incident, &Incident) -> String) -> Said {
    match outcome {
        Outcome::Done(handled) => done(&handled.before, &handled.incident).into(),
        Outcome::Refused(refusal, incident) => refused(refusal, incident, house),
        Outcome::Unknown(id) => unknown_incident(*id).into(),
    }
}

/// After a declaration.
pub fn declared(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| {
        let paged = if incident.paged.is_empty() {
            "nobody is paged".to_owned()
        } else {
            format!("paging {}", InSlack(house).people(&incident.paged))
        };
        format!("Opened {} as {}: {paged}.", name(incident), incident.severity())
    })
}

/// After an acknowledgement.
pub fn acknowledged(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |before, incident| match before.state.ack() {
        None => format!("You have {}. Paging has stopped.", incident.id),
        Some(ack) if incident.state.ack() != Some(ack) => {
            format!("You have {} now. The snooze of {} has ended.", incident.id, who(&ack.by, house))
        }
        Some(ack) => {
            let by = who(&ack.by, house);
            format!(
                "{} is acknowledged already, by {by} {}.{}",
                incident.id,
                date(ack.at),
                snoozed_until(incident)
            )
        }
    })
}

/// After a change that the card shows.
pub fn changed(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| format!("{} is now {}.", incident.id, state(incident, house)))
}

/// After somebody wants it open although the alerts are clear, or will be.
pub fn kept_open(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| {
        let state = state(incident, house);
        format!("{} stays open until somebody resolves it. It is now {state}.", incident.id)
    })
}

/// After a note.
pub fn noted(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| format!("Noted on the timeline of {}.", incident.id))
}

/// After an escalation.
pub fn escalated(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |before, incident| {
        let new: Vec<PersonId> = incident
            .walks
            .iter()
            .filter(|walk| walk.n > before.n_walks)
            .map(|walk| walk.person.clone())
            .collect();
        if new.is_empty() {
            return format!(
                "{}: the next step reaches nobody. The admins are told; name somebody: `escalate @person`.",
                incident.id
            );
        }
        format!("{}: paging {}.", incident.id, InSlack(house).people(&new))
    })
}

/// After somebody was appointed commander.
pub fn appointed(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| {
        let name = incident.commander.as_ref().map_or_else(|| "Nobody".to_owned(), |id| person(id, house));
        format!("{name} is the commander of {}.", incident.id)
    })
}

/// After a snooze.
pub fn snoozed(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |before, incident| {
        let has = match before.state.ack() {
            None => "You have".to_owned(),
            Some(ack) => format!("{} has", who(&ack.by, house)),
        };
        format!("{has} {}.{}", incident.id, snoozed_until(incident))
    })
}

/// What a snooze promises; nothing when there is none.
fn snoozed_until(incident: &Incident) -> String {
    let until = incident.snoozed_until;
    until.map(|at| format!(" Snoozed until {}: then it pages again.", date(at))).unwrap_or_default()
}

/// After a status update.
pub fn updated(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| format!("Posted the update of {}.", incident.id))
}

/// After a post-mortem was published.
pub fn published(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| format!("The post-mortem of {} is published.", incident.id))
}

/// After a post-mortem was declined.
pub fn declined(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| format!("{} is closed without a post-mortem.", incident.id))
}

/// After a resolve.
pub fn resolved(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| format!("{} is resolved.", incident.id))
}

/// After a channel was asked for.
pub fn channel_wanted(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |before, incident| match before.room.usable() {
        Some(channel) => format!("{} has a channel: <#{}>.", incident.id, channel.id),
        None => format!("Opening a channel for {}.", incident.id),
    })
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
            1 => lines.push("and 1 more step".to_owned()),
            more => lines.push(format!("and {more} more steps")),
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
