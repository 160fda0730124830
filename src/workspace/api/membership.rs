//! `conversations.*`: who is in.

use serde_json::{Value, json};

use super::super::model::{ChannelKind, UserKind};
use super::super::refusal::Refusal;
use super::super::shapes;
use super::super::state::State;
use super::Call;

/// People in one invitation.
const MOST_INVITED: usize = 100;

/// Why somebody cannot be invited.
fn obstacle(state: &State, channel: &str, user: &str) -> Option<&'static str> {
    if user == state.bot_user {
        return Some("cant_invite_self");
    }
    let Some(found) = state.users.get(user) else { return Some("user_not_found") };
    if state.channel(channel).is_some_and(|room| room.members.contains(user)) {
        return Some("already_in_channel");
    }
    match found.kind {
        _ if found.deleted => Some("cant_invite"),
        UserKind::External { .. } => Some("cant_invite"),
        UserKind::UltraRestricted => {
            let elsewhere =
                |room: &super::super::channel::Channel| !room.is_direct() && room.members.contains(user);
            state.channels.values().any(elsewhere).then_some("ura_max_channels")
        }
        UserKind::Member | UserKind::Guest | UserKind::Bot => None,
    }
}

/// `conversations.invite`: all or nobody, unless forced.
pub(crate) fn invite(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let channel = call.own_channel("channel")?.id.clone();
    let users = call.args.list("users");
    if users.is_empty() {
        return Err("no_user".into());
    }
    if users.len() > MOST_INVITED {
        return Err(Refusal::explained(
            "invalid_arguments",
            vec![format!("[ERROR] no more than {MOST_INVITED} items allowed [json-pointer:/users]")],
        ));
    }
    let refused: Vec<(&String, &'static str)> =
        users.iter().filter_map(|user| obstacle(call.state, &channel, user).map(|why| (user, why))).collect();
    let errors: Value =
        refused.iter().map(|(user, why)| json!({ "user": user, "ok": false, "error": why })).collect();
    let force = call.args.flag("force");
    if let Some((_, why)) = refused.first().copied()
        && (!force || refused.len() == users.len())
    {
        return Err(Refusal::from(why).with("errors", errors));
    }
    let bot = call.state.bot_user.clone();
    let welcome: Vec<&String> =
        users.iter().filter(|user| refused.iter().all(|(who, _)| who != user)).collect();
    for user in welcome {
        call.state.join(&channel, user, Some(&bot), call.now);
    }
    let room = call.state.channel(&channel).ok_or("channel_not_found")?;
    let mut body = json!({ "channel": shapes::channel(call.state, room) });
    if !refused.is_empty() {
        body["errors"] = errors;
    }
    Ok(body)
}

/// `conversations.join`
pub(crate) fn join(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    if room.kind != ChannelKind::Public {
        return Err("method_not_supported_for_channel_type".into());
    }
    if room.is_archived {
        return Err("is_archived".into());
    }
    let (id, bot) = (room.id.clone(), call.state.bot_user.clone());
    let joined = call.state.join(&id, &bot, None, call.now);
    let room = call.state.channel(&id).ok_or("channel_not_found")?;
    let mut body = json!({ "channel": shapes::channel(call.state, room) });
    if !joined {
        body["warning"] = json!("already_in_channel");
        body["response_metadata"] = json!({ "warnings": ["already_in_channel"] });
    }
    Ok(body)
}

/// `conversations.kick`
pub(crate) fn kick(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let user = call.args.need("user")?;
    if room.is_direct() {
        return Err("method_not_supported_for_channel_type".into());
    }
    if user == call.state.bot_user {
        return Err("cant_kick_self".into());
    }
    if room.name == "general" {
        return Err("cant_kick_from_general".into());
    }
    if !call.state.users.contains_key(&user) {
        return Err("user_not_found".into());
    }
    if !room.members.contains(&user) || !room.members.contains(&call.state.bot_user) {
        return Err("not_in_channel".into());
    }
    let id = room.id.clone();
    call.state.part(&id, &user, call.now);
    Ok(json!({ "errors": {} }))
}

/// `conversations.leave`
pub(crate) fn leave(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    if room.is_direct() {
        return Err("method_not_supported_for_channel_type".into());
    }
    if room.is_archived {
        return Err("is_archived".into());
    }
    if room.name == "general" {
        return Err("cant_leave_general".into());
    }
    let (id, bot) = (room.id.clone(), call.state.bot_user.clone());
    if call.state.part(&id, &bot, call.now) { Ok(json!({})) } else { Ok(json!({ "not_in_channel": true })) }
}
