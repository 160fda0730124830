//! Forms that were sent off: what is wrong in them is said at the field, while they are open; but first of all whoever may not is
//! told so, and hears nothing of what others wrote.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Question;
use crate::commands::forms::{self, Back, Faults, Field};
use crate::commands::payload::{Interaction, ViewSubmission};
use crate::commands::{About, Ask, Right};
use crate::domain::effect::Form;
use crate::domain::incident::Refusal;
use crate::domain::silence::Which;
use crate::engine::Engine;
use crate::engine::inbox::InboundKind;
use crate::ids::{ChannelId, IncidentId, SlackUserId};
use crate::store::StoreError;
use crate::store::inbox::Letter;
use crate::words::{answers, forms as words};

/// So long Slack is waited for while somebody looks at a form that they have sent off; it gives up after three seconds.
const WITHIN: Duration = Duration::from_secs(1);

/// A form of ours that was sent off.
pub(super) struct Submitted {
    /// Where its answer goes.
    channel: ChannelId,
    /// What somebody must be to send it off.
    right: Right,
    /// The incident that it is about, when it is about one.
    incident: Option<IncidentId>,
    /// What it asks for, or what is wrong in it.
    pub ask: Result<Ask, Faults>,
}

/// Reads a form; `None` when it is none of ours.
pub(super) fn submitted(form: &ViewSubmission) -> Option<Submitted> {
    if form.callback_id != forms::CALLBACK {
        return None;
    }
    let back: Back = serde_json::from_str(&form.private_metadata).ok()?;
    let ask = forms::read(&back.form, |field| form.value(field.id(), field.id()));
    let (right, incident) = (forms::right(&back.form), back.form.incident());
    Some(Submitted { channel: back.channel, right, incident, ask })
}

impl Engine {
    /// What is wrong with a form that was sent off, by field; `None` when nothing is, when it is none of ours, or when whoever sent
    /// it may not: that is said when it is acted upon.
    pub(in crate::engine) async fn faults_of(&self, kind: InboundKind, raw: &Value) -> Option<Faults> {
        if kind != InboundKind::Interaction {
            return None;
        }
        let Ok(Interaction::Submitted(form)) = Interaction::read(raw) else { return None };
        let submitted = submitted(&form)?;
        if !self.may_send(&form.user.id, &submitted).await {
            return None;
        }
        let ask = match submitted.ask {
            Ok(ask) => ask,
            Err(faults) => return Some(faults),
        };
        let misfits = self.misfits(&ask);
        if misfits.is_empty() { self.overtaken(ask).await } else { Some(misfits) }
    }

    /// What has become of an incident since a form about it was opened, at the field that this concerns; `None` when the form may
    /// go. What cannot be known now is found out when it is acted upon.
    async fn overtaken(&self, ask: Ask) -> Option<Faults> {
        let Ask::About { incident: Some(id), what } = &ask else { return None };
        let field = match what {
            About::Severity { .. } => Field::Severity,
            About::Resolve { .. } => Field::Summary,
            About::Silence { which: Which::All, .. } => Field::Alerts,
            _ => return self.clashes_of(ask).await,
        };
        let incident = match self.incident(*id).await {
            Ok(found) => found?,
            Err(error) => {
                tracing::warn!(error = %error, "what has become of an incident meanwhile is seen later");
                return None;
            }
        };
        let is = incident.severity();
        let fault = match what {
            About::Silence { saw: Some(saw), .. } if !saw.is_all_of(&incident) => {
                words::more_fires(is, incident.n_firing)
            }
            About::Silence { .. } => return None,
            _ if !incident.state.is_open() => words::ended_meanwhile(*id, incident.merged_into),
            About::Severity { to: Some(to), saw: Some(saw), .. } if *saw != is && *to != is => {
                words::severity_moved(*saw, is)
            }
            _ => return None,
        };
        Some(Faults::from([(field.id(), fault)]))
    }

    /// Shows a form that can only change what is open; of anything else it says at once what it is.
    pub(super) async fn ask_of_open(
        self: &Arc<Self>,
        question: Question,
        form: Form,
    ) -> Result<(), StoreError> {
        let found = match form.incident() {
            Some(id) => self.incident(id).await?,
            None => None,
        };
        if let Some(incident) = found
            && let Some(at) = incident.resolved_at()
        {
            return self.refuse(question, Refusal::Ended { id: incident.id, at }, incident).await;
        }
        self.ask_in_form(question, form).await
    }

    /// Whether somebody is known to be allowed to send a form off. What cannot be known at once is found out when it is acted upon.
    async fn may_send(&self, user: &SlackUserId, submitted: &Submitted) -> bool {
        let known = tokio::time::timeout(WITHIN, async {
            let Ok(caller) = self.admit(user, submitted.right).await? else { return Ok(false) };
            let Some(id) = submitted.incident else { return Ok(true) };
            Ok::<_, StoreError>(!self.is_kept_from(&caller.actor(), Some(&submitted.channel), id).await?)
        });
        match known.await {
            Ok(Ok(may)) => may,
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "whether somebody may send a form off is seen later");
                false
            }
            Err(_elapsed) => false,
        }
    }

    pub(super) async fn read_form(
        self: &Arc<Self>,
        letter: Letter,
        form: ViewSubmission,
    ) -> Result<(), StoreError> {
        let Some(Submitted { channel, right, ask, .. }) = submitted(&form) else {
            return self.answer_letter(letter, vec![]).await;
        };
        let (user, channel) = (form.user.id, Some(channel));
        let (response_url, trigger, epoch) = (None, None, None);
        match ask {
            Ok(ask) => {
                self.answer(Question { letter, user, channel, response_url, trigger, ask, epoch }).await
            }
            Err(faults) => {
                // The form was closed because nobody could say at once whether they may.
                let text = match self.admit(&user, right).await? {
                    Ok(_caller) => answers::misfilled(faults.into_values()),
                    Err(denied) => denied.to_string(),
                };
                let ask = Ask::Here;
                let question = Question { letter, user, channel, response_url, trigger, ask, epoch };
                self.say(question, text).await
            }
        }
    }
}
