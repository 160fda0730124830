//! What telephones say: calls, and the answers to text messages. Plain text, in letters that every network knows; whoever sends
//! it escapes it.

use super::alarm::line;
use super::handoff;
use super::timeline::{Plain, Voice as _};
use crate::domain::incident::{Actor, Incident, State};
use crate::domain::page::{Cause, Page};
use crate::domain::severity::Severity;
use crate::ids::IncidentId;
use crate::ports::View;
use crate::words::counted::counted;

/// So much of a title is said.
const TITLE: usize = 120;
/// So many incidents are told one by one.
const NAMED: usize = 5;

/// What a call is about.
#[derive(Debug, Clone)]
pub enum Call<'a> {
    /// Incidents, each with the row of the ledger for which it rings.
    Pages(Vec<(&'a View, &'a Page)>),
    /// A test page.
    Test,
}

/// Nobody pressed a key.
pub const NO_KEY: &str = "No key was pressed. Goodbye.";
/// The call is about nothing that we know.
pub const ABOUT_NOTHING: &str = "This call is over. Goodbye.";
/// Somebody pressed a key to a test page.
pub const TEST_HEARD: &str = "Thank you. Your pages reach you. Goodbye.";
/// A text message that cannot be understood.
pub const HELP: &str = "Reply ACK to acknowledge, or ACK and a number: ACK 42";
/// Nothing waits for whoever sent a text message.
pub const NOTHING_WAITS: &str = "Nothing waits for you.";

/// Whether a text message is for the network and not for us: it answers by itself.
pub fn is_for_the_network(text: &str) -> bool {
    const WORDS: [&str; 10] =
        ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "START", "UNSTOP", "HELP", "INFO"];
    WORDS.contains(&text.trim().to_uppercase().as_str())
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "P 1, critical",
        Severity::P2 => "P 2, high",
        Severity::P3 => "P 3, medium",
        Severity::P4 => "P 4, low",
    }
}

fn one(view: &View, row: &Page) -> String {
    let incident = &view.incident;
    let place = [incident.service_shown.as_deref(), incident.env()].into_iter().flatten();
    let place: Vec<String> = place.map(|text| format!("{}.", line(text, TITLE))).collect();
    let asked = match &row.cause {
        Cause::Asked { message: Some(text) } => format!(" They say: {}.", line(text, TITLE)),
        Cause::SnoozeOver => " The snooze is over.".to_owned(),
        Cause::Back => " It is back.".to_owned(),
        Cause::Joined if incident.storm.is_some() => " More incidents have joined the storm.".to_owned(),
        Cause::Joined => " Another service is affected.".to_owned(),
        Cause::Asked { message: None } | Cause::Ladder(_) | Cause::Commander(_) => String::new(),
    };
    format!("{}. {}. {}{asked}", severity(incident.severity()), line(&incident.title, TITLE), place.join(" "))
}

fn waits(view: &View, row: &Page) -> bool {
    let is_open = row.acked.is_none() && row.superseded.is_none();
    view.incident.state.is_open() && is_open
}

/// What is said when somebody picks up; `None` when there is nothing left to wake them for.
pub fn call(call: &Call<'_>) -> Option<String> {
    match call {
        Call::Test => Some(format!("{} Press any key if you hear this.", handoff::test_page(None))),
        Call::Pages(pages) => {
            let waiting: Vec<&(&View, &Page)> = pages.iter().filter(|(view, row)| waits(view, row)).collect();
            let told: Vec<String> = waiting.iter().take(NAMED).map(|(view, row)| one(view, row)).collect();
            let count = match waiting.len() {
                0 => return None,
                1 => String::new(),
                n => format!("{}. ", counted(n, "incident waited for you", "incidents waited for you")),
            };
            Some(format!("Don't Panic. {count}{} Press any key to acknowledge.", told.join(" ")))
        }
    }
}

/// What is said instead when there is nothing left to wake them for.
pub fn settled(call: &Call<'_>) -> String {
    let why = match call {
        Call::Pages(pages) => pages.first().map(|(view, _)| match &view.incident.state {
            State::Acknowledged(ack) => format!("{} has it.", Plain.actor(&ack.by)),
            State::Monitoring { .. } => "The alerts are clear.".to_owned(),
            State::Resolved { .. } | State::Closed { .. } => "It is over.".to_owned(),
            State::Triggered => "Somebody else is paged for it.".to_owned(),
        }),
        Call::Test => None,
    };
    format!("Don't Panic. {} There is nothing to do. Goodbye.", why.unwrap_or_default())
}

/// Somebody pressed a key; what they have now, or who has it already.
pub fn taken(taken: &[IncidentId], by_others: Option<&Actor>) -> String {
    match taken {
        [] => match by_others {
            Some(actor) => format!("Thank you. {} has it already. Goodbye.", Plain.actor(actor)),
            None => "It is over already. There is nothing to do. Goodbye.".to_owned(),
        },
        [one] => format!("Acknowledged. You have {one}. Goodbye."),
        several => format!("Acknowledged. You have all {} of them. Goodbye.", several.len()),
    }
}

/// They have it.
pub fn acknowledged(incident: &Incident) -> String {
    format!("You have {}: {}", incident.id, line(&incident.title, TITLE))
}

/// It is over.
pub fn ended(id: IncidentId) -> String {
    format!("{id} has ended. There is nothing to acknowledge.")
}

/// It is part of another one.
pub fn part_of(id: IncidentId, into: IncidentId) -> String {
    format!("{id} is part of {into} now. Reply ACK {}", into.0)
}

/// There is no such incident.
pub fn unknown(id: IncidentId) -> String {
    format!("There is no {id}.")
}

/// More than one waits for them.
pub fn which(several: &[Incident]) -> String {
    let one = |incident: &Incident| format!("ACK {}: {}", incident.id.0, line(&incident.title, TITLE));
    let lines: Vec<String> = several.iter().take(NAMED).map(one).collect();
    format!("Which one? Reply\n{}", lines.join("\n"))
}

/// Why a text message never arrived, in the provider's words.
pub fn not_delivered(status: &str, code: &str) -> String {
    let code = line(code, 20);
    let why = match code.as_str() {
        "30003" => "the telephone is switched off or out of reach",
        "30004" => "the telephone, or its network, blocks it",
        "30005" => "there is no such number any more",
        "30006" => "it is a landline, or a network that takes no messages",
        "30007" => "the network took it for spam",
        "30001" => "too many messages were waiting",
        _ => "",
    };
    match (code.is_empty(), why) {
        (true, _) => format!("the text message was not delivered ({status})"),
        (false, "") => format!("the text message was not delivered ({status}, error {code})"),
        (false, why) => format!("the text message was not delivered: {why} ({status}, error {code})"),
    }
}

/// Why nobody heard a call.
pub fn not_answered(status: &str) -> String {
    match status {
        "busy" => "the telephone was busy",
        "no-answer" => "nobody answered the telephone",
        "canceled" => "the call was cancelled",
        _ => "the call could not be made: the network does not reach the number",
    }
    .to_owned()
}
