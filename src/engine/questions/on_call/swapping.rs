//! Two people exchange shifts: one asks, the other agrees by a button.

use std::sync::Arc;

use super::Question;
use crate::commands::on_call::{Consent, WhichSwap};
use crate::commands::{When, Who};
use crate::domain::effect::Effect;
use crate::domain::on_call::{self, Exchange, NoExchange, Override};
use crate::engine::Engine;
use crate::engine::people::Caller;
use crate::ids::{PersonId, ScheduleId};
use crate::store::swaps::Asked;
use crate::store::{StoreError, Tx, overrides, swaps};
use crate::words::on_call::{self as words, Became};

impl Engine {
    pub(super) async fn ask_for_swap(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        who: &Who,
        at: When,
        schedule: Option<&ScheduleId>,
    ) -> Result<(), StoreError> {
        let zone = self.zone_of(&question.user).await?;
        let exchange =
            match self.wished_exchange(caller, who, &at.instants_within(zone, self.now()), schedule) {
                Ok(exchange) => exchange,
                Err(text) => return self.say(question, text).await,
            };
        let house = &self.settings.house;
        let Some(user) = house.people.get(&exchange.other).and_then(|person| person.slack.clone()) else {
            let others = std::slice::from_ref(&exchange.other);
            let text = words::tell_yourself(others, house).unwrap_or_default();
            return self.say(question, text).await;
        };
        let (engine, id) = (self.clone(), self.next_id());
        let job = self.db.write("ask for swap", move |tx| {
            Box::pin(async move {
                let house = &engine.settings.house;
                swaps::ask(tx, id, &exchange, engine.clocks.wire.now()).await?;
                let (text, choices) = (words::swap_asked(&exchange, house), words::swap_choices(id));
                let mut effects = question.reply(words::swap_sent(&exchange, house), vec![]);
                effects.push(Effect::AskSwap { id, user, text, choices });
                engine.settle_letter(tx, &question.letter, None, &effects).await
            })
        });
        let asked: Result<(), StoreError> = job.await;
        asked?;
        self.after_commit(vec![]);
        Ok(())
    }

    /// What the caller wants to exchange, by the first of these instants at which they are on call.
    fn wished_exchange(
        &self,
        caller: &Caller,
        who: &Who,
        instants: &[chrono::DateTime<chrono::Utc>],
        schedule: Option<&ScheduleId>,
    ) -> Result<Exchange, String> {
        let (house, rota, now) = (&self.settings.house, self.rota(), self.now());
        let unknown = |named: &str| words::unknown_person(named, house);
        let asker: &PersonId = caller.person.as_ref().ok_or_else(|| unknown(&words::by(&caller.user)))?;
        let other = self.find_person(who).map_err(|named| unknown(&named))?;
        let schedule = self.schedule_for(schedule, asker)?;
        // Of a day also when the asker comes on call in it, at whatever hour.
        let day = instants.iter().min().zip(instants.iter().max());
        let day = day.map(|(from, to)| on_call::shifts(schedule, rota.overrides(), *from, *to));
        let own = |shift: &on_call::Shift| shift.primary.as_ref() == Some(asker);
        let begins = day.unwrap_or_default().into_iter().filter(own).map(|shift| shift.start);
        let tried: Vec<Result<Exchange, NoExchange>> = instants
            .iter()
            .copied()
            .chain(begins)
            .map(|at| on_call::exchange(schedule, rota.overrides(), asker, &other, at, now))
            .collect();
        let refused = tried.iter().find_map(|tried| tried.as_ref().err()).cloned();
        match (tried.into_iter().find_map(Result::ok), refused) {
            (Some(exchange), _) => Ok(exchange),
            (None, Some(why)) => Err(words::no_exchange(&why, &schedule.id, &other, house)),
            (None, None) => Err(words::no_such_time()),
        }
    }

    /// Which question somebody answers. The inner error is what to tell them when none or several may be meant.
    pub(super) async fn which_swap(
        &self,
        caller: &Caller,
        which: WhichSwap,
    ) -> Result<Result<i64, String>, StoreError> {
        let of = match which {
            WhichSwap::Numbered(id) => return Ok(Ok(id)),
            WhichSwap::Of(of) => of,
        };
        let house = &self.settings.house;
        let asker = match of.map(|who| self.find_person(&who)).transpose() {
            Ok(asker) => asker,
            Err(named) => return Ok(Err(words::unknown_person(&named, house))),
        };
        let mut open: Vec<Asked> =
            self.db.read("swaps", |tx| Box::pin(async move { swaps::all_open(tx).await })).await?;
        open.retain(|asked| {
            caller.person.as_ref() == Some(&asked.exchange.other)
                && asker.as_ref().is_none_or(|asker| *asker == asked.exchange.asker)
        });
        let mut askers: Vec<PersonId> = open.iter().map(|asked| asked.exchange.asker.clone()).collect();
        askers.sort();
        askers.dedup();
        Ok(match (askers.as_slice(), open.last()) {
            // What somebody asked last is what they want.
            ([_one], Some(latest)) => Ok(latest.id),
            ([], _) | (_, None) => Err(words::NO_SWAP_ASKED.to_owned()),
            (several, _) => Err(words::which_swap(several, &self.settings.oncall_command, house)),
        })
    }

    pub(super) async fn answer_swap(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        id: i64,
        says: Consent,
    ) -> Result<(), StoreError> {
        let (engine, caller) = (self.clone(), caller.clone());
        let job = self.db.write("answer swap", move |tx| {
            Box::pin(async move { engine.answer_swap_in(tx, &question, &caller, id, says).await })
        });
        let has_changed: bool = job.await?;
        self.settled(has_changed).await;
        Ok(())
    }

    async fn answer_swap_in(
        &self,
        tx: &mut Tx,
        question: &Question,
        caller: &Caller,
        id: i64,
        says: Consent,
    ) -> Result<bool, StoreError> {
        overrides::hold(tx).await?;
        let say = |text: &str| question.reply(text.to_owned(), vec![]);
        let house = &self.settings.house;
        let asked = swaps::open(tx, id).await?;
        let schedule = asked.as_ref().and_then(|asked| house.schedules.get(&asked.exchange.schedule));
        let Some((asking, schedule)) = asked.as_ref().zip(schedule) else {
            self.settle_letter(tx, &question.letter, None, &say(words::SWAP_OVER)).await?;
            return Ok(false);
        };
        let asked = &asking.exchange;
        if caller.person.as_ref() != Some(&asked.other) {
            self.settle_letter(tx, &question.letter, None, &say(words::SWAP_NOT_YOURS)).await?;
            return Ok(false);
        }
        swaps::answer(tx, id, self.clocks.wire.now()).await?;
        let asker = house.people.get(&asked.asker).and_then(|person| person.slack.clone());
        let tell_asker = |text: String| asker.map(|user| Effect::Tell { user, text, choices: vec![] });
        if says == Consent::No {
            let mut effects = say(words::SWAP_NO);
            effects.extend(tell_asker(words::swap_declined(asked, house)));
            effects.extend(self.reworded(asking, &Became::Declined));
            self.settle_letter(tx, &question.letter, None, &effects).await?;
            return Ok(false);
        }
        let (standing, now) = (overrides::standing(tx).await?, self.now());
        let mut before: Vec<Override> = standing.into_iter().map(|made| made.taken).collect();
        let exchange = asked.from_now(now);
        let exchange = exchange.filter(|now| on_call::is_still_theirs(schedule, &before, now));
        let Some(exchange) = exchange else {
            let mut effects = say(words::SWAP_STALE);
            effects.extend(tell_asker(words::swap_void(asked, house)));
            effects.extend(self.reworded(asking, &Became::Void));
            self.settle_letter(tx, &question.letter, None, &effects).await?;
            return Ok(false);
        };
        let mut ids = vec![];
        for taken in exchange.overrides() {
            ids.push(overrides::make(tx, &taken, &caller.actor(), now).await?);
            before.push(taken);
        }
        let text = words::swapped(&exchange, &ids, house);
        let mut effects = say(&text);
        effects.extend(tell_asker(text));
        effects.extend(self.reworded(asking, &Became::Agreed(&ids)));
        self.settle_letter(tx, &question.letter, None, &effects).await?;
        Ok(true)
    }
}
