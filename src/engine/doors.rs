//! Pages on their way out: one door for each contact method, so that a method that hangs keeps nobody from being woken by
//! another.
//!
//! A page is leased to this process by the transaction that decides it, and leaves as soon as that is committed. Only so
//! many leave by one door at once; while a door is full, new pages stay in the outbox and are fetched as there is room, the
//! worst first. What a dead process left, and what is to be tried again, is fetched in the same way.

use std::cmp::Ordering as Order;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::turning::{Turns, caught, told};
use super::views::Shown;
use super::workers::{LOOK_EVERY, Progress};
use super::{Engine, InForce, StoreError};
use crate::domain::people::ContactMethod;
use crate::store::outbox::Claimed;

/// So many pages are on their way by one method at once.
const ROOM: usize = 64;
/// More are fetched from the outbox when so many have left.
const FETCH_AT: usize = ROOM / 4;

/// A page that is leased to this process.
#[derive(Debug)]
pub(super) struct Leaving {
    /// The lease.
    pub claimed: Claimed,
    /// What it may show, when the decision that asked for it knew all of that.
    pub shown: Option<Arc<Shown>>,
}

/// The engine's side of the doors.
pub(super) struct Doors(BTreeMap<ContactMethod, Door>);

struct Door {
    pages: mpsc::UnboundedSender<Leaving>,
    n_inside: Arc<AtomicUsize>,
}

/// The workers' side of the doors: to be given to [`workers`](super::workers).
pub struct Outgoing(BTreeMap<ContactMethod, Queue>);

struct Queue {
    pages: mpsc::UnboundedReceiver<Leaving>,
    n_inside: Arc<AtomicUsize>,
}

/// Both sides of the doors of every contact method.
pub(super) fn doors() -> (Doors, Outgoing) {
    let (mut doors, mut queues) = (BTreeMap::new(), BTreeMap::new());
    for method in ContactMethod::ALL {
        let (sender, receiver) = mpsc::unbounded_channel();
        let n_inside = Arc::new(AtomicUsize::new(0));
        doors.insert(method, Door { pages: sender, n_inside: n_inside.clone() });
        queues.insert(method, Queue { pages: receiver, n_inside });
    }
    (Doors(doors), Outgoing(queues))
}

impl Doors {
    /// Whether a page by this method could leave at once. An estimate: many may ask before any of them is sent.
    pub fn has_room(&self, method: ContactMethod) -> bool {
        self.0.get(&method).is_some_and(|door| door.n_inside.load(Ordering::Relaxed) < ROOM)
    }

    /// Sends a page to its door.
    pub fn send(&self, page: Leaving) {
        let door = page.claimed.effect.method().and_then(|method| self.0.get(&method));
        let Some(door) = door else {
            tracing::error!(
                effect.id = page.claimed.id,
                "only pages leave by doors; this comes again when its lease ends"
            );
            return;
        };
        door.n_inside.fetch_add(1, Ordering::Relaxed);
        if let Err(refused) = door.pages.send(page) {
            // The process is stopping. The lease ends by itself and the next process sends the page.
            tracing::debug!(effect.id = refused.0.claimed.id, "page left to the next process");
        }
    }
}

/// A page that waits for room: the worst first, then the oldest.
struct Ranked(Leaving);

impl Ranked {
    fn rank(&self) -> (i64, i64) {
        (self.0.claimed.urgency, self.0.claimed.id)
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Order {
        other.rank().cmp(&self.rank())
    }
}

impl Outgoing {
    /// Sends the pages that wait now, one after the other; for tests.
    ///
    /// # Errors
    /// When what became of a page could not be stored.
    pub async fn tick(&mut self, engine: &Arc<Engine>) -> Result<Progress, StoreError> {
        let mut progress = Progress::None;
        for queue in self.0.values_mut() {
            while let Ok(page) = queue.pages.try_recv() {
                queue.n_inside.fetch_sub(1, Ordering::Relaxed);
                engine.perform_page(page).await?;
                progress = Progress::Some;
            }
        }
        Ok(progress)
    }

    /// The worker of each door.
    pub(super) fn workers(self, in_force: &Arc<InForce>) -> impl Iterator<Item = Box<dyn Turns>> {
        self.0.into_iter().map(|(method, queue)| -> Box<dyn Turns> {
            let (in_force, sending, waiting) = (in_force.clone(), JoinSet::new(), BinaryHeap::new());
            Box::new(Porter { in_force, method, queue, sending, waiting })
        })
    }
}

/// Whoever stands at a door. What waits and what is on its way outlives a panic of the loop.
struct Porter {
    in_force: Arc<InForce>,
    method: ContactMethod,
    queue: Queue,
    sending: JoinSet<()>,
    waiting: BinaryHeap<Ranked>,
}

impl Turns for Porter {
    fn name(&self) -> String {
        format!("pages by {}", self.method)
    }

    fn turn(&mut self, stopped: watch::Receiver<bool>) -> BoxFuture<'_, ()> {
        self.work(stopped).boxed()
    }
}

impl Porter {
    /// Pages leave as soon as they are committed, each on its own, up to `ROOM` at once.
    async fn work(&mut self, mut stopped: watch::Receiver<bool>) {
        let Self { in_force, method, queue, sending, waiting } = self;
        let wire = in_force.engine().clocks.wire.clone();
        let mut look_at = wire.now();
        // Whether the outbox may hold pages for which there was no room.
        let mut is_behind = false;
        loop {
            let engine = in_force.engine();
            while sending.len() < ROOM {
                let Some(Ranked(page)) = waiting.pop() else { break };
                sending.spawn(send(engine.clone(), page));
            }
            queue.n_inside.store(sending.len() + waiting.len() + queue.pages.len(), Ordering::Relaxed);
            let room = ROOM.saturating_sub(sending.len() + waiting.len());
            is_behind |= room == 0;
            if is_behind && room >= FETCH_AT || wire.now() >= look_at {
                look_at = wire.now() + LOOK_EVERY;
                let fetched = engine.pages_left_over(*method, room).await;
                is_behind = fetched.len() >= room;
                waiting.extend(fetched.into_iter().map(|claimed| Ranked(Leaving { claimed, shown: None })));
                if !waiting.is_empty() {
                    continue;
                }
            }
            tokio::select! {
                page = queue.pages.recv() => match page {
                    Some(page) => waiting.push(Ranked(page)),
                    None => break,
                },
                Some(_) = sending.join_next(), if !sending.is_empty() => {}
                () = wire.sleep_until(look_at) => {}
                () = told(&mut stopped) => break,
            }
            while let Ok(page) = queue.pages.try_recv() {
                waiting.push(Ranked(page));
            }
        }
        // What was committed before the stop leaves now rather than when its lease ends.
        while let Ok(page) = queue.pages.try_recv() {
            waiting.push(Ranked(page));
        }
        for Ranked(page) in waiting.drain() {
            sending.spawn(send(in_force.engine(), page));
        }
        while sending.join_next().await.is_some() {}
    }
}

impl Engine {
    /// Leases up to `room` pages by this method that are due and that nobody has.
    async fn pages_left_over(&self, method: ContactMethod, room: usize) -> Vec<Claimed> {
        if room == 0 {
            return vec![];
        }
        self.claim_pages(method, room).await.unwrap_or_else(|error| {
            tracing::error!(page.method = %method, error = %error, "pages left over cannot be read");
            vec![]
        })
    }
}

async fn send(engine: Arc<Engine>, page: Leaving) {
    let id = page.claimed.id;
    // Whatever goes wrong, the lease ends and the page is sent again.
    match caught(Box::pin(engine.perform_page(page))).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(effect.id = id, error = %error, "what became of a page could not be stored");
        }
        Err(panic) => tracing::error!(effect.id = id, error = %panic, "the sending of a page panicked"),
    }
}
