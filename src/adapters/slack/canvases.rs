//! The calls about canvases, one function each.

use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::Done;
use super::client::SlackClient;
use super::fault::SlackFault;
use super::pacing::Method;
use crate::ids::ChannelId;

fn markdown(text: &str) -> Value {
    json!({ "type": "markdown", "markdown": text })
}

impl SlackClient {
    /// Makes the canvas of a channel; its id. A channel has one: a second one is refused.
    pub async fn create_canvas(
        &self,
        channel: &ChannelId,
        title: &str,
        text: &str,
    ) -> Result<String, SlackFault> {
        #[derive(Deserialize)]
        struct Answer {
            canvas_id: String,
        }
        let body = json!({ "channel_id": channel, "title": title, "document_content": markdown(text) });
        let made: Answer = self.write(Method::CreateCanvas, &body).await?;
        Ok(made.canvas_id)
    }

    /// Puts another text in the place of everything in a canvas.
    pub async fn replace_canvas(&self, canvas: &str, text: &str) -> Result<(), SlackFault> {
        let change = json!({ "operation": "replace", "document_content": markdown(text) });
        let body = json!({ "canvas_id": canvas, "changes": [change] });
        let Done {} = self.write(Method::EditCanvas, &body).await?;
        Ok(())
    }

    /// The canvas of a channel, whoever made it.
    pub async fn canvas_of(&self, channel: &ChannelId) -> Result<Option<String>, SlackFault> {
        #[derive(Deserialize)]
        struct Answer {
            channel: Value,
        }
        let found: Answer = self.read(Method::ChannelInfo, &[("channel", channel.to_string())]).await?;
        Ok(found.channel["properties"]["canvas"]["file_id"].as_str().map(str::to_owned))
    }
}
