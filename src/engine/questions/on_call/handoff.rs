//! What is asked about handoffs and test pages.

use std::sync::Arc;

use super::Question;
use crate::domain::people::ContactMethod;
use crate::engine::Engine;
use crate::engine::handoff::tests;
use crate::engine::people::Caller;
use crate::ids::ScheduleId;
use crate::store::handoffs::TestPage;
use crate::store::{StoreError, handoffs};
use crate::words::handoff as words;
use crate::words::on_call::{self as rota_words};

impl Engine {
    /// Posts the note now.
    pub(super) async fn post_handoff(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        schedule: Option<&ScheduleId>,
    ) -> Result<(), StoreError> {
        let house = &self.settings.house;
        let found = match (&caller.person, schedule) {
            (Some(person), schedule) => self.schedule_for(schedule, person),
            (None, Some(named)) => {
                house.schedules.get(named).ok_or_else(|| rota_words::unknown_schedule(named, house))
            }
            (None, None) => {
                house.schedules.get(&house.default_schedule).ok_or_else(|| rota_words::which_schedule(house))
            }
        };
        let schedule = match found {
            Ok(schedule) => schedule,
            Err(text) => return self.say(question, text).await,
        };
        let note = self.note(schedule, self.next_hands(schedule)).await?;
        let mut effects = self.note_effects(&note);
        effects.extend(question.reply(words::posted(&note, house), vec![]));
        self.answer_letter(question.letter, effects).await
    }

    /// Tries every contact method of whoever asks.
    pub(super) async fn test_caller(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
    ) -> Result<(), StoreError> {
        let house = &self.settings.house;
        let person = caller.person.as_ref().and_then(|person| house.people.get(person));
        let Some(person) = person.filter(|person| !person.contact.is_empty()) else {
            return self.say(question, words::NO_METHODS.to_owned()).await;
        };
        let working = person.working_methods();
        let methods: Vec<(ContactMethod, Option<String>)> = person
            .contact
            .iter()
            .map(|method| (*method, (!working.contains(method)).then(|| words::cannot_try(person, *method))))
            .collect();
        if working.is_empty() {
            let tried: Vec<words::Tried> =
                methods.into_iter().map(|(method, error)| (method, Err(error.unwrap_or_default()))).collect();
            return self.say(question, words::tried(&tried)).await;
        }
        let (id, person, reply) = (self.next_id(), person.id.clone(), Some(question.reply_to()));
        let page = TestPage { id, person, schedule: None, reply };
        let engine = self.clone();
        let job = self.db.write("test page", move |tx| {
            Box::pin(async move {
                handoffs::test(tx, &page, &methods, engine.now(), None).await?;
                let mut effects = question.reply(words::TESTING.to_owned(), vec![]);
                effects.extend(tests(&page, &methods));
                engine.settle_letter(tx, &question.letter, None, &effects).await
            })
        });
        let asked: Result<(), StoreError> = job.await;
        asked?;
        self.after_commit(vec![]);
        Ok(())
    }

    /// Whoever came on call confirms that a test page reached them.
    pub(super) async fn confirm_test(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        id: i64,
    ) -> Result<(), StoreError> {
        let (engine, person) = (self.clone(), caller.person.clone());
        let job = self.db.write("confirm test page", move |tx| {
            Box::pin(async move {
                let page = handoffs::find(tx, id).await?;
                let is_theirs = page.is_some_and(|page| Some(page.person) == person);
                if is_theirs {
                    handoffs::confirm(tx, id, engine.now()).await?;
                }
                let text = if is_theirs { words::CONFIRMED } else { words::NOT_YOURS };
                let answer = question.reply(text.to_owned(), vec![]);
                engine.settle_letter(tx, &question.letter, None, &answer).await
            })
        });
        let confirmed: Result<(), StoreError> = job.await;
        confirmed?;
        self.after_commit(vec![]);
        Ok(())
    }
}
