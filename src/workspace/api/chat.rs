//! `chat.*`: posting, changing and deleting messages.

use serde_json::{Value, json};

use super::super::args::Args;
use super::super::blocks::{self, Surface};
use super::super::change::{Change, SeenMessage};
use super::super::model::{Edited, Ephemeral, Message};
use super::super::refusal::Refusal;
use super::super::shapes;
use super::super::state::State;
use super::Call;

/// Where `chat.postMessage` cuts a text.
const LONGEST_POST: usize = 40_000;
/// What `chat.update` takes.
const LONGEST_UPDATE: usize = 4_000;
/// Attachments on one message.
const MOST_ATTACHMENTS: usize = 100;

/// What a message says, as an app gives it to several methods and to response URLs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) blocks: Option<Vec<Value>>,
    pub(crate) attachments: Option<Vec<Value>>,
    metadata: Option<Value>,
}

fn array(args: &Args, name: &str, otherwise: &'static str) -> Result<Option<Vec<Value>>, Refusal> {
    match args.json(name) {
        Ok(None) => Ok(None),
        Ok(Some(Value::Array(items))) => Ok(Some(items)),
        Ok(Some(_)) | Err(_) => Err(otherwise.into()),
    }
}

impl Content {
    /// Reads text, blocks, attachments and metadata; refuses what Slack refuses.
    pub(crate) fn read(args: &Args) -> Result<Self, Refusal> {
        let mut content = Self {
            text: args.text("text").unwrap_or_default(),
            blocks: array(args, "blocks", "invalid_blocks_format")?,
            attachments: array(args, "attachments", "invalid_attachments")?,
            metadata: None,
        };
        if let Some(markdown) = args.text("markdown_text") {
            if !content.text.is_empty() || content.blocks.is_some() {
                return Err("markdown_text_conflict".into());
            }
            content.blocks = Some(vec![json!({ "type": "markdown", "text": markdown })]);
        }
        content.metadata = args.json("metadata").map_err(|_| "invalid_metadata_format")?;
        let metadata_is_whole =
            |given: &Value| given["event_type"].is_string() && given["event_payload"].is_object();
        if content.metadata.as_ref().is_some_and(|given| !metadata_is_whole(given)) {
            return Err("invalid_metadata_format".into());
        }
        let findings =
            blocks::check(content.blocks.as_deref().unwrap_or_default(), Surface::Message, "/blocks");
        if !findings.messages.is_empty() {
            return Err(Refusal::explained("invalid_blocks", findings.messages).with("errors", json!([])));
        }
        if content.attachments.as_ref().is_some_and(|items| items.len() > MOST_ATTACHMENTS) {
            return Err("too_many_attachments".into());
        }
        if content.says_nothing() {
            return Err("no_text".into());
        }
        Ok(content)
    }

    fn says_nothing(&self) -> bool {
        let empty = |items: &Option<Vec<Value>>| items.as_ref().is_none_or(Vec::is_empty);
        self.text.trim().is_empty() && empty(&self.blocks) && empty(&self.attachments)
    }

    /// The app's message that says this; its `ts` is still empty.
    pub(crate) fn into_message(self, state: &mut State) -> Message {
        let mut blocks = self.blocks.unwrap_or_default();
        blocks::fill_ids(&mut blocks, || state.ids.make(""));
        Message {
            user: state.bot_user.clone(),
            bot_id: Some(state.bot_id.clone()),
            text: self.text,
            blocks,
            attachments: self.attachments.unwrap_or_default(),
            metadata: self.metadata,
            ..Message::default()
        }
    }
}

/// Refuses a reply to what cannot be replied to.
fn check_thread(state: &State, channel: &str, thread: Option<&str>) -> Result<(), Refusal> {
    let Some(thread) = thread else { return Ok(()) };
    let parent = state.channel(channel).and_then(|room| room.message(thread));
    let is_head = parent.is_some_and(|parent| {
        !parent.is_gone() && parent.thread_ts.as_deref().is_none_or(|head| head == thread)
    });
    if is_head { Ok(()) } else { Err("cannot_reply_to_message".into()) }
}

/// `chat.postMessage`
pub(crate) fn post_message(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let word = call.args.need("channel")?;
    let id = match call.state.find_channel(&word) {
        Some(room) => room.id.clone(),
        None if call
            .state
            .users
            .get(&word)
            .is_some_and(|user| !user.deleted && user.id != call.state.bot_user) =>
        {
            call.state.direct_with(&word, call.now)
        }
        None => return Err("channel_not_found".into()),
    };
    let room = call.state.channel(&id).ok_or("channel_not_found")?;
    if room.is_archived {
        return Err("is_archived".into());
    }
    if !room.members.contains(&call.state.bot_user) && !call.state.granted.contains("chat:write.public") {
        return Err("not_in_channel".into());
    }
    let content = Content::read(call.args).map_err(|refusal| match refusal.code {
        "invalid_attachments" => Refusal::from("invalid_arguments"),
        _ => refusal,
    })?;
    let thread = call.args.text("thread_ts");
    check_thread(call.state, &id, thread.as_deref())?;
    let mut message = content.into_message(call.state);
    if message.text.chars().count() > LONGEST_POST {
        message.text = message.text.chars().take(LONGEST_POST).collect();
    }
    if thread.is_some() && call.args.flag("reply_broadcast") {
        message.subtype = Some("thread_broadcast".to_owned());
    }
    message.thread_ts = thread;
    if call.state.granted.contains("chat:write.customize") {
        message.username = call.args.text("username");
        message.icon_emoji = call.args.text("icon_emoji");
    }
    let ts = call.state.post(&id, message, call.now);
    let shown = shown(call.state, &id, &ts);
    Ok(json!({ "channel": id, "ts": ts, "message": shown }))
}

fn shown(state: &State, channel: &str, ts: &str) -> Option<Value> {
    let room = state.channel(channel)?;
    room.message(ts).map(|message| shapes::message(state, room, message))
}

/// Gives one of the app's messages other words; everybody hears of it. What is absent: new text alone wipes blocks, blocks
/// alone keep the text.
pub(crate) fn rewrite(call: &mut Call<'_>, channel: &str, ts: &str, content: Content) -> Result<(), Refusal> {
    let new = content.clone().into_message(call.state);
    let (bot, edited_at) = (call.state.bot_user.clone(), call.state.next_ts(call.now));
    let message = call.channel_mut(channel)?.message_mut(ts).ok_or("message_not_found")?;
    let before = message.clone();
    if !new.text.is_empty() {
        message.text = new.text;
    }
    if content.blocks.is_some() || !content.text.is_empty() {
        message.blocks = new.blocks;
    }
    if content.attachments.is_some() {
        message.attachments = new.attachments;
    }
    if content.metadata.is_some() {
        message.metadata = new.metadata;
    }
    message.edited = Some(Edited { user: bot, ts: edited_at });
    call.state.message_changed(channel, ts);
    call.state.message_edited(channel, &before, call.now);
    Ok(())
}

/// `chat.update`
pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let ts = call.args.need("ts")?;
    if room.is_archived {
        return Err("is_inactive".into());
    }
    let message = room.message(&ts).filter(|message| !message.is_gone()).ok_or("message_not_found")?;
    if message.bot_id.as_ref() != Some(&call.state.bot_id) {
        return Err("cant_update_message".into());
    }
    let channel = room.id.clone();
    let content = Content::read(call.args)?;
    if content.text.chars().count() > LONGEST_UPDATE {
        return Err("msg_too_long".into());
    }
    rewrite(call, &channel, &ts, content)?;
    let shown = shown(call.state, &channel, &ts);
    let text = shown.as_ref().map(|message| message["text"].clone());
    Ok(json!({ "channel": channel, "ts": ts, "text": text, "message": shown }))
}

/// `chat.delete`
pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let ts = call.args.need("ts")?;
    let message = room.message(&ts).filter(|message| !message.is_gone()).ok_or("message_not_found")?;
    if message.bot_id.as_ref() != Some(&call.state.bot_id) {
        return Err("cant_delete_message".into());
    }
    let channel = room.id.clone();
    call.state.delete(&channel, &ts, call.now).ok_or("message_not_found")?;
    Ok(json!({ "channel": channel, "ts": ts }))
}

/// Shows somebody a message nobody else sees; its `ts`.
pub(crate) fn show_to(
    call: &mut Call<'_>,
    channel: &str,
    user: &str,
    mut message: Message,
) -> Result<String, Refusal> {
    let ts = call.state.next_ts(call.now);
    message.ts.clone_from(&ts);
    let seen = SeenMessage::of(&message, false, true);
    let ephemeral = Ephemeral { to: user.to_owned(), message };
    call.channel_mut(channel)?.ephemerals.insert(ts.clone(), ephemeral);
    call.state.change(Change::Ephemeral {
        channel: channel.to_owned(),
        message: seen,
        only: user.to_owned(),
    });
    Ok(ts)
}

/// `chat.postEphemeral`
pub(crate) fn post_ephemeral(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let user = call.args.need("user")?;
    if room.is_archived {
        return Err("is_archived".into());
    }
    if !room.members.contains(&call.state.bot_user) {
        return Err("not_in_channel".into());
    }
    if !room.members.contains(&user) {
        return Err("user_not_in_channel".into());
    }
    let channel = room.id.clone();
    let content = Content::read(call.args).map_err(|refusal| match refusal.code {
        "invalid_metadata_format" | "too_many_attachments" => Refusal::from("invalid_arguments"),
        _ => refusal,
    })?;
    if content.text.chars().count() > LONGEST_POST {
        return Err("msg_too_long".into());
    }
    let thread = call.args.text("thread_ts");
    check_thread(call.state, &channel, thread.as_deref())?;
    let mut message = content.into_message(call.state);
    message.thread_ts = thread;
    let ts = show_to(call, &channel, &user, message)?;
    Ok(json!({ "message_ts": ts }))
}

/// `chat.getPermalink`
pub(crate) fn get_permalink(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel")?;
    let ts = call.args.need("message_ts")?;
    let message = room.message(&ts).ok_or("message_not_found")?;
    let link = shapes::permalink(call.state, &room.id, &ts, message.thread_ts.as_deref());
    Ok(json!({ "channel": room.id, "permalink": link }))
}
