//! Things that go wrong on purpose: outages, slowness, and answers that are not Slack's usual ones.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// What happens to a call instead of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429, with `Retry-After` in seconds.
    RateLimited(u32),
    /// This HTTP status, with an empty body.
    Http(u16),
    /// 200 with a body that is not JSON.
    Garbage,
    /// 200 with `ok: false` and this error code.
    Error(&'static str),
    /// The same for what has blocks; what has none is carried out.
    Looks(&'static str),
    /// Nothing is done and nothing is answered.
    Hang,
    /// The call is carried out, and nothing is answered.
    CommitThenHang,
    /// The call is carried out, and the answer is this HTTP status.
    CommitThenHttp(u16),
}

/// Whether Slack answers at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// As usual.
    #[default]
    Up,
    /// Every call hangs, sockets are silent, and people can do nothing, until it is up again.
    Outage,
}

/// The methods' faults to come.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    queued: HashMap<String, VecDeque<(Fault, usize)>>,
    pub(crate) latency: Duration,
}

impl Faults {
    pub(crate) fn add(&mut self, method: &str, fault: Fault, times: usize) {
        self.queued.entry(method.to_owned()).or_default().push_back((fault, times));
    }

    pub(crate) fn clear(&mut self) {
        self.queued.clear();
    }

    /// The fault this call meets. Those of the method in that place (a channel's id) come before those of the method, and those
    /// before those of `*`, each in the order they were added.
    pub(crate) fn take(&mut self, method: &str, place: &str) -> Option<Fault> {
        for key in [&format!("{method} {place}"), method, "*"] {
            let Some(queue) = self.queued.get_mut(key) else { continue };
            while let Some((fault, left)) = queue.front_mut() {
                if *left == 0 {
                    queue.pop_front();
                    continue;
                }
                *left -= 1;
                return Some(fault.clone());
            }
        }
        None
    }
}
