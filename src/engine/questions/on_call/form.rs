//! The form that asks who takes which span: shown with what is likely, and refused at the field that is wrong.

use std::sync::Arc;

use super::Question;
use crate::commands::forms::{Faults, Field};
use crate::commands::{Ask, OnCallAsk, When};
use crate::domain::effect::Form;
use crate::domain::on_call::{self, Override, Unfit};
use crate::engine::Engine;
use crate::engine::people::Caller;
use crate::store::StoreError;

impl Engine {
    /// Shows the form: from now until the next handoff.
    pub(super) async fn ask_who_takes_what(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
    ) -> Result<(), StoreError> {
        let house = &self.settings.house;
        let usual = caller.person.as_ref().and_then(|person| self.schedule_for(None, person).ok());
        let Some(schedule) = usual.or_else(|| house.schedules.get(&house.default_schedule)) else {
            return self.say(question, crate::words::on_call::which_schedule(house)).await;
        };
        let from = self.now();
        let to = on_call::who(schedule, self.rota().overrides(), from).until;
        let form = Form::Override { schedule: schedule.id.clone(), from, to };
        self.ask_in_form(question, form).await
    }

    /// What is wrong with what was entered, as far as it depends on people and schedules; what others have arranged is
    /// answered with a question.
    pub(in crate::engine::questions) fn misfits(&self, ask: &Ask) -> Faults {
        let mut faults = Faults::new();
        let Ask::OnCall(OnCallAsk::Override { who, from: When::At(from), to: When::At(to), schedule }) = ask
        else {
            return faults;
        };
        let Ok(person) = self.find_person(who) else {
            let fault = "They are not in Don't Panic's configuration, so they cannot be on call.";
            faults.insert(Field::Person.id(), fault.to_owned());
            return faults;
        };
        let Ok(schedule) = self.schedule_for(schedule.as_ref(), &person) else {
            faults.insert(Field::Schedule.id(), "There is no such schedule any more.".to_owned());
            return faults;
        };
        let wish = Override { schedule: schedule.id.clone(), person, from: *from, to: *to };
        let (field, fault) = match self.fits(&wish) {
            Ok(()) | Err(Unfit::Arranged(_)) => return faults,
            Err(Unfit::Backwards) => (Field::To, "That is not after the beginning."),
            Err(Unfit::Past) if *to <= self.now() => (Field::To, "That is in the past."),
            Err(Unfit::Past) => (Field::From, "That is in the past."),
            Err(Unfit::TooFar) => (Field::To, "An override ends within a year."),
            Err(Unfit::OnCallAnyway) => (Field::Person, "They are on call then anyway."),
        };
        faults.insert(field.id(), fault.to_owned());
        faults
    }
}
