//! What becomes of whole channels, by the app or by people: archived and brought back, renamed, deleted, and who is thrown out.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::Workspace;
use super::acts::taken;
use super::api::lifecycle::check_name;
use super::change::Change;
use super::channel::Channel;
use super::model::Canvas;
use super::people::{Answer, CannotAct};
use super::state::State;

/// The event's name for a public channel and for a private one.
fn event_name(room: &Channel, public: &'static str, private: &'static str) -> &'static str {
    if room.is_public() { public } else { private }
}

impl State {
    /// Archives an open channel: a public one loses its members, a private one keeps them.
    pub(crate) fn archive(&mut self, channel: &str, user: &str, now: DateTime<Utc>) {
        let Some(room) = self.channel(channel) else { return };
        let (public, kind) = (room.is_public(), event_name(room, "channel_archive", "group_archive"));
        self.post_line(channel, user, "channel_archive", format!("<@{user}> archived the channel"), now);
        self.tell_of(channel, kind, user, now);
        if let Some(room) = self.channels.get_mut(channel) {
            room.is_archived = true;
            if public {
                room.members.clear();
            }
        }
        self.channel_changed(channel);
    }

    /// Brings an archived channel back, with whoever does so in it.
    pub(crate) fn unarchive(&mut self, channel: &str, user: &str, now: DateTime<Utc>) {
        let Some(room) = self.channels.get_mut(channel) else { return };
        room.is_archived = false;
        room.members.insert(user.to_owned());
        let kind = event_name(room, "channel_unarchive", "group_unarchive");
        self.post_line(channel, user, "channel_unarchive", format!("<@{user}> un-archived the channel"), now);
        self.tell_of(channel, kind, user, now);
        self.channel_changed(channel);
    }

    /// Gives a channel a name that Slack takes and nobody has.
    pub(crate) fn rename(&mut self, channel: &str, name: &str, user: &str, now: DateTime<Utc>) {
        let Some(room) = self.channels.get_mut(channel) else { return };
        let old = std::mem::replace(&mut room.name, name.to_owned());
        room.previous_names.insert(0, old.clone());
        let (created, public) = (room.created, room.is_public());
        let kind = event_name(room, "channel_rename", "group_rename");
        self.names.remove(&old);
        self.names.insert(name.to_owned(), channel.to_owned());
        let line = format!("<@{user}> has renamed the channel from \"{old}\" to \"{name}\"");
        self.post_line(channel, user, "channel_name", line, now);
        let ts = self.next_ts(now);
        let renamed = json!({
            "id": channel, "is_channel": public, "is_mpim": false, "name": name, "name_normalized": name,
            "created": created,
        });
        self.event(kind, json!({ "type": kind, "channel": renamed, "event_ts": ts }));
        self.channel_changed(channel);
    }

    /// Takes a channel away with all that is in it; its name is free again.
    fn delete_channel(&mut self, channel: &str, user: &str, now: DateTime<Utc>) {
        let Some(room) = self.channels.remove(channel) else { return };
        self.names.remove(&room.name);
        let kind = event_name(&room, "channel_deleted", "group_deleted");
        let ts = self.next_ts(now);
        let event = json!({ "type": kind, "channel": channel, "actor_id": user, "event_ts": ts });
        self.event(kind, event);
        self.change(Change::Reset);
    }

    fn tell_of(&mut self, channel: &str, kind: &'static str, user: &str, now: DateTime<Utc>) {
        let ts = self.next_ts(now);
        let event = json!({ "type": kind, "channel": channel, "user": user, "is_moved": 0, "event_ts": ts });
        self.event(kind, event);
    }

    /// A channel that somebody may change: full members may change those they see, as Slack lets them unless admins forbid it.
    fn changeable(&self, user: &str, channel: &str) -> Result<&Channel, CannotAct> {
        let room = self.room_of(user, channel)?;
        if room.is_direct() { Err(CannotAct::NoChannel(channel.to_owned())) } else { Ok(room) }
    }
}

impl Workspace {
    /// Somebody archives a channel.
    pub async fn archive(&self, user: &str, channel: &str) -> Result<Answer, CannotAct> {
        self.change_channel(|state, now| {
            if state.changeable(user, channel)?.is_archived {
                return Err(CannotAct::Archived);
            }
            state.archive(channel, user, now);
            Ok(())
        })
        .await
    }

    /// Somebody brings an archived channel back, which people may.
    pub async fn unarchive(&self, user: &str, channel: &str) -> Result<Answer, CannotAct> {
        self.change_channel(|state, now| {
            if !state.changeable(user, channel)?.is_archived {
                return Err(CannotAct::Refused("not_archived"));
            }
            state.unarchive(channel, user, now);
            Ok(())
        })
        .await
    }

    /// Somebody gives a channel another name.
    pub async fn rename(&self, user: &str, channel: &str, name: &str) -> Result<Answer, CannotAct> {
        self.change_channel(|state, now| {
            if state.changeable(user, channel)?.is_archived {
                return Err(CannotAct::Archived);
            }
            check_name(name).map_err(CannotAct::Refused)?;
            if state.names.contains_key(name) {
                return Err(CannotAct::Refused("name_taken"));
            }
            state.rename(channel, name, user, now);
            Ok(())
        })
        .await
    }

    /// An owner of the workspace deletes a channel for good.
    pub async fn delete_channel(&self, user: &str, channel: &str) -> Result<Answer, CannotAct> {
        self.change_channel(|state, now| {
            state.changeable(user, channel)?;
            state.delete_channel(channel, user, now);
            Ok(())
        })
        .await
    }

    /// Somebody takes another one, or the app, out of a channel.
    pub async fn remove(&self, user: &str, channel: &str, whom: &str) -> Result<Answer, CannotAct> {
        self.change_channel(|state, now| {
            state.writable(user, channel)?;
            state.part_by(channel, whom, Some(user), now);
            Ok(())
        })
        .await
    }

    /// Somebody in a channel brings another one, or the app, in.
    pub async fn invite(&self, user: &str, channel: &str, whom: &str) -> Result<Answer, CannotAct> {
        self.change_channel(|state, now| {
            state.writable(user, channel)?;
            state.person(whom)?;
            state.join(channel, whom, Some(user), now);
            Ok(())
        })
        .await
    }

    /// Somebody in a channel makes its canvas, or writes in the one that is there; its id. The app hears nothing of it.
    ///
    /// # Errors
    /// When they are not in the channel.
    pub fn write_canvas(&self, user: &str, channel: &str, markdown: &str) -> Result<String, CannotAct> {
        self.with(|state, _| {
            let known = state.writable(user, channel)?.canvas.clone();
            let id = known.unwrap_or_else(|| state.ids.make("F"));
            let title = state.canvases.get(&id).map(|canvas| canvas.title.clone()).unwrap_or_default();
            let (channel, markdown) = (channel.to_owned(), markdown.to_owned());
            if let Some(room) = state.channels.get_mut(&channel) {
                room.canvas = Some(id.clone());
            }
            state.channel_changed(&channel);
            state.canvases.insert(id.clone(), Canvas { id: id.clone(), channel, title, markdown });
            Ok(id)
        })
    }

    /// Somebody in a channel deletes its canvas. The app hears nothing of it.
    ///
    /// # Errors
    /// When they are not in the channel.
    pub fn delete_canvas(&self, user: &str, channel: &str) -> Result<(), CannotAct> {
        self.with(|state, _| {
            state.writable(user, channel)?;
            let room = state.channels.get_mut(channel);
            if let Some(id) = room.and_then(|room| room.canvas.take()) {
                state.canvases.remove(&id);
            }
            state.channel_changed(channel);
            Ok(())
        })
    }

    /// An owner of the workspace deletes a message, whoever wrote it.
    pub async fn delete_as_owner(&self, user: &str, channel: &str, ts: &str) -> Result<Answer, CannotAct> {
        self.change_channel(|state, now| {
            let room = state.room_of(user, channel)?;
            room.message(ts).ok_or_else(|| CannotAct::NoMessage(ts.to_owned()))?;
            state.delete(channel, ts, now);
            Ok(())
        })
        .await
    }

    async fn change_channel(
        &self,
        step: impl FnOnce(&mut State, DateTime<Utc>) -> Result<(), CannotAct>,
    ) -> Result<Answer, CannotAct> {
        let (done, receipts) = self.with_receipts(step);
        done?;
        Ok(taken(receipts).await)
    }
}
