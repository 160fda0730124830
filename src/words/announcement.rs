//! The line in the announcement channel, and the shout when nobody answers.

use crate::domain::incident::State;
use crate::domain::severity::Severity;
use crate::ports::View;
use crate::words::{mrkdwn, saying};

/// Whether the line is new; only a new line may call people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// It appears.
    First,
    /// It is edited.
    Edit,
}

/// Whether a new line about such an incident calls everybody who is there.
pub fn calls(severity: Severity) -> bool {
    severity == Severity::P1
}

/// The line: how bad, what, where, where it stands, and where the work goes on.
pub fn announcement(view: &View, posting: Posting) -> String {
    let incident = &view.incident;
    let mut parts = vec![saying::headline(view)];
    parts.extend(saying::place(view));
    parts.push(state(view));
    parts.push(incident.id.to_string());
    match &incident.room.channel {
        Some(channel) => parts.push(mrkdwn::channel(&channel.id)),
        None if incident.room.channel_wanted && incident.state.is_open() => {
            parts.push("channel is being opened".to_owned());
        }
        None => {}
    }
    // An edit calls nobody. It keeps the call that went out, so that the channel's history tells it, and claims no other.
    let called = match posting {
        Posting::First => calls(incident.severity()),
        Posting::Edit => incident.room.called,
    };
    format!("{}{}", if called { "<!here> " } else { "" }, parts.join(" · "))
}

/// The state in a word, with who has it.
fn state(view: &View) -> String {
    match &view.incident.state {
        State::Acknowledged(ack) => format!("acknowledged by {}", saying::actor(view, &ack.by)),
        State::Triggered if view.incident.ack_target_missed => "nobody has acknowledged".to_owned(),
        State::Monitoring { since, .. } => format!("cleared {}", saying::clock(*since)),
        State::Closed { .. } if view.incident.merged_into.is_some() => saying::standing(view),
        State::Triggered | State::Resolved { .. } | State::Closed { .. } => {
            view.incident.state.name().to_owned()
        }
    }
}

/// A whole round of the ladder passed without an answer.
pub fn shout(view: &View, round: u32) -> String {
    let severity = view.incident.severity();
    let call = if matches!(severity, Severity::P1 | Severity::P2) { "<!here> " } else { "" };
    let place =
        view.incident.room.channel.as_ref().map(|channel| format!(" · {}", mrkdwn::channel(&channel.id)));
    let now = match &view.incident.state {
        State::Triggered => format!("Paging starts again. {}", saying::next(view)),
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            saying::standing(view)
        }
    };
    format!(
        "{call}{} · {}{}\n*Nobody answered in round {round} of paging.* {now}",
        saying::headline(view),
        view.incident.id,
        place.unwrap_or_default(),
    )
}
