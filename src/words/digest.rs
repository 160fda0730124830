//! What a digest says: everything that waited for the working day and still fires, a few words each.

use crate::domain::incident::State;
use crate::ports::{Several, View};
use crate::words::counted::counted;
use crate::words::mrkdwn;
use crate::words::page::Sending;
use crate::words::saying;

/// What a locked screen shows.
pub fn notification(several: &Several, sending: Sending) -> String {
    let repeat = if sending == Sending::Repeat { "Repeat: " } else { "" };
    let titles: Vec<String> = several.views.iter().map(saying::title).collect();
    format!("{repeat}{}: {}", count(several.views.len()), titles.join(" · "))
}

fn count(n: usize) -> String {
    counted(n, "incident waited for you", "incidents waited for you")
}

/// The first line.
pub fn opening(several: &Several, sending: Sending) -> String {
    let again = match sending {
        Sending::First => "",
        Sending::Repeat => "\n:repeat: *Repeat* of a page that you may have seen.",
    };
    format!("*{}* outside business hours.{again}", count(several.views.len()))
}

/// One incident: how bad, what, where, since when, and where it stands once somebody has it.
pub fn line(view: &View) -> String {
    let mut lines = vec![saying::headline(view), saying::whereabouts(view)];
    match view.incident.state {
        State::Triggered => {}
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            lines.push(saying::standing(view));
        }
    }
    lines.join("\n")
}

/// How many are not shown.
pub fn more(n: usize) -> String {
    format!("and {n} more; `/incident list` shows them")
}

/// The whole digest as plain text, for when Slack does not take its looks.
pub fn plain(several: &Several, sending: Sending, command: &str) -> String {
    let mut parts = vec![opening(several, sending)];
    for view in &several.views {
        parts.push(format!(
            "{}\nAcknowledge: `{} {} ack`",
            line(view),
            mrkdwn::escape(command),
            view.incident.id
        ));
    }
    parts.join("\n")
}
