//! Somebody opens their App Home.

use std::sync::Arc;

use serde_json::Value;

use crate::commands::Right;
use crate::commands::payload::Event;
use crate::domain::effect::Effect;
use crate::engine::{Denied, Engine};
use crate::ids::SlackUserId;
use crate::store::inbox::Letter;
use crate::store::{StoreError, homes};

/// Slack's word for it.
const OPENED: &str = "app_home_opened";
/// The tab that the bot fills; beside it are its messages.
const TAB: &str = "home";

/// Whether this event is that somebody opened their home.
pub(in crate::engine) fn is_home_opened(raw: &Value) -> bool {
    Event::read(raw).is_ok_and(|event| event.kind == OPENED && event.tab.as_deref() == Some(TAB))
}

impl Engine {
    pub(in crate::engine) async fn read_home_event(
        self: &Arc<Self>,
        letter: Letter,
        raw: &Value,
    ) -> Result<(), StoreError> {
        match Event::read(raw) {
            Ok(Event { kind, tab: Some(tab), user: Some(user), .. }) if kind == OPENED && tab == TAB => {
                self.home_opened(letter, user).await
            }
            Ok(_other) => self.answer_letter(letter, vec![]).await,
            Err(unreadable) => {
                tracing::warn!(error = %unreadable, "an event lacks what it needs");
                self.answer_letter(letter, vec![]).await
            }
        }
    }

    /// Shows somebody their home, and remembers to keep it up to date unless they may not see it.
    pub(super) async fn home_opened(
        self: &Arc<Self>,
        letter: Letter,
        user: SlackUserId,
    ) -> Result<(), StoreError> {
        // Who cannot be known just now may turn out to be a member.
        let may = !matches!(
            self.admit(&user, Right::Respond).await?,
            Err(Denied::NotAMember | Denied::NoMemberAnyMore | Denied::NotConfigured)
        );
        let engine = self.clone();
        self.db
            .write("home opened", move |tx| {
                Box::pin(async move {
                    if may {
                        homes::opened(tx, &user, engine.clocks.wire.now()).await?;
                    }
                    let publish = Effect::PublishHome { user };
                    engine.settle_letter(tx, &letter, None, &[publish]).await
                })
            })
            .await?;
        self.after_commit(vec![]);
        Ok(())
    }
}
