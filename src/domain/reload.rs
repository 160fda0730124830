//! What became of a configuration that was read anew, as values that can be told: names and counts, never a secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One part of the configuration that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The key (`people`), or what else it is.
    pub part: String,
    /// What there is now and was not before.
    pub added: Vec<String>,
    /// What there was before and is not any more.
    pub removed: Vec<String>,
    /// What is other than before.
    pub altered: Vec<String>,
}

impl Changed {
    /// A part without names of its own.
    pub fn whole(part: impl Into<String>) -> Self {
        Self { part: part.into(), added: vec![], removed: vec![], altered: vec![] }
    }

    /// A part that consists of named things; `None` when it is what it was.
    pub fn among<K: Ord + ToString, V: PartialEq>(
        part: &str,
        before: &BTreeMap<K, V>,
        after: &BTreeMap<K, V>,
    ) -> Option<Self> {
        let only_in = |these: &BTreeMap<K, V>, others: &BTreeMap<K, V>| {
            these.keys().filter(|key| !others.contains_key(key)).map(ToString::to_string).collect()
        };
        let differs = |(key, value): &(&K, &V)| before.get(key).is_some_and(|was| was != *value);
        let changed = Self {
            part: part.to_owned(),
            added: only_in(after, before),
            removed: only_in(before, after),
            altered: after.iter().filter(differs).map(|(key, _)| key.to_string()).collect(),
        };
        let is_same = changed.added.is_empty() && changed.removed.is_empty() && changed.altered.is_empty();
        (!is_same).then_some(changed)
    }
}

/// A configuration that is in force now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// What is not what it was.
    pub changes: Vec<Changed>,
    /// Keys whose new values wait for a restart.
    pub need_restart: Vec<String>,
    /// What else there is to say about it, a sentence each: `file:line: key: what`.
    pub remarks: Vec<String>,
    /// It was refused before, and the file has been put right.
    pub was_refused: bool,
}

impl Reloaded {
    /// Whether something has come into force, or into order.
    pub fn is_good_news(&self) -> bool {
        !self.changes.is_empty() || self.was_refused
    }

    /// Whether there is nothing to tell.
    pub fn is_nothing(&self) -> bool {
        self.changes.is_empty()
            && self.need_restart.is_empty()
            && !self.was_refused
            && self.remarks.is_empty()
    }
}

/// A configuration that cannot be used, so that the one before stays in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Every fault: `file:line: key: what; fix`.
    pub faults: Vec<String>,
}
