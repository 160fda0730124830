//! What is said when the pager changes hands: the note, and the test page that proves it wakes the next one.

use super::answers::state;
use super::mrkdwn::{clip, date};
use super::saying::{InSlack, PHRASE, PRIVATE, TITLE, line};
use super::timeline::Voice as _;
use crate::commands::on_call::GOT_IT;
use crate::domain::effect::Choice;
use crate::domain::handoff::{Expiring, Noise, Note, Overdue, Source};
use crate::domain::house::House;
use crate::domain::incident::Incident;
use crate::domain::people::{ContactMethod, Person};
use crate::domain::severity::Severity;
use crate::ids::{PersonId, ScheduleId};
use crate::words::counted::counted;

/// The longest note.
const LONGEST: usize = 3000;
/// So many incidents of each sort are listed.
const LISTED: usize = 8;

fn name(person: Option<&PersonId>, house: &House) -> String {
    person.map_or_else(|| "nobody".to_owned(), |person| InSlack(house).person(person))
}

/// The note for both people and the team.
pub fn note(note: &Note, house: &House) -> String {
    let (outgoing, incoming) = (name(note.outgoing.as_ref(), house), name(note.incoming.as_ref(), house));
    let schedule = line(note.schedule.as_str(), PHRASE);
    let mut lines = vec![format!(
        ":telephone_receiver: *Handoff of {schedule}*: {outgoing} hands over to {incoming}, until {}",
        date(note.until)
    )];
    lines.push(match note.open.len() {
        0 => "*Open:* nothing.".to_owned(),
        n => format!("*Open:* {n}"),
    });
    lines.extend(listed(&note.open, house));
    lines.push(match note.over.len() {
        0 => "*The last 7 days:* nothing else.".to_owned(),
        n => format!("*The last 7 days:* {n} more ({})", by_severity(&note.over)),
    });
    lines.extend(listed(&note.over, house));
    if !note.noisy.is_empty() {
        lines.push("*Noisy alerts:*".to_owned());
        lines.extend(note.noisy.iter().map(noise));
    }
    if !note.expiring.is_empty() {
        lines.push("*Silences that end within 7 days:*".to_owned());
        lines.extend(some(&note.expiring, |expiring| silence(expiring, house)));
    }
    if !note.overdue.is_empty() {
        lines.push("*Overdue action items:*".to_owned());
        lines.extend(some(&note.overdue, |late| overdue(late, house)));
    }
    clip(&lines.join("\n"), LONGEST)
}

/// The first few, and how many there are besides.
fn some<T>(all: &[T], one: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(LISTED).map(one).collect();
    let more = all.len().saturating_sub(LISTED);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

fn source(source: &Source) -> String {
    let title = source.title.as_deref().map_or_else(|| PRIVATE.to_owned(), |title| line(title, TITLE));
    format!("*{}* {title}", source.incident)
}

fn silence(expiring: &Expiring, house: &House) -> String {
    let person = PersonId::from(expiring.by.as_str());
    let is_known = house.people.contains_key(&person);
    let by = if is_known { InSlack(house).person(&person) } else { line(&expiring.by, PHRASE) };
    format!("• {} until {}, by {by}", source(&expiring.source), date(expiring.until))
}

fn overdue(overdue: &Overdue, house: &House) -> String {
    let Overdue { source: from, item } = overdue;
    let owner = InSlack(house).person(&item.owner);
    // What a private incident is about is nobody else's business.
    let text = from.title.as_ref().map(|_| format!(": {}", line(&item.text, PHRASE))).unwrap_or_default();
    format!("• {owner}, since {}{text} ({})", item.due, source(from))
}

fn listed(incidents: &[Incident], house: &House) -> Vec<String> {
    // The team reads it too.
    let title = |incident: &Incident| {
        if incident.privacy.is_private() { PRIVATE.to_owned() } else { line(&incident.title, TITLE) }
    };
    let one =
        |incident: &Incident| format!("• *{}* {}: {}", incident.id, title(incident), state(incident, house));
    some(incidents, one)
}

fn by_severity(incidents: &[Incident]) -> String {
    let counted = Severity::ALL.into_iter().filter_map(|severity| {
        let n = incidents.iter().filter(|incident| incident.severity() == severity).count();
        (n > 0).then(|| format!("{n} {severity}"))
    });
    counted.collect::<Vec<_>>().join(", ")
}

fn noise(noise: &Noise) -> String {
    let service = noise.service.as_deref().map(|service| format!(" {}", line(service, PHRASE)));
    let incidents = counted(noise.n_incidents, "incident", "incidents");
    let flaps = match noise.n_flaps {
        0 => String::new(),
        1 => ", back once".to_owned(),
        n => format!(", back {n} times"),
    };
    let ignored = if noise.is_ignored { ", never acknowledged" } else { "" };
    let owner = noise
        .owner
        .as_deref()
        .map_or_else(|| "nobody owns it".to_owned(), |owner| format!("owner: {}", line(owner, PHRASE)));
    let (alertname, service) = (line(&noise.alertname, PHRASE), service.unwrap_or_default());
    format!("• {alertname}{service}: {incidents}{flaps}{ignored}; {owner}")
}

/// To whoever asked for the note.
pub fn posted(note: &Note, house: &House) -> String {
    let both = [note.outgoing.clone(), note.incoming.clone()];
    let mut both: Vec<PersonId> = both.into_iter().flatten().collect();
    both.dedup();
    format!(
        "The handoff note of *{}* goes to the announcement channel and to {}.",
        line(note.schedule.as_str(), PHRASE),
        InSlack(house).people(&both)
    )
}

/// A test page, as plain words for any contact method.
pub fn test_page(schedule: Option<&ScheduleId>) -> String {
    match schedule {
        Some(schedule) => format!(
            "Test page: you are on call for {schedule} now. Nothing is wrong. Please confirm in Slack that this reached you."
        ),
        None => "Test page, as you asked. Nothing is wrong.".to_owned(),
    }
}

/// The same in Slack.
pub fn test_page_in_slack(schedule: Option<&ScheduleId>) -> String {
    match schedule {
        Some(schedule) => format!(
            ":telephone_receiver: *Test page:* you are on call for *{}* now. Nothing is wrong. Please confirm that this reached you, \
             or the admins are told in an hour.",
            line(schedule.as_str(), PHRASE)
        ),
        None => ":telephone_receiver: *Test page*, as you asked. Nothing is wrong.".to_owned(),
    }
}

/// The button that confirms a test page.
pub fn got_it(id: i64) -> Choice {
    Choice { label: "Got it".to_owned(), action: GOT_IT.to_owned(), value: id.to_string() }
}

/// Whoever confirms is thanked.
pub const CONFIRMED: &str = "Thank you. Your pages reach you.";
/// Somebody else's test page.
pub const NOT_YOURS: &str = "That test page was for somebody else.";
/// Whoever asks to be tested has no way to be reached.
pub const NO_METHODS: &str = "You have no contact methods. Ask an admin to add some under `people`.";
/// A test page is on its way.
pub const TESTING: &str = "Trying all of your contact methods…";

/// What became of a test page by one method; `Err` says why it was not accepted.
pub type Tried = (ContactMethod, Result<(), String>);

/// What became of a test page by each method.
pub fn tried(tried: &[Tried]) -> String {
    let one = |(method, outcome): &Tried| match outcome {
        Ok(()) => format!(":white_check_mark: `{method}`: accepted"),
        Err(why) => format!(":x: `{method}`: not accepted: {}", line(why, 2 * PHRASE)),
    };
    let lines: Vec<String> = tried.iter().map(one).collect();
    clip(&format!("Your test page:\n{}", lines.join("\n")), LONGEST)
}

/// The same in one line, for the admins.
pub fn tried_in_short(tried: &[Tried]) -> String {
    let one = |(method, outcome): &Tried| match outcome {
        Ok(()) => format!("{method} accepted"),
        Err(_) => format!("{method} failed"),
    };
    tried.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Why a method cannot even be tried.
pub fn cannot_try(person: &Person, method: ContactMethod) -> String {
    if person.has_address(method) {
        "the service that sends it is not configured".to_owned()
    } else {
        "there is no address for it under `people`".to_owned()
    }
}
