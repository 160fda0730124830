//! Phrases that several messages share: who, when, how bad, why, and what fires.
//!
//! Everything here returns finished mrkdwn: text from outside is cut for display and escaped on the way in, once.

mod firing;
mod voice;

use chrono::{DateTime, Duration, Utc};

use crate::domain::incident::{Actor, Door, Incident, Loss, Room, State};
use crate::domain::severity::Severity;
use crate::ids::PersonId;
use crate::ports::{RunbookView, View};
use crate::words::counted::counted;
use crate::words::mrkdwn;
use crate::words::time::humane;
use crate::words::timeline::Voice as _;

pub use firing::{description, fires};
pub use voice::InSlack;

/// A title is shown up to so many characters.
pub const TITLE: usize = 150;
/// So many of those who made silences are named.
const NAMED_CREATORS: usize = 3;
/// So much of any other text from outside is shown in one line.
pub const PHRASE: usize = 200;

/// Text from outside as one escaped line of at most about `limit` characters.
pub fn line(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    let words = text.split_whitespace().flat_map(|word| [" ", word]).skip(1);
    for (n, character) in words.flat_map(str::chars).enumerate() {
        if n == limit {
            shown.push('…');
            break;
        }
        shown.push(character);
    }
    mrkdwn::escape(&shown)
}

/// The time of day in the reader's zone.
pub fn clock(at: DateTime<Utc>) -> String {
    format!("<!date^{}^{{time}}|{} UTC>", at.timestamp(), at.format("%H:%M"))
}

/// The time of day when that is enough to know which instant is meant, else with its day; in the reader's zone.
pub fn moment(view: &View, at: DateTime<Utc>) -> String {
    let is_near = (at - view.now).abs() < Duration::hours(12);
    if is_near { clock(at) } else { mrkdwn::date(at) }
}

/// The sign of a severity.
pub const fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => ":red_circle:",
        Severity::P2 => ":large_orange_circle:",
        Severity::P3 => ":large_yellow_circle:",
        Severity::P4 => ":large_blue_circle:",
    }
}

/// The state in a word or two.
pub fn state(incident: &Incident) -> String {
    let part_of = incident.merged_into.map(|into| format!("merged into {into}"));
    part_of.unwrap_or_else(|| incident.state.name().to_owned())
}

/// The sign of the incident as it stands: over, too long without an answer, or how bad it is.
pub fn sign(view: &View) -> &'static str {
    match &view.incident.state {
        State::Resolved { .. } | State::Closed { .. } => ":white_check_mark:",
        State::Triggered if view.incident.ack_target_missed => ":rotating_light:",
        State::Acknowledged(_) if view.incident.storm.as_ref().is_some_and(|storm| storm.n_overdue > 0) => {
            ":rotating_light:"
        }
        State::Triggered | State::Acknowledged(_) | State::Monitoring { .. } => {
            mark(view.incident.severity())
        }
    }
}

/// A person: a mention when they are in Slack, else their key.
pub fn who(view: &View, person: &PersonId) -> String {
    InSlack(&view.house).person(person)
}

/// Several people: `a, b and c`.
pub fn people(view: &View, people: &[PersonId]) -> String {
    InSlack(&view.house).people(people)
}

/// Whoever did something.
pub fn actor(view: &View, actor: &Actor) -> String {
    InSlack(&view.house).actor(actor)
}

/// The title in one line.
pub fn title(view: &View) -> String {
    match line(&view.incident.title, TITLE) {
        blank if blank.is_empty() => "An incident without a title".to_owned(),
        title => title,
    }
}

/// What a private incident is called where everybody reads it.
pub const PRIVATE: &str = "A private incident";

/// The title in one line, where everybody reads it.
pub fn title_for_all(view: &View) -> String {
    if view.incident.privacy.is_private() { PRIVATE.to_owned() } else { title(view) }
}

/// `:red_circle: *P1 · High error rate*`.
pub fn headline(view: &View) -> String {
    format!("{} *{} · {}*", sign(view), view.incident.severity(), title(view))
}

/// The same, where everybody reads it.
pub fn headline_for_all(view: &View) -> String {
    format!("{} *{} · {}*", sign(view), view.incident.severity(), title_for_all(view))
}

/// The service and the environment, as far as they are known.
pub fn place(view: &View) -> Vec<String> {
    let service = view.incident.service_shown.as_deref();
    [service, view.incident.env()]
        .into_iter()
        .flatten()
        .map(|text| line(text, PHRASE))
        .filter(|text| !text.is_empty())
        .collect()
}

/// `svc-ledger · prod · since 03:02 · INC-42`.
pub fn whereabouts(view: &View) -> String {
    let mut parts = place(view);
    parts.push(format!("since {}", mrkdwn::date(view.incident.started_at)));
    parts.push(view.incident.id.to_string());
    parts.join(" · ")
}

/// Why the severity is what it is: a human's word, or the rule and its inputs.
pub fn why(view: &View) -> String {
    let incident = &view.incident;
    let severity = incident.severity();
    let assessment = &incident.assessment;
    let rules = format!("{} ({})", line(&assessment.rule, PHRASE), line(&assessment.reason, 2 * PHRASE));
    let because = match &incident.severity_override {
        Some(human) if human.severity == severity => {
            let reason = human.reason.as_deref().map(|text| format!(": {}", line(text, PHRASE)));
            let by = actor(view, &human.by);
            format!(
                "set by {by}{}; the rules say {}: {rules}",
                reason.unwrap_or_default(),
                assessment.severity
            )
        }
        Some(_) | None => rules,
    };
    format!("*Why {severity}:* {because}")
}

/// The runbook by its title, as a link when the alert names an address; a mere link by its host. `None` when there is neither.
pub fn runbook_name(runbook: &RunbookView) -> Option<String> {
    let url = runbook.url.as_deref().and_then(mrkdwn::button_url);
    match (&runbook.title, url) {
        (Some(title), Some(url)) if runbook.is_elsewhere => {
            let there = mrkdwn::link(&url, url.host_str().unwrap_or("a link"));
            Some(format!("{there} (the steps here are those of {})", line(title, PHRASE)))
        }
        (Some(title), Some(url)) => Some(mrkdwn::link(&url, title)),
        (Some(title), None) => Some(line(title, PHRASE)),
        (None, Some(url)) => Some(mrkdwn::link(&url, url.host_str().unwrap_or("a link"))),
        (None, None) => None,
    }
}

/// Where the work goes on, if that is a channel that is still there.
pub fn channel(room: &Room) -> Option<String> {
    let link = mrkdwn::channel(&room.channel.as_ref()?.id);
    match room.door {
        Door::Open | Door::Archiving | Door::Reopening(_) | Door::Shut(Loss::Removed) => Some(link),
        Door::Shut(Loss::Archived) => Some(format!("{link} (archived)")),
        Door::Shut(Loss::Deleted | Loss::Refused) => None,
    }
}

/// What happens next by itself, while nobody has taken it.
pub fn next(view: &View) -> String {
    if let Some(muted) = view.incident.muted() {
        return format!(
            "Next: nobody is paged before {}; then it goes on if it still fires.",
            clock(muted.until)
        );
    }
    match &view.next {
        Some(next) if next.people.is_empty() => {
            format!("Next: the ladder goes on at {}; nobody is on that step now.", moment(view, next.at))
        }
        Some(next) => {
            let (people, at) = (people(view, &next.people), moment(view, next.at));
            format!("Next: pages {people} at {at} unless acknowledged.")
        }
        None => "Next: nobody else is paged by itself.".to_owned(),
    }
}

/// Where the incident stands, in one sentence: who has it, since when it is clear, or how it ended.
pub fn standing(view: &View) -> String {
    let silenced = muted(view).map(|silenced| format!(" {silenced}")).unwrap_or_default();
    format!("{}{silenced}", stands(view))
}

/// By whom all that fires is silenced, and until when; `None` when it is not.
pub fn muted(view: &View) -> Option<String> {
    let muted = view.incident.muted()?;
    let by = muted.by.iter().take(NAMED_CREATORS);
    let by: Vec<String> = by.map(|name| InSlack(&view.house).creator(name)).collect();
    Some(format!(
        ":no_bell: *Silenced* in Alertmanager by {} until {}: paging stands still.",
        by.join(", "),
        clock(muted.until)
    ))
}

fn stands(view: &View) -> String {
    let incident = &view.incident;
    match &incident.state {
        State::Triggered if incident.ack_target_missed => {
            let target = view.house.means(incident.severity()).ack_target;
            let within = target.map(|target| format!(" within {}", humane(target))).unwrap_or_default();
            format!("*Nobody has acknowledged{within}.*")
        }
        State::Triggered => "Nobody has acknowledged yet.".to_owned(),
        State::Acknowledged(ack) => {
            let unpaged = match ack.by.person() {
                Some(person) if incident.paged.contains(person) => "",
                Some(_) | None => " (was not paged)",
            };
            let snoozed =
                incident.snoozed_until.map(|until| format!(" Snoozed until {}.", moment(view, until)));
            let (by, snoozed) = (actor(view, &ack.by), snoozed.unwrap_or_default());
            format!("Acknowledged by {by} at {}{unpaged}.{snoozed}", clock(ack.at))
        }
        State::Monitoring { since, acked, resolves_at } => {
            let who =
                acked.as_ref().map(|ack| format!(" {} has it.", actor(view, &ack.by))).unwrap_or_default();
            let then = match resolves_at {
                Some(at) if !incident.kept_open => format!(" Resolves by itself at {}.", clock(*at)),
                Some(_) | None => " Stays open until somebody resolves it.".to_owned(),
            };
            format!("Cleared at {}.{who}{then}", clock(*since))
        }
        State::Resolved { at, by } | State::Closed { at, by } => {
            if let Some(into) = incident.merged_into {
                let place = view.goes_on.as_ref().and_then(|goes_on| goes_on.channel.as_ref());
                let place = place.map(|channel| format!(" ({})", mrkdwn::channel(&channel.id)));
                let (by, place) = (actor(view, by), place.unwrap_or_default());
                return format!("Merged into {into}{place} by {by} at {}.", clock(*at));
            }
            let how =
                if *by == Actor::Bot { "by itself".to_owned() } else { format!("by {}", actor(view, by)) };
            let lasted = humane(*at - incident.opened_at);
            let summary = incident.summary.as_deref().map(|text| format!(" {}", line(text, 2 * PHRASE)));
            let firing = match incident.n_firing {
                0 => String::new(),
                n => format!(" {}.", counted(n, "alert still fires", "alerts still fire")),
            };
            let summary = summary.unwrap_or_default();
            format!("Resolved {how} at {} after {lasted}.{firing}{summary}", clock(*at))
        }
    }
}

#[cfg(test)]
mod tests;
