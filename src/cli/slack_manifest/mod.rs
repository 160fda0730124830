//! `slack-manifest`: the Slack app, ready to be created, with the scopes that are used and no others.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::Url;

use super::terminal::Terminal;
use super::{Ending, Failure};
use crate::commands::shortcuts;

/// The methods that the service calls and that need a scope, with the scopes that allow them.
const CALLS: [(&str, &[&str]); 21] = [
    // A house channel that is configured by its id is written in without being joined.
    ("chat.postMessage", &["chat:write", "chat:write.public"]),
    ("chat.postEphemeral", &["chat:write"]),
    ("chat.update", &["chat:write"]),
    // The channel of a private incident is private.
    ("conversations.archive", &["channels:manage", "groups:write"]),
    ("conversations.create", &["channels:manage", "groups:write"]),
    // A message whose posting was not answered is looked for: pages are direct messages.
    ("conversations.history", &["channels:history", "groups:history", "im:history"]),
    ("conversations.info", &["channels:read", "groups:read"]),
    ("conversations.invite", &["channels:manage", "groups:write"]),
    ("conversations.join", &["channels:join"]),
    // House channels may be private.
    ("conversations.list", &["channels:read", "groups:read"]),
    ("conversations.members", &["channels:read", "groups:read"]),
    // Incidents are talked about in the thread under an announcement too, and that channel may be private.
    ("conversations.replies", &["channels:history", "groups:history"]),
    ("conversations.setTopic", &["channels:manage", "groups:write"]),
    ("conversations.unarchive", &["channels:manage", "groups:write"]),
    ("bookmarks.add", &["bookmarks:write"]),
    ("bookmarks.list", &["bookmarks:read"]),
    ("pins.add", &["pins:write"]),
    ("reactions.add", &["reactions:write"]),
    ("usergroups.list", &["usergroups:read"]),
    ("usergroups.users.update", &["usergroups:write"]),
    ("users.info", &["users:read"]),
];

/// The same for what is done without when the scopes are not granted.
const OPTIONAL_CALLS: [(&str, &[&str]); 2] = [
    // A copy of the post-mortem in the channel.
    ("canvases.edit", &["canvases:write"]),
    ("conversations.canvases.create", &["canvases:write"]),
];

/// What the bot wants to hear of, and the scopes that allow it.
const EVENTS: [(&str, &[&str]); 18] = [
    ("app_home_opened", &[]),
    ("channel_archive", &["channels:read"]),
    ("channel_deleted", &["channels:read"]),
    ("channel_left", &["channels:read"]),
    ("channel_rename", &["channels:read"]),
    ("channel_unarchive", &["channels:read"]),
    ("group_archive", &["groups:read"]),
    ("group_deleted", &["groups:read"]),
    ("group_left", &["groups:read"]),
    ("group_rename", &["groups:read"]),
    ("group_unarchive", &["groups:read"]),
    ("member_joined_channel", &["channels:read", "groups:read"]),
    ("member_left_channel", &["channels:read", "groups:read"]),
    ("message.channels", &["channels:history"]),
    ("message.groups", &["groups:history"]),
    ("pin_added", &["pins:read"]),
    ("reaction_added", &["reactions:read"]),
    // People of the configuration who become guests, or leave.
    ("user_change", &["users:read"]),
];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where Slack reaches the service, for `mode: http` [default: Socket Mode, which needs no address]
    #[arg(long)]
    url: Option<Url>,
    /// The slash command for incidents, as under `slack.commands`
    #[arg(long, default_value = "/incident")]
    incident: String,
    /// The slash command for schedules, as under `slack.commands`
    #[arg(long, default_value = "/oncall")]
    oncall: String,
}

pub(super) fn run(terminal: &mut Terminal<'_>, args: &Args) -> Result<Ending, Failure> {
    let base = match &args.url {
        Some(url) if url.scheme() != "https" => {
            return Err(Failure::Usage("--url must begin with https://, or Slack refuses it".to_owned()));
        }
        url => url.as_ref().map(|url| url.as_str().trim_end_matches('/')),
    };
    terminal.json(&manifest(base, &args.incident, &args.oncall));
    Ok(Ending::Fine)
}

/// The app's manifest, as Slack takes it. `base` is where Slack reaches the service; without one it is reached over Socket
/// Mode. `incident` and `oncall` are the names of the slash commands.
pub fn manifest(base: Option<&str>, incident: &str, oncall: &str) -> Value {
    let command = |name: &str, sentence: &str, hint: &str| {
        let mut command = json!({
            "command": format!("/{}", name.trim_start_matches('/')),
            "description": sentence,
            "usage_hint": hint,
            "should_escape": true,
        });
        if let Some(base) = base {
            command["url"] = json!(format!("{base}/slack/commands"));
        }
        command
    };
    let mut interactivity = json!({ "is_enabled": true });
    if let Some(base) = base {
        interactivity["request_url"] = json!(format!("{base}/slack/interactions"));
    }
    let mut events = json!({ "bot_events": EVENTS.map(|(event, _)| event) });
    if let Some(base) = base {
        events["request_url"] = json!(format!("{base}/slack/events"));
    }
    let (scopes, optional) = (scopes(), optional_scopes());
    json!({
        "_metadata": { "major_version": 2, "minor_version": 0 },
        "display_information": {
            "name": "Don't Panic",
            "description": "Pages until a human answers, and keeps the record",
            "background_color": "#1d3557",
        },
        "features": {
            // Pages are direct messages: they arrive in the tab beside the home, where commands can be typed too.
            "app_home": { "home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false },
            "bot_user": { "display_name": "dontpanic", "always_online": true },
            "slash_commands": [
                command(incident, "Declare, acknowledge, note, resolve", "declare P1 title | ack | note text | resolve | help"),
                command(oncall, "Who is on call, overrides, swaps", "schedule | take 2h | override @person from to | swap @person date | help"),
            ],
            "shortcuts": [
                {
                    "name": "Declare an incident",
                    "type": "global",
                    "callback_id": shortcuts::DECLARE,
                    "description": "Open an incident and page the on-call engineer",
                },
                {
                    "name": "Declare an incident",
                    "type": "message",
                    "callback_id": shortcuts::DECLARE_FROM_MESSAGE,
                    "description": "Open an incident from what this message says",
                },
                {
                    "name": "Add to timeline",
                    "type": "message",
                    "callback_id": shortcuts::ADD_TO_TIMELINE,
                    "description": "Put this message on the incident's timeline",
                },
            ],
        },
        "oauth_config": { "scopes": { "bot": scopes, "bot_optional": optional } },
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "socket_mode_enabled": base.is_none(),
            "org_deploy_enabled": false,
            "token_rotation_enabled": false,
        },
    })
}

/// The scopes that the bot needs.
pub(super) fn scopes() -> BTreeSet<&'static str> {
    let for_calls = CALLS.iter().flat_map(|(_, scopes)| scopes.iter().copied());
    let for_events = EVENTS.iter().flat_map(|(_, scopes)| scopes.iter().copied());
    for_calls.chain(for_events).chain(["commands"]).collect()
}

/// The scopes that the bot does without when somebody does not grant them.
pub(super) fn optional_scopes() -> BTreeSet<&'static str> {
    OPTIONAL_CALLS.iter().flat_map(|(_, scopes)| scopes.iter().copied()).collect()
}

#[cfg(test)]
mod tests;
