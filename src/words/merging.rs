//! What is said about a merge: to whoever asked for it, and to whoever still asks something of what was merged away.

use super::answers::{Said, choice, name, refused, state, unknown_incident};
use crate::commands::buttons::Button;
use crate::domain::house::House;
use crate::domain::incident::{Incident, Merged, State};
use crate::ids::{ChannelId, IncidentId};

/// After a merge.
pub fn merged(outcome: &Merged, house: &House) -> Said {
    let (gone, before, kept) = match outcome {
        Merged::Done { gone, kept } => (&gone.incident, &kept.before, &kept.incident),
        Merged::Refused(refusal, incident) => return refused(refusal, incident, house),
        Merged::Unknown(id) => return unknown_incident(*id).into(),
    };
    let channel = kept.room.channel.as_ref().map(|channel| format!(" · <#{}>", channel.id));
    let (was, is) = (before.severity(), kept.severity());
    let rose = if is.is_worse_than(was) { format!(" It rises from {was} to {is}.") } else { String::new() };
    let paging = match &kept.state {
        State::Triggered => " Nobody has acknowledged it, so its paging goes on.",
        State::Acknowledged(_) | State::Monitoring { .. } | State::Resolved { .. } | State::Closed { .. } => {
            ""
        }
    };
    let text = format!(
        "Merged {} into {}{}.{rose} {} is {}.{paging}",
        gone.id,
        name(kept),
        channel.unwrap_or_default(),
        kept.id,
        state(kept, house)
    );
    let takes = matches!(kept.state, State::Triggered).then(|| choice(Button::Acknowledge, kept));
    Said { text, choices: takes.into_iter().collect() }
}

/// Where an incident that was merged away goes on.
pub fn merged_away(
    incident: &Incident,
    into: IncidentId,
    channel: Option<&ChannelId>,
    house: &House,
) -> String {
    let place = channel.map(|channel| format!(" in <#{channel}>")).unwrap_or_default();
    let (id, state) = (incident.id, state(incident, house));
    format!("{id} goes on as *{into}*{place}, nothing was changed here. {id} is {state}.")
}
