//! Action items of an incident: people write them down, mostly when it is over, and say when they are done.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::command::Refusal;
use super::timeline::What;
use super::turn::Turn;
use super::{Incident, talk};
use crate::domain::action_item::{ActionItem, Done, MOST, next_reminder};
use crate::domain::effect::Effect;
use crate::domain::house::House;
use crate::ids::PersonId;

impl Incident {
    /// One of its action items.
    pub fn action(&self, n: u32) -> Option<&ActionItem> {
        self.actions.iter().find(|item| item.n == n)
    }
}

/// The zone in which somebody's day is counted.
fn zone_of(owner: &PersonId, house: &House) -> Tz {
    house.people.get(owner).and_then(|person| person.timezone).unwrap_or(house.timezone)
}

/// One more thing to do, whatever state the incident is in.
pub(super) fn add(turn: &mut Turn<'_>, owner: PersonId, due: NaiveDate, text: String) -> Result<(), Refusal> {
    let so_far = turn.next.actions.len();
    if so_far >= MOST {
        return Err(Refusal::TooManyActions { id: turn.next.id });
    }
    let n = u32::try_from(so_far + 1).unwrap_or(u32::MAX);
    let remind_at = next_reminder(due, zone_of(&owner, turn.facts.house), turn.facts.now);
    turn.record(What::ActionAdded { n, owner: owner.clone(), due, text: text.clone() });
    let seq = turn.next.n_events;
    turn.next.actions.push(ActionItem { n, seq, owner, due, text, done: None, remind_at });
    talk::redraft(turn);
    Ok(())
}

/// It is done; once more changes nothing.
pub(super) fn done(turn: &mut Turn<'_>, n: u32) -> Result<(), Refusal> {
    let done = Done { by: turn.actor.clone(), at: turn.facts.now };
    let missing = Refusal::NoSuchAction { id: turn.next.id, n };
    let item = turn.next.actions.iter_mut().find(|item| item.n == n).ok_or(missing)?;
    if item.done.is_some() {
        return Ok(());
    }
    item.done = Some(done);
    item.remind_at = None;
    let (owner, text) = (item.owner.clone(), item.text.clone());
    turn.record(What::ActionDone { n, owner, text });
    talk::redraft(turn);
    Ok(())
}

/// Owners are reminded of what is due: once, however late it is.
pub(super) fn wake(turn: &mut Turn<'_>) {
    let (now, house) = (turn.facts.now, turn.facts.house);
    for item in turn.next.actions.iter_mut().filter(|item| item.done.is_none()) {
        if item.remind_at.is_some_and(|at| at <= now) {
            item.remind_at = next_reminder(item.due, zone_of(&item.owner, house), now);
            turn.effects.push(Effect::RemindOwner { item: item.n });
        }
    }
}
