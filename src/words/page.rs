//! What a page says: first what is wrong, then what to do, for somebody who was asleep a moment ago.

use crate::domain::escalation::Target;
use crate::domain::incident::{Ack, Incident, State};
use crate::domain::page::{Cause, Page};
use crate::ids::ScheduleId;
use crate::ports::{RunbookView, View};
use crate::words::folding;
use crate::words::mrkdwn;
use crate::words::saying::{self, PHRASE, line};
use crate::words::storm;
use crate::words::time::humane;

/// So much of one step of a runbook is shown.
const STEP: usize = 500;

/// Whether the same page may have arrived before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// The first time.
    First,
    /// Once more.
    Repeat,
}

/// What a page asks of its reader now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// An answer.
    Answer,
    /// Nothing any more.
    Nothing,
}

/// Whether the page still wants its reader's answer.
pub fn asks(view: &View, row: &Page) -> Asks {
    let is_open = row.acked.is_none() && row.superseded.is_none();
    match &view.incident.state {
        State::Triggered => Asks::Answer,
        State::Acknowledged(_) if is_open => Asks::Answer,
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            Asks::Nothing
        }
    }
}

/// What a locked screen shows.
pub fn notification(view: &View, row: &Page, sending: Sending) -> String {
    let incident = &view.incident;
    let prefix = match (&incident.state, asks(view, row), sending) {
        (_, Asks::Answer, Sending::Repeat) => "Repeat: ",
        (_, Asks::Answer, Sending::First) if row.cause == Cause::Back => "It is back: ",
        (_, Asks::Answer, Sending::First) if row.cause == Cause::SnoozeOver => "The snooze is over: ",
        (_, Asks::Answer, Sending::First) if row.cause == Cause::Joined && incident.storm.is_some() => {
            "More in the storm: "
        }
        (_, Asks::Answer, Sending::First) if row.cause == Cause::Joined => "Another service: ",
        (_, Asks::Answer, Sending::First) => "",
        (State::Monitoring { .. }, ..) => "Cleared: ",
        (State::Closed { .. }, ..) if incident.merged_into.is_some() => "Merged: ",
        (State::Resolved { .. } | State::Closed { .. }, ..) => "Resolved: ",
        (State::Triggered | State::Acknowledged(_), ..) => "Acknowledged: ",
    };
    let mut parts = vec![incident.severity().to_string(), saying::title(view)];
    parts.extend(saying::place(view));
    parts.push(incident.id.to_string());
    let n_more = folding::with(view, row).len();
    if n_more > 0 {
        parts.push(folding::and_more(n_more));
    }
    format!("{prefix}{}", parts.join(" · "))
}

/// The first lines: how bad, what, where, since when, and where it stands once somebody has it.
pub fn opening(view: &View, row: &Page, sending: Sending) -> String {
    let mut lines = vec![saying::headline(view), saying::whereabouts(view)];
    match (asks(view, row), sending) {
        (Asks::Answer, Sending::Repeat) => {
            lines.push(":repeat: *Repeat* of a page that you may have seen.".to_owned());
        }
        (Asks::Answer, Sending::First) | (Asks::Nothing, _) => {}
    }
    match &view.incident.state {
        State::Triggered if row.cause == Cause::SnoozeOver => {
            lines.extend(view.incident.last_ack.as_ref().map(|ack| snooze_over(view, ack)));
            lines.extend(saying::muted(view));
        }
        State::Triggered => lines.extend(saying::muted(view)),
        State::Acknowledged(ack) if row.cause == Cause::Back => lines.push(back(view, ack)),
        State::Acknowledged(ack) if row.cause == Cause::SnoozeOver => lines.push(snooze_over(view, ack)),
        State::Acknowledged(ack) if row.cause == Cause::Joined => lines.push(joined(view, ack)),
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            lines.push(saying::standing(view));
        }
    }
    lines.join("\n")
}

fn back(view: &View, ack: &Ack) -> String {
    let began = view.children.iter().map(|child| child.alert.starts_at).max();
    let since = began.map(|at| format!(" since {}", saying::clock(at))).unwrap_or_default();
    format!(
        "*It is back*{since}. {} acknowledged it at {}.",
        saying::actor(view, &ack.by),
        saying::clock(ack.at)
    )
}

fn snooze_over(view: &View, ack: &Ack) -> String {
    format!(
        "*The snooze is over.* {} acknowledged it at {}.",
        saying::actor(view, &ack.by),
        saying::clock(ack.at)
    )
}

fn joined(view: &View, ack: &Ack) -> String {
    if let Some(storm) = &view.incident.storm {
        return format!(
            "*{}.* {} acknowledged it at {}.",
            storm::joined_since(storm),
            saying::actor(view, &ack.by),
            saying::clock(ack.at)
        );
    }
    let services: Vec<String> =
        view.incident.services.iter().map(|service| line(service.as_str(), PHRASE)).collect();
    let by = saying::actor(view, &ack.by);
    format!(
        "*Another service is affected*: {}. {by} acknowledged it at {}.",
        services.join(", "),
        saying::clock(ack.at)
    )
}

/// Why this person, and what happens next unless they answer.
pub fn outlook(view: &View, row: &Page) -> String {
    let because = match &row.cause {
        Cause::Ladder(schedule) => {
            let again = match row.round {
                0 | 1 => String::new(),
                // Rounds begin anew for other reasons too: it has become worse, or is open again.
                round if view.incident.last_ack.is_some() => format!(" This is round {round}."),
                round => format!(" This is round {round}: nobody has answered so far."),
            };
            format!("{}{again}", standing(view, row, schedule))
        }
        Cause::SnoozeOver => "You are paged because you had it.".to_owned(),
        Cause::Back | Cause::Joined => "You are paged because you have it.".to_owned(),
        Cause::Commander(_) => {
            format!("You are the incident commander: every {} wants one.", view.incident.severity())
        }
        Cause::Asked { message } => {
            let message = message.as_ref().map(|text| format!(" They say: {}", line(text, 2 * PHRASE)));
            format!("Somebody asked for you.{}", message.unwrap_or_default())
        }
    };
    match view.incident.state {
        State::Triggered => format!("{} {because}", saying::next(view)),
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            because
        }
    }
}

/// As whom this person is paged, in words.
fn standing(view: &View, row: &Page, schedule: &ScheduleId) -> String {
    let name = |schedule: &ScheduleId| line(schedule.as_str(), PHRASE);
    match view.as_whom(row) {
        Some(Target::Primary) => format!("You are the primary on-call of {}.", name(schedule)),
        Some(Target::Secondary) => format!("You are the secondary on-call of {}.", name(schedule)),
        Some(Target::Schedule(other)) => format!("You are the primary on-call of {}.", name(&other)),
        Some(Target::Role(role)) => {
            format!("You are paged as {}.", line(&role.as_str().replace('_', " "), PHRASE))
        }
        Some(Target::Person(_)) | None => format!("You are paged for {}.", name(schedule)),
    }
}

/// The runbook's first steps; `None` when there are none.
pub fn first_steps(runbook: &RunbookView) -> Option<String> {
    let part = |name: &str, steps: &[String]| {
        let numbered = steps.iter().zip(1..).map(|(step, n)| {
            let step = mrkdwn::escape_with_code(&cut(step.trim(), STEP));
            format!("{n}. {step}")
        });
        let lines: Vec<String> = numbered.collect();
        (!lines.is_empty()).then(|| format!("*{name}*\n{}", lines.join("\n")))
    };
    let parts: Vec<String> = [part("Diagnosis", &runbook.diagnosis), part("Resolution", &runbook.resolution)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The latest incidents of the same alert and service; `None` when there were none.
pub fn alike(view: &View) -> Option<String> {
    let lines: Vec<String> = view.alike.iter().map(one_alike).collect();
    (!lines.is_empty()).then(|| format!("*Before*\n{}", lines.join("\n")))
}

fn one_alike(earlier: &Incident) -> String {
    // Not how long ago: a message whose text changes by itself is edited for ever.
    let opened = mrkdwn::date(earlier.opened_at);
    let lasted = match earlier.merged_into {
        Some(into) => Some(format!(", part of {into}")),
        None => earlier.resolved_at().map(|end| format!(", lasted {}", humane(end - earlier.opened_at))),
    };
    let said = earlier.summary.as_deref().map(|text| line(text, PHRASE)).filter(|text| !text.is_empty());
    format!(
        "• {} · {} · {opened}{}{}",
        earlier.id,
        earlier.severity(),
        lasted.unwrap_or_default(),
        said.map(|text| format!(": {text}")).unwrap_or_default(),
    )
}

/// The whole page as plain text, for when Slack does not take its looks.
pub fn plain(view: &View, row: &Page, sending: Sending, command: &str) -> String {
    let mut parts = vec![opening(view, row, sending)];
    if asks(view, row) == Asks::Answer {
        parts.push(format!("Acknowledge: `{} {} ack`", mrkdwn::escape(command), view.incident.id));
        parts.push(outlook(view, row));
    }
    parts.push(saying::why(view));
    let others = folding::with(view, row);
    parts.extend(folding::list(&others));
    for other in others.iter().filter(|other| folding::is_unanswered(other)) {
        parts.push(format!("Acknowledge: `{} {} ack`", mrkdwn::escape(command), other.incident.id));
    }
    parts.join("\n")
}
