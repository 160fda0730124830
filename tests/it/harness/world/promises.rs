//! What holds after every scenario, whatever it was about: one open incident for each key and one channel for each incident,
//! a ledger that agrees with itself and with the timeline, and a timeline that tells every change of state once.

use std::collections::BTreeSet;

use dontpanic::domain::incident::timeline::{ClimbReason, End, What};
use dontpanic::domain::incident::{Incident, State};
use dontpanic::domain::page::Page;
use dontpanic::store::timeline::Told;
use dontpanic::store::{Db, StoreError};

use super::World;

/// Keys that still lead to an ended incident, and open incidents that have let go of a key.
const KEYS_ASTRAY: &str = "SELECT COUNT(*) AS n FROM incident_key k JOIN incident i ON i.n = k.incident \
    WHERE (k.freed_at IS NULL AND i.ended_at IS NOT NULL) OR (k.freed_at IS NOT NULL AND i.ended_at IS NULL)";

impl World {
    pub(super) async fn keeps_its_promises(&mut self) {
        let incidents = self.incidents().await;
        assert_eq!(keys_astray(self.db()).await, 0, "keys follow their incidents");
        self.has_one_channel_each(&incidents);
        for incident in &incidents {
            let told = self.timeline(incident.id.0).await;
            tells_all(incident, &told);
            let pages = self.ledger(incident.id.0).await;
            let mut attempts = BTreeSet::new();
            for page in &pages {
                let attempt = (page.walk, page.person.to_string(), page.method.to_string());
                assert!(attempts.insert(attempt), "two rows for one attempt: {pages:#?}");
                agrees_with_itself(page);
                agrees_with_timeline(page, &told);
            }
        }
    }

    fn has_one_channel_each(&self, incidents: &[Incident]) {
        let owned = incidents.iter().filter_map(|incident| incident.room.channel.as_ref());
        let owned: Vec<&str> = owned.map(|channel| channel.id.as_str()).collect();
        let distinct: BTreeSet<&str> = owned.iter().copied().collect();
        assert_eq!(owned.len(), distinct.len(), "two incidents share a channel");
        let owned = incidents
            .iter()
            .flat_map(|incident| incident.room.channel.iter().chain(&incident.room.former))
            .count();
        let calls = self.workspace.calls().into_iter();
        let made = calls.filter(|call| call.method == "conversations.create" && call.result == "ok").count();
        assert_eq!(made, owned, "a channel belongs to no incident");
    }
}

async fn keys_astray(db: &Db) -> i64 {
    let counted: Result<(i64,), StoreError> =
        db.read("keys", |tx| Box::pin(async move { tx.query(KEYS_ASTRAY).one().await })).await;
    counted.expect("the database answers").0
}

/// The numbers have no gap, the times never go back, and the events lead from the opening to the state of now.
fn tells_all(incident: &Incident, told: &[Told]) {
    let seqs: Vec<i64> = told.iter().map(|told| told.entry.seq).collect();
    let expected: Vec<i64> = (1..=incident.n_events).collect();
    assert_eq!(seqs, expected, "the timeline of {} has gaps", incident.id);
    let mut so_far = SoFar::default();
    for Told { entry, .. } in told {
        so_far.goes_on(&entry.what);
    }
    let SoFar { is_open, is_clear, is_acked } = so_far;
    let state = &incident.state;
    assert_eq!(is_open, state.is_open(), "the timeline of {} leads elsewhere than {state:?}", incident.id);
    let is_monitoring = matches!(state, State::Monitoring { .. });
    assert_eq!(is_open && is_clear, is_monitoring, "the timeline of {} leads elsewhere", incident.id);
    if let (true, Some(is_acked)) = (is_open, is_acked) {
        assert_eq!(is_acked, state.ack().is_some(), "the timeline of {} leads elsewhere", incident.id);
    }
}

/// What a reader of the timeline believes.
#[derive(Debug, Default)]
struct SoFar {
    is_open: bool,
    is_clear: bool,
    /// A change of severity may take an acknowledgement away or stand for one; then it is not known.
    is_acked: Option<bool>,
}

impl SoFar {
    fn goes_on(&mut self, what: &What) {
        match what {
            What::IncidentOpened { .. } | What::Reopened { .. } => {
                assert!(!self.is_open, "opened twice: {what:?}");
                *self = Self { is_open: true, is_clear: false, is_acked: Some(false) };
            }
            What::Resolved { .. } | What::MergedInto { .. } => {
                assert!(self.is_open, "resolved twice: {what:?}");
                self.is_open = false;
            }
            What::Monitoring => {
                assert!(self.is_open && !self.is_clear, "clear twice");
                self.is_clear = true;
            }
            What::AlertFiring { .. }
            | What::Flap { .. }
            // What was taken for an end is none.
            | What::AlertResolved { end: End::NotBelieved, .. } => self.is_clear = false,
            What::TookIn { n_firing, .. } => self.is_clear &= *n_firing == 0,
            What::Acked { .. } => {
                assert!(self.is_open, "acknowledged after the end");
                self.is_acked = Some(true);
            }
            // A ladder that begins for another service takes no acknowledgement away.
            What::Escalated { why: ClimbReason::PagedAlready, .. } => {}
            What::Escalated { .. } => self.is_acked = Some(false),
            What::SeverityChanged { .. } | What::SnoozeOver => self.is_acked = None,
            What::AlertResolved { .. }
            | What::PageSent(_)
            | What::PageAccepted(_)
            | What::PageFailed { .. }
            | What::PageFolded { .. }
            | What::PageCarried { .. }
            | What::PageAlone { .. }
            | What::AckTargetMissed { .. }
            | What::ChannelOpened { .. }
            | What::ChannelBack { .. }
            | What::ChannelLost { .. }
            | What::ChannelRenamed { .. }
            | What::ChannelArchived { .. }
            | What::NotInvited { .. }
            | What::AskedFor { .. }
            | What::ScheduleGone { .. }
            | What::Snoozed { .. }
            | What::RoleChanged { .. }
            | What::StatusUpdate { .. }
            | What::SilenceCreated { .. }
            | What::SilenceExtended { .. }
            | What::SilenceEnding { .. }
            | What::SilenceEnded { .. }
            | What::Muted { .. }
            | What::Unmuted { .. }
            | What::Note { .. }
            | What::MessageNoted { .. }
            | What::MessageEdited { .. }
            | What::MessageDeleted { .. }
            | What::KeptOpen
            | What::AskedAboutFiring { .. }
            | What::Nudged { .. }
            | What::StillOnIt
            | What::PostmortemAwaited { .. }
            | What::PostmortemOverdue { .. }
            | What::RunbookFeedback { .. }
            | What::ActionAdded { .. }
            | What::ActionDone { .. }
            | What::PostmortemDrafted
            | What::PostmortemPublished
            | What::PostmortemDeclined { .. }
            | What::JoinedStorm { .. }
            | What::LeftStorm { .. }
            | What::StormGrew { .. }
            | What::StormOver { .. }
            | What::Closed => {}
        }
    }
}

fn agrees_with_itself(page: &Page) {
    let is_settled = page.sent.is_some()
        || page.folded_into.is_some()
        || page.acked.is_some()
        || page.superseded.is_some();
    assert!(is_settled, "never attempted: {page:#?}");
    assert!(page.sent.is_none_or(|sent| sent >= page.due), "sent before it was due: {page:#?}");
    let is_in_order = page.accepted.is_none() || page.accepted >= page.sent;
    assert!(is_in_order, "accepted before it was sent: {page:#?}");
    assert!(
        page.sent.is_some() || page.accepted.or(page.failed).is_none(),
        "has an outcome unsent: {page:#?}"
    );
    let is_later = page.accepted <= page.failed && page.accepted.is_some();
    assert!(page.accepted.is_none() || page.failed.is_none() || is_later, "failed, then accepted: {page:#?}");
    assert!(page.delivered.is_none() || page.accepted.is_some(), "delivered and never accepted: {page:#?}");
    assert!(page.acked.is_none() || page.superseded.is_none(), "acknowledged and superseded: {page:#?}");
    assert_eq!(page.failed.is_some(), page.error.is_some(), "a failure has a reason: {page:#?}");
}

fn agrees_with_timeline(page: &Page, told: &[Told]) {
    let count = |is: &dyn Fn(&What) -> bool| told.iter().filter(|told| is(&told.entry.what)).count();
    let sent = count(&|what| matches!(what, What::PageSent(paged) if paged.page == page.id));
    let accepted = count(&|what| match what {
        What::PageAccepted(paged) | What::PageCarried { paged, .. } => paged.page == page.id,
        _ => false,
    });
    let carried = count(&|what| matches!(what, What::PageCarried { paged, .. } if paged.page == page.id));
    assert_eq!(
        sent + carried > 0,
        page.sent.is_some(),
        "sent {sent} times, carried {carried} times, says the timeline of {page:#?}"
    );
    assert_eq!(
        accepted > 0,
        page.accepted.is_some(),
        "accepted {accepted} times, says the timeline of {page:#?}"
    );
}
