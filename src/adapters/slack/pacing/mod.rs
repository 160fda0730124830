//! How often Slack may be called: a budget per method, one post a second per channel, and pages first.
//!
//! `Pacer` is pure: time is an argument, and whoever waits asks again. `Gate` is the thin part that sleeps. A page has
//! a budget of its own and never waits behind anything but other pages; a pause that decoration brought upon itself does
//! not hold it either.

mod bucket;
mod gate;
mod method;
mod minute;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use self::bucket::Bucket;
pub(super) use self::gate::Gate;
pub use self::method::Method;
use self::minute::Minute;
use crate::ids::ChannelId;

/// Whether a call wakes a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Part of a page: goes before every other waiting call of its method.
    Page,
    /// Everything else.
    Ordinary,
}

/// One call that wants to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) method: Method,
    pub(super) urgency: Urgency,
    /// Where it posts, for methods that post.
    pub(super) channel: Option<ChannelId>,
}

/// The answer to a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Send it; the budget has been charged.
    Go,
    /// Not before this instant, as far as can be known; ask again then, or when another call has gone.
    NotBefore(DateTime<Utc>),
}

/// A place in the queue: pages before others, then first come, first served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    urgency: Urgency,
    number: u64,
}

/// Posts that a channel takes at once before the one-a-second rule bites.
const CHANNEL_BURST: u32 = 3;
const CHANNEL_EVERY: TimeDelta = TimeDelta::seconds(1);
/// Channels remembered before those at rest are forgotten.
const CHANNELS_KEPT: usize = 256;

#[derive(Debug)]
struct Budget {
    ordinary: Minute,
    pages: Option<Minute>,
    /// Slack's own `Retry-After`, and who has to heed it.
    closed_until: [Option<DateTime<Utc>>; 2],
}

impl Budget {
    fn new(method: Method) -> Self {
        let pace = method.pace();
        Self {
            ordinary: Minute::new(pace.ordinary),
            pages: pace.pages.map(Minute::new),
            closed_until: [None; 2],
        }
    }

    fn closed_until(&self, urgency: Urgency) -> Option<DateTime<Utc>> {
        let [page, ordinary] = self.closed_until;
        match urgency {
            Urgency::Page => page,
            Urgency::Ordinary => ordinary,
        }
    }

    /// When the call after `ahead` others of its kind may go.
    fn ready_at(&self, urgency: Urgency, ahead: u32, now: DateTime<Utc>) -> DateTime<Utc> {
        let ordinary = self.ordinary.ready_at(ahead, now);
        let budget = match (urgency, &self.pages) {
            (Urgency::Page, Some(pages)) => pages.ready_at(ahead, now).min(ordinary),
            (Urgency::Page, None) | (Urgency::Ordinary, _) => ordinary,
        };
        self.closed_until(urgency).map_or(budget, |closed| budget.max(closed))
    }

    /// Charges one call; a page uses its own budget first and borrows from the common one.
    fn charge(&mut self, urgency: Urgency, now: DateTime<Utc>) {
        match (urgency, &mut self.pages) {
            (Urgency::Page, Some(pages)) if pages.ready_at(0, now) <= now => pages.take(now),
            (Urgency::Page | Urgency::Ordinary, _) => self.ordinary.take(now),
        }
    }
}

/// The books: what went out, who waits, and what Slack asked for.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    budgets: HashMap<Method, Budget>,
    channels: HashMap<ChannelId, Bucket>,
    waiting: HashMap<Method, BTreeMap<Place, Option<ChannelId>>>,
    last_number: u64,
}

impl Pacer {
    /// Takes a place in the queue of the wish's method. Every place is given back, by `ask` saying `Go` or by `leave`.
    pub(super) fn enter(&mut self, wish: &Wish) -> Place {
        self.last_number += 1;
        let place = Place { urgency: wish.urgency, number: self.last_number };
        self.waiting.entry(wish.method).or_default().insert(place, wish.channel.clone());
        place
    }

    /// Gives the place back without going.
    pub(super) fn leave(&mut self, method: Method, place: Place) {
        if let Some(queue) = self.waiting.get_mut(&method) {
            queue.remove(&place);
        }
    }

    /// Whether the call at `place` may go now.
    pub(super) fn ask(&mut self, wish: &Wish, place: Place, now: DateTime<Utc>) -> Turn {
        let ready_at = self.ready_at(wish, place, now);
        if ready_at > now {
            return Turn::NotBefore(ready_at);
        }
        self.leave(wish.method, place);
        self.budgets.entry(wish.method).or_insert_with(|| Budget::new(wish.method)).charge(wish.urgency, now);
        self.charge_channel(wish.channel.as_ref(), now);
        Turn::Go
    }

    /// How many calls like this one, without hurry, could go now besides those that wait already; if none, when the next can.
    pub(super) fn free(&mut self, wish: &Wish, now: DateTime<Utc>) -> Result<u32, DateTime<Utc>> {
        let waiting = self.waiting.get(&wish.method).map_or(0, BTreeMap::len);
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        let bucket = wish.channel.as_ref().and_then(|id| self.channels.get(id));
        let (in_channel, channel_at) =
            bucket.map_or((u32::MAX, now), |bucket| (bucket.free(now), bucket.ready_at(now)));
        let budget = self.budgets.entry(wish.method).or_insert_with(|| Budget::new(wish.method));
        let at = budget.ready_at(wish.urgency, waiting, now).max(channel_at);
        if at > now {
            return Err(at);
        }
        Ok(budget.ordinary.free(waiting, now).min(in_channel))
    }

    /// Slack asked to be left alone until `until` after a call of this urgency. What a page has met holds for all; what
    /// others have met does not silence a page, because the limit may be that of one busy channel.
    pub(super) fn close(&mut self, method: Method, urgency: Urgency, until: DateTime<Utc>) {
        let budget = self.budgets.entry(method).or_insert_with(|| Budget::new(method));
        let [page, ordinary] = &mut budget.closed_until;
        *ordinary = (*ordinary).max(Some(until));
        match urgency {
            Urgency::Page => *page = (*page).max(Some(until)),
            Urgency::Ordinary => {}
        }
    }

    fn ready_at(&mut self, wish: &Wish, place: Place, now: DateTime<Utc>) -> DateTime<Utc> {
        let channel_at = match wish.urgency {
            Urgency::Page => now,
            Urgency::Ordinary => self.channel_ready_at(wish.channel.as_ref(), now),
        };
        let ahead = self
            .waiting
            .get(&wish.method)
            .into_iter()
            .flat_map(|queue| queue.range(..place))
            .filter(|(other, channel)| {
                other.urgency == Urgency::Page || self.channel_ready_at(channel.as_ref(), now) <= now
            })
            .count();
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        let budget = self.budgets.entry(wish.method).or_insert_with(|| Budget::new(wish.method));
        budget.ready_at(wish.urgency, ahead, now).max(channel_at)
    }

    fn channel_ready_at(&self, channel: Option<&ChannelId>, now: DateTime<Utc>) -> DateTime<Utc> {
        channel.and_then(|id| self.channels.get(id)).map_or(now, |bucket| bucket.ready_at(now))
    }

    fn charge_channel(&mut self, channel: Option<&ChannelId>, now: DateTime<Utc>) {
        let Some(id) = channel else { return };
        if self.channels.len() >= CHANNELS_KEPT {
            self.channels.retain(|_, bucket| !bucket.is_at_rest(now));
        }
        self.channels
            .entry(id.clone())
            .or_insert_with(|| Bucket::new(CHANNEL_BURST, CHANNEL_EVERY))
            .take(now);
    }
}

#[cfg(test)]
mod tests;
