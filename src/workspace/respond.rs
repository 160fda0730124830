//! Posts to a response URL, and what an app says in its acknowledgement: the two ways to answer an interaction.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::api::Call;
use super::api::chat::{Content, rewrite, show_to};
use super::args::Args;
use super::change::{Change, SeenMessage};
use super::hooks::Origin;
use super::methods::Needs;
use super::refusal::Refusal;
use super::state::State;

/// Somebody's message that was answered, where and by whom it was read.
struct Place<'a> {
    channel: &'a str,
    user: &'a str,
}

/// A post to a response URL.
pub(crate) fn post(state: &mut State, id: &str, args: &Args, now: DateTime<Utc>) -> Result<(), Refusal> {
    let url = state.response_urls.take(id, now)?;
    let place = Place { channel: &url.channel, user: &url.user };
    let mut call = Call { state, args, now, needs: Needs::Nothing };
    match url.origin {
        Some(origin) if args.flag("delete_original") => {
            remove(&mut call, &place, &origin);
            call.state.response_urls.moved(id, None);
            Ok(())
        }
        Some(origin) if args.flag("replace_original") => {
            let content = Content::read(args)?;
            if origin.ephemeral {
                replace_ephemeral(&mut call, &place, &origin, content)
            } else {
                rewrite(&mut call, place.channel, &origin.ts, content)
            }
        }
        _ => say(&mut call, &place),
    }
}

/// What a slash command's acknowledgement says, as a message in the channel or for the person alone.
pub(crate) fn acknowledge(
    state: &mut State,
    channel: &str,
    user: &str,
    said: &Value,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let args = match said {
        Value::Object(fields) => Args(fields.clone()),
        Value::String(text) => Args([("text".to_owned(), Value::String(text.clone()))].into_iter().collect()),
        _ => return Ok(()),
    };
    if args.0.is_empty() || args.0.get("text") == Some(&Value::String(String::new())) && args.0.len() == 1 {
        return Ok(());
    }
    say(&mut Call { state, args: &args, now, needs: Needs::Nothing }, &Place { channel, user })
}

fn say(call: &mut Call<'_>, place: &Place<'_>) -> Result<(), Refusal> {
    let content = Content::read(call.args)?;
    let mut message = content.into_message(call.state);
    message.thread_ts = call.args.text("thread_ts");
    if call.args.text("response_type").as_deref() == Some("in_channel") {
        call.state.post(place.channel, message, call.now);
    } else {
        show_to(call, place.channel, place.user, message)?;
    }
    Ok(())
}

fn remove(call: &mut Call<'_>, place: &Place<'_>, origin: &Origin) {
    if !origin.ephemeral {
        call.state.delete(place.channel, &origin.ts, call.now);
        return;
    }
    let gone = call.state.channels.get_mut(place.channel).and_then(|room| room.ephemerals.remove(&origin.ts));
    if gone.is_some() {
        let (channel, ts) = (place.channel.to_owned(), origin.ts.clone());
        call.state.change(Change::MessageDeleted { channel, ts, only: Some(place.user.to_owned()) });
    }
}

fn replace_ephemeral(
    call: &mut Call<'_>,
    place: &Place<'_>,
    origin: &Origin,
    content: Content,
) -> Result<(), Refusal> {
    let mut message = content.into_message(call.state);
    message.ts.clone_from(&origin.ts);
    let seen = SeenMessage::of(&message, false, true);
    let room = call.channel_mut(place.channel)?;
    room.ephemerals.get_mut(&origin.ts).ok_or("message_not_found")?.message = message;
    call.state.change(Change::Ephemeral {
        channel: place.channel.to_owned(),
        message: seen,
        only: place.user.to_owned(),
    });
    Ok(())
}
