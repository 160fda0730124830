//! What the app asked of the workspace, kept for tests to read.

use std::collections::{BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// How many calls are kept; older ones are forgotten.
const KEPT: usize = 50_000;

/// One request of the app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// `chat.postMessage`; `response_url` for a post to one.
    pub method: String,
    /// Its arguments, without the token.
    pub args: Value,
    /// Wire time at which it arrived.
    pub at: DateTime<Utc>,
    /// `ok`, Slack's error code, or the fault it met.
    pub result: String,
}

#[derive(Debug, Default)]
pub(crate) struct Recorder {
    calls: VecDeque<Call>,
    faults: BTreeSet<String>,
}

impl Recorder {
    pub(crate) fn call(&mut self, call: Call) {
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// Something Slack does not document: said once.
    pub(crate) fn fault(&mut self, what: String) {
        self.faults.insert(what);
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(crate) fn faults(&self) -> Vec<String> {
        self.faults.iter().cloned().collect()
    }
}
