//! Pages to people's own receivers: the `webhook` contact method as a port.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use url::Url;

use super::{Webhook, WebhookFault, WebhookPage};
use crate::domain::effect::Effect;
use crate::domain::page::{Cause, Page};
use crate::domain::people::{ContactMethod, Person};
use crate::domain::severity::Severity;
use crate::ports::{About, Errand, Perform, Performed, Receipt, View};
use crate::words;

/// Sends pages; performs no other effect.
pub struct WebhookPerformer {
    webhook: Webhook,
}

impl WebhookPerformer {
    /// A performer that sends with this client.
    pub fn new(webhook: Webhook) -> Self {
        Self { webhook }
    }

    async fn send(&self, errand: &Errand) -> Performed {
        let (person, page) = match asked(errand) {
            Ok(asked) => asked,
            Err(why) => return Performed::Refused { why: why.to_owned() },
        };
        let refused = |why: &str| Performed::Refused { why: why.to_owned() };
        let Some(address) = person.and_then(|person| person.webhook.as_deref()) else {
            return refused("the person has no `webhook` url; add one under `people`");
        };
        let Ok(address) = Url::parse(address) else {
            return refused("the person's `webhook` is not a url; it must be an absolute http or https url");
        };
        match self.webhook.send(&address, &page).await {
            Ok(accepted) => Performed::Done(Receipt::Accepted { provider_id: accepted.provider_id }),
            Err(fault) => performed(&fault),
        }
    }
}

/// Who is told what.
fn asked(errand: &Errand) -> Result<(Option<&Person>, WebhookPage), &'static str> {
    let may_be_known = |repeat: u32| repeat > 0 || errand.in_doubt > 0;
    match (&errand.effect, &errand.about) {
        (Effect::Page { page, repeat, .. }, About::Incident(view)) => {
            let row = view.page(page).ok_or("there is no such page")?;
            if row.method != ContactMethod::Webhook {
                return Err("this page does not go through the webhook");
            }
            Ok((view.person(&row.person), content(view, row, may_be_known(*repeat))))
        }
        (Effect::PageDigest { digest, repeat, .. }, About::Several(several)) => {
            let view = several.views.first().ok_or("there is nothing in the digest")?;
            let row = view.pages.first().ok_or("there is no such page")?;
            let page = content(view, row, may_be_known(*repeat));
            let titles =
                several.views.iter().map(|view| format!("{} {}", view.incident.id, view.incident.title));
            let title = format!(
                "{} incidents waited for business hours: {}",
                several.views.len(),
                titles.collect::<Vec<_>>().join("; ")
            );
            let id = format!("digest/{}/{}/{}", digest.person, digest.opening.timestamp(), row.method);
            Ok((view.person(&several.person), WebhookPage { id, title, ..page }))
        }
        (Effect::TestPage { id, schedule, .. }, About::Person(person)) => {
            let page = WebhookPage {
                id: format!("test/{id}"),
                incident: "TEST".to_owned(),
                title: words::handoff::test_page(schedule.as_ref()),
                severity: Severity::P4.to_string(),
                person: person.id.to_string(),
                round: 0,
                step: 0,
                repeat: may_be_known(0),
                message: None,
                url: None,
            };
            Ok((Some(person), page))
        }
        _ => Err("the webhook only sends pages"),
    }
}

impl Perform for WebhookPerformer {
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed> {
        self.send(errand).boxed()
    }
}

fn performed(fault: &WebhookFault) -> Performed {
    let why = fault.to_string();
    if !fault.is_retryable() {
        return Performed::Refused { why };
    }
    Performed::TryAgain { after: None, why, in_doubt: fault.outcome_unknown() }
}

/// The page as the receiver sees it.
fn content(view: &View, row: &Page, repeat: bool) -> WebhookPage {
    let incident = &view.incident;
    WebhookPage {
        id: row.id.to_string(),
        incident: incident.id.to_string(),
        title: incident.title.clone(),
        severity: incident.severity().to_string(),
        person: row.person.to_string(),
        round: row.round,
        step: row.step,
        repeat,
        message: match &row.cause {
            Cause::Asked { message } => message.clone(),
            Cause::Ladder(_) | Cause::Back | Cause::SnoozeOver | Cause::Joined | Cause::Commander(_) => None,
        },
        url: view.page_url.clone(),
    }
}

#[cfg(test)]
mod tests;
