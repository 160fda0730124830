//! `pins.*`

use serde_json::{Value, json};

use super::super::model::Pin;
use super::super::refusal::Refusal;
use super::super::shapes;
use super::super::state::State;
use super::Call;

/// Pins in one channel.
const MOST_PINS: usize = 100;

/// Pins or unpins for `user`; everybody hears of it.
pub(crate) fn set(
    state: &mut State,
    channel: &str,
    ts: &str,
    user: &str,
    on: Pinned,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), Refusal> {
    let room = state.channels.get_mut(channel).ok_or("channel_not_found")?;
    let subscription = match on {
        Pinned::Yes if room.pinned(ts) => return Err("already_pinned".into()),
        Pinned::Yes if room.pins.len() >= MOST_PINS => return Err("too_many_pins".into()),
        Pinned::Yes => {
            room.pins.push(Pin { ts: ts.to_owned(), by: user.to_owned(), at: now.timestamp() });
            "pin_added"
        }
        Pinned::No if !room.pinned(ts) => return Err("no_pin".into()),
        Pinned::No => {
            room.pins.retain(|pin| pin.ts != ts);
            "pin_removed"
        }
    };
    state.message_changed(channel, ts);
    state.channel_changed(channel);
    let event_ts = state.next_ts(now);
    let Some(room) = state.channel(channel).filter(|room| room.members.contains(&state.bot_user)) else {
        return Ok(());
    };
    let Some(message) = room.message(ts) else { return Ok(()) };
    let mut shown = shapes::message(state, room, message);
    shown["permalink"] = json!(shapes::permalink(state, channel, ts, message.thread_ts.as_deref()));
    let event = json!({
        "type": subscription, "user": user, "channel_id": channel, "item_user": message.user,
        "item": { "type": "message", "created": now.timestamp(), "created_by": user, "channel": channel, "message": shown },
        "pin_count": room.pins.len(), "has_pins": !room.pins.is_empty(),
        "pinned_info": { "channel": channel, "pinned_by": user, "pinned_ts": now.timestamp() }, "event_ts": event_ts,
    });
    state.event(subscription, event);
    Ok(())
}

/// Whether a message is to be pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pinned {
    Yes,
    No,
}

fn change(call: &mut Call<'_>, on: Pinned) -> Result<Value, Refusal> {
    let (channel, ts) = call.item("channel", "timestamp")?;
    let bot = call.state.bot_user.clone();
    if on == Pinned::Yes && !call.state.app_is_in(&channel) {
        return Err("not_in_channel".into());
    }
    set(call.state, &channel, &ts, &bot, on, call.now)?;
    Ok(json!({}))
}

/// `pins.add`
pub(crate) fn add(call: &mut Call<'_>) -> Result<Value, Refusal> {
    change(call, Pinned::Yes)
}

/// `pins.remove`
pub(crate) fn remove(call: &mut Call<'_>) -> Result<Value, Refusal> {
    change(call, Pinned::No)
}

/// `pins.list`: the newest pin first.
pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let item = |pin: &Pin| {
        let message = room.message(&pin.ts)?;
        let mut shown = shapes::message(call.state, room, message);
        shown["permalink"] =
            json!(shapes::permalink(call.state, &room.id, &pin.ts, message.thread_ts.as_deref()));
        Some(json!({
            "type": "message", "channel": room.id, "created": pin.at, "created_by": pin.by, "message": shown,
        }))
    };
    let items: Vec<Value> = room.pins.iter().rev().filter_map(item).collect();
    Ok(json!({ "items": items }))
}
