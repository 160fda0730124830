//! Somebody asks for people by name: all of them are woken, and whoever is not is named.

use std::sync::Arc;

use super::Question;
use crate::commands::Who;
use crate::domain::house::House;
use crate::domain::incident::command::Whom;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command, Outcome};
use crate::engine::Engine;
use crate::engine::handle::Settles;
use crate::ids::{IncidentId, PersonId};
use crate::store::StoreError;
use crate::words::answers::{self, NotPaged};

impl Engine {
    /// Pages whoever is known of these. Nobody sleeps on because another name was mistyped.
    pub(super) async fn page_people(
        self: &Arc<Self>,
        question: Question,
        (id, by): (IncidentId, Actor),
        mut who: Vec<Who>,
        mut message: Option<String>,
    ) -> Result<(), StoreError> {
        if let Some(more) = message.as_deref().and_then(|message| self.only_names(message)) {
            who.extend(more);
            message = None;
        }
        let (mut whom, mut not_paged): (Vec<Whom>, Vec<NotPaged>) = (vec![], vec![]);
        for one in &who {
            match self.find_whom(one) {
                Ok(known) => whom.push(known),
                Err(unknown) => not_paged.push(NotPaged::Unknown(unknown)),
            }
        }
        if let ([], [NotPaged::Unknown(first), ..]) = (whom.as_slice(), not_paged.as_slice()) {
            let text = answers::unknown_target(first, &self.settings.house);
            return self.say(question, text).await;
        }
        let wanted = self.wanted(&whom, &mut not_paged);
        let words =
            move |outcome: &Outcome, house: &House| answers::paged(outcome, &wanted, &not_paged, house);
        let on_behalf = self.on_behalf(question, words);
        let command = Command::Page { by, whom, message };
        self.carry_out(id, command, Origin::Slack, Settles::Letter(on_behalf)).await.map(drop)
    }

    /// The people meant by these, as far as they can be told now; a schedule by which nobody is on call is not paged.
    fn wanted(&self, whom: &[Whom], not_paged: &mut Vec<NotPaged>) -> Vec<PersonId> {
        let rota = self.rota();
        let facts = self.facts(&rota, self.now(), Origin::Slack);
        let mut wanted = vec![];
        for one in whom {
            match one {
                Whom::Person(person) => wanted.push(person.clone()),
                Whom::Primary(schedule) => match facts.roster(schedule).and_then(|roster| roster.primary) {
                    Some(person) => wanted.push(person),
                    None => not_paged.push(NotPaged::NobodyOnCall(schedule.clone())),
                },
            }
        }
        wanted
    }

    /// The names in a text that holds nothing else: `bob alice`, typed without mentions, is two people and no message to one.
    fn only_names(&self, text: &str) -> Option<Vec<Who>> {
        let words =
            text.split([' ', ',', '\n']).filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("and"));
        let names: Vec<Who> = words.map(|word| Who::Name(word.trim_start_matches('@').to_owned())).collect();
        let all_known = !names.is_empty() && names.iter().all(|name| self.find_whom(name).is_ok());
        all_known.then_some(names)
    }

    /// Whom somebody means.
    fn find_whom(&self, who: &Who) -> Result<Whom, String> {
        match (self.find_person(who), self.find_schedule(who)) {
            (Ok(person), _) => Ok(Whom::Person(person)),
            (Err(_no_person), Some(schedule)) => Ok(Whom::Primary(schedule)),
            (Err(unknown), None) => Err(unknown),
        }
    }
}
