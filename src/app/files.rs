//! Watches the configuration, the runbooks and the templates, and listens to SIGHUP.
//!
//! Files are looked at every two seconds, by what the file system says of them: no notification of the kernel's reaches a
//! mounted volume reliably. What has just been written is left to settle, so that half a file is not taken for a bad one.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use chrono::Duration;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::reload::{Outcome, Reloader};
use crate::config::Config;
use crate::engine::turning::Turns;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::seconds(2);

/// Where the values of `${NAME}` come from.
pub type Variables = fn(&str) -> Option<String>;

/// Where a configuration is read.
pub struct Source {
    file: PathBuf,
    variables: Variables,
    hangup: Signal,
}

impl Source {
    /// From this moment on SIGHUP asks for a reload and ends nothing. Must be called in a runtime, before anything that takes
    /// time.
    ///
    /// # Errors
    /// When the signal cannot be listened to.
    pub fn new(file: PathBuf, variables: Variables) -> std::io::Result<Self> {
        Ok(Self { file, variables, hangup: signal(SignalKind::hangup())? })
    }
}

/// Keeps the configuration as its files say, for as long as the process lives.
pub struct Reloading {
    reloader: Reloader,
    source: Source,
    secrets: Vec<PathBuf>,
    /// The files as they were when they were last read; none until they were read once since the start.
    read: Option<Stamp>,
    /// The files as they were at the last look.
    seen: Option<Stamp>,
}

/// Files as the file system describes them: which, how long, from when.
type Stamp = Vec<(PathBuf, Option<[i64; 6]>)>;

/// Why the files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Asked,
    Changed,
}

impl Reloading {
    /// `secrets` are the files that hold secrets of the configuration.
    pub fn new(reloader: Reloader, source: Source, secrets: Vec<PathBuf>) -> Self {
        Self { reloader, source, secrets, read: None, seen: None }
    }

    async fn watch(&mut self, mut stopped: watch::Receiver<bool>) {
        let wire = self.reloader.in_force().engine().clocks().wire.clone();
        while !*stopped.borrow() {
            tokio::select! {
                // An error means that the sender is gone, and with it the service.
                () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => break,
                Some(()) = self.source.hangup.recv() => self.reload(Why::Asked).await,
                () = wire.sleep_until(wire.now() + LOOK_EVERY) => {
                    if self.has_settled().await {
                        self.reload(Why::Changed).await;
                    }
                }
            }
            self.reloader.tell().await;
        }
    }

    /// Whether the files are other than when they were read, and have not changed since the last look.
    async fn has_settled(&mut self) -> bool {
        let stamp = self.stamp().await;
        let has_settled = self.read.as_ref() != Some(&stamp) && self.seen.as_ref() == Some(&stamp);
        self.seen = Some(stamp);
        has_settled
    }

    async fn reload(&mut self, why: Why) {
        // First the stamp: what changes while it is read is read again.
        self.read = Some(self.stamp().await);
        let (file, variables) = (self.source.file.clone(), self.source.variables);
        let reading = tokio::task::spawn_blocking(move || Config::load(&file, &variables));
        let read = match reading.await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(error = %error, "the configuration could not be read; the one before stays in force");
                return;
            }
        };
        if let Ok(loaded) = &read {
            self.secrets.clone_from(&loaded.secret_files);
        }
        match (self.reloader.reload(read).await, why) {
            (Outcome::Same, Why::Asked) => {
                tracing::info!("the configuration was read anew, as SIGHUP asks; nothing has changed");
            }
            (Outcome::Same, Why::Changed) | (Outcome::Reloaded(_) | Outcome::Refused(_), _) => {}
        }
    }

    async fn stamp(&self) -> Stamp {
        let config = self.reloader.config();
        let files: Vec<PathBuf> = [&self.source.file].into_iter().chain(&self.secrets).cloned().collect();
        let folders = [config.runbooks_dir.clone(), config.postmortems.templates.clone()];
        let looking = tokio::task::spawn_blocking(move || {
            let inside = folders.iter().flat_map(|folder| visible(folder));
            let mut stamp: Stamp = files.into_iter().chain(inside).map(described).collect();
            stamp.sort();
            stamp
        });
        looking.await.unwrap_or_default()
    }
}

impl Turns for Reloading {
    fn name(&self) -> String {
        "configuration".to_owned()
    }

    fn turn(&mut self, stopped: watch::Receiver<bool>) -> BoxFuture<'_, ()> {
        self.watch(stopped).boxed()
    }
}

/// What lies in a folder. A mounted `ConfigMap` keeps its machinery in hidden files, and what is not hidden are links.
fn visible(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let is_visible =
        |path: &PathBuf| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'));
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_visible).collect()
}

fn described(file: PathBuf) -> (PathBuf, Option<[i64; 6]>) {
    let about = fs::metadata(&file).ok().map(|about| {
        let number = |n: u64| i64::from_ne_bytes(n.to_ne_bytes());
        [
            number(about.ino()),
            number(about.size()),
            about.mtime(),
            about.mtime_nsec(),
            about.ctime(),
            about.ctime_nsec(),
        ]
    });
    (file, about)
}
