//! `reactions.*`

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::shapes;
use super::super::state::State;
use super::Call;

/// Distinct emoji under one message.
const MOST_EMOJI: usize = 50;

/// Whether somebody's emoji is to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reacted {
    Yes,
    No,
}

/// Adds or takes away somebody's emoji; everybody hears of it.
pub(crate) fn set(
    state: &mut State,
    channel: &str,
    ts: &str,
    name: &str,
    user: &str,
    on: Reacted,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let in_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_+-':".contains(c);
    if name.is_empty() || !name.chars().all(in_name) {
        return Err("invalid_name".into());
    }
    let room = state.channels.get_mut(channel).ok_or("channel_not_found")?;
    let message = room.message_mut(ts).ok_or("message_not_found")?;
    let author = message.user.clone();
    let event = match on {
        Reacted::Yes => {
            let is_new = message.reactions.iter().all(|reaction| reaction.name != name);
            if is_new && message.reactions.len() >= MOST_EMOJI {
                return Err("too_many_emoji".into());
            }
            if !message.react(name, user) {
                return Err("already_reacted".into());
            }
            "reaction_added"
        }
        Reacted::No if message.unreact(name, user) => "reaction_removed",
        Reacted::No => return Err("no_reaction".into()),
    };
    state.message_changed(channel, ts);
    if state.app_is_in(channel) {
        let event_ts = state.next_ts(now);
        let body = json!({
            "type": event, "user": user, "reaction": name, "item_user": author,
            "item": { "type": "message", "channel": channel, "ts": ts }, "event_ts": event_ts,
        });
        state.event(event, body);
    }
    Ok(())
}

/// `reactions.add`
pub(crate) fn add(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let (channel, ts) = call.item("channel", "timestamp")?;
    if call.state.channel(&channel).is_some_and(|room| room.is_archived) {
        return Err("is_archived".into());
    }
    let (name, bot) = (call.args.need("name")?, call.state.bot_user.clone());
    set(call.state, &channel, &ts, &name, &bot, Reacted::Yes, call.now)?;
    Ok(json!({}))
}

/// `reactions.remove`
pub(crate) fn remove(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let (channel, ts) = call.item("channel", "timestamp")?;
    let (name, bot) = (call.args.need("name")?, call.state.bot_user.clone());
    set(call.state, &channel, &ts, &name, &bot, Reacted::No, call.now)?;
    Ok(json!({}))
}

/// `reactions.get`
pub(crate) fn get(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let (channel, ts) = call.item("channel", "timestamp")?;
    let room = call.state.channel(&channel).ok_or("channel_not_found")?;
    let message = room.message(&ts).ok_or("message_not_found")?;
    let mut shown = shapes::message(call.state, room, message);
    shown["permalink"] = json!(shapes::permalink(call.state, &channel, &ts, message.thread_ts.as_deref()));
    Ok(json!({ "type": "message", "channel": channel, "message": shown }))
}
