//! Merging: one command about two incidents, carried out on both or on neither.

use std::sync::Arc;

use super::Engine;
use super::handle::anew;
use super::save::{Change, Saved};
use crate::domain::effect::Effect;
use crate::domain::incident::child::KnownChildren;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Handled, Merged, Refusal, Side, merge};
use crate::ids::IncidentId;
use crate::store::inbox::Letter;
use crate::store::{StoreError, Tx, alerts, incidents};
use crate::words::merging::merged_away;

/// Makes the answer to what became of a merge.
type Answer = Arc<dyn Fn(&Merged) -> Vec<Effect> + Send + Sync>;

/// A letter that asks for a merge, and what to answer.
#[derive(Clone)]
pub(super) struct AskedFor {
    /// The letter.
    pub letter: Letter,
    /// Makes the answer.
    pub answer: Answer,
}

/// Whoever asks for a merge, and which.
#[derive(Clone)]
struct Wish {
    gone: IncidentId,
    into: IncidentId,
    by: Actor,
    origin: Origin,
}

impl Engine {
    /// Merges one incident into another, and settles the letter that asks for it, all or nothing.
    pub(super) async fn merge(
        self: &Arc<Self>,
        gone: IncidentId,
        into: IncidentId,
        by: Actor,
        origin: Origin,
        asked: AskedFor,
    ) -> Result<Merged, StoreError> {
        let wish = Wish { gone, into, by, origin };
        let merged = anew(|| {
            let (engine, wish, asked) = (self.clone(), wish.clone(), asked.clone());
            self.db.write("merge", move |tx| {
                Box::pin(async move {
                    let (merged, saved) = engine.merge_in(tx, &wish).await?;
                    let answer = (asked.answer)(&merged);
                    engine.settle_letter(tx, &asked.letter, Some(wish.gone), &answer).await?;
                    Ok((merged, saved))
                })
            })
        });
        let (merged, saved): (Merged, Saved) = merged.await?;
        if let Merged::Done { gone, kept } = &merged {
            for Handled { before, incident } in [&**gone, &**kept] {
                self.metrics.decided(Some(before), incident);
            }
        }
        self.after_commit(saved.leaving);
        Ok(merged)
    }

    async fn merge_in(&self, tx: &mut Tx, wish: &Wish) -> Result<(Merged, Saved), StoreError> {
        let Wish { gone, into, by, origin } = wish;
        let mut found = incidents::find_all(tx, &[*gone, *into]).await?;
        let Some(before) = found.get(gone).cloned() else {
            return Ok((Merged::Unknown(*gone), Saved::default()));
        };
        let Some(other) = found.remove(into) else { return Ok((Merged::Unknown(*into), Saved::default())) };
        let known = alerts::known(tx, &[*gone, *into]).await?;
        let none = KnownChildren::default();
        let of = |id: &IncidentId| known.get(id).unwrap_or(&none);
        let sides = (
            Side { incident: &before.incident, known: of(gone) },
            Side { incident: &other.incident, known: of(into) },
        );
        let now = self.now();
        let merge = match merge(sides.0, sides.1, by, &self.facts(&self.rota(), now, *origin)) {
            Ok(merge) => merge,
            Err(refusal) => {
                let refusal = self.with_the_way(tx, refusal).await?;
                let refuses = if refusal.is_by(*gone) { before } else { other };
                return Ok((Merged::Refused(refusal, Box::new(refuses.incident)), Saved::default()));
            }
        };
        // The one that is merged away lets go of its groups before the other one takes them.
        let changes = [
            Change { before: Some(&before), decision: &merge.gone },
            Change { before: Some(&other), decision: &merge.kept },
        ];
        let saved = self.save(tx, &changes, now).await?;
        alerts::move_all(tx, *gone, *into, &merge.newer).await?;
        let handled = |before, incident| Box::new(Handled { before, incident });
        let gone = handled(before.incident, merge.gone.next);
        let kept = handled(other.incident, merge.kept.next);
        Ok((Merged::Done { gone, kept }, saved))
    }

    /// A refusal by what was merged away, with the channel of what it is part of.
    pub(super) async fn with_the_way(&self, tx: &mut Tx, refusal: Refusal) -> Result<Refusal, StoreError> {
        let Refusal::Merged { id, into, .. } = refusal else { return Ok(refusal) };
        let found = incidents::find(tx, into).await?;
        let channel = found.and_then(|found| found.incident.room.channel).map(|channel| channel.id);
        Ok(Refusal::Merged { id, into, channel })
    }

    /// The incident that goes on with what this one was about: itself, unless it was merged away.
    pub(super) async fn goes_on_as(&self, id: IncidentId) -> Result<IncidentId, StoreError> {
        let mut id = id;
        while let Some(into) = self.incident(id).await?.and_then(|incident| incident.merged_into) {
            id = into;
        }
        Ok(id)
    }

    /// What to say about an incident that was merged away; `None` when it was not.
    pub(super) async fn goes_on_elsewhere(&self, id: IncidentId) -> Result<Option<String>, StoreError> {
        let Some(incident) = self.incident(id).await? else { return Ok(None) };
        let Some(into) = incident.merged_into else { return Ok(None) };
        let channel = self.incident(into).await?.and_then(|into| into.room.channel);
        let channel = channel.map(|channel| channel.id);
        Ok(Some(merged_away(&incident, into, channel.as_ref(), &self.settings.house)))
    }
}
