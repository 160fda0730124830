//! The last look at the world: nothing lost, nothing left, nothing that only memory knew.

use dontpanic::store::{StoreError, inbox, notes};

use super::{Allowed, Span as _, World};

impl World {
    /// The last look lets pass that something was given up.
    pub fn may_give_up(&mut self) {
        self.allowed = Allowed::GivenUp;
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
        let before = self.incidents().await;
        for incident in &before {
            let told = self.timeline(incident.id.0).await;
            let seqs: Vec<i64> = told.iter().map(|told| told.entry.seq).collect();
            let expected: Vec<i64> = (1..=incident.n_events).collect();
            assert_eq!(seqs, expected, "the timeline of {} has gaps", incident.id);
            for page in self.ledger(incident.id.0).await {
                let is_settled = page.sent.is_some() || page.acked.is_some() || page.superseded.is_some();
                assert!(is_settled, "{} was never attempted:\n{transcript}", page.id);
            }
        }
        let n_calls = self.workspace.calls().len();
        self.restart().await;
        assert_eq!(self.incidents().await, before, "a fresh start sees other incidents");
        let new: Vec<String> =
            self.workspace.calls().into_iter().skip(n_calls).map(|call| call.method).collect();
        let quiet = new.iter().all(|method| method == "apps.connections.open");
        assert!(quiet, "a fresh start does things: {new:?}");
        self.dies().await;
    }
}
