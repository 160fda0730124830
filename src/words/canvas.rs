//! The copy of a post-mortem in the canvas of its channel: Markdown, which Slack reads much as others do.

use crate::domain::incident::Incident;
use crate::domain::postmortem::markdown::escape;
use crate::words::mrkdwn::clip;

/// Slack takes a canvas of a megabyte; more is never written.
const LONGEST: usize = 200_000;

/// What the canvas is called.
pub fn title(incident: &Incident) -> String {
    format!("Post-mortem of {} (copy)", incident.id)
}

/// What stands in it. Marks of ours are left out: a canvas shows them as text. `command` is the slash command about incidents.
pub fn text(incident: &Incident, markdown: &str, command: &str) -> String {
    let is_mark = |line: &&str| {
        let line = line.trim();
        line.starts_with("<!--") && line.ends_with("-->")
    };
    let mut lines: Vec<&str> = vec![];
    for line in markdown.lines().filter(|line| !is_mark(line)) {
        let is_second_blank =
            line.trim().is_empty() && lines.last().is_none_or(|last| last.trim().is_empty());
        if !is_second_blank {
            lines.push(line);
        }
    }
    let (id, command) = (incident.id, escape(command));
    format!(
        "> **This is a copy.** What is changed here is lost: write with *Edit* in the channel, or `{command} {id} postmortem`.\n\n{}\n",
        clip(lines.join("\n").trim_end(), LONGEST)
    )
}
