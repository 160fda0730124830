//! The line in the announcement channel, and the shout when nobody answers.

use crate::domain::effect::Shout;
use crate::domain::incident::{Called, State};
use crate::domain::severity::Severity;
use crate::ports::View;
use crate::words::saying;

/// Whether the line is new; only a new line may call people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// It appears; only the first of all calls people, one in the place of a deleted line does not.
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
    let mut parts = vec![saying::headline_for_all(view)];
    if !incident.privacy.is_private() {
        parts.extend(saying::place(view));
    }
    parts.push(state(view));
    parts.push(incident.id.to_string());
    let room = &incident.room;
    if room.channel.is_none() && room.channel_wanted && incident.state.is_open() {
        parts.push("channel is being opened".to_owned());
    }
    parts.extend(channel(view));
    // An edit calls nobody. It keeps the call that went out, so that the channel's history tells it, and claims no other.
    let called = match posting {
        Posting::First => room.called == Called::Never && calls(incident.severity()),
        Posting::Edit => room.called == Called::InThisLine,
    };
    format!("{}{}", if called { "<!here> " } else { "" }, parts.join(" · "))
}

/// Where the work goes on. The name of a private channel says what its incident is about.
fn channel(view: &View) -> Option<String> {
    saying::channel(&view.incident.room).filter(|_| !view.incident.privacy.is_private())
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

/// What is told by a message of its own.
pub fn shout(view: &View, what: Shout) -> String {
    let severity = view.incident.severity();
    let call = if matches!(severity, Severity::P1 | Severity::P2) { "<!here> " } else { "" };
    let place = channel(view).map(|channel| format!(" · {channel}"));
    let now = match &view.incident.state {
        State::Triggered if what == Shout::AllHands => saying::next(view),
        State::Triggered => format!("Paging starts again. {}", saying::next(view)),
        // How it was resolved is nobody's business who must not even know what it is.
        _ if view.incident.privacy.is_private() => state(view),
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            saying::standing(view)
        }
    };
    let what = match what {
        Shout::AllHands => format!("It is {severity} now: all hands, please."),
        Shout::Unanswered(round) => format!("Nobody answered in round {round} of paging."),
    };
    format!(
        "{call}{} · {}{}\n*{what}* {now}",
        saying::headline_for_all(view),
        view.incident.id,
        place.unwrap_or_default(),
    )
}
