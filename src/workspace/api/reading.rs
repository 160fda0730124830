//! `conversations.*`: lists, members and messages, page by page.

use std::ops::Bound;

use serde_json::{Value, json};

use super::super::channel::Channel;
use super::super::model::Message;
use super::super::refusal::Refusal;
use super::super::shapes;
use super::{Call, Sort, cursor, cursor_key, is_ts, page};

/// A page when no limit is given, and the most a page holds.
const PAGE: usize = 100;
const MOST: usize = 1000;

/// `conversations.info`
pub(crate) fn info(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let mut channel = shapes::channel(call.state, room);
    if !call.args.flag("include_num_members")
        && let Some(fields) = channel.as_object_mut()
    {
        fields.remove("num_members");
    }
    Ok(json!({ "channel": channel }))
}

/// The sorts of conversation that `types` asks for; each needs its scope.
fn sorts(call: &Call<'_>) -> Result<Vec<Sort>, Refusal> {
    let types = call.args.text("types").unwrap_or_else(|| "public_channel".to_owned());
    let mut sorts = Vec::new();
    for word in types.split(',').map(str::trim) {
        let sort = match word {
            "public_channel" => Sort::Public,
            "private_channel" => Sort::Private,
            "im" => Sort::Direct,
            // There are no group messages here.
            "mpim" => continue,
            _ => return Err("invalid_types".into()),
        };
        call.allow(sort)?;
        sorts.push(sort);
    }
    Ok(sorts)
}

fn conversations(call: &Call<'_>, is_listed: impl Fn(&Channel) -> bool) -> Result<Value, Refusal> {
    let sorts = sorts(call)?;
    let limit = call.args.limit(PAGE, MOST)?;
    let skip_archived = call.args.flag("exclude_archived");
    let start = cursor_key(call.args)?.map_or(Bound::Unbounded, Bound::Included);
    let listed = call
        .state
        .channels
        .range((start, Bound::Unbounded))
        .map(|(_, room)| room)
        .filter(|room| sorts.contains(&Sort::from(&room.kind)))
        .filter(|room| !(skip_archived && room.is_archived))
        .filter(|room| is_listed(room));
    let (rooms, metadata) = page(listed, limit, |room| room.id.clone());
    let channels: Vec<Value> = rooms.into_iter().map(|room| shapes::channel(call.state, room)).collect();
    Ok(json!({ "channels": channels, "response_metadata": metadata }))
}

/// `conversations.list`
pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    conversations(call, |room| room.is_visible_to(&call.state.bot_user))
}

/// `users.conversations`
pub(crate) fn users_conversations(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let bot = &call.state.bot_user;
    let user = call.args.text("user").unwrap_or_else(|| bot.clone());
    conversations(call, |room| room.is_visible_to(bot) && room.members.contains(&user))
}

/// `conversations.members`
pub(crate) fn members(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let limit = call.args.limit(PAGE, MOST)?;
    let start = cursor_key(call.args)?.map_or(Bound::Unbounded, Bound::Included);
    let (members, metadata) =
        page(room.members.range((start, Bound::Unbounded)), limit, |member| (*member).clone());
    Ok(json!({ "members": members, "response_metadata": metadata }))
}

/// The span of messages a call asks for.
struct Span {
    oldest: String,
    latest: Option<String>,
    inclusive: bool,
}

fn span(call: &Call<'_>) -> Result<Span, Refusal> {
    let ts = |name: &str, error: &'static str| match call.args.text(name) {
        None => Ok(None),
        Some(text) if text == "0" || text == "now" => Ok(None),
        // Whole seconds are fine as well.
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(format!("{text}.000000"))),
        Some(text) if is_ts(&text) => Ok(Some(text)),
        Some(_) => Err(Refusal::from(error)),
    };
    Ok(Span {
        oldest: ts("oldest", "invalid_ts_oldest")?.unwrap_or_default(),
        latest: ts("latest", "invalid_ts_latest")?,
        inclusive: call.args.flag("inclusive"),
    })
}

impl Span {
    fn holds(&self, ts: &str) -> bool {
        let after = ts > self.oldest.as_str() || (self.inclusive && ts == self.oldest);
        let before =
            self.latest.as_deref().is_none_or(|latest| ts < latest || (self.inclusive && ts == latest));
        after && before
    }
}

/// A message as it is read; what an app attached for itself only when that is asked for.
fn told(call: &Call<'_>, room: &Channel, message: &Message) -> Value {
    let mut told = shapes::message(call.state, room, message);
    if let Some(fields) = told.as_object_mut().filter(|_| !call.args.flag("include_all_metadata")) {
        fields.remove("metadata");
    }
    told
}

/// `conversations.history`: newest first.
pub(crate) fn history(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    if !room.members.contains(&call.state.bot_user) {
        return Err("not_in_channel".into());
    }
    let span = span(call)?;
    let limit = call.args.limit(PAGE, 999)?;
    let from = cursor_key(call.args)?;
    // A little wider than asked for, since both ends of a range are exclusive; the span decides.
    let latest = from.clone().or_else(|| span.latest.clone()).map(|ts| ts + "~");
    let mut found = room.between("", latest.as_deref()).rev().filter(|message| span.holds(&message.ts));
    let messages: Vec<Value> = found.by_ref().take(limit).map(|message| told(call, room, message)).collect();
    let next = found.next().map(|message| cursor(&message.ts));
    let mut body = json!({
        "messages": messages, "has_more": next.is_some(), "pin_count": room.pins.len(), "channel_actions_ts": null,
        "channel_actions_count": 0,
    });
    if let Some(next) = next {
        body["response_metadata"] = json!({ "next_cursor": next });
    }
    Ok(body)
}

/// `conversations.replies`: the parent, then its replies, oldest first. A page that is not the first has the parent as well.
pub(crate) fn replies(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let ts = call.args.need("ts")?;
    let asked = room.message(&ts).ok_or("thread_not_found")?;
    let head_ts = asked.thread_ts.as_deref().unwrap_or(&ts);
    let head = room.message(head_ts).ok_or("thread_not_found")?;
    let span = span(call)?;
    let limit = call.args.limit(PAGE, MOST)?;
    let from = cursor_key(call.args)?.unwrap_or_default();
    let mut rest = room.replies(head_ts).filter(|reply| reply.ts >= from && span.holds(&reply.ts));
    let replies: Vec<_> = rest.by_ref().take(limit).collect();
    let next = rest.next().map(|reply| cursor(&reply.ts));
    let messages: Vec<Value> =
        std::iter::once(head).chain(replies).map(|message| told(call, room, message)).collect();
    let mut body = json!({ "messages": messages, "has_more": next.is_some() });
    if let Some(next) = next {
        body["response_metadata"] = json!({ "next_cursor": next });
    }
    Ok(body)
}
