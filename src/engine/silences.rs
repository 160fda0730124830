//! Silences that people ask for: planned from what fires, made in Alertmanager, and told either way.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::Engine;
use super::handle::Settles;
use super::outbox::backoff;
use super::settlement::Settlement;
use crate::domain::alert::Labels;
use crate::domain::effect::{Effect, ReplyTo};
use crate::domain::incident::child::Child;
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command, Incident, Outcome, Refusal, Silence};
use crate::domain::reconcile::{Member, whole_millis};
use crate::domain::severity::Severity;
use crate::domain::silence::{LONGEST, Planned, Which, Wish, plan};
use crate::ids::{Fingerprint, IncidentId, SilenceId, SourceId};
use crate::ports::{NewSilence, NotDone, Performed, Receipt};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, alerts};
use crate::words::silences as words;

/// For so long Alertmanager is asked again when it does not answer; wire time.
const TRIED_FOR: Duration = Duration::minutes(5);
/// Two attempts are no further apart than this.
const RETRY_MAX: std::time::Duration = std::time::Duration::from_secs(15);
/// So much of a lease is kept for writing down what became of it.
const LEFT_FOR_WRITING: std::time::Duration = std::time::Duration::from_secs(2);
/// Alertmanager's clock may be behind ours by so much: a silence begins as soon as it is made.
const BEGINS_BEFORE: Duration = Duration::minutes(1);

/// Somebody wants a silence changed.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub n: u32,
    pub change: Change,
    pub by: Actor,
    pub to: ReplyTo,
}

/// How.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// It lasts until then, UTC.
    Extend(DateTime<Utc>),
    /// It ends.
    Expire,
}

/// Why something was not done, and where.
struct Failure {
    source: SourceId,
    why: NotDone,
}

impl Engine {
    /// Has Alertmanager silence what somebody asked for. Asked twice, it is made once: what is there already is found again.
    pub(super) async fn perform_silence(
        self: &Arc<Self>,
        claimed: &Claimed,
        id: IncidentId,
        wish: Wish,
        to: ReplyTo,
    ) -> Result<(), StoreError> {
        let Some(incident) = self.incident(id).await? else {
            return self.settle_silence(claimed, id, None, vec![]).await;
        };
        if let Some(text) = self.goes_on_elsewhere(id).await? {
            // Much more may fire in what it is part of than was to be silenced.
            return self.settle_silence(claimed, id, None, vec![answer(&to, text)]).await;
        }
        let mut wanted = self.firing(id).await?;
        if let Which::One(one) = &wish.which {
            wanted.retain(|child| child.alert.fingerprint == *one);
        }
        let mut by_source: BTreeMap<SourceId, Vec<(Fingerprint, Labels)>> = BTreeMap::new();
        for child in wanted.into_iter().filter(|child| self.ports.alertmanagers.knows(&child.source)) {
            let one = (child.alert.fingerprint, child.alert.labels);
            by_source.entry(child.source).or_default().push(one);
        }
        if by_source.is_empty() || wish.until <= self.now() {
            let said = answer(&to, words::nothing_fires(id));
            return self.settle_silence(claimed, id, None, vec![said]).await;
        }
        let mut made = vec![];
        for (source, wanted) in by_source {
            let limit = self.lease_left(claimed).saturating_sub(LEFT_FOR_WRITING);
            let asked_of = source.clone();
            let asked = tokio::time::timeout(limit, self.silence_at(&incident, &wish, source, wanted)).await;
            let too_slow = |_elapsed| {
                let why = NotDone::NotNow { why: "it takes too long".to_owned() };
                Err(Failure { source: asked_of, why })
            };
            match asked.unwrap_or_else(too_slow) {
                Ok(Ok(silence)) => made.push(silence),
                Ok(Err(refusal)) => {
                    let refused = vec![answer(&to, refusal)];
                    return self.tell_made(claimed, id, made, refused).await;
                }
                Err(failure) => return self.not_done(claimed, id, &failure, &to).await,
            }
        }
        let is_said = incident.room.channel_wanted || incident.severity() != Severity::P4;
        let said = (!is_said).then(|| answer(&to, words::made(id, wish.until)));
        self.tell_made(claimed, id, made, said.into_iter().collect()).await
    }

    /// The silences at one source; or why there are none, in words for whoever asked.
    async fn silence_at(
        &self,
        incident: &Incident,
        wish: &Wish,
        source: SourceId,
        wanted: Vec<(Fingerprint, Labels)>,
    ) -> Result<Result<Silence, String>, Failure> {
        let look = self.ports.alertmanagers.look(&source).await;
        if look.members.is_empty() {
            return Err(Failure { source, why: NotDone::NotNow { why: look.faults.join("; ") } });
        }
        let is_wanted = |fingerprint: &Fingerprint| wanted.iter().any(|(known, _)| known == fingerprint);
        let listed = look.members.iter().flat_map(|member| &member.alerts);
        let others: Vec<Labels> =
            listed.filter(|alert| !is_wanted(&alert.fingerprint)).map(|alert| alert.labels.clone()).collect();
        let planned = match plan(&wanted, &others) {
            Ok(planned) => planned,
            Err(too_many) => {
                return Ok(Err(words::too_many(incident.id, &too_many, &self.settings.incident_command)));
            }
        };
        let (mut ids, mut covered) = (vec![], vec![]);
        for Planned { labels, alerts } in planned {
            let silence = NewSilence {
                labels,
                starts_at: self.now() - BEGINS_BEFORE,
                ends_at: wish.until,
                created_by: wish.by.to_string(),
                comment: words::comment(
                    incident.id,
                    wish.reason.as_deref(),
                    words::channel_link(incident).as_deref(),
                ),
            };
            let id = match found(&look.members, &silence) {
                Some(id) => id,
                None => match self.ports.alertmanagers.silence(&source, &silence).await {
                    Ok(id) => id,
                    Err(why) => return Err(Failure { source, why }),
                },
            };
            ids.push(id);
            covered.extend(alerts);
        }
        Ok(Ok(Silence {
            n: 0,
            source,
            ids,
            by: wish.by.clone(),
            reason: wish.reason.clone(),
            n_firing: 0,
            alerts: covered,
            since: wish.asked_at,
            until: wish.until,
            warn_at: None,
            changed_at: wish.asked_at,
        }))
    }

    /// Tells the incident what was made; the last word settles the wish.
    async fn tell_made(
        self: &Arc<Self>,
        claimed: &Claimed,
        id: IncidentId,
        mut made: Vec<Silence>,
        answers: Vec<Effect>,
    ) -> Result<(), StoreError> {
        let last = made.pop();
        for silence in made {
            let command = Command::SilenceCreated { silence: Box::new(silence) };
            self.tell_silence(id, command, Settles::Nothing).await?;
        }
        let command = last.map(|silence| Command::SilenceCreated { silence: Box::new(silence) });
        self.settle_silence(claimed, id, command, answers).await
    }

    /// Has Alertmanager change a silence.
    pub(super) async fn change_silence(
        self: &Arc<Self>,
        claimed: &Claimed,
        id: IncidentId,
        asked: Asked,
    ) -> Result<(), StoreError> {
        let Asked { n, change, by, to } = asked;
        if let Some(text) = self.goes_on_elsewhere(id).await? {
            return self.settle_silence(claimed, id, None, vec![answer(&to, text)]).await;
        }
        let incident = self.incident(id).await?;
        let silence = incident.iter().flat_map(|incident| &incident.silences).find(|silence| silence.n == n);
        let Some(silence) = silence else {
            let said = answer(&to, words::over(id, n));
            return self.settle_silence(claimed, id, None, vec![said]).await;
        };
        let source = silence.source.clone();
        if let Change::Extend(until) = change
            && until.min(self.now() + LONGEST) <= silence.until
        {
            let said = answer(&to, words::lasts(n, silence.until));
            return self.settle_silence(claimed, id, None, vec![said]).await;
        }
        let limit = self.lease_left(claimed).saturating_sub(LEFT_FOR_WRITING);
        let changed = tokio::time::timeout(limit, self.changed(silence, change, by)).await;
        let too_slow = |_elapsed| Err(NotDone::NotNow { why: "it takes too long".to_owned() });
        let changed = changed.unwrap_or_else(too_slow);
        match changed {
            Ok(command) => self.settle_silence(claimed, id, Some(command), vec![]).await,
            Err(NotDone::Gone) => {
                // The next poll sees that it is over.
                let said = answer(&to, words::over(id, n));
                self.settle_silence(claimed, id, None, vec![said]).await
            }
            Err(why) => self.not_done(claimed, id, &Failure { source, why }, &to).await,
        }
    }

    /// Has every silence of one wish changed; one that was changed before stays so.
    async fn changed(&self, silence: &Silence, change: Change, by: Actor) -> Result<Command, NotDone> {
        let (port, source, n) = (&self.ports.alertmanagers, &silence.source, silence.n);
        match change {
            Change::Extend(until) => {
                let until = until.min(self.now() + LONGEST);
                let mut ids = vec![];
                for id in &silence.ids {
                    ids.push(port.extend(source, id, until).await?);
                }
                Ok(Command::SilenceExtended { by, n, ids, until })
            }
            Change::Expire => {
                for id in &silence.ids {
                    match port.expire(source, id).await {
                        Ok(()) | Err(NotDone::Gone) => {}
                        Err(why) => return Err(why),
                    }
                }
                Ok(Command::SilenceExpired { by, n })
            }
        }
    }

    /// Alertmanager did not do it: that is told at once, and what may yet be done is tried again for a while.
    async fn not_done(
        self: &Arc<Self>,
        claimed: &Claimed,
        id: IncidentId,
        failure: &Failure,
        to: &ReplyTo,
    ) -> Result<(), StoreError> {
        let Failure { source, why } = failure;
        let now = self.clocks.wire.now();
        match why {
            NotDone::NotNow { why } if now - claimed.began_at < TRIED_FOR => {
                tracing::warn!(
                    incident.id = %id, source = %source, effect.attempt = claimed.tries, error = %why,
                    "alertmanager was not reached; it is tried again"
                );
                let due = now + backoff(claimed.tries, claimed.id, None, RETRY_MAX);
                let settlement = Settlement::retry(claimed, due, why.clone(), true);
                let minutes = TRIED_FOR.num_minutes();
                let said = (claimed.tries == 1).then(|| answer(to, words::not_yet(id, source, why, minutes)));
                self.settle_and_say(settlement, id, said.into_iter().collect()).await
            }
            NotDone::NotNow { why } => {
                tracing::error!(incident.id = %id, source = %source, error = %why, "alertmanager was not reached; given up");
                let said = answer(to, words::given_up(id, source, why));
                self.settle_silence(claimed, id, None, vec![said]).await
            }
            NotDone::Refused { .. } | NotDone::NoAddress | NotDone::Gone => {
                let said = answer(to, words::refused(id, source, &why.to_string()));
                self.settle_silence(claimed, id, None, vec![said]).await
            }
        }
    }

    /// Settles what somebody asked for: with a command to the incident, or with nothing but the answers.
    async fn settle_silence(
        self: &Arc<Self>,
        claimed: &Claimed,
        id: IncidentId,
        command: Option<Command>,
        answers: Vec<Effect>,
    ) -> Result<(), StoreError> {
        self.metrics.job_done(claimed.effect.name(), &Performed::Done(Receipt::Nothing));
        let settlement = Settlement::done(claimed);
        let Some(command) = command else { return self.settle_and_say(settlement, id, answers).await };
        if !answers.is_empty() {
            let engine = self.clone();
            let posted = self.db.write("answer silence", move |tx| {
                let (engine, answers) = (engine.clone(), answers.clone());
                Box::pin(async move { engine.post(tx, Some(id), &answers).await })
            });
            let posted: Result<(), StoreError> = posted.await;
            posted?;
        }
        self.tell_silence(id, command, Settles::Effect(settlement)).await
    }

    /// Tells the incident what became of its silences. One that was made while its incident was merged away is the other one's;
    /// of any other change the next poll tells that one.
    async fn tell_silence(
        self: &Arc<Self>,
        id: IncidentId,
        command: Command,
        settles: Settles,
    ) -> Result<(), StoreError> {
        let mut outcome = self.carry_out(id, command.clone(), Origin::Slack, settles).await?;
        while let (Outcome::Refused(Refusal::Merged { into, .. }, _), Command::SilenceCreated { .. }) =
            (&outcome, &command)
        {
            outcome = self.carry_out(*into, command.clone(), Origin::Slack, Settles::Nothing).await?;
        }
        Ok(())
    }

    async fn settle_and_say(
        self: &Arc<Self>,
        settlement: Settlement,
        id: IncidentId,
        answers: Vec<Effect>,
    ) -> Result<(), StoreError> {
        let engine = self.clone();
        let settled = self.db.write("settle silence", move |tx| {
            let (engine, settlement, answers) = (engine.clone(), settlement.clone(), answers.clone());
            Box::pin(async move {
                settlement.write(tx).await?;
                engine.post(tx, Some(id), &answers).await
            })
        });
        let settled: Result<(), StoreError> = settled.await;
        self.nudges.outbox.want_any();
        settled
    }

    async fn firing(&self, id: IncidentId) -> Result<Vec<Child>, StoreError> {
        self.db.read("firing", move |tx| Box::pin(async move { alerts::firing_in(tx, id).await })).await
    }
}

fn answer(to: &ReplyTo, text: String) -> Effect {
    Effect::Answer { to: to.clone(), text, choices: vec![] }
}

/// The silence, when an earlier attempt has made it.
fn found(members: &[Member], wanted: &NewSilence) -> Option<SilenceId> {
    let mut silences = members.iter().flat_map(|member| &member.silences);
    let silence = silences.find(|silence| {
        !silence.is_over
            && silence.labels.as_ref() == Some(&wanted.labels)
            && silence.created_by == wanted.created_by
            && whole_millis(silence.ends_at) == whole_millis(wanted.ends_at)
    });
    silence.map(|silence| silence.id.clone())
}
