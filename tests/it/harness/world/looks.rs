//! What can be asked of the world: incidents, timelines, ledgers, and what became of it all.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use dontpanic::domain::incident::Incident;
use dontpanic::domain::page::Page;
use dontpanic::ids::IncidentId;
use dontpanic::store::timeline::Told;
use dontpanic::store::{Db, StoreError, inbox, outbox, pages, silences, timeline};

use super::World;

impl World {
    pub(super) fn db(&self) -> &Db {
        &self.replicas.first().expect("the service is up").db
    }

    pub(super) async fn census(&self) -> Vec<(String, String, i64)> {
        let census: Result<_, StoreError> =
            self.db().read("census", |tx| Box::pin(async move { outbox::census(tx).await })).await;
        census.expect("the database answers")
    }

    /// An incident as it is now.
    pub async fn incident(&self, n: i64) -> Incident {
        let found = self.engine().incident(IncidentId(n)).await.expect("the database answers");
        found.unwrap_or_else(|| panic!("there is no INC-{n}"))
    }

    /// Every incident, oldest first.
    pub async fn incidents(&self) -> Vec<Incident> {
        let mut all = self.engine().recent_incidents(1000).await.expect("the database answers");
        all.reverse();
        all
    }

    /// The state of an incident, as the API names it.
    pub async fn state(&self, n: i64) -> &'static str {
        self.incident(n).await.state.name()
    }

    /// The timeline of an incident.
    pub async fn timeline(&self, n: i64) -> Vec<Told> {
        let read: Result<_, StoreError> = self
            .db()
            .read("timeline", move |tx| Box::pin(async move { timeline::read(tx, IncidentId(n)).await }))
            .await;
        read.expect("the database answers")
    }

    /// The timeline of an incident as its reader sees it.
    pub async fn timeline_text(&self, n: i64) -> String {
        let line = |told: &Told| {
            let (seq, at) = (told.entry.seq, told.entry.at.format("%H:%M:%S"));
            format!("{seq:>3} {at} {:<12} {}\n", told.entry.origin.as_str(), told.text)
        };
        self.timeline(n).await.iter().map(line).collect()
    }

    /// How many events of this kind an incident has.
    pub async fn n_events(&self, n: i64, kind: &str) -> usize {
        self.timeline(n).await.iter().filter(|told| told.entry.what.kind() == kind).count()
    }

    /// The page ledger of an incident.
    pub async fn ledger(&self, n: i64) -> Vec<Page> {
        let read: Result<_, StoreError> = self
            .db()
            .read("pages", move |tx| Box::pin(async move { pages::list(tx, IncidentId(n)).await }))
            .await;
        read.expect("the database answers")
    }

    /// Who has silenced what from here that ends by then.
    pub async fn silences_ending_by(&self, at: DateTime<Utc>) -> Vec<String> {
        let read: Result<_, StoreError> = self
            .db()
            .read("silences", move |tx| Box::pin(async move { silences::ending_by(tx, at, 10).await }))
            .await;
        let kept = read.expect("the database answers").into_iter();
        kept.map(|kept| format!("{} {} {}", kept.incident, kept.source, kept.who)).collect()
    }

    /// Whom an incident has paged by Slack, in order.
    pub async fn paged(&self, n: i64) -> Vec<String> {
        let pages = self.ledger(n).await;
        let first = pages.iter().filter(|page| page.method.to_string() == "slack");
        first.map(|page| page.person.to_string()).collect()
    }

    /// What became of everything, in few lines: each incident with its severity, state, title, channel and pages.
    pub async fn outcome(&self) -> String {
        let mut lines = String::new();
        for incident in self.incidents().await {
            let id = incident.id;
            let channel = incident.room.channel.as_ref().map_or("no channel", |channel| &channel.name);
            let pages = self.ledger(id.0).await;
            let pages: Vec<String> =
                pages.iter().map(|page| format!("{} {}", page.person, page.method)).collect();
            let rule = format!("{} ({})", incident.assessment.rule, shortened(&incident.assessment.reason));
            // Writing to a string cannot fail.
            let _written = write!(
                lines,
                "{id} {} {}\n  {}\n  why: {rule}\n  channel: {channel}\n  alerts: {} firing of {}, {} truncated, \
                 {} flaps\n  pages: {}\n",
                incident.severity(),
                incident.state.name(),
                shortened(&incident.title),
                incident.n_firing,
                incident.n_alerts,
                incident.n_truncated(),
                incident.n_flaps,
                pages.join(", "),
            );
        }
        if lines.is_empty() { "nothing\n".to_owned() } else { lines }
    }

    /// What is kept of a letter of Slack's; none when it is not known.
    pub async fn letter(&self, id: &str) -> Option<String> {
        let id = id.to_owned();
        let read: Result<_, StoreError> =
            self.db().read("letter", move |tx| Box::pin(async move { inbox::find(tx, &id).await })).await;
        read.expect("the database answers").map(|(_, body)| body)
    }

    /// The post-mortem of an incident.
    pub async fn postmortem(&self, n: i64) -> String {
        let found = self.engine().postmortem(IncidentId(n)).await.expect("the database answers");
        found.unwrap_or_else(|| panic!("INC-{n} has no post-mortem")).markdown
    }

    /// What happened so far.
    pub fn transcript(&self) -> String {
        self.transcript.read()
    }
}

fn shortened(text: &str) -> String {
    let plain: String = text.chars().take(100).collect();
    if plain.len() < text.len() { format!("{plain}…") } else { plain }
}
