//! Digests: one page for everything that waited for the opening, and the ledger row of each incident kept true by it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::links::AckLink;
use super::outbox::{LEAST_LEASE, LOOK_AGAIN, PAGE_RETRY_MAX, SHORTEST_WAIT, backoff};
use super::settlement::Settlement;
use crate::domain::digest::{Item, plan};
use crate::domain::effect::Effect;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Command, Message};
use crate::domain::page::{Digest, NotTaken, Page};
use crate::domain::people::ContactMethod;
use crate::ids::PageId;
use crate::ports::{About, Performed, Receipt, Several, View};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, incidents, pages};

/// How soon a digest looks again whether everything that waited for the opening has been woken.
const GATHER: chrono::Duration = chrono::Duration::milliseconds(100);
/// How often it looks before it leaves without the rest.
const GATHERINGS: i64 = 10;

impl Engine {
    /// Sends what one digest is about by one method. What becomes of it is a command to each of its incidents. A digest of one
    /// incident is that incident's own page.
    pub(super) async fn perform_digest(
        self: &Arc<Self>,
        digest: Digest,
        method: ContactMethod,
        repeat: u32,
        claimed: Claimed,
    ) -> Result<(), StoreError> {
        if claimed.attempt <= GATHERINGS && self.is_behind().await? {
            let due = self.clocks.wire.now() + GATHER;
            return self.write(Settlement::given_back(&claimed, due)).await;
        }
        let plan = plan(self.items(&digest).await?, method, repeat);
        let rows: Vec<Page> = plan.now.iter().map(|item| item.page.clone()).collect();
        if rows.is_empty() {
            return self.write(self.after_digest(&claimed, plan.waits, None, false)).await;
        }
        if self.lease_left(&claimed) < LEAST_LEASE {
            // It waited too long in this process: whoever claims it next sends it, once.
            return self.write(Settlement::given_back(&claimed, self.clocks.wire.now())).await;
        }
        let (effect, about) = if let [Item { page, .. }] = plan.now.as_slice() {
            let effect = Effect::Page { page: page.id.clone(), method, repeat };
            let view = self.view_for(Some(page.incident), &effect).await?;
            (effect, view.map_or(About::Nothing, |view| About::Incident(Box::new(view))))
        } else {
            let mut several = self.several(&digest, plan.now, None);
            for view in &mut several.views {
                view.page_url = self.link_to(view.incident.id).await?;
                view.ack_url = self.ack_link(&AckLink::of(&view.incident, &digest.person)).await?;
            }
            (claimed.effect.clone(), About::Several(several))
        };
        let sent_at = self.now();
        let (performed, _nothing_is_edited) = self.errand(&claimed, effect, about, method).await?;
        self.metrics.job_done(claimed.effect.name(), &performed);
        // A page is never given up.
        let refused = match &performed {
            Performed::Done(_) => None,
            Performed::TryAgain { after, why, .. } => Some((NotTaken::Passing, *after, why.clone())),
            Performed::Wait { after, why } => Some((NotTaken::Held, Some(*after), why.clone())),
            Performed::NotYet { why } => Some((NotTaken::Passing, None, why.clone())),
            Performed::Refused { why } => Some((NotTaken::Refused, None, why.clone())),
        };
        if let Some((NotTaken::Passing | NotTaken::Refused, _, why)) = &refused {
            tracing::warn!(
                person = %digest.person, page.method = %method, n_incidents = rows.len(), error = %why,
                "a digest was not accepted"
            );
        }
        let in_doubt = matches!(performed, Performed::TryAgain { in_doubt: true, .. });
        let provider_id = match performed {
            Performed::Done(Receipt::Accepted { provider_id }) => provider_id,
            Performed::Done(_)
            | Performed::TryAgain { .. }
            | Performed::Wait { .. }
            | Performed::NotYet { .. }
            | Performed::Refused { .. } => None,
        };
        for row in rows {
            let (incident, page) = (row.incident, Box::new(row));
            let command = match &refused {
                None => {
                    self.metrics.page_outcome(method, "accepted");
                    Command::PageAccepted { page, sent_at, provider_id: provider_id.clone() }
                }
                Some((fault, _, why)) => {
                    let outcome = if *fault == NotTaken::Held { "held" } else { "failed" };
                    self.metrics.page_outcome(method, outcome);
                    Command::PageFailed { page, sent_at, fault: *fault, error: why.clone() }
                }
            };
            self.carry_out(incident, command, Origin::Pager, super::handle::Settles::Nothing).await?;
        }
        self.write(self.after_digest(&claimed, plan.waits, refused, in_doubt)).await
    }

    /// Whether incidents are due that nobody has woken yet: they may have something for the same digest.
    async fn is_behind(&self) -> Result<bool, StoreError> {
        let now = self.now();
        let due = self.db.read("due", move |tx| Box::pin(async move { incidents::due(tx, now, 1).await }));
        Ok::<_, StoreError>(!due.await?.is_empty())
    }

    /// It is done when nothing is left that it would have to send.
    fn after_digest(
        &self,
        claimed: &Claimed,
        waits: bool,
        refused: Option<(NotTaken, Option<Duration>, String)>,
        in_doubt: bool,
    ) -> Settlement {
        let now = self.clocks.wire.now();
        match refused {
            Some((NotTaken::Held, after, _)) => {
                let wait = after.unwrap_or_default().clamp(SHORTEST_WAIT, PAGE_RETRY_MAX);
                Settlement::given_back(claimed, now + wait)
            }
            Some((NotTaken::Passing | NotTaken::Refused, after, why)) => {
                let wait = backoff(claimed.tries, claimed.id, after, PAGE_RETRY_MAX);
                Settlement::retry(claimed, now + wait, why, in_doubt)
            }
            // Nobody is woken for what is over. If it comes back, so does its page.
            None if waits => Settlement::given_back(claimed, now + LOOK_AGAIN),
            None => Settlement::done(claimed),
        }
    }

    /// Brings every message of a digest up to date.
    pub(super) async fn refresh_digest(
        self: &Arc<Self>,
        claimed: &Claimed,
        digest: &Digest,
    ) -> Result<Performed, StoreError> {
        let mut told: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for item in self.items(digest).await? {
            let names = item.page.provider_id.clone().filter(|_| item.page.method == ContactMethod::Slack);
            for name in names.unwrap_or_default().split_whitespace() {
                told.entry(name.to_owned()).or_default().push(item.clone());
            }
        }
        let mut behind = None;
        for (name, items) in told {
            let Some((channel, ts)) = name.split_once('/') else { continue };
            let message = Message { channel: channel.into(), ts: ts.into() };
            let about = match items.as_slice() {
                [Item { page, .. }] => {
                    let view = self.view_for(Some(page.incident), &Effect::RefreshPages).await?;
                    let only = |view| About::Incident(Box::new(of_row(view, &page.id)));
                    view.map_or(About::Nothing, only)
                }
                _ => About::Several(self.several(digest, items, Some(message))),
            };
            let (performed, _about_no_one_incident) =
                self.errand(claimed, claimed.effect.clone(), about, ContactMethod::Slack).await?;
            if let Performed::TryAgain { .. } | Performed::Wait { .. } | Performed::NotYet { .. } = performed
            {
                behind = Some(performed);
            }
        }
        Ok(behind.unwrap_or(Performed::Done(Receipt::Nothing)))
    }

    /// The rows of a digest with their incidents, on one snapshot.
    async fn items(&self, digest: &Digest) -> Result<Vec<Item>, StoreError> {
        let digest = digest.clone();
        self.db
            .read("digest", move |tx| {
                Box::pin(async move {
                    let mut items = vec![];
                    for page in pages::of_digest(tx, &digest).await? {
                        let found = incidents::find(tx, page.incident).await?;
                        items.extend(found.map(|found| Item { incident: found.incident, page }));
                    }
                    Ok::<_, StoreError>(items)
                })
            })
            .await
    }

    fn several(&self, digest: &Digest, items: Vec<Item>, message: Option<Message>) -> Several {
        let views =
            items.into_iter().map(|Item { incident, page }| self.bare_view(incident, vec![page])).collect();
        Several { person: digest.person.clone(), views, message }
    }
}

/// The view with one row of its ledger only.
fn of_row(mut view: View, row: &PageId) -> View {
    view.pages.retain(|page| page.id == *row);
    view
}
