//! Telephones that ring for what somebody else has, or what is over, are to stop ringing.
//!
//! Derived from what changed, so that no way of ending a page can forget it. Whether a call still rings is not known here;
//! whoever hangs up looks.

use super::timeline::Origin;
use super::turn::Turn;
use super::{Incident, Walk};
use crate::domain::effect::Effect;
use crate::domain::page::Page;
use crate::domain::people::ContactMethod;
use crate::ids::PersonId;

/// At the end of every decision: the calls of pages that an acknowledgement or the end has ended.
pub(super) fn hang_up(turn: &mut Turn<'_>, before: &Incident) {
    if !is_settled(&turn.next) {
        return;
    }
    let has_called =
        |walk: &&Walk| walk.methods.iter().take(walk.n_tried).any(|method| *method == ContactMethod::Voice);
    let is_over = |walk: &&Walk| !turn.next.walks.iter().any(|other| other.n == walk.n);
    let ended = before.walks.iter().filter(is_over).filter(has_called);
    let quiet = ended.filter(|walk| !is_rung(turn, &walk.person) && !is_speaking(turn, &walk.person));
    let effects: Vec<Effect> =
        quiet.map(|walk| Effect::HangUp { page: walk.page_id(before.id, ContactMethod::Voice) }).collect();
    turn.effects.extend(effects);
}

/// A provider took a call, and its page has ended meanwhile.
pub(super) fn was_taken_late(turn: &mut Turn<'_>, page: &Page) {
    let goes_on = turn.next.walks.iter().any(|walk| walk.n == page.walk);
    if page.method == ContactMethod::Voice
        && !goes_on
        && is_settled(&turn.next)
        && !is_rung(turn, &page.person)
    {
        turn.effects.push(Effect::HangUp { page: page.id.clone() });
    }
}

/// Whether somebody has it, or it is over. Until then whoever answers an older call still has the incident by it.
fn is_settled(incident: &Incident) -> bool {
    !incident.state.is_open() || incident.state.ack().is_some()
}

/// Whether they are woken for something else of the same incident.
fn is_rung(turn: &Turn<'_>, person: &PersonId) -> bool {
    turn.next.walks.iter().any(|walk| walk.person == *person)
}

/// Whether it is they who acknowledge, by a key: they hear the answer to that.
fn is_speaking(turn: &Turn<'_>, person: &PersonId) -> bool {
    turn.facts.origin == Origin::Voice && turn.actor.person() == Some(person)
}
