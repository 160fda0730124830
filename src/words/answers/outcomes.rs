//! What became of what somebody did.

use super::{Said, name, named, person, state, unknown_incident, who};
use crate::commands::buttons::{Button, value};
use crate::domain::effect::Choice;
use crate::domain::house::House;
use crate::domain::incident::{Incident, Outcome, Refusal, State, next_page_at};
use crate::ids::{PersonId, ScheduleId};
use crate::words::counted::counted;
use crate::words::merging::merged_away;
use crate::words::mrkdwn::{date, escape};
use crate::words::saying::InSlack;
use crate::words::timeline::Voice as _;
use crate::words::{actions, silences};

pub(in crate::words) fn refused(refusal: &Refusal, incident: &Incident, house: &House) -> Said {
    match refusal {
        Refusal::Ended { .. } => format!("{} has ended: {}.", incident.id, state(incident, house)).into(),
        Refusal::Merged { into, channel, .. } => merged_away(incident, *into, channel.as_ref(), house).into(),
        Refusal::Private { id } => {
            format!("{id} is private, so it is not merged: whoever is in the other one would read of it.")
                .into()
        }
        Refusal::IntoItself { id } => {
            format!("{id} cannot be merged into itself. Name the one that goes on: `merge INC-7`.").into()
        }
        Refusal::Storm { id } => {
            format!("{id} is the umbrella of a storm: merge the incidents under it one by one.").into()
        }
        Refusal::IsOpen { .. } => format!("{} is open: {}.", incident.id, state(incident, house)).into(),
        Refusal::SeverityMoved { id, saw } => format!(
            "{id} was {saw} when that form was opened, so nothing was changed. It is now {}.",
            state(incident, house)
        )
        .into(),
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
            let alerts = match &incident.storm {
                None => counted(*n, "alert still fires", "alerts still fire"),
                Some(_) => counted(*n, "incident is still open", "incidents are still open"),
            };
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
        Refusal::SilenceSpan => silences::LONGEST.to_owned().into(),
        Refusal::NothingFires { .. } => silences::nothing_fires(incident.id).into(),
        Refusal::SnoozeSpan => "A snooze lasts at most 24 hours. Nothing was changed.".to_owned().into(),
        Refusal::Unreachable { person: id } => {
            format!("{} has no contact method that works, so I cannot page them.", person(id, house)).into()
        }
    }
}

pub(in crate::words) fn choice(button: Button, incident: &Incident) -> Choice {
    Choice {
        label: button.label().to_owned(),
        action: button.action_id().to_owned(),
        value: value(incident.id, incident.epoch),
    }
}

/// The answer to what became of a command: `done` says it when it was carried out, with the incident before and after.
pub(in crate::words) fn said(
    outcome: &Outcome,
    house: &House,
    done: impl Fn(&Incident, &Incident) -> String,
) -> Said {
    match outcome {
        Outcome::Done(handled) => done(&handled.before, &handled.incident).into(),
        Outcome::Refused(refusal, incident) => refused(refusal, incident, house),
        Outcome::Unknown(id) => unknown_incident(*id).into(),
    }
}

/// After a declaration.
pub fn declared(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| {
        let paged = match next_page_at(incident, house) {
            _ if !incident.paged.is_empty() => format!("paging {}", InSlack(house).people(&incident.paged)),
            Some(due) => format!("nobody is paged before {}", date(due)),
            None => "nobody is paged".to_owned(),
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
        Some(ack) if incident.walks.len() < before.walks.len() => {
            let (id, by) = (incident.id, who(&ack.by, house));
            format!(
                "Your page has stopped. {id} is acknowledged by {by} {}.{}",
                date(ack.at),
                snoozed_until(incident)
            )
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

/// Why somebody who was named is not paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPaged {
    /// Nobody, and no schedule, has this name; as a mention or as it was typed.
    Unknown(String),
    /// Nobody is on call by this schedule now.
    NobodyOnCall(ScheduleId),
}

/// After people were asked for: who is paged of those `wanted`, and who is not.
pub fn paged(outcome: &Outcome, wanted: &[PersonId], not_paged: &[NotPaged], house: &House) -> Said {
    let mut answer = escalated(outcome, house);
    let Outcome::Done(handled) = outcome else { return answer };
    let (before, incident) = (&handled.before, &handled.incident);
    let is_paged = |wanted: &PersonId| {
        incident.walks.iter().any(|walk| walk.n > before.n_walks && walk.person == *wanted)
    };
    for unpaged in wanted.iter().filter(|wanted| !is_paged(wanted)) {
        let not = format!("\n*Not paged:* {} has no contact method that works.", person(unpaged, house));
        answer.text.push_str(&not);
    }
    for one in not_paged {
        let why = match one {
            NotPaged::Unknown(name) => {
                format!("{}, who is not in Don't Panic's configuration.", named(name))
            }
            NotPaged::NobodyOnCall(schedule) => {
                format!("nobody is on call by `{}` now.", escape(schedule.as_str()))
            }
        };
        answer.text.extend(["\n*Not paged:* ", &why]);
    }
    answer
}

/// After somebody was appointed commander.
pub fn appointed(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| {
        let name = incident.commander.as_ref().map_or_else(|| "Nobody".to_owned(), |id| person(id, house));
        format!("{name} is the commander of {}.", incident.id)
    })
}

/// After somebody said that they are at work.
pub fn still_on(outcome: &Outcome, house: &House) -> Said {
    said(outcome, house, |_, incident| format!("Good. {} is {}.", incident.id, state(incident, house)))
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
