//! What is recorded, as the facts that a draft rests on: each with the number of its event.

use chrono::{DateTime, Duration, Utc};

use crate::domain::action_item::ActionItem;
use crate::domain::incident::child::Child;
use crate::domain::incident::timeline::{Entry, What};
use crate::domain::incident::{Actor, Given, Incident, State};
use crate::domain::page::Page;
use crate::domain::postmortem::{
    Acknowledgement, ActionItem as ActionFact, AlertFact, Event, EventKind, Feedback, IncidentFact, PageFact,
    PageOutcome, Resolution,
};
use crate::engine::evidence::{first, why_so_severe};
use crate::store::timeline::Told;

/// The number of the last event that is so, or of the last of all.
fn last(told: &[Told], is: impl Fn(&What) -> bool) -> i64 {
    let found = told.iter().rev().find(|told| is(&told.entry.what)).or(told.last());
    found.map_or(1, |told| told.entry.seq)
}

fn person(actor: &Actor) -> Option<String> {
    match actor {
        Actor::Bot => None,
        Actor::Person(_) | Actor::Slack(_) | Actor::Token(_) | Actor::PagerDuty(_) | Actor::Source(_) => {
            Some(actor.to_string())
        }
    }
}

pub(super) fn incident_fact(incident: &Incident, told: &[Told]) -> IncidentFact {
    let resolved = incident.resolved_at().map(|at| {
        let seq = last(told, |what| matches!(what, What::Resolved { .. }));
        let by = match &incident.state {
            State::Resolved { by, .. } | State::Closed { by, .. } => person(by),
            State::Triggered | State::Acknowledged(_) | State::Monitoring { .. } => None,
        };
        let how = incident.summary.clone().unwrap_or_else(|| match by {
            Some(_) => "no summary was given".to_owned(),
            None => "the alerts were clear".to_owned(),
        });
        Resolution { at, by, how, seq }
    });
    let severity = why_so_severe(incident, told);
    let service = incident.service.clone().or_else(|| incident.service_shown.clone().map(Into::into));
    IncidentFact {
        id: incident.id,
        title: incident.title.clone(),
        severity: incident.severity(),
        severity_rule: severity.rule,
        severity_reason: severity.reason,
        severity_by: severity.by,
        severity_seq: severity.seq,
        service,
        env: incident.env().map(str::to_owned),
        channel: incident.room.channel.as_ref().map(|channel| channel.name.clone()),
        started_at: incident.started_at,
        opened_at: incident.opened_at,
        opened_seq: first(told, |what| matches!(what, What::IncidentOpened { .. })),
        acked: incident.first_ack.as_ref().map(|ack| {
            let seq = first(told, |what| matches!(what, What::Acked { .. }));
            let after = told.iter().find_map(|told| match told.entry.what {
                What::Acked { after_seconds, .. } => Some(Duration::seconds(after_seconds)),
                _ => None,
            });
            let after = after.unwrap_or(ack.at - incident.opened_at);
            Acknowledgement { at: ack.at, by: ack.by.to_string(), after, seq }
        }),
        resolved,
    }
}

pub(super) fn alert_fact(child: &Child, told: &[Told]) -> AlertFact {
    let alert = &child.alert;
    let beginning = |what: &What| match what {
        What::AlertFiring { fingerprint, starts_at, .. } | What::Flap { fingerprint, starts_at, .. } => {
            (*fingerprint == alert.fingerprint).then_some(*starts_at)
        }
        _ => None,
    };
    let joins = told.iter().find(|told| beginning(&told.entry.what).is_some());
    // The alert itself knows only when it last began.
    let starts_at = told.iter().filter_map(|told| beginning(&told.entry.what)).min();
    AlertFact {
        name: alert.name().unwrap_or("(no name)").to_owned(),
        service: child.service.as_ref().map(ToString::to_string),
        starts_at: starts_at.map_or(alert.starts_at, |first| first.min(alert.starts_at)),
        ends_at: alert.ends_at,
        // What came with a merge began in another incident.
        seq: joins
            .map_or_else(|| first(told, |what| matches!(what, What::TookIn { .. })), |told| told.entry.seq),
    }
}

pub(super) fn event(told: &Told) -> Event {
    let kind = match told.entry.what {
        // What a source or the program notes is nobody's observation.
        What::Note { .. } if !matches!(told.entry.actor, Actor::Source(_) | Actor::Bot) => EventKind::Note,
        What::MessageNoted { text: Some(_), .. } => EventKind::Note,
        What::SeverityChanged { .. } => EventKind::Severity,
        What::Monitoring => EventKind::Clear,
        What::AlertFiring { .. } | What::Flap { .. } | What::Reopened { .. } => EventKind::Fires,
        _ => EventKind::Other,
    };
    let text = match &told.entry.what {
        What::Note { text } | What::MessageNoted { text: Some(text), .. } => text.clone(),
        _ => told.text.clone(),
    };
    Event {
        seq: told.entry.seq,
        at: told.entry.at,
        kind,
        source: told.entry.origin.as_str().to_owned(),
        actor: person(&told.entry.actor),
        text,
    }
}

pub(super) fn action_fact(item: &ActionItem) -> ActionFact {
    ActionFact {
        seq: item.seq,
        text: item.text.clone(),
        owner: Some(item.owner.to_string()),
        due: Some(item.due),
        done_at: item.done.as_ref().map(|done| done.at),
    }
}

pub(super) fn feedback_fact(given: &Given) -> Feedback {
    let Given { question, answer, by, seq } = given;
    Feedback { seq: *seq, question: *question, answer: *answer, by: by.to_string() }
}

pub(super) fn page_fact(page: &Page, told: &[Told]) -> PageFact {
    let is_this = |what: &What| match what {
        What::PageSent(paged)
        | What::PageAccepted(paged)
        | What::PageFailed { paged, .. }
        | What::PageFolded { paged, .. }
        | What::PageCarried { paged, .. }
        | What::PageAlone { paged, .. } => paged.page == page.id,
        _ => false,
    };
    let resolved_by_them = |at: DateTime<Utc>| {
        let by_them = |entry: &Entry| entry.at == at && entry.actor.person() == Some(&page.person);
        let did =
            |is: fn(&What) -> bool| told.iter().any(|told| by_them(&told.entry) && is(&told.entry.what));
        did(|what| matches!(what, What::Resolved { .. })) && !did(|what| matches!(what, What::Acked { .. }))
    };
    let outcome = match page {
        // What failed woke nobody, whoever answered later.
        Page { failed: Some(_), error, .. } => {
            PageOutcome::Failed { why: error.clone().unwrap_or_else(|| "no reason recorded".to_owned()) }
        }
        Page { acked: Some(at), .. } if resolved_by_them(*at) => PageOutcome::AnsweredByResolve { at: *at },
        Page { acked: Some(at), .. } => PageOutcome::Acknowledged { at: *at },
        Page { accepted: Some(_), .. } => PageOutcome::Accepted,
        Page { superseded: Some(_), .. } => PageOutcome::Superseded,
        Page { sent: Some(_), .. } => PageOutcome::Sent,
        _ => PageOutcome::Due,
    };
    PageFact {
        seq: last(told, is_this),
        person: page.person.clone(),
        method: page.method,
        round: page.round,
        step: page.step,
        due_at: page.due,
        sent_at: page.sent,
        outcome,
    }
}
