//! The line in the announcement channel. For an incident whose place is the thread under it, it can do more.

use super::SlackBlock;
use super::kit::{self, Look, actions, context, section};
use super::links::{self, links};
use crate::adapters::slack::Message;
use crate::commands::buttons::Button;
use crate::domain::effect::Shout;
use crate::domain::house::ChannelWhen;
use crate::domain::incident::State;
use crate::ports::View;
use crate::words::announcement::{self, Posting};
use crate::words::saying;

/// The line as it should look now.
pub fn announcement(view: &View, posting: Posting) -> Message {
    let line = announcement::announcement(view, posting);
    let rest = if thread_is_the_place(view) {
        vec![
            context(&saying::why(view)),
            section(&saying::fires(view)),
            buttons(view),
            context(&saying::standing(view)),
        ]
    } else {
        vec![]
    };
    kit::message(&line, section(&line).into_iter().chain(rest.into_iter().flatten()))
}

fn thread_is_the_place(view: &View) -> bool {
    let room = &view.incident.room;
    let settings = view.house.means(view.incident.severity());
    let is_public = !view.incident.privacy.is_private();
    is_public && room.channel.is_none() && !room.channel_wanted && settings.channel == ChannelWhen::OnDemand
}

fn buttons(view: &View) -> Option<SlackBlock> {
    let incident = &view.incident;
    let asked: &[(Button, Look)] = match &incident.state {
        State::Triggered => &[
            (Button::Acknowledge, Look::Primary),
            (Button::Resolve, Look::Plain),
            (Button::OpenChannel, Look::Plain),
        ],
        State::Acknowledged(_) => &[(Button::Resolve, Look::Plain), (Button::OpenChannel, Look::Plain)],
        State::Monitoring { .. } if incident.kept_open => &[(Button::Resolve, Look::Primary)],
        State::Monitoring { .. } => &[(Button::Resolve, Look::Primary), (Button::KeepOpen, Look::Plain)],
        State::Resolved { .. } => &[(Button::Reopen, Look::Plain)],
        State::Closed { .. } => &[],
    };
    let links = links(view);
    let asked = asked.iter().map(|(button, look)| kit::ask(*button, incident, *look));
    actions(asked.chain(links.iter().map(|link| Some(kit::link(link)))))
}

/// A whole round of paging passed unanswered: whoever reads it can take it.
pub fn shout(view: &View, what: Shout) -> Message {
    let text = announcement::shout(view, what);
    let buttons = match view.incident.state {
        State::Triggered => {
            let take = kit::ask(Button::Acknowledge, &view.incident, Look::Primary);
            let channel = links::channel(view).filter(|_| !view.incident.privacy.is_private());
            actions([take, channel.map(|link| kit::link(&link))])
        }
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            None
        }
    };
    kit::message(&text, section(&text).into_iter().chain(buttons))
}
