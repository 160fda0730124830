//! `conversations.*`: making, naming, archiving and opening.

use serde_json::{Value, json};

use super::super::channel::{Channel, Noted};
use super::super::config::UnarchiveByBots;
use super::super::model::ChannelKind;
use super::super::refusal::Refusal;
use super::super::shapes;
use super::{Call, Sort};

/// A channel's name, in characters.
const LONGEST_NAME: usize = 80;
/// A topic or purpose, in characters.
const LONGEST_LINE: usize = 250;

/// Whether Slack takes this name.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    let ok = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-' || c == '_';
    if name.is_empty() {
        Err("invalid_name_required")
    } else if name.chars().count() > LONGEST_NAME {
        Err("invalid_name_maxlength")
    } else if !name.chars().all(ok) {
        Err("invalid_name_specials")
    } else if !name.chars().any(char::is_alphanumeric) {
        Err("invalid_name_punctuation")
    } else {
        Ok(())
    }
}

/// The channel object of an answer.
fn answer(call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let room = call.state.channel(id).ok_or("channel_not_found")?;
    Ok(json!({ "channel": shapes::channel(call.state, room) }))
}

/// `conversations.create`
pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let (kind, sort, prefix) = if call.args.flag("is_private") {
        (ChannelKind::Private, Sort::Private, "C")
    } else {
        (ChannelKind::Public, Sort::Public, "C")
    };
    call.allow(sort)?;
    let name = call.args.need("name")?;
    check_name(&name)?;
    if call.state.names.contains_key(&name) {
        return Err("name_taken".into());
    }
    let id = call.state.ids.make(prefix);
    let bot = call.state.bot_user.clone();
    call.state.create_channel(id.clone(), &name, kind, &bot, call.now);
    if sort == Sort::Public {
        let ts = call.state.next_ts(call.now);
        let channel = json!({
            "id": id, "is_channel": true, "name": name, "name_normalized": name, "created": call.now.timestamp(),
            "creator": bot, "is_shared": false, "is_org_shared": false, "context_team_id": call.state.team_id,
        });
        call.state.event(
            "channel_created",
            json!({ "type": "channel_created", "channel": channel, "event_ts": ts }),
        );
    }
    answer(call, &id)
}

/// A channel that is no direct message.
fn real_channel<'a>(call: &'a Call<'_>) -> Result<&'a Channel, Refusal> {
    let room = call.channel("channel")?;
    if room.is_direct() { Err("method_not_supported_for_channel_type".into()) } else { Ok(room) }
}

/// `conversations.archive`: a public channel loses its members, a private one keeps them.
pub(crate) fn archive(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = real_channel(call)?;
    if room.is_archived {
        return Err("already_archived".into());
    }
    if room.name == "general" {
        return Err("cant_archive_general".into());
    }
    if !room.members.contains(&call.state.bot_user) {
        return Err("not_in_channel".into());
    }
    let (id, bot) = (room.id.clone(), call.state.bot_user.clone());
    call.state.archive(&id, &bot, call.now);
    Ok(json!({}))
}

/// `conversations.unarchive`. Slack documents it for bot tokens and refuses them.
pub(crate) fn unarchive(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = real_channel(call)?;
    if !room.is_archived {
        return Err("not_archived".into());
    }
    if call.state.unarchive_by_bots == UnarchiveByBots::Refused {
        return Err("not_allowed_token_type".into());
    }
    let (id, bot) = (room.id.clone(), call.state.bot_user.clone());
    call.state.unarchive(&id, &bot, call.now);
    Ok(json!({}))
}

/// `conversations.rename`
pub(crate) fn rename(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.own_channel("channel")?;
    let (id, old) = (room.id.clone(), room.name.clone());
    let name = call.args.need("name")?;
    check_name(&name)?;
    if name == old {
        return answer(call, &id);
    }
    if call.state.names.contains_key(&name) {
        return Err("name_taken".into());
    }
    let bot = call.state.bot_user.clone();
    call.state.rename(&id, &name, &bot, call.now);
    answer(call, &id)
}

/// The two lines of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Topic,
    Purpose,
}

fn set_line(call: &mut Call<'_>, which: Line) -> Result<Value, Refusal> {
    let (argument, subtype) = match which {
        Line::Topic => ("topic", "channel_topic"),
        Line::Purpose => ("purpose", "channel_purpose"),
    };
    let id = call.own_channel("channel")?.id.clone();
    let text = call.args.text(argument).unwrap_or_default();
    if text.chars().count() > LONGEST_LINE {
        return Err("too_long".into());
    }
    let (bot, now) = (call.state.bot_user.clone(), call.now);
    let room = call.channel_mut(&id)?;
    let line = match which {
        Line::Topic => &mut room.topic,
        Line::Purpose => &mut room.purpose,
    };
    if line.value != text {
        *line = Noted { value: text.clone(), creator: bot.clone(), last_set: now.timestamp() };
        let said = format!("<@{bot}> set the channel {argument}: {text}");
        call.state.post_line(&id, &bot, subtype, said, now);
        call.state.channel_changed(&id);
    }
    answer(call, &id)
}

/// `conversations.setTopic`
pub(crate) fn set_topic(call: &mut Call<'_>) -> Result<Value, Refusal> {
    set_line(call, Line::Topic)
}

/// `conversations.setPurpose`
pub(crate) fn set_purpose(call: &mut Call<'_>) -> Result<Value, Refusal> {
    set_line(call, Line::Purpose)
}

/// `conversations.open`: direct messages with one person. Group messages are refused: the app needs none.
pub(crate) fn open(call: &mut Call<'_>) -> Result<Value, Refusal> {
    call.allow(Sort::Direct)?;
    if call.args.text("channel").is_some() {
        let room = call.channel("channel")?;
        if !room.is_direct() {
            return Err("method_not_supported_for_channel_type".into());
        }
        return Ok(
            json!({ "no_op": true, "already_open": true, "channel": shapes::channel(call.state, room) }),
        );
    }
    let users = call.args.list("users");
    let user = match users.as_slice() {
        [] => return Err("users_list_not_supplied".into()),
        [user] => user,
        [..] => return Err("invalid_user_combination".into()),
    };
    let found = call.state.users.get(user).ok_or("user_not_found")?;
    if found.deleted {
        return Err("user_disabled".into());
    }
    if found.id == call.state.bot_user {
        return Err("invalid_user_combination".into());
    }
    let was_open = call.state.direct(user).is_some();
    let id = call.state.direct_with(user, call.now);
    let mut body =
        if call.args.flag("return_im") { answer(call, &id)? } else { json!({ "channel": { "id": id } }) };
    if was_open {
        body["no_op"] = json!(true);
        body["already_open"] = json!(true);
    }
    Ok(body)
}

/// `conversations.close`: direct messages stay readable, so there is nothing to do.
pub(crate) fn close(call: &mut Call<'_>) -> Result<Value, Refusal> {
    if call.channel("channel")?.is_direct() {
        Ok(json!({}))
    } else {
        Err("method_not_supported_for_channel_type".into())
    }
}
