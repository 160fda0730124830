//! Canvases, as far as a copy of a document needs them: one per channel, replaced or added to.

use serde_json::{Value, json};

use super::super::model::Canvas;
use super::super::refusal::Refusal;
use super::Call;

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
    if call.state.canvases.values().any(|canvas| canvas.channel == channel) {
        return Err("channel_canvas_already_exists".into());
    }
    let content = call.args.json("document_content").map_err(|_| "invalid_arguments")?;
    let markdown = match &content {
        Some(content) => markdown(content).ok_or("invalid_arguments")?.to_owned(),
        None => String::new(),
    };
    let id = call.state.ids.make("F");
    call.state.canvases.insert(id.clone(), Canvas { id: id.clone(), channel, markdown });
    Ok(json!({ "canvas_id": id }))
}

/// `canvases.edit`: whole-document operations only; sections are not kept apart.
pub(crate) fn edit(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let changes = call.args.json("changes").map_err(|_| "invalid_arguments")?;
    let id = call.args.need("canvas_id")?;
    let canvas = call.state.canvases.get_mut(&id).ok_or("canvas_not_found")?;
    for change in changes.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let text = markdown(&change["document_content"]).ok_or("canvas_editing_failed")?;
        match change["operation"].as_str() {
            Some("replace") if change["section_id"].is_null() => text.clone_into(&mut canvas.markdown),
            Some("insert_at_end") => canvas.markdown.push_str(text),
            Some("insert_at_start") => canvas.markdown.insert_str(0, text),
            _ => return Err("canvas_editing_failed".into()),
        }
    }
    Ok(json!({}))
}
