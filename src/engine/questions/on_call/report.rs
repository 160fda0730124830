//! What being on call was worth: one's own month, and for admins everybody's.

use std::sync::Arc;

use super::Question;
use crate::domain::compensation::Month;
use crate::engine::Engine;
use crate::engine::people::Caller;
use crate::store::StoreError;
use crate::words::compensation::{self as words, Whole};

impl Engine {
    pub(super) async fn show_report(
        self: &Arc<Self>,
        question: Question,
        caller: &Caller,
        month: Option<Month>,
    ) -> Result<(), StoreError> {
        let house = &self.settings.house;
        let month = match month {
            Some(month) => month,
            None => Month::of(self.now(), self.zone_of(&question.user).await?),
        };
        let Some((currency, mut rows)) = self.compensation(month).await? else {
            return self.say(question, words::NOT_CONFIGURED.to_owned()).await;
        };
        let is_admin = caller.person.as_ref().is_some_and(|person| house.admins.contains(person));
        let whole = if is_admin { Whole::Yes } else { Whole::No };
        rows.retain(|row| is_admin || caller.person.as_ref() == Some(&row.person));
        let text = words::report(month, &rows, &currency, whole, house);
        self.say(question, text).await
    }
}
