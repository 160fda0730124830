//! One sentence for each event of a timeline: plain text, no markup, nothing that the event does not hold.
//!
//! The sentence is stored with the event, so a later release may word new events better but never rewords old ones.

use crate::domain::incident::Actor;
use crate::domain::incident::timeline::{ClimbReason, Entry, Paged, What};
use crate::ids::PersonId;
use crate::words::time::humane;

/// How an actor is named in a sentence.
pub fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Person(person) => person.to_string(),
        Actor::Slack(user) => format!("Slack user {user}"),
        Actor::Token(name) => format!("API token {name}"),
        Actor::Source(source) => format!("Alertmanager {source}"),
        Actor::Bot => "Don't Panic".to_owned(),
    }
}

/// Names in a row: `alice, bob and charlie`.
pub fn names(people: &[PersonId]) -> String {
    match people {
        [] => "nobody".to_owned(),
        [one] => one.to_string(),
        [others @ .., last] => {
            let others: Vec<&str> = others.iter().map(PersonId::as_str).collect();
            format!("{} and {last}", others.join(", "))
        }
    }
}

fn more(others: u32) -> String {
    if others == 0 { String::new() } else { format!(" and {others} more") }
}

fn page(paged: &Paged) -> String {
    format!("{} by {}", paged.person, paged.method)
}

/// The sentence of an event.
pub fn sentence(entry: &Entry) -> String {
    let who = actor(&entry.actor);
    match &entry.what {
        What::AlertFiring { alertname, others, .. } => {
            format!("{} fires{}", or_unnamed(alertname), more(*others))
        }
        What::AlertResolved { alertname, others, .. } => {
            format!("{} resolved{}", or_unnamed(alertname), more(*others))
        }
        What::IncidentOpened { title, severity, rule, reason, follows } => {
            let follows = follows.map(|id| format!("; follows {id}")).unwrap_or_default();
            format!("Opened as {severity}: {title} ({rule}: {reason}){follows}")
        }
        What::SeverityChanged { from, to, rule, reason } => {
            let why = if reason.is_empty() { rule.clone() } else { format!("{rule}: {reason}") };
            match &entry.actor {
                Actor::Person(_) | Actor::Slack(_) | Actor::Token(_) => {
                    format!("{who} changed the severity from {from} to {to} ({why})")
                }
                Actor::Source(_) | Actor::Bot => format!("Severity changed from {from} to {to} ({why})"),
            }
        }
        What::PageSent(paged) => format!("Page sent to {}", page(paged)),
        What::PageAccepted(paged) => format!("Page to {} accepted by the provider", page(paged)),
        What::PageFailed { paged, error } => format!("Page to {} failed: {error}", page(paged)),
        What::AckTargetMissed { target_seconds } => {
            format!("Nobody acknowledged within {}", seconds(*target_seconds))
        }
        What::Acked { after_seconds, was_paged } => {
            let unpaged = if *was_paged { "" } else { " (was not paged)" };
            format!("{who} acknowledged after {}{unpaged}", seconds(*after_seconds))
        }
        What::Escalated { schedule, round, step, why, people } => {
            escalated(&who, schedule.as_str(), *round, *step, *why, people)
        }
        What::ChannelOpened { name, .. } => format!("Channel #{name} opened"),
        What::Note { text } => format!("{who}: {text}"),
        What::Monitoring => "All alerts are clear; watching".to_owned(),
        What::KeptOpen => format!("{who} keeps it open"),
        What::Resolved { summary, still_firing } => {
            let how = if entry.actor == Actor::Bot {
                "Resolved by itself".to_owned()
            } else {
                format!("{who} resolved it")
            };
            let firing = match still_firing {
                0 => String::new(),
                1 => ", 1 alert still firing".to_owned(),
                n => format!(", {n} alerts still firing"),
            };
            let summary = summary.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
            format!("{how}{firing}{summary}")
        }
        What::Reopened { by_alert: true } => "Open again: the alert is back".to_owned(),
        What::Reopened { by_alert: false } => format!("{who} opened it again"),
        What::Flap { alertname, n_flaps, .. } => {
            format!("{} is back (flap {n_flaps})", or_unnamed(alertname))
        }
        What::AskedAboutFiring { n_firing, resolved_by } => {
            let alerts = match n_firing {
                1 => "1 alert still fires".to_owned(),
                n => format!("{n} alerts still fire"),
            };
            format!("{alerts}, four hours after {} resolved this. Is that all right?", actor(resolved_by))
        }
        What::PostmortemPublished => format!("{who} published the post-mortem"),
        What::PostmortemDeclined { reason } => format!("{who} declined the post-mortem: {reason}"),
        What::Closed => "Closed: no post-mortem is due".to_owned(),
        What::PostmortemDrafted => "Post-mortem drafted from the timeline".to_owned(),
    }
}

fn escalated(
    who: &str,
    schedule: &str,
    round: u32,
    step: u32,
    why: ClimbReason,
    people: &[PersonId],
) -> String {
    let to = names(people);
    let place = if round > 1 {
        format!("{schedule}, round {round}, step {step}")
    } else {
        format!("{schedule}, step {step}")
    };
    match why {
        ClimbReason::NoAnswer => format!("No acknowledgement: paging {to} ({place})"),
        ClimbReason::Nobody => format!("The step before reached nobody: paging {to} ({place})"),
        ClimbReason::NotDelivered => {
            format!("No page of the step before was delivered: paging {to} ({place})")
        }
        ClimbReason::Asked if step == 0 => format!("{who} asked for {to}"),
        ClimbReason::Asked => format!("{who} escalated: paging {to} ({place})"),
        ClimbReason::Handoff => format!("Handoff: paging {to}, who is on call now ({place})"),
    }
}

fn or_unnamed(alertname: &str) -> &str {
    if alertname.is_empty() { "An alert without a name" } else { alertname }
}

fn seconds(n: i64) -> String {
    humane(chrono::Duration::seconds(n))
}
