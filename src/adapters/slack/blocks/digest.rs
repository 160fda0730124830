//! The direct message of a digest: one line and one button for each incident that waited for the opening.

use super::SlackBlock;
use super::kit::{self, actions, context, section};
use crate::adapters::slack::Message;
use crate::ports::{Several, View};
use crate::words::digest;
use crate::words::page::{Asks, Sending};

/// So many incidents are shown, two blocks each; the others are counted.
const SHOWN: usize = 20;

/// The digest as it should look now.
pub fn digest(several: &Several, sending: Sending) -> Message {
    let text = digest::notification(several, sending);
    let shown = several.views.iter().take(SHOWN).flat_map(one);
    let hidden = several.views.len().saturating_sub(SHOWN);
    let more = (hidden > 0).then(|| context(&digest::more(hidden))).flatten();
    kit::message(&text, section(&digest::opening(several, sending)).into_iter().chain(shown).chain(more))
}

fn one(view: &View) -> impl Iterator<Item = SlackBlock> {
    let asks = view.pages.iter().any(|row| crate::words::page::asks(view, row) == Asks::Answer);
    let button = asks.then(|| actions([Some(kit::acknowledge_named(&view.incident))])).flatten();
    section(&digest::line(view)).into_iter().chain(button)
}
