//! Folding: which pages ring together, decided in the transaction that decides the pages.
//!
//! A decision is changed before it is stored: what is folded has no page to send. The row it is folded into is held until the
//! commit, so whoever answers, ends or sends that page meanwhile comes before or after, on whatever replica, and then tells those
//! folded into it what became of it, in the same transaction. So nothing is ever folded into a page that nobody answers for. The
//! rules are those of the [`domain`](crate::domain::incident::fold).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use super::Engine;
use super::save::{Change, Saved};
use crate::domain::effect::Effect;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{
    Carries, Command, Decision, Incident, Ring, carries, decide, fold, may_carry, rings,
};
use crate::domain::page::{Page, PageChange};
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::ids::{IncidentId, PageId, PersonId};
use crate::store::{StoreError, Tx, incidents, outbox, pages};

/// So many rows that ring are looked at before a page rings by itself.
const LOOKED_AT: u32 = 4;

/// Decisions that were changed, by their place among those that are stored together.
pub(super) type Folded = BTreeMap<usize, Decision>;

impl Engine {
    /// The decisions of these whose pages ring with others: those that ring already, and those decided here that are worse or
    /// come before them.
    pub(super) async fn fold(
        &self,
        tx: &mut Tx,
        changes: &[Change<'_>],
        now: DateTime<Utc>,
    ) -> Result<Folded, StoreError> {
        let mut folded = Folded::new();
        let Some(within) = self.settings.house.times.page_bundle else { return Ok(folded) };
        let mut all: Vec<(usize, Ring)> = vec![];
        for (index, change) in changes.iter().enumerate() {
            all.extend(rings(change.decision).into_iter().map(|ring| (index, ring)));
        }
        // The worst rings, and whoever waits for the same row waits in the same order.
        all.sort_by_key(|(index, ring)| (ring.severity, ring.person.clone(), ring.method, *index));
        let mut ringing_now: Vec<(usize, Page)> = vec![];
        for (index, ring) in all {
            let decision_of = |folded: &Folded, index: usize| -> Option<Incident> {
                let stored = changes.get(index).map(|change| &change.decision.next);
                folded.get(&index).map(|decision| &decision.next).or(stored).cloned()
            };
            if ring.folds {
                let here = ringing_now.iter().find(|(other, row)| {
                    decision_of(&folded, *other).is_some_and(|next| may_carry(&next, row, &ring))
                });
                let into = match here {
                    Some((_, row)) => Some(row.clone()),
                    None => self.ringing_for(tx, &ring, (now - within, now)).await?,
                };
                if let (Some(into), Some(change)) = (into, changes.get(index)) {
                    let decision = folded.entry(index).or_insert_with(|| change.decision.clone());
                    fold(decision, &ring, &into, now, Origin::Pager);
                    continue;
                }
            }
            let row = changes.get(index).and_then(|change| new_row(change.decision, &ring.page));
            ringing_now.extend(row.map(|row| (index, row)));
        }
        Ok(folded)
    }

    /// The row that rings for this page too, held until the commit.
    async fn ringing_for(
        &self,
        tx: &mut Tx,
        ring: &Ring,
        window: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Option<Page>, StoreError> {
        let who: (&PersonId, ContactMethod) = (&ring.person, ring.method);
        for id in pages::ringing(tx, who, window, LOOKED_AT).await? {
            let Some(row) = pages::hold(tx, &id).await? else { continue };
            // Only now: what has become of the incident until it was held counts.
            let Some(found) = incidents::find(tx, row.incident).await? else { continue };
            if may_carry(&found.incident, &row, ring) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Tells what is folded into pages of these incidents what has become of those, and has messages edited that name what has
    /// changed.
    pub(super) async fn tell_folded(
        &self,
        tx: &mut Tx,
        changes: &[Change<'_>],
        now: DateTime<Utc>,
    ) -> Result<Saved, StoreError> {
        let mut saved = Saved::default();
        for Change { decision, .. } in changes {
            let folds = decision.pages.iter().any(|change| matches!(change, PageChange::Folded { .. }));
            if folds || decision.effects.contains(&Effect::RefreshPages) {
                for carrier in &decision.next.carried_by {
                    self.name_anew(tx, *carrier, decision.next.severity(), &mut saved).await?;
                }
            }
        }
        let concerned: BTreeMap<IncidentId, &Incident> = changes
            .iter()
            .filter(|change| change.before.is_some_and(|before| may_tell(&before.incident, change.decision)))
            .map(|change| (change.decision.next.id, &change.decision.next))
            .collect();
        for change in changes {
            if let Some(before) = change.before
                && lets_go(&before.incident, &change.decision.next)
            {
                pages::hold_untaken(tx, before.incident.id).await?;
            }
        }
        if concerned.is_empty() {
            return Ok(saved);
        }
        let ids: Vec<IncidentId> = concerned.keys().copied().collect();
        let mut carriers: BTreeMap<PageId, Option<Page>> = BTreeMap::new();
        for row in pages::carried_by(tx, &ids).await? {
            let Some(into) = row.folded_into.clone() else { continue };
            if !carriers.contains_key(&into) {
                carriers.insert(into.clone(), pages::find(tx, &into).await?);
            }
            let Some(Some(carrier)) = carriers.get(&into) else { continue };
            let Some(next) = concerned.get(&carrier.incident) else { continue };
            let command = match carries(next, carrier) {
                Carries::OnItsWay => continue,
                Carries::Taken => Command::PageCarried { page: Box::new(row.clone()), by: carrier.incident },
                Carries::Nothing => Command::PageAlone { page: Box::new(row.clone()), was: carrier.incident },
            };
            if carries(next, carrier) == Carries::Taken {
                // It was sent before it could name them.
                self.name_anew(tx, carrier.incident, next.severity(), &mut saved).await?;
            }
            saved.join(self.tell_one(tx, row.incident, command, now).await?);
        }
        Ok(saved)
    }

    /// Has the messages edited that name what is folded into an incident's pages: as urgent as what has changed.
    async fn name_anew(
        &self,
        tx: &mut Tx,
        carrier: IncidentId,
        severity: Severity,
        saved: &mut Saved,
    ) -> Result<(), StoreError> {
        let posted: Vec<_> = self.posted(Some(carrier), Some(severity), &[Effect::RefreshPages]).collect();
        outbox::add(tx, &posted).await?;
        saved.errands.insert(Effect::RefreshPages.name());
        Ok(())
    }

    /// One that is folded is told; what follows is stored in the same transaction.
    fn tell_one<'t>(
        &'t self,
        tx: &'t mut Tx,
        id: IncidentId,
        command: Command,
        now: DateTime<Utc>,
    ) -> BoxFuture<'t, Result<Saved, StoreError>> {
        Box::pin(async move {
            let Some(before) = incidents::find(tx, id).await? else { return Ok(Saved::default()) };
            let rota = self.rota();
            // No state refuses to hear what became of a page.
            let Ok(decision) = decide(&before.incident, command, &self.facts(&rota, now, Origin::Pager))
            else {
                return Ok(Saved::default());
            };
            self.save(tx, &[Change { before: Some(&before), decision: &decision }], now).await
        })
    }
}

/// The row of a page that this decision makes ring.
fn new_row(decision: &Decision, id: &PageId) -> Option<Page> {
    decision.pages.iter().find_map(|change| match change {
        PageChange::New(page) if page.id == *id => Some((**page).clone()),
        _ => None,
    })
}

/// Whether a decision may mean something to what is folded into the incident's pages.
fn may_tell(before: &Incident, decision: &Decision) -> bool {
    !decision.pages.is_empty() || lets_go(before, &decision.next)
}

/// Whether a page of the incident that was on its way may have ceased to be, without any change of its row.
fn lets_go(before: &Incident, next: &Incident) -> bool {
    (before.state.name(), before.stands_still()) != (next.state.name(), next.stands_still())
        || before.walks.iter().any(|walk| {
            let goes_on = next.walks.iter().find(|later| later.n == walk.n);
            goes_on.is_none_or(|later| {
                (later.n_tried, &later.failed) != (walk.n_tried, &walk.failed)
                    || (later.reach != walk.reach && later.reach != crate::domain::incident::Reach::Taken)
            })
        })
}
