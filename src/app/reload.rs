//! Puts another configuration in force while the service runs, whole or not at all.
//!
//! What cannot be used changes nothing, and is told with every fault. What a process cannot take over while it runs keeps the
//! value it started with, and is named.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::front::Front;
use super::parts::Parts;
use crate::config::{Config, Faults, Loaded, Note, NoteKind, Reference, changes};
use crate::documents::Documents;
use crate::domain::effect::Warning;
use crate::domain::reload::{Refused, Reloaded};
use crate::engine::{InForce, Settings};
use crate::store::StoreError;
use crate::words;

/// What came of reading the configuration anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is what it was.
    Same,
    /// It is in force.
    Reloaded(Reloaded),
    /// It cannot be used, so the one before stays in force.
    Refused(Refused),
}

/// What puts configurations in force.
pub struct Reloader {
    parts: Parts,
    in_force: Arc<InForce>,
    front: Front,
    /// The configuration that is in force.
    config: Config,
    /// What has been said about it: what it is, wherever it stands, and how it is said.
    known: BTreeMap<String, String>,
    /// Keys that wait for a restart.
    waiting: Vec<&'static str>,
    was_refused: bool,
    /// What could not be told yet.
    untold: Option<(Warning, String)>,
}

impl Reloader {
    pub(super) fn new(
        parts: Parts,
        in_force: Arc<InForce>,
        front: Front,
        config: Config,
        notes: &[Note],
    ) -> Self {
        let known = said(notes, in_force.engine().documents());
        let (waiting, untold) = (vec![], None);
        Self { parts, in_force, front, config, known, waiting, was_refused: false, untold }
    }

    /// The configuration that is in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The service's use cases, as they are configured.
    pub fn in_force(&self) -> &Arc<InForce> {
        &self.in_force
    }

    /// Puts what was read in force, and tells what came of it. What cannot be told now is told by [`tell`](Self::tell).
    pub async fn reload(&mut self, read: Result<Loaded, Faults>) -> Outcome {
        let outcome = match read {
            Ok(loaded) => self.take_over(loaded).await,
            Err(faults) => Err((faults.lines(), digest(&("refused", &faults.all)))),
        };
        match outcome {
            Ok((reloaded, _)) if reloaded.is_nothing() => Outcome::Same,
            Ok((reloaded, digest)) => {
                self.was_refused = false;
                for changed in &reloaded.changes {
                    tracing::info!(change = %words::reload::change(changed), "the configuration was reloaded");
                }
                for key in &reloaded.need_restart {
                    tracing::warn!(key = %key, "needs a restart; the value of before holds until then");
                }
                for remark in &reloaded.remarks {
                    tracing::warn!(remark = %remark, "worth knowing about the configuration");
                }
                self.untold = Some((Warning::ConfigReloaded(reloaded.clone()), digest));
                self.tell().await;
                Outcome::Reloaded(reloaded)
            }
            Err((faults, digest)) => {
                self.was_refused = true;
                for fault in &faults {
                    tracing::error!(
                        fault = %fault,
                        "the configuration cannot be used; the one before stays in force"
                    );
                }
                let refused = Refused { faults };
                self.untold = Some((Warning::ConfigRefused(refused.clone()), digest));
                self.tell().await;
                Outcome::Refused(refused)
            }
        }
    }

    /// Tells what could not be told before. The latest word is enough.
    pub async fn tell(&mut self) {
        let Some((what, digest)) = &self.untold else { return };
        let engine = self.in_force.engine();
        let mut told = engine.tell_of_reload(what.clone(), digest.clone()).await.map(drop);
        if told.is_ok() && matches!(what, Warning::ConfigReloaded(_)) {
            told = engine.tell_of_holes().await.map(drop);
        }
        match told {
            Ok(()) => self.untold = None,
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(error = %error, "what came of the configuration is told in a moment");
            }
        }
    }

    /// What has changed with it; or why it cannot be used. With what is the same for the same outcome on every replica.
    async fn take_over(&mut self, loaded: Loaded) -> Result<(Reloaded, String), (Vec<String>, String)> {
        let Loaded { mut config, notes, runbooks, secret_files: _ } = loaded;
        let waiting = config.keep_from(&self.config);
        let engine = self.in_force.engine();
        let unusable = |what: String| (vec![what.clone()], digest(&("unusable", what)));
        let (parts, read) = (self.parts.clone(), config.clone());
        let documents = tokio::task::spawn_blocking(move || parts.documents(&read)).await;
        let documents = documents.map_err(|error| unusable(format!("documents cannot be read: {error}")))?;
        let documents = documents.keeping(engine.documents());

        let mut changes = changes(&self.config, &config);
        changes.extend(documents.changes_since(engine.documents()));
        let mut said = said(&notes, &documents);
        said.extend(runbooks.iter().filter_map(|named| unknown_runbook(named, &documents)));
        let news = said.iter().filter(|(what, _)| !self.known.contains_key(*what));
        let mut reloaded = Reloaded {
            need_restart: if waiting == self.waiting { vec![] } else { owned(&waiting) },
            remarks: news.map(|(_, how)| how.clone()).collect(),
            was_refused: self.was_refused,
            changes,
        };
        let digest = digest(&(
            "reloaded",
            anonymous(&config),
            said.keys().collect::<Vec<_>>(),
            &waiting,
            documents.digest(),
        ));
        if !reloaded.changes.is_empty() {
            let ports = self.parts.ports(&config).map_err(|error| unusable(format!("{error:#}")))?;
            let next = engine.under(Settings::of(&config), Arc::new(documents), ports);
            let strangers = next.overrides_lost_since(&engine);
            reloaded.remarks.extend(strangers.iter().map(words::reload::override_lost));
            let router = self.parts.router(&config, next.clone(), &self.in_force);
            self.in_force.put(next);
            self.front.put(router);
            self.config = config;
        }
        self.known = said;
        self.waiting = waiting;
        Ok((reloaded, digest))
    }
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// What there is to say about a file and the documents.
fn said(notes: &[Note], documents: &Documents) -> BTreeMap<String, String> {
    let notes = notes.iter().filter(|note| note.kind != NoteKind::NotYetInUse);
    let notes = notes.map(|note| (format!("{}: {}", note.key, note.text), note.to_string()));
    let remarks = documents.remarks.iter().map(|remark| {
        let file = remark.file.file_name().unwrap_or_default().to_string_lossy();
        (format!("{file}: {}", remark.what), remark.to_string())
    });
    notes.chain(remarks).collect()
}

/// Why a service's runbook is not found.
fn unknown_runbook(named: &Reference, documents: &Documents) -> Option<(String, String)> {
    let Reference { line, key, name } = named;
    let is_unknown = documents.runbook(&name.as_str().into()).is_none();
    let what = format!("{key}: there is no runbook `{name}`");
    is_unknown.then(|| (what.clone(), format!("line {line}: {what}")))
}

/// The configuration without what may differ between replicas.
fn anonymous(config: &Config) -> impl Debug {
    let Config { house, api_tokens, slack, alertmanagers, public_url, .. } = config;
    (house.clone(), api_tokens.clone(), slack.clone(), alertmanagers.clone(), public_url.clone())
}

fn digest(what: &impl Debug) -> String {
    let hash = Sha256::digest(format!("{what:?}"));
    hash.iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
