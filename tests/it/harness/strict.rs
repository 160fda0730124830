//! The rule of every test with a Slack in it: the bot asks Slack only for what Slack documents.

use std::collections::BTreeSet;

use dontpanic::cli::bot_scopes;
use dontpanic::workspace::{Workspace, WorkspaceConfig};

/// A workspace in which the app was installed from its manifest: with the scopes in it, and no event.
pub fn as_installed() -> WorkspaceConfig {
    let scopes = bot_scopes().into_iter().map(str::to_owned).collect();
    WorkspaceConfig { scopes, events: BTreeSet::new(), ..WorkspaceConfig::default() }
}

/// Held for as long as a test lasts; fails it when Slack was asked for anything undocumented, or without a scope.
pub struct Strict(pub Workspace);

impl Drop for Strict {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.0.faults_seen(), Vec::<String>::new(), "Slack was asked what it does not know");
        }
    }
}
