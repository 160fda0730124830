//! What one person is told when the working day begins: everything that waited for it and still fires, in one page.
//!
//! Each incident keeps its own ledger row; here is only decided which rows go out together.

use super::incident::{Incident, State};
use super::page::Page;
use super::people::ContactMethod;

/// A ledger row with its incident, as both are now.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The incident.
    pub incident: Incident,
    /// Its row.
    pub page: Page,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// What goes out now, the worst and oldest first.
    pub now: Vec<Item>,
    /// Whether something is clear at present and would have to be sent if it comes back.
    pub waits: bool,
}

/// Of all rows of a digest those that one sending by `method` is about: nobody has answered them, and what they are about still
/// fires. A first sending is about rows that no provider has taken; a repeat is about rows that repeat so often.
pub fn plan(items: Vec<Item>, method: ContactMethod, repeat: u32) -> Plan {
    let matters = |item: &Item| {
        let page = &item.page;
        let is_meant = if repeat == 0 { page.accepted.is_none() } else { page.repeats >= repeat };
        page.method == method && is_meant && page.acked.is_none() && page.superseded.is_none()
    };
    let (clear, mut now): (Vec<Item>, Vec<Item>) = items
        .into_iter()
        .filter(matters)
        .filter(|item| item.incident.state.is_open())
        .partition(|item| matches!(item.incident.state, State::Monitoring { .. }));
    now.sort_by_key(|item| (item.incident.severity(), item.incident.opened_at, item.incident.id));
    Plan { now, waits: repeat == 0 && !clear.is_empty() }
}

#[cfg(test)]
mod tests;
