//! Reads a request's body: as much as is allowed, out of one byte budget for the whole process, and not for ever.
//!
//! Must never hold bytes that were not taken from the budget first, and never answers 4xx to what would pass a moment
//! later: Alertmanager repeats 5xx only.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::http::StatusCode;
use bytes::Bytes;
use futures::TryStreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much may be read, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes; a larger one is refused with 413.
    pub body: u32,
    /// All bodies held at one time, in bytes; what does not fit is refused with 503.
    pub process: usize,
    /// All bodies worked on at one time, in bytes: what is read out of a body, stored and sent costs several times its own
    /// memory. What does not come to its turn in time is refused with 503.
    pub work: usize,
    /// Bodies up to this many bytes never wait behind a larger one: a quarter as much is worked on for them besides.
    pub small: usize,
    /// How long a body waits for its turn to be worked on.
    pub turn: Duration,
    /// How long a sender may pause between two pieces of a body.
    pub pause: Duration,
    /// How long one body may take to arrive, from the first look at it to its last byte.
    pub arrival: Duration,
}

impl Default for Limits {
    /// 64 MiB each, 96 MiB together, 48 MiB worked on at a time, for which a body waits 5 s; those up to 1 MiB wait for their
    /// like only. 10 s between two pieces, 30 s for all of it. So the process stays below 512 MiB whatever is sent.
    fn default() -> Self {
        let (pause, arrival) = (Duration::from_secs(10), Duration::from_secs(30));
        let turn = Duration::from_secs(5);
        Self { body: 64 << 20, process: 96 << 20, work: 48 << 20, small: 1 << 20, turn, pause, arrival }
    }
}

/// The reader that every handler of the process shares; clones draw on one budget.
#[derive(Debug, Clone)]
pub struct Reader {
    limits: Limits,
    budget: Arc<Semaphore>,
    work: Arc<Semaphore>,
    small_work: Arc<Semaphore>,
}

/// A body that was read; its share of the budget is given back when this is dropped.
#[derive(Debug)]
pub struct Held {
    bytes: Bytes,
    /// Held for its `Drop` alone.
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// Larger than [`Limits::body`].
    #[error("the body is larger than {limit} bytes; send fewer alerts at once (max_alerts)")]
    TooLarge {
        /// The limit, in bytes.
        limit: u32,
    },
    /// The budget is used up by other bodies.
    #[error("other requests fill the memory set aside for bodies; send it again")]
    Busy,
    /// Nothing of it came for too long.
    #[error("nothing more of the body came for {} s; send it again", pause.as_secs())]
    Stalled {
        /// [`Limits::pause`].
        pause: Duration,
    },
    /// It did not arrive in time.
    #[error("the body did not arrive within {} s; send it again", within.as_secs())]
    TooSlow {
        /// [`Limits::arrival`].
        within: Duration,
    },
    /// The connection failed, or its framing was wrong.
    #[error("the body broke off: {0}")]
    Broken(#[source] axum::Error),
}

impl Unread {
    /// The answer's status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            // Not 408: Alertmanager would never send it again.
            Self::Busy | Self::Stalled { .. } | Self::TooSlow { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken(_) => StatusCode::BAD_REQUEST,
        }
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Reader {
    /// A reader with a budget of its own.
    pub fn new(limits: Limits) -> Self {
        let budget = limits.process.min(Semaphore::MAX_PERMITS);
        let pool = |n: usize| Arc::new(Semaphore::new(n.min(Semaphore::MAX_PERMITS)));
        let (work, small_work) = (pool(limits.work), pool((limits.work / 4).max(limits.small)));
        Self { limits, budget: Arc::new(Semaphore::new(budget)), work, small_work }
    }

    /// A body's turn to be worked on, which lasts until it is dropped.
    ///
    /// # Errors
    /// It does not come in time.
    pub async fn turn(&self, held: &Held) -> Result<OwnedSemaphorePermit, Unread> {
        let n = held.bytes.len().min(self.limits.work);
        let pool = if n <= self.limits.small { &self.small_work } else { &self.work };
        let turn = Arc::clone(pool).acquire_many_owned(u32::try_from(n).unwrap_or(u32::MAX));
        match tokio::time::timeout(self.limits.turn, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(Unread::Busy),
        }
    }

    /// Reads the whole body.
    ///
    /// A declared length that is too large, or for which there is no room now, is refused before the first byte. It is not
    /// paid for before it comes, though: a sender that declares much and sends nothing holds nothing.
    ///
    /// # Errors
    /// Too large, no room for it now, too slow, or broken off. What was taken from the budget is given back.
    pub async fn read(&self, body: Body) -> Result<Held, Unread> {
        let hint = body.size_hint();
        drop(self.share(hint.lower())?);
        let declared = hint.exact().and_then(|n| usize::try_from(n).ok());
        let arriving = self.collect(body.into_data_stream(), declared.unwrap_or(0));
        let within = self.limits.arrival;
        tokio::time::timeout(within, arriving).await.unwrap_or(Err(Unread::TooSlow { within }))
    }

    /// A body that comes in one piece, as small ones do, is never copied.
    async fn collect(&self, mut pieces: BodyDataStream, declared: usize) -> Result<Held, Unread> {
        let pause = self.limits.pause;
        let mut next = async || {
            let piece = tokio::time::timeout(pause, pieces.try_next()).await;
            piece.map_err(|_elapsed| Unread::Stalled { pause })?.map_err(Unread::Broken)
        };
        let mut share = self.share(0)?;
        let first = next().await?.unwrap_or_default();
        self.cover(&mut share, first.len())?;
        let Some(second) = next().await? else { return Ok(Held { bytes: first, _share: share }) };

        let mut whole = vec![];
        for piece in [first, second] {
            self.add(&mut whole, &piece, &mut share, declared)?;
        }
        while let Some(piece) = next().await? {
            self.add(&mut whole, &piece, &mut share, declared)?;
        }
        Ok(Held { bytes: whole.into(), _share: share })
    }

    /// Puts a piece behind the others. Memory grows by doubling, not beyond what was declared, and is paid for first.
    fn add(
        &self,
        whole: &mut Vec<u8>,
        piece: &[u8],
        share: &mut OwnedSemaphorePermit,
        declared: usize,
    ) -> Result<(), Unread> {
        let n = whole.len().saturating_add(piece.len());
        if n > whole.capacity() {
            let most = if n <= declared { declared } else { self.limits.body as usize };
            let capacity = whole.capacity().saturating_mul(2).min(most).max(n);
            self.cover(share, capacity)?;
            whole.reserve_exact(capacity - whole.len());
        }
        whole.extend_from_slice(piece);
        Ok(())
    }

    /// Takes what is still missing of `n` bytes.
    fn cover(&self, share: &mut OwnedSemaphorePermit, n: usize) -> Result<(), Unread> {
        if n > self.limits.body as usize {
            return Err(Unread::TooLarge { limit: self.limits.body });
        }
        if let Some(missing) = n.checked_sub(share.num_permits()).filter(|missing| *missing > 0) {
            share.merge(self.share(missing as u64)?);
        }
        Ok(())
    }

    fn share(&self, n: u64) -> Result<OwnedSemaphorePermit, Unread> {
        let limit = self.limits.body;
        let n = u32::try_from(n).ok().filter(|n| *n <= limit).ok_or(Unread::TooLarge { limit })?;
        Arc::clone(&self.budget).try_acquire_many_owned(n).map_err(|_full| Unread::Busy)
    }
}

#[cfg(test)]
mod tests;
