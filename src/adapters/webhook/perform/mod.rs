//! Pages to people's own receivers: the `webhook` contact method as a port.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use url::Url;

use super::{Webhook, WebhookFault, WebhookPage};
use crate::domain::effect::Effect;
use crate::domain::page::Page;
use crate::domain::people::ContactMethod;
use crate::ports::{Errand, Perform, Performed, Receipt, View};

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
        let refused = |why: &str| Performed::Refused { why: why.to_owned() };
        let (Effect::Page { page, repeat, .. }, Some(view)) = (&errand.effect, errand.view.as_deref()) else {
            return refused("the webhook only sends pages");
        };
        let Some(row) = view.page(page) else { return refused("there is no such page") };
        if row.method != ContactMethod::Webhook {
            return refused("this page does not go through the webhook");
        }
        let Some(address) = view.person(&row.person).and_then(|person| person.webhook.as_deref()) else {
            return refused("the person has no `webhook` url; add one under `people`");
        };
        let Ok(address) = Url::parse(address) else {
            return refused("the person's `webhook` is not a url; it must be an absolute http or https url");
        };
        let may_be_known = *repeat > 0 || errand.attempt > 1;
        match self.webhook.send(&address, &content(view, row, may_be_known)).await {
            Ok(accepted) => Performed::Done(Receipt::Accepted { provider_id: accepted.provider_id }),
            Err(fault) => performed(&fault),
        }
    }
}

impl Perform for WebhookPerformer {
    fn perform<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Performed> {
        self.send(errand).boxed()
    }
}

fn performed(fault: &WebhookFault) -> Performed {
    let why = fault.to_string();
    if fault.is_retryable() { Performed::TryAgain { after: None, why } } else { Performed::Refused { why } }
}

/// The page as the receiver sees it.
fn content(view: &View, row: &Page, repeat: bool) -> WebhookPage {
    let incident = &view.incident;
    let url = view.public_url.as_deref().and_then(|base| {
        Url::parse(&format!("{}/incidents/{}", base.trim_end_matches('/'), incident.id)).ok()
    });
    WebhookPage {
        id: row.id.to_string(),
        incident: incident.id.to_string(),
        title: incident.title.clone(),
        severity: incident.severity().to_string(),
        person: row.person.to_string(),
        round: row.round,
        step: row.step,
        repeat,
        url,
    }
}

#[cfg(test)]
mod tests;
