//! What is over, and what can still be done with it.

use url::Url;

use super::{Said, said, show_with_page, state};
use crate::commands::INCIDENT;
use crate::domain::house::House;
use crate::domain::incident::{Incident, Next, Outcome, Refusal, Walk};
use crate::ids::PersonId;
use crate::words::mrkdwn::{date, escape};
use crate::words::saying::InSlack;
use crate::words::timeline::Voice as _;

/// The commands that are of use when an incident is over.
const OF_USE: [&str; 4] = ["reopen", "postmortem", "action", "note"];

/// The next thing to type when something is refused because the incident is over; `None` when it is refused for something else, or
/// goes on as another one. `slash` is the command about incidents.
fn way_on(refusal: &Refusal, incident: &Incident, slash: &str) -> Option<String> {
    let is_over = matches!(refusal, Refusal::Ended { .. }) && incident.merged_into.is_none();
    is_over.then(|| format!("Is it not over? `{} {} reopen`", escape(slash), incident.id))
}

/// An answer with the next thing to type under it, when it is refused because the incident is over.
pub fn with_way_on(mut said: Said, refused: Option<(&Refusal, &Incident)>, slash: &str) -> Said {
    if let Some(way) = refused.and_then(|(refusal, incident)| way_on(refusal, incident, slash)) {
        said.text.extend([" ", &way]);
    }
    said
}

/// One incident with a link to its page, and, when it is over, what can be done with it.
pub fn show_with_ways(incident: &Incident, house: &House, page: Option<&Url>, slash: &str) -> String {
    let shown = show_with_page(incident, house, page);
    if incident.state.is_open() || incident.merged_into.is_some() {
        return shown;
    }
    let (slash, id) = (escape(slash), incident.id);
    let of_use = INCIDENT.iter().filter(|word| OF_USE.contains(&word.name));
    let ways = of_use.map(|word| format!("`{slash} {id} {}`  {}", word.usage, word.help));
    format!("{shown}\n{}", ways.collect::<Vec<_>>().join("\n"))
}

/// After it was opened again: who is paged, and who is next. `next` is what its ladders do by themselves.
pub fn reopened(outcome: &Outcome, next: Option<&Next>, house: &House) -> Said {
    said(outcome, house, |before, incident| {
        let is_new = |walk: &&Walk| walk.n > before.n_walks;
        let paged: Vec<PersonId> =
            incident.walks.iter().filter(is_new).map(|walk| walk.person.clone()).collect();
        let now = match paged.as_slice() {
            [] => "Nobody is paged now.".to_owned(),
            paged => format!("Paging {} now.", InSlack(house).people(paged)),
        };
        let next = match next {
            Some(next) if next.people.is_empty() => {
                format!("The ladder goes on {}; nobody is on that step now.", date(next.at))
            }
            Some(next) => {
                format!(
                    "Next: {} {} unless acknowledged.",
                    InSlack(house).people(&next.people),
                    date(next.at)
                )
            }
            None => "Nobody else is paged by itself.".to_owned(),
        };
        format!("{} is open again: {}. {now} {next}", incident.id, state(incident, house))
    })
}
