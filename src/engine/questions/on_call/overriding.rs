//! Somebody takes a span of a schedule, or does not after all.
//!
//! Decided inside the transaction that stores it, which keeps every other process from changing overrides meanwhile: of
//! two who want the same span one is first, and the other is told who was.

use std::sync::Arc;

use chrono::Duration;

use super::{News, Question};
use crate::commands::on_call::OverOthers;
use crate::commands::{When, Who};
use crate::domain::on_call::{self, Made, Others, Override, Schedule, Unfit};
use crate::engine::Engine;
use crate::engine::people::Caller;
use crate::ids::{OverrideId, PersonId, ScheduleId};
use crate::store::{StoreError, Tx, overrides};
use crate::words::on_call as words;

impl Engine {
    pub(super) async fn override_span(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        who: &Who,
        (from, to): (When, When),
        schedule: Option<&ScheduleId>,
    ) -> Result<(), StoreError> {
        let (zone, now) = (self.zone_of(&question.user).await?, self.now());
        let begins = from.instant(zone, now, now);
        let span = begins.and_then(|begins| Some((begins, to.instant(zone, now, begins)?)));
        match self.wish(who, span, schedule) {
            Ok(wish) => self.put(question, caller, wish, OverOthers::Ask).await,
            Err(text) => self.say(question, text).await,
        }
    }

    /// What is wished, by the names of the configuration.
    ///
    /// # Errors
    /// What to tell whoever asked.
    fn wish(
        &self,
        who: &Who,
        span: Option<(chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>)>,
        schedule: Option<&ScheduleId>,
    ) -> Result<Override, String> {
        let house = &self.settings.house;
        let person = self.find_person(who).map_err(|named| words::unknown_person(&named, house))?;
        let schedule = self.schedule_for(schedule, &person)?.id.clone();
        let (from, to) = span.ok_or_else(words::no_such_time)?;
        Ok(Override { schedule, person, from, to })
    }

    pub(super) async fn take_pager(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        span: Option<Duration>,
        schedule: Option<&ScheduleId>,
    ) -> Result<(), StoreError> {
        let Some(person) = caller.person.clone() else {
            let text = words::unknown_person(&words::by(&caller.user), &self.settings.house);
            return self.say(question, text).await;
        };
        let (from, rota) = (self.now(), self.rota());
        let schedule = match self.schedule_for(schedule, &person) {
            Ok(schedule) => schedule,
            Err(text) => return self.say(question, text).await,
        };
        let rest = on_call::who(schedule, rota.overrides(), from).until;
        let to = span.map_or(Some(rest), |span| from.checked_add_signed(span));
        let Some(to) = to else { return self.say(question, words::no_such_time()).await };
        let wish = Override { schedule: schedule.id.clone(), person, from, to };
        self.put(question, caller, wish, OverOthers::Ask).await
    }

    /// Makes an override if nothing speaks against it, and tells everybody concerned.
    pub(super) async fn put(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        wish: Override,
        over_others: OverOthers,
    ) -> Result<(), StoreError> {
        let (engine, caller) = (self.clone(), caller.clone());
        let others = match over_others {
            OverOthers::Ask => Others::Stand,
            OverOthers::Replace => Others::GiveWay,
        };
        let job = self.db.write("override", move |tx| {
            Box::pin(async move { engine.put_in(tx, &question, &caller, &wish, others).await })
        });
        let has_changed: bool = job.await?;
        self.settled(has_changed).await;
        Ok(())
    }

    /// After a transaction about overrides.
    pub(super) async fn settled(self: &Arc<Self>, has_changed: bool) {
        if has_changed {
            self.rota_changed().await;
        }
        self.after_commit(vec![]);
    }

    async fn put_in(
        &self,
        tx: &mut Tx,
        question: &Question,
        caller: &Caller,
        wish: &Override,
        others: Others,
    ) -> Result<bool, StoreError> {
        overrides::hold(tx).await?;
        let (made, now) = (overrides::standing(tx).await?, self.now());
        let house = &self.settings.house;
        let Some(schedule) = house.schedules.get(&wish.schedule) else {
            let answer = question.reply(words::unknown_schedule(&wish.schedule, house), vec![]);
            self.settle_letter(tx, &question.letter, None, &answer).await?;
            return Ok(false);
        };
        let taken = match on_call::fit(schedule, &made, wish, &caller.actor(), others, now) {
            Ok(taken) => taken,
            Err(why) => {
                let (text, choices) = words::unfit(&why, wish, house);
                let answer = question.reply(text, choices);
                self.settle_letter(tx, &question.letter, None, &answer).await?;
                return Ok(false);
            }
        };
        let id = overrides::make(tx, &taken, &caller.actor(), now).await?;
        let before: Vec<Override> = made.into_iter().map(|made| made.taken).collect();
        let mut after = before.clone();
        after.push(taken.clone());
        let news = News { schedule, before: &before, after: &after, span: (taken.from, taken.to) };
        let (mut effects, out_of_reach) = self.tell_concerned(&news, caller);
        let mut replaced: Vec<PersonId> =
            news.changes().into_iter().filter_map(|change| change.before).collect();
        replaced.sort();
        replaced.dedup();
        let mut text = vec![words::made(id, &taken, &replaced, house), self.standing(&news)];
        text.extend(
            is_foreign(schedule, &taken.person).then(|| words::foreign(&taken.person, &schedule.id, house)),
        );
        let person = house.people.get(&taken.person);
        text.extend(
            person
                .filter(|person| person.working_methods().is_empty())
                .map(|person| words::unreachable(&person.id, house)),
        );
        text.extend(words::tell_yourself(&out_of_reach, house));
        effects.extend(question.reply(text.join("\n"), vec![words::cancel(id)]));
        self.settle_letter(tx, &question.letter, None, &effects).await?;
        Ok(true)
    }

    pub(super) async fn cancel_override(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        id: OverrideId,
    ) -> Result<(), StoreError> {
        let (engine, caller) = (self.clone(), caller.clone());
        let job = self.db.write("cancel override", move |tx| {
            Box::pin(async move { engine.cancel_in(tx, &question, &caller, id).await })
        });
        let has_changed: bool = job.await?;
        self.settled(has_changed).await;
        Ok(())
    }

    async fn cancel_in(
        &self,
        tx: &mut Tx,
        question: &Question,
        caller: &Caller,
        id: OverrideId,
    ) -> Result<bool, StoreError> {
        overrides::hold(tx).await?;
        let (standing, now) = (overrides::standing(tx).await?, self.now());
        let house = &self.settings.house;
        let holds = |made: &&Made| now < made.taken.to;
        let found = standing.iter().filter(holds).find(|made| made.id == id);
        let schedule = found.and_then(|made| house.schedules.get(&made.taken.schedule));
        let Some((made, schedule)) = found.zip(schedule) else {
            let holding: Vec<&Made> = standing.iter().filter(holds).collect();
            let answer = question.reply(words::nothing_to_cancel(id, &holding, house), vec![]);
            self.settle_letter(tx, &question.letter, None, &answer).await?;
            return Ok(false);
        };
        overrides::end(tx, made, now).await?;
        let before: Vec<Override> = standing.iter().map(|made| made.taken.clone()).collect();
        let others = standing.iter().filter(|other| other.id != id);
        let after: Vec<Override> = others.map(|made| made.taken.clone()).collect();
        let span = (made.taken.from.max(now), made.taken.to);
        let news = News { schedule, before: &before, after: &after, span };
        let (mut effects, out_of_reach) = self.tell_concerned(&news, caller);
        let mut text = vec![words::cancelled(made, now, house), self.standing(&news)];
        text.extend(words::tell_yourself(&out_of_reach, house));
        effects.extend(question.reply(text.join("\n"), vec![]));
        self.settle_letter(tx, &question.letter, None, &effects).await?;
        Ok(true)
    }

    /// Why a wish cannot be fulfilled, as far as this process knows, whatever others have arranged.
    ///
    /// # Errors
    /// Why.
    pub(super) fn fits(&self, wish: &Override) -> Result<(), Unfit> {
        let Some(schedule) = self.settings.house.schedules.get(&wish.schedule) else { return Ok(()) };
        let (rota, nobody) = (self.rota(), crate::domain::incident::Actor::Bot);
        on_call::fit(schedule, rota.made(), wish, &nobody, Others::GiveWay, self.now()).map(drop)
    }
}

/// Whether somebody takes no turns in a schedule.
fn is_foreign(schedule: &Schedule, person: &PersonId) -> bool {
    !schedule.rotation.people.contains(person)
}
