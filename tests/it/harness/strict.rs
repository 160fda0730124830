//! The rule of every test with a Slack in it: the bot asks Slack only for what Slack documents.

use std::collections::BTreeSet;

use dontpanic::cli::manifest;
use dontpanic::workspace::{Shortcut, ShortcutPlace, Workspace, WorkspaceConfig};
use serde_json::Value;

/// A workspace in which the app was installed from its manifest: with the scopes (optional ones too), commands, shortcuts and
/// events in it, and no others.
pub fn as_installed() -> WorkspaceConfig {
    let manifest = manifest(None, "/incident", "/oncall");
    let list = |at: &str| manifest.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    let words = |at: &str| -> BTreeSet<String> { list(at).iter().map(word).collect() };
    let shortcut = |value: &Value| Shortcut {
        callback_id: word(&value["callback_id"]),
        name: word(&value["name"]),
        place: if value["type"] == "global" { ShortcutPlace::Global } else { ShortcutPlace::Message },
    };
    WorkspaceConfig {
        scopes: words("/oauth_config/scopes/bot")
            .into_iter()
            .chain(words("/oauth_config/scopes/bot_optional"))
            .collect(),
        commands: list("/features/slash_commands").iter().map(|command| word(&command["command"])).collect(),
        shortcuts: list("/features/shortcuts").iter().map(shortcut).collect(),
        events: words("/settings/event_subscriptions/bot_events"),
        ..WorkspaceConfig::default()
    }
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
