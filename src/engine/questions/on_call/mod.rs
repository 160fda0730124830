//! Who is on call, now and in the weeks to come; and how people change it.

mod form;
mod handoff;
mod overriding;
mod report;
mod swapping;

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::Question;
use crate::commands::OnCallAsk;
use crate::domain::effect::Effect;
use crate::domain::incident::timeline::Origin;
use crate::domain::on_call::{self, Override, Schedule};
use crate::engine::Engine;
use crate::engine::people::Caller;
use crate::ids::{PersonId, ScheduleId};
use crate::store::StoreError;
use crate::words::calendar::Whose;
use crate::words::{answers, on_call as words};

/// So many weeks are shown when nobody says how many.
const WEEKS: u32 = 4;

/// What changed in a span of one schedule.
pub(super) struct News<'a> {
    schedule: &'a Schedule,
    before: &'a [Override],
    after: &'a [Override],
    /// The span, UTC.
    span: (DateTime<Utc>, DateTime<Utc>),
}

impl News<'_> {
    fn changes(&self) -> Vec<on_call::Change> {
        on_call::changes(self.schedule, self.before, self.after, self.span.0, self.span.1)
    }
}

impl Engine {
    pub(super) fn who_is_on_call(&self) -> String {
        let rota = self.rota();
        let facts = self.facts(&rota, self.now(), Origin::Slack);
        let rosters: Vec<_> = self
            .settings
            .house
            .schedules
            .keys()
            .filter_map(|schedule| Some((schedule, facts.roster(schedule)?)))
            .collect();
        answers::who_is_on_call(&rosters, &self.settings.house)
    }

    /// The shifts of one schedule, or of all, for so many weeks from now.
    pub(super) fn coming_shifts(&self, schedule: Option<&ScheduleId>, weeks: Option<u32>) -> String {
        let (house, rota) = (&self.settings.house, self.rota());
        let is_asked =
            |id: &ScheduleId| schedule.is_none_or(|asked| asked.as_str().eq_ignore_ascii_case(id.as_str()));
        let (from, weeks) = (self.now(), weeks.unwrap_or(WEEKS));
        let until = from + Duration::weeks(i64::from(weeks));
        let shifts: Vec<_> = house
            .schedules
            .iter()
            .filter(|(id, _)| is_asked(id))
            .map(|(id, schedule)| (id, on_call::shifts(schedule, rota.overrides(), from, until)))
            .collect();
        match schedule {
            Some(unknown) if shifts.is_empty() => words::unknown_schedule(unknown, house),
            _ => answers::coming_shifts(&shifts, weeks, house),
        }
    }

    pub(super) async fn answer_on_call(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        ask: OnCallAsk,
    ) -> Result<(), StoreError> {
        match ask {
            OnCallAsk::OverrideForm => self.ask_who_takes_what(question, caller).await,
            OnCallAsk::Override { who, from, to, schedule } => {
                self.override_span(question, caller, &who, (from, to), schedule.as_ref()).await
            }
            OnCallAsk::Put { wish, over_others } => self.put(question, caller, wish, over_others).await,
            OnCallAsk::Cancel(id) => self.cancel_override(question, caller, id).await,
            OnCallAsk::Take { span, schedule } => {
                self.take_pager(question, caller, span, schedule.as_ref()).await
            }
            OnCallAsk::Swap { who, at, schedule } => {
                self.ask_for_swap(question, caller, &who, at, schedule.as_ref()).await
            }
            OnCallAsk::Handoff { schedule } => self.post_handoff(question, caller, schedule.as_ref()).await,
            OnCallAsk::Report { month } => self.show_report(question, caller, month).await,
            OnCallAsk::TestPage => self.test_caller(question, caller).await,
            OnCallAsk::GotIt(id) => self.confirm_test(question, caller, id).await,
            OnCallAsk::Calendars => {
                let person = caller.person.as_ref();
                let is_theirs = |whose: &Whose| match whose {
                    Whose::Schedule(_) => true,
                    Whose::Person(other) => person == Some(other),
                };
                let mut calendars = self.calendars().await?;
                calendars.retain(|address| is_theirs(&address.whose));
                let named = calendars.iter().map(|address| (&address.whose, address.url.as_ref()));
                let text = words::calendars(&named.collect::<Vec<_>>());
                self.say(question, text).await
            }
            OnCallAsk::AnswerSwap { which, says } => match self.which_swap(caller, which).await? {
                Ok(id) => self.answer_swap(question, caller, id, says).await,
                Err(text) => self.say(question, text).await,
            },
        }
    }

    /// The schedule that is meant when somebody is to take a span of it: the named one; else the only one whose rotation they
    /// are in, or the default one when that is among them or they are in none.
    ///
    /// # Errors
    /// What to tell whoever asked.
    fn schedule_for(&self, named: Option<&ScheduleId>, person: &PersonId) -> Result<&Schedule, String> {
        let house = &self.settings.house;
        if let Some(named) = named {
            let found = house
                .schedules
                .values()
                .find(|schedule| schedule.id.as_str().eq_ignore_ascii_case(named.as_str()));
            return found.ok_or_else(|| words::unknown_schedule(named, house));
        }
        let theirs: Vec<&Schedule> =
            house.schedules.values().filter(|schedule| schedule.rotation.people.contains(person)).collect();
        let usual = house.schedules.get(&house.default_schedule);
        match (theirs.as_slice(), usual) {
            ([only], _) => Ok(only),
            ([], Some(usual)) => Ok(usual),
            (several, Some(usual)) if several.iter().any(|schedule| schedule.id == usual.id) => Ok(usual),
            _ => Err(words::which_schedule(house)),
        }
    }

    /// What those are told whose shifts changed, but for whoever did it; and who of them cannot be told in Slack.
    fn tell_concerned(&self, news: &News<'_>, caller: &Caller) -> (Vec<Effect>, Vec<PersonId>) {
        let house = &self.settings.house;
        let (changes, by) = (news.changes(), answers::who(&caller.actor(), house));
        let mut concerned: Vec<&PersonId> = changes
            .iter()
            .flat_map(|change| [change.before.as_ref(), change.after.as_ref()])
            .flatten()
            .filter(|person| caller.person.as_ref() != Some(person))
            .collect();
        concerned.sort();
        concerned.dedup();
        let (mut effects, mut out_of_reach) = (vec![], vec![]);
        for person in concerned {
            let theirs: Vec<on_call::Change> = changes
                .iter()
                .filter(|change| {
                    change.before.as_ref() == Some(person) || change.after.as_ref() == Some(person)
                })
                .cloned()
                .collect();
            match house.people.get(person).and_then(|person| person.slack.clone()) {
                Some(user) => {
                    let text = words::concerns(person, &news.schedule.id, &theirs, &by, house);
                    effects.push(Effect::Tell { user, text, choices: vec![] });
                }
                None => out_of_reach.push(person.clone()),
            }
        }
        (effects, out_of_reach)
    }

    /// Who is on call now in the span that changed.
    fn standing(&self, news: &News<'_>) -> String {
        let shifts = on_call::shifts(news.schedule, news.after, news.span.0, news.span.1);
        words::standing(&news.schedule.id, &shifts, news.span, &self.settings.house)
    }
}
