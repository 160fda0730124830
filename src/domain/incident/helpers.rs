//! Whom people bring in: one person now, or somebody who leads.

use super::Walk;
use super::command::{Refusal, Whom};
use super::people::must_be_open;
use super::timeline::What;
use super::turn::Turn;
use super::walk::{self, Pace};
use crate::domain::effect::Effect;
use crate::domain::page::Cause;
use crate::ids::PersonId;

/// A human asks for people, or for whoever is the primary of a schedule now; each once, and each page ends by its addressee's answer
/// only. One who cannot be paged keeps nobody else asleep: it is refused when nobody can.
pub(super) fn page(turn: &mut Turn<'_>, whom: &[Whom], message: Option<&String>) -> Result<(), Refusal> {
    must_be_open(turn)?;
    let mut paged: Vec<PersonId> = vec![];
    let mut refused = None;
    for one in whom {
        match reachable(turn, one) {
            Ok(person) if paged.contains(&person) => {}
            Ok(person) => {
                let message = message.cloned();
                turn.record(What::AskedFor { person: person.clone(), message: message.clone() });
                walk::page_person(turn, &person, Cause::Asked { message }, None, Pace::AtOnce);
                paged.push(person);
            }
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match refused {
        Some(refusal) if paged.is_empty() => Err(refusal),
        Some(_) | None => {
            turn.invite(paged);
            Ok(())
        }
    }
}

/// Who that is, if they can be paged.
fn reachable(turn: &Turn<'_>, whom: &Whom) -> Result<PersonId, Refusal> {
    let person = match whom {
        Whom::Person(person) => person.clone(),
        Whom::Primary(schedule) => {
            let primary = turn.facts.roster(schedule).and_then(|roster| roster.primary);
            primary.ok_or_else(|| Refusal::NobodyOnCall { schedule: schedule.clone() })?
        }
    };
    let can = turn.facts.house.people.get(&person).is_some_and(|person| !person.working_methods().is_empty());
    if can { Ok(person) } else { Err(Refusal::Unreachable { person }) }
}

/// Somebody leads from now on. Steps that page the commander mean them.
pub(super) fn appoint(turn: &mut Turn<'_>, person: PersonId) -> Result<(), Refusal> {
    must_be_open(turn)?;
    if turn.next.commander.as_ref() == Some(&person) {
        return Ok(());
    }
    // Whoever was woken to lead is relieved.
    let is_relieved = |walk: &Walk| matches!(walk.cause, Cause::Commander(_)) && walk.person != person;
    if walk::end_walks(turn, None, is_relieved) {
        turn.effects.push(Effect::RefreshPages);
    }
    turn.next.commander = Some(person.clone());
    turn.record(What::RoleChanged { role: super::ladder::COMMANDER.into(), person: person.clone() });
    turn.invite(vec![person]);
    Ok(())
}
