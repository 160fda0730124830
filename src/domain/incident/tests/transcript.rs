//! A decision in a few plain lines.

use super::super::timeline::{Entry, What};
use super::super::{Decision, Incident};
use super::house::ZONE;
use super::night::{Night, Shown};
use crate::domain::effect::{Effect, Shout, Warning};
use crate::domain::page::{Cause, Page, PageChange};
use crate::ids::PersonId;

/// One line for each thing that a decision brought.
pub fn lines_of(night: &Night, before: Option<&Incident>, decision: &Decision) -> Vec<String> {
    let mut lines: Vec<String> =
        decision.entries.iter().filter_map(|entry| event(&entry.what, entry)).collect();
    for change in &decision.pages {
        lines.extend(paging(night, before, &decision.next, change));
    }
    lines.extend(decision.effects.iter().filter_map(effect));
    let was = before.map(|before| before.state.name());
    let is = decision.next.state.name();
    if was != Some(is) {
        lines.push(format!("-> {is}"));
    }
    lines
}

fn paging(night: &Night, before: Option<&Incident>, next: &Incident, change: &PageChange) -> Option<String> {
    match change {
        PageChange::New(page) => {
            let Page { person, method, round, step, .. } = page.as_ref();
            let is_first = !night.ledger.iter().any(|other| other.walk == page.walk);
            if night.shown == Shown::Ladder && !is_first {
                return None;
            }
            let why = match &page.cause {
                Cause::Ladder(schedule) if schedule.as_str() == "platform" => {
                    format!("round {round} step {step}")
                }
                Cause::Ladder(schedule) => format!("{schedule}, round {round} step {step}"),
                Cause::Commander(_) => format!("round {round} step {step}, commander"),
                Cause::Back => "back".to_owned(),
                Cause::SnoozeOver => "snooze over".to_owned(),
                Cause::Joined => "joined".to_owned(),
                Cause::Asked { .. } => "asked".to_owned(),
            };
            Some(format!("page {person} {method} ({why})"))
        }
        PageChange::Repeat(id) => {
            let page = night.ledger.iter().find(|page| page.id == *id)?;
            (night.shown == Shown::All).then(|| format!("page {} {} again", page.person, page.method))
        }
        PageChange::AckedBy(person) => Some(format!("proven by {person}")),
        PageChange::Superseded(walks) => {
            let names = walks.iter().filter_map(|n| {
                let mut all = before.into_iter().chain([next]).flat_map(|incident| &incident.walks);
                all.find(|walk| walk.n == *n).map(|walk| walk.person.to_string())
            });
            Some(format!("no longer page {}", names.collect::<Vec<_>>().join(", ")))
        }
        PageChange::Accepted { .. }
        | PageChange::Failed { .. }
        | PageChange::Folded { .. }
        | PageChange::Carried(_)
        | PageChange::Alone(_)
        | PageChange::Delivered(_)
        | PageChange::Lost { .. } => None,
    }
}

fn event(what: &What, entry: &Entry) -> Option<String> {
    let line = match what {
        What::PageSent(_) | What::PageAccepted(_) | What::IncidentOpened { .. } => return None,
        What::PageFailed { paged, .. } => format!("{} of {} failed", paged.method, paged.person),
        What::Escalated { round, step, why, people, .. } => {
            let people = people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ");
            format!("escalated to round {round} step {step} [{people}]: {why:?}")
        }
        What::Acked { after_seconds, .. } => {
            format!("acked by {} after {} min", entry.actor, after_seconds / 60)
        }
        What::ScheduleGone { schedule, instead } => format!("{schedule} is gone, {instead} instead"),
        What::AskedFor { person, .. } => format!("asked for {person}"),
        What::Snoozed { until } => {
            format!("snoozed by {} until {}", entry.actor, until.with_timezone(&ZONE).format("%H:%M"))
        }
        What::SnoozeOver => "the snooze is over".to_owned(),
        What::RoleChanged { role, person } => format!("{person} is {role}"),
        What::StatusUpdate { text } => format!("update: {text}"),
        What::SeverityChanged { from, to, rule, .. } => format!("{from} -> {to} by {rule}"),
        What::AlertFiring { alertname, .. } => format!("{alertname} fires"),
        What::AlertResolved { alertname, .. } => format!("{alertname} ends"),
        What::Flap { alertname, n_flaps, .. } => format!("{alertname} is back (flap {n_flaps})"),
        What::AckTargetMissed { target_seconds } => {
            format!("ack target of {} min missed", target_seconds / 60)
        }
        What::AskedAboutFiring { n_firing, resolved_by } => {
            format!("asked {resolved_by} about {n_firing} firing")
        }
        What::MergedInto { into, .. } => format!("merged into {into} by {}", entry.actor),
        What::JoinedStorm { umbrella } => format!("under {umbrella}"),
        What::LeftStorm { umbrella } => format!("not under {umbrella} any more"),
        What::StormGrew { n, n_all } => format!("{n} more, {n_all} in all"),
        What::StormOver { n_all, n_open, .. } => format!("storm over, {n_open} of {n_all} open"),
        What::TookIn { incident, n_firing, .. } => format!("took in {incident}: {n_firing} fire"),
        What::Nudged { asked, escalates_at, .. } => {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            let then =
                escalates_at.map(|at| format!(", goes on {}", at.with_timezone(&ZONE).format("%H:%M")));
            format!("nudged {}{}", asked.join(", "), then.unwrap_or_default())
        }
        What::StillOnIt => format!("{} is still on it", entry.actor),
        What::PostmortemDeclined { reason } => format!("{} declined: {reason}", entry.actor),
        What::Resolved { still_firing, .. } => {
            format!("resolved by {}, {still_firing} still firing", entry.actor)
        }
        What::SilenceCreated { n_alerts, .. } => format!("{} silenced {n_alerts}", entry.actor),
        What::SilenceExtended { n, .. } => format!("silence {n} lasts otherwise"),
        What::SilenceEnding { n, .. } => format!("silence {n} ends soon"),
        What::SilenceEnded { n, n_firing, .. } => format!("silence {n} is over, {n_firing} still firing"),
        What::Muted { .. } => "all is silenced".to_owned(),
        What::Unmuted { .. } => "not all is silenced any more".to_owned(),
        What::ActionAdded { n, owner, due, .. } => format!("action {n} for {owner} until {due}"),
        What::ActionDone { n, .. } => format!("action {n} done by {}", entry.actor),
        What::PostmortemAwaited { person, .. } => {
            format!("post-mortem awaited from {}", person.as_ref().map_or("nobody", PersonId::as_str))
        }
        What::PostmortemOverdue { person, .. } => {
            format!("post-mortem of {} overdue", person.as_ref().map_or("nobody", PersonId::as_str))
        }
        What::RunbookFeedback { question, answer } => {
            format!("{} says {answer:?} to {question:?}", entry.actor)
        }
        What::ChannelOpened { .. }
        | What::ChannelBack { .. }
        | What::ChannelLost { .. }
        | What::ChannelRenamed { .. }
        | What::ChannelArchived { .. }
        | What::NotInvited { .. }
        | What::PageFolded { .. }
        | What::PageCarried { .. }
        | What::PageAlone { .. }
        | What::Note { .. }
        | What::MessageNoted { .. }
        | What::MessageEdited { .. }
        | What::MessageDeleted { .. }
        | What::Monitoring
        | What::KeptOpen
        | What::Reopened { .. }
        | What::Closed
        | What::PostmortemPublished
        | What::PostmortemDrafted => what.kind().to_owned(),
    };
    Some(line)
}

fn effect(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Shout { what: Shout::Unanswered(round) } => Some(format!("shout: round {round} passed")),
        Effect::Shout { what: Shout::AllHands } => Some("shout: all hands".to_owned()),
        Effect::OpenChannel => Some("open channel".to_owned()),
        Effect::TellAdmins { what: Warning::NobodyToPage { policy, step, .. } } => {
            Some(format!("admins: nobody to page, {policy} step {step}"))
        }
        Effect::TellAdmins { what: Warning::NobodyRelieves { paged, next, .. } } => {
            Some(format!("admins: nobody relieves {paged:?}, next {next:?}"))
        }
        Effect::TellAdmins { what: Warning::ScheduleGone { schedule, .. } } => {
            Some(format!("admins: schedule {schedule} is gone"))
        }
        Effect::TellAdmins { what: Warning::PersonUnreachable { person, .. } } => {
            Some(format!("admins: {person} cannot be reached"))
        }
        Effect::RemindReviewer { person } => Some(format!("remind {person} of the post-mortem")),
        Effect::RemindOwner { item } => Some(format!("remind the owner of action {item}")),
        Effect::DraftPostmortem => Some("draft post-mortem".to_owned()),
        _ => None,
    }
}
