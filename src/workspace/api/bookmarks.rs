//! `bookmarks.*`

use serde_json::{Value, json};

use super::super::model::Bookmark;
use super::super::refusal::Refusal;
use super::super::shapes;
use super::Call;

/// Bookmarks in one channel.
const MOST_BOOKMARKS: usize = 100;

fn check_link(link: &str) -> Result<(), Refusal> {
    let good = url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"));
    if good { Ok(()) } else { Err("invalid_link".into()) }
}

/// `bookmarks.add`
pub(crate) fn add(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let channel = call.channel("channel_id")?.id.clone();
    if call.args.need("type")? != "link" {
        return Err("invalid_bookmark_type".into());
    }
    let title = call.args.need("title")?;
    let link = call.args.text("link").ok_or("invalid_link")?;
    check_link(&link)?;
    let emoji = call.args.text("emoji");
    if emoji
        .as_ref()
        .is_some_and(|emoji| !(emoji.len() > 2 && emoji.starts_with(':') && emoji.ends_with(':')))
    {
        return Err("invalid_emoji".into());
    }
    let (id, created) = (call.state.ids.make("Bk"), call.now.timestamp());
    let room = call.channel_mut(&channel)?;
    if room.bookmarks.len() >= MOST_BOOKMARKS {
        return Err("too_many_bookmarks".into());
    }
    let bookmark = Bookmark { id, title, link, emoji, created, updated: 0 };
    room.bookmarks.push(bookmark.clone());
    call.state.channel_changed(&channel);
    Ok(json!({ "bookmark": shapes::bookmark(call.state, &channel, &bookmark) }))
}

/// `bookmarks.list`
pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let room = call.channel("channel_id")?;
    let bookmarks: Vec<Value> =
        room.bookmarks.iter().map(|bookmark| shapes::bookmark(call.state, &room.id, bookmark)).collect();
    Ok(json!({ "bookmarks": bookmarks }))
}

/// `bookmarks.edit`
pub(crate) fn edit(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let channel = call.channel("channel_id")?.id.clone();
    let id = call.args.need("bookmark_id")?;
    let (title, link, emoji) = (call.args.text("title"), call.args.text("link"), call.args.text("emoji"));
    if let Some(link) = &link {
        check_link(link)?;
    }
    let now = call.now.timestamp();
    let mut bookmarks = call.channel_mut(&channel)?.bookmarks.iter_mut();
    let bookmark = bookmarks.find(|bookmark| bookmark.id == id).ok_or("not_found")?;
    bookmark.title = title.unwrap_or_else(|| bookmark.title.clone());
    bookmark.link = link.unwrap_or_else(|| bookmark.link.clone());
    bookmark.emoji = emoji.or_else(|| bookmark.emoji.clone());
    bookmark.updated = now;
    let bookmark = bookmark.clone();
    call.state.channel_changed(&channel);
    Ok(json!({ "bookmark": shapes::bookmark(call.state, &channel, &bookmark) }))
}

/// `bookmarks.remove`
pub(crate) fn remove(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let channel = call.channel("channel_id")?.id.clone();
    let id = call.args.need("bookmark_id")?;
    let bookmarks = &mut call.channel_mut(&channel)?.bookmarks;
    let at = bookmarks.iter().position(|bookmark| bookmark.id == id).ok_or("not_found")?;
    bookmarks.remove(at);
    call.state.channel_changed(&channel);
    Ok(json!({}))
}
