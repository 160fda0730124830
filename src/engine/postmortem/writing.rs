//! What people write in a post-mortem: stored section by section, and never over somebody else's words unseen.

use std::sync::Arc;

use crate::domain::effect::Effect;
use crate::domain::incident::Actor;
use crate::domain::postmortem::Part;
use crate::engine::Engine;
use crate::ids::IncidentId;
use crate::store::inbox::Letter;
use crate::store::{StoreError, Tx, postmortems};

/// What follows when somebody has written in a post-mortem.
const WRITTEN: [Effect; 2] = [Effect::CopyPostmortem, Effect::RefreshPostmortem];

impl Engine {
    /// Stores what a human wrote in one section. Whether there is such a post-mortem.
    pub async fn write_postmortem(
        self: &Arc<Self>,
        id: IncidentId,
        part: Part,
        human: String,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let (now, actor, engine) = (self.now(), actor.to_string(), self.clone());
        let is_there = self
            .db
            .write("postmortem text", move |tx| {
                Box::pin(async move {
                    if postmortems::read(tx, id).await?.is_none() {
                        return Ok::<_, StoreError>(false);
                    }
                    postmortems::write(tx, id, part.slug(), &human, &actor, now).await?;
                    engine.post(tx, Some(id), &WRITTEN).await.map(|()| true)
                })
            })
            .await?;
        self.after_commit(vec![]);
        Ok(is_there)
    }

    /// Stores what a human wrote in one section, as the answer to their letter, unless somebody has written there since they
    /// began: then nothing is changed, and they get their words back. `seen` is the revision they began with.
    pub(in crate::engine) async fn rewrite_postmortem(
        self: &Arc<Self>,
        letter: Letter,
        (id, part, seen): (IncidentId, Part, i64),
        (human, actor): (String, Actor),
        answer: impl Fn(Result<(), &Clash>) -> Vec<Effect> + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        let (now, engine, answer) = (self.now(), self.clone(), Arc::new(answer));
        let (letter, human, actor) = (Arc::new(letter), Arc::new(human), Arc::new(actor.to_string()));
        self.db
            .write("postmortem section", move |tx| {
                let (engine, answer) = (engine.clone(), answer.clone());
                let (letter, human, actor) = (letter.clone(), human.clone(), actor.clone());
                Box::pin(async move {
                    let clash = match find(tx, id, part, seen, &human).await? {
                        Found::Changed(clash) => Some(clash),
                        Found::Written => None,
                        Found::AsSeen => {
                            let (slug, at) = (part.slug(), now);
                            let is_written =
                                postmortems::rewrite(tx, id, slug, &human, &actor, at, seen).await?;
                            (!is_written).then(Clash::default)
                        }
                    };
                    let mut effects = answer(clash.as_ref().map_or(Ok(()), Err));
                    effects.extend(clash.is_none().then_some(WRITTEN).into_iter().flatten());
                    engine.settle_letter(tx, &letter, Some(id), &effects).await
                })
            })
            .await?;
        self.after_commit(vec![]);
        Ok(())
    }

    /// Who has written something else in a section since its `seen` revision.
    pub(in crate::engine) async fn clashes(
        &self,
        id: IncidentId,
        part: Part,
        seen: i64,
        human: String,
    ) -> Result<Option<Clash>, StoreError> {
        let read = self
            .db
            .read("section", move |tx| Box::pin(async move { find(tx, id, part, seen, &human).await }));
        Ok(match read.await? {
            Found::Changed(clash) => Some(clash),
            Found::AsSeen | Found::Written => None,
        })
    }
}

/// Somebody has written in a section while somebody else was writing in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Clash {
    /// Who was faster, as stored; `None` when they are only a moment faster.
    pub by: Option<String>,
}

/// How a section stands to what somebody wants to write there.
enum Found {
    /// It is as they saw it.
    AsSeen,
    /// Just these words stand there: a letter may come again.
    Written,
    /// Other words stand there than those they saw.
    Changed(Clash),
}

async fn find(tx: &mut Tx, id: IncidentId, part: Part, seen: i64, human: &str) -> Result<Found, StoreError> {
    Ok(match postmortems::texts(tx, id).await?.remove(part.slug()) {
        Some(written) if written.revision != seen && written.human == human => Found::Written,
        Some(written) if written.revision != seen => Found::Changed(Clash { by: Some(written.actor) }),
        Some(_) | None => Found::AsSeen,
    })
}
