//! Performs effects: reads what they may show, hands them to a port, and writes down what became of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Engine;
use super::doors::Leaving;
use super::handle::Settles;
use super::outcomes::PageOutcome;
use super::settlement::{Fate, Seen, Settlement};
use super::silences::{Asked, Change};
use super::views;
use crate::domain::effect::{Effect, Form, OpenForm, ReplyTo};
use crate::domain::incident::timeline::Origin;
use crate::domain::incident::{Actor, Command};
use crate::domain::page::{NotTaken, Page};
use crate::domain::people::ContactMethod;
use crate::domain::severity::Severity;
use crate::ids::IncidentId;
use crate::ports::{About, Errand, Lost, Performed, Receipt, Shown, View};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, outbox};
use crate::words;

/// An errand is given up, and its outcome taken as unknown, when it takes longer. Shorter than the lease.
const ERRAND_LIMIT: Duration = Duration::from_secs(10);
/// Nothing is begun with less of its lease than a provider may take to answer a page: it waited too long in this process, and
/// whoever claims it next does it, once.
pub(super) const LEAST_LEASE: Duration = Duration::from_secs(4);
/// A page decided so short a time ago shows what was decided: nobody has answered it yet.
const FRESH: chrono::Duration = chrono::Duration::milliseconds(500);
/// How soon a page that waits for its alerts to come back is looked at again.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Pages are tried again at least this often, for as long as they matter.
pub(super) const PAGE_RETRY_MAX: Duration = Duration::from_mins(1);
/// Everything else is tried again at least this often, so that Slack's return is noticed soon.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// Whoever has to wait for a turn waits at least so long, so that nothing turns in circles.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// And is looked at again after so long at the latest.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Whether it is the very first page of an incident that alerts have opened, decided with the opening.
fn is_first_of_alerts(view: &View, row: &Page) -> bool {
    let incident = &view.incident;
    // Whoever is paged beside the first person is the next walk; whatever comes later was not decided then.
    let is_of_opening = row.due.timestamp_micros() == incident.opened_at.timestamp_micros();
    !incident.is_declared() && row.walk == 1 && row.repeats == 0 && is_of_opening
}

impl Engine {
    /// Performs one claimed effect and settles it.
    pub(super) async fn perform(self: &Arc<Self>, claimed: Claimed) -> Result<(), StoreError> {
        match (&claimed.effect, claimed.incident) {
            (Effect::Page { .. }, _) => self.perform_page(Leaving { claimed, shown: None }).await,
            (Effect::PageDigest { digest, method, repeat }, _) => {
                let (digest, method, repeat) = (digest.clone(), *method, *repeat);
                Box::pin(self.perform_digest(digest, method, repeat, claimed)).await
            }
            (Effect::RefreshDigest { digest }, _) => {
                let performed = self.refresh_digest(&claimed, &digest.clone()).await?;
                self.settle(&claimed, performed, Seen::default()).await
            }
            (Effect::TestPage { id, person, method, .. }, _) => {
                let (id, person, method) = (*id, person.clone(), *method);
                Box::pin(self.perform_test_page(&claimed, id, &person, method)).await
            }
            (Effect::HangUp { page }, _) => {
                let page = page.clone();
                Box::pin(self.hang_up(&claimed, page)).await
            }
            (Effect::AskSwap { id, user, .. }, _) => {
                let (id, user) = (*id, user.clone());
                Box::pin(self.perform_swap_question(&claimed, id, user)).await
            }
            (Effect::PublishHome { user }, _) => {
                let user = user.clone();
                Box::pin(self.perform_home(&claimed, &user)).await
            }
            (Effect::Silence { wish, to }, Some(incident)) => {
                let (wish, to) = (wish.clone(), to.clone());
                Box::pin(self.perform_silence(&claimed, incident, wish, to)).await
            }
            (Effect::ExtendSilence { n, until, by, to }, Some(incident)) => {
                let asked = Asked { n: *n, change: Change::Extend(*until), by: by.clone(), to: to.clone() };
                Box::pin(self.change_silence(&claimed, incident, asked)).await
            }
            (Effect::ExpireSilence { n, by, to }, Some(incident)) => {
                let asked = Asked { n: *n, change: Change::Expire, by: by.clone(), to: to.clone() };
                Box::pin(self.change_silence(&claimed, incident, asked)).await
            }
            (Effect::DraftPostmortem, Some(incident)) => {
                self.draft_and_settle(incident, Some(Settlement::done(&claimed))).await?;
                self.metrics.job_done(claimed.effect.name(), &Performed::Done(Receipt::Nothing));
                Ok(())
            }
            (Effect::CopyPostmortem, Some(incident)) => {
                self.want_canvas(incident).await?;
                let performed = self.copy_postmortem(incident).await?;
                self.settle(&claimed, performed, Seen::default()).await
            }
            (Effect::CopyToCanvas { .. }, Some(incident)) => {
                Box::pin(self.perform_canvas(&claimed, incident)).await
            }
            _ if self.lease_left(&claimed) < LEAST_LEASE => {
                self.write(Settlement::given_back(&claimed, self.clocks.wire.now())).await
            }
            _ => {
                // A form that Slack shows for three seconds only is opened before anything is read.
                let cover = matches!(&claimed.effect, Effect::OpenForm { form: Form::Postmortem { .. }, .. });
                let about = claimed.incident.filter(|_| !cover);
                let view = self.view_for(about, &claimed.effect).await?;
                let severity = view.as_ref().map(|view| view.incident.severity());
                let about = view.map_or(About::Nothing, |view| About::Incident(Box::new(view)));
                let (performed, seen) =
                    self.errand(&claimed, claimed.effect.clone(), about, ContactMethod::Slack).await?;
                let news = match &performed {
                    Performed::Done(Receipt::Behind) => {
                        self.metrics.job_done(claimed.effect.name(), &performed);
                        return self.put_behind(claimed).await;
                    }
                    Performed::Done(receipt) => {
                        claimed.incident.zip(news(&claimed.effect, receipt, severity))
                    }
                    Performed::TryAgain { .. }
                    | Performed::Wait { .. }
                    | Performed::NotYet { .. }
                    | Performed::Refused { .. } => None,
                };
                if let (
                    Effect::OpenForm { to, form: Form::Postmortem { .. }, .. },
                    Performed::Done(Receipt::Form(open)),
                ) = (&claimed.effect, &performed)
                {
                    return self.fill_form(&claimed, to.clone(), open.clone()).await;
                }
                let Some((incident, news)) = news else {
                    return self.settle(&claimed, performed, seen).await;
                };
                self.metrics.job_done(claimed.effect.name(), &performed);
                let settlement = Settlement::new(&claimed, Fate::Done, seen);
                let settles = match &performed {
                    // It is done when that is mended, behind what else waits for it.
                    Performed::Done(Receipt::Lost(_)) if claimed.effect.is_owed() => {
                        Settles::Behind(settlement, claimed.effect.clone())
                    }
                    Performed::Done(_)
                    | Performed::TryAgain { .. }
                    | Performed::Wait { .. }
                    | Performed::NotYet { .. }
                    | Performed::Refused { .. } => Settles::Effect(settlement),
                };
                self.carry_out(incident, news, Origin::Slack, settles).await.map(drop)
            }
        }
    }

    /// Puts a claimed effect behind everything that waits in its lane.
    async fn put_behind(self: &Arc<Self>, claimed: Claimed) -> Result<(), StoreError> {
        let engine = self.clone();
        let put = self.db.write("put behind", move |tx| {
            Box::pin(async move {
                Settlement::done(&claimed).write(tx).await?;
                engine.post(tx, claimed.incident, std::slice::from_ref(&claimed.effect)).await
            })
        });
        let put: Result<(), StoreError> = put.await;
        self.nudges.outbox.want_any();
        put
    }

    /// The cover of a form is open: what it is about follows.
    async fn fill_form(
        self: &Arc<Self>,
        claimed: &Claimed,
        to: ReplyTo,
        open: OpenForm,
    ) -> Result<(), StoreError> {
        let (engine, settlement) = (self.clone(), Settlement::done(claimed));
        let incident = claimed.incident;
        let form = incident.map(|incident| Form::Section { incident, part: None, revision: 0 });
        let follows = form.map(|form| Effect::UpdateForm { to, open, form });
        let written = self.db.write("form", move |tx| {
            Box::pin(async move {
                settlement.write(tx).await?;
                engine.post(tx, incident, follows.as_slice()).await
            })
        });
        written.await?;
        self.metrics.job_done(claimed.effect.name(), &Performed::Done(Receipt::Nothing));
        self.nudges.outbox.want_any();
        Ok(())
    }

    /// Hands a claimed effect, or a part of it, to whoever performs it.
    pub(super) async fn errand(
        self: &Arc<Self>,
        claimed: &Claimed,
        effect: Effect,
        about: About,
        method: ContactMethod,
    ) -> Result<(Performed, Seen), StoreError> {
        let shown = Arc::new(Shown::new(self.shown_before(claimed).await?));
        let errand = Errand {
            effect,
            about,
            attempt: claimed.tries,
            in_doubt: claimed.in_doubt,
            began_at: claimed.began_at,
            shown: shown.clone(),
        };
        let port = match method {
            _ if matches!(errand.effect, Effect::TellPagerDuty { .. }) => match &self.ports.pagerduty {
                Some(pagerduty) => pagerduty,
                // It was taken out of the configuration since.
                None => return Ok((Performed::Done(Receipt::Nothing), Seen::default())),
            },
            ContactMethod::Webhook => &self.ports.webhook,
            ContactMethod::Email => &self.ports.email,
            ContactMethod::Ntfy => &self.ports.ntfy,
            ContactMethod::Sms => &self.ports.sms,
            ContactMethod::Voice => &self.ports.voice,
            ContactMethod::Slack => &self.ports.slack,
        };
        let limit = ERRAND_LIMIT.min(self.lease_left(claimed));
        let performed = tokio::time::timeout(limit, port.perform(&errand)).await.unwrap_or_else(|_elapsed| {
            let why = format!("no answer within {} s", limit.as_secs());
            Performed::TryAgain { after: None, why, in_doubt: true }
        });
        if matches!(performed, Performed::Done(_)) && claimed.tries > 1 {
            self.others_go_on(method).await;
        }
        if let Some(why) = shown.plain() {
            self.tell_of_plain_text(claimed, why).await;
        }
        Ok((performed, Seen::of(claimed.incident, &shown)))
    }

    /// What the messages that an effect may edit show already. Nothing is believed once an attempt may have changed them.
    async fn shown_before(&self, claimed: &Claimed) -> Result<BTreeMap<String, String>, StoreError> {
        let edits = matches!(
            claimed.effect,
            Effect::RefreshPages
                | Effect::RefreshCard
                | Effect::RefreshAnnouncement
                | Effect::RefreshTold { .. }
                | Effect::RefreshPostmortem
                | Effect::CopyToCanvas { .. }
                | Effect::RefreshFeedback
                | Effect::SetTopic
        );
        let Some(incident) = claimed.incident.filter(|_| edits && claimed.tries == 1) else {
            return Ok(BTreeMap::new());
        };
        self.db.read("shown", move |tx| Box::pin(async move { outbox::shown(tx, incident).await })).await
    }

    /// How long a claimed effect is still this process's own.
    pub(super) fn lease_left(&self, claimed: &Claimed) -> Duration {
        (claimed.lease_until - self.clocks.wire.now()).to_std().unwrap_or_default()
    }

    /// A page leaves unless it has stopped mattering. What becomes of it is a command to its incident.
    pub(super) async fn perform_page(self: &Arc<Self>, leaving: Leaving) -> Result<(), StoreError> {
        let Leaving { claimed, shown } = leaving;
        let (Effect::Page { page, .. }, Some(incident)) = (&claimed.effect, claimed.incident) else {
            return self.settle(&claimed, Performed::Done(Receipt::Nothing), Seen::default()).await;
        };
        let page = page.clone();
        if self.lease_left(&claimed) < LEAST_LEASE {
            let due = self.clocks.wire.now();
            return self.write(Settlement::new(&claimed, Fate::GivenBack { due }, Seen::default())).await;
        }
        let view = self.view_of_page(incident, &claimed, shown.as_deref()).await?;
        let found = view.and_then(|view| Some((view.page(&page)?.clone(), view)));
        let matters = |row: &Page, view: &View| {
            let interval = view.house.means(view.incident.severity()).contact_interval;
            matches!(claimed.effect, Effect::Page { repeat, .. } if row.matters(repeat, self.now(), interval))
        };
        let Some((row, view)) = found.filter(|(row, view)| matters(row, view)) else {
            return self.settle(&claimed, Performed::Done(Receipt::Nothing), Seen::default()).await;
        };
        if view.incident.stands_still() && row.cause.ends_with_any_ack() {
            // Nobody is woken for what is over, or silenced. If it comes back, so does the page.
            let due = self.clocks.wire.now() + LOOK_AGAIN;
            return self.write(Settlement::new(&claimed, Fate::GivenBack { due }, Seen::default())).await;
        }
        let sent_at = self.now();
        if claimed.tries == 1 && is_first_of_alerts(&view, &row) {
            self.metrics.page_left(self.clocks.wire.now() - claimed.began_at);
        }
        let about = About::Incident(Box::new(view));
        let (performed, seen) = self.errand(&claimed, claimed.effect.clone(), about, row.method).await?;
        self.metrics.job_done(claimed.effect.name(), &performed);
        let (command, fate) = match performed {
            Performed::Done(receipt) => {
                self.metrics.page_outcome(row.method, "accepted");
                let provider_id = match receipt {
                    Receipt::Accepted { provider_id } => provider_id,
                    Receipt::Nothing
                    | Receipt::Opened(_)
                    | Receipt::NotOpened { .. }
                    | Receipt::Archived(_)
                    | Receipt::NotArchived { .. }
                    | Receipt::Posted(_)
                    | Receipt::Canvas(_)
                    | Receipt::Uninvited(_)
                    | Receipt::Lost(_)
                    | Receipt::Behind
                    | Receipt::Form(_) => None,
                };
                (Command::PageAccepted { page: Box::new(row), sent_at, provider_id }, Fate::Done)
            }
            // A page is never given up.
            Performed::TryAgain { after, why, in_doubt } => {
                self.page_not_taken(&claimed, &row, sent_at, NotTaken::Passing, (after, why, in_doubt))
            }
            Performed::NotYet { why } => {
                self.page_not_taken(&claimed, &row, sent_at, NotTaken::Passing, (None, why, false))
            }
            Performed::Wait { after, why } => {
                self.page_not_taken(&claimed, &row, sent_at, NotTaken::Held, (Some(after), why, false))
            }
            Performed::Refused { why } => {
                self.page_not_taken(&claimed, &row, sent_at, NotTaken::Refused, (None, why, false))
            }
        };
        let settlement = Settlement::new(&claimed, fate, seen);
        self.tell_outcome(PageOutcome { incident, command, settlement }).await
    }

    /// What becomes of a page that no provider took: its incident hears of it, and it is tried again, not sooner than the other
    /// side asked for.
    fn page_not_taken(
        &self,
        claimed: &Claimed,
        row: &Page,
        sent_at: DateTime<Utc>,
        fault: NotTaken,
        (after, why, in_doubt): (Option<Duration>, String, bool),
    ) -> (Command, Fate) {
        let (incident, method, now) = (row.incident, row.method, self.clocks.wire.now());
        let fate = match fault {
            NotTaken::Held => {
                self.metrics.page_outcome(method, "held");
                tracing::info!(incident.id = %incident, page.id = %row.id, page.method = %method, why = %why, "page waits its turn");
                let wait = after.unwrap_or_default().clamp(SHORTEST_WAIT, PAGE_RETRY_MAX);
                Fate::GivenBack { due: now + wait }
            }
            NotTaken::Passing | NotTaken::Refused => {
                self.metrics.page_outcome(method, "failed");
                tracing::warn!(
                    incident.id = %incident, page.id = %row.id, page.method = %method, page.attempt = claimed.tries,
                    error = %why, "page was not accepted"
                );
                let wait = backoff(claimed.tries, claimed.id, after, PAGE_RETRY_MAX);
                Fate::Retry { due: now + wait, why: why.clone(), in_doubt }
            }
        };
        (Command::PageFailed { page: Box::new(row.clone()), sent_at, fault, error: why }, fate)
    }

    /// What a page may show: what the decision knew while that is fresh, or when the database cannot say anything newer.
    async fn view_of_page(
        &self,
        incident: IncidentId,
        claimed: &Claimed,
        shown: Option<&views::Shown>,
    ) -> Result<Option<View>, StoreError> {
        let Some(shown) = shown else { return self.view_for(Some(incident), &claimed.effect).await };
        if self.clocks.wire.now() - claimed.began_at <= FRESH {
            return Ok(Some(self.view_of_new(shown, &claimed.effect).await));
        }
        match self.view_for(Some(incident), &claimed.effect).await {
            Ok(view) => Ok(view),
            Err(error) => {
                tracing::warn!(incident.id = %incident, error = %error, "a page leaves as it was decided");
                Ok(Some(self.view_of_new(shown, &claimed.effect).await))
            }
        }
    }

    /// Writes down what became of a claimed effect that changed no incident. It is given up when it was refused for good.
    pub(super) async fn settle(
        self: &Arc<Self>,
        claimed: &Claimed,
        performed: Performed,
        seen: Seen,
    ) -> Result<(), StoreError> {
        let now = self.clocks.wire.now();
        let kind = claimed.effect.name();
        self.metrics.job_done(kind, &performed);
        let (id, attempt) = (claimed.id, claimed.attempt);
        match performed {
            Performed::Done(_) => self.write(Settlement::new(claimed, Fate::Done, seen)).await,
            Performed::TryAgain { after, why, in_doubt } => {
                let tries = claimed.tries;
                tracing::warn!(
                    effect.id = id, effect.kind = kind, effect.attempt = tries, error = %why, "to be tried again"
                );
                let due = now + backoff(tries, id, after, RETRY_MAX);
                self.write(Settlement::new(claimed, Fate::Retry { due, why, in_doubt }, seen)).await
            }
            Performed::NotYet { why } => {
                let tries = claimed.tries;
                tracing::debug!(effect.id = id, effect.kind = kind, effect.attempt = tries, why = %why, "waits a little");
                let due = now + backoff(tries, id, None, RETRY_MAX);
                self.write(Settlement::new(claimed, Fate::Retry { due, why, in_doubt: false }, seen)).await
            }
            Performed::Wait { after, why } => {
                tracing::debug!(effect.id = id, effect.kind = kind, why = %why, "waits its turn");
                let due = now + after.clamp(SHORTEST_WAIT, LONGEST_WAIT);
                self.write(Settlement::new(claimed, Fate::GivenBack { due }, seen)).await
            }
            Performed::Refused { why } => {
                tracing::error!(effect.id = id, effect.kind = kind, error = %why, "given up: refused for good");
                let effect = claimed.effect.clone();
                let (engine, incident) = (self.clone(), claimed.incident);
                let buried = self.db.write("bury", move |tx| {
                    Box::pin(async move {
                        seen.write(tx).await?;
                        outbox::bury(tx, id, attempt, now, &why).await?;
                        engine.tell_of_refusal(tx, incident, &effect, why).await
                    })
                });
                let buried: Result<(), StoreError> = buried.await;
                self.nudges.outbox.want_any();
                buried
            }
        }
    }

    /// Writes down what becomes of a claimed effect.
    pub(super) async fn write(&self, settlement: Settlement) -> Result<(), StoreError> {
        let written =
            self.db.write("settle", move |tx| Box::pin(async move { settlement.write(tx).await })).await;
        self.nudges.outbox.want_any();
        written
    }
}

/// What an errand brought back is a command to its incident.
fn news(effect: &Effect, receipt: &Receipt, severity: Option<Severity>) -> Option<Command> {
    match (effect, receipt) {
        (Effect::OpenChannel, Receipt::Opened(channel)) => {
            Some(Command::ChannelOpened { channel: channel.clone() })
        }
        (Effect::PostCard, Receipt::Posted(message)) => {
            Some(Command::CardPosted { message: message.clone() })
        }
        (Effect::Announce, Receipt::Posted(message)) => {
            let called = severity.is_some_and(words::announcement::calls);
            Some(Command::Announced { message: message.clone(), called })
        }
        (Effect::OpenChannel, Receipt::NotOpened { why }) => {
            Some(Command::ChannelNotOpened { why: why.clone() })
        }
        (Effect::ArchiveChannel, Receipt::Archived(channel)) => {
            Some(Command::ChannelArchived { channel: channel.clone() })
        }
        (Effect::ArchiveChannel, Receipt::NotArchived { why }) => {
            Some(Command::ChannelNotArchived { why: why.clone() })
        }
        (Effect::Invite { .. }, Receipt::Uninvited(uninvited)) => {
            Some(Command::NotInvited { uninvited: uninvited.clone() })
        }
        (_, Receipt::Lost(Lost::Channel(channel, loss))) => {
            Some(Command::ChannelLost { by: Actor::Bot, channel: channel.clone(), loss: *loss })
        }
        (_, Receipt::Lost(Lost::Message(message))) => Some(Command::MessageLost { message: message.clone() }),
        (Effect::SharePostmortem { .. }, Receipt::Posted(message)) => {
            Some(Command::PostmortemShown { message: message.clone() })
        }
        (Effect::AskFeedback { .. }, Receipt::Posted(message)) => {
            Some(Command::FeedbackAsked { message: message.clone() })
        }
        // Only events that can change bring their message back.
        (Effect::Say { seq, .. }, Receipt::Posted(message)) => {
            Some(Command::Told { seq: *seq, message: message.clone() })
        }
        _ => None,
    }
}

/// How long to wait before attempt `attempt + 1`: doubling from half a second, at most `max`, spread by a fifth, and not
/// sooner than the other side asked for (within reason).
pub(super) fn backoff(attempt: i64, id: i64, after: Option<Duration>, max: Duration) -> Duration {
    const FIRST: Duration = Duration::from_millis(500);
    let doublings = u32::try_from((attempt - 1).clamp(0, 16)).unwrap_or(16);
    let plain = FIRST.saturating_mul(1 << doublings).min(max);
    let spread = u32::try_from(id.wrapping_mul(2_654_435_761).rem_euclid(200)).unwrap_or(0);
    let spread = plain * spread / 1000;
    after.map_or(plain, |asked| plain.max(asked.min(Duration::from_mins(10)))) + spread
}
