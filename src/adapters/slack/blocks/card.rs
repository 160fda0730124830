//! The pinned card of an incident's channel.

use super::SlackBlock;
use super::kit::{self, Look, actions, context, fields, section};
use super::links::{self, links};
use crate::adapters::slack::Message;
use crate::commands::buttons::Button;
use crate::domain::incident::{Incident, State};
use crate::ports::View;
use crate::words::{card, saying};

/// The card as it should look now.
pub fn card(view: &View) -> Message {
    let next = match view.incident.state {
        State::Triggered => Some(saying::next(view)),
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            None
        }
    };
    let blocks = [
        section(&card::opening(view)),
        buttons(view),
        next.and_then(|next| context(&next)),
        fields(&card::fields(view)),
        section(&saying::why(view)),
        section(&saying::fires(view)),
        card::runbook(view).and_then(|runbook| section(&runbook)),
        card::ledger(view).and_then(|ledger| section(&ledger)),
    ];
    kit::message(&card::notification(view), blocks.into_iter().flatten())
}

/// What can be asked for in the present state, the likeliest first.
pub(super) fn asks(incident: &Incident) -> &'static [(Button, Look)] {
    match &incident.state {
        State::Triggered => &[
            (Button::Acknowledge, Look::Primary),
            (Button::Escalate, Look::Plain),
            (Button::Resolve, Look::Plain),
        ],
        State::Acknowledged(_) => &[
            (Button::Resolve, Look::Plain),
            (Button::ResolveWithSummary, Look::Plain),
            (Button::Escalate, Look::Plain),
        ],
        State::Monitoring { .. } if incident.kept_open => {
            &[(Button::Resolve, Look::Primary), (Button::ResolveWithSummary, Look::Plain)]
        }
        State::Monitoring { .. } => &[
            (Button::Resolve, Look::Primary),
            (Button::ResolveWithSummary, Look::Plain),
            (Button::KeepOpen, Look::Plain),
        ],
        State::Resolved { .. } => &[(Button::Postmortem, Look::Primary), (Button::Reopen, Look::Plain)],
        State::Closed { .. } if incident.merged_into.is_some() => &[],
        State::Closed { .. } => &[(Button::Postmortem, Look::Plain)],
    }
}

fn buttons(view: &View) -> Option<SlackBlock> {
    let incident = &view.incident;
    let asked = asks(incident).iter().map(|(button, look)| kit::ask(*button, incident, *look));
    let links: Vec<_> = links::goes_on(view).into_iter().chain(links(view)).chain(links::own(view)).collect();
    actions(asked.chain([kit::runbook(view)]).chain(links.iter().map(|link| Some(kit::link(link)))))
}
