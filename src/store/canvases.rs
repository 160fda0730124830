//! Which canvas of ours is in which channel.

use super::{StoreError, Tx, statements};
use crate::ids::ChannelId;

statements! {
    /// The canvas of a channel.
    FIND = "SELECT id FROM canvas WHERE channel = $1";
    /// It has this one now.
    KEEP = "INSERT INTO canvas (channel, id) VALUES ($1, $2) ON CONFLICT (channel) DO UPDATE SET id = excluded.id";
}

/// The canvas of ours in a channel, by Slack's id.
pub async fn find(tx: &mut Tx, channel: &ChannelId) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = tx.query(FIND).bind(channel.as_str()).optional().await?;
    Ok(row.map(|(id,)| id))
}

/// From now on the canvas of a channel is this one.
pub async fn keep(tx: &mut Tx, channel: &ChannelId, id: &str) -> Result<(), StoreError> {
    tx.query(KEEP).bind(channel.as_str()).bind(id).execute().await?.or_missing()
}
