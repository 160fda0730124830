//! What Slack or PagerDuty refuse: whoever runs the service hears of it, once and not for every message.

use std::sync::Arc;

use chrono::Duration;

use super::Engine;
use crate::domain::effect::{Effect, Warning};
use crate::ids::IncidentId;
use crate::store::outbox::Claimed;
use crate::store::{StoreError, Tx, notes};

/// How long the same is not said again.
const SAID_FOR: Duration = Duration::days(1);

impl Engine {
    /// Tells the admins what was refused for good. They hear once a day that PagerDuty takes nothing.
    pub(super) async fn tell_of_refusal(
        &self,
        tx: &mut Tx,
        incident: Option<IncidentId>,
        effect: &Effect,
        why: String,
    ) -> Result<(), StoreError> {
        let now = self.clocks.wire.now();
        let what = match effect {
            Effect::TellAdmins { .. } | Effect::Answer { .. } => return Ok(()),
            Effect::TellPagerDuty { .. } => {
                let since = now - SAID_FOR;
                if !notes::may_say(tx, "pagerduty refused", now, since).await? {
                    return Ok(());
                }
                Warning::PagerDutyRefused { why }
            }
            _ => Warning::SlackRefused { what: effect.name().to_owned(), why },
        };
        self.post(tx, incident, &[Effect::TellAdmins { what }]).await
    }

    /// Tells the admins that Slack took a message only as plain text. The message is out, so nothing waits for this: what cannot be
    /// written down is in the log.
    pub(super) async fn tell_of_plain_text(self: &Arc<Self>, claimed: &Claimed, why: String) {
        let what = claimed.effect.name().to_owned();
        let (now, incident) = (self.clocks.wire.now(), claimed.incident);
        let engine = self.clone();
        let told = self.db.write("plain text", move |tx| {
            Box::pin(async move {
                if !notes::may_say(tx, &format!("plain text {what} {why}"), now, now - SAID_FOR).await? {
                    return Ok(());
                }
                let what = Warning::PlainText { what, why };
                engine.post(tx, incident, &[Effect::TellAdmins { what }]).await
            })
        });
        let told: Result<(), StoreError> = told.await;
        if let Err(error) = told {
            tracing::warn!(error = %error, "nobody is told that a message went out as plain text");
        }
        self.nudges.outbox.want_any();
    }
}
