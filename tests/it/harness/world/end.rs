//! The last look at the world: nothing lost, nothing left, nothing that only memory knew, and no complaint in the logs that
//! the scenario did not announce.

use dontpanic::store::{StoreError, inbox, notes};

use super::{Allowed, Span as _, World};
use crate::harness::logs;

impl World {
    /// The last look lets pass that something was given up.
    pub fn may_give_up(&mut self) {
        self.allowed = Allowed::GivenUp;
        self.may_log("given up: refused for good");
    }

    /// The service may log warnings and errors that hold these words.
    pub fn may_log(&mut self, words: &'static str) {
        self.may_log.push(words);
    }

    pub(super) async fn ends(&mut self) {
        // Long enough for whatever waits to be tried again.
        for _ in 0..30 {
            self.wire_passes(30.seconds()).await;
        }
        let transcript = self.transcript.read();
        assert_eq!(
            self.workspace.faults_seen(),
            Vec::<String>::new(),
            "Slack was asked what it does not know"
        );
        for (kind, state, n) in self.census().await {
            let is_allowed = state == "buried" && self.allowed == Allowed::GivenUp;
            assert!(is_allowed, "{n} {kind} {state} in the outbox:\n{transcript}");
        }
        let letters: Result<i64, StoreError> =
            self.db().read("inbox", |tx| Box::pin(async move { inbox::waiting(tx).await })).await;
        assert_eq!(letters.expect("the database answers"), 0, "Slack said something nobody acted upon");
        let dead: Result<Vec<(String, String)>, StoreError> =
            self.db().read("dead", |tx| Box::pin(async move { notes::dead_letters(tx).await })).await;
        let dead =
            dead.expect("the database answers").into_iter().filter(|(from, _)| from.starts_with("slack/"));
        assert_eq!(dead.collect::<Vec<_>>(), [], "what Slack said was given up:\n{transcript}");
        self.keeps_its_promises().await;
        let before = self.incidents().await;
        let n_calls = self.workspace.calls().len();
        while !self.replicas.is_empty() {
            self.dies().await;
        }
        self.starts().await;
        assert_eq!(self.incidents().await, before, "a fresh start sees other incidents");
        let new: Vec<String> =
            self.workspace.calls().into_iter().skip(n_calls).map(|call| call.method).collect();
        // Who people are may be asked anew at any hour.
        let is_quiet =
            |method: &String| ["apps.connections.open", "users.info", "auth.test"].contains(&method.as_str());
        let quiet = new.iter().all(is_quiet);
        assert!(quiet, "a fresh start does things: {new:?}");
        self.dies().await;
        self.has_not_complained();
    }

    fn has_not_complained(&self) {
        // A dead process complains as it falls, and several worlds with such may share one test.
        if self.fate.is_some() {
            return;
        }
        let is_announced = |line: &String| self.may_log.iter().any(|words| line.contains(words));
        let unannounced: Vec<String> = logs::heard().into_iter().filter(|line| !is_announced(line)).collect();
        assert!(unannounced.is_empty(), "the service logged {unannounced:#?}\n{}", self.transcript.read());
    }
}
