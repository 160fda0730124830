//! Posting once: an attempt whose answer was lost may have posted all the same, so the next one looks before it posts, or, where
//! nothing may come before the message, after it.

use chrono::{DateTime, Utc};

use super::SlackPerformer;
use super::shown::place;
use crate::adapters::slack::{Message, Posted, SlackFault, To, Urgency};
use crate::ports::{Errand, Shown};

/// What a message is known by, and since when it may be there.
pub(super) struct Once {
    mark: String,
    attempt: i64,
    since: DateTime<Utc>,
}

impl Once {
    /// The message of an errand; `what` differs from that of every other message.
    pub(super) fn of(errand: &Errand, what: String) -> Self {
        Self { mark: what, attempt: errand.attempt, since: errand.began_at }
    }

    /// Which attempt it is, from 1.
    pub(super) fn attempt(&self) -> i64 {
        self.attempt
    }

    /// By what it is known.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }
}

impl SlackPerformer {
    /// Posts a message, unless an earlier attempt has.
    pub(super) async fn post_once(
        &self,
        to: To<'_>,
        message: &Message,
        once: &Once,
        shown: &Shown,
    ) -> Result<Posted, SlackFault> {
        let there = match to {
            To::Channel(channel) => Some((channel, None)),
            To::Thread(channel, ts) => Some((channel, Some(ts))),
            To::Person(_) => None,
        };
        if let Some((channel, thread)) = there.filter(|_| once.attempt > 1) {
            match self.client.find_marked(channel, thread, &once.mark, once.since).await {
                Ok(found) => {
                    if let Some(posted) = found.into_iter().next() {
                        return Ok(posted);
                    }
                }
                Err(fault) if fault.is_retryable() => return Err(fault),
                Err(fault) => tracing::warn!(error = %fault, "a message may be posted twice"),
            }
        }
        self.post(to, message, Urgency::Ordinary, Some(&once.mark), shown).await
    }

    /// The names of a message that reached somebody and of those that earlier attempts may have posted, the latest last: all of
    /// them are kept up to date.
    pub(super) async fn with_doubles(&self, posted: &Posted, once: &Once) -> String {
        let name = place(posted);
        if once.attempt == 1 {
            return name;
        }
        let found = self.client.find_marked(&posted.channel, None, &once.mark, once.since).await;
        let doubles = found.unwrap_or_else(|fault| {
            tracing::warn!(error = %fault, "a page's double could not be looked for");
            vec![]
        });
        let doubles = doubles.iter().map(place).filter(|double| *double != name);
        doubles.chain([name.clone()]).collect::<Vec<_>>().join(" ")
    }
}
