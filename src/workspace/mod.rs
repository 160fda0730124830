//! The embedded Slack workspace: a local server that keeps Slack's rules, for the rehearsal and for tests.
//!
//! Official Slack client libraries work against it unchanged for the methods of its table. It checks tokens, scopes, arguments, names,
//! Block Kit and limits as Slack documents them, delivers commands, interactions and events over Socket Mode or as signed
//! requests, and lets people be played: they type, click, react and submit.
//!
//! It must never know anything of the rest of this crate except its clock, never invent a success Slack would refuse, and never
//! listen beyond what its caller binds. Group direct messages, files, huddles and other workspaces' channels are not there.
//!
//! ```no_run
//! use dontpanic::workspace::{UserKind, Workspace, WorkspaceConfig};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let workspace = Workspace::new(&WorkspaceConfig::default());
//! workspace.add_user("U0A", "alice", UserKind::Member, "Europe/Paris");
//! let channel = workspace.add_channel("incidents");
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! workspace.set_base_url(&format!("http://{}", listener.local_addr()?));
//! tokio::spawn(axum::serve(listener, workspace.router()).into_future());
//! let answer = workspace.type_command("U0A", &channel, "/incident list").await?;
//! # Ok(()) }
//! ```

mod acts;
mod api;
mod args;
mod blocks;
mod change;
mod channel;
mod channel_acts;
mod config;
mod delivery;
mod faults;
mod form;
mod hooks;
mod limits;
mod methods;
mod model;
mod page_api;
mod people;
mod reading;
mod record;
mod refusal;
mod respond;
mod server;
mod shapes;
mod socket;
mod state;
mod view_acts;
mod views;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};

use crate::clock::Clock;

pub use change::{Change, SeenMessage};
pub use config::{Delivery, RateLimits, Shortcut, ShortcutPlace, UnarchiveByBots, WorkspaceConfig};
pub use faults::{Fault, Reach};
pub use model::{
    Bookmark, Canvas, ChannelInfo, ChannelKind, Edited, Ephemeral, Message, Pin, Reaction, User, UserGroup,
    UserKind, Values,
};
pub use people::{Answer, CannotAct, Control, Failure, Posted};
pub use record::Call;

use delivery::{Receipt, Wire};
use state::{News, State};

/// How many changes a slow watcher may lag behind before it must read everything again.
const CHANGES_KEPT: usize = 4096;

/// A handle on the workspace; clones share it.
#[derive(Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    changes: broadcast::Sender<Arc<Change>>,
    reach: watch::Sender<Reach>,
    wire: Wire,
}

impl Workspace {
    /// A workspace with its app and nobody else in it.
    pub fn new(config: &WorkspaceConfig) -> Self {
        Self {
            inner: Arc::new(Inner {
                state: Mutex::new(State::new(config)),
                clock: config.clock.clone(),
                changes: broadcast::Sender::new(CHANGES_KEPT),
                reach: watch::Sender::new(Reach::Up),
                wire: Wire::new(),
            }),
        }
    }

    /// What Slack serves: `/api/{method}`, `/socket` and `/hooks/{id}`. To be merged into a router or served by itself.
    pub fn router(&self) -> axum::Router {
        server::router(self.clone())
    }

    /// What the page is served: see the `page_api` module. To be nested under a path of the caller's choice.
    pub fn page_router(&self) -> axum::Router {
        page_api::router(self.clone())
    }

    /// Where the router is reached (`http://127.0.0.1:8080`): what socket and response URLs begin with.
    pub fn set_base_url(&self, url: &str) {
        url.trim_end_matches('/').clone_into(&mut self.lock().base_url);
    }

    /// From now on, commands, interactions and events go there.
    pub fn deliver_to(&self, delivery: Delivery) {
        self.lock().delivery = delivery;
    }

    /// Whether Slack answers at all. Calls that hang when it is up again are answered 503.
    pub fn set_reach(&self, reach: Reach) {
        self.inner.reach.send_replace(reach);
        self.tell_health();
    }

    /// Whether Slack answers at all.
    pub fn reach(&self) -> Reach {
        *self.inner.reach.borrow()
    }

    /// From now on every call takes this much longer, in real time.
    pub fn slow(&self, latency: Duration) {
        self.lock().faults.latency = latency;
        self.tell_health();
    }

    fn tell_health(&self) {
        self.with(|state, _| {
            let latency_ms = u64::try_from(state.faults.latency.as_millis()).unwrap_or(u64::MAX);
            state.change(Change::Health { outage: self.reach() == Reach::Outage, latency_ms });
        });
    }

    /// The next `times` calls of a method (`chat.postMessage`, `response_url`, or `*` for any) meet this fault; with a channel's
    /// id after a space, only those about that channel.
    pub fn fails_next(&self, method: &str, fault: Fault, times: usize) {
        self.lock().faults.add(method, fault, times);
    }

    /// No call meets a fault any more.
    pub fn faults_end(&self) {
        self.lock().faults.clear();
    }

    /// Counts calls from now on, or stops to.
    pub fn set_rate_limits(&self, rule: RateLimits) {
        self.lock().limits.rule = rule;
    }

    /// Grants exactly these scopes.
    pub fn grant(&self, scopes: &[&str]) {
        self.lock().granted = scopes.iter().map(|&scope| scope.to_owned()).collect();
    }

    /// From now on, `conversations.unarchive` works for the app or does not.
    pub fn set_unarchive_by_bots(&self, rule: UnarchiveByBots) {
        self.lock().unarchive_by_bots = rule;
    }

    /// Ends all socket connections the way Slack does: `refresh_requested`, `warning`, `link_disabled`.
    pub fn disconnect(&self, reason: &str) {
        self.lock().sockets.disconnect_all(reason);
    }

    /// How many socket connections are open.
    pub fn connections(&self) -> usize {
        self.lock().sockets.count()
    }

    /// What happens from now on.
    pub fn changes(&self) -> broadcast::Receiver<Arc<Change>> {
        self.inner.changes.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere does not make the state less true: every step leaves it whole.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one step, and passes on what others must hear of it, in order.
    fn with<R>(&self, step: impl FnOnce(&mut State, DateTime<Utc>) -> R) -> R {
        self.with_receipts(step).0
    }

    /// As `with`; the receipts tell how the app took the first delivery of each event.
    fn with_receipts<R>(&self, step: impl FnOnce(&mut State, DateTime<Utc>) -> R) -> (R, Vec<Receipt>) {
        let now = self.inner.clock.now();
        let mut state = self.lock();
        state.watched = self.inner.changes.receiver_count() > 0;
        let result = step(&mut state, now);
        let mut receipts = Vec::new();
        while let Some(news) = state.news.pop_front() {
            match news {
                News::Change(change) => {
                    // Nobody watches: nobody to tell.
                    let _watchers = self.inner.changes.send(change);
                }
                News::Event { subscription, event } => {
                    if state.subscriptions.contains(subscription) {
                        receipts.push(self.dispatch_event(&mut state, event, now));
                    }
                }
            }
        }
        (result, receipts)
    }
}

#[cfg(test)]
mod tests;
