//! Slack's JSON objects, as the Web API and events show them.

use chrono::{DateTime, Offset, TimeZone, Utc};
use serde_json::{Map, Value, json};

use super::channel::{Channel, Noted};
use super::model::{Bookmark, ChannelKind, Message, User, UserGroup, UserKind};
use super::state::State;

/// A user object. The address is there only for who may read it.
pub(crate) fn user(state: &State, user: &User, now: DateTime<Utc>) -> Value {
    let zone: chrono_tz::Tz = user.tz.parse().unwrap_or(chrono_tz::Tz::UTC);
    let offset = zone.offset_from_utc_datetime(&now.naive_utc()).fix().local_minus_utc();
    let (team, stranger) = match &user.kind {
        UserKind::External { team } => (team.as_str(), true),
        UserKind::Member | UserKind::Guest | UserKind::UltraRestricted | UserKind::Bot => {
            (state.team_id.as_str(), false)
        }
    };
    let ultra = user.kind == UserKind::UltraRestricted;
    let mut profile = json!({
        "real_name": user.real_name, "real_name_normalized": user.real_name, "display_name": user.name,
        "display_name_normalized": user.name, "status_text": "", "status_emoji": "", "title": "", "phone": "",
        "avatar_hash": "", "image_24": "", "image_48": "", "image_72": "", "team": team,
    });
    if let (Some(email), true) = (&user.email, state.granted.contains("users:read.email")) {
        profile["email"] = json!(email);
    }
    let is_app = user.id == state.bot_user;
    if is_app {
        profile["bot_id"] = json!(state.bot_id);
        profile["api_app_id"] = json!(state.app_id);
    }
    json!({
        "id": user.id, "team_id": team, "name": user.name, "deleted": user.deleted, "color": "9f69e7",
        "real_name": user.real_name, "tz": user.tz, "tz_label": user.tz, "tz_offset": offset, "profile": profile,
        "is_admin": false, "is_owner": false, "is_primary_owner": false,
        "is_restricted": ultra || user.kind == UserKind::Guest, "is_ultra_restricted": ultra,
        "is_bot": user.kind == UserKind::Bot, "is_stranger": stranger, "is_app_user": false,
        "updated": 1_600_000_000, "is_email_confirmed": true, "who_can_share_contact_card": "EVERYONE",
    })
}

fn noted(noted: &Noted) -> Value {
    json!({ "value": noted.value, "creator": noted.creator, "last_set": noted.last_set })
}

/// A conversation object.
pub(crate) fn channel(state: &State, channel: &Channel) -> Value {
    let member = channel.members.contains(&state.bot_user);
    if let ChannelKind::Direct { with } = &channel.kind {
        return json!({
            "id": channel.id, "created": channel.created, "is_archived": false, "is_im": true, "is_org_shared": false,
            "context_team_id": state.team_id, "updated": channel.created * 1000, "user": with,
            "is_user_deleted": state.users.get(with).is_some_and(|user| user.deleted), "priority": 0, "is_open": true,
            "last_read": "0000000000.000000",
        });
    }
    let private = channel.kind == ChannelKind::Private;
    let canvas = channel.canvas.as_ref();
    let canvas = canvas.map(|id| json!({ "file_id": id, "is_empty": false, "quip_thread_id": id }));
    let properties = canvas.map_or_else(|| json!({}), |canvas| json!({ "canvas": canvas }));
    json!({
        "id": channel.id, "name": channel.name, "name_normalized": channel.name, "is_channel": !private,
        "is_group": private, "is_im": false, "is_mpim": false, "is_private": private, "created": channel.created,
        "creator": channel.creator, "is_archived": channel.is_archived, "is_general": channel.name == "general",
        "unlinked": 0, "is_shared": false, "is_ext_shared": false, "is_org_shared": false, "pending_shared": [],
        "is_pending_ext_shared": false, "is_member": member, "context_team_id": state.team_id,
        "updated": channel.created * 1000, "topic": noted(&channel.topic), "purpose": noted(&channel.purpose),
        "previous_names": channel.previous_names, "parent_conversation": null, "num_members": channel.members.len(),
        "last_read": "0000000000.000000", "priority": 0, "properties": properties,
    })
}

/// The bot behind the app's messages.
pub(crate) fn bot_profile(state: &State) -> Value {
    let name = state.users.get(&state.bot_user).map_or("", |bot| bot.real_name.as_str());
    json!({
        "id": state.bot_id, "app_id": state.app_id, "user_id": state.bot_user, "name": name, "icons": {},
        "deleted": false, "updated": 1_600_000_000, "team_id": state.team_id,
    })
}

/// A message object.
pub(crate) fn message(state: &State, channel: &Channel, message: &Message) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    put("type", json!("message"));
    put("user", json!(message.user));
    put("text", json!(message.text));
    put("ts", json!(message.ts));
    put("team", json!(state.team_id));
    if let Some(subtype) = &message.subtype {
        put("subtype", json!(subtype));
    }
    if let Some(bot) = &message.bot_id {
        put("bot_id", json!(bot));
        put("app_id", json!(state.app_id));
        put("bot_profile", bot_profile(state));
    }
    if !message.blocks.is_empty() {
        put("blocks", json!(message.blocks));
    }
    if !message.attachments.is_empty() {
        put("attachments", json!(message.attachments));
    }
    if let Some(name) = &message.username {
        put("username", json!(name));
    }
    if let Some(icon) = &message.icon_emoji {
        put("icons", json!({ "emoji": icon }));
    }
    if let Some(metadata) = &message.metadata {
        put("metadata", metadata.clone());
    }
    if let Some(edited) = &message.edited {
        put("edited", json!(edited));
    }
    if let Some(parent) = &message.thread_ts {
        put("thread_ts", json!(parent));
        if *parent == message.ts {
            let mut users: Vec<&str> = Vec::new();
            for reply in channel.replies(parent) {
                if !users.contains(&reply.user.as_str()) {
                    users.push(&reply.user);
                }
            }
            put("reply_count", json!(message.reply_count));
            put("reply_users_count", json!(users.len()));
            put("latest_reply", json!(message.latest_reply));
            put("reply_users", json!(users));
            put("is_locked", json!(false));
            put("subscribed", json!(false));
        } else {
            put("parent_user_id", json!(channel.message(parent).map(|head| &head.user)));
        }
    }
    if !message.reactions.is_empty() {
        put("reactions", reactions(message));
    }
    if channel.pinned(&message.ts) {
        put("pinned_to", json!([channel.id]));
    }
    Value::Object(fields)
}

/// The reactions of a message, with counts.
pub(crate) fn reactions(message: &Message) -> Value {
    message
        .reactions
        .iter()
        .map(|reaction| json!({ "name": reaction.name, "users": reaction.users, "count": reaction.users.len() }))
        .collect()
}

/// Where a message is read in a browser.
pub(crate) fn permalink(state: &State, channel: &str, ts: &str, thread: Option<&str>) -> String {
    let link = format!("https://{}.slack.com/archives/{channel}/p{}", state.team_domain, ts.replace('.', ""));
    match thread {
        Some(parent) if parent != ts => format!("{link}?thread_ts={parent}&cid={channel}"),
        Some(_) | None => link,
    }
}

/// A bookmark object.
pub(crate) fn bookmark(state: &State, channel: &str, bookmark: &Bookmark) -> Value {
    json!({
        "id": bookmark.id, "channel_id": channel, "title": bookmark.title, "link": bookmark.link,
        "emoji": bookmark.emoji, "icon_url": null, "type": "link", "entity_id": null,
        "date_created": bookmark.created, "date_updated": bookmark.updated, "rank": "i",
        "last_updated_by_user_id": state.bot_user, "last_updated_by_team_id": state.team_id, "shortcut_id": null,
        "app_id": state.app_id,
    })
}

/// A user group object.
pub(crate) fn user_group(state: &State, group: &UserGroup) -> Value {
    json!({
        "id": group.id, "team_id": state.team_id, "is_usergroup": true, "is_subteam": true, "name": group.name,
        "description": "", "handle": group.handle, "is_external": false, "date_create": group.updated,
        "date_update": group.updated, "date_delete": 0, "auto_type": null, "auto_provision": false,
        "enterprise_subteam_id": "", "created_by": state.bot_user, "updated_by": state.bot_user, "deleted_by": null,
        "prefs": { "channels": [], "groups": [] }, "user_count": group.users.len(),
    })
}

/// The app's team and the two names people have in interaction payloads.
pub(crate) fn team(state: &State) -> Value {
    json!({ "id": state.team_id, "domain": state.team_domain })
}

/// The short user object of interaction payloads.
pub(crate) fn interaction_user(state: &State, id: &str) -> Value {
    let user = state.users.get(id);
    let team = match user.map(|user| &user.kind) {
        Some(UserKind::External { team }) => team.as_str(),
        _ => state.team_id.as_str(),
    };
    let name = user.map_or("", |user| user.name.as_str());
    json!({ "id": id, "username": name, "name": name, "team_id": team })
}
