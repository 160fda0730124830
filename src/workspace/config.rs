//! How a workspace is set up. The defaults are a home team with an app that was installed with every scope it can use.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::clock::{Clock, SystemClock};

/// Where a shortcut is started from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortcutPlace {
    /// Anywhere.
    Global,
    /// A message's menu.
    Message,
}

/// One of the app's shortcuts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortcut {
    /// How the app knows it.
    pub callback_id: String,
    /// How people know it.
    pub name: String,
    /// Where it is.
    pub place: ShortcutPlace,
}

/// Whether calls are counted against Slack's rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateLimits {
    /// Never refuse.
    #[default]
    Off,
    /// Slack's numbers per method, and one message a second per channel.
    Slack,
}

/// Slack documents that bots can unarchive and refuses it in fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnarchiveByBots {
    /// As in fact.
    #[default]
    Refused,
    /// As documented.
    Allowed,
}

/// Where commands, interactions and events go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Delivery {
    /// Over the connections the app opened.
    #[default]
    Socket,
    /// As signed requests to these URLs.
    Http {
        /// Slash commands.
        commands: String,
        /// Buttons, modals, shortcuts.
        interactions: String,
        /// Events.
        events: String,
    },
}

/// What a workspace starts with.
#[derive(Clone)]
pub struct WorkspaceConfig {
    /// Wire time: timestamps, rate windows, the life of triggers and response URLs.
    pub clock: Arc<dyn Clock>,
    /// What messages are dated by; the wire's clock when there is none. A rehearsal dates them by its story.
    pub stamps: Option<Arc<dyn Clock>>,
    /// Ids are the same in every run with the same seed.
    pub seed: u64,
    /// `xoxb-…`.
    pub bot_token: String,
    /// `xapp-…`.
    pub app_token: String,
    /// What requests to the app are signed with.
    pub signing_secret: String,
    /// The app's user id.
    pub bot_user: String,
    /// The name of the app's user, as in `<@name>`.
    pub bot_name: String,
    /// What the app is called where people read it.
    pub app_name: String,
    /// The bot scopes granted at installation.
    pub scopes: BTreeSet<String>,
    /// With the slash. User and channel names in their text reach the app as `<@U…|name>` and `<#C…|name>`.
    pub commands: Vec<String>,
    /// The app's shortcuts.
    pub shortcuts: Vec<Shortcut>,
    /// The event subscriptions, by Slack's names (`message.channels`, `reaction_added`, …).
    pub events: BTreeSet<String>,
    /// Whether calls are counted.
    pub rate_limits: RateLimits,
    /// Whether `conversations.unarchive` works.
    pub unarchive_by_bots: UnarchiveByBots,
    /// Where the app is reached.
    pub delivery: Delivery,
}

fn words(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|&word| word.to_owned()).collect()
}

impl Default for WorkspaceConfig {
    fn default() -> Self {
        let shortcut = |callback_id: &str, name: &str, place| Shortcut {
            callback_id: callback_id.to_owned(),
            name: name.to_owned(),
            place,
        };
        Self {
            clock: Arc::new(SystemClock),
            stamps: None,
            seed: 1,
            bot_token: "xoxb-workspace-bot".to_owned(),
            app_token: "xapp-workspace-app".to_owned(),
            signing_secret: "workspace-signing-secret".to_owned(),
            bot_user: "U0BOT".to_owned(),
            bot_name: "dontpanic".to_owned(),
            app_name: "Don't Panic".to_owned(),
            scopes: words(&[
                "app_mentions:read",
                "bookmarks:read",
                "bookmarks:write",
                "canvases:write",
                "channels:history",
                "channels:join",
                "channels:manage",
                "channels:read",
                "chat:write",
                "chat:write.customize",
                "chat:write.public",
                "commands",
                "groups:history",
                "groups:read",
                "groups:write",
                "im:history",
                "im:read",
                "im:write",
                "pins:read",
                "pins:write",
                "reactions:read",
                "reactions:write",
                "team:read",
                "usergroups:read",
                "usergroups:write",
                "users:read",
                "users:read.email",
            ]),
            commands: vec!["/incident".to_owned(), "/oncall".to_owned()],
            shortcuts: vec![
                shortcut("declare_incident", "Declare an incident", ShortcutPlace::Global),
                shortcut("declare_from_message", "Declare an incident", ShortcutPlace::Message),
                shortcut("add_to_timeline", "Add to timeline", ShortcutPlace::Message),
            ],
            events: words(&[
                "app_home_opened",
                "app_mention",
                "channel_archive",
                "channel_created",
                "channel_deleted",
                "channel_left",
                "channel_rename",
                "channel_unarchive",
                "group_archive",
                "group_deleted",
                "group_left",
                "group_rename",
                "group_unarchive",
                "member_joined_channel",
                "member_left_channel",
                "message.channels",
                "message.groups",
                "message.im",
                "pin_added",
                "pin_removed",
                "reaction_added",
                "reaction_removed",
                "subteam_members_changed",
                "team_join",
                "user_change",
            ]),
            rate_limits: RateLimits::Off,
            unarchive_by_bots: UnarchiveByBots::Refused,
            delivery: Delivery::Socket,
        }
    }
}
