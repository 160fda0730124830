//! App Homes: what each of them shows, and that it stays true.
//!
//! Whoever has opened theirs is looked after: after every commit, and every half minute, what it would say now is compared
//! with what it says, and only when that differs it is shown anew. So a page, an acknowledgement by somebody else, an end and
//! a handoff all reach it, and no decision has to think of it.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use super::settlement::Seen;
use super::turning::told;
use super::workers::Progress;
use super::{Caller, Denied, Engine, InForce};
use crate::commands::Right;
use crate::domain::effect::Effect;
use crate::domain::incident::Incident;
use crate::domain::incident::timeline::Origin;
use crate::domain::people::ContactMethod;
use crate::ids::{IncidentId, SlackUserId};
use crate::ports::{About, Board, Home, OnCall, Performed};
use crate::store::actions::{self, Owned};
use crate::store::homes::{self, Home as Kept};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, incidents};
use crate::words;

/// So many open incidents are looked at, the newest.
const LOOKED_AT: u32 = 500;
/// So many open action items are looked at, the earliest due.
const ACTIONS_LOOKED_AT: u32 = 2000;
/// Homes are looked at when something was committed, but not more often than this.
const NOT_BEFORE: chrono::Duration = chrono::Duration::seconds(2);
/// And at least so often: for handoffs, and for what other processes commit.
const AT_LEAST: chrono::Duration = chrono::Duration::seconds(30);

/// What is open: incidents, the worst first, and action items, the earliest due first.
struct Open {
    incidents: Vec<Incident>,
    n: usize,
    actions: Vec<Owned>,
    awaited: Vec<Incident>,
}

impl Engine {
    /// Asks for every home to be shown anew that would say something else now.
    pub async fn tick_homes(self: &Arc<Self>) -> Result<Progress, StoreError> {
        let kept = self.db.read("homes", |tx| Box::pin(async move { homes::all(tx).await })).await?;
        if kept.is_empty() {
            return Ok(Progress::None);
        }
        let open = self.read_open().await?;
        let stale: Vec<(SlackUserId, String)> = kept
            .into_iter()
            .map(|Kept { user, shows }| {
                let board = self.board(&open, &self.as_caller(&user));
                (user, looks(&Home::Open(board)), shows)
            })
            .filter(|(_, looks, shows)| shows.as_ref() != Some(looks))
            .map(|(user, looks, _)| (user, looks))
            .collect();
        if stale.is_empty() {
            return Ok(Progress::None);
        }
        let engine = self.clone();
        let n_asked = self.db.write("stale homes", move |tx| {
            Box::pin(async move {
                let mut asked = vec![];
                for (user, looks) in &stale {
                    // Another process may have been faster.
                    if homes::shows(tx, user, looks).await? {
                        asked.push(Effect::PublishHome { user: user.clone() });
                    }
                }
                engine.post(tx, None, &asked).await?;
                Ok::<_, StoreError>(asked.len())
            })
        });
        let n_asked = n_asked.await?;
        self.nudges.outbox.want_any();
        Ok(Progress::of(n_asked > 0))
    }

    /// Shows somebody their home as it is now.
    pub(super) async fn perform_home(
        self: &Arc<Self>,
        claimed: &Claimed,
        user: &SlackUserId,
    ) -> Result<(), StoreError> {
        let (home, is_kept) = match self.admit(user, Right::Respond).await? {
            Ok(caller) => (Home::Open(self.board(&self.read_open().await?, &caller)), true),
            Err(denied @ Denied::Unknown) => {
                let unknown = Performed::TryAgain { after: None, why: denied.to_string(), in_doubt: false };
                return self.settle(claimed, unknown, Seen::default()).await;
            }
            Err(Denied::NotAMember | Denied::NoMemberAnyMore | Denied::NotConfigured) => {
                (Home::Closed { why: words::home::NOT_FOR_YOU.to_owned() }, false)
            }
        };
        let looks = looks(&home);
        let about = About::Home(Box::new(home));
        let (performed, _about_no_incident) =
            self.errand(claimed, claimed.effect.clone(), about, ContactMethod::Slack).await?;
        // What was refused for good would be refused again; whoever opens it begins anew.
        let is_kept = is_kept && !matches!(performed, Performed::Refused { .. });
        let is_shown = matches!(performed, Performed::Done(_));
        let user = user.clone();
        let kept = self.db.write("home", move |tx| {
            Box::pin(async move {
                if !is_kept {
                    homes::leave(tx, &user).await
                } else if is_shown {
                    homes::shows(tx, &user, &looks).await.map(drop)
                } else {
                    Ok(())
                }
            })
        });
        let kept: Result<(), StoreError> = kept.await;
        kept?;
        self.settle(claimed, performed, Seen::default()).await
    }

    fn as_caller(&self, user: &SlackUserId) -> Caller {
        Caller { user: user.clone(), person: self.person_of(user).cloned() }
    }

    async fn read_open(&self) -> Result<Open, StoreError> {
        let read = self.db.read("open for homes", |tx| {
            Box::pin(async move {
                let newest = incidents::list(tx, incidents::Which::Leading, IncidentId(i64::MAX), LOOKED_AT);
                let incidents = newest.await?;
                let n = incidents::count_open(tx).await?;
                let actions = actions::open(tx, ACTIONS_LOOKED_AT).await?;
                let awaited = incidents::awaited(tx, LOOKED_AT).await?;
                let n = usize::try_from(n).unwrap_or_default();
                Ok::<_, StoreError>(Open { incidents, n, actions, awaited })
            })
        });
        let mut open = read.await?;
        open.incidents.sort_by_key(|incident| (incident.severity(), incident.id));
        Ok(open)
    }

    fn board(&self, open: &Open, viewer: &Caller) -> Board {
        let house = &self.settings.house;
        let rota = self.rota();
        let facts = self.facts(&rota, self.now(), Origin::Timer);
        let on_call = |schedule: &crate::ids::ScheduleId| {
            let now = facts.roster(schedule)?;
            let next = self.facts(&rota, now.until, Origin::Timer).roster(schedule)?;
            Some(OnCall { schedule: schedule.clone(), now, next })
        };
        let actor = viewer.actor();
        let (mine, others): (Vec<&Incident>, Vec<&Incident>) =
            open.incidents.iter().partition(|incident| incident.concerns(&actor));
        let others = others.into_iter().filter(|incident| incident.is_open_to(&actor)).collect();
        let views = |incidents: Vec<&Incident>| {
            incidents.into_iter().map(|incident| self.bare_view(incident.clone(), vec![])).collect()
        };
        let is_to_write =
            |incident: &&Incident| viewer.person.is_some() && incident.reviewer() == viewer.person.as_ref();
        let is_theirs = |own: &&Owned| viewer.person.as_ref() == Some(&own.item.owner);
        Board {
            house: house.clone(),
            on_call: house.schedules.keys().filter_map(on_call).collect(),
            mine: views(mine),
            others: views(others),
            n_open: open.n,
            actions: open
                .actions
                .iter()
                .filter(is_theirs)
                .map(|own| (own.incident, own.item.clone()))
                .collect(),
            reviews: open.awaited.iter().filter(is_to_write).cloned().collect(),
            now: self.now(),
        }
    }
}

/// A hash of everything that a home says, and of what its buttons mean.
fn looks(home: &Home) -> String {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update(text.len().to_be_bytes());
        hasher.update(text);
    };
    for text in words::home::all(home) {
        add(&text);
    }
    if let Home::Open(board) = home {
        for view in words::home::shown_mine(board) {
            add(&view.incident.epoch.to_string());
        }
    }
    hasher.finalize().iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Looks after the homes.
pub(super) async fn run(in_force: &InForce, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let engine = in_force.engine();
        let wire = &engine.clocks.wire;
        let nudged = engine.nudges.homes.notified();
        let looked_at = wire.now();
        if let Err(error) = engine.tick_homes().await {
            tracing::warn!(error = %error, "app homes cannot be looked at; they are looked at again");
        }
        tokio::select! {
            () = nudged => {}
            () = wire.sleep_until(looked_at + AT_LEAST) => {}
            () = told(&mut stopped) => {}
        }
        tokio::select! {
            () = wire.sleep_until(looked_at + NOT_BEFORE) => {}
            () = told(&mut stopped) => {}
        }
    }
}
