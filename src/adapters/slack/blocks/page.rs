//! The direct message of a page: on a phone's first screen stand what, where, since when, why, and the button.

use super::SlackBlock;
use super::kit::{self, Look, actions, context, section};
use super::links::{self, links};
use crate::adapters::slack::Message;
use crate::commands::buttons::Button;
use crate::domain::page::Page;
use crate::ports::View;
use crate::words::folding;
use crate::words::page::{self, Asks, Sending};
use crate::words::saying;

/// The page as it should look now.
pub fn page(view: &View, row: &Page, sending: Sending) -> Message {
    let opening = section(&page::opening(view, row, sending));
    let text = page::notification(view, row, sending);
    let others = folding::with(view, row);
    let listed = folding::list(&others).and_then(|others| section(&others));
    let body = match page::asks(view, row) {
        Asks::Answer => vec![
            section(&saying::why(view)),
            listed,
            buttons(view, &others),
            context(&page::outlook(view, row)),
            section(&fires(view)),
            view.runbook.as_ref().and_then(page::first_steps).and_then(|steps| section(&steps)),
            page::alike(view).and_then(|earlier| section(&earlier)),
        ],
        Asks::Nothing => vec![
            context(&saying::why(view)),
            section(&saying::fires(view)),
            listed,
            actions([kit::acknowledge_all(None, &others)]),
            context(&links::in_text(view)),
        ],
    };
    kit::message(&text, opening.into_iter().chain(body.into_iter().flatten()))
}

fn fires(view: &View) -> String {
    let description = saying::description(view).map(|text| format!("\n>{text}")).unwrap_or_default();
    format!("{}{description}", saying::fires(view))
}

/// One tap takes all that the message names; taking this one alone comes second.
fn buttons(view: &View, others: &[View]) -> Option<SlackBlock> {
    let incident = &view.incident;
    let wants_channel = incident.room.channel.is_none() && !incident.room.channel_wanted;
    let channel = match links::channel(view) {
        Some(link) => Some(kit::link(&link)),
        None if wants_channel => kit::ask(Button::OpenChannel, incident, Look::Plain),
        None => None,
    };
    let all = kit::acknowledge_all(Some(incident), others);
    let acknowledge = match all {
        Some(_) => Some(kit::acknowledge_only(incident)),
        None => kit::ask(Button::Acknowledge, incident, Look::Primary),
    };
    let asks =
        [all, acknowledge, kit::ask(Button::Escalate, incident, Look::Plain), channel, kit::runbook(view)];
    actions(asks.into_iter().chain(links(view).iter().map(|link| Some(kit::link(link)))))
}
