//! The one loop: load, decide, save, commit; once more when somebody else was faster.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use super::Engine;
use super::doors::Leaving;
use super::inbox::holds_a_message;
use super::postmortem::Drafted;
use super::save::Change;
use super::settlement::Settlement;
use crate::domain::effect::Effect;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{
    Actor, Command, Facts, Handled, Incident, Opening, Outcome, Refusal, decide, open,
};
use crate::ids::IncidentId;
use crate::store::inbox::{self, Letter};
use crate::store::incidents::Versioned;
use crate::store::{StoreError, Tx, incidents, postmortems};

/// How often a decision is made anew because the incident changed under it.
const ATTEMPTS: u32 = 8;

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HandleError {
    /// There is no such incident.
    #[error("there is no {0}")]
    Unknown(IncidentId),
    /// The incident refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the answer to what became of a command.
pub(super) type Answer = Arc<dyn Fn(&Outcome) -> Vec<Effect> + Send + Sync>;

/// A letter that asks for a command: it is settled, and answered, in the same transaction as what it asks for.
#[derive(Clone)]
pub(super) struct OnBehalf {
    /// The letter.
    pub letter: Letter,
    /// The epoch of the button that was clicked, if one was.
    pub epoch: Option<u32>,
    /// What to answer.
    pub answer: Answer,
    /// Which other incidents are acknowledged with it, whatever becomes of the command.
    pub also: Vec<IncidentId>,
}

/// What is settled in the same transaction as a command, whatever becomes of it.
#[derive(Clone)]
pub(super) enum Settles {
    /// Nothing.
    Nothing,
    /// The letter that asks for the command.
    Letter(OnBehalf),
    /// The effect whose outcome the command tells.
    Effect(Settlement),
    /// The effect that met what the command tells, and that is asked for again behind what follows from the command.
    Behind(Settlement, Effect),
    /// The draft of which the command tells.
    Draft(Drafted),
}

impl Settles {
    /// Whether the incident was told before: somebody else drafted its post-mortem meanwhile.
    async fn is_told_already(&self, tx: &mut Tx, id: IncidentId) -> Result<bool, StoreError> {
        match self {
            Self::Draft(_) => Ok(postmortems::read(tx, id).await?.is_some()),
            Self::Nothing | Self::Letter(_) | Self::Effect(_) | Self::Behind(..) => Ok(false),
        }
    }

    fn letter(&self) -> Option<&OnBehalf> {
        match self {
            Self::Letter(asked) => Some(asked),
            Self::Nothing | Self::Effect(_) | Self::Behind(..) | Self::Draft(_) => None,
        }
    }
}

/// Decides, and decides anew while somebody else is faster.
pub(super) async fn anew<T, F>(mut decide: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut attempt = 1;
    loop {
        match decide().await {
            Err(StoreError::Stale | StoreError::Conflict { .. }) if attempt < ATTEMPTS => attempt += 1,
            decided => return decided,
        }
    }
}

impl Engine {
    /// Carries out a command and answers when it is durable.
    pub async fn handle(
        self: &Arc<Self>,
        id: IncidentId,
        command: Command,
        origin: Origin,
    ) -> Result<Handled, HandleError> {
        match self.carry_out(id, command, origin, Settles::Nothing).await? {
            Outcome::Done(handled) => Ok(*handled),
            Outcome::Refused(refusal, _) => Err(refusal.into()),
            Outcome::Unknown(id) => Err(HandleError::Unknown(id)),
        }
    }

    /// Carries out a command and settles what goes with it (a letter together with its answer), all or nothing.
    pub(super) async fn carry_out(
        self: &Arc<Self>,
        id: IncidentId,
        command: Command,
        origin: Origin,
        settles: Settles,
    ) -> Result<Outcome, StoreError> {
        let (outcome, leaving): (Outcome, Option<Vec<Leaving>>) = anew(|| {
            let (engine, command, settles) = (self.clone(), command.clone(), settles.clone());
            self.db.write("handle", move |tx| {
                Box::pin(async move { engine.decide_in(tx, id, command, origin, &settles).await })
            })
        })
        .await?;
        if let Outcome::Done(handled) = &outcome {
            self.metrics.decided(Some(&handled.before), &handled.incident);
        }
        // A nudge for nothing would make the timers look again at what will not be woken, without a pause.
        if let Some(leaving) = leaving {
            self.after_commit(leaving);
        }
        Ok(outcome)
    }

    /// What became of the command and the pages to send, if anything was written.
    async fn decide_in(
        &self,
        tx: &mut Tx,
        id: IncidentId,
        command: Command,
        origin: Origin,
        settles: &Settles,
    ) -> Result<(Outcome, Option<Vec<Leaving>>), StoreError> {
        let now = self.now();
        let also = match (&command, settles.letter()) {
            (Command::Acknowledge { by }, Some(OnBehalf { also, .. })) => Some((by.clone(), also.clone())),
            _ => None,
        };
        let (outcome, mut leaving) = match incidents::find(tx, id).await? {
            None => (Outcome::Unknown(id), None),
            Some(Versioned { incident, .. }) if settles.is_told_already(tx, id).await? => {
                (Outcome::Done(Box::new(Handled { before: incident.clone(), incident })), None)
            }
            Some(before) => {
                let is_outdated = settles
                    .letter()
                    .and_then(|asked| asked.epoch)
                    .is_some_and(|epoch| epoch != before.incident.epoch);
                // What was merged away says where it went, whatever was clicked.
                let is_outdated = is_outdated && before.incident.merged_into.is_none();
                let command = match command {
                    Command::Acknowledge { by } if is_outdated => Some(Command::AnswerPages { by }),
                    command => (!is_outdated).then_some(command),
                };
                let sight = match &command {
                    Some(Command::Wake) => self.sight(tx, &before.incident, now).await?,
                    _ => None,
                };
                let rota = self.rota();
                let umbrellas = self.umbrellas_of(tx, std::iter::once(&before.incident)).await?;
                let umbrella = umbrellas.over(&before.incident);
                let facts = Facts { umbrella, ..self.facts(&rota, now, origin) };
                let decided = sight
                    .or(command)
                    .ok_or(Refusal::Outdated { id })
                    .and_then(|command| decide(&before.incident, command, &facts));
                match decided {
                    Err(refusal) => {
                        let refusal = self.with_the_way(tx, refusal).await?;
                        (Outcome::Refused(refusal, Box::new(before.incident)), None)
                    }
                    Ok(decision) => {
                        let is_idle = decision.next == before.incident
                            && decision.effects.is_empty()
                            && decision.pages.is_empty();
                        let leaving = if is_idle {
                            None
                        } else {
                            let others =
                                self.follows(tx, &before.incident, &decision, umbrellas, &facts).await?;
                            let change = Change { before: Some(&before), decision: &decision };
                            let others = others
                                .iter()
                                .map(|(before, decision)| Change { before: before.as_ref(), decision });
                            let changes: Vec<Change<'_>> = std::iter::once(change).chain(others).collect();
                            Some(self.save(tx, &changes, now).await?.leaving)
                        };
                        let handled = Handled { before: before.incident, incident: decision.next };
                        (Outcome::Done(Box::new(handled)), leaving)
                    }
                }
            }
        };
        if let Some((by, others)) = also {
            for other in others {
                leaving.get_or_insert_default().extend(self.takes(tx, other, by.clone(), origin).await?);
            }
        }
        match settles {
            Settles::Nothing => {}
            Settles::Letter(asked) => {
                let answer = (asked.answer)(&outcome);
                self.settle_letter(tx, &asked.letter, Some(id), &answer).await?;
                leaving.get_or_insert_default();
            }
            Settles::Effect(settlement) => {
                settlement.write(tx).await?;
                leaving.get_or_insert_default();
            }
            Settles::Behind(settlement, effect) => {
                settlement.write(tx).await?;
                self.post(tx, Some(id), std::slice::from_ref(effect)).await?;
                leaving.get_or_insert_default();
            }
            Settles::Draft(drafted) => {
                drafted.write(tx, id).await?;
                leaving.get_or_insert_default();
            }
        }
        Ok((outcome, leaving))
    }

    /// Somebody takes one more incident in the same transaction. One that is over, or that they do not know of, is left alone.
    fn takes<'t>(
        &'t self,
        tx: &'t mut Tx,
        id: IncidentId,
        by: Actor,
        origin: Origin,
    ) -> BoxFuture<'t, Result<Vec<Leaving>, StoreError>> {
        Box::pin(async move {
            let found = incidents::find(tx, id).await?;
            if found
                .is_none_or(|found| found.incident.privacy.is_private() && !found.incident.is_open_to(&by))
            {
                return Ok(vec![]);
            }
            let command = Command::Acknowledge { by };
            let (_answered_together, leaving) =
                self.decide_in(tx, id, command, origin, &Settles::Nothing).await?;
            Ok(leaving.unwrap_or_default())
        })
    }

    /// Opens an incident that a human declares.
    pub(super) async fn declare_on_behalf(
        self: &Arc<Self>,
        opening: Opening,
        origin: Origin,
        on_behalf: Option<OnBehalf>,
    ) -> Result<Incident, StoreError> {
        let engine = self.clone();
        let (incident, leaving) = self
            .db
            .write("declare", move |tx| {
                Box::pin(async move {
                    let now = engine.now();
                    let id = incidents::next_ids(tx, 1).await?.next().ok_or(StoreError::Missing)?;
                    let decision = open(id, opening, &engine.facts(&engine.rota(), now, origin));
                    let change = Change { before: None, decision: &decision };
                    let leaving = engine.save(tx, &[change], now).await?.leaving;
                    if let Some(asked) = &on_behalf {
                        let incident = decision.next.clone();
                        let handled = Handled { before: incident.clone(), incident };
                        let answer = (asked.answer)(&Outcome::Done(Box::new(handled)));
                        engine.settle_letter(tx, &asked.letter, Some(id), &answer).await?;
                    }
                    Ok::<_, StoreError>((decision.next, leaving))
                })
            })
            .await?;
        self.metrics.decided(None, &incident);
        self.after_commit(leaving);
        Ok(incident)
    }

    /// Settles a letter that changed no incident, with its answer.
    pub(super) async fn answer_letter(
        self: &Arc<Self>,
        letter: Letter,
        answer: Vec<Effect>,
    ) -> Result<(), StoreError> {
        self.settle_with(letter, None, answer).await
    }

    /// Settles a letter with effects about one incident, which it does not change.
    pub(super) async fn answer_letter_about(
        self: &Arc<Self>,
        letter: Letter,
        incident: IncidentId,
        effects: Vec<Effect>,
    ) -> Result<(), StoreError> {
        self.settle_with(letter, Some(incident), effects).await
    }

    async fn settle_with(
        self: &Arc<Self>,
        letter: Letter,
        incident: Option<IncidentId>,
        answer: Vec<Effect>,
    ) -> Result<(), StoreError> {
        let engine = self.clone();
        self.db
            .write("answer", move |tx| {
                Box::pin(async move { engine.settle_letter(tx, &letter, incident, &answer).await })
            })
            .await?;
        self.after_commit(vec![]);
        Ok(())
    }

    /// Settles a letter in a transaction that is open, with effects about one incident or none.
    pub(super) async fn settle_letter(
        &self,
        tx: &mut Tx,
        letter: &Letter,
        incident: Option<IncidentId>,
        answer: &[Effect],
    ) -> Result<(), StoreError> {
        let at: DateTime<Utc> = self.clocks.wire.now();
        inbox::done(tx, &letter.id, letter.attempt, at, None).await?;
        if holds_a_message(letter) {
            inbox::blank(tx, &letter.id).await?;
        }
        self.post(tx, incident, answer).await
    }
}
