//! One event of the timeline as the channel sees it, with what can still be done about it.

use super::SlackBlock;
use super::answer::{answer, goes_on, nudge, said, still_firing};
use super::kit::{self, actions, section};
use crate::adapters::slack::Message;
use crate::commands::buttons::{self, Button};
use crate::domain::action_item::ActionItem;
use crate::domain::incident::timeline::{Entry, What};
use crate::ids::IncidentId;
use crate::ports::View;
use crate::words;

/// The event as it should look now.
pub fn event(view: &View, entry: &Entry) -> Message {
    let sentence = || words::timeline::say(entry, &words::saying::InSlack(&view.house));
    match &entry.what {
        What::AskedAboutFiring { resolved_by, .. } => {
            still_firing(view, &words::saying::actor(view, resolved_by), &sentence())
        }
        What::Nudged { .. } => nudge(view, &sentence()),
        What::MergedInto { .. } => goes_on(view, &sentence()),
        What::SilenceCreated { n, until, .. }
        | What::SilenceExtended { n, until }
        | What::SilenceEnding { n, until, .. } => {
            answer(&sentence(), &words::silences::buttons(view.incident.id, *n, *until))
        }
        What::ActionAdded { n, .. } => match view.incident.action(*n) {
            Some(item) => reminder(view, item, &words::actions::in_channel(view, item)),
            None => said(&sentence()),
        },
        _ => said(&sentence()),
    }
}

/// What is said about an action item, and the button that says it is done, unless it is.
pub fn reminder(view: &View, item: &ActionItem, text: &str) -> Message {
    kit::message(text, section(text).into_iter().chain(done(view.incident.id, item)))
}

/// The button that says that it is done, unless it is.
pub(super) fn done(incident: IncidentId, item: &ActionItem) -> Option<SlackBlock> {
    let (action, value) = (buttons::done_action(item.n), buttons::done_value(incident, item.n));
    let button = item.done.is_none().then(|| kit::choice(Button::DONE_LABEL, &action, &value)).flatten();
    actions([button])
}
