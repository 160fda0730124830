//! What a page says of the incidents that ring with it: that they are there, which, and that each wants an answer.

use std::cmp::Reverse;

use crate::domain::incident::State;
use crate::domain::page::Page;
use crate::ports::View;
use crate::words::saying;

/// So many are named; the others are counted.
const NAMED: usize = 10;

/// The incidents that ring with this page: those without an answer first, the worst of them first, and of those a storm.
pub fn with(view: &View, row: &Page) -> Vec<View> {
    let mut others: Vec<View> = view
        .folded
        .iter()
        .filter(|other| other.pages.iter().any(|page| page.folded_into.as_ref() == Some(&row.id)))
        .cloned()
        .collect();
    others.sort_by_key(|other| {
        let incident = &other.incident;
        (!is_unanswered(other), incident.severity(), Reverse(incident.storm.is_some()), incident.id)
    });
    others
}

/// Whether nobody has it yet.
pub fn is_unanswered(other: &View) -> bool {
    other.incident.state == State::Triggered
}

/// `and 7 more`.
pub fn and_more(n: usize) -> String {
    format!("and {n} more")
}

/// All of them, a line each; `None` when there are none.
pub fn list(others: &[View]) -> Option<String> {
    if others.is_empty() {
        return None;
    }
    let n_unanswered = others.iter().filter(|other| is_unanswered(other)).count();
    let open = match n_unanswered {
        0 => "Somebody has each of them.",
        _ => "Each wants an answer, and pages again until it has one.",
    };
    let mut lines = vec![format!(":bell: *{}* rang with this. {open}", and_more(others.len()))];
    lines.extend(others.iter().take(NAMED).map(line));
    let n_more = others.len().saturating_sub(NAMED);
    if n_more > 0 {
        lines.push(format!("• {}; `/incident list` shows them", and_more(n_more)));
    }
    Some(lines.join("\n"))
}

fn line(other: &View) -> String {
    let incident = &other.incident;
    let mut parts = saying::place(other);
    parts.push(incident.id.to_string());
    // No signed link: a fresh one each time would make every look at the message an edit.
    parts.extend(saying::channel(&incident.room));
    if !is_unanswered(other) {
        parts.push(saying::state(incident));
    }
    format!("• {} · {}", saying::headline(other), parts.join(" · "))
}

/// What the button says that takes all of them.
pub fn acknowledge_all(n: usize, is_with_this: bool) -> String {
    match (n, is_with_this) {
        (n, true) => format!("Acknowledge all {n}"),
        (1, false) => "Acknowledge the other one".to_owned(),
        (n, false) => format!("Acknowledge the other {n}"),
    }
}

/// What is answered to whoever took them.
pub fn also_taken(others: &[crate::ids::IncidentId]) -> String {
    let ids: Vec<String> = others.iter().map(ToString::to_string).collect();
    match ids.as_slice() {
        [] => String::new(),
        [one] => format!(" With it, {one} has been taken: it pages nobody any more."),
        several => {
            format!(" With it, {} have been taken: they page nobody any more.", several.join(", "))
        }
    }
}
