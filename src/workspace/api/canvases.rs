//! Canvases, as far as a copy of a document needs them: one per channel, replaced or added to.

use serde_json::{Value, json};

use super::super::model::Canvas;
use super::super::refusal::Refusal;
use super::Call;

/// The most that a canvas holds, bytes.
const LARGEST: usize = 1024 * 1024;

fn markdown(content: &Value) -> Option<&str> {
    content["markdown"].as_str().filter(|_| content["type"] == "markdown")
}

/// `conversations.canvases.create`
pub(crate) fn create_in_channel(call: &mut Call<'_>) -> Result<Value, Refusal> {
    // This method documents no `channel_not_found`.
    let channel = call.channel("channel_id").map_err(|refusal| match refusal.code {
        "channel_not_found" => "channel_canvas_creation_failed".into(),
        _ => refusal,
    })?;
    let channel = channel.id.clone();
    if call.state.channel(&channel).is_some_and(|room| room.canvas.is_some()) {
        return Err("channel_canvas_already_exists".into());
    }
    let content = call.args.json("document_content").map_err(|_| "invalid_arguments")?;
    let markdown = match &content {
        Some(content) => markdown(content).ok_or("invalid_arguments")?.to_owned(),
        None => String::new(),
    };
    if markdown.len() > LARGEST {
        return Err("channel_canvas_creation_failed".into());
    }
    let (id, title) = (call.state.ids.make("F"), call.args.text("title").unwrap_or_default());
    call.state
        .canvases
        .insert(id.clone(), Canvas { id: id.clone(), channel: channel.clone(), title, markdown });
    if let Some(room) = call.state.channels.get_mut(&channel) {
        room.canvas = Some(id.clone());
    }
    call.state.channel_changed(&channel);
    Ok(json!({ "canvas_id": id }))
}

/// `canvases.edit`: whole-document operations only; sections are not kept apart.
pub(crate) fn edit(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let changes = call.args.json("changes").map_err(|_| "invalid_arguments")?;
    let id = call.args.need("canvas_id").map_err(|_| "canvas_not_found")?;
    let canvas = call.state.canvases.get_mut(&id).ok_or("canvas_not_found")?;
    let changes = changes.as_ref().and_then(Value::as_array).ok_or("invalid_arguments")?;
    // One call, one operation.
    let [_only] = changes.as_slice() else { return Err("invalid_arguments".into()) };
    for change in changes {
        let text = markdown(&change["document_content"]).ok_or("canvas_editing_failed")?;
        match change["operation"].as_str() {
            Some("replace") if change["section_id"].is_null() => text.clone_into(&mut canvas.markdown),
            Some("insert_at_end") => canvas.markdown.push_str(text),
            Some("insert_at_start") => canvas.markdown.insert_str(0, text),
            _ => return Err("canvas_editing_failed".into()),
        }
        if canvas.markdown.len() > LARGEST {
            return Err("canvas_too_large".into());
        }
    }
    Ok(json!({}))
}
